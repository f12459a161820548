"""Values that follow a coordinate (joint motions, moving points, coupled coordinates) as cubic pieces in one flat array.

Every curve becomes breaks and pieces ``y = c0 + d (c1 + d (c2 + d c3))`` with ``d`` measured from the piece's break; the first and
the last piece reach to infinity. Polynomials of a higher degree keep their coefficients.
"""

import numpy as np
from scipy.linalg import solve_banded

from hipspine.anatomy.body_parts import Course, Curve
from hipspine.errors import ModelError
from hipspine.mechanics.paths.compiling import kernel
from hipspine.terms import Floats


def packed(curve: Curve) -> list[float]:
    """The numbers of a curve for `value_and_slope`: how many pieces (0: a polynomial of high degree), then their breaks, then the pieces.

    Raises:
        ModelError: too few numbers, knots that do not rise, or a number that is not finite.
    """
    high = curve.course is Course.POLYNOMIAL and len(curve.values) > 4
    return _polynomial(curve) if high else _pieces(curve)


@kernel
def value_and_slope(numbers: Floats, start: int, x: float) -> tuple[float, float]:
    """Value and slope of the curve that begins at ``start``."""
    count = int(numbers[start])
    if count == 0:
        degree = int(numbers[start + 1])
        value, slope = 0.0, 0.0
        for k in range(degree + 1):
            slope = slope * x + value
            value = value * x + numbers[start + 2 + k]
        return value, slope
    low, high = 0, count - 1
    while low < high:  # the last piece whose break is not above x
        middle = (low + high + 1) // 2
        if numbers[start + 1 + middle] <= x:
            low = middle
        else:
            high = middle - 1
    d = x - numbers[start + 1 + low]
    at = start + 1 + count + 4 * low
    c1, c2, c3 = numbers[at + 1], numbers[at + 2], numbers[at + 3]
    return numbers[at] + d * (c1 + d * (c2 + d * c3)), c1 + d * (2.0 * c2 + d * 3.0 * c3)


def spline_pieces(x: Floats, y: Floats) -> Floats:
    """(piece, 4) coefficients of the cubic spline through (x, y) whose third derivative at each end is that of the four end points.

    This end is the one of OpenSim's SimmSpline (it is not the natural one). With three points the ends are parabolas, with two the
    spline is straight.
    """
    h, n = np.diff(x), x.size
    if n == 2:
        return np.array([[y[0], (y[1] - y[0]) / h[0], 0.0, 0.0]])
    slope = np.diff(y) / h
    system, right = np.zeros((3, n)), np.zeros(n)  # for the second derivatives at the knots: above, on, below the diagonal
    system[0, 1:], system[1, 1:-1], system[2, :-1] = (1.0, *h[1:]), 2 * (h[:-1] + h[1:]), (*h[:-1], -1.0)
    system[1, 0], system[1, -1] = -1.0, 1.0
    right[1:-1] = 6 * np.diff(slope)
    if n > 3:
        bend = np.diff(slope) / (x[2:] - x[:-2])
        third = np.diff(bend) / (x[3:] - x[:-3])
        right[0], right[-1] = 6 * third[0] * h[0], 6 * third[-1] * h[-1]
    second = solve_banded((1, 1), system, right, check_finite=False)
    return np.stack([y[:-1], slope - h * (2 * second[:-1] + second[1:]) / 6, second[:-1] / 2, np.diff(second) / (6 * h)], axis=1)


def _polynomial(curve: Curve) -> list[float]:
    _check(curve, least=1)
    return [0.0, float(len(curve.values) - 1), *(curve.factor * value for value in curve.values)]


def _pieces(curve: Curve) -> list[float]:
    if curve.course in (Course.SPLINE, Course.PIECEWISE):
        breaks, pieces = _through_knots(curve)
    else:
        _check(curve, least=1)
        if curve.course is Course.LINEAR and len(curve.values) != 2:
            raise ModelError(f"a linear curve holds {curve.values!r}; give two numbers, slope and intercept.")
        values = curve.values[:1] if curve.course is Course.CONSTANT else curve.values
        breaks, pieces = np.zeros(1), np.zeros((1, 4))
        pieces[0, : len(values)] = values[::-1]
    return [float(breaks.size), *breaks.tolist(), *(curve.factor * pieces).ravel().tolist()]


def _through_knots(curve: Curve) -> tuple[Floats, Floats]:
    """Breaks and pieces; before the first and beyond the last knot the curve runs straight on."""
    _check(curve, least=2)
    x, y = np.array(curve.knots, dtype=np.float64), np.array(curve.values, dtype=np.float64)
    if x.size != y.size or (np.diff(x) <= 0).any():
        raise ModelError(f"a curve has {x.size} knots and {y.size} values; give one value for each knot, with knots that rise.")
    slope = np.diff(y) / np.diff(x)
    inner = spline_pieces(x, y) if curve.course is Course.SPLINE else np.stack([y[:-1], slope, 0 * slope, 0 * slope], axis=1)
    d = x[-1] - x[-2]
    last_slope = inner[-1, 1] + d * (2 * inner[-1, 2] + 3 * d * inner[-1, 3])
    first = np.array([[y[0] - inner[0, 1] * 1.0, inner[0, 1], 0.0, 0.0]])  # its break stands one unit before the first knot
    last = np.array([[y[-1], last_slope, 0.0, 0.0]])
    return np.r_[x[0] - 1.0, x], np.vstack([first, inner, last])


def _check(curve: Curve, *, least: int) -> None:
    if len(curve.values) < least or not np.isfinite([*curve.values, *curve.knots, curve.factor]).all():
        raise ModelError(f"a {curve.course.value} curve holds {curve.values!r}; give at least {least} finite number(s).")
