"""How long ``hipspine --help`` takes, beside an interpreter that does nothing: ``python benchmarks/import_time.py [--budget-s 0.3]``.

The best of several runs is taken: it is the one least disturbed by other work on the machine.
"""

import argparse
import subprocess
import sys
import time

CASES = {
    "python -c pass": ["-c", "pass"],
    "import hipspine": ["-c", "import hipspine"],
    "import numpy": ["-c", "import numpy"],
    "hipspine --help": ["-c", "import sys, hipspine.cli; sys.exit(hipspine.cli.main(['--help']))"],
}


def best_s(arguments: list[str], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--budget-s", type=float, help="fail when hipspine --help takes longer")
    given = parser.parse_args()
    taken = {name: best_s(arguments, given.runs) for name, arguments in CASES.items()}
    base = taken["python -c pass"]
    for name, seconds in taken.items():
        print(f"{name:16} {seconds:6.3f} s  {seconds / base:5.1f} x python -c pass")
    if given.budget_s is not None and taken["hipspine --help"] > given.budget_s:
        print(f"hipspine --help took {taken['hipspine --help']:.3f} s; the budget is {given.budget_s} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
