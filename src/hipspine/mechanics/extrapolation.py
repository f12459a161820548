"""Which postures no measurement covers."""

import numpy as np
from numpy.typing import NDArray

from hipspine.mechanics.posture import HIP, Posture

MEASURED_DEG = {"hip_flexion": (-20.0, 110.0), "hip_adduction": (-40.0, 25.0), "hip_rotation": (-35.0, 35.0)}


def extrapolated(posture: Posture) -> NDArray[np.bool_]:
    """(posture,) whether the posture lies outside what was measured or modelled by anyone."""
    outside = np.zeros(posture.size, dtype=np.bool_)
    for name in HIP:
        low, high = MEASURED_DEG[name]
        degrees = np.degrees(posture[name])
        outside |= (degrees < low) | (degrees > high)
    return outside
