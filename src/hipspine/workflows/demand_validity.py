"""How well the demands foretell published EMG, good or bad: on all exercises, on closed and open chains, and on the held-out third.

What is tuned (offsets, slopes and errors of `hipspine.exercises.blend`, the least ratio of a claim) is tuned on two thirds of the
exercises; ranks, pairs and claims of the model itself are not tuned on any EMG. Ranks across studies take conditions whose load is known
(`hipspine.exercises.studies`); the others are compared only inside their study.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from hipspine.exercises.blend import Scale, blend, left_out, of_a_study
from hipspine.exercises.ordering import Measures, Pair, agreement, claims_right, least_ratio, ordered_pairs, wrong_claims
from hipspine.exercises.ordering import measured as measured_group
from hipspine.exercises.published import PublishedEmg
from hipspine.exercises.studies import Condition
from hipspine.exercises.validity import Predicted, Predictions, Share, bare
from hipspine.terms import Floats

GROUPS = ("gluteus_maximus", "gluteus_medius", "hamstrings", "erector_spinae")
SEED = 0
NOISE_Z = 1.64  # below it the order that a study found may be chance, 5 % one-sided
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
    at_first = [row for one in studied.values() for row in one.first_rows]
    repeats = [*at_first, *(row for one in studied.values() if not _split_up(one, studied) for row in one.rows)]
    baseline = bare({name: {group: float(moments_nm[name][k]) for group, k in _BARE.items()} for name in studied})
    closed = [name for name in studied if chains[name] == "closed"]
    out = [name for name, one in studied.items() if one.exercise.name in held_out]
    known = [name for name, one in studied.items() if one.known]
    claims = told_claims(predicted, rows, out)
    least = claims["least_ratio"] or 1.0

    def table(group: str, among: Collection[str] | None, ranked: Collection[str] | None, some: Sequence[PublishedEmg]) -> dict[str, Any]:
        found = measured_group(
            predicted, some, group, seed=SEED, among=among, ranked=ranked, baseline=baseline, repeats=repeats, least=least
        )
        return _told(found)

    classes: dict[str, tuple[Collection[str] | None, Collection[str] | None, Sequence[PublishedEmg]]] = {
        "all": (None, known, rows),
        "closed": (closed, known, rows),
        "closed_assumed": (closed, None, rows),
        "closed_first": ([name for name in closed if studied[name].first], None, at_first),
        "open": ([name for name in studied if name not in closed], known, rows),
        "held_out": (out, known, rows),
        "closed_held_out": ([name for name in closed if name in out], known, rows),
    }
    return {
        "muscles": {group: {which: table(group, *of) for which, of in classes.items()} for group in GROUPS},
        "intervals": intervals(predicted.mean, [row for row in rows if row.exercise in known], chains, scales, out),
        "claims": claims,
        "loads": _loads(studied, chains),
    }


def told_claims(predicted: Predicted, rows: Sequence[PublishedEmg], out: Collection[str]) -> dict[str, Any]:
    """What may be claimed: the least ratio, chosen on pairs without a held-out exercise, and how often claims are right then."""
    pairs = [pair for group in GROUPS for pair in ordered_pairs(rows, group)]
    held = [pair for pair in pairs if pair.larger in out or pair.smaller in out]
    tuned = [pair for pair in pairs if pair not in held]
    least = least_ratio(predicted, tuned)
    sets: dict[str, Sequence[Pair]] = {"tuned": tuned, "held_out": held, "all": pairs}
    return {
        "least_ratio": least,
        "any_ratio": {name: _claims(predicted, some, 1.0) for name, some in sets.items()},
        "from_least_ratio": {name: _claims(predicted, some, least or 1.0) for name, some in sets.items()},
        "agreement": {
            name: [{"from": one.low, "to": one.high} | _share(one.right) for one in agreement(predicted, some)]
            for name, some in sets.items()
        },
    }


def _claims(predicted: Predicted, pairs: Sequence[Pair], least: float) -> dict[str, Any]:
    made = claims_right(predicted, pairs, least=least)
    wrong = wrong_claims(predicted, pairs, least=least)
    return _share(made.made) | {"undecided": made.undecided, "wrong_within_noise": sum(pair.z < NOISE_Z for pair in wrong)}


def _split_up(one: Condition, studied: Mapping[str, Condition]) -> bool:
    """Whether a condition's rows stand in a first condition too, where studies of one exercise are together."""
    return one.first or any(
        set(row.rows) <= set(other.rows) for row in one.rows for first in studied.values() for other in first.first_rows
    )


def _loads(studied: Mapping[str, Condition], chains: Mapping[str, str]) -> list[dict[str, Any]]:
    """How each condition's load is known that is not the body's own weight, with the muscles that were measured."""
    return [
        {
            "condition": name, "chain": chains[name], "basis": one.basis.value, "body_masses": one.load_share, "how": one.how,
            "source": one.source, "groups": sorted({row.group for row in one.rows if row.group in GROUPS and row.statistic == "mean"}),
        }
        for name, one in studied.items()
        if one.rows and (one.exercise.loads or not one.known)
    ]  # fmt: skip


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
