"""Which postures no measurement covers, so that what is said about them is a guess of the field.

Measured were planes: one angle moves, the other two stay at 0. A posture counts as covered when it is near such a plane (`mixture`, the
second largest angle as a share of its measured range, is small), when its angles lie within the joint limits of the Rajagopal model,
and when the fields that fit the data agree there on what the whole muscle does. Everything else is extrapolated.
"""

import numpy as np
from numpy.typing import NDArray

from hipspine.mechanics.field_ensemble import agreed_arms, mixture
from hipspine.mechanics.posture import HIP, Posture, hip_postures

MODELLED_DEG = {"hip_flexion": (-30.0, 120.0), "hip_adduction": (-50.0, 40.0), "hip_rotation": (-40.0, 40.0)}
"""Joint limits of the Rajagopal model; adduction to 40 deg, as far as it was measured."""
MIXED = 0.5  # above it, our regional arms lie twice as far from published lines as those from each other (docs/gluteus_maximus.md)
AGREED_M = 0.020  # 90 % range of an arm of the whole muscle; ours


def extrapolated(posture: Posture) -> NDArray[np.bool_]:
    """(posture,) whether the posture lies too far from what was measured.

    Raises:
        ModelError: an angle that is none of this leg, or that no hip can reach.

    >>> extrapolated(Posture.of(hip_flexion_deg=[45, 130], hip_adduction_deg=[0, 40], hip_rotation_deg=[0, -50]))
    array([False,  True])
    """
    degrees = dict(zip(HIP, np.degrees(hip_postures(posture)).T, strict=True))
    covered = mixture(posture) <= MIXED
    for name, (low, high) in MODELLED_DEG.items():
        covered &= (degrees[name] >= low - 1e-9) & (degrees[name] <= high + 1e-9)
    if covered.any():
        seen = agreed_arms(Posture({name: np.ascontiguousarray(posture[name][covered]) for name in HIP}))
        covered[covered] = ((seen.high_m - seen.low_m)[:, 0] <= AGREED_M).all(axis=1)
    return ~covered
