"""What stretched muscles, ligaments and capsule do at hip and knee of themselves: moments that no muscle has to make.

The moments of Riener and Edrich (1999, J Biomech 32:539-544): exponential curves of the angles of hip, knee and ankle, fitted to relaxed
people; read second-hand, in a public implementation of hip and knee [secondary]. The last slope of the knee's curve, which matters below
20 degrees only, stands there as 1.50 and in another reading as 0.150 per degree; the second is used, for the curve would end in a step with
the first. They hold for an average adult and are not scaled. What these tissues do to joint forces is left out.
"""

import numpy as np

from hipspine.mechanics.rigid import Rigid
from hipspine.terms import Floats, Side

LIMIT_NM = 60.0  # the curves rise without end beyond the angles that were measured; our cut


def passive_moments(rigid: Rigid, q: Floats) -> Floats:
    """(posture, coordinate) moments of stretched tissue, in the sense of each coordinate [N m]; 0 but at hips (flexion) and knees.

    Args:
        q: (posture, coordinate) of ``rigid``.

    >>> from hipspine.anatomy.body_model import BodyModel
    >>> rigid = Rigid.of(BodyModel())
    >>> bent = np.zeros((1, len(rigid.coordinates)))
    >>> bent[0, rigid.coordinates.index("hip_flexion:right")] = np.radians(80)
    >>> float(passive_moments(rigid, bent)[0, rigid.coordinates.index("hip_flexion:right")].round(0))
    -36.0
    """
    found = np.zeros_like(q)
    for side in Side:
        hip, knee, ankle = (rigid.coordinates.index(f"{name}:{side}") for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"))
        h, k, a = (np.degrees(q[:, one]) for one in (hip, knee, ankle))
        found[:, hip] = np.exp(1.4655 - 0.0034 * k - 0.0750 * h) - np.exp(1.3403 - 0.0226 * k + 0.0305 * h) + 8.072
        found[:, knee] = (
            np.exp(1.800 + 0.0460 * a - 0.0352 * k + 0.0217 * h)
            - np.exp(-3.971 + 0.0004 * a + 0.0495 * k - 0.0128 * h)
            - 4.820
            + np.exp(2.220 - 0.150 * k)
        )
    return np.clip(found, -LIMIT_NM, LIMIT_NM)
