"""Smooth bodies from a few rounded parts: a distance field, and the mesh of its surface.

Bones of the body view are drawn as blends of rounded triangles and tapering rods between landmarks, so that they look like bones without
being copies of anyone's scan. The mesh comes from naive surface nets: one vertex in each cell that the surface crosses, at the mean of
the crossings on its edges, and one quadrilateral round each crossed edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_parts import Vector
from hipspine.terms import Floats

Triangles = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """A ball (one corner), a rod (two) or a rounded plate (three), its thickness running evenly from corner to corner."""

    corners: tuple[Vector, ...]
    radii_m: tuple[float, ...]  # one for each corner
    blend: float = 1.0  # how much of the blend it takes; plates that share an edge take little, or the edge would swell
    cut: bool = False  # taken away from what stands before it


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A closed surface."""

    points_m: Floats  # (point, 3)
    triangles: Triangles  # (triangle, 3) counter-clockwise seen from outside

    def __post_init__(self) -> None:
        self.points_m.setflags(write=False)
        self.triangles.setflags(write=False)


def mesh(parts: Sequence[Part], *, cell_m: float, blend_m: float) -> Mesh:
    """The surface of parts that melt into each other over ``blend_m``, in cells of ``cell_m``."""
    corners = np.array([corner for part in parts if not part.cut for corner in part.corners])
    room = max(max(part.radii_m) for part in parts) + 2 * cell_m
    low, high = corners.min(axis=0) - room, corners.max(axis=0) + room
    axes = [low[k] + cell_m * np.arange(int((high[k] - low[k]) / cell_m) + 2) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points, triangles = surface_net(distance(grid, parts, blend_m=blend_m))
    return Mesh(low + cell_m * points, triangles)


def distance(points: Floats, parts: Sequence[Part], *, blend_m: float) -> Floats:
    """(...) about how far points (..., 3) are outside the blended parts [m]; negative inside."""
    found = np.full(points.shape[:-1], np.inf)
    for part in parts:
        one = _one(points, part)
        over = blend_m * part.blend
        found = -_melt(-found, one, over) if part.cut else _melt(found, one, over)
    return found


def surface_net(field: Floats) -> tuple[Floats, Triangles]:
    """Points (in cells from the first corner) and triangles of the surface where ``field`` (x, y, z) is 0.

    The outermost samples must be positive: the surface is closed.

    >>> x = np.linalg.norm(np.indices((9, 9, 9)) - 4.0, axis=0)
    >>> points, triangles = surface_net(x - 3.0)
    >>> len(points) - 3 * len(triangles) // 2 + len(triangles)
    2
    """
    inside = field < 0
    shape = tuple(np.array(field.shape) - 1)
    total, count = np.zeros((*shape, 3)), np.zeros(shape)
    for axis in range(3):
        lower, upper = _ends(field, axis)
        crossed = (lower < 0) != (upper < 0)
        share = np.divide(lower, lower - upper, out=np.zeros_like(lower), where=crossed)
        for shift in np.ndindex(2, 2):
            offset = np.insert(np.array(shift), axis, 0)
            window = tuple(slice(offset[k], offset[k] + shape[k]) for k in range(3))
            hit = crossed[window]
            total[hit] += offset
            total[..., axis][hit] += share[window][hit]
            count += hit
    cells = np.argwhere(count > 0)
    number = np.full(shape, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    points = cells + total[tuple(cells.T)] / count[tuple(cells.T)][:, None]
    return points, np.concatenate([_around(inside, number, axis) for axis in range(3)])


def _ends(field: Floats, axis: int) -> tuple[Floats, Floats]:
    """The field at both ends of every edge along an axis."""
    first, last = [slice(None)] * 3, [slice(None)] * 3
    first[axis], last[axis] = slice(None, -1), slice(1, None)
    return field[tuple(first)], field[tuple(last)]


def _around(inside: NDArray[np.bool_], number: NDArray[np.int64], axis: int) -> Triangles:
    """Two triangles through the four cells round each crossed edge along an axis."""
    first, last = [slice(1, -1)] * 3, [slice(1, -1)] * 3
    first[axis], last[axis] = slice(None, -1), slice(1, None)
    lower, upper = inside[tuple(first)], inside[tuple(last)]
    edges = np.argwhere(lower != upper)
    b, c = (axis + 1) % 3, (axis + 2) % 3
    edges[:, b] += 1
    edges[:, c] += 1
    corners = []
    for back_b, back_c in ((1, 1), (0, 1), (0, 0), (1, 0)):
        cell = edges.copy()
        cell[:, b] -= back_b
        cell[:, c] -= back_c
        corners.append(number[tuple(cell.T)])
    quads = np.stack(corners, axis=-1)
    outwards = lower[lower != upper]
    quads[~outwards] = quads[~outwards][:, ::-1]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _melt(a: Floats, b: Floats, over: float) -> Floats:
    """The lesser of two distances, with a rounded corner (quadratic) where they are nearly alike."""
    near = np.maximum(over - np.abs(np.where(np.isinf(a), b + 2 * over, a) - b), 0.0)
    return np.asarray(np.minimum(a, b) - near * near / (4 * over))


def _one(points: Floats, part: Part) -> Floats:
    corners = np.array(part.corners)
    radii = np.array(part.radii_m)
    weights = (
        _plate(points, corners) if len(corners) == 3 else _rod(points, corners) if len(corners) == 2 else np.ones((*points.shape[:-1], 1))
    )
    return np.asarray(np.linalg.norm(points - weights @ corners, axis=-1) - weights @ radii)


def _rod(points: Floats, corners: Floats) -> Floats:
    """(..., 2) weights of the ends in the nearest point of a rod."""
    along = corners[1] - corners[0]
    share = np.clip((points - corners[0]) @ along / (along @ along), 0.0, 1.0)
    return np.stack([1 - share, share], axis=-1)


def _plate(points: Floats, corners: Floats) -> Floats:
    """(..., 3) weights of the corners in the nearest point of a triangle."""
    a, b, c = corners
    ab, ac, from_a = b - a, c - a, points - a
    normal = np.cross(ab, ac)
    whole = normal @ normal
    second = np.cross(from_a, ac) @ normal / whole
    third = np.cross(np.broadcast_to(ab, from_a.shape), from_a) @ normal / whole
    best = np.stack([1 - second - third, second, third], axis=-1)
    outside = (best < 0).any(axis=-1)
    nearest = np.full(points.shape[:-1], np.inf)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        pair = _rod(points, corners[[i, j]])
        weights = np.zeros((*points.shape[:-1], 3))
        weights[..., i], weights[..., j] = pair[..., 0], pair[..., 1]
        away = np.linalg.norm(points - weights @ corners, axis=-1)
        better = outside & (away < nearest)
        best[better] = weights[better]
        nearest = np.where(better, away, nearest)
    return np.asarray(best)
