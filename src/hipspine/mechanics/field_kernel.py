"""Lengths and moment arms of a line field, for Numba; plain Python underneath. The second road, in NumPy, is `mechanics.arms.by_numpy`.

One thread, no fast-math: the same input gives the same bytes. The lines stand innermost, so that the processor takes several at once.
"""

import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit

from hipspine.terms import Floats

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile at first use, keep the machine code beside the file, hold no global lock; division by zero is not looked for."""
    return cast("Callable[_P, _R]", njit(cache=True, nogil=True, error_model="numpy")(function))


@_kernel
def field_lengths_and_arms(angles: Floats, origin: Floats, terms: Floats, out: Floats) -> None:
    """Fill ``out`` (posture, 4, line) with the length [m] and the arms about flexion, adduction, rotation [m].

    Args:
        angles: (posture, 3) [rad].
        origin: (3, line) from the hip centre [m].
        terms: (20, line) polynomial in n = R' origin [m]: see `mechanics.arms.monomials`.
        out: filled.
    """
    for q in range(angles.shape[0]):
        cf, sf = math.cos(angles[q, 0]), math.sin(angles[q, 0])
        cg, sg = math.cos(angles[q, 1]), math.sin(angles[q, 1])
        ck, sk = math.cos(angles[q, 2]), math.sin(angles[q, 2])
        r00, r01, r02 = cf * ck - sf * sg * sk, -sf * cg, cf * sk + sf * sg * ck
        r10, r11, r12 = sf * ck + cf * sg * sk, cf * cg, sf * sk - cf * sg * ck
        r20, r21, r22 = -cg * sk, sg, cg * ck
        wx, wy = -sf * cg, cf * cg
        for j in range(origin.shape[1]):
            ax, ay, az = origin[0, j], origin[1, j], origin[2, j]
            x = r00 * ax + r10 * ay + r20 * az
            y = r01 * ax + r11 * ay + r21 * az
            z = r02 * ax + r12 * ay + r22 * az
            bx, by, bz = terms[1, j], terms[2, j], terms[3, j]
            # the symmetric matrix of the second degree: xx xy xz yy yz zz
            qx = terms[4, j] * x + terms[5, j] * y + terms[6, j] * z
            qy = terms[5, j] * x + terms[7, j] * y + terms[8, j] * z
            qz = terms[6, j] * x + terms[8, j] * y + terms[9, j] * z
            xx, yy, zz, xy, yz, xz = x * x, y * y, z * z, 2.0 * x * y, 2.0 * y * z, 2.0 * x * z
            # the symmetric tensor of the third degree: xxx xxy xxz xyy xyz xzz yyy yyz yzz zzz
            cx = terms[10, j] * xx + terms[11, j] * xy + terms[12, j] * xz + terms[13, j] * yy + terms[14, j] * yz + terms[15, j] * zz
            cy = terms[11, j] * xx + terms[13, j] * xy + terms[14, j] * xz + terms[16, j] * yy + terms[17, j] * yz + terms[18, j] * zz
            cz = terms[12, j] * xx + terms[14, j] * xy + terms[15, j] * xz + terms[17, j] * yy + terms[18, j] * yz + terms[19, j] * zz
            squared = terms[0, j] + x * (bx + qx + cx) + y * (by + qy + cy) + z * (bz + qz + cz)
            length = math.sqrt(squared)
            gx, gy, gz = bx + 2.0 * qx + 3.0 * cx, by + 2.0 * qy + 3.0 * cy, bz + 2.0 * qz + 3.0 * cz
            hx = r00 * gx + r01 * gy + r02 * gz
            hy = r10 * gx + r11 * gy + r12 * gz
            hz = r20 * gx + r21 * gy + r22 * gz
            half = 0.5 / length
            mx = (ay * hz - az * hy) * half
            my = (az * hx - ax * hz) * half
            mz = (ax * hy - ay * hx) * half
            out[q, 0, j] = length
            out[q, 1, j] = mz
            out[q, 2, j] = cf * mx + sf * my
            out[q, 3, j] = wx * mx + wy * my + sg * mz


def warm() -> None:
    """Compile, or load what was compiled before."""
    field_lengths_and_arms(np.zeros((1, 3)), np.ones((3, 1)), np.ones((20, 1)), np.empty((1, 4, 1)))
