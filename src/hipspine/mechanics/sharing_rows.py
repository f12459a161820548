"""What both solvers of load sharing need, for Numba; plain Python underneath: rows without their zeros, and small linear systems."""

import math
from collections.abc import Callable
from typing import ParamSpec, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hipspine.terms import Floats

Ints: TypeAlias = NDArray[np.int64]
_P = ParamSpec("_P")
_R = TypeVar("_R")


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile at first use, keep the machine code beside the file, hold no global lock; division by zero is not looked for."""
    return cast("Callable[_P, _R]", njit(cache=True, nogil=True, error_model="numpy")(function))


@kernel
def gather(rows: Floats, first: int, start: Ints, index: Ints, value: Floats) -> None:
    """Append the entries of ``rows`` (row, coordinate) that are not zero as rows ``first`` and on of a packed matrix.

    Row r of the packed matrix holds ``value[start[r]:start[r + 1]]`` in the columns ``index[...]``, in rising order.
    """
    at = start[first]
    for j in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            if rows[j, i] != 0.0:
                index[at] = i
                value[at] = rows[j, i]
                at += 1
        start[first + j + 1] = at


@kernel
def along(start: Ints, index: Ints, value: Floats, column: Floats, out: Floats) -> None:
    """Fill ``out`` (row,) with the product of every packed row with ``column``."""
    for j in range(out.size):
        total = 0.0
        for k in range(start[j], start[j + 1]):
            total += value[k] * column[index[k]]
        out[j] = total


@kernel
def take(start: Ints, index: Ints, value: Floats, weight: Floats, out: Floats) -> None:
    """Subtract from ``out`` (coordinate,) the sum of all packed rows, each times its ``weight``."""
    for j in range(weight.size):
        if weight[j] != 0.0:
            for k in range(start[j], start[j + 1]):
                out[index[k]] -= value[k] * weight[j]


@kernel
def add_squares(start: Ints, index: Ints, value: Floats, weight: Floats, out: Floats) -> None:
    """Add to the lower triangle of ``out`` the square of every packed row times its ``weight``; a weight of 0 is skipped."""
    for j in range(weight.size):
        if weight[j] != 0.0:
            for k in range(start[j], start[j + 1]):
                scaled = weight[j] * value[k]
                for m in range(start[j], k + 1):
                    out[index[k], index[m]] += scaled * value[m]


@kernel
def take_square(
    start: Ints, index: Ints, value: Floats, first: int, last: int, weight: Floats, divisor: float, work: Floats, out: Floats
) -> None:
    """Subtract from the lower triangle of ``out`` the square of the weighted sum of rows ``first`` to ``last``, over ``divisor``."""
    work[:] = 0.0
    for j in range(first, last):
        for k in range(start[j], start[j + 1]):
            work[index[k]] += weight[j] * value[k]
    for i in range(work.size):
        if work[i] != 0.0:
            scaled = work[i] / divisor
            for m in range(i + 1):
                out[i, m] -= scaled * work[m]


@kernel
def factor(matrix: Floats, column: Floats) -> None:
    """Replace the lower triangle of a positive definite ``matrix`` by its Cholesky factor; ``column`` is for work."""
    n = column.size
    for k in range(n):
        # rounding may leave nothing of a pivot: then this coordinate stays where it is
        pivot = math.sqrt(matrix[k, k]) if matrix[k, k] > 0.0 else 1e100
        matrix[k, k] = pivot
        for i in range(k + 1, n):
            matrix[i, k] /= pivot
            column[i] = matrix[i, k]
        for i in range(k + 1, n):
            scaled = column[i]
            if scaled != 0.0:
                for j in range(k + 1, i + 1):
                    matrix[i, j] -= scaled * column[j]


@kernel
def substitute(matrix: Floats, out: Floats) -> None:
    """Replace ``out`` by the solution for it, given what `factor` left."""
    n = out.size
    for i in range(n):
        total = out[i]
        for k in range(i):
            total -= matrix[i, k] * out[k]
        out[i] = total / matrix[i, i]
    for i in range(n - 1, -1, -1):
        total = out[i] / matrix[i, i]
        out[i] = total
        for k in range(i):
            out[k] -= matrix[i, k] * total
