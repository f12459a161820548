"""A situation made ready for many drawn bodies: everything that no draw changes, and what each shift of a line or a joint adds to it.

A line that runs elsewhere by a shift turns each joint by the shift times its pull beyond that joint, and a joint that lies elsewhere by
the opposite, for muscles, contacts and weight alike: first order, exact for a shift of the whole line. So the arms of every drawn body
are sums of the same few arrays, which are kept only where a line crosses a coordinate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.gluteus_maximus import TRACT, LineField
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Situation, grounded
from hipspine.mechanics.carrying_kernel import Frames, Plan
from hipspine.mechanics.carrying_levers import levers
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, Lines
from hipspine.mechanics.joint_forces import beyond
from hipspine.mechanics.posture import HIP, KNEE
from hipspine.mechanics.rigid import Rigid, placed, point_jacobians
from hipspine.mechanics.strength_by_angle import added_force
from hipspine.terms import Floats, Region, Side

LUMBAR = ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2")
PARTS = ("hip:right", "hip:left", "L5_S1")  # joints whose force is read out
_LEG = ("thigh", "shank", "foot")
_TO_RIGHT, _TO_LEFT, _TO_NEITHER = 3, 4, 5  # parts: what draws the sacrum


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What `carrying_kernel.carry_frames` needs of a situation, and the edges of its contacts."""

    plan: Plan
    frames: Frames
    form: NDArray[np.int64]  # (entry of gluteus maximus, 2) region and axis of the hip; axis 3: none
    held: Floats  # (frame, touch, 3, held coordinate) Jacobian of what is held, not balanced
    cost: Floats  # (touch,)
    limit: Floats


def ready(at: Situation, glutei: Sequence[LineField], slots: Sequence[NDArray[np.bool_]], mixture: Floats) -> Ready:
    """A situation made ready.

    Args:
        at: the situation.
        glutei: gluteus maximus of each side as any member of its ensemble: all have the same lines.
        slots: (slot,) of (line,) which lines each slot of the read-out counts.
        mixture: (posture, field) how far each hip is from the measured planes.
    """
    lines, rigid = at.lines, at.rigid
    turn = at.where.rotation[:, rigid.segment("pelvis")]
    carried = np.stack([beyond(rigid, link.joint.name) for link in rigid.tree])  # (joint, segment)
    follows = _follows(rigid)
    rows = np.full(len(rigid.coordinates), -1)
    rows[at.rows] = np.arange(at.rows.size)
    turning = _turning(rigid, at.q)
    crossed = _crossed(lines, carried, follows)
    line, column = np.nonzero(crossed[:, at.rows])
    arm = _arms(at, carried, turning, turn, line, at.rows[column])
    field_line, field_column, field_of, form = _of_glutei(rigid, glutei)
    over = len(lines.names)
    muscles = (*lines.muscles, *(f"{GLUTEUS_MAXIMUS}/{region}" for one in glutei for region in one.region))
    sides = (*lines.sides, *(one.side for one in glutei for _ in one.region))
    owner = np.concatenate([line, over + field_line])
    count = over + sum(one.u.size for one in glutei)
    press_line, press_part, press = _presses(at, carried, turn)
    slot_line, slot = np.nonzero(np.stack(slots).T)
    edges, reach_touch, reach_column, reach = _touching(at, carried, follows, turning, turn)
    needed = _needed(at, follows, turning, turn)[:, :, at.rows]
    child = [[link.joint.name for link in rigid.tree].index(name) for name in PARTS]
    touched = [rigid.segment(touch.segment) for touch in at.touches]
    on = np.array([SIDES.index(one.side) for one in glutei], dtype=np.int64)[field_of]
    plan = Plan(
        start=_starts(owner, count),
        row=np.concatenate([column, rows[field_column]]),
        owner=owner,
        field=field_of,
        reach_start=_starts(reach_touch, len(at.touches)),
        reach_row=rows[reach_column],
        normal=edges[0],
        tangent=edges[1],
        above=np.ascontiguousarray(carried[child][:, touched], dtype=np.float64).reshape(len(PARTS), len(touched)),
        press_line=press_line,
        press_part=press_part,
        glute_hip=on,
        glute_sacrum=on + _TO_RIGHT,
        slot_start=_starts(slot_line, count),
        slot=slot,
        slots=len(slots),
    )
    frames = Frames(
        length=_plain(lines.length_m),
        arm=arm,
        reach=_plain(reach),
        active=np.array(at.active, order="C"),
        needed=_plain(needed),
        press=press,
        carries=_plain(np.einsum("qpi,qij->qpj", at.needed.force_n[:, child], turn)),
        turn=_plain(turn),
        mixture=_plain(mixture),
        added=added_force(muscles, sides, rigid.coordinates, at.q),
    )
    finite = all(np.isfinite(one).all() for one in frames)
    if not finite:
        raise ModelError("a posture or a load is so far out of range that arms or moments are not finite numbers; give others.")
    held = at.jacobians[..., [k for k in range(rows.size) if rows[k] < 0]]
    limit = np.array([touch.limit_n for touch in at.touches], dtype=np.float64)
    return Ready(plan, frames, form, held, edges[2], limit)


def _plain(values: Floats) -> Floats:
    """A copy that the kernels know: in C's order, writeable."""
    return np.array(values, dtype=np.float64, order="C")


def _starts(owner: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(owner + 1,) where the entries of each owner begin; owners rise."""
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def _follows(rigid: Rigid) -> NDArray[np.bool_]:
    """(joint, coordinate) whether a joint moves with a free coordinate."""
    found, first = np.zeros((len(rigid.tree), len(rigid.coordinates)), dtype=bool), 0
    for k, link in enumerate(rigid.tree):
        for driver in rigid.drivers[first : first + len(link.motions)]:
            if driver.coordinate is not None:
                found[k, driver.coordinate] = True
        first += len(link.motions)
    return found


def _turning(rigid: Rigid, q: Floats) -> Floats:
    """(posture, segment, coordinate, 3) axis about which each segment turns with each coordinate, ground's axes."""
    corners = np.concatenate([np.zeros((1, 3)), np.eye(3)])
    found = point_jacobians(rigid, q, [(name, tuple(corner)) for name in rigid.segments for corner in corners])
    found = found.reshape(len(q), len(rigid.segments), 4, 3, -1)
    arms = np.moveaxis(placed(rigid, q).rotation, -1, 2)[:, :, :, None]
    speeds = np.swapaxes(found[:, :, 1:] - found[:, :, :1], -1, -2)  # turning x arm, for three arms
    return _plain(_cross(arms, speeds).sum(axis=2) / 2)


def _cross(a: Floats, b: Floats) -> Floats:
    """(..., 3) as `numpy.cross`, several times as quick."""
    (ax, ay, az), (bx, by, bz) = (np.moveaxis(one, -1, 0) for one in (a, b))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _crossed(lines: Lines, carried: NDArray[np.bool_], follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(line, coordinate) whether a coordinate moves one part of a line against another."""
    pulled = lines.pull.any(axis=(0, 3))
    ground = np.abs(lines.pull.sum(axis=2)).max(axis=(0, 2)) > 1e-9  # what no segment gets, the ground gets
    inside, outside = pulled @ carried.T, (pulled @ ~carried.T) | ground[:, None]
    return np.asarray(((inside & outside) @ follows) | (lines.arms_m != 0).any(axis=0))


def _arms(
    at: Situation, carried: NDArray[np.bool_], turning: Floats, turn: Floats, line: NDArray[np.int64], column: NDArray[np.int64]
) -> Floats:
    """(posture, 10, entry) arms of lines over bones and their change by each shift, pelvis's axes."""
    names = [link.joint.name for link in at.rigid.tree]
    joints = [names.index(name) for name in (*(f"hip:{side}" for side in SIDES), *LUMBAR)]
    parents = [at.rigid.tree[k].parent for k in joints]
    axis = turning[:, joints] - turning[:, parents]  # (posture, joint, coordinate, 3)
    term, mirror = np.array([0, 0, *(1 for _ in LUMBAR)]), np.array([1.0, -1.0, *(1.0 for _ in LUMBAR)])
    pulled = at.lines.pull.any(axis=(0, 3))
    owner, segment = np.nonzero(pulled)
    mirrored = np.array([-1.0 if side is Side.LEFT else 1.0 for side in at.lines.sides])
    found = np.empty((len(at.q), 10, line.size))
    found[:, 0] = at.lines.arms_m[:, line, column]
    levers(
        _plain(at.lines.pull), _starts(owner, pulled.shape[0]), segment, turning, _plain(axis), carried[joints], term, mirror,
        mirrored, _plain(turn), line, column, found,
    )  # fmt: skip
    return found


def _of_glutei(rigid: Rigid, glutei: Sequence[LineField]) -> tuple[NDArray[np.int64], ...]:
    """Line and coordinate of each entry, field of each line, region and axis of each entry, of all gluteus maximus lines in a row."""
    lines, columns, fields, form, first = [], [], [], [], 0
    for number, one in enumerate(glutei):
        chain = [rigid.coordinates.index(f"{name}:{one.side}") for name in (*HIP, KNEE)]
        for k, (region, insertion) in enumerate(zip(one.region, one.insertion, strict=True)):
            crossed = sorted((column, axis) for axis, column in enumerate(chain[: 4 if insertion == TRACT else 3]))
            lines += [first + k] * len(crossed)
            columns += [column for column, _ in crossed]
            form += [(list(Region).index(region), axis) for _, axis in crossed]
        fields += [number] * one.u.size
        first += one.u.size
    as_ints = (np.array(one, dtype=np.int64) for one in (lines, columns, fields))
    return (*as_ints, np.array(form, dtype=np.int64).reshape(-1, 2))


def _presses(at: Situation, carried: NDArray[np.bool_], turn: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Which lines over bones press on which part, and (posture, press, 3) how much at unit tension, pelvis's axes."""
    rigid, pull = at.rigid, at.lines.pull
    names = [link.joint.name for link in rigid.tree]
    lines, parts, forces = [], [], []
    for part, name in enumerate(PARTS):
        inside = carried[names.index(name)]
        chosen = np.flatnonzero(pull[:, :, inside].any(axis=(0, 2, 3)) & pull[:, :, ~inside].any(axis=(0, 2, 3)))
        lines.append(chosen)
        parts.append(np.full(chosen.size, part))
        forces.append(pull[:, chosen][:, :, inside].sum(axis=2))
    sacrum = pull[:, :, rigid.segment("sacrum")]
    to = [pull[:, :, [rigid.segment(f"{part}:{side}") for part in _LEG]].any(axis=(0, 2, 3)) for side in SIDES]
    chosen = np.flatnonzero(sacrum.any(axis=(0, 2)))
    right, left = (np.where(one, number, 0) for one, number in zip(to, (_TO_RIGHT, _TO_LEFT), strict=True))
    if (right & left).any():
        raise ModelError(f"line {at.lines.names[int(np.argmax(to[0] & to[1]))]} runs to both legs; let it run to one.")
    lines.append(chosen)
    parts.append(np.where(right + left > 0, right + left, _TO_NEITHER)[chosen])
    forces.append(sacrum[:, chosen])
    together = np.concatenate(forces, axis=1)
    return np.concatenate(lines), np.concatenate(parts), _plain(np.einsum("qpi,qij->qpj", together, turn))


def _joint_terms(at: Situation, follows: NDArray[np.bool_], turning: Floats) -> list[tuple[int, slice, Floats, NDArray[np.int64], Floats]]:
    """Of each joint that is shifted: its number, its terms, mirror, the coordinates that move it, (posture, coordinate, 3) its axes."""
    names, found = [link.joint.name for link in at.rigid.tree], []
    for name in (*(f"hip:{side}" for side in SIDES), *LUMBAR):
        child = names.index(name)
        own = np.flatnonzero(follows[child])
        terms = slice(1, 4) if name.startswith("hip") else slice(4, 7)
        mirror = np.array([1.0, 1.0, -1.0 if name == f"hip:{Side.LEFT}" else 1.0])
        found.append((child, terms, mirror, own, turning[:, child, own] - turning[:, at.rigid.tree[child].parent, own]))
    return found


def _needed(at: Situation, follows: NDArray[np.bool_], turning: Floats, turn: Floats) -> Floats:
    """(posture, 7, coordinate) moments that are needed, and their change by each shift of joints."""
    found = np.zeros((len(at.q), 7, len(at.rigid.coordinates)))
    found[:, 0] = at.needed.moments
    for child, terms, mirror, own, axis in _joint_terms(at, follows, turning):
        change = _cross(at.needed.force_n[:, child, None], axis)
        found[:, terms, own] -= np.swapaxes(np.einsum("qci,qij->qcj", change, turn) * mirror, 1, 2)
    return found


def _touching(
    at: Situation, carried: NDArray[np.bool_], follows: NDArray[np.bool_], turning: Floats, turn: Floats
) -> tuple[tuple[Floats, Floats, Floats], NDArray[np.int64], NDArray[np.int64], Floats]:
    """Normal, tangent and cost of pyramid edges; touch and coordinate of each reach; (posture, 3, 7, reach) Jacobians and their change."""
    none = np.zeros(0, dtype=np.int64)
    if not at.touches:
        return (np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0)), none, none, np.zeros((len(at.q), 3, 7, 0))
    smooth, rough = grounded(at, 0.0), grounded(at, 1.0)
    normal, along = smooth.directions[0], rough.directions[0]
    whole = np.zeros((len(at.q), len(at.touches), 3, 7, len(at.rigid.coordinates)))
    whole[:, :, :, 0] = at.jacobians
    segments = np.array([at.rigid.segment(touch.segment) for touch in at.touches])
    for child, terms, mirror, own, axis in _joint_terms(at, follows, turning):
        above = np.flatnonzero(carried[child, segments])
        change = np.einsum("qaci,qij->qacj", _cross(np.eye(3)[None, :, None], axis[:, None]), turn) * mirror  # (posture, 3, own, 3)
        for k in above.tolist():
            whole[:, k, :, terms, own] -= np.moveaxis(change, (2, 0, 1, 3), (0, 1, 2, 3))
    moved = (carried[:, segments].T @ follows)[:, at.rows]
    touch, row = np.nonzero(moved)
    reach = np.moveaxis(whole, 1, 3)[:, :, :, touch, at.rows[row]]
    return (np.array(normal), np.array(along - normal), np.array(smooth.cost)), touch, at.rows[row], reach
