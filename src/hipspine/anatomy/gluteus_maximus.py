"""Gluteus maximus as a continuous field of fibre lines: where each begins, how its length depends on the hip, how strong it is.

Across the muscle runs ``u``, from 0 (uppermost fibre, ilium) to 1 (lowest, coccyx). Two layers lie over each other: fibres to the femur
and fibres to the iliotibial tract. A line that leaves the pelvis at a fixed point A and may slide over anything that moves with the
femur has a length that depends on one direction only: where A is, seen from the femur, ``n = R' A`` (R: femur in pelvis, origin at the
hip centre). Its squared length is here a polynomial of third degree in n: smooth in every posture, with exact moment arms, and a pull
that leaves the pelvis at the bone by construction. Coefficients are fitted to published moment arms (benchmarks/fit_gluteus_maximus.py,
docs/gluteus_maximus.md). Points, fibre lengths and forces: Davis 2026 (MIT); upper and middle origins and how the force is divided
between the regions: gait2392 (CC BY 3.0).
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import ModelError
from hipspine.terms import Floats, Region, Side

FEMUR, TRACT = "femur", "iliotibial_tract"
INSERTIONS = (FEMUR, TRACT)
TERMS = 16  # harmonics of a direction up to the third degree
SCALE_M = 0.14  # n is divided by this, so that the coefficients are areas
LINES = 9  # in each layer, unless another number is asked for
MOST_LINES = 1000
_EACH = ("u", "max_force_n", "optimal_fibre_m", "pennation_rad", "slack_m", "sacral")  # one number for each line
_OF_TRACT = ("knee_end_m", "tibia_end_m")
_SHAPES = (("origin_m", (None, 3)), ("coefficients_m2", (None, TERMS)), ("knee_centre_m", (3,)), *((one, (None, 3)) for one in _OF_TRACT))


@dataclass(frozen=True, slots=True, eq=False)
class LineField:
    """Lines of one gluteus maximus, first those to the femur from above to below, then those to the tract.

    Frame: pelvis, x forward, y up, z to the side of the muscle; origin at the hip centre. Its arrays are not to be written to.

    Raises:
        ModelError: an array that does not fit the number of lines, or a number that is not finite.
    """

    name: str
    u: Floats  # (line,) place across the muscle, 0 uppermost to 1 lowest
    insertion: tuple[str, ...]  # (line,) femur or iliotibial_tract
    origin_m: Floats  # (line, 3) where it leaves the bone
    coefficients_m2: Floats  # (line, 16) of the squared length, see `harmonics`
    max_force_n: Floats  # (line,) at optimal length, whole muscle = sum
    optimal_fibre_m: Floats  # (line,)
    pennation_rad: Floats  # (line,) at optimal length
    slack_m: Floats  # (line,) what of the length is not fibre: fibre length along the line = length - slack
    knee_end_m: Floats  # (line, 3) last femur point of a tract line, femur frame (origin at the hip centre); NaN for a femur line
    tibia_end_m: Floats  # (line, 3) insertion of a tract line in the tibia (origin at the knee); NaN for a femur line
    knee_centre_m: Floats  # (3,) of the hinge, femur frame
    sacral: Floats  # (line,) share of the line's fibres that cross the sacroiliac joint
    member: int | None = None  # of the ensemble; None: the best fit
    side: Side = Side.RIGHT

    def __post_init__(self) -> None:
        lines, tract = self.u.size, np.array([one == TRACT for one in self.insertion])
        for name, shape in (*((one, (lines,)) for one in _EACH), *_SHAPES):
            values = getattr(self, name)
            if values.shape != tuple(lines if size is None else size for size in shape):
                raise ModelError(f"{name} of {self.name} has shape {values.shape}, which does not fit {lines} lines.")
            if not np.isfinite(values[tract] if name in _OF_TRACT else values).all():
                raise ModelError(f"{name} of {self.name} holds a number that is not finite; mend it.")
            values.setflags(write=False)

    @property
    def region(self) -> tuple[Region, ...]:
        """(line,) thirds across the muscle."""
        return tuple((Region.UPPER, Region.MIDDLE, Region.LOWER)[min(int(3 * u), 2)] for u in self.u)

    @property
    def names(self) -> tuple[str, ...]:
        """(line,) such as ``gluteus_maximus/upper:femur:1``, numbered from above within its layer."""
        half = self.u.size // 2
        return tuple(f"gluteus_maximus/{r}:{i}:{k % half + 1}" for k, (r, i) in enumerate(zip(self.region, self.insertion, strict=True)))

    def of_region(self, region: Region) -> NDArray[np.bool_]:
        """(line,) which lines belong to it."""
        return np.array([one is region for one in self.region])


def gluteus_maximus(*, lines: int = LINES, member: int | None = None, side: Side = Side.RIGHT) -> LineField:
    """The muscle as ``2 * lines`` lines, half of them to the femur and half to the iliotibial tract.

    Args:
        lines: in each layer, 3 to 1000; each stands for an equal part of the sheet.
        member: one of the fields that the data accept just as well, 0 to `members()` - 1; None is the best one.
        side: of the body. A left muscle is the mirror of the right one: the same numbers in the mirrored frame (z to the left).

    Raises:
        ModelError: there is no such member, number of lines or side.

    >>> field = gluteus_maximus(lines=3)
    >>> field.names[:3]
    ('gluteus_maximus/upper:femur:1', 'gluteus_maximus/middle:femur:2', 'gluteus_maximus/lower:femur:3')
    """
    table = _table()
    if side not in tuple(Side):
        raise ModelError(f"side is {side!r}; give {' or '.join(Side)}.")
    if not isinstance(lines, int | np.integer) or not 3 <= lines <= MOST_LINES:
        raise ModelError(f"lines is {lines}; give the number of lines in each layer, 3 to {MOST_LINES}, such as {LINES}.")
    if member is not None and not (isinstance(member, int | np.integer) and 0 <= member < len(table["members"])):
        raise ModelError(f"member is {member}; this field has members 0 to {len(table['members']) - 1}, or None for the best fit.")
    return from_table(
        table["shared"] | (table["best"] if member is None else table["members"][member]), lines=lines, member=member, side=Side(side)
    )


def from_table(chosen: dict[str, Any], *, lines: int = LINES, member: int | None = None, side: Side = Side.RIGHT) -> LineField:
    """A field from its own table, whose keys are those of ``shared`` in data/gluteus_maximus.json and ``coefficients_m2``."""
    u = (np.arange(lines) + 0.5) / lines

    def both_layers(name: str) -> Floats:
        return np.concatenate([_across(u, layer) for layer in chosen[name]])

    origin = np.tile(_across(u, chosen["origin_m"]), (2, 1))
    coefficients = both_layers("coefficients_m2")
    share = np.repeat([1 - chosen["tract_share"], chosen["tract_share"]], lines)
    optimal, pennation, norm = (both_layers(name) for name in ("optimal_fibre_m", "pennation_rad", "neutral_length_norm"))
    force, sacral = _strips(lines, np.array(chosen["region_force_n"]), np.array(chosen["sacral_from_to_u"]))
    neutral = np.sqrt(np.einsum("lt,lt->l", harmonics(origin), coefficients))  # all angles 0: the direction is that of the origin itself
    none = np.full((lines, 3), np.nan)
    return LineField(
        name="hipspine line field",
        u=np.concatenate([u, u]),
        insertion=(FEMUR,) * lines + (TRACT,) * lines,
        origin_m=origin,
        coefficients_m2=coefficients,
        max_force_n=np.tile(force, 2) * share,
        optimal_fibre_m=optimal,
        pennation_rad=pennation,
        slack_m=neutral - np.sqrt((norm * optimal) ** 2 - (optimal * np.sin(pennation)) ** 2),
        knee_end_m=np.concatenate([none, _straight(u, chosen["knee_end_m"])]),
        tibia_end_m=np.concatenate([none, _straight(u, chosen["tibia_end_m"])]),
        knee_centre_m=np.array(chosen["knee_centre_m"]),
        sacral=np.tile(sacral, 2),
        member=member,
        side=side,
    )


def members() -> int:
    """How many fields the ensemble has."""
    return len(_table()["members"])


def harmonics(n: Floats) -> Floats:
    """(..., 16) harmonics up to the third degree of directions n (..., 3) [m from the hip centre], each n divided by `SCALE_M` first.

    >>> harmonics(np.array([SCALE_M, 0.0, 0.0]))[:4]
    array([1., 1., 0., 0.])
    """
    x, y, z = np.moveaxis(np.asarray(n, dtype=np.float64) / SCALE_M, -1, 0)
    xx, yy, zz = x * x, y * y, z * z
    return np.stack(
        [
            *(np.ones_like(x), x, y, z),
            *(x * y, y * z, x * z, xx - yy, 2 * zz - xx - yy),
            *(x * y * z, x * (xx - 3 * yy), y * (3 * xx - yy), z * (xx - yy)),
            *(x * (4 * zz - xx - yy), y * (4 * zz - xx - yy), z * (2 * zz - 3 * xx - 3 * yy)),
        ],
        axis=-1,
    )


def _across(u: Floats, values: list[Any]) -> Floats:
    """(place, ...) the polynomial in u that takes these values at evenly spaced knots from 0 to 1."""
    knots = np.linspace(0, 1, len(values))
    weights = [np.prod([(u - other) / (knot - other) for other in knots if other != knot], axis=0) for knot in knots]
    return np.asarray(np.tensordot(np.stack(weights, axis=-1), np.array(values), axes=(1, 0)))


def _straight(u: Floats, ends: list[dict[str, Any]]) -> Floats:
    (a, first), (b, second) = ((end["u"], np.array(end["at_m"])) for end in ends)
    return np.asarray(first + np.multiply.outer((u - a) / (b - a), second - first))


def _strips(lines: int, region: Floats, ramp: Floats) -> tuple[Floats, Floats]:
    """(line,) force of equal strips of the sheet, and the share of each that crosses the sacroiliac joint.

    The force is spread evenly within each third. Fibres above ``ramp[0]`` leave the ilium, fibres below ``ramp[1]`` the sacrum, the
    coccyx or the ligament between them and the ischium; in between the share grows evenly. Both are whole sums over a strip, so that
    the muscle as a whole does not depend on the number of lines.
    """
    thirds = np.linspace(0, 1, 4)
    corners = np.unique(np.concatenate([thirds, ramp, np.linspace(0, 1, lines + 1)]))
    reached = np.interp(corners, thirds, np.concatenate([[0.0], np.cumsum(region)]))
    share = np.clip((corners - ramp[0]) / (ramp[1] - ramp[0]), 0, 1)  # straight between corners, and so is the force below
    crossing = np.concatenate([[0.0], np.cumsum(np.diff(reached) * (share[1:] + share[:-1]) / 2)])
    edges = np.linspace(0, 1, lines + 1)
    force = np.diff(np.interp(edges, corners, reached))
    return force, np.clip(np.diff(np.interp(edges, corners, crossing)) / force, 0, 1)


@cache
def _table() -> dict[str, Any]:
    text = resources.files("hipspine.anatomy").joinpath("data", "gluteus_maximus.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
