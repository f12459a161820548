"""The loads of an exercise on one body: weights that hang on it, pulls of cables, bands, springs and hands."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.exercises.exercise import Exercise, LoadKind, LoadSpec
from hipspine.exercises.places import CARRIED, carrying_point
from hipspine.mechanics.rigid import GRAVITY_M_S2, Placed, Point, Rigid, points
from hipspine.mechanics.rigid_loads import Band, Cable, Force, Load, Weight
from hipspine.terms import Floats, Side

G = -GRAVITY_M_S2[1]
HANGING = (
    LoadKind.BARBELL, LoadKind.DUMBBELL, LoadKind.KETTLEBELL, LoadKind.PLATE, LoadKind.ANKLE_WEIGHT, LoadKind.MEDICINE_BALL,
)  # fmt: skip
ELASTIC = (LoadKind.BAND, LoadKind.SPRING)


def carried_at(body: BodyModel, spec: LoadSpec) -> tuple[Point, ...]:
    """The points that carry a load; it is shared among them by equal parts."""
    place, _, side = spec.at.partition(":")
    if place == "hands":
        return tuple(carrying_point(body, "hand", one) for one in (Side.RIGHT, Side.LEFT))
    if place.endswith("s") and place not in CARRIED:  # ankles, knees, soles: both sides
        return tuple(carrying_point(body, place.removesuffix("s"), one) for one in (Side.RIGHT, Side.LEFT))
    return (carrying_point(body, place, Side(side) if side else None),)


def default_kg(exercise: Exercise, mass_kg: float) -> tuple[float, ...]:
    """Kilograms of each load for a person of this mass; 0 where the effort decides."""
    return tuple(one.body_mass_share * mass_kg for one in exercise.loads)


def with_load(exercise: Exercise, *, mass_kg: float, load_kg: float) -> Exercise:
    """The same exercise with another load: all its loads together make ``load_kg``, in their present proportion.

    Raises:
        ModelError: the exercise has no load to change, or the load is negative or not finite.
    """
    if not (np.isfinite(load_kg) and 0.0 <= load_kg <= 1000.0):
        raise ModelError(f"the load is {load_kg:g} kg; give 0 to 1000.")
    if not exercise.loads:
        if load_kg == 0.0:
            return exercise
        raise ModelError(f"{exercise.name} is done without a load; leave --load out, or take a loaded exercise.")
    shares = np.array([one.body_mass_share for one in exercise.loads])
    shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(shares), 1.0 / len(shares))
    loads = tuple(
        replace(one, body_mass_share=float(share * load_kg / mass_kg), effort=0.0)
        for one, share in zip(exercise.loads, shares, strict=True)
    )
    return replace(exercise, loads=loads)


def weights(body: BodyModel, exercise: Exercise, mass_kg: float) -> list[tuple[Point, float]]:
    """Point and mass of all that hangs on the body."""
    return [
        (point, kg / len(at))
        for spec, kg in zip(exercise.loads, default_kg(exercise, mass_kg), strict=True)
        if spec.kind in HANGING and kg > 0
        for at in [carried_at(body, spec)]
        for point in at
    ]


def loads_of(body: BodyModel, rigid: Rigid, exercise: Exercise, where: Placed) -> tuple[Load, ...]:
    """All loads in the postures of a repetition; those without mass or pull are left out.

    An elastic band is as stiff as it must be for its pull to reach its kilograms where it is longest.
    """
    found: list[Load] = []
    for spec, kg in zip(exercise.loads, default_kg(exercise, rigid.mass_kg), strict=True):
        if kg > 0:
            at = carried_at(body, spec)
            for point in at:
                found += _load(body, rigid, spec, kg / len(at), point, len(at) > 1 and spec.at != "hands", where)
    return tuple(found)


def pulls_sideways(exercise: Exercise) -> bool:
    """Whether a load pulls otherwise than by its weight, so that balance must lean against it."""
    return any(one.kind not in HANGING and one.body_mass_share > 0 for one in exercise.loads)


def force_and_point(rigid: Rigid, loads: Iterable[Load], where: Placed) -> list[tuple[Floats, Floats]]:
    """(posture, 3) pull of each cable, band and push, and where it acts, in the room; weights are left out."""
    found = []
    for load in loads:
        if isinstance(load, Weight) or (not isinstance(load, Force) and load.anchor_segment is not None):
            continue  # a band between two parts of the body leaves the whole alone
        x, y, z = (float(one) for one in np.asarray(load.at_m, dtype=np.float64))
        at = points(rigid, where, [(load.segment, (x, y, z))])[:, 0]
        if isinstance(load, Force):
            force = np.asarray(load.force_n, dtype=np.float64)
            if force.ndim == 2 and len(force) != len(at):
                force = force.mean(axis=0)  # of a pad that turns with its limb, in other postures than those it was worked out for
            found.append((np.broadcast_to(force, at.shape), at))
            continue
        anchor = _anchor(rigid, load, where)
        away = anchor - at
        length = np.linalg.norm(away, axis=1, keepdims=True)
        tension = load.force_n if isinstance(load, Cable) else load.stiffness_n_per_m * np.maximum(length - load.rest_m, 0.0)
        found.append((np.asarray(tension * away / np.maximum(length, 1e-9)), at))
    return found


def _load(body: BodyModel, rigid: Rigid, spec: LoadSpec, kg: float, point: Point, apart: bool, where: Placed) -> Sequence[Load]:
    segment, at = point
    if spec.kind in HANGING:
        return [Weight(segment, kg, at)]
    if spec.direction is not None:
        way = np.asarray(spec.direction, dtype=np.float64)
        way = way / np.linalg.norm(way)
        if spec.turns_with_segment:
            way = where.rotation[:, rigid.segment(segment)] @ way
        return [Force(segment, kg * G * way, at)]
    if spec.anchor_place is not None:
        place, _, side = spec.anchor_place.partition(":")
        other = carrying_point(body, place, Side(side) if side else None)
        return [_line(rigid, spec, kg, *ends, where) for ends in ((point, other[1], other[0]), (other, point[1], point[0]))]
    if spec.anchor_m is None:
        raise ModelError(f"a load of kind {spec.kind} at {spec.at} has neither an anchor nor a direction; give one.")
    x, y, z = spec.anchor_m  # hands share one handle; feet have a strap each, and its anchor on their own side
    left = segment.endswith(Side.LEFT)
    return [_line(rigid, spec, kg, point, (x, y, -z if apart and left else z), None, where)]


def _line(rigid: Rigid, spec: LoadSpec, kg: float, point: Point, anchor: Vector, anchor_segment: str | None, where: Placed) -> Cable | Band:
    """One end of a cable or band; between two parts of the body each end has its own."""
    segment, at = point
    if spec.kind not in ELASTIC:
        return Cable(segment, kg * G, anchor, at, anchor_segment)
    trial = Band(segment, 1.0, 0.0, anchor, at, anchor_segment)
    length = np.linalg.norm(_anchor(rigid, trial, where) - points(rigid, where, [point])[:, 0], axis=1)
    rest = spec.rest_share * float(length.min())
    return replace(trial, stiffness_n_per_m=kg * G / max(float(length.max()) - rest, 1e-3), rest_m=rest)


def _anchor(rigid: Rigid, load: Cable | Band, where: Placed) -> Floats:
    if load.anchor_segment is None:
        return np.broadcast_to(np.asarray(load.anchor_m, dtype=np.float64), (len(where.position_m), 3))
    return points(rigid, where, [(load.anchor_segment, load.anchor_m)])[:, 0]
