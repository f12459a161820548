"""The second road of rigid mechanics: Newton and Euler in NumPy, all postures at once, written from the definition of a joint.

It reads the body's joints themselves (frames, axes, order) and knows nothing of MuJoCo, so the two can judge each other; the shared part
is only what each motion follows (`rigid_curves`, tested by differences).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.mechanics.rigid_loads import Push
from hipspine.mechanics.rigid_tree import Link, inertia, rotation_xyz
from hipspine.terms import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Newton:
    """What `by_numpy` gives."""

    position_m: Floats  # (posture, segment, 3)
    rotation: Floats  # (posture, segment, 3, 3)
    force_n: Floats  # (posture, segment, 3) on the segment across its joint
    couple_nm: Floats  # (posture, segment, 3) about the joint's centre
    motions: Floats  # (posture, motion) moment or force along each motion of the tree


@dataclass(slots=True, eq=False)
class _State:
    """A frame in all postures: where it is, how it turns and moves, in the ground's axes."""

    rotation: Floats
    place: Floats
    turning: Floats  # angular speed
    twist: Floats  # angular acceleration
    rise: Floats  # acceleration of the place

    def at(self, local: Floats) -> tuple[Floats, Floats]:
        """Place and acceleration of a point (posture, 3) or (3,) that is fixed in the frame."""
        arm = (self.rotation @ local[..., None])[..., 0]
        return self.place + arm, self.rise + np.cross(self.twist, arm) + np.cross(self.turning, np.cross(self.turning, arm))


def by_numpy(
    tree: Sequence[Link], value: Floats, speed: Floats, rise: Floats, *, gravity_m_s2: Floats, outside: Sequence[tuple[int, Push]] = ()
) -> Newton:
    """Places of all segments and what passes their joints.

    Args:
        tree: from `rigid_tree.links`.
        value, speed, rise: (posture, motion) in the tree's order, from `rigid_dynamics.moves`.
        gravity_m_s2: (3,) in the ground.
        outside: loads with the number of the segment that each acts on, counted from 0.
    """
    count, none = len(value), np.zeros((len(value), 3))
    ground = _State(np.broadcast_to(np.eye(3), (count, 3, 3)), none, none, none, none)
    states: list[_State] = []
    centres, axes, first = [], [], 0
    for link in tree:
        part = slice(first, first + len(link.motions))
        before = ground if link.parent < 0 else states[link.parent]
        state, centre, directions = _across(link, before, value[:, part], speed[:, part], rise[:, part])
        states.append(state)
        centres.append(centre)
        axes.append(directions)
        first += len(link.motions)
    force, couple = _balance(tree, states, centres, gravity_m_s2, outside)
    made = [
        np.einsum("qi,qi->q", couple[k] if motion.is_rotation else force[k], axis)
        for k, link in enumerate(tree)
        for motion, axis in zip(link.motions, axes[k], strict=True)
    ]
    return Newton(
        position_m=np.stack([state.place for state in states], axis=1),
        rotation=np.stack([state.rotation for state in states], axis=1),
        force_n=np.stack(force, axis=1),
        couple_nm=np.stack(couple, axis=1),
        motions=np.stack(made, axis=-1) if made else np.empty((count, 0)),
    )


def _across(link: Link, before: _State, value: Floats, speed: Floats, rise: Floats) -> tuple[_State, Floats, list[Floats]]:
    """The segment's frame, the joint's centre, and the direction of each motion, from the frame of the segment before."""
    joint = link.joint
    turned = before.rotation @ rotation_xyz(joint.parent_rotation)
    local = np.einsum("qji,qjk->qik", before.rotation, turned)  # joint frame seen from the parent
    shift = np.broadcast_to(np.array(joint.parent_position), (len(value), 3))
    sliding, gaining = np.zeros_like(shift), np.zeros_like(shift)
    state = _State(turned, shift, before.turning, before.twist, shift)
    directions: list[Floats] = []
    for k, motion in enumerate(link.motions):
        unit = np.array(motion.axis) / np.linalg.norm(motion.axis)
        axis = np.einsum("qij,j->qi", state.rotation, unit)
        directions.append(axis)
        if motion.is_rotation:
            state.twist = state.twist + axis * rise[:, k, None] + np.cross(state.turning, axis * speed[:, k, None])
            state.turning = state.turning + axis * speed[:, k, None]
            state.rotation = state.rotation @ _about(unit, value[:, k])
        else:
            shift = shift + np.einsum("qij,j->qi", local, unit) * value[:, k, None]
            sliding = sliding + axis * speed[:, k, None]
            gaining = gaining + axis * rise[:, k, None]
    centre, carried = before.at(shift)
    state.place, state.rise = centre, carried + 2 * np.cross(before.turning, sliding) + gaining
    state.rotation = state.rotation @ rotation_xyz(joint.child_rotation).T
    state.place, state.rise = state.at(-np.array(joint.child_position))
    return state, centre, directions


def _balance(
    tree: Sequence[Link], states: list[_State], centres: list[Floats], gravity: Floats, outside: Sequence[tuple[int, Push]]
) -> tuple[list[Floats], list[Floats]]:
    """Force and couple about the joint's centre that each segment needs from the one before it, from the last segment inwards."""
    force = [np.zeros_like(centre) for centre in centres]
    couple = [np.zeros_like(centre) for centre in centres]
    for k in reversed(range(len(tree))):
        segment, state = tree[k].segment, states[k]
        centre, rise = state.at(np.array(segment.mass_centre_m))
        about = state.rotation @ inertia(segment) @ np.swapaxes(state.rotation, 1, 2)
        needed = segment.mass_kg * (rise - gravity)
        spin = np.einsum("qij,qj->qi", about, state.turning)
        force[k] = force[k] + needed
        couple[k] = couple[k] + np.cross(centre - centres[k], needed) + np.einsum("qij,qj->qi", about, state.twist)
        couple[k] = couple[k] + np.cross(state.turning, spin)
        for number, push in outside:
            if number == k:
                force[k] = force[k] - push.force_n
                couple[k] = couple[k] - push.couple_nm - np.cross(push.point_m - centres[k], push.force_n)
        before = tree[k].parent
        if before >= 0:
            force[before] = force[before] + force[k]
            couple[before] = couple[before] + couple[k] + np.cross(centres[k] - centres[before], force[k])
    return force, couple


def _about(axis: Floats, angle: Floats) -> Floats:
    """(posture, 3, 3) rotations about one axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle)[:, None, None] * cross + (1 - np.cos(angle))[:, None, None] * (cross @ cross))
