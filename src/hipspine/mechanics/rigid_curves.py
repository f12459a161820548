"""Values that follow a coordinate, with their slope and curvature, and what follows from it for speeds and forces.

Every raw motion of a joint (one rotation about one axis, or one shift) follows one free coordinate, perhaps through several curves:
the third lumbar level follows lumbar flexion, the shin's shift follows knee flexion. So the chain rule has one factor for each.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from hipspine.anatomy.body_parts import Course, Curve
from hipspine.errors import ModelError
from hipspine.terms import Floats

Jet = tuple[Floats, Floats, Floats]  # value, slope, curvature


@dataclass(frozen=True, slots=True)
class Driver:
    """What one raw motion follows."""

    coordinate: int | None  # number of the free coordinate; None: it stays where its curve is at 0
    curves: tuple[Curve, ...]  # from the coordinate to the motion


def followed(driver: Driver, q: Floats) -> Jet:
    """(posture,) value, slope and curvature of a motion over its free coordinate, whose values are ``q`` (posture, coordinate)."""
    start = np.zeros(q.shape[0]) if driver.coordinate is None else q[:, driver.coordinate]
    moves = 0.0 if driver.coordinate is None else 1.0
    x, slope, bend = start, np.full(q.shape[0], moves), np.zeros(q.shape[0])
    for curve in driver.curves:
        value, first, second = jet(curve, x)
        x, slope, bend = value, first * slope, second * slope**2 + first * bend
    return x, slope, bend


def jet(curve: Curve, x: Floats) -> Jet:
    """Value, slope and curvature of a curve at each ``x``; beyond its knots a curve goes on straight.

    >>> [float(part[0]) for part in jet(Curve(Course.POLYNOMIAL, (3.0, 0.0, 1.0)), np.array([2.0]))]
    [13.0, 12.0, 6.0]
    """
    value, slope, bend = _plain(curve, np.asarray(x, dtype=np.float64))
    return curve.factor * value, curve.factor * slope, curve.factor * bend


def _plain(curve: Curve, x: Floats) -> Jet:
    zero = np.zeros_like(x)
    if curve.course is Course.CONSTANT:
        return zero + curve.values[0], zero, zero
    if curve.course is Course.LINEAR:
        return curve.values[0] * x + curve.values[1], zero + curve.values[0], zero
    if curve.course is Course.POLYNOMIAL:
        first = np.polyder(np.array(curve.values))
        value, slope, bend = (np.asarray(np.polyval(row, x), dtype=np.float64) for row in (curve.values, first, np.polyder(first)))
        return value, slope, bend
    knots, values = np.array(curve.knots), np.array(curve.values)
    if knots.size != values.size or knots.size < 2 or (np.diff(knots) <= 0).any():
        raise ModelError(f"a {curve.course} curve has {knots.size} knots and {values.size} values; give two or more of each, knots rising.")
    if curve.course is Course.PIECEWISE:
        steps = np.diff(values) / np.diff(knots)
        place = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, steps.size - 1)
        return values[place] + steps[place] * (x - knots[place]), steps[place], zero
    spline = _spline(tuple(curve.knots), tuple(curve.values))
    inside = np.clip(x, knots[0], knots[-1])
    slope = np.asarray(spline(inside, 1), dtype=np.float64)
    bend = np.where(x == inside, spline(inside, 2), 0.0)
    return np.asarray(spline(inside) + slope * (x - inside), dtype=np.float64), slope, np.asarray(bend, dtype=np.float64)


@cache
def _spline(knots: tuple[float, ...], values: tuple[float, ...]) -> BSpline:
    """Cubic through the knots, whose third derivative at each end is that of the cubic through the four knots there (see `Course`)."""
    x, y = np.array(knots), np.array(values)
    if x.size == 2:
        return make_interp_spline(x, y, k=1)
    ends = [0.0, 0.0] if x.size == 3 else [_third(x[:4], y[:4]), _third(x[-4:], y[-4:])]
    ready: BSpline = make_interp_spline(x, y, k=3, bc_type=([(3, ends[0])], [(3, ends[1])]))  # type: ignore[arg-type]  # stubs know names only
    return ready


def _third(x: Floats, y: Floats) -> float:
    """Third derivative of the cubic through four points."""
    for order in (1, 2, 3):
        y = np.diff(y) / (x[order:] - x[:-order])
    return 6.0 * float(y[0])
