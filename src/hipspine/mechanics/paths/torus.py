"""The way of a line through a ring, for Numba: over a cylinder laid along the ring where the line comes nearest to it.

The rule is that of OpenSim (opensim-core, WrapTorus): the ring's tube is straight there, so the way is no shortest path on the ring.
"""

import math

import numpy as np

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.surfaces import FREE, MAY, SLID, Wrapped, component, over_cylinder

COMPILED_IN = "0f644ea7"  # of the text of the files that kernels and constants come from: see compiling

_LONG_M = 1e4  # the cylinder has no ends
_ROUNDS = 60
_SIDE = np.array([0, 1, SLID])  # axis, sign and way of that cylinder; an array, for the compiler makes a second kernel for plain constants


@kernel
def over_torus(ax: float, ay: float, az: float, bx: float, by: float, bz: float, tube: float, ring: float, axis: int, sign: int) -> Wrapped:
    """Through a ring about z of radius ``ring``, over its tube of radius ``tube``, on the side of the ring's centre."""
    ex, ey, ez = bx - ax, by - ay, bz - az
    reach = math.sqrt(ex * ex + ey * ey + ez * ez)
    if reach <= 0.0:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ex, ey, ez = ex / reach, ey / reach, ez / reach
    first = _nearest(ax, ay, az, ex, ey, ez, ring)
    second = reach - _nearest(bx, by, bz, -ex, -ey, -ez, ring)
    fx, fy, sx, sy = ax + first * ex, ay + first * ey, ax + second * ex, ay + second * ey
    x, y = fx, fy
    if _distance(sx, sy, az + second * ez, ring) < _distance(fx, fy, az + first * ez, ring):
        x, y = sx, sy
    if sign != 0:
        on_first, on_second = component(axis, fx, fy, 0.0) * sign > 0.0, component(axis, sx, sy, 0.0) * sign > 0.0
        if not (on_first or on_second):
            return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        if on_first != on_second:
            x, y = (fx, fy) if on_first else (sx, sy)
    out = math.sqrt(x * x + y * y)
    if out <= 0.0:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    cx, cy = -x / out, -y / out  # towards the centre: the cylinder's x; its y is minus the ring's axis, its z runs along the ring
    px, qx = ax * cx + ay * cy + ring, bx * cx + by * cy + ring
    pz, qz = -ax * cy + ay * cx, -bx * cy + by * cx
    found = over_cylinder(px, -az, pz, qx, -bz, qz, tube, _LONG_M, _SIDE[0], _SIDE[1], _SIDE[2])
    if found[0] < MAY:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    u, v = found[1] - ring, found[4] - ring
    return (
        MAY,
        u * cx - found[3] * cy,
        u * cy + found[3] * cx,
        -found[2],
        v * cx - found[6] * cy,
        v * cy + found[6] * cx,
        -found[5],
        found[7],
    )


@kernel
def _distance(x: float, y: float, z: float, ring: float) -> float:
    out = math.sqrt(x * x + y * y) - ring
    return out * out + z * z


@kernel
def _nearest(x: float, y: float, z: float, ex: float, ey: float, ez: float, ring: float) -> float:
    """How far along the line from (x, y, z) it comes nearest to the ring: the first such point downhill from the start."""
    u = 0.0
    for _ in range(_ROUNDS):
        px, py, pz = x + u * ex, y + u * ey, z + u * ez
        out = math.sqrt(px * px + py * py)
        if out < 1e-12:
            break
        radial = (px * ex + py * ey) / out
        slope = px * ex + py * ey + pz * ez - ring * radial
        bend = 1.0 - ring * ((ex * ex + ey * ey) - radial * radial) / out
        step = -slope / max(abs(bend), 1e-6)
        step = max(-0.5 * ring, min(0.5 * ring, step))
        u += step
        if abs(step) < 1e-14:
            break
    return u
