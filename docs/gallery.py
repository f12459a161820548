"""A page and a moving figure for each exercise, written from the catalogue and the atlas, never by hand."""

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from hipspine.exercises import atlas
from hipspine.exercises.catalogue import catalogue, names, shipped
from hipspine.workflows.atlas import cores
from hipspine.workflows.exercises import entry, figure

FRAMES = 41  # enough for a picture
ARTICLE = (
    "romanian-deadlift", "oyster", "side-lying-leg-lift", "standing-leg-lift", "hip-extension-external-rotation", "single-leg-bridge",
    "hip-thrust", "walking-lunge", "squat-jump",
)  # fmt: skip
POSITIONS = {
    "stand": "Standing on two legs", "single-leg": "Standing on one leg", "split": "Split stance", "supine": "On the back",
    "prone": "On the front", "side": "On the side", "quadruped": "On hands and knees", "plank": "Planks", "side-plank": "Side planks",
    "half-kneel": "Half kneeling", "kneel": "Kneeling", "seated": "Seated", "hang": "Hanging",
}  # fmt: skip


def figures() -> dict[str, str]:
    """SVG of every exercise, drawn on all cores."""
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        return dict(zip(names(), pool.map(partial(figure, frames=FRAMES), names(), chunksize=4), strict=True))


def gallery() -> str:
    """All exercises with their figures, by position; the article's first."""
    exercises = catalogue()
    parts = []
    by_position = [(words, [name for name, one in exercises.items() if one.base.value == base]) for base, words in POSITIONS.items()]
    for title, chosen in (("The article's", list(ARTICLE)), *by_position):
        if chosen:
            cards = "".join(
                f'<a class="figure-card" href="exercises/{name}.html"><img src="exercises/{name}.svg" alt="" loading="lazy">'
                f"<span>{exercises[name].title['en']}</span></a>"
                for name in chosen
            )
            parts += [f"## {title}", "", f'<div class="figure-sheet">{cards}</div>', ""]
    return "\n".join(parts)


def page(name: str) -> str:
    """One exercise in full."""
    one = entry(shipped(name))
    kept = atlas.entry(shipped(name))
    dosing = one["dosing"]
    hold = f", each held for {dosing['hold_s']:g} s" if dosing["hold_s"] else ""
    lines = [
        f"# {one['title']['en']}", "", f'<img class="figure-large" src="{name}.svg" alt="">', "", one["purpose"], "",
        f"`hipspine exercises show {name}` · `hipspine demand {name}`", "",
        "| | |", "|---|---|",
        f"| Position | {one['position']} |", f"| Level | {one['level']} of 5 |", f"| Needs | {', '.join(one['equipment']) or 'nothing'} |",
        f"| Load in these numbers | {one['load']} (for 75 kg) |",
        f"| Begin with | {dosing['sets']} sets of {dosing['repetitions']}{hold}, rest {dosing['rest_s']:g} s, {dosing['effort']} |",
        f"| Why so much | {dosing['why']} {' '.join(dosing['source'])} |", "",
        "## How", "", *(f"- {text}" for text in (*one["instructions"], *one["cues"], f"Breathing: {one['breathing']}")), "",
        "## What goes wrong", "", *(f"- {text}" for text in one["faults"]), "",
        "## What it trains", "", "Worked out from the motion.", "",
        *(f"- {title}: {', '.join(one[key]) or one['reasons'].get(key, 'none')}" for title, key in _TRAINS), "",
    ]  # fmt: skip
    return "\n".join([*lines, *_asked(kept)])


_TRAINS = (("Hip movements", "hip_movements"), ("Regions of gluteus maximus", "regions"), ("Lines of pull", "lines_of_pull"),
           ("Contraction", "contraction_modes"), ("Be careful with", "contra_tags"))  # fmt: skip


def _asked(kept: Mapping[str, Any] | None) -> list[str]:
    if kept is None:
        return []
    published = [
        "## Published EMG",
        "",
        *(f"- {row['muscle'].replace('_', ' ').replace('/', ', ')}: {row['sentence']}" for row in kept["published"]),
    ]
    if not kept["published"]:
        published.append("No published EMG of this exercise stands in our tables.")
    model = [
        "## Model estimate", "", "Peak over a repetition, share of capacity in %: median with the range of 90 % of the bodies.", "",
        "| muscle | % |", "|---|---|",
        *(f"| gluteus maximus, {region} | {_share(one)} |" for region, one in kept["regions"].items()),
        *(f"| {muscle.replace('_', ' ')} | {_share(one)} |" for muscle, one in kept["muscles"].items() if muscle != "gluteus_maximus"), "",
        f"Lowest disc: compression {_kilo(kept['l5s1_compression_n'])} kN. "
        f"Working hip: {_plain(kept['hip_contact_bw'])} times body weight. "
        f"Sacroiliac joint, working side: {_kilo(kept['sij_compression_n'])} kN (an index).", "",
        *(f"- {kept[key]['sentence']}" for key in ("arms", "stretch")),
        *(f"- {claim['sentence']}" for claim in kept["claims"]), *(f"- {note}" for note in kept["notes"]),
    ]  # fmt: skip
    return [*published, "", *model, ""] if kept["first"] == "published" else [*model, "", *published, ""]


def _share(one: Mapping[str, float | None]) -> str:
    return (
        "not known"
        if one["median"] is None
        else f"{100 * one['median']:.0f} [{100 * (one['low'] or 0):.0f}, {100 * (one['high'] or 0):.0f}]"
    )


def _kilo(one: Mapping[str, float | None]) -> str:
    return (
        "not known"
        if one["median"] is None
        else f"{one['median'] / 1e3:.1f} [{(one['low'] or 0) / 1e3:.1f}, {(one['high'] or 0) / 1e3:.1f}]"
    )


def _plain(one: Mapping[str, float | None]) -> str:
    return "not known" if one["median"] is None else f"{one['median']:.1f} [{one['low'] or 0:.1f}, {one['high'] or 0:.1f}]"
