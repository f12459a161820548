"""What all line fields say that fit the published data as well: their spread is the uncertainty of the geometry."""

from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.gluteus_maximus import LINES, gluteus_maximus, members
from hipspine.mechanics.arms import moment_arms, regional
from hipspine.mechanics.posture import Posture
from hipspine.terms import Floats, Region

LEVEL = 0.90


@dataclass(frozen=True, slots=True, eq=False)
class RegionalRange:
    """Moment arms of the three regions over the members of the ensemble."""

    median_m: Floats  # (posture, region, axis), regions from upper to lower; axes flexion, adduction, rotation
    low_m: Floats  # 5 % point
    high_m: Floats  # 95 % point


def ensemble_arms(posture: Posture, *, lines: int = LINES) -> RegionalRange:
    """Median and 90 % range of the regional moment arms over all fields that the data accept.

    Without an ensemble it is the best fit alone.
    """
    chosen: list[int | None] = [*range(members())] or [None]
    arms = np.stack([_regional(posture, lines, member) for member in chosen])
    low, median, high = np.quantile(arms, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    return RegionalRange(median, low, high)


def _regional(posture: Posture, lines: int, member: int | None) -> Floats:
    field = gluteus_maximus(lines=lines, member=member)
    arms = moment_arms(field, posture)
    return np.stack([regional(field, arms.m, region) for region in Region], axis=1)
