"""The figures of docs/bench_mechanics.md from runs of `hipspine bench mechanics`, so that nobody types a number.

uv run --group peers hipspine bench mechanics --walk WALK --out build/adult
uv run --group peers hipspine bench mechanics --osim MODEL.osim --out build/model
uv run python benchmarks/mechanics.py build/adult/bench_mechanics.json build/model/bench_mechanics.json
"""

import json
import sys
from pathlib import Path

from hipspine.workflows.benching_mechanics import table

PAGE = Path(__file__).parents[1] / "docs" / "bench_mechanics.md"
BEGIN, END = "<!-- figures: written by benchmarks/mechanics.py -->", "<!-- end of figures -->"


def main() -> None:
    """Put the table of each document between the marks of the page."""
    parts = []
    for name in sys.argv[1:]:
        document = json.loads(Path(name).read_text(encoding="utf-8"))
        parts.append(f"### {document['recipe']['model']}\n\n```text\n{table(document)}\n```")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
