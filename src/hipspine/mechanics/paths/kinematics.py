"""Where segments, joint axes and surfaces are in one posture, for Numba."""

import math

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.curves import value_and_slope
from hipspine.mechanics.paths.tables import ABOUT_X, ABOUT_Y, ABOUT_Z, SHIFT, Tables, Work
from hipspine.terms import Floats

COMPILED_IN = "92c44699"  # of the text of the files that kernels and constants come from: see compiling


@kernel
def place_segments(t: Tables, given: Floats, w: Work) -> None:
    """Fill the frames of ``w`` for the coordinates ``given`` (coordinate,) [rad or m].

    A segment that no joint of ``t`` carries stays where it is: the room's origin. Rotations of a joint turn about its origin, each about
    the axis as the ones before have left it; shifts run along the axes of the parent's frame.
    """
    for c in range(given.size):
        w.coordinates[c]["value"], w.coordinates[c]["gain"] = given[c], 1.0
    for k in range(t.following.size):
        c = t.following[k]
        d = t.coordinates[c]["driver"]
        value, slope = value_and_slope(t.curves, t.coordinates[c]["curve"], w.coordinates[d]["value"])
        w.coordinates[c]["value"], w.coordinates[c]["gain"] = value, slope * w.coordinates[d]["gain"]
    for j in range(t.joints.size):
        _joint(t, j, w)
    for k in range(t.wraps.size):
        s = t.wraps[k]["segment"]
        for i in range(3):
            a, b, c = w.segments[s]["rotation"][i, 0], w.segments[s]["rotation"][i, 1], w.segments[s]["rotation"][i, 2]
            w.wraps[k]["position"][i] = (
                w.segments[s]["position"][i] + a * t.wraps[k]["position"][0] + b * t.wraps[k]["position"][1] + c * t.wraps[k]["position"][2]
            )
            for j in range(3):
                w.wraps[k]["rotation"][i, j] = a * t.wraps[k]["turn"][0, j] + b * t.wraps[k]["turn"][1, j] + c * t.wraps[k]["turn"][2, j]


@kernel
def _joint(t: Tables, j: int, w: Work) -> None:
    p, child = t.joints[j]["parent"], t.joints[j]["child"]
    r = w.segments[child]["rotation"]
    centre = w.centre[j]
    for i in range(3):
        a, b, c = w.segments[p]["rotation"][i, 0], w.segments[p]["rotation"][i, 1], w.segments[p]["rotation"][i, 2]
        centre[i] = w.segments[p]["position"][i] + a * t.joints[j]["shift"][0] + b * t.joints[j]["shift"][1] + c * t.joints[j]["shift"][2]
        for k in range(3):
            r[i, k] = a * t.joints[j]["turn"][0, k] + b * t.joints[j]["turn"][1, k] + c * t.joints[j]["turn"][2, k]
    for m in range(t.joints[j]["first"], t.joints[j]["last"]):  # shifts stand before rotations
        q = t.motions[m]["coordinate"]
        amount, slope = value_and_slope(t.curves, t.motions[m]["curve"], w.coordinates[q]["value"] if q >= 0 else 0.0)
        w.motions[m]["rate"] = slope * w.coordinates[q]["gain"] if q >= 0 else 0.0
        kind = t.motions[m]["kind"]
        x, y, z = t.motions[m]["axis"][0], t.motions[m]["axis"][1], t.motions[m]["axis"][2]
        for i in range(3):
            w.motions[m]["direction"][i] = r[i, 0] * x + r[i, 1] * y + r[i, 2] * z
        if kind == SHIFT:
            for i in range(3):
                centre[i] += amount * w.motions[m]["direction"][i]
        else:
            _turn(r, kind, x, y, z, math.cos(amount), math.sin(amount))
    for i in range(3):
        a, b, c = r[i, 0], r[i, 1], r[i, 2]
        w.segments[child]["position"][i] = (
            centre[i] + a * t.joints[j]["origin"][0] + b * t.joints[j]["origin"][1] + c * t.joints[j]["origin"][2]
        )
        for k in range(3):
            r[i, k] = a * t.joints[j]["back"][0, k] + b * t.joints[j]["back"][1, k] + c * t.joints[j]["back"][2, k]


@kernel
def _turn(r: Floats, kind: int, x: float, y: float, z: float, c: float, s: float) -> None:
    """Turn the frame ``r`` about its own axis; an axis of the frame itself needs a third of the products."""
    if kind == ABOUT_Z:
        for i in range(3):
            a, b = r[i, 0], r[i, 1]
            r[i, 0], r[i, 1] = c * a + s * b, c * b - s * a
    elif kind == ABOUT_X:
        for i in range(3):
            a, b = r[i, 1], r[i, 2]
            r[i, 1], r[i, 2] = c * a + s * b, c * b - s * a
    elif kind == ABOUT_Y:
        for i in range(3):
            a, b = r[i, 2], r[i, 0]
            r[i, 2], r[i, 0] = c * a + s * b, c * b - s * a
    else:
        v = 1.0 - c
        for i in range(3):
            a, b, d = r[i, 0], r[i, 1], r[i, 2]
            r[i, 0] = a * (c + x * x * v) + b * (y * x * v + z * s) + d * (z * x * v - y * s)
            r[i, 1] = a * (x * y * v - z * s) + b * (c + y * y * v) + d * (z * y * v + x * s)
            r[i, 2] = a * (x * z * v + y * s) + b * (y * z * v - x * s) + d * (c + z * z * v)
