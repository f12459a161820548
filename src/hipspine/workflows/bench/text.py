"""The onset bench as plain text, at most 100 columns wide."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hipspine.workflows.bench.bound import BOUNDS
from hipspine.workflows.bench.cells import HEART
from hipspine.workflows.bench.methods import OURS

NAME = 32
_PICTURE = "Mean absolute error of the onset against signal-to-noise ratio: hipspine and the best method of each package"
Row = dict[str, Any]


def table(document: dict[str, Any]) -> str:
    """Every part of the bench that was run, as tables; the best of a column is marked with *.

    Each table says its unit in its title; ± is the Monte-Carlo standard error.
    """
    recipe = document["recipe"]
    by_name = {cell["name"]: cell for cell in document["cells"]}
    parts = [_title(document)]
    if document["headline"]:
        parts.append(_headline(document["headline"]))
    several = sum(row["status"] == "installed" for row in document["methods"]) > 1
    for title, groups, measures in _PAGES if several else ():
        columns = [(group, snr) for group in groups for snr in (5, 10, 15, 20) if f"{group} {snr} dB" in by_name]
        if columns:
            parts.extend(_grid(f"{title}: {_MEASURES[key][0]}", columns, by_name, key, *_MEASURES[key][1:]) for key in measures)
    parts.extend(_ours(document["cells"]))
    for key, make in _SPECIAL.items():
        if document.get(key):
            parts.append(make(document[key]))
    if document["run"].get("speed"):
        parts.append(_speed(document["long_record"], document["run"]["speed"]))
    parts.append(_methods(document["methods"]))
    parts.append(_failures(document["failures"], trials=recipe["trials"]))
    return "\n\n".join(part for part in parts if part)


def page(document: dict[str, Any]) -> str:
    """The page of the documentation that shows a run: figure, tables, versions; nobody types its numbers."""
    versions = dict.fromkeys(f"{row['package']} {row['version']}" for row in document["methods"] if row.get("version"))
    return f"""# The onset bench: figures

Written by `benchmarks/onset.py --docs` from one run; do not edit. How it was made, and how to run it again: [the onset bench](bench.md).

![{_PICTURE}](bench_onset.svg)

Versions: {", ".join(versions)}.

```text
{table(document)}
```
"""


def _title(document: dict[str, Any]) -> str:
    recipe, versions = document["recipe"], document["versions"]
    return "\n".join([
        f"hipspine bench onset: {recipe['trials']} trials a condition, seed {recipe['seed']}, {recipe['rate_hz']:g} Hz, "
        f"{recipe['duration_s']:g} s with one burst of {recipe['burst_s']:g} s",
        f"Told: {recipe['told']}.",
        f"The nearest detection counts; none costs {recipe['missing_ms']:g} ms; false: more than {recipe['false_beyond_ms']:g} ms away;",
        f"clean: within {recipe['clean_within_ms']:g} ms and none false. * is the best of a column, ± the Monte-Carlo standard error.",
        f"hipspine {versions['hipspine']}, Python {versions['python']}, NumPy {versions['numpy']}",
    ])  # fmt: skip


def _headline(rows: Sequence[Row]) -> str:
    ranked = sorted(rows, key=lambda row: row["mean_abs_ms"])
    lines = [
        f"{row['method']:<{NAME}}{row['mean_abs_ms']:>8.1f} ±{row['mean_abs_ms_se']:<5.1f}{row['clean25_percent']:>9.0f} %"
        + (f"{row['times_ours']:>10.1f}" if row["times_ours"] is not None else "")
        for row in ranked
    ]
    return _block("Mean over step and ramp at 10, 15, 20 dB: error [ms], clean trials, times ours", lines)


def _grid(
    title: str,
    columns: Sequence[tuple[str, int]],
    by_name: dict[str, Row],
    key: str,
    shape: str,
    best: Callable[[Iterable[float]], float] | None,
) -> str:
    """One measure over conditions: a row per method, a column per condition."""
    width = min(9, (100 - NAME) // len(columns))
    scores = {column: {row["method"]: row.get(key) for row in by_name[f"{column[0]} {column[1]} dB"]["results"]} for column in columns}
    winners = {
        column: best([value for method, value in score.items() if value is not None and method not in BOUNDS]) if best else None
        for column, score in scores.items()
    }
    heads = list(dict.fromkeys(group for group, _ in columns))
    top = " " * NAME + "".join(f"{head:>{width * sum(group == head for group, _ in columns)}}" for head in heads)
    second = f"{'':<{NAME}}" + "".join(f"{snr:>{width - 3}} dB" for _, snr in columns)
    lines = [top, second]
    for method in dict.fromkeys(method for score in scores.values() for method in score):
        cells = []
        for column in columns:
            value = scores[column].get(method)
            star = "*" if value is not None and value == winners[column] else ""
            cells.append(f"{'-' if value is None else format(value, shape) + star:>{width}}")
        lines.append(f"{method:<{NAME}}" + "".join(cells))
    return _block(title, lines)


def _ours(cells: Sequence[Row]) -> list[str]:
    """Errors with their standard errors, intervals and offsets, for the method that gives intervals."""
    ours = [(cell["name"], row) for cell in cells for row in cell["results"] if row["method"] == OURS]
    if not ours:
        return []
    onsets = [f"{'':<18}{'error':>14}{'bias':>14}{'false':>14}{'clean':>10}{'covers':>10}{'width':>8}{'to drive':>12}"]
    onsets += [
        f"{name:<18}{_pm(row, 'mean_abs_ms'):>14}{_pm(row, 'bias_ms', '+.1f'):>14}{_pm(row, 'false_per_trial', '.2f'):>14}"
        f"{_pm(row, 'clean25_percent', '.0f'):>10}{_pm(row, 'coverage_percent', '.0f'):>10}{_number(row.get('width_ms'), '.0f'):>8}"
        f"{_number(row['drive_bias_ms'], '+.1f'):>12}"
        for name, row in ours
    ]
    offsets = [f"{'':<18}{'error':>14}{'bias':>14}{'covers':>14}{'width':>10}{'to drive':>12}"]
    offsets += [
        f"{name:<18}{row['off_mean_abs_ms']:>14.1f}{_number(row['off_bias_ms'], '+.1f'):>14}{_pm(row, 'off_coverage_percent', '.0f'):>14}"
        f"{_number(row.get('off_width_ms'), '.0f'):>10}{_number(row['off_drive_bias_ms'], '+.1f'):>12}"
        for name, row in ours
    ]
    return [
        _block("hipspine, onsets [ms, per trial, %]: error, 95 % interval, bias against the drive", onsets),
        _block("hipspine, offsets [ms, %]: error, 95 % interval, bias against the drive", offsets),
    ]


def _repetitions(rows: Sequence[Row]) -> str:
    lines = [f"{'':<14}{'error [ms]':>14}{'bias':>8}{'clean':>8}{'interval holds the truth':>27}{'false':>8}"]
    for row in rows[:-1]:
        values = f"{row['bias_ms']:>+8.1f}{row['clean25_percent']:>6.0f} %{row['coverage_percent']:>25.0f} %{row['false_per_trial']:>8.2f}"
        lines.append(f"{row['condition']:<14}{_pm(row, 'mean_abs_ms'):>14}{values}")
    lines.append(f"{'mean':<14}{_pm(rows[-1], 'mean_abs_ms'):>14}")
    return _block("hipspine with six repetitions in one record: their rise is learned together", lines)


def _delay(rows: Sequence[Row]) -> str:
    lines = [f"{'':<{NAME}}{'Gaussian [ms]':>18}{'motor units [ms]':>20}{'found of 20 / 10 dB':>26}"]
    for method in dict.fromkeys(row["method"] for row in rows):
        pair = {row["signal"]: row for row in rows if row["method"] == method}
        counts = "  ".join(f"{row['found_20_db']}/{row['found_10_db']}" for row in pair.values())
        lines.append(f"{method:<{NAME}}{_pm(pair['gaussian'], 'false_delay_ms'):>18}{_pm(pair['units'], 'false_delay_ms'):>20}{counts:>26}")
    return _block("False delay: a 10 dB muscle against a 20 dB muscle that starts at the same moment, 100 ms rise", lines)


def _noise(rows: Sequence[Row]) -> str:
    kinds = list(dict.fromkeys(row["signal"] for row in rows))
    short = [kind for kind in kinds if "one record" not in kind]
    lines = [f"{'':<{NAME}}" + "".join(f"{kind:>22}" for kind in short)]
    for method in dict.fromkeys(row["method"] for row in rows):
        score = {row["signal"]: row for row in rows if row["method"] == method}
        lines.append(f"{method:<{NAME}}" + "".join(f"{score[kind]['onsets_per_hour']:>22.0f}" for kind in short))
    lines += [f"{row['method']}, {row['signal']} of one hour: {row['onsets']} onsets" for row in rows if "one record" in row["signal"]]
    return _block("Onsets per hour where there is none (records of 4 s)", lines)


def _laws(rows: Sequence[Row]) -> str:
    """Largest change of the answer in ms; a law that loses onsets says how many."""
    names = list(dict.fromkeys(row["law"] for row in rows))
    lines = [f"{'':<{NAME}}" + "".join(f"{_SHORT.get(name, name):>8}" for name in names)]
    for method in dict.fromkeys(row["method"] for row in rows):
        score = {row["law"]: row for row in rows if row["method"] == method}
        lines.append(f"{method:<{NAME}}" + "".join(f"{_law(score[name]):>8}" for name in names))
    return _block("Laws: largest move of the onset [ms] when only this changes (lost: vanishes so often)", lines)


def _law(row: Row) -> str:
    if row["trials"] == 0:
        return "-"
    if row["lost"]:
        return f"lost {row['lost']}"
    return f"{row['largest_change_ms']:.1f}"


def _speed(found: Sequence[Row], speed: Sequence[Row]) -> str:
    lines = [f"{'':<{NAME}}{'Msample/s':>11}{'found':>9}{'error [ms]':>12}{'false':>8}"]
    rates = {row["method"]: row for row in speed}
    lines.extend(
        f"{row['method']:<{NAME}}{rates[row['method']]['million_samples_per_s']:>11.2f}{row['found']:>6}/{row['bursts']:<2}"
        f"{row['mean_abs_ms']:>12.1f}{row['false']:>8}"
        for row in found
    )
    lines += [
        f"{row['method']}: peak memory {row['peak_memory_records']:.1f} x the recording of one hour, itself included"
        for row in speed if row.get("peak_memory_records") is not None
    ]  # fmt: skip
    return _block("Speed per core, and hits, on a record of 60 s with 14 bursts at 15 dB (this machine)", lines)


def _methods(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        if row["status"] == "installed" and row["only"] != list(HEART):
            settings = ", ".join(f"{name} {value}" for name, value in row["parameters"].items())
            fewer = f"; at most {row['at_most_trials']} trials" if row["at_most_trials"] else ""
            fewer += " a condition, not in every condition" if row["only"] else ""
            lines.extend(
                _wrapped(
                    f"{row['name']:<{NAME}}", f"{row['package']} {row['version']}; told {row['told']}{fewer}; {settings or 'no parameters'}"
                )
            )
    missing = [row for row in rows if row["status"] != "installed"]
    for status in dict.fromkeys(row["status"] for row in missing):
        packages = dict.fromkeys(row["package"] for row in missing if row["status"] == status)
        lines.extend(_wrapped("", f"{', '.join(packages)}: {status}"))
    return _block("Methods", lines)


def _failures(rows: Sequence[Row], *, trials: int) -> str:
    if not rows:
        return ""
    lines = [f"{'':<18}{'number':>8}{'error [ms]':>12}{'interval [ms]':>20}  what (seed of each in the JSON)"]
    grave = [row for row in rows if row["what"] != "interval misses the truth"]
    for row in grave[:40]:
        interval = "-" if row["low_ms"] is None else f"[{row['low_ms']:.0f}, {row['high_ms']:.0f}]"
        lines.append(
            f"{row['cell']:<18}{row['number']:>8}{_number(row['error_ms'], '.1f'):>12}{interval:>20}  {row['what']} {row['problem']}"[
                :100
            ].rstrip()
        )
    if len(grave) > 40:
        lines.append(f"... and {len(grave) - 40} more in the JSON")
    lines.append(f"and {len(rows) - len(grave)} trials whose interval misses a truth nearer than 25 ms (1 in 20 should); all in the JSON")
    return _block(f"hipspine: {len(grave)} trials went wrong ({trials} a condition)", lines)


def _block(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, "-" * min(len(title), 100), *(line.rstrip() for line in lines)])


def _pm(row: Row, key: str, shape: str = ".1f") -> str:
    if row.get(key) is None:
        return "-"
    error = row.get(f"{key}_se")
    return format(row[key], shape) + ("" if error is None else f" ±{format(error, shape.removeprefix('+'))}")


def _number(value: float | None, shape: str) -> str:
    return "-" if value is None else format(value, shape)


def _wrapped(head: str, words: str) -> list[str]:
    lines, line = [], head
    for word in words.split(" "):
        if len(line) + len(word) + 1 > 100:
            lines.append(line)
            line = " " * (NAME if head else 2) + " "
        line += word + " "
    return [*lines, line]


_SHORT = {"starts 0.1 s later": "starts", "polarity": "sign"}
_PAGES = (
    ("Gaussian noise", ("step", "ramp"), ("mean_abs_ms", "bias_ms", "false_per_trial", "clean25_percent")),
    ("Motor-unit trains", ("units step", "units ramp"), ("mean_abs_ms", "bias_ms", "false_per_trial", "clean25_percent")),
    ("Hard cases", ("few units", "tonic", "levels", "drift"), ("mean_abs_ms", "clean25_percent")),
    ("Heart beats of 1.5 x burst RMS", ("ecg", "units ecg"), ("mean_abs_ms", "false_per_trial", "clean25_percent")),
)
_MEASURES: dict[str, tuple[str, str, Callable[[Iterable[float]], float] | None]] = {
    "mean_abs_ms": ("mean absolute error [ms]", ".1f", min),
    "bias_ms": ("bias of the onsets found within 100 ms [ms]", "+.1f", None),
    "false_per_trial": ("false onsets per trial", ".2f", None),
    "clean25_percent": ("clean within 25 ms [%]", ".0f", max),
}
_SPECIAL: dict[str, Callable[[Sequence[Row]], str]] = {"repetitions": _repetitions, "delay": _delay, "noise": _noise, "laws": _laws}
