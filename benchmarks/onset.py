"""Run the onset bench and its companions; the recipe is in docs/bench.md.

uv run --group peers python benchmarks/onset.py --trials 60 --out build/bench      the bench, with every peer
uv run --group peers python benchmarks/onset.py --tune                              tune the peers anew, on other trials
uv run python benchmarks/onset.py --docs build/bench/bench_onset.json               table and figure of docs/ from a run
"""

import argparse
import json
import sys
from pathlib import Path

from hipspine.workflows.bench.figure import figure
from hipspine.workflows.bench.tuning import tune
from hipspine.workflows.benching import bench_onset, page, table, write_bench

ROOT = Path(__file__).parents[1]
TUNED = ROOT / "src" / "hipspine" / "workflows" / "bench" / "tuned.json"


def main() -> None:
    asked = arguments()
    if asked.tune:
        TUNED.write_text(json.dumps(tune(progress=show), indent=1) + "\n", encoding="utf-8")
        show_line(f"wrote {TUNED.relative_to(ROOT)}")
    elif asked.docs:
        document = json.loads(asked.docs.read_text(encoding="utf-8"))
        (ROOT / "docs" / "bench_onset.md").write_text(page(document), encoding="utf-8")
        (ROOT / "docs" / "bench_onset.svg").write_text(figure(document), encoding="utf-8")
        show_line("wrote docs/bench_onset.md and docs/bench_onset.svg")
    else:
        cells = asked.cells.split(",") if asked.cells else None
        document = bench_onset(trials=asked.trials, peers=asked.peers, cells=cells, seed=asked.seed, out=asked.out, progress=show)
        write_bench(document, asked.out)
        sys.stdout.write(table(document) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--peers", default="all", help="all, none, or names with commas")
    parser.add_argument("--cells", default="", help="conditions or groups with commas; all when empty")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--tune", action="store_true", help="tune the peers on other trials and write the parameters into the package")
    parser.add_argument("--docs", type=Path, metavar="JSON", help="write docs/bench_onset.md and .svg from the document of a run")
    return parser.parse_args()


def show(done: int, of: int, what: str) -> None:
    show_line(f"{done + 1:3} of {of}: {what}")


def show_line(words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
