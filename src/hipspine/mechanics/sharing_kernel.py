"""Load sharing of one frame after another, for Numba; plain Python underneath. In words: `mechanics.sharing`.

The problem of a frame has one unknown per muscle line and per contact edge, and few equations: one per coordinate. Its dual has one
multiplier per coordinate, no constraints, and a smooth concave value, so that Newton's method with a line search finds it in a few steps.
Rows are kept without their zeros: a line of the hip knows nothing of the other leg. One thread, no fast-math: the same input gives the
same bytes.
"""

import math

import numpy as np

from hipspine.mechanics.sharing_interior import interior
from hipspine.mechanics.sharing_rows import Ints, add_squares, along, factor, gather, kernel, substitute, take, take_square
from hipspine.terms import Floats

COMPILED_IN = "4d6300df"  # of the text of sharing_interior.py and sharing_rows.py: see there
_FAR = 10.0  # times the answer


@kernel
def _activate(x: Floats, length: float, dx: Floats, muscle: Floats, exponent: float, out: Floats) -> tuple[float, float]:
    """Fill ``out`` with the activations at ``x + length * dx``; return what they earn less what they cost, and the sum of dx * activation.

    ``muscle`` (5, line): weight, lowest and highest activation, and the x at which each is reached.
    """
    earned, slope = 0.0, 0.0
    root = 1.0 / (exponent - 1.0)
    for j in range(muscle.shape[1]):
        at = x[j] + length * dx[j]
        if at <= muscle[3, j]:
            a = muscle[1, j]
            earned += at * a - muscle[3, j] * a / exponent
        elif at >= muscle[4, j]:
            a = muscle[2, j]
            earned += at * a - muscle[4, j] * a / exponent
        else:
            share = at / muscle[0, j]
            if exponent == 2.0:
                a = share
            elif exponent == 3.0:
                a = math.sqrt(share)
            else:
                a = share**root
            earned += at * a * (1.0 - 1.0 / exponent)
        slope += dx[j] * a
        out[j] = a
    return earned, slope


@kernel
def _press(
    x: Floats, length: float, dx: Floats, lines: int, group: Ints, cost: Floats, limit: Floats, out: Floats, capped: Ints
) -> tuple[float, float]:
    """The same for contact edges, rows ``lines`` and on: fill ``out`` with their forces, ``capped`` with 1 where a contact is at its limit.

    The edges of contact c are ``group[c]`` to ``group[c + 1]``; forces are not negative and the sum over a contact is at most its limit.
    """
    earned, slope = 0.0, 0.0
    for c in range(cost.size):
        total = 0.0
        for e in range(lines + group[c], lines + group[c + 1]):
            out[e] = max(x[e] + length * dx[e], 0.0) / cost[c]
            total += out[e]
        capped[c] = 0
        if total > limit[c]:
            # the price of the limit: drop the edges that do not pay it, until the others add up
            capped[c] = 1
            price, count = 0.0, 1
            for _ in range(group[c + 1] - group[c]):
                total, count = 0.0, 0
                for e in range(lines + group[c], lines + group[c + 1]):
                    at = x[e] + length * dx[e]
                    if at > price:
                        total += at
                        count += 1
                if count == 0:
                    break
                higher = (total - limit[c] * cost[c]) / count
                if higher <= price:
                    break
                price = higher
            # equal parts and what each edge earns beyond the mean: the sum is the limit to the last digit
            for e in range(lines + group[c], lines + group[c + 1]):
                at = x[e] + length * dx[e]
                out[e] = max(limit[c] / count + (at - total / count) / cost[c], 0.0) if at > price else 0.0
        for e in range(lines + group[c], lines + group[c + 1]):
            at = x[e] + length * dx[e]
            earned += out[e] * (at - 0.5 * cost[c] * out[e])
            slope += dx[e] * out[e]
    return earned, slope


@kernel
def _freedom(x: Floats, muscle: Floats, exponent: float, force: Floats, cold: bool, group: Ints, cost: Floats, weight: Floats) -> None:
    """Fill ``weight`` (row,) with how fast each row answers its x: 0 at a bound. ``cold``: as if all were free and the cost a square."""
    lines = muscle.shape[1]
    for j in range(lines):
        if cold or (exponent == 2.0 and muscle[3, j] < x[j] < muscle[4, j]):
            weight[j] = 1.0 / muscle[0, j]
        elif muscle[3, j] < x[j] < muscle[4, j]:
            weight[j] = force[j] / ((exponent - 1.0) * x[j])
        else:
            weight[j] = 0.0
    for c in range(cost.size):
        for e in range(lines + group[c], lines + group[c + 1]):
            weight[e] = 1.0 / cost[c] if cold or force[e] > 0.0 else 0.0


@kernel
def _largest(x: Floats) -> float:
    found = 0.0
    for j in range(x.size):
        found = max(found, abs(x[j]))
    return found


@kernel
def _newton(
    moments: Floats, start: Ints, index: Ints, value: Floats, muscle: Floats, exponent: float, softness: Floats, scale: Floats,
    group: Ints, cost: Floats, limit: Floats, tolerance: float, most_steps: int, now: Floats, force: Floats,
) -> tuple[int, float]:  # fmt: skip
    """Climb the dual from the multipliers ``now`` (replaced) and fill ``force`` (row,); return steps taken and the largest imbalance."""
    n, lines, rows = moments.size, muscle.shape[1], start.size - 1
    x, dx, weight, capped = np.empty(rows), np.zeros(rows), np.empty(rows), np.zeros(cost.size, np.int64)
    rest, step, work, curve = np.empty(n), np.empty(n), np.empty(n), np.empty((n, n))
    along(start, index, value, now, x)
    cold = True
    for i in range(n):
        cold = cold and now[i] == 0.0
    taken, farthest = 0, _largest(x)
    earned, _ = _activate(x, 0.0, dx, muscle, exponent, force)
    pressed, _ = _press(x, 0.0, dx, lines, group, cost, limit, force, capped)
    while True:
        base, size, worst = -earned - pressed, abs(earned) + abs(pressed), 0.0
        for i in range(n):
            rest[i] = moments[i] - softness[i] * now[i]
            base += now[i] * (moments[i] - 0.5 * softness[i] * now[i])
            size += abs(now[i] * moments[i]) + softness[i] * now[i] * now[i]
        take(start, index, value, force, rest)
        for i in range(n):
            if not abs(rest[i]) / scale[i] <= worst:  # so written that NaN counts as the worst
                worst = abs(rest[i]) / scale[i]
        if worst <= tolerance and farthest > _FAR * _largest(x):
            # from so far away x has gathered rounding: it is made anew, and the answer is looked at again
            farthest = 0.0
            along(start, index, value, now, x)
            earned, _ = _activate(x, 0.0, dx, muscle, exponent, force)
            pressed, _ = _press(x, 0.0, dx, lines, group, cost, limit, force, capped)
            continue
        if worst <= tolerance or taken >= most_steps:
            return taken, worst
        _freedom(x, muscle, exponent, force, cold, group, cost, weight)
        curve[:] = 0.0
        for i in range(n):
            curve[i, i] = softness[i]
            step[i] = rest[i]
        add_squares(start, index, value, weight, curve)
        for c in range(cost.size):
            if capped[c] == 1 and not cold:
                free = 0.0
                for e in range(lines + group[c], lines + group[c + 1]):
                    free += weight[e]
                if free > 0.0:
                    take_square(start, index, value, lines + group[c], lines + group[c + 1], weight, free, work, curve)
        factor(curve, work)
        substitute(curve, step)
        cold = False
        taken += 1
        along(start, index, value, step, dx)
        # along the step the value is concave: its slope begins above 0 and falls
        linear, square, slope = 0.0, 0.0, 0.0
        for i in range(n):
            linear += step[i] * (moments[i] - softness[i] * now[i])
            square += softness[i] * step[i] * step[i]
            slope += step[i] * rest[i]
        length, fits = 1.0, False
        for _ in range(50):
            earned, turned = _activate(x, length, dx, muscle, exponent, force)
            pressed, turned_too = _press(x, length, dx, lines, group, cost, limit, force, capped)
            reached = -earned - pressed
            for i in range(n):
                at = now[i] + length * step[i]
                reached += at * (moments[i] - 0.5 * softness[i] * at)
            ahead = linear - length * square - turned - turned_too
            fits = reached >= base + 1e-4 * length * slope - 1e-14 * size and ahead >= -0.5 * slope
            if fits:
                break
            # where a straight line through both slopes meets zero, kept away from the ends
            length *= min(max(slope / (slope - ahead), 0.1), 0.7) if ahead < 0.0 else 0.5
        for i in range(n):
            now[i] += length * step[i]
        for j in range(rows):
            x[j] += length * dx[j]
            farthest = max(farthest, abs(x[j]))
        if not fits:  # otherwise all is filled for this x already
            earned, _ = _activate(x, 0.0, dx, muscle, exponent, force)
            pressed, _ = _press(x, 0.0, dx, lines, group, cost, limit, force, capped)


@kernel
def share_frame(
    moments: Floats, start: Ints, index: Ints, value: Floats, muscle: Floats, exponent: float, reserve: Floats,
    group: Ints, cost: Floats, limit: Floats, tolerance: float, most_steps: Ints, now: Floats, force: Floats,
) -> tuple[int, float]:  # fmt: skip
    """Solve one frame whose rows are packed, from the multipliers ``now`` (replaced), and fill ``force`` (row,).

    Arguments as in `share_frames`; return the steps taken and the largest imbalance as a share of its scale.
    """
    n, lines = moments.size, muscle.shape[1]
    scale, softness = np.zeros(n), reserve * reserve
    for k in range(start[lines]):
        scale[index[k]] = max(scale[index[k]], abs(value[k]))
    for i in range(n):
        scale[i] += reserve[i] + abs(moments[i])
    taken, worst = _newton(
        moments, start, index, value, muscle, exponent, softness, scale, group, cost, limit, tolerance, most_steps[0], now, force
    )
    if not worst <= tolerance:
        taken += interior(moments, start, index, value, muscle, exponent, softness, scale, group, cost, limit, most_steps[1], now)
        more, worst = _newton(
            moments, start, index, value, muscle, exponent, softness, scale, group, cost, limit, tolerance, most_steps[2], now, force
        )
        taken += more
    return taken, worst


@kernel
def share_frames(
    moments: Floats, arms: Floats, muscle: Floats, exponent: float, reserve: Floats,
    contact_arms: Floats, group: Ints, cost: Floats, limit: Floats, first: Floats, tolerance: float, most_steps: Ints,
    activation: Floats, edge: Floats, multiplier: Floats, iterations: Ints, imbalance: Floats,
) -> None:  # fmt: skip
    """Fill the last five arrays, one frame after another; each frame starts from the multipliers of the one before.

    Args:
        moments: (frame, coordinate).
        arms: (frame, line, coordinate) moment of each line at activation 1.
        muscle: (5, line) weight, lowest and highest activation, and weight * activation ** (exponent - 1) at each of them.
        exponent: of the activation in the cost, at least 2.
        reserve: (coordinate,) optimal moments, above 0.
        contact_arms: (frame, edge, coordinate) moment of each edge per newton.
        group: (contact + 1,) first edge of each contact, and the number of edges.
        cost: (contact,) of half the square of an edge force [1/N^2].
        limit: (contact,) largest sum of edge forces [N], may be inf.
        first: (coordinate,) multipliers from which the first frame starts.
        tolerance: a frame is solved when no coordinate is out of balance by more than this share of its scale: its moment, its
            reserve and its strongest line together.
        most_steps: (3,) of Newton at first, from the inside if that was not enough, and of Newton at last.
        activation, edge, multiplier: (frame, line), (frame, edge), (frame, coordinate), filled.
        iterations, imbalance: (frame,) steps in all, and the largest imbalance as a share of its scale; filled.
    """
    frames, n = moments.shape
    lines, edges = arms.shape[1], contact_arms.shape[1]
    rows = lines + edges
    start, index, value = np.zeros(rows + 1, np.int64), np.empty(rows * n, np.int64), np.empty(rows * n)
    force = np.empty(rows)
    for f in range(frames):
        gather(arms[f], 0, start, index, value)
        gather(contact_arms[f], lines, start, index, value)
        before = first if f == 0 or not imbalance[f - 1] <= tolerance else multiplier[f - 1]
        for i in range(n):
            multiplier[f, i] = before[i]
        iterations[f], imbalance[f] = share_frame(
            moments[f], start, index, value, muscle, exponent, reserve, group, cost, limit, tolerance, most_steps, multiplier[f], force
        )
        for j in range(lines):
            activation[f, j] = force[j]
        for e in range(edges):
            edge[f, e] = force[lines + e]
