"""Lengths and moment arms of all muscles of a body together: lines over bones and line fields alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics import arms as of_field
from hipspine.mechanics.arms import MomentArms, field_arms
from hipspine.mechanics.paths import Paths, compiled, coordinate_values, lengths_and_arms
from hipspine.mechanics.posture import HIP, KNEE, Posture
from hipspine.terms import Floats, Side

_SLACK_DEG = 1e-6  # of a limit, for values that were rounded


@dataclass(frozen=True, slots=True, eq=False)
class BodyArms:
    """Lengths and arms of every line of a body, those of its fields last."""

    length_m: Floats  # (posture, line)
    m: Floats  # (posture, line, axis) [m] minus the derivative of the length by each coordinate
    axes: tuple[str, ...]
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        self.length_m.setflags(write=False)
        self.m.setflags(write=False)


@overload
def moment_arms(body: LineField, posture: Posture | Mapping[str, ArrayLike]) -> MomentArms: ...
@overload
def moment_arms(body: BodyModel, posture: Posture | Mapping[str, ArrayLike]) -> BodyArms: ...
def moment_arms(body: LineField | BodyModel, posture: Posture | Mapping[str, ArrayLike]) -> MomentArms | BodyArms:
    """Length and moment arms of every line in each posture, of gluteus maximus alone or of a whole body.

    Args:
        body: a line field (`hipspine.gluteus_maximus()`) or a body (`hipspine.BodyModel()`, or one read from an OpenSim file).
        posture: a `Posture`, or names with units: ``{"hip_flexion_deg": [0, 90], "knee_flexion_deg:left": 20}``. In a body a name without
            side goes to both sides; an angle that is not named stands at its default.

    Returns:
        ``m`` (posture, line, axis) [m] is minus the derivative of ``length_m`` (posture, line) by each of ``axes``; ``lines`` are names.

    Raises:
        ModelError: no body or no posture, a joint that the body does not have, an angle outside its range or not a finite number.

    >>> from hipspine.anatomy.gluteus_maximus import gluteus_maximus
    >>> moment_arms(gluteus_maximus(lines=3), {"hip_flexion_deg": [0, 90]}).m.shape
    (2, 6, 3)
    """
    if not isinstance(body, LineField | BodyModel):
        raise ModelError(f"body is a {type(body).__name__}; give hipspine.gluteus_maximus() or hipspine.BodyModel().")
    if not isinstance(posture, Posture) and not (isinstance(posture, Mapping) and all(isinstance(name, str) for name in posture)):
        raise ModelError(f"posture is {str(posture)[:40]!r}; give angles by name with their unit, such as {{'hip_flexion_deg': [0, 90]}}.")
    return of_field.moment_arms(body, posture) if isinstance(body, LineField) else body_arms(body, posture)


@lru_cache(maxsize=8)
def paths_of(body: BodyModel) -> Paths:
    """The body's paths, compiled once."""
    return compiled(body)


def sided(posture: Posture | Mapping[str, ArrayLike], paths: Paths) -> Posture:
    """The posture with names that both sides share (``hip_flexion``) given to both; one that carries its side counts before them."""
    posture = posture if isinstance(posture, Posture) else Posture.of(**posture)
    shared: dict[str, Floats] = {}
    named: dict[str, Floats] = {}
    for name, values in posture.angles.items():
        both = [f"{name}:{side}" for side in Side]
        if name not in paths.coordinates and set(both) <= set(paths.coordinates):
            shared |= dict.fromkeys(both, values)
        else:
            named[name] = values
    return Posture(shared | named)


def body_arms(body: BodyModel, posture: Posture | Mapping[str, ArrayLike]) -> BodyArms:
    """Lengths and arms of all lines of ``body`` in each posture; an angle that is not named stands at its default.

    Raises:
        ModelError: a joint that the body does not have, an angle outside its range, or a line field without the leg that it crosses.

    >>> arms = body_arms(BodyModel(), {"hip_flexion_deg:right": 90})
    >>> arms.m.shape[-1] == len(arms.axes)
    True
    """
    paths = paths_of(body)
    angles = sided(posture, paths)
    _require_reachable(body, angles)
    return arms_at(body, coordinate_values(paths, angles))


def _require_reachable(body: BodyModel, posture: Posture) -> None:
    """Say in degrees what no joint can do; `coordinate_values` does not know which coordinates are angles."""
    for one in body.coordinates:
        if one.name in posture.angles and not one.is_length:
            given, low, high = (np.degrees(value) for value in (posture.angles[one.name], one.low, one.high))
            outside = (given < low - _SLACK_DEG) | (given > high + _SLACK_DEG)
            if outside.any():
                raise ModelError(f"{one.name} is {given[outside][0]:.6g} deg; give {low:g} to {high:g} deg.")


def arms_at(body: BodyModel, coordinates: Floats) -> BodyArms:
    """The same for (posture, coordinate) values in the order of ``paths_of(body).coordinates``."""
    paths = paths_of(body)
    length, arms = lengths_and_arms(paths, coordinates)
    lengths, all_arms, names = [length], [arms], list(paths.lines)
    for field in body.fields:
        axes = hip_and_knee(field.side)
        if missing := [axis for axis in axes if axis not in paths.about]:
            raise ModelError(
                f"{body.name} has no free coordinate {missing[0]!r}, which its line field of gluteus maximus crosses; "
                "add it, or make the body with fields=()."
            )
        angles = np.stack([coordinates[:, paths.coordinates.index(axis)] for axis in axes], axis=-1)
        found, hip, knee = field_arms(field, np.ascontiguousarray(angles[:, :3]), angles[:, 3])
        placed = np.zeros((*found.shape, len(paths.about)))
        for axis, arm in zip(axes, (*np.moveaxis(hip, -1, 0), knee), strict=True):
            placed[..., paths.about.index(axis)] = arm
        lengths.append(found)
        all_arms.append(placed)
        names += field_names(field)
    return BodyArms(np.concatenate(lengths, axis=1), np.concatenate(all_arms, axis=1), paths.about, tuple(names))


def hip_and_knee(side: Side) -> tuple[str, ...]:
    """The coordinates of one leg that a line field of gluteus maximus crosses."""
    return tuple(f"{name}:{side}" for name in (*HIP, KNEE))


def field_names(field: LineField) -> list[str]:
    """Names of a field's lines with their side."""
    return [f"{name}:{field.side}" for name in field.names]
