"""Any surface by its shape, and the slope of a way's length where that way is no shortest path, for Numba."""

import math

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.ellipsoid import over_ellipsoid
from hipspine.mechanics.paths.surfaces import MAY, Wrapped, over_cylinder, over_sphere
from hipspine.mechanics.paths.tables import CYLINDER, ELLIPSOID, SPHERE, Tables
from hipspine.mechanics.paths.torus import over_torus
from hipspine.terms import Floats

COMPILED_IN = "0a8518f3"  # of the text of the files that kernels and constants come from: see compiling

_STEP_M = 3e-6  # of the slope: the error of the difference is some 1e-9, far below that of any arm that matters


@kernel
def over_surface(t: Tables, use: int, ends: Floats) -> Wrapped:
    """From ``ends[0]`` to ``ends[1]``, both in the frame of the surface of ``use``."""
    wrap = t.wraps[t.uses[use]["wrap"]]
    size, axis, sign = wrap["size"], wrap["axis"], wrap["sign"]
    ax, ay, az, bx, by, bz = ends[0, 0], ends[0, 1], ends[0, 2], ends[1, 0], ends[1, 1], ends[1, 2]
    if wrap["shape"] == CYLINDER:
        return over_cylinder(ax, ay, az, bx, by, bz, size[0], size[1], axis, sign, t.uses[use]["slide"])
    if wrap["shape"] == SPHERE:
        return over_sphere(ax, ay, az, bx, by, bz, size[0], axis, sign)
    if wrap["shape"] == ELLIPSOID:
        return over_ellipsoid(ax, ay, az, bx, by, bz, size[0], size[1], size[2], axis, sign, t.uses[use]["method"])
    return over_torus(ax, ay, az, bx, by, bz, size[0], size[1], axis, sign)


@kernel
def way(found: Wrapped, ends: Floats) -> float:
    """Length of the way from end to end; straight where it does not wrap."""
    a, b = ends[0], ends[1]
    if found[0] < MAY:
        return math.sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2 + (b[2] - a[2]) ** 2)
    there = math.sqrt((found[1] - a[0]) ** 2 + (found[2] - a[1]) ** 2 + (found[3] - a[2]) ** 2)
    back = math.sqrt((found[4] - b[0]) ** 2 + (found[5] - b[1]) ** 2 + (found[6] - b[2]) ** 2)
    return there + found[7] + back


@kernel
def soft_slope(t: Tables, use: int, ends: Floats, slope: Floats) -> float:
    """Length of the way, and into ``slope`` (2, 3) its derivative by both ends, from differences; ``ends`` comes out as it went in."""
    length = way(over_surface(t, use, ends), ends)
    for half in range(2):
        for i in range(3):
            kept = ends[half, i]
            ends[half, i] = kept + _STEP_M
            more = way(over_surface(t, use, ends), ends)
            ends[half, i] = kept - _STEP_M
            less = way(over_surface(t, use, ends), ends)
            ends[half, i] = kept
            slope[half, i] = (more - less) / (2.0 * _STEP_M)
    return length
