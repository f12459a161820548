"""The way of a line over an ellipsoid, for Numba: in one plane through both of its ends.

A shortest path on an ellipsoid has no closed form and is not what OpenSim takes (opensim-core, WrapEllipsoid): it chooses a plane
through the ends and one point of the surface, and runs along the section. The same three rules (hybrid, midpoint, axial) find it here.
The section is exact: squeezed to a sphere, it is a circle, and tangents stay tangents.
"""

import math

import numpy as np

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.surfaces import FREE, INSIDE, MUST, Wrapped, component
from hipspine.mechanics.paths.tables import AXIAL, MIDPOINT

COMPILED_IN = "71474475"  # of the text of the files that kernels and constants come from: see compiling

# the hybrid rule: up to FAN the plane comes from a fan of shortest distances, from AXIS on from the axis most along the line
FAN, AXIS, EDGE = 0.7073, 0.9, 0.3
_SAMPLES = 300.0  # OpenSim's fan has so many blades, without its first and the last two; here it is an integral over the same stretch
_NODES, _WEIGHTS = (array.copy() for array in np.polynomial.legendre.leggauss(40))
_ARC_NODES, _ARC_WEIGHTS = (array.copy() for array in np.polynomial.legendre.leggauss(24))
_TURN = 2.0 * math.pi

Point = tuple[float, float, float]


@kernel
def over_ellipsoid(
    ax: float, ay: float, az: float, bx: float, by: float, bz: float, p: float, q: float, r: float, axis: int, sign: int, method: int
) -> Wrapped:
    """Over an ellipsoid with half axes ``p, q, r`` about the origin; only where the straight line pierces it."""
    out_a = (ax / p) ** 2 + (ay / q) ** 2 + (az / r) ** 2 - 1.0
    out_b = (bx / p) ** 2 + (by / q) ** 2 + (bz / r) ** 2 - 1.0
    if out_a < -1e-4 or out_b < -1e-4:
        return INSIDE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    la, lb = math.sqrt(ax * ax + ay * ay + az * az), math.sqrt(bx * bx + by * by + bz * bz)
    if abs((ax * bx + ay * by + az * bz) / (la * lb) - 1.0) < 1e-4:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ex, ey, ez = bx - ax, by - ay, bz - az
    square = (ex / p) ** 2 + (ey / q) ** 2 + (ez / r) ** 2
    half = (ex * ax / p**2 + ey * ay / q**2 + ez * az / r**2) / square
    root = half * half - out_a / square
    if root < 0.0:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    enter, leave = -half - math.sqrt(root), -half + math.sqrt(root)
    if not (0.0 < enter < 1.0 and 0.0 < leave < 1.0):
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    inside = leave - enter
    cx, cy, cz, either = _crest(
        ax + enter * ex, ay + enter * ey, az + enter * ez, inside * ex, inside * ey, inside * ez, p, q, r, axis, sign, method
    )
    return _section(ax / p, ay / q, az / r, bx / p, by / q, bz / r, cx / p, cy / q, cz / r, p, q, r, either)


@kernel
def _crest(
    x: float, y: float, z: float, ex: float, ey: float, ez: float, p: float, q: float, r: float, axis: int, sign: int, method: int
) -> tuple[float, float, float, bool]:
    """The point of the surface that the plane goes through; the line enters at (x, y, z) and leaves after (ex, ey, ez).

    The last says that the line may pass on either side of the ellipsoid in that plane: the axial rule found no crest between the ends.
    """
    reach = math.sqrt(ex * ex + ey * ey + ez * ez)
    best, along = 0, abs(ex) / reach
    if abs(ey) / reach > along:
        best, along = 1, abs(ey) / reach
    if abs(ez) / reach > along:
        best, along = 2, abs(ez) / reach
    share = -component(best, x, y, z) / component(best, ex, ey, ez)  # where the line crosses the plane of the other two axes
    faded = along
    if along > FAN:
        faded = FAN + max(0.0, min(1.0, share / EDGE, (1.0 - share) / EDGE)) * (along - FAN)
    if method == MIDPOINT:
        cx, cy, cz = _nearest(x + 0.5 * ex, y + 0.5 * ey, z + 0.5 * ez, p, q, r)
        fan = 1.0 - (along - FAN) / (AXIS - FAN)
    elif method == AXIAL:
        cx, cy, cz = _nearest_in_plane(best, x + share * ex, y + share * ey, z + share * ez, p, q, r)
        fan = 1.0 - (along - FAN) / (AXIS - FAN)
    else:
        cx, cy, cz = _hybrid(x, y, z, ex, ey, ez, p, q, r, best, share, faded)
        fan = 1.0 - (faded - FAN) / (AXIS - FAN)
    if sign != 0 and component(axis, cx, cy, cz) * sign < 0.0:  # to the other half, or on its edge as far as the fan has a say
        keep = -(1.0 - max(0.0, min(1.0, fan)))
        cx, cy, cz = (cx * keep, cy, cz) if axis == 0 else ((cx, cy * keep, cz) if axis == 1 else (cx, cy, cz * keep))
        if fan > 0.0:
            cx, cy, cz = _nearest(cx, cy, cz, p, q, r)
    return cx, cy, cz, method == AXIAL and not 0.0 < share < 1.0


@kernel
def _hybrid(
    x: float, y: float, z: float, ex: float, ey: float, ez: float, p: float, q: float, r: float, best: int, share: float, faded: float
) -> Point:
    axial = _nearest_in_plane(best, x + share * ex, y + share * ey, z + share * ez, p, q, r)
    if faded >= AXIS:
        return axial
    sx = sy = sz = 0.0
    low, high = 0.5 / _SAMPLES, (_SAMPLES - 1.5) / _SAMPLES
    for k in range(_NODES.size):
        t = 0.5 * (low + high) + 0.5 * (high - low) * _NODES[k]
        u, v, w = x + t * ex, y + t * ey, z + t * ez
        nx, ny, nz = _nearest(u, v, w, p, q, r)
        blade = math.sqrt((nx - u) ** 2 + (ny - v) ** 2 + (nz - w) ** 2)
        if blade > 0.0:
            sx += _WEIGHTS[k] * (nx - u) / blade
            sy += _WEIGHTS[k] * (ny - v) / blade
            sz += _WEIGHTS[k] * (nz - w) / blade
    total = math.sqrt(sx * sx + sy * sy + sz * sz)
    if total <= 0.0:
        return axial
    long = (p + q + r) / (3.0 * total)
    fx, fy, fz = _nearest(x + 0.5 * ex + long * sx, y + 0.5 * ey + long * sy, z + 0.5 * ez + long * sz, p, q, r)
    if faded <= FAN:
        return fx, fy, fz
    t = (faded - FAN) / (AXIS - FAN)
    return _nearest(t * axial[0] + (1 - t) * fx, t * axial[1] + (1 - t) * fy, t * axial[2] + (1 - t) * fz, p, q, r)


@kernel
def _nearest_in_plane(axis: int, u: float, v: float, w: float, p: float, q: float, r: float) -> Point:
    """Nearest point of the section that a coordinate plane makes."""
    if axis == 0:
        y, z = _nearest_on_ellipse(v, w, q, r)
        return u, y, z
    if axis == 1:
        z, x = _nearest_on_ellipse(w, u, r, p)
        return x, v, z
    x, y = _nearest_on_ellipse(u, v, p, q)
    return x, y, w


@kernel
def _nearest_on_ellipse(u: float, v: float, p: float, q: float) -> tuple[float, float]:
    """Nearest point of an ellipse; of two equal ones that of the positive half."""
    tiny = 1e-9 * (p + q)
    if abs(u) < tiny and abs(v) < tiny:
        return (p, 0.0) if p < q else (0.0, q)
    if abs(u) < tiny:
        if p >= q or abs(v) >= q - p * p / q:
            return 0.0, math.copysign(q, v)
        y = q * q * v / (q * q - p * p)
        return p * math.sqrt(abs(1.0 - (y / q) ** 2)), y
    if abs(v) < tiny:
        if q >= p or abs(u) >= p - q * q / p:
            return math.copysign(p, u), 0.0
        x = p * p * u / (p * p - q * q)
        return x, q * math.sqrt(abs(1.0 - (x / p) ** 2))
    x, y, _ = _drop(u, v, 0.0, p, q, 1e9 * (p + q))
    return x, y


@kernel
def _nearest(u: float, v: float, w: float, p: float, q: float, r: float) -> Point:
    """Nearest point of the ellipsoid; for a point in a coordinate plane that of the narrowest section there."""
    tiny = 1e-9 * (p + q + r)
    plane, narrow = -1, math.inf
    if abs(u) < tiny and q + r < narrow:
        plane, narrow = 0, q + r
    if abs(v) < tiny and p + r < narrow:
        plane, narrow = 1, p + r
    if abs(w) < tiny and p + q < narrow:
        plane, narrow = 2, p + q
    return _nearest_in_plane(plane, u, v, w, p, q, r) if plane >= 0 else _drop(u, v, w, p, q, r)


@kernel
def _drop(u: float, v: float, w: float, p: float, q: float, r: float) -> Point:
    """Foot of the perpendicular: the root of sum (a u / (t + a^2))^2 = 1, from its left, where Newton's steps only go right."""
    pp, qq, rr = p * p, q * q, r * r
    t = max(p * abs(u) - pp, q * abs(v) - qq)
    if r < 1e6 * (p + q):
        t = max(t, r * abs(w) - rr)
    for _ in range(60):
        a, b, c = p * u / (t + pp), q * v / (t + qq), r * w / (t + rr)
        over = a * a + b * b + c * c - 1.0
        slope = 2.0 * (a * a / (t + pp) + b * b / (t + qq) + c * c / (t + rr))
        step = over / slope
        t += step
        if step <= 1e-15 * (abs(t) + pp):
            break
    return pp * u / (t + pp), qq * v / (t + qq), rr * w / (t + rr)


@kernel
def _section(
    ax: float, ay: float, az: float, bx: float, by: float, bz: float, cx: float, cy: float, cz: float, p: float, q: float, r: float,
    either: bool,
) -> Wrapped:  # fmt: skip
    """The way in the plane of three points; all in the space where the ellipsoid is the unit sphere."""
    ux, uy, uz = bx - ax, by - ay, bz - az
    reach = math.sqrt(ux * ux + uy * uy + uz * uz)
    ux, uy, uz = ux / reach, uy / reach, uz / reach
    dot = (cx - ax) * ux + (cy - ay) * uy + (cz - az) * uz
    vx, vy, vz = cx - ax - dot * ux, cy - ay - dot * uy, cz - az - dot * uz
    up = math.sqrt(vx * vx + vy * vy + vz * vz)
    if up < 1e-12:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    vx, vy, vz = vx / up, vy / up, vz / up  # towards the crest
    if either and ax * vx + ay * vy + az * vz < 0.0:  # the centre lies beyond the line on that side: the other way is shorter
        vx, vy, vz = -vx, -vy, -vz
    level = ax * (uy * vz - uz * vy) + ay * (uz * vx - ux * vz) + az * (ux * vy - uy * vx)
    square = 1.0 - level * level
    if square <= 0.0:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    radius = math.sqrt(square)
    nx, ny, nz = level * (uy * vz - uz * vy), level * (uz * vx - ux * vz), level * (ux * vy - uy * vx)  # centre of the circle
    sx, sy = (ax - nx) * ux + (ay - ny) * uy + (az - nz) * uz, (ax - nx) * vx + (ay - ny) * vy + (az - nz) * vz
    tx, ty = (bx - nx) * ux + (by - ny) * uy + (bz - nz) * uz, (bx - nx) * vx + (by - ny) * vy + (bz - nz) * vz
    # with the clock: the line runs along u and the crest lies on its left
    start = math.atan2(sy, sx) - math.acos(min(1.0, radius / math.sqrt(sx * sx + sy * sy)))
    stop = math.atan2(ty, tx) + math.acos(min(1.0, radius / math.sqrt(tx * tx + ty * ty)))
    turn = (start - stop) % _TURN
    length = 0.0
    for k in range(_ARC_NODES.size):
        angle = start - 0.5 * turn * (1.0 + _ARC_NODES[k])
        c, s = radius * math.cos(angle), radius * math.sin(angle)
        length += _ARC_WEIGHTS[k] * math.sqrt((p * (c * vx - s * ux)) ** 2 + (q * (c * vy - s * uy)) ** 2 + (r * (c * vz - s * uz)) ** 2)
    c, s, d, e = radius * math.cos(start), radius * math.sin(start), radius * math.cos(stop), radius * math.sin(stop)
    return (
        MUST, p * (nx + c * ux + s * vx), q * (ny + c * uy + s * vy), r * (nz + c * uz + s * vz),
        p * (nx + d * ux + e * vx), q * (ny + d * uy + e * vy), r * (nz + d * uz + e * vz), 0.5 * turn * length,
    )  # fmt: skip
