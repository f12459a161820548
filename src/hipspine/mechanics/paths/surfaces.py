"""The shortest way over one surface, in the surface's own frame, for Numba.

Each function takes the two points a line runs between and gives ``(status, touch x y z, leave x y z, length on the surface)``. The rules
for whether and on which side a line wraps are those that OpenSim documents in its source (opensim-core, WrapCylinder and WrapSphere);
the lengths and touching points are exact, where OpenSim's slide along the cylinder is an approximation.
"""

import math

from hipspine.mechanics.paths.compiling import kernel

# INSIDE: an end lies inside the surface, so the line runs straight; MAY: competes with other stretches; MUST: the line pierces it
INSIDE, FREE, MAY, MUST = -1, 0, 1, 2
EXACT, SLID, ENDS_SLID = 0, 1, 2
_TURN = 2.0 * math.pi

Wrapped = tuple[int, float, float, float, float, float, float, float]


@kernel
def component(axis: int, x: float, y: float, z: float) -> float:
    """x, y or z by its number."""
    return x if axis == 0 else (y if axis == 1 else z)


@kernel
def over_cylinder(
    ax: float, ay: float, az: float, bx: float, by: float, bz: float, radius: float, length: float, axis: int, sign: int, slide: int
) -> Wrapped:
    """Over a cylinder about z. A surface that unrolls to a plane: the way is straight there, and known in closed form.

    A line must wrap where its straight run pierces the surface; with a side (``axis``, ``sign``) it also wraps where it would pass on the
    other side. Where both touching points lie beyond the ends of the cylinder it does not wrap.

    ``slide`` EXACT takes the shortest way, SLID the way of OpenSim, whose touching points lie in one plane with the ends and an apex (up to
    0.6 mm longer on the adductors); ENDS_SLID takes only the question of the cylinder's ends from there.
    """
    da, db = ax * ax + ay * ay, bx * bx + by * by
    r2 = radius * radius
    if da < r2 or db < r2:
        return INSIDE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ex, ey = bx - ax, by - ay
    e2 = ex * ex + ey * ey
    if e2 <= 0.0:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    share = -(ax * ex + ay * ey) / e2
    nx, ny = ax + share * ex, ay + share * ey
    status = MUST if nx * nx + ny * ny < r2 and 0.0 < share < 1.0 else MAY
    if sign == 0 and status == MAY:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if sign != 0:
        on_a, on_b = component(axis, ax, ay, az) * sign > 0.0, component(axis, bx, by, bz) * sign > 0.0
        if not (on_a or on_b):
            status = MAY
        elif status == MAY and (on_a == on_b or component(axis, nx, ny, az + share * (bz - az)) * sign > 0.0):
            return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    la, lb = math.sqrt(da - r2), math.sqrt(db - r2)
    # touching points for the way against the clock (p) and with it (m): from the point's own direction by arccos(r / distance)
    pax, pay = radius * (radius * ax - la * ay) / da, radius * (radius * ay + la * ax) / da
    max_, may = radius * (radius * ax + la * ay) / da, radius * (radius * ay - la * ax) / da
    pbx, pby = radius * (radius * bx + lb * by) / db, radius * (radius * by - lb * bx) / db
    mbx, mby = radius * (radius * bx - lb * by) / db, radius * (radius * by + lb * bx) / db
    ccw = ax * by - ay * bx > 0.0
    if sign != 0:
        ccw = _against_clock(axis, sign, az, bz, pax, pay, max_, may, pbx, pby, mbx, mby)
    if ccw:
        tx, ty, ux, uy = pax, pay, pbx, pby
        arc = math.atan2(tx * uy - ty * ux, tx * ux + ty * uy)
    else:
        tx, ty, ux, uy = max_, may, mbx, mby
        arc = math.atan2(ux * ty - uy * tx, tx * ux + ty * uy)
    if arc < 0.0:
        arc += _TURN
    run = radius * arc
    rise = (bz - az) / (la + run + lb)
    tz, uz = az + rise * la, bz - rise * lb
    if slide != EXACT:
        turn_a, turn_b = pax * pbx + pay * pby, max_ * mbx + may * mby
        far = sign != 0 and (turn_a < turn_b if ccw else turn_b <= turn_a)
        vz, wz = _apex_plane(ax, ay, az, bx, by, bz, radius, tx, ty, ux, uy, far)
        if abs(vz) > 0.5 * length and abs(wz) > 0.5 * length:
            return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        if slide == SLID:
            return status, tx, ty, vz, ux, uy, wz, math.sqrt(run * run + (wz - vz) * (wz - vz))
    elif abs(tz) > 0.5 * length and abs(uz) > 0.5 * length:
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    return status, tx, ty, tz, ux, uy, uz, run * math.sqrt(1.0 + rise * rise)


@kernel
def _apex_plane(
    ax: float, ay: float, az: float, bx: float, by: float, bz: float, radius: float, tx: float, ty: float, ux: float, uy: float, far: bool
) -> tuple[float, float]:
    """Heights at which the touching edges meet the plane through both ends and an apex on the surface between them.

    The apex stands over the point that divides the straight run as the ends' distances from the axis do, on its side (``far``: opposite).
    A height is kept only where it brings the touching point nearer to the other end.
    """
    da, db = math.sqrt(ax * ax + ay * ay), math.sqrt(bx * bx + by * by)
    share = da / (da + db)
    mx, my, mz = ax + share * (bx - ax), ay + share * (by - ay), az + share * (bz - az)
    # normal of the plane through both ends and the axis point at that height; its part across the axis, turned by a right angle
    nx, ny = ay * (bz - mz) - (az - mz) * by, (az - mz) * bx - ax * (bz - mz)
    across = math.sqrt(nx * nx + ny * ny)
    if across < 1e-14:
        return az, bz
    vx, vy = -ny / across, nx / across
    if (mx * vx + my * vy < 0.0) != far:
        vx, vy = -vx, -vy
    px, py = radius * vx, radius * vy
    x, y = (ay - py) * (bz - mz) - (az - mz) * (by - py), (az - mz) * (bx - px) - (ax - px) * (bz - mz)
    z = (ax - px) * (by - py) - (ay - py) * (bx - px)
    if abs(z) < 5e-7 * math.sqrt(x * x + y * y + z * z):
        return az, bz
    tz, uz = az - (x * (tx - ax) + y * (ty - ay)) / z, az - (x * (ux - ax) + y * (uy - ay)) / z
    reach = abs(bz - az)
    return (tz if abs(tz - bz) < reach else az), (uz if abs(uz - az) < reach else bz)


@kernel
def _against_clock(
    axis: int, sign: int, az: float, bz: float,
    pax: float, pay: float, max_: float, may: float, pbx: float, pby: float, mbx: float, mby: float,
) -> bool:  # fmt: skip
    """Which way round keeps to the side: the way whose first touching point lies on it, else the last, else the longer of the two."""
    pa, ma = component(axis, pax, pay, az) * sign > 0.0, component(axis, max_, may, az) * sign > 0.0
    pb, mb = component(axis, pbx, pby, bz) * sign > 0.0, component(axis, mbx, mby, bz) * sign > 0.0
    if pa != ma:
        return pa
    if pa:
        return not mb
    if mb:
        return False
    if pb:
        return True
    return pax * pbx + pay * pby < max_ * mbx + may * mby


@kernel
def over_sphere(ax: float, ay: float, az: float, bx: float, by: float, bz: float, radius: float, axis: int, sign: int) -> Wrapped:
    """Over a sphere about the origin: a great circle in the plane of both points and the centre; only where the line pierces it.

    With a side (``axis``, ``sign``) and an end that does not lie on it, the line goes the long way round where that way heads for the side.
    """
    da, db = ax * ax + ay * ay + az * az, bx * bx + by * by + bz * bz
    r2 = radius * radius
    if da < r2 or db < r2:
        return INSIDE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ex, ey, ez = bx - ax, by - ay, bz - az
    e2 = ex * ex + ey * ey + ez * ez
    share = -(ax * ex + ay * ey + az * ez) / e2 if e2 > 0.0 else 0.0
    closest = da - share * share * e2
    if not (0.0 < share < 1.0 and closest < r2):
        return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    wide = math.sqrt(da)
    x0, x1, x2 = ax / wide, ay / wide, az / wide  # towards the first point
    along = x0 * bx + x1 * by + x2 * bz
    y0, y1, y2 = bx - along * x0, by - along * x1, bz - along * x2
    up = math.sqrt(y0 * y0 + y1 * y1 + y2 * y2)
    if up < 1e-9 * radius:  # straight through the centre: every plane is as good; take the one nearest to x, or to y
        k0, k1 = (1.0, 0.0) if abs(x0) < 0.9 else (0.0, 1.0)
        dot = k0 * x0 + k1 * x1
        y0, y1, y2 = k0 - dot * x0, k1 - dot * x1, -dot * x2
        up = math.sqrt(y0 * y0 + y1 * y1 + y2 * y2)
    y0, y1, y2 = y0 / up, y1 / up, y2 / up  # so that the second point stands against the clock
    far = math.sqrt(db)
    phi_a, phi_b = math.acos(radius / wide), math.acos(radius / far)
    angle = math.atan2(bx * y0 + by * y1 + bz * y2, along)
    first, last, arc = phi_a, angle - phi_b, angle - phi_a - phi_b
    if sign != 0 and (component(axis, ax, ay, az) * sign <= 0.0 or component(axis, bx, by, bz) * sign <= 0.0):
        # where the long way heads: from a to its touching point, plus from b to its own
        u = radius * (math.cos(phi_a) + math.cos(angle + phi_b))
        v = radius * (math.sin(angle + phi_b) - math.sin(phi_a))
        head = u * component(axis, x0, x1, x2) + v * component(axis, y0, y1, y2) - component(axis, ax + bx, ay + by, az + bz)
        if head * sign >= 0.0:
            first, last, arc = -phi_a, angle + phi_b, _TURN - angle - phi_a - phi_b
    cf, sf, cl, sl = radius * math.cos(first), radius * math.sin(first), radius * math.cos(last), radius * math.sin(last)
    return (
        MUST, cf * x0 + sf * y0, cf * x1 + sf * y1, cf * x2 + sf * y2,
        cl * x0 + sl * y0, cl * x1 + sl * y1, cl * x2 + sl * y2, radius * arc,
    )  # fmt: skip
