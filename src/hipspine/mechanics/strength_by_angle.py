"""How much more the muscles behind the hip pull in deep flexion than their lines say, so that hip extension has the measured shape.

In flexion the extension arm of gluteus maximus falls to half, as was measured (Nemeth & Ohlsen 1985), and its fibres grow long; published
line sets have both. Yet people keep 0.82 (men) to 1.00 (women) of their torque at 53 degrees when the hip is at 90 (Anderson 2007
[secondary]); the lines keep 0.72. What makes up for it in people is not known. So the force of the muscles that cross the hip alone and
extend it or turn it outwards grows by a factor that brings the torque of all extensors back to the measured shape, and no further.
External rotation is not fitted: with the factor it keeps 0.8 of its strength from 40 to 90 degrees, without it 0.6, and three studies
found no loss at all (decision 9).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from hipspine.anatomy.generic_values import value
from hipspine.terms import Floats, Side

BEHIND_THE_HIP = ("adductor_magnus", "gemellus", "gluteus_maximus", "obturator_externus", "obturator_internus", "quadratus_femoris")
BEGINS_DEG = 53.0  # men's extension peaks here (Anderson 2007, c3 = 0.932 rad); up to here the lines are left alone
MEASURED_DEG = (60, 75, 90)  # rows of body_values.csv; beyond the last the factor stays, for we read no measured angle there
SHARES = (0.5, 1.5)  # of what is added: men alone would need about half of it, women alone one and a half times


def added_force(muscles: Sequence[str], sides: Sequence[Side | None], coordinates: Sequence[str], q: Floats) -> Floats:
    """(posture, line) what each line pulls beyond its own greatest force, as a share of it; 0 for most.

    Args:
        muscles, sides: (line,) as in `carrying_lines.Lines`; of gluteus maximus with its region.
        coordinates: of ``q``.
        q: (posture, coordinate).

    >>> q = np.radians([[0.0], [90.0], [120.0]])
    >>> added_force(["gluteus_maximus/upper", "psoas"], [Side.RIGHT] * 2, ["hip_flexion:right"], q).round(2).tolist()
    [[0.0, 0.0], [0.46, 0.0], [0.46, 0.0]]
    """
    found = np.zeros((len(q), len(muscles)))
    by_side = {side: _added(q[:, coordinates.index(f"hip_flexion:{side}")]) for side in Side if f"hip_flexion:{side}" in coordinates}
    for line, (muscle, side) in enumerate(zip(muscles, sides, strict=True)):
        if side in by_side and muscle.partition("/")[0] in BEHIND_THE_HIP:
            found[:, line] = by_side[side]
    return found


def _added(flexion_rad: Floats) -> Floats:
    angles, factors = _knots()
    return np.interp(np.degrees(flexion_rad), angles, factors) - 1.0


@cache
def _knots() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Angles [deg] and factors, straight between them."""
    return (BEGINS_DEG, *(float(one) for one in MEASURED_DEG)), (
        1.0,
        *(value("strength_by_angle", f"hip_flexion:{one}") for one in MEASURED_DEG),
    )
