"""What bone, disc and ligament of a joint carry: the balance of forces on the part of the body beyond the joint.

Beyond a joint act the weight and inertia of that part, loads, contacts, and the muscles that cross. What is missing to the balance comes
from the joint itself. Muscles count where they touch bone, so a line that bends over a surface of the pelvis presses on the pelvis there.

These are load numbers: they hang on how moments are shared among muscles, and belong in an interval of an ensemble, never alone.
Measured: the hip of four people with instrumented implants carried 238 % of body weight in walking and slightly less in one-leg stance
(Bergmann 2001, doi:10.1016/S0021-9290(01)00040-9, abstract).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.anatomy import generic_spine
from hipspine.anatomy.gluteus_maximus import TRACT, LineField
from hipspine.errors import ModelError
from hipspine.mechanics import arms
from hipspine.mechanics.paths import Paths, Pulls
from hipspine.mechanics.posture import HIP, KNEE, Posture
from hipspine.mechanics.rigid import Placed, Rigid
from hipspine.mechanics.rigid_dynamics import Dynamics
from hipspine.terms import Floats, Side


@dataclass(frozen=True, slots=True, eq=False)
class DiscForce:
    """What a disc carries, in the axes of the end plate below it."""

    compression_n: Floats  # (posture,) across the end plate; below 0 it is drawn apart
    shear_n: Floats  # (posture,) along it: the part above is driven forward (and down) against the part below
    lateral_n: Floats  # (posture,) the part above is driven to the right


def beyond(rigid: Rigid, joint: str) -> NDArray[np.bool_]:
    """(segment,) which segments a joint carries: its child and all that hangs on it.

    Raises:
        ModelError: there is no such joint.
    """
    at = _child(rigid, joint)
    found = np.zeros(len(rigid.tree), dtype=bool)
    found[at] = True
    for k, link in enumerate(rigid.tree):
        if link.parent >= 0 and found[link.parent]:
            found[k] = True
    return found


def joint_force(rigid: Rigid, joint: str, needed: Dynamics, *, muscles: Floats | None = None, contacts: Floats | None = None) -> Floats:
    """(posture, 3) force of the joint on the part beyond it [N], in the ground's axes.

    Args:
        rigid: the body.
        joint: its name, such as ``hip:right`` or ``L5_S1``.
        needed: from `rigid_dynamics.dynamics`, with the loads that were known there.
        muscles: (posture, segment, 3) what all muscles do to each segment [N], ground's axes; see `of_paths`, `of_field`.
        contacts: (posture, segment, 3) contact forces that were not among those loads; see `on_segments`.

    Raises:
        ModelError: an unknown joint, another shape, or a force that is not finite.
    """
    force = needed.force_n[:, _child(rigid, joint)]
    part = beyond(rigid, joint)
    for name, given in (("muscles", muscles), ("contacts", contacts)):
        if given is None:
            continue
        if given.shape != needed.force_n.shape or not np.isfinite(given).all():
            raise ModelError(f"forces of {name} have shape {given.shape}; expected {needed.force_n.shape} finite numbers.")
        force = force - given[:, part].sum(axis=1)
    return np.asarray(force)


def on_segments(rigid: Rigid, names: Sequence[str], forces_n: ArrayLike) -> Floats:
    """(posture, segment, 3) sum of the forces (posture, place, 3) on the segments that hold the places, such as contact points."""
    forces = np.asarray(forces_n, dtype=np.float64)
    if forces.ndim != 3 or forces.shape[1:] != (len(names), 3):
        raise ModelError(f"forces have shape {forces.shape}; expected (posture, {len(names)}, 3).")
    found = np.zeros((len(forces), len(rigid.tree), 3))
    for k, name in enumerate(names):
        found[:, rigid.segment(name)] += forces[:, k]
    return found


def for_paths(rigid: Rigid, paths: Paths, q: Floats) -> Floats:
    """(posture, coordinate) the same postures in the order of ``paths.coordinates``; coordinates that follow others are not read there."""
    values = np.tile(paths.default, (len(q), 1))
    for k, name in enumerate(rigid.coordinates):
        values[:, paths.coordinates.index(name)] = q[:, k]
    return values


def of_paths(rigid: Rigid, where: Placed, paths: Paths, pulls: Pulls, tension_n: Floats) -> Floats:
    """(posture, segment, 3) force of muscle lines on each segment [N], ground's axes.

    Args:
        rigid: the body.
        where: from `rigid.placed`, in the postures of ``pulls``.
        paths: from `paths.compiled`.
        pulls: from `paths.pulls`.
        tension_n: (posture, line) along each line.
    """
    if tension_n.shape != (len(where.position_m), len(paths.lines)):
        raise ModelError(f"tensions have shape {tension_n.shape}; expected ({len(where.position_m)}, {len(paths.lines)}).")
    return np.asarray(np.einsum("qlsi,ql->qsi", pulls_of_paths(rigid, where, paths, pulls), tension_n))


def pulls_of_paths(rigid: Rigid, where: Placed, paths: Paths, pulls: Pulls) -> Floats:
    """(posture, line, segment, 3) force of each muscle line of unit tension on each segment, ground's axes; arguments as `of_paths`."""
    found = np.zeros((len(where.position_m), len(paths.lines), len(rigid.tree), 3))
    for number in np.unique(pulls.segment):
        name, places = paths.segments[number], pulls.segment == number
        if name in rigid.segments:  # the ground is none of them; a line has one place on each segment
            at = rigid.segment(name)
            found[:, pulls.line[places], at] = np.einsum("qij,qpj->qpi", where.rotation[:, at], pulls.force[:, places])
    return found


def of_field(rigid: Rigid, where: Placed, field: LineField, leg: Posture, tension_n: Floats) -> Floats:
    """(posture, segment, 3) force of one gluteus maximus on pelvis, sacrum, thigh and shank [N], ground's axes.

    Args:
        rigid: the body; its segments are named as in the generic adult.
        where: from `rigid.placed`.
        field: the muscle.
        leg: the hip and knee angles of the field's side, without a side in their names.
        tension_n: (posture, line) along each line.

    Raises:
        ModelError: a line whose arm is longer than it allows, so that no pull makes it (far outside the range of a hip).
    """
    if tension_n.shape != (len(where.position_m), field.u.size):
        raise ModelError(f"tensions have shape {tension_n.shape}; expected ({len(where.position_m)}, {field.u.size}).")
    return np.asarray(np.einsum("qlsi,ql->qsi", pulls_of_field(rigid, where, field, leg, used=tension_n > 0), tension_n))


def pulls_of_field(rigid: Rigid, where: Placed, field: LineField, leg: Posture, *, used: NDArray[np.bool_] | None = None) -> Floats:
    """(posture, line, segment, 3) force of each line of unit tension on each segment, ground's axes; arguments as `of_field`.

    Lines to the tract pull the shin towards the last point over the femur; the thigh gets the rest of their pull. Where the body has a
    sacrum, it gets the share of each line that crosses the sacroiliac joint, and the pelvis the rest.
    """
    unit, exists = arms.pulls(field, leg)
    missing = (exists == 0) & (True if used is None else used)
    if missing.any():
        q, line = np.argwhere(missing)[0]
        raise ModelError(f"posture {q}: {field.names[line]} has no pull with its moment arm; use postures inside the range of a hip.")
    mirror = np.array([1.0, 1.0, 1.0 if field.side is Side.RIGHT else -1.0])
    pelvis, thigh, shank = (rigid.segment(name) for name in ("pelvis", f"thigh:{field.side}", f"shank:{field.side}"))
    pull = np.einsum("qij,qlj->qli", where.rotation[:, pelvis], unit * mirror)
    tract = np.array([one == TRACT for one in field.insertion])
    ends = [
        where.position_m[:, k, None] + np.einsum("qij,lj->qli", where.rotation[:, k], local[tract] * mirror)
        for k, local in ((thigh, field.knee_end_m), (shank, field.tibia_end_m))
    ]
    along = ends[0] - ends[1]
    found = np.zeros((*unit.shape[:2], len(rigid.tree), 3))
    found[:, :, pelvis] = -pull
    if "sacrum" in rigid.segments:
        share = field.sacral[:, None]
        found[:, :, rigid.segment("sacrum")], found[:, :, pelvis] = -pull * share, -pull * (1 - share)
    found[:, tract, shank] = along / np.linalg.norm(along, axis=-1, keepdims=True)
    found[:, :, thigh] = pull - found[:, :, shank]
    return found


def leg_of(posture: Posture, side: Side) -> Posture:
    """Hip and knee angles of one side (``hip_flexion:left`` ...) under the names that a line field takes."""
    return Posture({name: posture[f"{name}:{side}"] for name in (*HIP, KNEE)})


def on_disc(force_n: Floats, where: Placed, *, below: str = "sacrum", slope_rad: float | None = None) -> DiscForce:
    """What the disc carries, from the force (posture, 3) of the joint on the part above it, in the ground's axes.

    Args:
        force_n: from `joint_force`, such as of ``L5_S1``.
        where: from `rigid.placed`.
        below: the segment whose upper end plate is meant.
        slope_rad: of that end plate in its segment, forward and down. None: the sacral slope of the generic adult in standing
            (anatomy/data/body_values.csv). People differ much: mean +-2 SD 24 to 55 deg in 709 adults (Mac-Thiong 2011,
            doi:10.1007/s00586-011-1923-2, abstract), so take it as uncertain where shear matters.

    Raises:
        ModelError: an unknown segment, or a slope of a quarter turn or more.
    """
    if below not in where.segments:
        raise ModelError(f"the body has no segment {below!r} below the disc; it has {', '.join(where.segments[:8])} ...")
    slope = generic_spine.disc_slope() if slope_rad is None else slope_rad
    if not abs(slope) < np.pi / 2:
        raise ModelError(f"slope of the end plate is {np.degrees(slope):g} deg; give less than 90 deg either way.")
    local = np.einsum("qji,qj->qi", where.rotation[:, where.segments.index(below)], force_n)
    s, c = np.sin(slope), np.cos(slope)
    return DiscForce(local @ np.array([s, c, 0.0]), -local @ np.array([c, -s, 0.0]), -local[:, 2])


def _child(rigid: Rigid, joint: str) -> int:
    names = [link.joint.name for link in rigid.tree]
    if joint not in names:
        raise ModelError(f"the body has no joint {joint!r}; it has {', '.join(names)}.")
    return names.index(joint)
