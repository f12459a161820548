"""Muscle paths of any body: lengths, moment arms and pulls in many postures.

A line runs through its points and over surfaces on the shortest way. Its moment arm about a coordinate is minus the derivative of its
length by it; the pulls of a line of unit tension on the segments it touches give that derivative exactly (`paths.pulling`).

Rules of wrapping are those of OpenSim (doi:10.1371/journal.pcbi.1006223), so that its models mean the same here.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import config
from numpy.typing import ArrayLike

from hipspine.errors import ModelError
from hipspine.mechanics.paths.layout import Paths, compiled
from hipspine.mechanics.paths.pulling import fill_frames, fill_lengths_and_arms, fill_pulls
from hipspine.mechanics.paths.tables import Indices, work
from hipspine.mechanics.posture import Posture
from hipspine.terms import Floats

__all__ = ["Paths", "Pulls", "compiled", "coordinate_values", "cores", "lengths_and_arms", "pulls", "segment_frames"]

_LIMIT_SLACK = 1e-6
_PART = 256  # postures that are worth a thread of their own


@dataclass(frozen=True, slots=True, eq=False)
class Pulls:
    """What each line does to each segment it touches when its tension is 1 N; multiply by the tension.

    The pulls of one line sum to no force and no moment. A segment over whose surface a line bends feels the two pulls beside it.
    """

    line: Indices  # (place,) index into ``Paths.lines``
    segment: Indices  # (place,) index into ``Paths.segments``
    force: Floats  # (posture, place, 3) [1] in the segment's frame
    moment: Floats  # (posture, place, 3) [m] about the segment's origin, in its frame

    @property
    def point(self) -> Floats:
        """(posture, place, 3) the point of the line of action nearest to the segment's origin [m]; 0 where there is no force."""
        square = np.einsum("qpi,qpi->qp", self.force, self.force)
        return np.asarray(np.cross(self.force, self.moment) / np.where(square > 1e-24, square, np.inf)[..., None])


def lengths_and_arms(paths: Paths, coordinates: ArrayLike) -> tuple[Floats, Floats]:
    """(posture, line) lengths [m], and (posture, line, about) moment arms: minus the derivative of the length by the coordinate.

    An arm about an angle is in metres, about a shift without unit. Where a coordinate follows another, the arm about the free one holds the
    share of both, and the arm about the other is 0.

    Many postures are shared out among the cores (NUMBA_NUM_THREADS of them, where that is set). Each is worked out by itself, so that the
    answer is the same to the last bit.

    Args:
        paths: from `compiled`.
        coordinates: (posture, coordinate) in the order of ``paths.coordinates`` [rad or m]; one that follows another is not read.

    Raises:
        ModelError: another shape, or a number that is not finite.
    """
    given = _checked(paths, coordinates)
    lengths = np.zeros((given.shape[0], len(paths.lines)))
    arms = np.zeros((*lengths.shape, len(paths.about)))

    def fill(part: slice) -> None:
        fill_lengths_and_arms(paths.tables, given[part], work(paths.tables), lengths[part], arms[part])

    _share_out(given.shape[0], fill)
    return lengths, arms


def pulls(paths: Paths, coordinates: ArrayLike) -> Pulls:
    """What each line of unit tension does to each segment that it touches.

    Raises:
        ModelError: as `lengths_and_arms`.
    """
    given = _checked(paths, coordinates)
    force, moment = (np.zeros((given.shape[0], paths.place_segment.size, 3)) for _ in range(2))
    fill_pulls(paths.tables, given, work(paths.tables), force, moment)
    return Pulls(paths.place_line, paths.place_segment, force, moment)


def segment_frames(paths: Paths, coordinates: ArrayLike) -> tuple[Floats, Floats]:
    """(posture, segment, 3, 3) axes of every segment as columns, and (posture, segment, 3) its origin [m], seen from the ground.

    Raises:
        ModelError: as `lengths_and_arms`.
    """
    given = _checked(paths, coordinates)
    room = work(paths.whole, segments=len(paths.segments))
    rotation = np.zeros((given.shape[0], room.segments.size, 3, 3))
    position = np.zeros((given.shape[0], room.segments.size, 3))
    fill_frames(paths.whole, given, room, rotation, position)
    return rotation, position


def coordinate_values(paths: Paths, posture: Posture | Mapping[str, ArrayLike]) -> Floats:
    """(posture, coordinate) values for a posture that names some of the coordinates; the others stand at their default.

    Args:
        paths: from `compiled`.
        posture: a `Posture`, or names with units as `Posture.of` takes them.

    Raises:
        ModelError: a name that the body does not have, one that follows another, or a value outside its range.
    """
    posture = posture if isinstance(posture, Posture) else Posture.of(**posture)
    values = np.repeat(paths.default[None], posture.size, axis=0)
    for name, given in posture.angles.items():
        if name not in paths.coordinates:
            raise ModelError(f"there is no coordinate {name!r}; the body has {', '.join(paths.coordinates) or 'none'}.")
        k = paths.coordinates.index(name)
        if paths.follows[k] is not None:
            raise ModelError(f"coordinate {name} follows {paths.follows[k]}; give that one.")
        outside = (given < paths.low[k] - _LIMIT_SLACK) | (given > paths.high[k] + _LIMIT_SLACK)
        if outside.any():
            raise ModelError(f"{name} is {given[outside][0]:.4g}; give {paths.low[k]:.4g} to {paths.high[k]:.4g} (rad or m).")
        values[:, k] = given
    return values


def cores() -> int:
    """How many cores a large batch may take: those of the machine, or NUMBA_NUM_THREADS."""
    return int(vars(config)["NUMBA_NUM_THREADS"])  # asked for by its function, numba would start threads of its own


def _share_out(count: int, fill: Callable[[slice], None]) -> None:
    """Fill ``count`` postures, in parts on several cores where there are enough of them; the kernels hold no lock."""
    parts = min(cores(), count // _PART)
    if parts < 2:
        fill(slice(0, count))
        return
    edges = np.linspace(0, count, parts + 1).astype(int).tolist()
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(fill, [slice(first, last) for first, last in pairwise(edges)]))


def _checked(paths: Paths, coordinates: ArrayLike) -> Floats:
    given = np.ascontiguousarray(np.asarray(coordinates, dtype=np.float64))
    if given.ndim != 2 or given.shape[1] != len(paths.coordinates):
        raise ModelError(f"coordinates have shape {given.shape}; expected (posture, {len(paths.coordinates)}).")
    if not np.isfinite(given).all():
        q, k = np.argwhere(~np.isfinite(given))[0]
        raise ModelError(f"{paths.coordinates[k]} is {given[q, k]} in posture {q}; give finite numbers.")
    return given
