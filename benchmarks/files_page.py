"""The page of figures about files, made from runs of the other programs here, so that nobody types a number.

    python benchmarks/files_page.py --memory build/memory.json --fuzz build/fuzz.json > docs/files_seen.md

The two documents are what ``memory.py --json`` and ``fuzz.py --json`` wrote; the other tables are made anew.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from memory import TASKS
from real_files import Row, rows_of

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"


def table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def real_files() -> str:
    rows = rows_of(DATA)
    opened = [row for row in rows if row.opened]
    agreeing = sum(row.agrees is True for row in opened)
    return f"""## Real files

{len(rows)} files of public repositories, listed with their sources and hashes. {len(opened)} are recordings; {agreeing} of these
agree with their hash and with every number of points, channels, frames and hertz that their sources state.
`python benchmarks/real_files.py`

{table(["file", "from", "stated there", "read"], [[f"`{row.path}`", row.origin, row.said, _shown(row)] for row in rows])}"""


def _shown(row: Row) -> str:
    said = row.read
    if not row.opened:
        said = "no recording: " + said.split(": ", 1)[1]
        for cut in ("; expected columns", " (tried", "; add the", "; it begins"):
            said = said.split(cut)[0]
    return said.replace("|", "\\|")


def c3d_readers() -> str:
    ran = subprocess.run([sys.executable, str(HERE / "c3d_readers.py")], capture_output=True, text=True, check=True)
    said = "\n".join(f"- {line}" for line in ran.stdout.splitlines() if "read right:" in line)
    return f"""## C3D readers side by side

{said}

The odd headers are built from known complaints. Our reader was made against them: this is no blind test.
`python benchmarks/c3d_readers.py --all`"""


def damaged(document: dict[str, Any]) -> str:
    rows = document["formats"]
    columns = ("inputs", "recording", "refused", "fault")
    cells = [[name, *(str(row[column]) for column in columns)] for name, row in rows.items()]
    return f"""## Damaged files

{sum(row["inputs"] for row in rows.values())} inputs, seed {document["seed"]}. A fault would be a crash, a hang, memory taken on the
word of a header, an error of another kind, or an answer without streams. `python benchmarks/fuzz.py`

{table(["format", "inputs", "opened", "refused in a sentence", "faults"], cells)}"""


def memory(document: dict[str, Any]) -> str:
    titles = ["format", "MB", *(title for task in TASKS for title in (task, "s"))]
    cells = [
        [name, f"{row['bytes'] / 1e6:.0f}"]
        + [text for task in TASKS for text in (f"{row[f'{task}: peak / file']:.2f} x", f"{row[f'{task}: s']:.1f}")]
        for name, row in document.items()
    ]
    return f"""## Memory on large files

Peak of resident memory above that of the same work on a file of one second, as a share of the file, and the time of the
whole work on two cores, with other work beside it. `python benchmarks/memory.py`

{table(titles, cells)}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=Path, required=True)
    parser.add_argument("--fuzz", type=Path, required=True)
    given = parser.parse_args()
    documents = (json.loads(path.read_text(encoding="utf-8")) for path in (given.fuzz, given.memory))
    print("# Files: what was seen\n\nWritten by `benchmarks/files_page.py`.")
    for part in (real_files(), c3d_readers(), damaged(next(documents)), memory(next(documents))):
        print(f"\n{part}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
