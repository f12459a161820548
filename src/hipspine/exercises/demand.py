"""What an exercise asks: of each region of gluteus maximus, of every muscle group, of hips, sacroiliac joints and the lowest disc.

Two tiers. Geometry (fibre lengths, moment arms) belongs to the postures alone. Loads (activation as a share of capacity, joint forces) come
from sharing by least cost in an ensemble of bodies that differ in what is unknown: a median with the range of 90 % of them, and an order
of two only where 80 % agree. With a free limb (open chain) people drive muscles far above what the load needs; there the published range
is said first, and the model stands for the direction.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.person import Person, scaled
from hipspine.exercises.exercise import Base, Exercise, LoadKind
from hipspine.exercises.loading import with_load
from hipspine.exercises.motion import FRAMES, Motion, motion_of
from hipspine.mechanics.carrying import SIDES
from hipspine.mechanics.carrying_effort import Effort
from hipspine.mechanics.carrying_ensemble import CarriedEnsemble, carried_ensemble
from hipspine.mechanics.posture import HIP
from hipspine.mechanics.resting import resting
from hipspine.mechanics.rigid import Rigid
from hipspine.mechanics.spread import AGREED, agreement, range_over_members
from hipspine.terms import Floats, Region, Side

GLUTEUS_MAXIMUS = "gluteus_maximus"
REGIONS = tuple(f"{GLUTEUS_MAXIMUS}/{region}" for region in Region)
OF_A_LEG = (
    GLUTEUS_MAXIMUS, "gluteus_medius", "gluteus_minimus", "tensor_fasciae_latae", "hamstrings", "adductors", "hip_flexors", "deep_rotators",
    "quadriceps", "calf",
)  # fmt: skip
OF_THE_TRUNK = ("erector_spinae", "multifidus", "quadratus_lumborum", "abdominals", "external_oblique", "internal_oblique")
"""Muscle groups that are told; those of the trunk as the mean of both sides."""
ARM = ("upper_arm", "forearm", "hand")  # segments
FEET = ("sole", "forefoot", "heel", "back_of_heel")
SAMPLES = 200
BEARS = 0.5
UNHELD_N = 25.0  # of the whole body [N, N m] left over in a frame, from which it counts as a passing one: the weight is on its way


Chain = Literal["closed", "open"]


@dataclass(frozen=True, slots=True)
class Range:
    """Median with the range of 90 % of the bodies."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> "Range | None":
        """Of (member,) values; None where no body has one."""
        if not np.isfinite(values).any():
            return None
        median, low, high = (float(end) for end in range_over_members(values))
        return cls(median, low, high)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What one repetition asks, in many bodies; NaN where a frame has no answer."""

    motion: Motion
    person: Person
    chain: Chain
    groups: tuple[str, ...]  # regions of gluteus maximus, muscles of the working leg, of the trunk
    activation: Floats  # (member, frame, group) share of capacity; legs: the side that works
    other_activation: Floats  # (member, frame, group) of the other leg
    hip_bw: Floats  # (member, frame) contact force of the working hip [body weights]
    other_hip_bw: Floats
    compression_n: Floats  # (member, frame) of L5/S1
    shear_n: Floats
    sij_compression_n: Floats  # (member, frame) of the working side's sacroiliac joint
    hip_nm: Floats  # (member, frame, 3) moment of all muscles about the working hip: flexion, adduction, internal rotation
    lumbar_nm: Floats  # (member, frame, 3)
    held: tuple[str, ...]  # shoulders and elbows
    held_nm: Floats  # (member, frame, held)
    fibre_norm: Floats  # (frame, group) length over optimal length of the working leg's groups: geometry
    gluteus_norm: Floats  # (member, frame, region) the same of the regions in all fields that fit
    left_out: NDArray[np.bool_]  # (frame,) passing frames that nothing holds, and frames without a proof
    strained: float  # share of bodies that cannot hold some frame with their muscles
    seed: int
    on_arms: tuple[int, ...]  # numbers of the motion's touches that lie on an arm
    on_arms_n: Floats  # (member, frame, touch on an arm, 3) what they push with, ground's axes
    bears: NDArray[np.bool_]  # (frame,) while the working foot carries half or more of what it carries at most; all, where none does

    def column(self, group: str) -> Floats:
        """(member, frame) activation of one group."""
        return np.asarray(self.activation[:, :, self.groups.index(group)])

    def peak(self, group: str) -> Range | None:
        """Largest activation of the repetition."""
        return Range.of(largest(self.column(group)))

    def mean(self, group: str) -> Range | None:
        """Mean activation over the time in which the exercise is done."""
        return Range.of(mean_over_time(self.column(group), self.doing))

    @property
    def doing(self) -> NDArray[np.bool_]:
        """(frame,) all but the rest in the first pose, between repetitions; in a closed chain, while the working foot bears its load."""
        motion = self.motion
        rests = [one.holds and one.poses[0] == 0 and len(motion.phases) > 1 for one in motion.phases]
        done = ~np.array(rests)[motion.phase]
        if self.chain == "closed":
            done &= self.bears
        return done if done.any() else np.ones_like(done)


def demand_of(
    exercise: Exercise,
    body: BodyModel | None = None,
    *,
    person: Person | None = None,
    load_kg: float | None = None,
    side: Side = Side.RIGHT,
    samples: int = SAMPLES,
    seed: int = 0,
    frames: int = FRAMES,
    workers: int = 1,
) -> Demand:
    """What one repetition of ``exercise`` asks.

    Args:
        exercise: of the catalogue or read from a file.
        body: hipspine's own; scaled to ``person`` unless given.
        person: size; 1.75 m and 75 kg unless given.
        load_kg: all loads together; the exercise's own unless given.
        side: that works.
        samples: bodies of the ensemble.
        seed: the same seed gives the same numbers.
        frames: of the repetition.
        workers: threads; the numbers are the same with any number.

    Raises:
        ModelError: a load for an exercise that has none, or numbers outside their limits.
    """
    size = person or Person()
    if body is None:
        body = BodyModel() if person is None else scaled(BodyModel(), person)
    if load_kg is not None:
        exercise = with_load(exercise, mass_kg=size.mass_kg, load_kg=load_kg)
    motion = motion_of(exercise, body, side=side, frames=frames)
    efforts = [Effort(GLUTEUS_MAXIMUS, exercise.effort, side=side if exercise.unilateral else None)] if exercise.effort else []
    touches = resting(Rigid.of(body, limits=False), motion.q, motion.touches, [one.rests for one in motion.contacts], active=motion.active)
    found = carried_ensemble(
        body,
        motion.q,
        touches=touches,
        active=motion.active,
        passive=True,
        loads=motion.loads,
        velocities=motion.velocities,
        accelerations=motion.accelerations,
        efforts=efforts,
        person=person if "height_m" in body.about else None,
        samples=samples,
        seed=seed,
        partly=True,
        workers=workers,
    )
    return _demand(motion, size, found)


def chain_of(exercise: Exercise) -> Chain:
    """Closed where a foot of the working side carries weight in at least half of the poses; open where it is free.

    >>> from hipspine.exercises.catalogue import shipped
    >>> chain_of(shipped("romanian-deadlift")), chain_of(shipped("side-lying-leg-lift"))
    ('closed', 'open')
    """
    poses = [pose for pose in exercise.poses if pose.contacts]
    if any(one.kind is LoadKind.MACHINE and one.at.startswith(("sole", "foot", "heel")) for one in exercise.loads):
        return "closed"  # the foot pushes a plate
    carries = [any(one.place in FEET and one.side is Side.RIGHT and not one.rests for one in pose.contacts) for pose in poses]
    upright = exercise.base in (Base.STAND, Base.SINGLE_LEG, Base.SPLIT)  # where half of the poses are a step
    return "closed" if poses and sum(carries) * 2 > len(poses) - upright else "open"


def largest(values: Floats) -> Floats:
    """(member,) largest over the frames that have an answer; NaN where none has.

    >>> largest(np.array([[0.1, np.nan, 0.3], [np.nan, np.nan, np.nan]])).tolist()
    [0.3, nan]
    """
    top = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    return np.asarray(np.where(np.isfinite(top), top, np.nan))


def mean_over_time(values: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """(member,) mean over the ``chosen`` frames (frame,) that have an answer; frames stand evenly in time."""
    there = np.isfinite(values) & chosen
    return np.asarray(np.where(there.any(axis=1), np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1), np.nan))


def more(demand: Demand, first: str, second: str) -> float:
    """Share of the bodies in which the peak of one group exceeds that of another."""
    return float(agreement(largest(demand.column(first)), largest(demand.column(second))))


def region_order(demand: Demand) -> tuple[tuple[str, str, float], ...]:
    """Pairs of regions of gluteus maximus of which 80 % of the bodies say that the first works harder: first, second, share."""
    pairs = [(first, second, more(demand, first, second)) for first in REGIONS for second in REGIONS if first != second]
    return tuple((first.partition("/")[2], second.partition("/")[2], share) for first, second, share in pairs if share >= AGREED)


def _demand(motion: Motion, person: Person, found: CarriedEnsemble) -> Demand:
    working, other = SIDES.index(motion.side), SIDES.index(motion.side.other)
    groups = (*REGIONS, *OF_A_LEG, *OF_THE_TRUNK)
    at = [found.groups.index(group) for group in groups]
    trunk = np.array([group in OF_THE_TRUNK for group in groups])
    both = found.activation[:, :, :, at]
    mean = both.mean(axis=2)
    out = _left_out(found, UNHELD_N)
    hide = np.where(out, np.nan, 1.0)

    def seen(values: Floats) -> Floats:
        return np.asarray(values * hide.reshape(1, -1, *(1,) * (values.ndim - 2)))

    on_arms = tuple(k for k, one in enumerate(motion.touches) if one.segment.partition(":")[0] in ARM)
    hips = [found.coordinates.index(f"{name}:{motion.side}") for name in HIP]
    joints = [name for name in found.coordinates if not name.startswith("pelvis")]
    columns = [found.coordinates.index(name) for name in joints]
    weak = (np.abs(np.nan_to_num(found.left_nm[:, ~out][:, :, columns])) > 5.0).any(axis=(1, 2)) if (~out).any() else np.zeros(1)
    return Demand(
        motion=motion,
        person=person,
        chain=chain_of(motion.exercise),
        groups=groups,
        activation=seen(np.where(trunk, mean, both[:, :, working])),
        other_activation=seen(np.where(trunk, mean, both[:, :, other])),
        hip_bw=seen(found.hip_bw[:, :, working]),
        other_hip_bw=seen(found.hip_bw[:, :, other]),
        compression_n=seen(found.compression_n),
        shear_n=seen(found.shear_n),
        sij_compression_n=seen(found.sij_normal_n[:, :, working]),
        hip_nm=seen(found.muscle_nm[:, :, hips]),
        lumbar_nm=seen(found.lumbar_nm),
        held=found.held,
        held_nm=seen(found.held_nm),
        fibre_norm=found.fibre_norm[:, working][:, at],
        gluteus_norm=found.gluteus_norm[:, :, working],
        left_out=out,
        strained=float(np.mean(weak)),
        seed=found.seed,
        on_arms=on_arms,
        on_arms_n=seen(found.contact_n[:, :, list(on_arms)]),
        bears=_bears(motion, np.where(out[:, None], 0.0, np.nanmedian(np.nan_to_num(found.contact_n[..., 1]), axis=0))),
    )


def _bears(motion: Motion, up_n: Floats) -> NDArray[np.bool_]:
    """(frame,) while the working foot carries half or more of its most, from what each touch (frame, touch) pushes upwards."""
    load = up_n[:, [one.place in FEET and one.side is motion.side and not one.rests for one in motion.contacts]].sum(axis=1)
    return np.asarray(load >= BEARS * load.max(initial=0.0))


def _left_out(found: CarriedEnsemble, most: float) -> NDArray[np.bool_]:
    """(frame,) frames that most bodies cannot hold up at all, or that have no proof."""
    root = [k for k, name in enumerate(found.coordinates) if name.startswith("pelvis_")]
    left = np.abs(found.left_nm[:, :, root]).max(axis=2)
    with np.errstate(invalid="ignore"):
        falls = np.nan_to_num(np.nanmedian(np.where(np.isfinite(left), left, 0.0), axis=0)) > most
    return np.asarray(falls | found.unproven)
