"""What pulls on a body from outside: forces, weights, cables, elastic bands; each as one force and one couple on a segment.

A load belongs to one segment and acts at a point that is fixed in it. Vectors of force are in the ground's axes (x forward, y up,
z right), so a bar in the hands pulls down whatever the hands do. A cable or band may run to a point of the room or of another segment.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.terms import Floats

ORIGIN: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Force:
    """A force at a point of a segment, and a couple if there is one: a push, or what a force plate measured."""

    segment: str
    force_n: ArrayLike  # (3,) or (posture, 3), ground's axes
    at_m: ArrayLike = ORIGIN  # (3,) in the segment, or (posture, 3)
    couple_nm: ArrayLike = ORIGIN  # (3,) or (posture, 3), ground's axes
    at_in_ground: bool = False  # at_m is a place in the room, as of a force plate


@dataclass(frozen=True, slots=True)
class Weight:
    """A small heavy thing that moves with a segment: it weighs, and it resists being accelerated."""

    segment: str
    mass_kg: float
    at_m: Vector = ORIGIN


@dataclass(frozen=True, slots=True)
class Cable:
    """A constant pull towards a point: a cable machine, a helper's hand."""

    segment: str
    force_n: float
    anchor_m: Vector
    at_m: Vector = ORIGIN
    anchor_segment: str | None = None  # None: the anchor is a point of the room


@dataclass(frozen=True, slots=True)
class Band:
    """An elastic band: it pulls in proportion to how far it is longer than at rest, and never pushes."""

    segment: str
    stiffness_n_per_m: float
    rest_m: float
    anchor_m: Vector
    at_m: Vector = ORIGIN
    anchor_segment: str | None = None


Load: TypeAlias = Force | Weight | Cable | Band


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """A load in the given postures."""

    segment: str
    point_m: Floats  # (posture, 3) in the ground
    force_n: Floats  # (posture, 3)
    couple_nm: Floats  # (posture, 3)


def towards(load: Cable | Band, point_m: Floats, anchor_m: Floats) -> Floats:
    """(posture, 3) pull of a cable or band on its segment [N].

    Raises:
        ModelError: a negative or not finite force, stiffness or length, or an anchor where the cable begins (no direction).

    >>> towards(Band("foot", 100.0, 0.5, (0, 0, 0)), np.array([[1.0, 0, 0]]), np.zeros((1, 3)))
    array([[-50.,   0.,   0.]])
    """
    given = (load.force_n,) if isinstance(load, Cable) else (load.stiffness_n_per_m, load.rest_m)
    if not np.isfinite(given).all() or min(given) < 0:
        names = "force_n" if isinstance(load, Cable) else "stiffness_n_per_m, rest_m"
        raise ModelError(f"{type(load).__name__.lower()} on {load.segment!r} has {names} of {given}; give finite numbers of 0 or more.")
    away = anchor_m - point_m
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    if isinstance(load, Band):
        tension = load.stiffness_n_per_m * np.maximum(length - load.rest_m, 0.0)
    else:
        tension = np.full_like(length, load.force_n)
    if ((length < 1e-9) & (tension > 0)).any():
        raise ModelError(f"the anchor of a {type(load).__name__.lower()} lies where it holds {load.segment!r}; put the anchor elsewhere.")
    return np.asarray(tension * away / np.maximum(length, 1e-9))


def each_posture(values: ArrayLike, postures: int, what: str) -> Floats:
    """(posture, 3) from one vector or one for each posture.

    Raises:
        ModelError: another shape, or a number that is not finite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{what} is {values!r}; give 3 finite numbers.") from None
    if array.shape not in ((3,), (1, 3), (postures, 3)) or not np.isfinite(array).all():
        raise ModelError(f"{what} has shape {array.shape}; give 3 finite numbers, or {postures} postures x 3.")
    return np.broadcast_to(array, (postures, 3))
