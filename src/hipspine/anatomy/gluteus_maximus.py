"""Gluteus maximus as a continuous field of fibre lines: where each begins, how its length depends on the hip, how strong it is.

Across the muscle runs ``u``, from 0 (uppermost fibre, ilium) to 1 (lowest, coccyx). Two layers lie over each other: fibres to the femur
and fibres to the iliotibial tract. A line that leaves the pelvis at a fixed point A and may slide over anything that moves with the
femur has a length that depends on one direction only: where A is, seen from the femur, ``n = R' A`` (R: femur in pelvis, origin at the hip centre).
Its squared length is here a polynomial of third degree in n: smooth in every posture, with exact moment arms, and a pull that leaves the
pelvis at the bone by construction. Coefficients are fitted to published moment arms (benchmarks/fit_gluteus_maximus.py, docs).
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


@dataclass(frozen=True, slots=True, eq=False)
class LineField:
    """Lines of one gluteus maximus, first those to the femur from above to below, then those to the tract.

    Frame: pelvis, x forward, y up, z to the side of the muscle; origin at the hip centre.
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
        ModelError: there is no such member, or no such number of lines.

    >>> field = gluteus_maximus(lines=3)
    >>> field.names[:3]
    ('gluteus_maximus/upper:femur:1', 'gluteus_maximus/middle:femur:2', 'gluteus_maximus/lower:femur:3')
    """
    table = _table()
    if not 3 <= lines <= MOST_LINES:
        raise ModelError(f"lines is {lines}; give the number of lines in each layer, 3 to {MOST_LINES}, such as {LINES}.")
    if member is not None and not 0 <= member < len(table["members"]):
        raise ModelError(f"member is {member}; this field has members 0 to {len(table['members']) - 1}, or None for the best fit.")
    chosen = table["best"] if member is None else table["members"][member]
    u = (np.arange(lines) + 0.5) / lines
    across = _quadratic(u, np.array(table["knots_u"]))
    both = np.concatenate([u, u])
    origin = np.tile(across @ np.array(chosen.get("origin_m", table["origin_m"])), (2, 1))
    coefficients = np.concatenate([across @ np.array(layer) for layer in chosen["coefficients_m2"]])
    share = np.repeat([1 - table["tract_share"], table["tract_share"]], lines)
    optimal = np.tile(across @ np.array(table["optimal_fibre_m"]), 2)
    pennation = np.tile(across @ np.array(table["pennation_rad"]), 2)
    norm = np.concatenate([across @ np.array(layer) for layer in table["neutral_length_norm"]])
    height = optimal * np.sin(pennation)
    neutral = np.sqrt(np.einsum("lt,lt->l", harmonics(origin), coefficients))  # all angles 0: the direction is that of the origin itself
    none = np.full((lines, 3), np.nan)
    return LineField(
        name="hipspine line field",
        u=both,
        insertion=(FEMUR,) * lines + (TRACT,) * lines,
        origin_m=origin,
        coefficients_m2=coefficients,
        max_force_n=np.tile(_force(lines, np.array(table["region_force_n"])), 2) * share,
        optimal_fibre_m=optimal,
        pennation_rad=pennation,
        slack_m=neutral - np.sqrt((norm * optimal) ** 2 - height**2),
        knee_end_m=np.concatenate([none, _straight(u, table["knee_end_m"])]),
        tibia_end_m=np.concatenate([none, _straight(u, table["tibia_end_m"])]),
        knee_centre_m=np.array(table["knee_centre_m"]),
        sacral=np.tile(np.clip(across @ np.array(table["sacral"]), 0, 1), 2),
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


def _quadratic(u: Floats, knots: Floats) -> Floats:
    """(place, 3) weights of the values at three knots."""
    a, b, c = knots
    rows = [(u - b) * (u - c) / ((a - b) * (a - c)), (u - a) * (u - c) / ((b - a) * (b - c)), (u - a) * (u - b) / ((c - a) * (c - b))]
    return np.stack(rows, axis=-1)


def _straight(u: Floats, ends: list[dict[str, Any]]) -> Floats:
    (a, first), (b, second) = ((end["u"], np.array(end["at_m"])) for end in ends)
    return np.asarray(first + np.multiply.outer((u - a) / (b - a), second - first))


def _force(lines: int, region: Floats) -> Floats:
    """(line,) force of equal strips of the sheet, whose density is even within each third."""
    edges = np.linspace(0, 1, lines + 1)
    reached = np.interp(edges, np.linspace(0, 1, 4), np.concatenate([[0.0], np.cumsum(region)]))
    return np.diff(reached)


@cache
def _table() -> dict[str, Any]:
    text = resources.files("hipspine.anatomy").joinpath("data", "gluteus_maximus.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
