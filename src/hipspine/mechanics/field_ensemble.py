"""What all line fields say that fit the published data as well: their spread is the uncertainty of the geometry."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hipspine.anatomy.gluteus_maximus import LINES, LineField, gluteus_maximus, members
from hipspine.mechanics.arms import field_arms, monomials, regional
from hipspine.mechanics.field_kernel import field_lengths_and_arms
from hipspine.mechanics.posture import KNEE, Posture, hip_postures
from hipspine.terms import Floats, Region

LEVEL = 0.90
MEASURED_DEG = {"hip_flexion": (-30.0, 100.0), "hip_adduction": (-40.0, 40.0), "hip_rotation": (-30.0, 30.0)}
"""How far from 0 single planes were measured (Blemker & Delp 2005, as digitised; extension was not, 30 deg is the range of the hip)."""
FORM_M = 0.025
"""What the form of the field itself may be wrong by (one standard deviation), for each unit of `mixture`: how much faster our regional
arms part from published lines in mixed postures than in measured planes (docs/gluteus_maximus.md). All members share the form."""
FORM_HALF_RANGE_M = 1.645 * FORM_M
"""Half of the 90 % range that goes with it (normal distribution)."""
_AT_ONCE = 256  # postures, so that a million of them need no terabyte


@dataclass(frozen=True, slots=True, eq=False)
class RegionalRange:
    """Moment arms of the three regions over the members of the ensemble."""

    median_m: Floats  # (posture, region, axis), regions from upper to lower; axes flexion, adduction, rotation
    low_m: Floats  # 5 % point
    high_m: Floats  # 95 % point


def ensemble_arms(posture: Posture, *, lines: int = LINES) -> RegionalRange:
    """Median and 90 % range of the regional moment arms: over all fields that the data accept, widened by what their form leaves open.

    In the measured planes it is the range of the members; without an ensemble, the best fit alone. It always reaches as far as the best
    fit, which lies up to 4 mm outside the 90 % of the members when the hip is turned or abducted a little: the number that is shown is
    never outside its own range.

    >>> found = ensemble_arms(Posture.of(hip_flexion_deg=[0, 90]))
    >>> found.median_m.shape, bool((found.low_m <= found.high_m).all())
    ((2, 3, 3), True)
    """
    field, arms = _best(posture, lines)
    best = np.stack([regional(field, arms, region) for region in Region], axis=1)
    return _widened(posture, _range(posture, lines, _stacked(lines)[1]), best)


def _widened(posture: Posture, found: RegionalRange, best: Floats) -> RegionalRange:
    """What the form of the field leaves open added in quadrature, and the best fit taken in."""
    form = FORM_HALF_RANGE_M * mixture(posture)[:, None, None]
    low, high = np.hypot(found.median_m - found.low_m, form), np.hypot(found.high_m - found.median_m, form)
    return RegionalRange(found.median_m, np.minimum(found.median_m - low, best), np.maximum(found.median_m + high, best))


def _best(posture: Posture, lines: int) -> tuple[LineField, Floats]:
    """The best fit, which is itself a field that the data accept, and its (posture, line, axis) arms."""
    field = gluteus_maximus(lines=lines)
    return field, field_arms(field, np.ascontiguousarray(hip_postures(posture)), posture[KNEE])[1]


def mixture(posture: Posture) -> Floats:
    """(posture,) how far from the nearest measured plane: the second largest angle as a share of its measured range, 0 in a plane.

    >>> mixture(Posture.of(hip_flexion_deg=[90, 50], hip_adduction_deg=[0, -20]))
    array([0. , 0.5])
    """
    shares = []
    for name, (low, high) in MEASURED_DEG.items():
        degrees = np.degrees(posture[name])
        shares.append(np.where(degrees < 0, degrees / low, degrees / high))
    return np.asarray(np.sort(np.stack(shares), axis=0)[1])


def whole_arms(posture: Posture, *, lines: int = LINES) -> RegionalRange:
    """The same for the muscle as a whole, (posture, 1, axis).

    It is widened as much as the regions: in mixed postures the whole parts from published lines about as fast as they do (root mean
    square 10 mm in planes, 20 mm at a mixture of 0.9, against half a range of the members of 5 mm).
    """
    field, arms = _best(posture, lines)
    best = np.tensordot(arms, field.max_force_n / field.max_force_n.sum(), axes=(1, 0))[:, None]
    return _widened(posture, agreed_arms(posture, lines=lines), best)


def agreed_arms(posture: Posture, *, lines: int = LINES) -> RegionalRange:
    """How far the members agree on the whole muscle, (posture, 1, axis): their own 90 % range. It does not say how certain the arm is."""
    return _range(posture, lines, _stacked(lines)[2])


def member_arms(posture: Posture, *, lines: int = LINES) -> Floats:
    """(posture, member, line, axis) moment arms of every line of every member [m]: 48 kB for each posture with the usual lines."""
    return np.concatenate([np.zeros((0, max(members(), 1), 2 * lines, 3)), *_in_parts(hip_postures(posture), lines)])


def _in_parts(angles: Floats, lines: int) -> Iterator[Floats]:
    """The arms of all members, (posture, member, line, axis), a few postures at a time."""
    (origin, terms), _, _ = _stacked(lines)
    for first in range(0, angles.shape[0], _AT_ONCE):
        part = np.ascontiguousarray(angles[first : first + _AT_ONCE])
        out = np.empty((part.shape[0], 4, origin.shape[1]))
        field_lengths_and_arms(part, origin, terms, out)
        yield out[:, 1:].reshape(part.shape[0], 3, -1, 2 * lines).transpose(0, 2, 3, 1)


def _range(posture: Posture, lines: int, weights: Floats) -> RegionalRange:
    """Median and 90 % range over the members of the sums of their lines with ``weights`` (member, sum, line)."""
    angles, levels = hip_postures(posture), [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]
    found = np.empty((3, angles.shape[0], weights.shape[1], 3))
    for k, arms in enumerate(_in_parts(angles, lines)):
        regional = np.einsum("qmlk,mrl->mqrk", arms, weights)
        found[:, k * _AT_ONCE : (k + 1) * _AT_ONCE] = np.quantile(regional, levels, axis=0)
    return RegionalRange(found[1], found[0], found[2])


@lru_cache(maxsize=4)
def _stacked(lines: int) -> tuple[tuple[Floats, Floats], Floats, Floats]:
    """All members as one long row of lines for the kernel; shares of the lines in their region and in the whole (member, region, line)."""
    chosen: list[int | None] = [*range(members())] or [None]
    fields = [gluteus_maximus(lines=lines, member=member) for member in chosen]
    origin = np.ascontiguousarray(np.concatenate([field.origin_m for field in fields]).T)
    terms = monomials(np.concatenate([field.coefficients_m2 for field in fields]))
    force = np.stack([field.max_force_n for field in fields])
    inside = np.stack([fields[0].of_region(region) for region in Region])
    regional = force[:, None, :] * inside
    return (
        (origin, terms),
        regional / regional.sum(axis=2, keepdims=True),
        (force / force.sum(axis=1, keepdims=True))[:, None, :],
    )
