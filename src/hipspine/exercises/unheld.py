"""What a movement of the whole body asks from outside, and what of it contacts cannot give."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from scipy.optimize import nnls

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Segment
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import Point, Rigid, selection
from hipspine.mechanics.rigid_curves import followed
from hipspine.mechanics.rigid_dynamics import moves
from hipspine.terms import Floats

LEAST_GRIP = 0.4  # of the friction that bodies are drawn with (`spread.Spread`): what it holds, all hold
SPREAD = 1e-6  # of the squares of contact forces beside the squares of what they leave over


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What contacts cannot give."""

    n: Floats  # (time, 6) force and moment about the room's origin
    spread: Floats  # (time,) small cost of what the contacts give
    slopes: Floats  # (time, 3, 6, coordinate) over values, speeds, accelerations, while the contacts give the same
    freely: Floats  # (time, 6, 6) 1 and how freely the contacts may give something else, which is little where they give little

    push: Floats  # (time, 3) force that contacts give, weighed
    pushing: Floats  # (time, 3, 3, coordinate) its slopes

    def cost(self, unheld_n: float) -> float:
        """Of what is left and what is pushed."""
        return float((self.n**2).sum() + self.spread.sum()) / unheld_n**2 + float((self.push**2).sum())


def given(edges: Floats, asked: Floats) -> Floats:
    """(edge,) forces, not below 0, that give as much as can be of what is asked, none of them more than it must."""
    more = np.sqrt(SPREAD) * np.eye(edges.shape[1])
    return np.asarray(nnls(np.concatenate([edges, more]), np.concatenate([asked, np.zeros(len(more))]))[0])


def edges_of(touches: Sequence[Touch], at: Floats) -> tuple[Floats, Floats]:
    """(touch, edge, 3) edges of all friction pyramids, and (6, touch x edge) their force and moment about the room's origin."""
    ways = []
    for touch in touches:
        normal = np.array(touch.normal)
        along = np.cross(normal, [0.0, 0.0, 1.0] if abs(normal[2]) < 0.8 else [1.0, 0.0, 0.0])
        along /= np.linalg.norm(along)
        across = np.cross(normal, along)
        ways.append(normal + LEAST_GRIP * touch.grip * np.array([along, -along, across, -across]))
    edges = np.array(ways)
    couples = np.einsum("tij,tej->tei", crossing(at), edges)
    return edges, np.concatenate([edges, couples], axis=-1).reshape(-1, 6).T


def crossing(vectors: Floats) -> Floats:
    """(..., 3, 3) matrices that take another vector to the cross product of the two."""
    found = np.zeros((*vectors.shape, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        found[..., i, j], found[..., j, i] = -vectors[..., k], vectors[..., k]
    return found


def asked(rigid: Rigid, value: Floats, speed: Floats, rise: Floats, *, slopes: bool) -> tuple[Floats, Floats]:
    """(time, 6) force and moment about the room's origin that the body needs from outside, and (time, 3, 6, coordinate) slopes.

    Slopes are over values, speeds and accelerations; how the curvature of motions that follow a coordinate changes is left out.
    """
    model, data, select = rigid.model, mujoco.MjData(rigid.model), selection(rigid)
    moved = moves(rigid, value, speed, rise)
    root = [int(np.argmax(select[:, rigid.coordinates.index(f"pelvis_{name}")])) for name in ("tx", "ty", "tz", "tilt", "list", "rotation")]
    along = [rigid.coordinates.index(f"pelvis_{name}") for name in ("tx", "ty", "tz")]
    by_q, by_v, by_a = (np.empty((model.nv, model.nv)) for _ in range(3))
    found, by = np.empty((len(value), 6)), np.zeros((len(value), 3, 6, value.shape[1]))
    bends = np.stack([followed(driver, value)[2] for driver in rigid.drivers], axis=-1) if slopes else np.empty((0, 0))
    for k in range(len(value)):
        data.qpos[:], data.qvel[:], data.qacc[:] = moved.value[k], moved.speed[k], moved.rise[k]
        mujoco.mj_inverse(model, data)
        force, turning = data.qfrc_inverse[root[:3]].copy(), data.qfrc_inverse[root[3:]].copy()
        at, (tilt, lean, _) = moved.value[k][root[:3]], moved.value[k][root[3:]]
        axes = _axes(tilt, lean)
        couple = np.linalg.solve(axes, turning)
        arm = crossing(at)
        found[k] = [*force, *(couple + arm @ force)]
        if not slopes:
            continue
        mujoco.mjd_inverseFD(model, data, 1e-6, False, by_q, by_v, by_a, None, None, None, None)
        bend, slope = bends[k][:, None] * select, moved.slope[k][:, None] * select
        v, a = speed[k], rise[k]
        raw = [
            by_q.T[root] @ slope + by_v.T[root] @ (bend * v) + by_a.T[root] @ (bend * a),
            by_v.T[root] @ slope + by_a.T[root] @ (2 * bend * v),
            by_a.T[root] @ slope,
        ]
        for order, one in enumerate(raw):
            turned = one[3:].copy()
            if order == 0:
                turn, lean_too = crossing(axes[0]), crossing(axes[1])
                by_tilt = np.array([np.zeros(3), turn @ axes[1], turn @ axes[2]])
                by_list = np.array([np.zeros(3), np.zeros(3), lean_too @ axes[2]])
                for name, change in (("pelvis_tilt", by_tilt), ("pelvis_list", by_list)):
                    turned[:, rigid.coordinates.index(name)] -= change @ couple
            by[k, order, :3] = one[:3]
            by[k, order, 3:] = np.linalg.solve(axes, turned) + arm @ one[:3]
            if order == 0:
                by[k, 0, 3:, along] -= crossing(force).T
    return found, by


def _axes(tilt: float, lean: float) -> Floats:
    """The axes about which the pelvis turns: tilt, list, rotation; rows."""
    c, s = np.cos(tilt), np.sin(tilt)
    second = np.array([c, s, 0.0])
    return np.array([[0.0, 0.0, 1.0], second, [-s * np.cos(lean), c * np.cos(lean), np.sin(lean)]])


def burdened(body: BodyModel, hung: Sequence[tuple[Point, float]]) -> BodyModel:
    """The same body, the weights that hang on it made part of its segments."""
    segments = {one.name: one for one in body.segments}
    for (name, at), mass in hung:
        segments[name] = _heavier(segments[name], np.array(at), mass)
    return replace(body, segments=tuple(segments.values()))


def _heavier(segment: Segment, at: Floats, mass: float) -> Segment:
    whole = segment.mass_kg + mass
    old = np.array(segment.mass_centre_m)
    x, y, z = (segment.mass_kg * old + mass * at) / whole
    apart, reduced = at - old, segment.mass_kg * mass / whole
    more = reduced * (np.eye(3) * (apart @ apart) - np.outer(apart, apart))
    added = (more[0, 0], more[1, 1], more[2, 2], more[0, 1], more[0, 2], more[1, 2])
    a, b, c, d, e, f = (float(one + two) for one, two in zip(segment.inertia_kg_m2, added, strict=True))
    return replace(segment, mass_kg=whole, mass_centre_m=(float(x), float(y), float(z)), inertia_kg_m2=(a, b, c, d, e, f))
