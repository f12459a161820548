"""Run the onset bench and its companions; the recipe is in docs/bench.md.

uv run --group peers python benchmarks/onset.py --trials 60 --out build/bench      the bench, with every peer
uv run --group peers python benchmarks/onset.py --tune                              tune the peers anew, on other trials
uv run python benchmarks/onset.py --docs build/bench/bench_onset.json               table and figure of docs/ from a run
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

import numpy as np

from hipspine.signals.simulation.trials import gaussian_trial
from hipspine.workflows.bench.classical import band_passed
from hipspine.workflows.bench.figure import figure
from hipspine.workflows.bench.methods import quiet, version_of
from hipspine.workflows.bench.tuning import tune
from hipspine.workflows.benching import bench_onset, page, table, write_bench

ROOT = Path(__file__).parents[1]
TUNED = ROOT / "src" / "hipspine" / "workflows" / "bench" / "tuned.json"


def main() -> None:
    asked = arguments()
    if asked.tune:
        TUNED.write_text(json.dumps(tune(progress=show), indent=1) + "\n", encoding="utf-8")
        show_line(f"wrote {TUNED.relative_to(ROOT)}")
    elif asked.faults:
        sys.stdout.write("\n".join(faults()) + "\n")
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
    parser.add_argument("--faults", action="store_true", help="measure three faults of NeuroKit2 and BioSPPy (docs/bench.md: 2, 6, 7)")
    parser.add_argument("--docs", type=Path, metavar="JSON", help="write docs/bench_onset.md and .svg from the document of a run")
    return parser.parse_args()


def faults() -> list[str]:
    """Three faults of installed packages that a score does not name: 2, 6 and 7 of docs/bench.md."""
    neurokit, biosppy = importlib.import_module("neurokit2"), importlib.import_module("biosppy.signals.emg")
    trials = [gaussian_trial(np.random.default_rng(seed), snr_db=20.0) for seed in range(10)]
    swapped = 0
    for one in trials:
        times_s = np.arange(one.emg.size) / one.rate_hz
        burst = (times_s >= one.on_s[0]) & (times_s < one.off_s[0])
        active = np.zeros(one.emg.size, dtype=bool)
        with quiet():
            clean = neurokit.emg_clean(one.emg, sampling_rate=2000)
            _, found = neurokit.emg_activation(emg_cleaned=clean, sampling_rate=2000, method="pelt")
        active[np.asarray(found["EMG_Activity"], dtype=int)] = True
        swapped += bool(active[~burst].mean() > active[burst].mean())
    emg = band_passed(trials[1].emg, rate_hz=2000.0)
    settings = {"threshold": 9.2, "active_state_duration": 30, "samples_above_fail": 10, "fail_size": 20}
    try:
        biosppy.bonato_onset_detector(signal=emg, rest={"mean": 0.0, "std_dev": float(emg[:1600].std())}, sampling_rate=2000.0, **settings)
        documented = "works"
    except KeyError as problem:
        documented = f"raises KeyError({problem})"
    inside = int((trials[1].on_s[0] + 0.3) * 2000)
    both = biosppy.hodges_bui_onset_detector(signal=emg[inside:], rest=emg[:1600], sampling_rate=2000.0, size=100, threshold=3)["onsets"]
    return [
        f"2  neurokit2 {version_of('neurokit2')} pelt: rest called more active than a 20 dB burst in {swapped} of {len(trials)} records",
        f"6  biosppy {version_of('biosppy')} bonato: rest={{'mean', 'std_dev'}} {documented}",
        f"7  biosppy {version_of('biosppy')} hodges, burst open at its start and over at 0.70 s: first 'onset' {both[0] / 2000:.2f} s",
    ]


def show(done: int, of: int, what: str) -> None:
    show_line(f"{done + 1:3} of {of}: {what}")


def show_line(words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
