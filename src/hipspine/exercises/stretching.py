"""How long each muscle gets in an exercise, and whether it works there: loaded long, mid or short, stretched without load, or idle.

Lengths belong to the postures alone; whether a muscle works there comes from load sharing. *Long* is 1.1 of the optimal fibre length or
more, and 0.1 longer than in standing (how long a muscle is in standing is less certain than by how much a posture changes it). A muscle is
*loaded long* when it works hardest while it is long, or reaches half of its peak at its longest; it is *stretched without load* when it
gets long while it does less than half of its peak, or does not work at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.exercises.demand import GLUTEUS_MAXIMUS, OF_A_LEG, OF_THE_TRUNK, REGIONS, Demand, Range, largest
from hipspine.exercises.geometry import hardest, middle
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY
from hipspine.mechanics.carrying_lines import groups_of
from hipspine.mechanics.fibre import normalised
from hipspine.mechanics.joint_forces import for_paths
from hipspine.mechanics.posture import HIP, KNEE
from hipspine.mechanics.rigid import Rigid
from hipspine.mechanics.spread import LEVEL
from hipspine.mechanics.whole_body import arms_at, paths_of
from hipspine.terms import Floats, Side

STRETCHED = (*REGIONS, *(one for one in OF_A_LEG if one != GLUTEUS_MAXIMUS), *OF_THE_TRUNK)
LONG, SHORT = 1.1, 0.9  # of optimal fibre length: from here long, below here short
LONGER = 0.1  # of optimal fibre length, that a long muscle is longer than in standing
WORKS = 0.04  # median peak activation from which a muscle counts as working
HALF = 0.5  # of its own peak, that a muscle reaches at its longest to be loaded there
UNLOADED, IDLE = "stretched without load", "idle"


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long a muscle gets, in optimal fibre lengths, and whether it works there."""

    longest: Range  # of a region over the fields that fit; of a group over the fibre lengths that the bodies differ by
    standing: float  # the body itself with all angles at 0
    from_hip: float  # what the hip's angles add to it at the longest moment, in the body itself
    from_knee: float  # what the knee then adds
    from_others: float  # trunk and ankle
    loaded: Range | None  # activation at the longest moment as a share of the muscle's own peak; None where no body has an answer
    words: tuple[str, ...]


def stretches(demand: Demand) -> dict[str, Stretch]:
    """Of each region of gluteus maximus (``gluteus_maximus/upper``) and of all other groups; of the working side.

    Passing frames that were left out do not count, unless all were.
    """
    courses = {name: demand.gluteus_norm[:, :, k] for k, name in enumerate(REGIONS)}
    others = (name for name in STRETCHED if name not in courses)
    courses |= {name: demand.fibre_norm[None, :, demand.groups.index(name)] for name in others}
    seen = ~demand.left_out if not demand.left_out.all() else np.ones_like(demand.left_out)  # where it is known whether a muscle works
    at = {name: int(np.argmax(np.where(seen, np.nan_to_num(middle(course), nan=-1.0), -1.0))) for name, course in courses.items()}
    motion = demand.motion
    parts = parts_of(motion.body, {name: motion.q[frame] for name, frame in at.items()}, motion.side)
    return {name: _stretch(demand, name, courses[name], at[name], parts[name]) for name in STRETCHED}


def kind(length: float, standing: float = 0.0) -> str:
    """Long, mid or short, by the length and that in standing, both in optimal fibre lengths.

    >>> [kind(one, 0.9) for one in (1.1, 1.0, 0.89)], kind(1.2, 1.2)
    (['long', 'mid', 'short'], 'mid')
    """
    return "long" if length >= LONG and length >= standing + LONGER else "short" if length < SHORT else "mid"


def words(*, peak: float, at_hardest: float, longest: float, standing: float, loaded: float) -> tuple[str, ...]:
    """What is said of a muscle; all lengths in optimal fibre lengths.

    Args:
        peak: largest activation.
        at_hardest: length while it works hardest.
        longest, standing: lengths.
        loaded: activation at the longest moment as a share of the peak.

    >>> words(peak=0.5, at_hardest=0.8, longest=1.3, standing=1.0, loaded=0.1)
    ('loaded short', 'stretched without load')
    >>> words(peak=0.02, at_hardest=1.0, longest=1.05, standing=1.0, loaded=1.0)
    ('idle',)
    """
    works, long = peak >= WORKS, kind(longest, standing) == "long"
    holds = works and loaded >= HALF
    said = [f"loaded {'long' if holds and long else kind(at_hardest, standing)}"] if works else []
    if long and "loaded long" not in said:
        said.append(UNLOADED)
    return tuple(said) or (IDLE,)


def parts_of(body: BodyModel, longest: Mapping[str, Floats], side: Side) -> dict[str, tuple[float, float, float, float]]:
    """What makes each group as long as it is in its posture (coordinate,): standing, what the hip adds, then the knee, then all else.

    The joints are set one after the other, so that the four sum to the length there.
    """
    rigid, paths = Rigid.of(body, limits=False), paths_of(body)
    hip, knee = ([rigid.coordinates.index(f"{name}:{side}") for name in names] for names in (HIP, (KNEE,)))
    rows = []
    for q in longest.values():
        steps = np.zeros((4, q.size))
        steps[1:, hip], steps[2:, knee], steps[3] = q[hip], q[knee], q
        rows.append(steps)
    length = arms_at(body, for_paths(rigid, paths, np.concatenate(rows))).length_m
    norm = _norms(body, length).reshape(len(rows), 4, -1)
    muscles = (*(one.muscle for one in body.lines), *(f"{GLUTEUS_MAXIMUS}/{region}" for one in body.fields for region in one.region))
    sides = (*(one.side for one in body.lines), *(one.side for one in body.fields for _ in one.region))
    force = np.concatenate([[one.max_force_n for one in body.lines], *(one.max_force_n for one in body.fields)])
    here, groups = np.array([one is side for one in sides]), groups_of(muscles)
    found = {}
    for name, steps in zip(longest, norm, strict=True):
        weight = force * (groups[name] & here)
        first, second, third, last = (float(one) for one in steps @ weight / weight.sum())
        found[name] = (first, second - first, third - second, last - third)
    return found


def _norms(body: BodyModel, length: Floats) -> Floats:
    """(posture, line) fibre lengths over optimal ones, lines of fields last."""
    sizes = {
        given: np.concatenate([[getattr(one, of_line) for one in body.lines], *(getattr(one, given) for one in body.fields)])
        for given, of_line in (("optimal_fibre_m", "optimal_fibre_m"), ("slack_m", "tendon_slack_m"), ("pennation_rad", "pennation_rad"))
    }
    return normalised(length, **sizes)[0]


def _stretch(demand: Demand, name: str, course: Floats, frame: int, parts: tuple[float, float, float, float]) -> Stretch:
    drive = demand.column(name)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(largest(drive) > 0, drive[:, frame] / largest(drive), np.nan)
    peak, loaded = demand.peak(name), Range.of(share)
    longest = (Range.of(course[:, frame]) if name in REGIONS else None) or _of_fibres(float(course[0, frame]))
    said = words(
        peak=0.0 if peak is None else peak.median,
        at_hardest=float(middle(course)[hardest(demand, name)]),
        longest=longest.median,
        standing=parts[0],
        loaded=0.0 if loaded is None else loaded.median,
    )
    return Stretch(longest, *parts, loaded, said)


def _of_fibres(length: float) -> Range:
    """The range of a length over the optimal fibre lengths that are drawn: 90 % of an even spread."""
    low, high = WHOLE_BODY.fibre
    inside = LEVEL * (high - low) / 2
    centre = (low + high) / 2
    return Range(length, length / (centre + inside), length / (centre - inside))
