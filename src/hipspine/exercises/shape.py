"""The flesh of the body as tapered capsules, for pictures and for the question whether parts of the body pass through each other.

Drawn, not measured: radii are those of a slim adult, sized with height alone, and made to agree with the places that touch
(`hipspine.exercises.places`) within about 1.5 cm. Nothing that is computed about loads looks at them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.anatomy.generic_values import value
from hipspine.errors import ModelError
from hipspine.mechanics.rigid import Placed
from hipspine.terms import Floats, Side


@dataclass(frozen=True, slots=True)
class Capsule:
    """The hull of two balls in one segment."""

    name: str  # with its side where there are two
    segment: str
    start_m: Vector  # in the segment
    start_radius_m: float
    end_m: Vector
    end_radius_m: float
    gives: bool = False  # fingers and toes, which bend to lie on what they touch


_Row: TypeAlias = tuple[str, str, Vector, float, Vector, float]
_MIDDLE: tuple[_Row, ...] = (  # segment, name, start, radius, end, radius; for a body of the reference height
    ("thorax", "neck", (0.015, 0.215, 0.0), 0.058, (0.02, 0.33, 0.0), 0.052),
    ("thorax", "jaw", (0.045, 0.358, 0.0), 0.052, (0.03, 0.40, 0.0), 0.06),
    ("thorax", "skull", (0.016, 0.418, 0.0), 0.086, (0.016, 0.426, 0.0), 0.086),
)
_RIGHT: tuple[_Row, ...] = (
    ("thorax", "ribs", (0.024, 0.02, 0.06), 0.103, (0.023, 0.09, 0.06), 0.111),
    ("thorax", "chest", (0.023, 0.09, 0.06), 0.111, (0.018, 0.18, 0.065), 0.1),
    ("thorax", "shoulder", (0.012, 0.195, 0.07), 0.078, (0.02, 0.208, 0.184), 0.06),
    ("L3", "waist", (0.012, -0.06, 0.052), 0.096, (0.016, 0.07, 0.052), 0.096),
    ("pelvis", "pelvis", (-0.062, 0.045, 0.062), 0.095, (-0.07, -0.02, 0.072), 0.097),
    ("pelvis", "seat", (-0.07, -0.02, 0.072), 0.097, (-0.09, -0.074, 0.07), 0.092),
    ("thigh", "thigh", (0.0, 0.0, 0.0), 0.093, (0.003, -0.2, 0.0), 0.082),
    ("thigh", "lower_thigh", (0.003, -0.2, 0.0), 0.082, (0.003, -0.405, 0.0), 0.057),
    ("shank", "calf", (0.0, 0.0, 0.0), 0.056, (-0.008, -0.13, 0.0), 0.057),
    ("shank", "lower_shank", (-0.008, -0.13, 0.0), 0.057, (0.0, -0.425, 0.0), 0.038),
    ("foot", "heel", (0.0, -0.022, 0.0), 0.038, (-0.032, -0.034, 0.0), 0.032),
    ("foot", "instep", (0.0, -0.022, 0.0), 0.038, (0.125, -0.042, 0.0), 0.025),
    ("foot", "inner_foot", (-0.028, -0.036, -0.006), 0.03, (0.12, -0.044, -0.022), 0.022),
    ("foot", "outer_foot", (-0.028, -0.036, 0.006), 0.03, (0.11, -0.046, 0.022), 0.02),
    ("foot", "toes", (0.125, -0.044, 0.0), 0.023, (0.185, -0.048, 0.0), 0.018),
    ("upper_arm", "upper_arm", (0.0, 0.0, 0.0), 0.05, (0.0, -0.14, 0.0), 0.045),
    ("upper_arm", "lower_upper_arm", (0.0, -0.14, 0.0), 0.045, (0.0, -0.275, 0.0), 0.037),
    ("forearm", "forearm", (0.0, 0.0, 0.0), 0.038, (0.0, -0.08, 0.0), 0.039),
    ("forearm", "wrist", (0.0, -0.08, 0.0), 0.039, (0.0, -0.26, 0.0), 0.026),
    ("hand", "hand", (0.0, 0.0, 0.0), 0.025, (0.0, -0.085, 0.0), 0.027),
    ("hand", "fingers", (0.0, -0.085, 0.0), 0.027, (0.01, -0.155, 0.0), 0.017),
)
_GIVES = ("toes", "hand", "fingers")
_SIDED = ("thigh", "shank", "foot", "upper_arm", "forearm", "hand")
_BLOCK = ("pelvis", "sacrum", "L5", "L4", "L3", "L2", "L1", "thorax")
_CHAIN = (("pelvis", "thigh", "shank", "foot"), ("thorax", "upper_arm", "forearm", "hand"))


def shape(body: BodyModel) -> tuple[Capsule, ...]:
    """The capsules of a body of hipspine's own, in its size.

    Raises:
        ModelError: the body has other segments, so nobody knows where its flesh is.

    >>> {one.name for one in shape(BodyModel()) if one.segment == "shank:left"} == {"calf:left", "lower_shank:left"}
    True
    """
    size = float(body.about.get("height_m", value("reference", "height"))) / value("reference", "height")
    names = {one.name for one in body.segments}
    found = [_capsule(row, size, None) for row in _MIDDLE]
    found += [_capsule(row, size, side) for row in _RIGHT for side in (Side.RIGHT, Side.LEFT)]
    if missing := sorted({one.segment for one in found} - names):
        raise ModelError(f"the body {body.name!r} has no segment {missing[0]!r}; only bodies made from BodyModel() have a shape.")
    return tuple(found)


def ends(capsules: Sequence[Capsule], where: Placed) -> Floats:
    """(frame, capsule, 2, 3) middles of the balls at both ends in the room [m]."""
    which = [where.segments.index(one.segment) for one in capsules]
    local = np.array([(one.start_m, one.end_m) for one in capsules], dtype=np.float64)
    turned = np.einsum("fcij,cej->fcei", where.rotation[:, which], local)
    return np.asarray(where.position_m[:, which, None] + turned)


def radii(capsules: Sequence[Capsule]) -> Floats:
    """(capsule, 2) radii at both ends [m]."""
    return np.array([(one.start_radius_m, one.end_radius_m) for one in capsules])


def lowest(capsules: Sequence[Capsule], where: Placed) -> Floats:
    """(frame,) height of the lowest point of the skin above the ground's origin [m]; fingers and toes, which bend, are left out."""
    kept = [one for one in capsules if not one.gives]
    return np.asarray((ends(kept, where)[..., 1] - radii(kept)).min(axis=(1, 2)))


def overlaps(capsules: Sequence[Capsule], where: Placed, *, standing: Placed) -> tuple[Floats, tuple[tuple[str, str], ...]]:
    """(frame, pair) how deep parts of the body lie in each other [m], 0 where they do not, and the names of the pairs.

    Parts that one joint joins are left out, and so is what overlaps already in ``standing`` (one posture), such as the thighs near the
    hips. Depth is that of the balls at the nearest points of the two axes. Flesh gives: 2 or 3 cm are a touch, not a mistake.
    """
    pairs = [pair for pair in combinations(range(len(capsules)), 2) if not _joined(*(capsules[k].segment for k in pair))]
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    size = radii(capsules)

    def depth(placed: Placed) -> Floats:
        at = ends(capsules, placed)
        found = np.empty((len(at), len(pairs)))
        for k in range(len(at)):
            s, t, apart = _nearest(at[k, first], at[k, second])
            thick = [size[c, 0] + u * (size[c, 1] - size[c, 0]) for c, u in ((first, s), (second, t))]
            found[k] = thick[0] + thick[1] - apart
        return np.maximum(found, 0.0)

    names = tuple((capsules[i].name, capsules[j].name) for i, j in pairs)
    return np.maximum(depth(where) - depth(standing), 0.0), names


def _capsule(row: _Row, size: float, side: Side | None) -> Capsule:
    segment, name, start, start_radius, end, end_radius = row
    label = f"{name}:{side}" if side else name
    whose = f"{segment}:{side}" if side and segment in _SIDED else segment
    mirror = -1.0 if side is Side.LEFT else 1.0
    ends_m = [(x * size, y * size, z * size * mirror) for x, y, z in (start, end)]
    return Capsule(label, whose, ends_m[0], start_radius * size, ends_m[1], end_radius * size, name in _GIVES)


def _joined(a: str, b: str) -> bool:
    """Whether two segments are one, or neighbours; the trunk counts as one."""
    (first, _, one), (second, _, other) = a.partition(":"), b.partition(":")
    if first in _BLOCK and second in _BLOCK:
        return True
    if one and other and one != other:
        return False
    for chain in _CHAIN:
        at = [chain.index(part) if part in chain else 0 if part in _BLOCK else None for part in (first, second)]
        if at[0] is not None and at[1] is not None and abs(at[0] - at[1]) <= 1:
            return True
    return False


def _nearest(a: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """(pair,) shares along two segments (pair, 2, 3) at which they are nearest, and their distance there."""
    u, v, w = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0], a[:, 0] - b[:, 0]
    uu, vv, uv = (np.einsum("pi,pi->p", one, two) for one, two in ((u, u), (v, v), (u, v)))
    uw, vw = np.einsum("pi,pi->p", u, w), np.einsum("pi,pi->p", v, w)
    whole = np.maximum(uu * vv - uv**2, 1e-12)
    s = np.clip((uv * vw - vv * uw) / whole, 0.0, 1.0)
    t = np.clip((uv * s + vw) / np.maximum(vv, 1e-12), 0.0, 1.0)
    s = np.clip((uv * t - uw) / np.maximum(uu, 1e-12), 0.0, 1.0)
    gap = w + s[:, None] * u - t[:, None] * v
    return s, t, np.asarray(np.linalg.norm(gap, axis=1))
