"""The whole body as rigid segments: where they are in a posture, how their points move.

MuJoCo does the sums; `hipspine.mechanics.rigid_numpy` is the second road. What moments a posture or movement asks of the joints is in
`hipspine.mechanics.rigid_dynamics`.

A joint turns by rotations about moving axes in the body's order (hip: flexion about z, adduction about x, internal rotation about y) and
may shift; coordinates that follow others are folded into the free ones by the chain rule, exactly, with their curvature.

Results stand in the order of ``rigid.coordinates`` (free ones; a locked one is free too: its moment is what the lock must hold) and of
``rigid.segments``. Ground: x forward, y up, z right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import mujoco
import numpy as np
from numpy.typing import ArrayLike

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Vector
from hipspine.errors import ModelError
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid_curves import Driver, followed
from hipspine.mechanics.rigid_tree import Link, compiled, drivers, links
from hipspine.terms import Floats, Side

GRAVITY_M_S2: Vector = (0.0, -9.80665, 0.0)  # standard gravity, 3rd CGPM 1901
_SLACK = 1e-6  # a coordinate may pass its limit by rounding [rad or m]

Postures: TypeAlias = Floats | Mapping[str, ArrayLike] | Posture
Point: TypeAlias = tuple[str, Vector]  # segment, place in it [m]


@dataclass(frozen=True, slots=True, eq=False)
class Rigid:
    """A body made ready for rigid mechanics; make it once with `Rigid.of` and use it for any number of postures."""

    model: mujoco.MjModel
    tree: tuple[Link, ...]
    drivers: tuple[Driver, ...]  # of each motion of the tree
    free: tuple[Coordinate, ...]
    limits: bool  # whether postures beyond the limits of the coordinates are refused

    @classmethod
    def of(cls, body: BodyModel, *, gravity_m_s2: Vector = GRAVITY_M_S2, limits: bool = True) -> "Rigid":
        """Make a body ready.

        Args:
            body: segments, joints and coordinates; muscles are not looked at.
            gravity_m_s2: in the ground.
            limits: refuse postures that a coordinate's limits do not allow. Recorded movements may pass them: give False.

        Raises:
            ModelError: the joints make no tree, a segment or coordinate is unknown, a mass is negative, all masses are 0.
        """
        if not np.isfinite(gravity_m_s2).all():
            raise ModelError(f"gravity is {gravity_m_s2}; give three finite numbers in m/s^2, such as {GRAVITY_M_S2}.")
        tree = links(body)
        free = tuple(one for one in body.coordinates if one.follows is None)
        return cls(compiled(tree, np.array(gravity_m_s2)), tree, drivers(body, tree, free), free, limits)

    @property
    def segments(self) -> tuple[str, ...]:
        """Names, each after the segment that carries it."""
        return tuple(link.segment.name for link in self.tree)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the free coordinates, in the body's order."""
        return tuple(one.name for one in self.free)

    @property
    def mass_kg(self) -> float:
        """Of all segments."""
        return float(sum(link.segment.mass_kg for link in self.tree))

    def segment(self, name: str) -> int:
        """Number of a segment.

        Raises:
            ModelError: there is none of that name.
        """
        return _number(name, self.segments, "segment")


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where each segment is."""

    position_m: Floats  # (posture, segment, 3) of its origin
    rotation: Floats  # (posture, segment, 3, 3) from its axes to the ground's
    segments: tuple[str, ...]


def postures(rigid: Rigid, given: Postures, *, what: str = "posture", checked: bool = True) -> Floats:
    """(posture, coordinate) values in the order of the free coordinates; those that are not named stay at their default.

    Args:
        given: such an array already, a `Posture`, or values by name [rad or m], one each or one list each;
            a name without a side goes to both.
        what: for the sentence when something is wrong.
        checked: look at the limits; False for speeds, whose default is 0.

    Raises:
        ModelError: an unknown coordinate, one that follows another, a number that is not finite or lies outside its limits.
    """
    if isinstance(given, np.ndarray):
        q = np.atleast_2d(np.asarray(given, dtype=np.float64))
        if q.ndim != 2 or q.shape[1] != len(rigid.free):
            raise ModelError(f"{what} has shape {given.shape}; expected (posture, {len(rigid.free)}), one column for each free coordinate.")
    else:
        q = _named(
            rigid, given.angles if isinstance(given, Posture) else given, what, [one.default if checked else 0.0 for one in rigid.free]
        )
    bad = ~np.isfinite(q)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ModelError(f"{what} {row}: {rigid.coordinates[column]} is {q[row, column]}; give a finite number.")
    if checked and rigid.limits:
        _look_at_limits(rigid, q, what)
    return q


def _named(rigid: Rigid, angles: Mapping[str, ArrayLike], what: str, start: list[float]) -> Floats:
    """(posture, coordinate) from values by name; a name without a side goes to both sides, one that carries its side counts before it."""
    shared: dict[str, Floats] = {}
    named: dict[str, Floats] = {}
    for name, values in angles.items():
        try:
            one = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            raise ModelError(f"{what}: {name} is {values!r}; give a number or a list of numbers.") from None
        both = [f"{name}:{side}" for side in Side]
        if name not in rigid.coordinates and set(both) <= set(rigid.coordinates):
            shared |= dict.fromkeys(both, one)
        else:
            named[name] = one
    found = shared | named
    sizes = {one.size for one in found.values()} - {1}
    if len(sizes) > 1 or any(one.ndim != 1 or one.size == 0 for one in found.values()):
        raise ModelError(f"{what}: numbers of values differ ({sorted(sizes)}); give one each, or lists of one length.")
    q = np.tile(start, (sizes.pop() if sizes else 1, 1))
    for name, one in found.items():
        q[:, _number(name, rigid.coordinates, "free coordinate")] = one
    return q


def placed(rigid: Rigid, given: Postures) -> Placed:
    """Where every segment is in each posture."""
    data, raw = start(rigid, postures(rigid, given))
    position, rotation = np.empty((len(raw), len(rigid.tree), 3)), np.empty((len(raw), len(rigid.tree), 9))
    for k, x in enumerate(raw):
        data.qpos[:] = x
        mujoco.mj_kinematics(rigid.model, data)
        position[k], rotation[k] = data.xpos[1:], data.xmat[1:]
    return Placed(position, rotation.reshape(len(raw), len(rigid.tree), 3, 3), rigid.segments)


def points(rigid: Rigid, where: Placed, at: Sequence[Point]) -> Floats:
    """(posture, point, 3) places in the ground of points of segments."""
    which = [rigid.segment(name) for name, _ in at]
    local = np.array([place for _, place in at], dtype=np.float64).reshape(-1, 3)
    return np.asarray(where.position_m[:, which] + np.einsum("qpij,pj->qpi", where.rotation[:, which], local))


def mass_centre(rigid: Rigid, given: Postures, *, of: Sequence[str] | None = None) -> Floats:
    """(posture, 3) mass centre of the body, or of some of its segments, in the ground.

    Raises:
        ModelError: an unknown segment, or segments that weigh nothing.
    """
    chosen = list(rigid.segments if of is None else of)
    mass = np.array([rigid.tree[rigid.segment(name)].segment.mass_kg for name in chosen])
    if not mass.sum() > 0:
        raise ModelError(f"segments {', '.join(chosen) or '(none)'} have a mass of 0 kg together; they have no mass centre.")
    at = points(rigid, placed(rigid, given), [(name, rigid.tree[rigid.segment(name)].segment.mass_centre_m) for name in chosen])
    return np.asarray(np.einsum("p,qpi->qi", mass / mass.sum(), at))


def point_jacobians(rigid: Rigid, given: Postures, at: Sequence[Point]) -> Floats:
    """(posture, point, 3, coordinate) how fast each point moves in the ground with each free coordinate [m/rad, or 1].

    A contact force f (3,) at a point adds ``jacobian.T @ f`` to what moves the body: the moments that remain for the joints are
    `hipspine.mechanics.rigid_dynamics.inverse_dynamics` minus that.
    """
    q = postures(rigid, given)
    data, raw = start(rigid, q)
    which = [rigid.segment(name) for name, _ in at]
    screw, about = np.empty((len(q), rigid.model.nv, 6)), np.empty((len(q), len(which), 3))
    root = rigid.model.body_rootid[1:][which]
    for k, x in enumerate(raw):
        data.qpos[:] = x
        mujoco.mj_kinematics(rigid.model, data)
        mujoco.mj_comPos(rigid.model, data)
        screw[k], about[k] = data.cdof, data.subtree_com[root]  # of each motion: its axis, and its speed at the tree's mass centre
    arm = points(rigid, placed(rigid, q), at) - about
    speed = screw[:, None, :, 3:] + np.cross(screw[:, None, :, :3], arm[:, :, None])
    slopes = [followed(driver, q)[1] for driver in rigid.drivers]
    slope = np.stack(slopes, axis=-1) if slopes else np.empty((len(q), 0))
    carries = _carried(rigid)[which]
    return np.asarray(np.swapaxes(speed * (slope[:, None] * carries)[..., None], 2, 3) @ selection(rigid))


def start(rigid: Rigid, q: Floats) -> tuple[mujoco.MjData, Floats]:
    """Room for MuJoCo to work in, and (posture, motion) values of every motion of the tree."""
    values = [followed(driver, q)[0] for driver in rigid.drivers]
    return mujoco.MjData(rigid.model), np.stack(values, axis=-1) if values else np.empty((len(q), 0))


def selection(rigid: Rigid) -> Floats:
    """(motion, coordinate) 1 where a motion follows a free coordinate."""
    chosen = np.zeros((len(rigid.drivers), len(rigid.free)))
    for k, driver in enumerate(rigid.drivers):
        if driver.coordinate is not None:
            chosen[k, driver.coordinate] = 1.0
    return chosen


def _carried(rigid: Rigid) -> Floats:
    """(segment, motion) 1 where a motion carries a segment."""
    found = np.zeros((len(rigid.tree), len(rigid.drivers)))
    first = 0
    for k, link in enumerate(rigid.tree):
        if link.parent >= 0:
            found[k] = found[link.parent]
        found[k, first : first + len(link.motions)] = 1.0
        first += len(link.motions)
    return found


def _look_at_limits(rigid: Rigid, q: Floats, what: str) -> None:
    low, high = (np.array([getattr(one, end) for one in rigid.free]) for end in ("low", "high"))
    outside = (q < low - _SLACK) | (q > high + _SLACK)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        one, unit = rigid.free[column], "m" if rigid.free[column].is_length else "rad"
        raise ModelError(f"{what} {row}: {one.name} is {q[row, column]:g} {unit}; give {one.low:g} to {one.high:g} {unit}.")


def _number(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        near = [one for one in names if one.split(":")[0] == name.split(":")[0]] or list(names)
        raise ModelError(f"the body has no {what} {name!r}; it has {', '.join(near[:8])}{' ...' if len(near) > 8 else ''}.")
    return names.index(name)
