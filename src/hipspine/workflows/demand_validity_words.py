"""How well the demands foretell what was measured, in words and tables for the pages and the terminal (Markdown)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hipspine.evidence import tables
from hipspine.evidence.tables import Published
from hipspine.workflows.demand_validity import GROUPS


def validity_tables(validity: Mapping[str, Any]) -> list[str]:
    """The table in words, for the page and the terminal (Markdown)."""
    lines = []
    for group in GROUPS:
        classes = validity["muscles"][group]
        lines += [
            f"**{group.replace('_', ' ').capitalize()}**",
            "",
            "| exercises | rank correlation [90 %] (n) | over the bare joint moment | ceiling of the data | pairs in one study right "
            "| claims right (undecided) |",
            "|---|---|---|---|---|---|",
        ]
        for which in (which for which in _WHICH if which in classes):
            told = classes[which]
            rho = "too few" if told["rho"] is None else f"{_signed(told['rho'])} ({told['rho']['n']})"
            gain, top = ("not known" if told[key] is None else _signed(told[key]) for key in ("over_bare_moment", "ceiling"))
            claims = f"{_part(told['claims'])} ({told['claims']['undecided']})"
            lines.append(f"| {_WHICH[which]} | {rho} | {gain} | {top} | {_part(told['pairs'])} | {claims} |")
        lines.append("")
    if "claims" in validity:
        lines += [*_claims_in_words(validity["claims"]), "", *_loads_in_words(validity["loads"]), ""]
    found = validity["intervals"]
    lines += ["**90 % intervals of the model for what a study reports**", "", "| exercises | published levels inside |", "|---|---|"]
    lines += [f"| {_INTERVAL[key]} | {_part(found[key])} |" for key in _INTERVAL]
    return lines


def _claims_in_words(claims: Mapping[str, Any]) -> list[str]:
    least = claims["least_ratio"]
    chosen = f"the medians differ by a factor of {least:g} or more" if least else "no ratio of the medians made nine of ten claims right"
    lines = [
        "**Claims of all four muscles together**",
        "",
        "| pairs | where 80 % of the bodies agree: right (undecided) | of the wrong ones, inside the study's own noise "
        f"| and {chosen} | inside the noise |",
        "|---|---|---|---|---|",
    ]
    for which, words in _CLAIMED.items():
        any_, made = claims["any_ratio"][which], claims["from_least_ratio"][which]
        cells = [*_claimed(any_), *_claimed(made)]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    lines += ["", "| bodies that agree | order right, all pairs | order right, pairs with a held-out exercise |", "|---|---|---|"]
    for one, held in zip(claims["agreement"]["all"], claims["agreement"]["held_out"], strict=True):
        lines.append(f"| {100 * one['from']:.0f} to {100 * one['to']:.0f} % | {_percent(one)} | {_percent(held)} |")
    return lines


def _loads_in_words(loads: Sequence[Mapping[str, Any]]) -> list[str]:
    known = [one for one in loads if one["basis"] != "unknown"]
    lines = ["**Loads of the studies, as far as they are known**", "", "| condition | body masses | how | source |", "|---|---|---|---|"]
    for one in known:
        share = "" if one["body_masses"] is None else f"{one['body_masses']:.2f}"
        lines.append(f"| {one['condition']} | {share} | {one['how']} | {one['source']} |")
    left = [one for one in loads if one["basis"] == "unknown" and one["groups"]]
    lines += ["", f"Not ranked across studies, as the load is not known: {len(left)} conditions.", "", "| condition | why |", "|---|---|"]
    return [*lines, *(f"| {one['condition']} | {one['how']} |" for one in left)]


_WHICH = {
    "all": "all",
    "closed": "closed chain, load known",
    "closed_assumed": "closed chain, with assumed loads too",
    "closed_first": "closed chain, conditions fixed before any comparison, loads assumed",
    "open": "open chain",
    "held_out": "the third never tuned on",
    "closed_held_out": "closed chain, of that third",
}
_CLAIMED = {"tuned": "may be tuned on", "held_out": "with an exercise never tuned on", "all": "all"}
_INTERVAL = {
    "held_out/closed": "closed chain, never tuned on", "held_out/open": "open chain, never tuned on",
    "leave_one_out/closed": "closed chain, one left out at a time", "leave_one_out/open": "open chain, one left out at a time",
}  # fmt: skip


def _signed(told: Mapping[str, float | None]) -> str:
    value, low, high = (told[key] for key in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "not known"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _part(told: Mapping[str, Any]) -> str:
    return f"{told['right']} of {told['count']}" if told["count"] else "none"


def _percent(told: Mapping[str, Any]) -> str:
    return f"{_part(told)}, {100 * told['share']:.0f} %" if told["count"] else "none"


def _claimed(told: Mapping[str, Any]) -> tuple[str, str]:
    return f"{_percent(told)} ({told['undecided']})", f"{told['wrong_within_noise']} of {told['count'] - told['right']}"


@dataclass(frozen=True, slots=True)
class Beside:
    """One force of the atlas beside rows of joint_loads."""

    exercise: str
    what: str
    key: str  # of the atlas
    rows: tuple[str, ...]


HIP, DISC = "hip_contact_bw", "l5s1_compression_n"
BESIDE = (
    Beside("single-leg-stance", "hip, standing on one leg", HIP, ("J0034", "J0013")),
    Beside("sit-to-stand", "hip, standing up from a chair", HIP, ("J0035",)),
    Beside("step-up", "hip, stepping up (measured: stairs)", HIP, ("J0011",)),
    Beside("step-down", "hip, stepping down (measured: stairs)", HIP, ("J0012",)),
    Beside("single-leg-bridge", "hip, bridge on one leg (measured: highest of all exercises with weight on the leg)", HIP, ("J0014",)),
    Beside("double-leg-bridge", "hip, bridge on both legs", HIP, ("J0042",)),
    Beside("side-lying-hip-abduction", "hip, leg lifted lying on the side (measured: long levers and moving limbs)", HIP, ("J0015",)),
    Beside("active-straight-leg-raise", "hip, straight leg raised lying on the back (measured: the same)", HIP, ("J0015",)),
    Beside("kettlebell-swing", "lowest disc, compression in the kettlebell swing", DISC, ("J0046",)),
    Beside("deadlift", "lowest disc, compression in the deadlift (theirs: competition lifts)", DISC, ("J0045",)),
)
"""Forces that were measured in people, or worked out by others, and the exercise that is nearest to the task."""


def in_people(exercises: Mapping[str, Any]) -> list[str]:
    """Joint forces out of the atlas beside forces measured in people with instrumented implants, and beside other models."""
    lines = ["| force | ours, peak of the repetition: median [90 %] | published | ours against it |", "|---|---|---|---|"]
    for one in BESIDE:
        if one.exercise not in exercises:
            continue
        ours = exercises[one.exercise][one.key]
        median, low, high = (_size(ours[end], one.key) for end in ("median", "low", "high"))
        for name in one.rows:
            row = tables.value(name)
            level = _level(row)
            times = "" if level is None else f"{ours['median'] / level:.1f} times"
            unit = "N" if one.key == DISC else "body weights"
            lines.append(f"| {one.what} | {median} [{low}, {high}] {unit} | {_published(row, unit)} | {times} |")
    return lines


def _size(value: float, key: str) -> str:
    return f"{value:.0f}" if key == DISC else f"{value:.1f}"


def _level(row: Published) -> float | None:
    """The published force in body weights or newtons; its upper end where only that was told."""
    level = row.value if row.value is not None else row.high
    if level is None or row.unit not in ("% body weight", "% of the peak in walking", "N"):
        return None
    if row.unit == "N":
        return level
    return level / 100.0 * ((tables.value("J0010").value or 0.0) / 100.0 if "walking" in row.unit else 1.0)


def _published(row: Published, unit: str) -> str:
    level = _level(row)
    assert level is not None
    number = f"{level:.0f}" if unit == "N" else f"{level:.2f}"
    spread = f" (SD {row.spread / 100:.2f})" if row.spread and unit != "N" else ""
    ends = f", {row.low / 100:.2f} to {row.high / 100:.2f} between people" if row.value is not None and row.low and row.high else ""
    upto = "up to " if row.value is None else ""
    half = " (half of the peak in walking, J0010)" if "walking" in row.unit else ""
    kind = "measured" if "telemetry" in row.fields["method"] else "a model"
    count = row.fields["n_participants"].partition(" ")[0]
    people = f", {count} people" if count else ""
    read = f"{row.source}, {row.row}, read in: {row.reading.value.replace('_', ' ')}"
    return f"{upto}{number} {unit}{half}{spread}{ends}; {kind}{people} ({read})"
