"""The figure of the onset bench: error against signal-to-noise ratio, ours and the best of each package, step beside ramp."""

import math
from collections.abc import Sequence
from typing import Any

from hipspine.report.paint import Scale, drawn, filled, text
from hipspine.report.svg import Element, digits, drawing, element, line_through, write
from hipspine.workflows.bench.bound import BOUNDS
from hipspine.workflows.bench.methods import OURS

WIDTH, HEIGHT = 880.0, 430.0
TOP, BOTTOM, LABELS = 74.0, 70.0, 176.0
LOW_MS, HIGH_MS = 0.3, 500.0
PANELS = (("step", "Step"), ("ramp", "Rise of 100 ms"), ("units ramp", "Motor units, rise of 100 ms"))
SNRS = (5, 10, 15, 20)
APART = 15.0


def figure(document: dict[str, Any]) -> str:
    """One panel per condition that was run; per package its best method (by the mean of the panels' errors); ours last and heavy."""
    scores = {cell["name"]: {row["method"]: row for row in cell["results"]} for cell in document["cells"]}
    panels = [(group, title) for group, title in PANELS if all(f"{group} {snr} dB" in scores for snr in SNRS)]
    if not panels:
        nothing = text(20.0, 40.0, "The figure needs the conditions step, ramp or units ramp.")
        return write(drawing(nothing, width=WIDTH, height=80.0, label="No figure: the conditions were not run"), standalone=True) + "\n"
    shown = _best_of_packages(document["methods"], scores, [group for group, _ in panels])
    trials = document["recipe"]["trials"]
    drawn_panels = [_panel(group, title, number, len(panels), shown, scores) for number, (group, title) in enumerate(panels)]
    head = text(
        20.0, 28.0, "How far from the truth? Mean absolute error of the onset [ms], logarithmic", size=17.0, colour="ink", bold=True
    )
    bars = f"bars: two standard errors, {trials} trials a point, fewer for slow ones"
    note = text(20.0, 50.0, f"The best method of each package, tuned where that was better; {bars}.")
    told = "Dashed: an observer that is told both spectra, the rise and that there is one burst; nobody can be expected to do better."
    foot = text(20.0, HEIGHT - 10.0, told, size=12.0, colour="ink3")
    words = f"Mean absolute onset error against signal-to-noise ratio: {', '.join(shown)}"
    return write(drawing(head, note, *drawn_panels, foot, width=WIDTH, height=HEIGHT, label=words), standalone=True) + "\n"


def _best_of_packages(methods: Sequence[dict[str, Any]], scores: dict[str, dict[str, dict[str, Any]]], groups: Sequence[str]) -> list[str]:
    """Ours and the best method of every package, ours last so that it is drawn on top."""
    best: dict[str, tuple[float, str]] = {}
    for method in methods:
        if method["status"] != "installed" or (method["only"] and not set(groups) <= set(method["only"])):
            continue
        error = sum(scores[f"{group} {snr} dB"][method["name"]]["mean_abs_ms"] for group in groups for snr in SNRS)
        key = method["package"]
        if key not in best or error < best[key][0]:
            best[key] = (error, method["name"])
    names = [name for _, name in sorted(best.values(), reverse=True) if name != OURS]
    return [*names, OURS]


def _panel(group: str, title: str, number: int, count: int, shown: Sequence[str], scores: dict[str, dict[str, dict[str, Any]]]) -> Element:
    span = (WIDTH - 20.0 - LABELS) / count
    left = 20.0 + number * span + 36.0
    across = Scale(5.0, 20.0, left, left + span - 58.0)
    up = Scale(math.log10(LOW_MS), math.log10(HIGH_MS), HEIGHT - BOTTOM, TOP + 22.0)
    parts = [text(left, TOP + 6.0, title, size=14.0, colour="ink", bold=True)]
    for ms in (1, 3, 10, 30, 100, 300):
        y = up(math.log10(ms))
        parts.append(element("path", d=f"M{digits(left - 6)} {digits(y)}H{digits(across(20.0) + 6)}", **drawn("line", 1.0)))
        parts.append(text(left - 10.0, y + 4.5, str(ms), size=12.0, colour="ink3", anchor="end"))
    parts.extend(text(across(snr), HEIGHT - BOTTOM + 22.0, f"{snr} dB", size=12.0, colour="ink3", anchor="middle") for snr in SNRS)
    best = [scores[f"{group} {snr} dB"].get(BOUNDS[0]) for snr in SNRS]
    if all(row is not None for row in best):
        points = [(across(snr), up(_log(row["mean_abs_ms"]))) for snr, row in zip(SNRS, best, strict=True) if row is not None]
        parts.append(element("path", d=line_through(points), stroke_dasharray="5 4", **drawn("ink3", 1.5)))
    ends = []
    for name in shown:
        rows = [scores[f"{group} {snr} dB"][name] for snr in SNRS]
        points = [(across(snr), up(_log(row["mean_abs_ms"]))) for snr, row in zip(SNRS, rows, strict=True)]
        colour, width = ("accent", 3.0) if name == OURS else ("control", 1.5)
        parts.append(element("path", d=line_through(points), stroke_linejoin="round", **drawn(colour, width)))
        for (x, y), row in zip(points, rows, strict=True):
            error = 2 * (row["mean_abs_ms_se"] or 0.0)
            low, high = up(_log(row["mean_abs_ms"] - error)), up(_log(row["mean_abs_ms"] + error))
            parts.append(element("path", d=f"M{digits(x)} {digits(low)}V{digits(high)}", **drawn(colour, 1.0)))
            parts.append(element("circle", cx=x, cy=y, r=4.0 if name == OURS else 2.8, **filled(colour)))
        ends.append((points[-1][1], name))
    if number == count - 1:
        parts.extend(_names(ends, across(20.0) + 14.0))
    return element("g", *parts)


def _names(ends: Sequence[tuple[float, str]], x: float) -> list[Element]:
    """Names beside the ends of their lines, moved apart where they would touch, each with a thin line to its end."""
    ordered = sorted(ends)
    places = [y for y, _ in ordered]
    for _ in range(200):
        for upper in range(len(places) - 1):
            short = APART - (places[upper + 1] - places[upper])
            if short > 0:
                places[upper] -= short / 2
                places[upper + 1] += short / 2
    parts: list[Element] = []
    for place, (y, name) in zip(places, ordered, strict=True):
        parts.append(element("path", d=line_through([(x - 8.0, y), (x + 6.0, place)]), **drawn("line", 1.0)))
        ours = name == OURS
        parts.append(text(x + 10.0, place + 4.5, name, size=12.0, colour="accent" if ours else "ink2", bold=ours))
    return parts


def _log(ms: float) -> float:
    return math.log10(max(ms, LOW_MS))
