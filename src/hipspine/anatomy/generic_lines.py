"""Muscle lines of the generic adult, both sides, without gluteus maximus (which is a `LineField`).

Hip, thigh, shank and foot: rows of published models under permissive licences, and two lines of our own for the obturators
(data/leg_lines.csv, data/leg_wraps.csv); one factor makes the hamstrings about as strong as people were measured to be. Trunk: lines of
our own between landmarks of this skeleton, after descriptions of the anatomy; force is published cross-section times a stated stress
(data/trunk_lines.csv, data/body_values.csv). The left side mirrors the right.
"""

import math
from functools import cache
from itertools import groupby, pairwise

import numpy as np

from hipspine.anatomy.body_parts import MuscleLine, PathPoint, Shape, Vector, Wrap, WrapUse
from hipspine.anatomy.generic_landmarks import landmark
from hipspine.anatomy.generic_skeleton import LIMBS, joint_centres, of
from hipspine.anatomy.generic_values import strength_factor, table, value
from hipspine.terms import Floats, Side

_PSOAS = "psoas"
_MIRRORED = {"z": "-z", "-z": "z"}  # sides of a surface that change place in a mirror


@cache
def lines() -> tuple[MuscleLine, ...]:
    """All lines, first those of the right side."""
    right = (*_leg_lines(), *_trunk_lines())
    return (*right, *(_mirrored(one) for one in right))


@cache
def wraps() -> tuple[Wrap, ...]:
    """All surfaces, each once for each side."""
    right = {row["wrap"]: _wrap(row) for row in table("leg_wraps.csv")}
    return tuple(_wrap_of(one, side) for side in (Side.RIGHT, Side.LEFT) for one in right.values())


def _leg_lines() -> list[MuscleLine]:
    uses = _uses()
    found = []
    for name, rows in groupby(table("leg_lines.csv"), key=lambda row: row["line"]):
        points = list(rows)
        first = points[0]
        found.append(
            MuscleLine(
                name=of(name, Side.RIGHT),
                muscle=first["muscle"],
                side=Side.RIGHT,
                points=tuple(PathPoint(_sided(row["segment"], Side.RIGHT), _place(row)) for row in points),
                max_force_n=float(first["max_force_n"]) * strength_factor(first["muscle"]),
                optimal_fibre_m=float(first["optimal_fibre_m"]),
                tendon_slack_m=float(first["tendon_slack_m"]),
                pennation_rad=math.radians(float(first["pennation_deg"])),
                wraps=uses.get(name, ()),
                source=first["source"],
                licence=first["licence"],
            )
        )
    return found


def _trunk_lines() -> list[MuscleLine]:
    uses = _uses()
    found = []
    for row in table("trunk_lines.csv"):
        places = [landmark(name.strip()) for name in row["landmarks"].split(";")]
        force, fibre, slack, pennation = _psoas(row, places) if row["size"] == _PSOAS else _by_size(row, places)
        found.append(
            MuscleLine(
                name=of(row["line"], Side.RIGHT),
                muscle=row["muscle"],
                side=Side.RIGHT,
                points=tuple(PathPoint(segment, _vector(at)) for segment, at in places),
                max_force_n=force,
                optimal_fibre_m=fibre,
                tendon_slack_m=slack,
                pennation_rad=pennation,
                wraps=uses.get(row["line"], ()),
                source=row["source"],
                licence=row["licence"],
            )
        )
    return found


def _by_size(row: dict[str, str], places: list[tuple[str, Floats]]) -> tuple[float, float, float, float]:
    """Force [N], best fibre length, tendon slack [m], pennation: area times stress; sarcomeres tell how long fibres are in standing."""
    length = _length(places)
    standing = value("sarcomere", row["size"]) / value("sarcomere", "optimum")
    fibre = min(value("fibre", row["fibre"]), value("fibre", "share_of_line") * length / standing)
    force = float(row["share"]) * value("pcsa", row["size"]) * value("stress", "trunk")
    return force, fibre, length - standing * fibre, 0.0


def _psoas(row: dict[str, str], places: list[tuple[str, Floats]]) -> tuple[float, float, float, float]:
    """As `_by_size` for a fascicle of psoas: the published row, whose fibres keep their length while the line begins at a vertebra."""
    brim = landmark("psoas_brim")[1]
    longer = _length(places[:2]) - float(np.linalg.norm(landmark("psoas_row")[1] - brim))
    force, fibre, slack = (value(_PSOAS, what) for what in ("force", "fibre", "tendon_slack"))
    return float(row["share"]) * force * strength_factor(row["muscle"]), fibre, slack + longer, math.radians(value(_PSOAS, "pennation"))


def _length(places: list[tuple[str, Floats]]) -> float:
    """Length through the places in standing [m]."""
    start = joint_centres()
    seen = [at + start[segment] for segment, at in places]
    return float(sum(np.linalg.norm(b - a) for a, b in pairwise(seen)))


def _uses() -> dict[str, tuple[WrapUse, ...]]:
    """Which surfaces each right line wraps over."""
    found: dict[str, tuple[WrapUse, ...]] = {}
    for row in table("leg_wraps.csv"):
        first, last = (int(row[end]) if row[end] else None for end in ("first", "last"))
        found[row["line"]] = (*found.get(row["line"], ()), WrapUse(of(row["wrap"], Side.RIGHT), first, last, row["method"]))
    return found


def _wrap(row: dict[str, str]) -> Wrap:
    turn = tuple(math.radians(float(row[f"turn_{axis}_deg"])) for axis in "xyz")
    size = (float(row["radius_m"]), float(row["length_m"]), 0.0)
    return Wrap(row["wrap"], Shape(row["shape"]), row["segment"], _place(row), (turn[0], turn[1], turn[2]), size, row["quadrant"])


def _wrap_of(right: Wrap, side: Side) -> Wrap:
    """The surface of one side; a mirror turns the body-fixed turns about x and y round."""
    mirror = 1.0 if side is Side.RIGHT else -1.0
    x, y, z = right.position_m
    a, b, c = right.rotation_rad
    quadrant = right.quadrant if side is Side.RIGHT else _MIRRORED.get(right.quadrant, right.quadrant)
    segment, name = _sided(right.segment, side), of(right.name, side)
    return Wrap(name, right.shape, segment, (x, y, mirror * z), (mirror * a, mirror * b, c), right.size_m, quadrant)


def _mirrored(line: MuscleLine) -> MuscleLine:
    """The left line of a right one."""

    def left(name: str) -> str:
        return name.removesuffix(f":{Side.RIGHT}") + f":{Side.LEFT}" if name.endswith(f":{Side.RIGHT}") else name

    points = tuple(PathPoint(left(one.segment), (one.position_m[0], one.position_m[1], -one.position_m[2])) for one in line.points)
    uses = tuple(WrapUse(left(one.wrap), one.first, one.last, one.method) for one in line.wraps)
    return MuscleLine(
        name=left(line.name),
        muscle=line.muscle,
        side=Side.LEFT,
        points=points,
        max_force_n=line.max_force_n,
        optimal_fibre_m=line.optimal_fibre_m,
        tendon_slack_m=line.tendon_slack_m,
        pennation_rad=line.pennation_rad,
        wraps=uses,
        source=line.source,
        licence=line.licence,
    )


def _sided(segment: str, side: Side) -> str:
    return of(segment, side) if segment in LIMBS else segment


def _place(row: dict[str, str]) -> Vector:
    return float(row["x_m"]), float(row["y_m"]), float(row["z_m"])


def _vector(at: Floats) -> Vector:
    x, y, z = (float(one) for one in at)
    return x, y, z
