"""`hipspine bench onset`: our onset engine beside the packages that people use, on the same signals, in one run.

`bench_onset` gives one JSON document (the same input gives the same document; durations stand under its key ``run``), `table` its
plain text, and `write_bench` both with a figure into a folder. The recipe, and how to run it again: docs/bench.md.
"""

import json
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.workflows.bench import cells as conditions
from hipspine.workflows.bench.figure import figure
from hipspine.workflows.bench.kept import Kept
from hipspine.workflows.bench.laws import laws
from hipspine.workflows.bench.methods import OURS, high_passed, methods, tuned_recipe, version_of
from hipspine.workflows.bench.runs import false_delays, repetitions, run_cell, silence, speeds
from hipspine.workflows.bench.scores import CLEAN_S, FAR_S, MISSING_S
from hipspine.workflows.bench.text import page, table
from hipspine.workflows.documents import write_whole

__all__ = ["bench_onset", "page", "table", "write_bench"]

Progress = Callable[[int, int, str], None]


def bench_onset(
    *,
    trials: int = 60,
    peers: str = "installed",
    cells: Sequence[str] | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The onset bench as one JSON document: versions, parameters, scores per condition, laws, and our failures by seed.

    Args:
        trials: per condition; slow methods run fewer, and the document says how many.
        peers: "installed" or "all" (each peer that can be imported), "none" (ours alone), or packages with commas.
        cells: conditions or groups such as ``["step", "ramp 10 dB", "speed"]``; None for all.
        seed: of the signals.
        out: folder in which the results of peers are kept, so that a stopped run goes on where it was.
        progress: is told (done, of how many, what) before each part.

    Raises:
        InputError: fewer than 2 trials, or an unknown peer or condition.
    """
    if trials < 2:
        raise InputError(f"trials is {trials}; a mean with its standard error needs 2 or more, 60 for a table worth reading.")
    chosen, special = conditions.chosen(cells)
    ready, absent = methods(peers)
    filtered = high_passed(ready, only=conditions.HEART)
    taking_part = {part: [method for method in ready if method.runs_in(part)] for part in special}
    kept = Kept(None if out is None else out / "kept.jsonl")
    begun = time.perf_counter()
    plan = [cell.name for cell in chosen] + [part for part in conditions.SPECIAL if part in special]

    def tell(what: str) -> None:
        if progress is not None:
            progress(plan.index(what), len(plan), what)

    document: dict[str, Any] = {
        "bench": "onset",
        "recipe": _recipe(trials=trials, seed=seed),
        "versions": {"hipspine": version_of("hipspine"), "python": platform.python_version(), "numpy": np.__version__},
        "methods": [*(method.describe() for method in (*ready, *filtered)), *absent],
        "cells": [],
        "failures": [],
    }
    for cell in chosen:
        tell(cell.name)
        fit = [method for method in (*ready, *filtered) if method.runs_in(cell.group)]
        results, failures = run_cell(cell, fit, trials=trials, seed=seed, kept=kept)
        document["cells"].append({"name": cell.name, "group": cell.group, "what": cell.what, "results": results})
        document["failures"].extend(failures)
    document["headline"] = _headline(document["cells"])
    if "repetitions" in special:
        tell("repetitions")
        document["repetitions"] = repetitions(taking_part["repetitions"], trials=trials, seed=seed)
    if "delay" in special:
        tell("delay")
        document["delay"] = false_delays(taking_part["delay"], trials=trials, seed=seed, kept=kept)
    if "noise" in special:
        tell("noise")
        document["noise"] = silence(taking_part["noise"], seed=seed, kept=kept)
    if "laws" in special:
        tell("laws")
        document["laws"] = laws(taking_part["laws"], seed=seed)
    run: dict[str, Any] = {}
    if "speed" in special:
        tell("speed")
        document["long_record"], run["speed"] = speeds(taking_part["speed"], seed=seed)
    document["run"] = {**run, "seconds": time.perf_counter() - begun, "machine": platform.machine(), "system": platform.system()}
    return document


def write_bench(document: dict[str, Any], out: Path) -> list[Path]:
    """The document, its table and its figure as files of a folder: bench_onset.json, .txt and .svg."""
    out.mkdir(parents=True, exist_ok=True)
    texts = {"json": json.dumps(document, indent=1) + "\n", "txt": table(document) + "\n", "svg": figure(document)}
    paths = []
    for suffix, text in texts.items():
        path = out / f"bench_onset.{suffix}"
        write_whole(path, text.encode())
        paths.append(path)
    return paths


def _recipe(*, trials: int, seed: int) -> dict[str, Any]:
    signal = {"rate_hz": conditions.RATE_HZ, "duration_s": 4.0, "burst_s": 1.0, "rest_s": conditions.REST_S}
    scoring = {"missing_ms": 1e3 * MISSING_S, "false_beyond_ms": 1e3 * FAR_S, "clean_within_ms": 1e3 * CLEAN_S}
    told = "peers the true rest at the start of each trial; hipspine nothing"
    headline = list(conditions.HEADLINE)
    return {"trials": trials, "seed": seed, **signal, **scoring, "headline": headline, "told": told, "tuning": tuned_recipe()}


def _headline(cells: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean of the six headline conditions per method, when all six were run."""
    by_cell = {cell["name"]: {row["method"]: row for row in cell["results"]} for cell in cells}
    if not set(conditions.HEADLINE) <= by_cell.keys():
        return []
    rows: list[dict[str, Any]] = []
    ours: float | None = None
    for method in by_cell[conditions.HEADLINE[0]]:
        six = [by_cell[name][method] for name in conditions.HEADLINE]
        mean = float(np.mean([row["mean_abs_ms"] for row in six]))
        error = float(np.sqrt(np.sum([(row["mean_abs_ms_se"] or 0.0) ** 2 for row in six])) / len(six))
        clean = float(np.mean([row["clean25_percent"] for row in six]))
        ours = mean if method == OURS else ours
        times = mean / ours if ours else None
        rows.append({"method": method, "mean_abs_ms": mean, "mean_abs_ms_se": error, "clean25_percent": clean, "times_ours": times})
    return rows
