"""How well the demands foretell published EMG, good or bad: on all exercises, on closed and open chains, and on the held-out third.

What is tuned (offsets, slopes and errors of `hipspine.exercises.blend`) is tuned on two thirds of the exercises; ranks, pairs and claims of
the model itself are not tuned on any EMG.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from hipspine.exercises.blend import Scale, blend, left_out, of_a_study
from hipspine.exercises.ordering import Measures
from hipspine.exercises.ordering import measured as measured_group
from hipspine.exercises.published import PublishedEmg
from hipspine.exercises.studies import Condition
from hipspine.exercises.validity import Predicted, Predictions, Share, bare
from hipspine.terms import Floats

GROUPS = ("gluteus_maximus", "gluteus_medius", "hamstrings", "erector_spinae")
SEED = 0
_BARE = {"gluteus_maximus": 0, "hamstrings": 0, "gluteus_medius": 1, "erector_spinae": 2}


def measured(
    predicted: Predicted,
    studied: Mapping[str, Condition],
    chains: Mapping[str, str],
    scales: Mapping[str, Scale],
    moments_nm: Mapping[str, Floats],
    held_out: Collection[str],
) -> dict[str, Any]:
    """The table: by muscle and by which conditions were looked at.

    Args:
        predicted: by condition.
        chains: closed or open, by condition.
        scales: tuned on the conditions whose exercise is not held out.
        moments_nm: (3,) bare moments of hip extension, hip abduction, trunk extension, by condition.
        held_out: names of exercises.
    """
    rows = [row for one in studied.values() for row in one.rows]
    baseline = bare({name: {group: float(moments_nm[name][k]) for group, k in _BARE.items()} for name in studied})
    closed = [name for name in studied if chains[name] == "closed"]
    out = [name for name, one in studied.items() if one.exercise.name in held_out]
    classes: dict[str, Collection[str] | None] = {
        "all": None,
        "closed": closed,
        "closed_first": [name for name in closed if studied[name].first],
        "open": [name for name in studied if name not in closed],
        "held_out": out,
        "closed_held_out": [name for name in closed if name in out],
    }
    table = {
        group: {
            which: _told(measured_group(predicted, rows, group, seed=SEED, among=among, baseline=baseline))
            for which, among in classes.items()
        }
        for group in GROUPS
    }
    return {"muscles": table, "intervals": intervals(predicted.mean, rows, chains, scales, out)}


def intervals(
    predicted: Predictions, rows: Sequence[PublishedEmg], chains: Mapping[str, str], scales: Mapping[str, Scale], held_out: Collection[str]
) -> dict[str, Any]:
    """Coverage of the 90 % intervals of model alone on conditions that nothing was tuned on, and leaving one out at a time."""
    told: dict[str, Any] = {}
    for chain in ("closed", "open"):
        scale = scales[f"{chain}/mean"]
        inside = count = 0
        for row in rows:
            if row.exercise not in held_out or chains[row.exercise] != chain or row.statistic != "mean" or row.group not in GROUPS:
                continue
            if (drive := predicted[row.exercise].get(row.group)) is not None:
                low, high = of_a_study(blend(row.exercise, row.group, drive, (), scale), row.sd_ln)
                inside, count = inside + (low <= row.level <= high), count + 1
        told[f"held_out/{chain}"] = _share(Share(inside, count))
        among = [name for name in chains if chains[name] == chain]
        told[f"leave_one_out/{chain}"] = _share(left_out(predicted, [row for row in rows if row.group in GROUPS], among=among)[0])
        told[f"error_ln/{chain}"] = scale.error
    return told


def _told(found: Measures) -> dict[str, Any]:
    rank, gain, ceiling = found.rank, found.gain, found.ceiling
    return {
        "rho": None if rank is None else {"value": rank.rho, "low": rank.low, "high": rank.high, "n": len(rank.exercises)},
        "over_bare_moment": None if gain is None else {"value": gain.difference, "low": gain.low, "high": gain.high},
        "ceiling": None if ceiling is None else {name: _number(value) for name, value in (
            ("value", ceiling.parts.perfect), ("low", ceiling.low), ("high", ceiling.high))},
        "pairs": _share(found.pairs),
        "claims": _share(found.claims.made) | {"undecided": found.claims.undecided},
    }  # fmt: skip


def _share(given: Share) -> dict[str, Any]:
    low, high = given.interval
    return {"right": given.right, "count": given.count, "share": given.value, "low": low, "high": high}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


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
        for which in _WHICH:
            told = classes[which]
            rho = "too few" if told["rho"] is None else f"{_signed(told['rho'])} ({told['rho']['n']})"
            gain, top = ("not known" if told[key] is None else _signed(told[key]) for key in ("over_bare_moment", "ceiling"))
            claims = f"{_part(told['claims'])} ({told['claims']['undecided']})"
            lines.append(f"| {_WHICH[which]} | {rho} | {gain} | {top} | {_part(told['pairs'])} | {claims} |")
        lines.append("")
    found = validity["intervals"]
    lines += ["**90 % intervals of the model for what a study reports**", "", "| exercises | published levels inside |", "|---|---|"]
    lines += [f"| {_INTERVAL[key]} | {_part(found[key])} |" for key in _INTERVAL]
    return lines


_WHICH = {
    "all": "all",
    "closed": "closed chain",
    "closed_first": "closed chain, conditions fixed before any comparison",
    "open": "open chain",
    "held_out": "the third never tuned on",
    "closed_held_out": "closed chain, of that third",
}
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


IN_PEOPLE = (
    ("single-leg-stance", "standing on one leg", "slightly less than 2.38 body weights (4 people, J0013)"),
    ("step-up", "stepping up", "climbing stairs 2.51 body weights (J0011)"),
    ("single-leg-bridge", "bridge on one leg", "highest of all weight-bearing exercises 4.41 body weights (J0014)"),
)
"""Exercise, what it is, and the contact force of the hip that was measured in people (rows of joint_loads)."""


def in_people(exercises: Mapping[str, Any]) -> list[str]:
    """Contact forces of the hip out of the atlas beside forces measured in people with instrumented implants (Markdown)."""
    lines = ["| contact force of the hip | model, peak of the repetition | measured in people |", "|---|---|---|"]
    for name, what, published in IN_PEOPLE:
        median, low, high = (exercises[name]["hip_contact_bw"][end] for end in ("median", "low", "high"))
        lines.append(f"| {what} | {median:.1f} [{low:.1f}, {high:.1f}] body weights | {published} |")
    return lines
