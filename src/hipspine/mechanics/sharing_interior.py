"""Load sharing from the inside, for Numba: the slower, sturdier way, for frames where Newton's steps on the dual become short.

Every activation and edge force is kept strictly between its bounds, and the product of the distance to a bound and the bound's price is
driven to zero (primal-dual interior point with a predictor and a corrector: Mehrotra 1992, doi:10.1137/0802028). Reserves that carry
many times their optimal moment cost it no extra steps. The multipliers it ends with are the start of a last, exact Newton step.
"""

import math

import numpy as np

from hipspine.mechanics.sharing_rows import Ints, add_squares, along, factor, kernel, substitute, take, take_square
from hipspine.terms import Floats

COMPILED_IN = "c1d585a0"  # sharing_rows.py; machine code is kept by the text of this file alone (a test says what to write here)


@kernel
def marginal(muscle: Floats, exponent: float, cost: Floats, group: Ints, inside: Floats, slope: Floats, bend: Floats) -> None:
    """Fill ``slope`` and ``bend`` (row,) with the first and second derivative of the cost by each activation and edge force."""
    lines = muscle.shape[1]
    for j in range(lines):
        v, a = muscle[0, j], inside[j]
        if exponent == 2.0:
            slope[j], bend[j] = v * a, v
        elif exponent == 3.0:
            slope[j], bend[j] = v * a * a, 2.0 * v * a
        else:
            power = v * a ** (exponent - 2.0)
            slope[j], bend[j] = power * a, (exponent - 1.0) * power
    for c in range(cost.size):
        for e in range(group[c], group[c + 1]):
            slope[lines + e], bend[lines + e] = cost[c] * inside[lines + e], cost[c]


@kernel
def _spread(right: Floats, bend: Floats, lines: int, group: Ints, stiff: Floats, out: Floats) -> None:
    """Fill ``out`` (row,) with what ``right`` moves: right / bend, and within a limited contact less their common part."""
    for r in range(bend.size):
        out[r] = right[r] / bend[r]
    for c in range(stiff.size):
        if stiff[c] > 0.0:
            total, yielding = 0.0, 1.0 / stiff[c]
            for r in range(lines + group[c], lines + group[c + 1]):
                total += out[r]
                yielding += 1.0 / bend[r]
            for r in range(lines + group[c], lines + group[c + 1]):
                out[r] -= total / yielding / bend[r]


@kernel
def _room(gap: Floats, change: Floats, most: float) -> float:
    """The largest part of ``change``, at most ``most``, that leaves every ``gap`` at or above 0."""
    for r in range(gap.size):
        if change[r] < 0.0:
            most = min(most, -gap[r] / change[r])
    return most


@kernel
def _product(gap: Floats, price: Floats, step: float, d_gap: Floats, d_price: Floats) -> float:
    total = 0.0
    for r in range(gap.size):
        if not math.isinf(gap[r]):
            total += (gap[r] + step * d_gap[r]) * (price[r] + step * d_price[r])
    return total


@kernel
def interior(
    moments: Floats, start: Ints, index: Ints, value: Floats, muscle: Floats, exponent: float, softness: Floats, scale: Floats,
    group: Ints, cost: Floats, limit: Floats, most_steps: int, multiplier: Floats,
) -> int:  # fmt: skip
    """Replace ``multiplier`` (coordinate,) by one close to the best, from a start of its own; return the steps taken.

    Arguments as in `sharing_kernel.share_frames`, of one frame, with its rows packed; ``softness`` is the square of the reserve.
    """
    n, lines, rows, contacts = moments.size, muscle.shape[1], start.size - 1, cost.size
    inside, slope, bend = np.empty(rows), np.empty(rows), np.empty(rows)
    # three families of bounds: from below, from above, and the limit of a contact; a bound at infinity has price 0
    below, p_below, c_below, d_below = np.empty(rows), np.empty(rows), np.zeros(rows), np.zeros(rows)
    above, p_above, c_above, d_above = np.full(rows, np.inf), np.zeros(rows), np.zeros(rows), np.zeros(rows)
    spare, p_spare, c_spare, d_spare = np.full(contacts, np.inf), np.zeros(contacts), np.zeros(contacts), np.zeros(contacts)
    change, turned, right, d_gap, d_spare_gap = np.zeros(rows), np.zeros(rows), np.empty(rows), np.zeros(rows), np.zeros(contacts)
    stiff, weight = np.zeros(contacts), np.zeros(rows)
    rest, step, work, curve = np.empty(n), np.empty(n), np.empty(n), np.zeros((n, n))

    # where to begin: as if all were linear and nothing bounded
    total_weight = 0.0
    for j in range(lines):
        weight[j] = 1.0 / muscle[0, j]
        total_weight += muscle[0, j]
    for c in range(contacts):
        for e in range(group[c], group[c + 1]):
            weight[lines + e] = 1.0 / cost[c]
    for i in range(n):
        curve[i, i] = softness[i]
        multiplier[i] = moments[i]
    add_squares(start, index, value, weight, curve)
    factor(curve, work)
    substitute(curve, multiplier)
    along(start, index, value, multiplier, turned)
    typical = total_weight / lines if lines > 0 else 1.0
    for j in range(lines):
        inside[j] = 0.5 * (muscle[1, j] + muscle[2, j])
        below[j] = above[j] = 0.5 * (muscle[2, j] - muscle[1, j])
        p_below[j] = p_above[j] = 0.1 * typical
    for c in range(contacts):
        largest, total = 0.0, 0.0
        for e in range(group[c], group[c + 1]):
            largest = max(largest, abs(turned[lines + e]) / cost[c])
        if largest == 0.0:
            largest = math.sqrt(typical / cost[c])
        if not math.isinf(limit[c]):
            largest = min(largest, 0.5 * limit[c] / (group[c + 1] - group[c]))
        for e in range(group[c], group[c + 1]):
            inside[lines + e] = below[lines + e] = largest
            p_below[lines + e] = max(cost[c] * largest, 0.1 * typical / largest)
            total += largest
        if not math.isinf(limit[c]):
            spare[c] = limit[c] - total
            p_spare[c] = 0.1 * typical / limit[c]
    multiplier[:] = 0.0
    bounds = 0
    for j in range(rows):
        bounds += 1 if math.isinf(above[j]) else 2
    for c in range(contacts):
        bounds += 0 if math.isinf(spare[c]) else 1

    taken, least, best = 0, np.inf, np.zeros(n)
    while True:
        marginal(muscle, exponent, cost, group, inside, slope, bend)
        along(start, index, value, multiplier, turned)
        for i in range(n):
            rest[i] = moments[i] - softness[i] * multiplier[i]
        take(start, index, value, inside, rest)
        worst = 0.0
        for i in range(n):
            if not abs(rest[i]) / scale[i] <= worst:  # so written that NaN counts as the worst
                worst = abs(rest[i]) / scale[i]
        mean = _product(below, p_below, 0.0, below, p_below) + _product(above, p_above, 0.0, above, p_above)
        mean = (mean + _product(spare, p_spare, 0.0, spare, p_spare)) / bounds
        wrong = 0.0
        for r in range(rows):
            slope[r] += p_above[r] - p_below[r] - turned[r]  # what is left of stationarity
        for c in range(contacts):
            for r in range(lines + group[c], lines + group[c + 1]):
                slope[r] += p_spare[c]
        for j in range(lines):
            wrong = max(wrong, abs(slope[j]))
        distance = max(worst, mean / typical, wrong / typical)
        if distance < least:
            least = distance
            for i in range(n):
                best[i] = multiplier[i]
        # gaps far below the last digit leave nothing to gain: the best so far is what Newton goes on from
        if (worst < 1e-9 and mean < 1e-11 * typical and wrong < 1e-8 * typical) or not mean > 1e-14 * typical or taken == most_steps:
            break
        taken += 1
        for r in range(rows):
            bend[r] += p_below[r] / below[r] + p_above[r] / above[r]
        for c in range(contacts):
            stiff[c] = p_spare[c] / spare[c]
        curve[:] = 0.0
        for i in range(n):
            curve[i, i] = softness[i]
        for r in range(rows):
            weight[r] = 1.0 / bend[r]
        add_squares(start, index, value, weight, curve)
        for c in range(contacts):
            if stiff[c] > 0.0:
                divisor = 1.0 / stiff[c]
                for r in range(lines + group[c], lines + group[c + 1]):
                    divisor += weight[r]
                take_square(start, index, value, lines + group[c], lines + group[c + 1], weight, divisor, work, curve)
        factor(curve, work)
        length, centre = 1.0, 0.0
        for second in range(2):
            # the product of gap and price shall become the centre; the corrector knows what the predictor's own product will be
            for r in range(rows):
                c_below[r] = below[r] * p_below[r] - centre + (d_gap[r] * d_below[r] if second else 0.0)
                right[r] = -slope[r] - c_below[r] / below[r]
                if not math.isinf(above[r]):
                    c_above[r] = above[r] * p_above[r] - centre - (d_gap[r] * d_above[r] if second else 0.0)
                    right[r] += c_above[r] / above[r]
            for c in range(contacts):
                if not math.isinf(spare[c]):
                    c_spare[c] = spare[c] * p_spare[c] - centre + (d_spare_gap[c] * d_spare[c] if second else 0.0)
                    for r in range(lines + group[c], lines + group[c + 1]):
                        right[r] += c_spare[c] / spare[c]
            _spread(right, bend, lines, group, stiff, change)
            for i in range(n):
                step[i] = rest[i]
            take(start, index, value, change, step)
            substitute(curve, step)
            along(start, index, value, step, change)
            for r in range(rows):
                right[r] += change[r]
            _spread(right, bend, lines, group, stiff, d_gap)
            for r in range(rows):
                d_below[r] = (-c_below[r] - p_below[r] * d_gap[r]) / below[r]
                change[r] = -d_gap[r]
                d_above[r] = 0.0 if math.isinf(above[r]) else (-c_above[r] + p_above[r] * d_gap[r]) / above[r]
            for c in range(contacts):
                total = 0.0
                for r in range(lines + group[c], lines + group[c + 1]):
                    total += d_gap[r]
                d_spare_gap[c] = -total
                d_spare[c] = 0.0 if math.isinf(spare[c]) else (-c_spare[c] + p_spare[c] * total) / spare[c]
            far = 1.0 if second == 0 else 1.0 / 0.995
            length = _room(below, d_gap, _room(above, change, _room(spare, d_spare_gap, far)))
            length = _room(p_below, d_below, _room(p_above, d_above, _room(p_spare, d_spare, length)))
            if second == 0:
                left = _product(below, p_below, length, d_gap, d_below) + _product(above, p_above, length, change, d_above)
                left = (left + _product(spare, p_spare, length, d_spare_gap, d_spare)) / bounds
                centre = mean * (left / mean) ** 3
        length *= 0.995
        for r in range(rows):
            inside[r] += length * d_gap[r]
            below[r] += length * d_gap[r]
            above[r] -= length * d_gap[r]
            p_below[r] += length * d_below[r]
            p_above[r] += length * d_above[r]
        for c in range(contacts):
            spare[c] += length * d_spare_gap[c]
            p_spare[c] += length * d_spare[c]
        for i in range(n):
            multiplier[i] += length * step[i]
    for i in range(n):
        multiplier[i] = best[i]
    return taken
