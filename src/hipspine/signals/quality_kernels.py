"""Hot loops over raw samples for `quality`: rails, flat runs, lone jumps. The second road, plain NumPy, lives in its tests."""

import numpy as np

from hipspine.signals.conditioning_kernels import kernel
from hipspine.terms import Floats


@kernel
def tally(x: Floats) -> Floats:
    """What the raw samples say of the recorder, in one array of ten numbers; samples that are not finite count only as gaps.

    0 lowest, 1 highest, 2 and 3 samples in runs of two or more at each, 4 and 5 longest run at each, 6 and 7 samples at the level next to
    each, 8 longest run of equal samples anywhere, 9 samples that are not finite. Where a run begins: `first_run`.
    """
    out = np.zeros(10)
    low, high = np.inf, -np.inf
    run, longest = 0, 0
    before = np.nan
    for i in range(x.size):
        value = x[i]
        if not np.isfinite(value):
            out[9] += 1
            before, run = np.nan, 0
            continue
        if value < low:
            low = value
        if value > high:
            high = value
        run = run + 1 if value == before else 1
        if run > longest:
            longest = run
        before = value
    out[0], out[1], out[8] = low, high, longest
    for side in range(2):
        rail = low if side == 0 else high
        beside = high if side == 0 else low
        run = 0
        for i in range(x.size):
            value = x[i]
            if value == rail:
                run += 1
                if run == 2:
                    out[2 + side] += 1
                if run >= 2:
                    out[2 + side] += 1
                if run > out[4 + side]:
                    out[4 + side] = run
                continue
            run = 0
            if (side == 0 and value < beside) or (side == 1 and value > beside):
                beside = value
                out[6 + side] = 1
            elif value == beside:
                out[6 + side] += 1
    return out


@kernel
def first_run(x: Floats, level: float) -> int:
    """Index at which ``x`` first keeps this level for two samples, or -1."""
    for i in range(x.size - 1):
        if x[i] == level and x[i + 1] == level:
            return i
    return -1


@kernel
def lone_jumps(x: Floats, limit: float, near: int, ratio: float) -> int:
    """How many samples jump alone: a second difference above ``limit`` and ``ratio`` times any other from 3 to ``near`` samples away."""
    count = 0
    last = -10
    for i in range(1, x.size - 1):
        jump = abs(x[i - 1] - 2 * x[i] + x[i + 1])
        if jump <= limit or i - last < 3:
            continue
        alone = True
        for j in range(max(1, i - near), min(x.size - 1, i + near + 1)):
            if abs(i - j) >= 3 and ratio * abs(x[j - 1] - 2 * x[j] + x[j + 1]) > jump:
                alone = False
                break
        if alone:
            count += 1
            last = i
    return count
