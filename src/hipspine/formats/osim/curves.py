"""Functions of a coordinate, as OpenSim writes them, and their values."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.linalg import solve_banded

from hipspine.anatomy.body_parts import Course, Curve
from hipspine.formats.osim.values import Document
from hipspine.formats.osim.xml import Node
from hipspine.terms import Floats

IDENTITY, ZERO = Curve(Course.LINEAR, (1.0, 0.0)), Curve(Course.CONSTANT, (0.0,))
_SPLINES = ("SimmSpline", "NaturalCubicSpline", "natCubicSpline")
_KNOWN = ("Constant", "LinearFunction", "PolynomialFunction", "PiecewiseLinearFunction", "MultiplierFunction", *_SPLINES)
_DEEPEST = 8
_NEAREST = 1e-9  # [rad or m] between two points of a curve


def curve(document: Document, holder: Node, owner: Node) -> Curve | None:
    """The function that an element holds, or None where it is of a kind that a body has no form for.

    Args:
        holder: the element with the function directly inside (``<x_location>``), or inside its ``<function>``.
        owner: whose error it is.

    Raises:
        FormatError: a function without its numbers, or with numbers that make none.
    """
    return _of(document, holder, owner, 0)


def kind(holder: Node) -> str:
    """The class of the function an element holds, for people; empty where there is none."""
    found = _function(holder)
    return found.tag if found is not None else ""


def _function(holder: Node) -> Node | None:
    """The function inside an element, or inside its ``<function>``, as OpenSim 2 and 3 write it."""
    inner = holder.child("function")
    holder = inner if inner is not None and inner.children else holder
    known = next((child for child in holder.children if child.tag in _KNOWN), None)
    return known or next((child for child in holder.children if child.tag.endswith(("Function", "Spline", "Sine"))), None)


def _of(document: Document, holder: Node, owner: Node, depth: int) -> Curve | None:
    node = _function(holder)
    if node is None or depth > _DEEPEST:
        return None
    if node.tag == "Constant":
        return Curve(Course.CONSTANT, (document.number(node, "value", default=0.0),))
    if node.tag == "LinearFunction":
        values = document.numbers(node, "coefficients") or (1.0, 0.0)
        if len(values) != 2:
            raise document.wrong(owner, f"a LinearFunction has {len(values)} coefficients; give two, slope and intercept.")
        return Curve(Course.LINEAR, values)
    if node.tag == "PolynomialFunction":
        values = document.numbers(node, "coefficients") or ()
        if not values:
            raise document.wrong(owner, "a PolynomialFunction has no coefficients; give one or more, of the highest degree first.")
        return Curve(Course.POLYNOMIAL, values)
    if node.tag in _SPLINES or node.tag == "PiecewiseLinearFunction":
        return _through_points(document, node, owner)
    if node.tag == "MultiplierFunction":
        course = _of(document, node, owner, depth + 1)
        scale = document.number(node, "scale", default=1.0)
        return None if course is None else Curve(course.course, course.values, course.knots, course.factor * scale)
    return None


def _through_points(document: Document, node: Node, owner: Node) -> Curve:
    knots, values = document.numbers(node, "x") or (), document.numbers(node, "y") or ()
    if len(knots) != len(values) or len(knots) < 2:
        raise document.wrong(owner, f"a {node.tag} has {len(knots)} x and {len(values)} y; give as many of both, two or more.")
    if any(b - a < _NEAREST for a, b in pairwise(knots)):
        raise document.wrong(
            owner, f"the x of a {node.tag} do not rise by {_NEAREST:g} or more from each to the next; put its points in order."
        )
    return Curve(Course.SPLINE if node.tag in _SPLINES else Course.PIECEWISE, values, knots)


def value(course: Curve, at: float) -> float:
    """The value of a curve at one place.

    >>> value(Curve(Course.POLYNOMIAL, (1.0, 0.0, 2.0), factor=0.5), 3.0)
    5.5
    """
    v = course.values
    if course.course is Course.CONSTANT:
        return course.factor * v[0]
    if course.course is Course.LINEAR:
        return course.factor * (v[0] * at + v[1])
    if course.course is Course.POLYNOMIAL:
        return course.factor * float(np.polyval(v, at))
    x, y = np.array(course.knots), np.array(v)
    slopes = _slopes(x, y) if course.course is Course.SPLINE else None
    left = int(np.clip(np.searchsorted(x, at) - 1, 0, x.size - 2))
    step = x[left + 1] - x[left]
    if slopes is None:
        return course.factor * float(y[left] + (y[left + 1] - y[left]) * (at - x[left]) / step)
    if not x[0] <= at <= x[-1]:
        end = 0 if at < x[0] else -1
        return course.factor * float(y[end] + slopes[end] * (at - x[end]))
    t = (at - x[left]) / step
    a, b = (1 + 2 * t) * (1 - t) ** 2 * y[left] + t * t * (3 - 2 * t) * y[left + 1], t * (1 - t) ** 2 * slopes[left] * step
    return course.factor * float(a + b + t * t * (t - 1) * slopes[left + 1] * step)


def _slopes(x: Floats, y: Floats) -> Floats:
    """(knot,) slopes of the cubic spline whose third derivative at either end is that of the cubic through the four outer knots."""
    h, s = np.diff(x), np.diff(y) / np.diff(x)
    if x.size == 2:
        return np.array([s[0], s[0]])
    if x.size == 3:
        bend = (s[1] - s[0]) / (x[2] - x[0])
        return np.array([s[0] - bend * h[0], s[0] + bend * h[0], s[1] + bend * h[1]])
    bands = np.array([[0.0, 1.0, *h[1:]], [-1.0, *2 * (h[:-1] + h[1:]), 1.0], [*h[:-1], -1.0, 0.0]])  # above, on, below the diagonal
    right = np.r_[_third(x[:4], s[:3]) * h[0], np.diff(s), _third(x[-4:], s[-3:]) * h[-1]]
    bend = solve_banded((1, 1), bands, right, check_finite=False)
    return np.append(s - h * (2 * bend[:-1] + bend[1:]), s[-1] + h[-1] * (bend[-2] + 2 * bend[-1]))


def _third(x: Sequence[float] | Floats, s: Sequence[float] | Floats) -> float:
    """Third divided difference of four points with these slopes between them."""
    return float(((s[2] - s[1]) / (x[3] - x[1]) - (s[1] - s[0]) / (x[2] - x[0])) / (x[3] - x[0]))
