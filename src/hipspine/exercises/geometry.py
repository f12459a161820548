"""Moment arms over a repetition: how far each region of gluteus maximus and each main group pulls from the working hip and the spine.

A fact of the postures, not of load sharing. Arms carry the signs of what people train: + extension, abduction, external rotation of the
hip, extension of the trunk; below 0 a muscle does the opposite. Those of gluteus maximus come with the range of all line fields that fit,
in the person's size (as `field_ensemble.ensemble_arms`); those of other groups are the body's own, each line counted by its force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField, members
from hipspine.exercises.demand import GLUTEUS_MAXIMUS, REGIONS, Demand
from hipspine.mechanics.arms import field_arms, regional
from hipspine.mechanics.carrying_glutei import fields_of
from hipspine.mechanics.carrying_lines import groups_of
from hipspine.mechanics.field_ensemble import FORM_HALF_RANGE_M, mixture
from hipspine.mechanics.joint_forces import for_paths, leg_of
from hipspine.mechanics.posture import HIP, KNEE, Posture
from hipspine.mechanics.rigid import Rigid
from hipspine.mechanics.spread import range_over_members
from hipspine.mechanics.whole_body import arms_at, paths_of
from hipspine.terms import Floats, Region, Side

AXES = ("extension", "abduction", "external_rotation")
OF_THE_HIP = ("hamstrings", "gluteus_medius", "adductors", "hip_flexors")
OF_THE_BACK = ("erector_spinae",)
CLEAR_M = 0.002  # that the whole range of an arm must lie from 0 before its sign is said
_BEND = "lumbar_flexion"
_DOES = (
    ("extends the hip", "flexes the hip"),
    ("abducts the hip", "adducts the hip"),
    ("turns the thigh outwards", "turns the thigh inwards"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """Moment arms about the working hip over a repetition [m], in the signs of this module."""

    median: Floats  # (frame, region, axis) of gluteus maximus, regions from upper to lower
    low: Floats  # ends of 90 % of the fields that fit
    high: Floats
    groups: Mapping[str, Floats]  # (frame, axis) of other groups; of the back (frame, 1): extension of the trunk


def moment_arms(demand: Demand) -> Arms:
    """Arms of the working side in every frame."""
    motion = demand.motion
    rigid = Rigid.of(motion.body, limits=False)
    leg = leg_of(Posture({name: motion.q[:, k] for k, name in enumerate(rigid.coordinates)}), motion.side)
    best, each = _of_fields(demand, leg)
    median, low, high = range_over_members(each)
    form = FORM_HALF_RANGE_M * mixture(Posture({name: leg[name] for name in HIP}))[:, None, None]
    below, above = np.hypot(median - low, form), np.hypot(high - median, form)
    low, high = np.minimum(median - below, best), np.maximum(median + above, best)  # the body's own field lies never outside
    return Arms(-median, -high, -low, _of_groups(motion.body, rigid, motion.q, motion.side))


def hardest(demand: Demand, group: str) -> int:
    """Frame in which a group works hardest by the median of the bodies; the first where no frame has an answer."""
    return int(np.argmax(np.nan_to_num(middle(demand.column(group)), nan=-1.0)))


def middle(values: Floats) -> Floats:
    """(frame, ...) median over the bodies; NaN where none has an answer."""
    empty = np.asarray(np.isnan(values).all(axis=0))
    return np.asarray(np.where(empty, np.nan, np.nanmedian(np.where(empty[None], 0.0, values), axis=0)))


def facts(demand: Demand, arms: Arms) -> list[str]:
    """Sentences on arms whose whole range lies on one side of 0: regions that part ways, and arms that change their sign."""
    return [*_parted(demand, arms), *_changing(demand, arms)]


def _parted(demand: Demand, arms: Arms) -> list[str]:
    """At the hardest moment of the whole muscle, actions in which regions oppose one another."""
    now, said = hardest(demand, GLUTEUS_MAXIMUS), []
    for axis, (does, undoes) in enumerate(_DOES):
        plus = [k for k in range(len(REGIONS)) if arms.low[now, k, axis] > CLEAR_M]
        minus = [k for k in range(len(REGIONS)) if arms.high[now, k, axis] < -CLEAR_M]
        if plus and minus:
            ways = [f"the {_region(k)} region {word} ({_size(arms, now, k, axis)})"
                    for ks, word in ((plus, does), (minus, undoes)) for k in ks]  # fmt: skip
            said.append(f"Where gluteus maximus works hardest, {', '.join(ways[:-1])} and {ways[-1]}.")
    return said


def _changing(demand: Demand, arms: Arms) -> list[str]:
    """Regions that do the opposite at another moment of the repetition."""
    motion, said = demand.motion, []
    names = Rigid.of(motion.body, limits=False).coordinates
    flexion = np.degrees(motion.q[:, names.index(f"{HIP[0]}:{motion.side}")])
    for k in range(len(REGIONS)):
        for axis, (does, undoes) in enumerate(_DOES):
            most, least = int(np.argmax(arms.low[:, k, axis])), int(np.argmin(arms.high[:, k, axis]))
            if arms.low[most, k, axis] > CLEAR_M and arms.high[least, k, axis] < -CLEAR_M:
                ends = [f"{word} at {flexion[at] + 0.0:.0f} deg of hip flexion ({_size(arms, at, k, axis)})"
                        for at, word in sorted([(most, does), (least, undoes)])]  # fmt: skip
                said.append(f"The {_region(k)} region changes its action: it {ends[0]} and {ends[1]}.")
    return said


def _region(number: int) -> str:
    return REGIONS[number].partition("/")[2]


def _size(arms: Arms, frame: int, region: int, axis: int) -> str:
    """Size of an arm with its range, without sign: the words carry it."""
    three = [1e3 * float(one[frame, region, axis]) for one in (arms.median, arms.low, arms.high)]
    median, low, high = (abs(one) for one in three)
    return f"arm {median:.0f} mm [{min(low, high):.0f}, {max(low, high):.0f}]"


def _of_fields(demand: Demand, leg: Posture) -> tuple[Floats, Floats]:
    """(frame, region, axis) of the body's own field and (member, frame, region, axis) of all that fit, in the signs of the field."""
    body = demand.motion.body
    person = demand.person if "height_m" in body.about else None
    number = [one.side for one in body.fields].index(demand.motion.side)
    hip, knee = np.ascontiguousarray(leg.hip()), leg[KNEE]

    def of(field: LineField) -> Floats:
        found = field_arms(field, hip, knee)[1]
        return np.stack([regional(field, found, region) for region in Region], axis=1)

    drawn: Sequence[int | None] = [*range(members())] or [None]
    return of(body.fields[number]), np.stack([of(one[number]) for one in fields_of(body, drawn, person)])


def _of_groups(body: BodyModel, rigid: Rigid, q: Floats, side: Side) -> dict[str, Floats]:
    """(frame, axis) mean arms of the main groups, those of the back of both sides."""
    paths = paths_of(body)
    arms = arms_at(body, for_paths(rigid, paths, q)).m[:, : len(body.lines)]
    force = np.array([one.max_force_n for one in body.lines])
    groups = groups_of([one.muscle for one in body.lines])
    here = np.array([one.side is side for one in body.lines])

    def mean(chosen: NDArray[np.bool_], about: Sequence[str]) -> Floats:
        weight = force * chosen / (force * chosen).sum()
        return np.asarray(-np.einsum("qla,l->qa", arms[:, :, [paths.about.index(name) for name in about]], weight))

    hips = {name: mean(groups[name] & here, [f"{one}:{side}" for one in HIP]) for name in OF_THE_HIP}
    return hips | {name: mean(groups[name], [_BEND]) for name in OF_THE_BACK}
