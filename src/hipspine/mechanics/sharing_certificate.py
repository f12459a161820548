"""How far an answer of load sharing is from the conditions of an optimum, for Numba; plain Python underneath.

The same as `sharing.Shared.residual`, for one frame with its rows packed: it judges an answer by balance, prices and bounds alone and
knows nothing of how it was found. A problem that is convex, as this one is, has no better answer than one that fulfils them.
"""

import math

import numpy as np

from hipspine.mechanics.sharing_rows import Ints, along, kernel
from hipspine.terms import Floats

COMPILED_IN = "c1d585a0"  # of the text of sharing_rows.py


@kernel
def certificate(
    moments: Floats, start: Ints, index: Ints, value: Floats, muscle: Floats, exponent: float, reserve: Floats,
    group: Ints, cost: Floats, limit: Floats, force: Floats, multiplier: Floats, rest: Floats,
) -> float:  # fmt: skip
    """The largest violation, each as a share of its scale; inf where a number is not finite.

    Args:
        moments, reserve: (coordinate,).
        start, index, value: packed rows of lines, then of contact edges, see `sharing_rows.gather`.
        muscle, exponent, group, cost, limit: as in `sharing_kernel.share_frames`.
        force: (row,) activations, then edge forces.
        multiplier: (coordinate,).
        rest: (coordinate,) what lines and edges leave to the reserves.
    """
    n, lines = moments.size, muscle.shape[1]
    strongest, earned, worst = np.zeros(n), np.empty(force.size), 0.0
    for k in range(start[lines]):
        strongest[index[k]] = max(strongest[index[k]], abs(value[k]))
    for i in range(n):
        wrong = abs(rest[i] - reserve[i] * reserve[i] * multiplier[i]) / (reserve[i] + abs(moments[i]) + strongest[i])
        if not wrong <= worst:  # so written that NaN counts as the worst
            worst = wrong
    along(start, index, value, multiplier, earned)
    for j in range(lines):
        a, low, high = force[j], muscle[1, j], muscle[2, j]
        marginal = muscle[0, j] * a if exponent == 2.0 else muscle[0, j] * a ** (exponent - 1.0)
        wrong = (marginal - earned[j]) / (muscle[0, j] + abs(earned[j]))
        if low == high:
            wrong = 0.0
        elif a <= low:
            wrong = max(-wrong, 0.0)
        elif a >= high:
            wrong = max(wrong, 0.0)
        wrong = max(abs(wrong), low - a, a - high)
        if not wrong <= worst:
            worst = wrong
    if cost.size:
        worst = max(worst, _of_contacts(lines, group, cost, limit, force, earned))
    return worst if math.isfinite(worst) else np.inf


@kernel
def _of_contacts(lines: int, group: Ints, cost: Floats, limit: Floats, force: Floats, earned: Floats) -> float:
    price, scale, worst = np.zeros(cost.size), 0.0, 0.0
    for c in range(cost.size):
        total, pays = 0.0, 0.0
        for e in range(lines + group[c], lines + group[c + 1]):
            total += force[e]
            worst = max(worst, -force[e])
            if force[e] > 0.0:
                pays = max(pays, earned[e] - cost[c] * force[e])
        if total >= limit[c] * (1 - 1e-9):  # at its limit a contact has a price of its own: what its edges earn beyond their cost
            price[c] = pays
        worst = max(worst, total / limit[c] - 1.0)
        for e in range(lines + group[c], lines + group[c + 1]):
            scale = max(scale, abs(earned[e]) + cost[c] * force[e] + price[c])
    for c in range(cost.size):
        for e in range(lines + group[c], lines + group[c + 1]):
            gap = (cost[c] * force[e] - earned[e] + price[c]) / (scale if scale > 0.0 else 1.0)
            wrong = abs(gap) if force[e] > 0.0 else max(-gap, 0.0)
            if not wrong <= worst:
                worst = wrong
    return worst
