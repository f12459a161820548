"""Inverse dynamics: what moments a posture or a movement asks of the joints, and what passes from segment to segment.

MuJoCo's recursive Newton-Euler does the sums; `hipspine.mechanics.rigid_numpy.by_numpy` is the second road. A moment is what muscles (and
whatever else acts at the joint) must make, with the coordinate's sign. Friction, passive tissue and muscles are not in here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from scipy.interpolate import make_interp_spline

from hipspine.errors import ModelError
from hipspine.mechanics.rigid import Placed, Postures, Rigid, placed, points, postures, selection
from hipspine.mechanics.rigid_curves import followed
from hipspine.mechanics.rigid_loads import Force, Load, Push, Weight, each_posture, towards
from hipspine.terms import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Dynamics:
    """What the joints must make, and what each segment gets from the one that carries it."""

    moments: Floats  # (posture, coordinate) [N m, or N for a length]
    force_n: Floats  # (posture, segment, 3) on the segment across its joint, ground's axes: muscles and bones together
    couple_nm: Floats  # (posture, segment, 3) the same about the joint's centre
    centre_m: Floats  # (posture, segment, 3) the joint's centre, in the ground
    coordinates: tuple[str, ...]
    segments: tuple[str, ...]


def derivatives(times_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Speeds and accelerations of recorded coordinates (frame, coordinate), by a spline of fifth degree through every frame.

    Natural ends (third and fourth derivative 0). Nothing is smoothed: filter a recording first, and say how.

    Raises:
        ModelError: fewer than 6 frames, times that do not rise, numbers that are not finite.
    """
    times = np.asarray(times_s, dtype=np.float64)
    if times.ndim != 1 or times.size < 6 or len(values) != times.size or not (np.diff(times) > 0).all():
        raise ModelError(f"a movement has {times.size} times and {len(values)} frames; give at least 6 frames whose times rise.")
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise ModelError("a movement holds a number that is not finite; fill or cut its gaps first.")
    ends: list[tuple[int, Floats]] = [(3, np.zeros(values.shape[1:])), (4, np.zeros(values.shape[1:]))]
    spline = make_interp_spline(times, values, k=5, bc_type=(ends, ends))  # type: ignore[arg-type]  # stubs know names only
    return np.asarray(spline(times, 1)), np.asarray(spline(times, 2))


def inverse_dynamics(
    rigid: Rigid,
    coordinates: Postures,
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    *,
    loads: Sequence[Load] = (),
) -> Floats:
    """(frame, coordinate) moments [N m; N for lengths] that hold a posture or make a movement; see `dynamics`."""
    return dynamics(rigid, coordinates, velocities, accelerations, loads=loads).moments


def dynamics(
    rigid: Rigid,
    coordinates: Postures,
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    *,
    loads: Sequence[Load] = (),
) -> Dynamics:
    """Moments and joint wrenches that hold a posture (no speeds given) or make a movement.

    The root's rows stay: what is left there must come from contacts, and is 0 when all of them were given as loads.

    Args:
        coordinates, velocities, accelerations: of one length; [rad, m], [per s], [per s^2]. What is left out is 0.
        loads: forces, weights, cables and bands that act on the body.

    Raises:
        ModelError: see `postures`; a load on an unknown segment or with numbers that are not finite.
    """
    q = postures(rigid, coordinates)
    speed, rise = (speeds(rigid, one, len(q), what) for one, what in ((velocities, "velocity"), (accelerations, "acceleration")))
    moved = moves(rigid, q, speed, rise)
    where = placed(rigid, q)
    outside = _outside(rigid, where, moved, loads)
    model, data = rigid.model, mujoco.MjData(rigid.model)
    made, between = np.empty((len(q), model.nv)), np.empty((len(q), len(rigid.tree), 6))
    about = np.empty((len(q), len(rigid.tree), 3))
    body, root = model.dof_bodyid, model.body_rootid[1:]
    for k in range(len(q)):
        data.qpos[:], data.qvel[:], data.qacc[:] = moved.value[k], moved.speed[k], moved.rise[k]
        _sweep(model, data)
        data.xfrc_applied[1:] = outside[k]
        mujoco.mj_rnePostConstraint(model, data)
        made[k] = (data.cdof * data.cfrc_int[body]).sum(axis=1)
        between[k], about[k] = data.cfrc_int[1:], data.subtree_com[root]
    centre = points(rigid, where, [(link.segment.name, link.joint.child_position) for link in rigid.tree])
    force = between[..., 3:]  # MuJoCo gives the couple about the mass centre of the whole tree
    couple = between[..., :3] - np.cross(centre - about, force)
    return Dynamics((made * moved.slope) @ selection(rigid), force, couple, centre, rigid.coordinates, rigid.segments)


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Every motion of the tree in every frame: (frame, motion)."""

    value: Floats  # [rad or m]
    speed: Floats
    rise: Floats  # acceleration
    slope: Floats  # of the value over its free coordinate


def moves(rigid: Rigid, q: Floats, speed: Floats, rise: Floats) -> Moved:
    """The motions of the tree from free coordinates, their speeds and accelerations, all (frame, coordinate), by the chain rule."""
    select, none = selection(rigid).T, np.empty((len(q), 0))
    jets = [followed(driver, q) for driver in rigid.drivers]
    value, slope, bend = (np.stack([jet[part] for jet in jets], axis=-1) if jets else none for part in range(3))
    return Moved(value, slope * (speed @ select), slope * (rise @ select) + bend * (speed**2 @ select), slope)


def _outside(rigid: Rigid, where: Placed, moved: Moved, loads: Sequence[Load]) -> Floats:
    """(frame, segment, 6) force and couple of all loads on each segment, at its mass centre, where MuJoCo takes them."""
    found = np.zeros((len(where.position_m), len(rigid.tree), 6))
    for load in loads:
        number, push = rigid.segment(load.segment), _push(rigid, where, moved, load)
        centre = points(rigid, where, [(load.segment, rigid.tree[number].segment.mass_centre_m)])[:, 0]
        found[:, number, :3] += push.force_n
        found[:, number, 3:] += push.couple_nm + np.cross(push.point_m - centre, push.force_n)
    return found


def _push(rigid: Rigid, where: Placed, moved: Moved, load: Load) -> Push:
    count = len(where.position_m)
    what = f"{type(load).__name__.lower()} on {load.segment!r}"
    at = each_posture(load.at_m, count, f"place of the {what}")
    number, none = rigid.segment(load.segment), np.zeros((count, 3))
    point = where.position_m[:, number] + np.einsum("qij,qj->qi", where.rotation[:, number], at)
    if isinstance(load, Force):
        point = at if load.at_in_ground else point
        couple = each_posture(load.couple_nm, count, f"couple of the {what}")
        return Push(load.segment, point, each_posture(load.force_n, count, f"force of the {what}"), couple)
    if isinstance(load, Weight):
        if not (np.isfinite(load.mass_kg) and load.mass_kg >= 0):
            raise ModelError(f"{what} has a mass of {load.mass_kg} kg; give a finite number of 0 or more.")
        return Push(load.segment, point, load.mass_kg * (rigid.model.opt.gravity - _accelerations(rigid, moved, number + 1, point)), none)
    anchor = each_posture(load.anchor_m, count, f"anchor of the {what}")
    if load.anchor_segment is not None:
        other = rigid.segment(load.anchor_segment)
        anchor = where.position_m[:, other] + np.einsum("qij,qj->qi", where.rotation[:, other], anchor)
    return Push(load.segment, point, towards(load, point, anchor), none)


def _accelerations(rigid: Rigid, moved: Moved, body: int, at: Floats) -> Floats:
    """(posture, 3) acceleration of a point that moves with a body of MuJoCo."""
    if not (moved.speed.any() or moved.rise.any()):
        return np.zeros_like(at)
    data, out = mujoco.MjData(rigid.model), np.empty_like(at)
    jacobian, turning = np.empty((3, rigid.model.nv)), np.empty((3, rigid.model.nv))
    for k in range(len(at)):
        data.qpos[:], data.qvel[:] = moved.value[k], moved.speed[k]
        _sweep(rigid.model, data)
        mujoco.mj_jac(rigid.model, data, jacobian, None, at[k], body)
        mujoco.mj_jacDot(rigid.model, data, turning, None, at[k], body)
        out[k] = jacobian @ moved.rise[k] + turning @ moved.speed[k]
    return out


def _sweep(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Places and speeds of everything."""
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_comVel(model, data)


def speeds(rigid: Rigid, given: Postures | None, frames: int, what: str) -> Floats:
    """(frame, coordinate) speeds or accelerations as they were given; 0 where none were."""
    if given is None:
        return np.zeros((frames, len(rigid.free)))
    values = postures(rigid, given, what=what, checked=False)
    if len(values) not in (1, frames):
        raise ModelError(f"{what} has {len(values)} frames and the coordinates have {frames}; give as many.")
    return np.broadcast_to(values, (frames, len(rigid.free)))
