"""What a posture or a movement asks of muscles, contacts and joints of the whole body: inverse dynamics and sharing as one problem.

The root's rows are balanced by contacts, the joints' rows by muscles; what neither can give is a reserve and is reported. Then the balance
of forces on parts of the body gives what hips, lumbosacral disc and sacroiliac joints carry. These are load numbers: one answer of many,
to be said with the range of an ensemble (`carrying_ensemble`), never alone. Muscles pull actively only; what
stretched tissue does at hips and knees comes with ``passive``, that of the spine is left out, which matters in a deep bend.

Bodies: hipspine's own, or one with its names of segments, joints and coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.mechanics.carrying_lines import Lines, joined, of_gluteus_maximus, over_bones
from hipspine.mechanics.contacts import Contacts, contacts
from hipspine.mechanics.contacts import forces as contact_forces
from hipspine.mechanics.fibre import Curve, fibre
from hipspine.mechanics.joint_forces import DiscForce, joint_force, on_disc, on_segments
from hipspine.mechanics.levels import apart, moved_apart
from hipspine.mechanics.passive import passive_moments
from hipspine.mechanics.rigid import GRAVITY_M_S2, Placed, Postures, Rigid, placed, point_jacobians, postures
from hipspine.mechanics.rigid_dynamics import Dynamics, dynamics, speeds
from hipspine.mechanics.rigid_loads import Load
from hipspine.mechanics.sacroiliac import JointForce, JointPlane, both_joints
from hipspine.mechanics.sharing import FLOOR, Shared, share, volumes
from hipspine.mechanics.strength_by_angle import added_force
from hipspine.terms import Floats, Side

FRICTION = 0.6
RESERVE_NM = 1.0
ROOT_RESERVE = 0.3  # [N, N m] what contacts may leave over
HELD = ("shoulder", "elbow")  # hardly a muscle of them is in the body: whatever they ask is held
SIDES = (Side.RIGHT, Side.LEFT)  # the order of every dimension called side
_LEG = ("thigh", "shank", "foot")


@dataclass(frozen=True, slots=True)
class Touch:
    """A point of the body that something pushes against: floor, bench, wall."""

    segment: str
    at_m: Vector  # in the segment
    normal: Vector = (0.0, 1.0, 0.0)  # the way in which the surface pushes, ground's axes
    limit_n: float = float("inf")  # largest force along the normal
    grip: float = 1.0  # of the friction that surfaces have: little on rollers and sliders


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """A body in postures with its loads and contact points, made ready: everything that no draw of an ensemble changes.

    Its lumbar discs turn one by one (`hipspine.mechanics.levels`), so its coordinates are more than those of the body that was given.
    """

    body: BodyModel
    rigid: Rigid
    q: Floats  # (posture, coordinate)
    velocities: Floats
    accelerations: Floats
    where: Placed
    needed: Dynamics  # with the loads, without the contacts
    touches: tuple[Touch, ...]
    jacobians: Floats  # (posture, touch, 3, coordinate)
    rows: NDArray[np.int64]  # coordinates that muscles and contacts must balance
    lines: Lines  # over bones; gluteus maximus comes with its field
    active: NDArray[np.bool_]  # (posture, touch) whether the touch is there

    @property
    def weight_n(self) -> float:
        """Of the body alone."""
        return self.rigid.mass_kg * -GRAVITY_M_S2[1]


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What muscles, contacts and joints carry; side: right, left."""

    shared: Shared  # activations by line, reserves, certificate; coordinates are those that are balanced
    lines: tuple[str, ...]
    tension_n: Floats  # (posture, line)
    groups: tuple[str, ...]  # gluteus_maximus/upper, ..., gluteus_medius, ..., hamstrings, erector_spinae
    activation: Floats  # (posture, side, group) mean of the group's lines, counted by force
    contact_n: Floats  # (posture, touch, 3) on the body, ground's axes
    muscles_n: Floats  # (posture, segment, 3) of all muscles on each segment, ground's axes
    hip_n: Floats  # (posture, side, 3) of the hip bone on the thigh, ground's axes
    hip_bw: Floats  # (posture, side) its size in body weights
    disc: DiscForce  # of L5/S1 (posture,)
    sacrum_n: Floats  # (posture, 3) sum of what both sacroiliac joints must hold, pelvis's axes
    sacroiliac: JointForce  # (posture, side): an index, see `sacroiliac`

    def of(self, group: str, side: Side) -> Floats:
        """(posture,) activation of one group of one side."""
        if group not in self.groups:
            raise ModelError(f"there is no muscle group {group!r}; there are {', '.join(self.groups)}.")
        return np.asarray(self.activation[:, SIDES.index(side), self.groups.index(group)])

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know: frames that are not solved, reserves beyond what they are made for."""
        return self.shared.sentences()


def carried(
    body: BodyModel,
    q: Postures,
    *,
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    active: ArrayLike | None = None,
    passive: bool = False,
    exponent: float = 2.0,
    floor: ArrayLike = FLOOR,
    curve: Curve = Curve.THELEN,
    friction: ArrayLike = FRICTION,
    reserve_nm: float = RESERVE_NM,
    sacral_slope_rad: float | None = None,
    plane: JointPlane | None = None,
) -> Carried:
    """What a posture or a movement asks of every muscle and of hips, lumbosacral disc and sacroiliac joints: one answer, the cheapest.

    Args:
        body: hipspine's own, or one with its names.
        q: postures, as `rigid.postures` takes them, of frames in their order.
        touches: points that are pushed against; without any, the loads must hold the body.
        loads: forces, weights, cables, bands.
        velocities, accelerations: none for postures that are held.
        active: (posture, touch) in which postures each touch is there; one that is not carries nothing. None: all are.
        passive: whether stretched tissue at hips and knees helps or hinders, see `passive.passive_moments`.
        exponent, floor: of the cost and of every muscle's activation, see `sharing.share`.
        curve: of force over fibre length.
        friction: coefficient of all touches, or one for each.
        reserve_nm: moment of a joint whose reserve costs half a unit.
        sacral_slope_rad: see `joint_forces.on_disc`.
        plane: of the right sacroiliac joint, see `sacroiliac.JointPlane`.

    Raises:
        ModelError: names that the body does not have, postures outside its range, numbers that are not finite.

    >>> from hipspine.mechanics.carrying_standing import standing
    >>> body = BodyModel()
    >>> stand = standing(body)
    >>> found = carried(body, stand.q, touches=stand.touches)
    >>> bool((found.hip_bw > 0.2).all() and (found.hip_bw < 1.5).all())
    True
    """
    at = situation(
        body, q, touches=touches, loads=loads, velocities=velocities, accelerations=accelerations, active=active, passive=passive
    )
    lines = joined([at.lines, *(of_gluteus_maximus(at.rigid, at.where, at.q, field) for field in body.fields)])
    ground = None if not touches else grounded(at, friction)
    state = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=lines.max_force_n,
        curve=curve,
    )
    able = state.active_n * (1.0 + added_force(lines.muscles, lines.sides, at.rigid.coordinates, at.q))
    answer = share(
        at.needed.moments[:, at.rows],
        (lines.arms_m * able[..., None])[:, :, at.rows],
        volume=volumes(lines.max_force_n, lines.optimal_fibre_m),
        reserve=reserves(at, reserve_nm),
        exponent=exponent,
        floor=floor,
        contacts=ground,
        coordinates=[at.rigid.coordinates[k] for k in at.rows],
    )
    return read_out(at, lines, ground, answer, answer.activation * able, sacral_slope_rad=sacral_slope_rad, plane=plane)


def situation(
    body: BodyModel,
    q: Postures,
    *,
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    active: ArrayLike | None = None,
    passive: bool = False,
) -> Situation:
    """A body in postures, made ready; arguments as `carried`.

    Raises:
        ModelError: as `carried`.
    """
    whole = Rigid.of(body)
    asked = postures(whole, q)
    moved = (speeds(whole, one, len(asked), what) for one, what in ((velocities, "velocity"), (accelerations, "acceleration")))
    rigid = Rigid.of(apart(body), limits=False)
    given, speed, rise = moved_apart(body, whole, rigid, asked, *moved)
    body = apart(body)
    _look_at(rigid, touches)
    where = placed(rigid, given)
    points = [(touch.segment, touch.at_m) for touch in touches]
    found = point_jacobians(rigid, given, points) if points else np.zeros((len(given), 0, 3, given.shape[1]))
    rows = np.flatnonzero([not name.startswith(HELD) for name in rigid.coordinates])
    needed = dynamics(rigid, given, speed, rise, loads=loads)
    if passive:
        needed = replace(needed, moments=needed.moments - passive_moments(rigid, given))
    there = np.ones((len(given), len(touches)), dtype=bool) if active is None else np.array(active)
    if there.shape != (len(given), len(touches)) or there.dtype != np.bool_:
        raise ModelError(
            f"active has shape {there.shape} of {there.dtype}; give true or false for {len(given)} postures x {len(touches)} touches."
        )
    lines = over_bones(body, rigid, where, given)
    return Situation(body, rigid, given, speed, rise, where, needed, tuple(touches), found, rows, lines, there)


def grounded(at: Situation, friction: ArrayLike) -> Contacts:
    """The friction pyramids of all touches, for the rows that are balanced."""
    return contacts(
        at.jacobians[..., at.rows] * at.active[..., None, None],  # an edge that moves nothing carries nothing, exactly
        normals=[touch.normal for touch in at.touches],
        friction=np.asarray(friction, dtype=np.float64) * np.array([touch.grip for touch in at.touches]),
        weight_n=at.weight_n,
        names=[f"{touch.segment} {k + 1}" for k, touch in enumerate(at.touches)],
        limits_n=[touch.limit_n for touch in at.touches],
    )


def reserves(at: Situation, reserve_nm: float) -> list[float]:
    """Optimal moment of the reserve of each row."""
    return [ROOT_RESERVE if at.rigid.coordinates[k].startswith("pelvis_") else reserve_nm for k in at.rows]


def read_out(
    at: Situation,
    lines: Lines,
    ground: Contacts | None,
    answer: Shared,
    tension_n: Floats,
    *,
    sacral_slope_rad: float | None = None,
    plane: JointPlane | None = None,
) -> Carried:
    """Groups and joint forces of an answer of load sharing."""
    rigid, needed = at.rigid, at.needed
    pushed = np.zeros((len(at.q), 0, 3)) if ground is None else contact_forces(ground, answer.contact)
    outside = on_segments(rigid, [touch.segment for touch in at.touches], pushed)
    muscles = np.asarray(np.einsum("qlsi,ql->qsi", lines.pull, tension_n))
    hips = np.stack([joint_force(rigid, f"hip:{side}", needed, muscles=muscles, contacts=outside) for side in SIDES], axis=1)
    disc = joint_force(rigid, "L5_S1", needed, muscles=muscles, contacts=outside)
    total, joints = _on_sacrum(at, lines, tension_n, disc, plane)
    groups = lines.groups()
    return Carried(
        shared=answer,
        lines=lines.names,
        tension_n=tension_n,
        groups=tuple(groups),
        activation=_by_side(lines, list(groups.values()), answer.activation),
        contact_n=pushed,
        muscles_n=muscles,
        hip_n=hips,
        hip_bw=np.linalg.norm(hips, axis=-1) / at.weight_n,
        disc=on_disc(disc, at.where, slope_rad=sacral_slope_rad),
        sacrum_n=total,
        sacroiliac=joints,
    )


def _by_side(lines: Lines, groups: Sequence[NDArray[np.bool_]], activation: Floats) -> Floats:
    """(posture, side, group) mean activation of each group, counted by force; 0 where a side has no such line."""
    weight = np.stack([[group & np.array([one is side for one in lines.sides]) for group in groups] for side in SIDES]) * lines.max_force_n
    total = weight.sum(axis=-1)
    return np.asarray(np.einsum("ql,sgl->qsg", activation, weight) / np.where(total > 0, total, 1.0))


def _on_sacrum(at: Situation, lines: Lines, tension_n: Floats, disc_n: Floats, plane: JointPlane | None) -> tuple[Floats, JointForce]:
    """(posture, 3) all that the sacroiliac joints must hold [pelvis's axes], and what each carries (posture, side).

    Lines from the sacrum to a leg cross the joint of that side; what the trunk does to the sacrum (disc and lines that stay above the
    legs) is held by both alike.
    """
    rigid, turn = at.rigid, at.where.rotation[:, at.rigid.segment("pelvis")]
    drawn = np.einsum("qji,qlj->qli", turn, lines.pull[:, :, rigid.segment("sacrum")]) * tension_n[..., None]
    to = [lines.pull[:, :, [rigid.segment(f"{part}:{side}") for part in _LEG]].any(axis=(0, 2, 3)) for side in SIDES]
    right, left = (drawn[:, chosen].sum(axis=1) for chosen in to)
    trunk = drawn[:, ~(to[0] | to[1])].sum(axis=1) - np.einsum("qji,qj->qi", turn, disc_n)
    both = both_joints(right, left, trunk, plane=plane)
    normal, shear = (np.stack([getattr(one, name) for one in both], axis=1) for name in ("normal_n", "shear_n"))
    return right + left + trunk, JointForce(normal, shear)


def _look_at(rigid: Rigid, touches: Sequence[Touch]) -> None:
    needed = ("pelvis", "sacrum", *(f"{part}:{side}" for part in _LEG for side in SIDES))
    if missing := [name for name in needed if name not in rigid.segments]:
        raise ModelError(f"the body has no segment {missing[0]!r}; loads of the whole body need hipspine's own names: {', '.join(needed)}.")
    if rigid.mass_kg <= 0:
        raise ModelError("the body weighs 0 kg; nothing presses on its joints. Give segments with masses.")
    for touch in touches:
        rigid.segment(touch.segment)
        if not np.isfinite(touch.at_m).all():
            raise ModelError(f"a touch on {touch.segment!r} stands at {touch.at_m}; give three finite numbers [m].")
