"""What an exercise asks of shoulders and elbows: shares of measured strength, what the hands push with, and push, pull, carry, support.

This body has hardly a muscle of the arms, so nothing is said of any of them. The moment that all of them together must make follows from
inverse dynamics less what contacts give, and is read beside measured strength (`mechanics.strength`).

The shoulder's moment is split about the trunk's own axes, not the arm's: what raises the arm forwards is flexion, what lowers it
extension; what raises it sideways is abduction, what lowers it adduction, be it at the side or overhead (the coordinate
``shoulder_adduction`` turns with the arm's flexion, so that overhead its sign is the other way round). What turns an arm that points away
from the trunk about the trunk's long axis is horizontal adduction (towards the front) or abduction; no strength of it was read, that of
adduction and abduction stands in. The part along the upper arm is rotation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from hipspine.exercises.demand import ARM, Demand, Range, largest
from hipspine.exercises.geometry import middle
from hipspine.mechanics.rigid import GRAVITY_M_S2, Placed, Rigid, placed, points
from hipspine.mechanics.rigid_dynamics import Dynamics, dynamics
from hipspine.mechanics.rigid_loads import Weight
from hipspine.mechanics.strength import NINETY, joint_strength
from hipspine.terms import Floats, Side

HOLDS = 0.02  # of body weight on one arm, from loads and contacts: less is nothing to speak of
GRIP_M = -0.08  # of the hand's segment, where it takes hold (`exercises.places`)
STILL_M = 0.05  # that the hand's distance from the shoulder may change in arms that carry or support
LOCKED_RAD = np.radians(5.0)  # of elbow flexion: a straighter elbow needs no flexors, bone and ligament hold it; our assumption
SWINGS_RAD = np.radians(30.0)  # that the arm may swing about the shoulder in arms that hold still
RESTS = 0.05  # of measured strength: arms that need no more rest
ALONG = 0.5  # of the force (cosine), from which it runs along the arm: it presses the arm together or draws it out
OVERHEAD = 0.5  # cosine between the trunk's long axis and the arm, from which the hand is overhead
DIRECTIONS = (
    "shoulder_flexion", "shoulder_extension", "shoulder_adduction", "shoulder_abduction", "shoulder_horizontal_adduction",
    "shoulder_horizontal_abduction", "shoulder_internal_rotation", "shoulder_external_rotation", "elbow_flexion", "elbow_extension",
)  # fmt: skip
_MEASURED = {  # coordinate and sign whose measured strength a direction is read beside
    "shoulder_flexion": ("shoulder_flexion", 1), "shoulder_extension": ("shoulder_flexion", -1),
    "shoulder_adduction": ("shoulder_adduction", 1), "shoulder_abduction": ("shoulder_adduction", -1),
    "shoulder_horizontal_adduction": ("shoulder_adduction", 1), "shoulder_horizontal_abduction": ("shoulder_adduction", -1),
    "shoulder_internal_rotation": ("shoulder_rotation", 1), "shoulder_external_rotation": ("shoulder_rotation", -1),
    "elbow_flexion": ("elbow_flexion", 1), "elbow_extension": ("elbow_flexion", -1),
}  # fmt: skip
_RAISING, _LOWERING = ("flexion", "abduction"), ("extension", "adduction")
_PEOPLE = np.array([NormalDist().inv_cdf((k + 0.5) / 41) for k in range(41)])  # who differ in strength, equally many at each

Kind = Literal["push", "pull", "carry", "support", "overhead", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class ArmLoads:
    """What one arm gets and makes; NaN where a frame has no answer."""

    moment_nm: Floats  # (member, frame, direction) in the order of `DIRECTIONS`, 0 or more
    force_n: Floats  # (member, frame, 3) of loads (held still) and contacts on the arm together, the trunk's axes
    contact_n: Floats  # (member, frame, 3) the part of contacts that carry
    grip_m: Floats  # (frame, 3) from the shoulder to the hand, the trunk's axes
    at_m: Floats  # (frame, 3) from the shoulder to where the force acts
    arm: Floats  # (frame, 3) unit vector along the upper arm, from shoulder to elbow
    up: Floats  # (frame,) cosine between the way to the hand and the vertical of the room
    hangs: bool  # whether the loads on this arm are weights


@dataclass(frozen=True, slots=True)
class ArmWork:
    """What an exercise asks of both arms."""

    kind: Kind  # of the working side's arm, or of the other where that one holds nothing
    way: str  # horizontal or vertical in the trunk's frame; empty without a force
    side: Literal["working", "other"]  # whose arm that is
    other_kind: Kind  # of the other side's arm
    force_bw: Range | None  # largest force of loads and contacts on that arm, in body weights
    working: dict[str, Range | None]  # share of measured strength by direction, peak over the repetition
    other: dict[str, Range | None]
    worst: str  # direction of the largest share
    worst_side: Literal["working", "other"]


def arm_work(demand: Demand) -> ArmWork:
    """Shares of strength of both arms, and what they do."""
    sides = (demand.motion.side, demand.motion.side.other)
    arms = arm_loads(demand)
    shares = [_shares(demand, arms[side]) for side in sides]
    weight = demand.person.mass_kg * -GRAVITY_M_S2[1]
    forces = [Range.of(largest(np.linalg.norm(arms[side].force_n, axis=2)) / weight) for side in sides]
    (kind, way), (other_kind, other_way) = (_kind(demand, arms[side], weight) for side in sides)
    works = kind != "none" or other_kind == "none"
    tops = [(0.0 if one is None else round(one.median, 3), -k, name) for k, share in enumerate(shares) for name, one in share.items()]
    _, number, worst = max(tops)
    return ArmWork(
        kind=kind if works else other_kind,
        way=way if works else other_way,
        side="working" if works else "other",
        other_kind=other_kind,
        force_bw=forces[0 if works else 1],
        working=shares[0],
        other=shares[1],
        worst=worst,
        worst_side="other" if number else "working",
    )


def arm_loads(demand: Demand) -> dict[Side, ArmLoads]:
    """Moments and forces of each arm."""
    motion = demand.motion
    rigid = Rigid.of(motion.body, limits=False)
    where = placed(rigid, motion.q)
    moved = (motion.velocities, motion.accelerations)
    moving = dynamics(rigid, motion.q, *moved, loads=motion.loads)
    still = [dynamics(rigid, motion.q, loads=loads) for loads in (motion.loads, ())]
    return {side: _of_side(demand, rigid, where, moving, still, side) for side in Side}


def _of_side(demand: Demand, rigid: Rigid, where: Placed, moving: Dynamics, still: Sequence[Dynamics], side: Side) -> ArmLoads:
    """Moments with the movement's own dynamics; forces of loads as if they were held still: with and without loads."""
    motion, (loaded, bare) = demand.motion, still
    upper, hand = rigid.segment(f"upper_arm:{side}"), f"hand:{side}"
    shoulder = loaded.centre_m[:, upper]
    mine = [k for k, touch in enumerate(demand.on_arms) if motion.touches[touch].segment.endswith(f":{side}")]
    touches = [motion.touches[demand.on_arms[k]] for k in mine]
    push = demand.on_arms_n[:, :, mine]
    place = points(rigid, where, [(one.segment, one.at_m) for one in touches])
    couple = moving.couple_nm[:, upper] - np.cross(place - shoulder[:, None], push).sum(axis=2)
    bears = np.array([not motion.contacts[demand.on_arms[k]].rests for k in mine], dtype=bool)
    contact = push[:, :, bears].sum(axis=2)
    pulled = bare.force_n[:, upper] - loaded.force_n[:, upper]
    grip = points(rigid, where, [(hand, (0.0, GRIP_M, 0.0))])[:, 0]
    at = _centre([*np.moveaxis(place[:, bears], 1, 0), grip], [*np.moveaxis(middle(push[:, :, bears]), 1, 0), pulled], grip)
    turn = where.rotation[:, rigid.segment("thorax")]
    out = np.where(demand.left_out, np.nan, 1.0)[:, None]

    def seen(vectors: Floats) -> Floats:
        return np.asarray(np.einsum("fji,...fj->...fi", turn, vectors))

    axis = seen(where.rotation[:, upper, :, 1])  # from the elbow to the shoulder
    bend = f"elbow_flexion:{side}"
    elbow = demand.held_nm[:, :, demand.held.index(bend)]
    elbow = np.where(motion.q[:, rigid.coordinates.index(bend)] <= LOCKED_RAD, np.minimum(elbow, 0.0), elbow)
    moments = np.concatenate([about_the_trunk(seen(couple), axis, side), elbow[..., None]], axis=-1) * out
    both = np.stack([np.maximum(moments, 0.0), np.maximum(-moments, 0.0)], axis=-1).reshape(*moments.shape[:2], len(DIRECTIONS))
    loads = [one for one in motion.loads if one.segment.endswith(f":{side}") and one.segment.partition(":")[0] in ARM]
    return ArmLoads(
        moment_nm=both,
        force_n=seen(contact + pulled * out),
        contact_n=seen(contact),
        grip_m=seen(grip - shoulder),
        at_m=seen(at - shoulder),
        arm=-axis,
        up=_unit(grip - shoulder)[:, 1],
        hangs=bool(loads) and all(isinstance(one, Weight) for one in loads),
    )


def about_the_trunk(moment_nm: Floats, axis: Floats, side: Side) -> Floats:
    """(..., frame, 4) flexion, adduction, horizontal adduction and internal rotation of a shoulder's moment (..., frame, 3).

    Args:
        moment_nm: on the arm, the trunk's axes (forward, up, right).
        axis: (frame, 3) unit vector from elbow to shoulder, the same axes.
        side: of the arm; the left is the mirror.

    An arm that hangs and is pushed forwards flexes; one that hangs overhead and is pulled down sideways adducts:

    >>> about_the_trunk(np.array([[0.0, 0.0, 5.0]]), np.array([[0.0, 1.0, 0.0]]), Side.RIGHT).tolist()
    [[5.0, 0.0, 0.0, 0.0]]
    >>> about_the_trunk(np.array([[5.0, 0.0, 0.0]]), np.array([[0.0, -1.0, 0.0]]), Side.RIGHT).tolist()
    [[0.0, 5.0, 0.0, 0.0]]
    """
    flip = 1.0 if side is Side.RIGHT else -1.0
    along = (moment_nm * axis).sum(axis=-1, keepdims=True)
    across = moment_nm - along * axis
    return np.concatenate([across[..., 2:], flip * across[..., :1], flip * across[..., 1:2], flip * along], axis=-1)


def _centre(places: Sequence[Floats], forces: Sequence[Floats], otherwise: Floats) -> Floats:
    """(frame, 3) middle of the places, each counted by the size of its force."""
    sizes = np.nan_to_num(np.stack([np.linalg.norm(one, axis=1) for one in forces]))[..., None]
    total = sizes.sum(axis=0)
    return np.asarray(np.where(total > 1e-6, (np.stack(places) * sizes).sum(axis=0) / np.maximum(total, 1e-6), otherwise))


def _shares(demand: Demand, arm: ArmLoads) -> dict[str, Range | None]:
    """Peak share of measured strength by direction, over the bodies and over people who differ in strength."""
    raised = np.arccos(np.clip(-arm.arm[:, 1], -1.0, 1.0))
    found = {}
    for k, name in enumerate(DIRECTIONS):
        coordinate, sign = _MEASURED[name]
        strength = joint_strength(coordinate, sign, raised if coordinate == "shoulder_flexion" else 0.0, demand.person)
        peak = largest(arm.moment_nm[:, :, k] / strength.value_nm)
        spread = float(np.log(strength.high_nm / strength.low_nm).max() / (2 * NINETY))
        found[name] = Range.of((peak[:, None] * np.exp(spread * _PEOPLE)).ravel())
    return found


def _kind(demand: Demand, arm: ArmLoads, weight_n: float) -> tuple[Kind, str]:
    """What an arm does, from the force on it and from how it moves, in the trunk's frame."""
    force, contact = np.nan_to_num(middle(arm.force_n)), np.nan_to_num(middle(arm.contact_n))
    size = np.linalg.norm(force, axis=1)
    if size.max() < HOLDS * weight_n:
        return "none", ""
    hard = size >= size.max() / 2
    unit, reach, grip = force[hard] / size[hard, None], _unit(arm.at_m[hard]), _unit(arm.grip_m[hard])
    way = "vertical" if np.abs(unit[:, 1]).mean() >= np.sqrt(0.5) else "horizontal"
    along = float((unit * reach).sum(axis=1).mean())  # above 0 it draws the arm out
    supported = float(np.linalg.norm(contact[hard], axis=1).mean()) >= size[hard].mean() / 2
    there = arm.grip_m[~demand.left_out]
    bends = float(np.ptp(np.linalg.norm(there, axis=1))) >= STILL_M
    swings = float((_unit(there) @ _unit(there).T).min()) < np.cos(SWINGS_RAD)
    over = grip[:, 1].max() >= OVERHEAD
    if supported and not bends and along < ALONG:
        return "support", way
    if along <= -ALONG and over and not supported and (bends or arm.up[hard].min() >= OVERHEAD):
        return "overhead", way
    if along <= -ALONG and bends:
        return "push", way
    if along >= ALONG:
        return ("carry" if not supported and not bends and (arm.hangs or not swings) else "pull"), way
    if arm.hangs and not bends and not swings:
        return "carry", way
    moment = np.nan_to_num(middle(arm.moment_nm))[hard].sum(axis=0)
    up, down = (sum(moment[DIRECTIONS.index(f"shoulder_{one}")] for one in pair) for pair in (_RAISING, _LOWERING))
    return ("push" if up > down else "pull"), way


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
