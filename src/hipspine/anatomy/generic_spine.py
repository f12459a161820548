"""The lumbar spine in standing: where its joints are, how each vertebra leans, how a bend is shared among the levels.

Heights of vertebrae and discs and lordosis are published means, the sacrum is that of gait2392 (data/body_values.csv). All positions in the
pelvis frame of the generic adult: x forward, y up, z right, origin midway between the anterior superior iliac spines.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from hipspine.anatomy.generic_values import value
from hipspine.terms import Floats

VERTEBRAE = ("L5", "L4", "L3", "L2", "L1")  # from below
DISCS = ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2", "T12_L1")  # disc k lies below vertebra k; the last one below the thorax
MOVING = DISCS[:5]
BENDS = ("flexion", "bending", "rotation")


@dataclass(frozen=True, slots=True, eq=False)
class Vertebra:
    """One lumbar vertebra in standing."""

    name: str
    joint_m: Floats  # centre of the disc below it, pelvis frame
    centre_m: Floats  # of its body
    lean_rad: float  # of its long axis, forward of vertical
    height_m: float  # of its body
    width_m: float  # of its upper end plate

    def at(self, forward: float, up: float, side: float) -> Floats:
        """A place given in the vertebra's own axes from the centre of its body, seen from its joint in axes parallel to the pelvis."""
        c, s = math.cos(self.lean_rad), math.sin(self.lean_rad)
        return np.asarray(self.centre_m - self.joint_m + np.array([forward * c + up * s, up * c - forward * s, side]))


@cache
def lumbar() -> dict[str, Vertebra]:
    """The five vertebrae by name, from L5 to L1."""
    joint, found = l5_s1(), {}
    leans = _leans()
    for k, name in enumerate(VERTEBRAE):
        height = (value("vertebra", f"{name}:posterior_height") + value("vertebra", f"{name}:anterior_height")) / 2
        below, above = (value("disc", f"{disc}:height", "male") / 2 for disc in DISCS[k : k + 2])
        lean = leans[name]
        axis = np.array([math.sin(lean), math.cos(lean), 0.0])
        found[name] = Vertebra(name, joint, joint + (below + height / 2) * axis, lean, height, value("vertebra", f"{name}:endplate_width"))
        joint = joint + (below + height + above) * axis
    return found


@cache
def t12_l1() -> Floats:
    """(3,) centre of the disc between the thorax and L1."""
    top = lumbar()["L1"]
    half = top.height_m / 2 + value("disc", "T12_L1:height", "male") / 2
    return top.centre_m + half * np.array([math.sin(top.lean_rad), math.cos(top.lean_rad), 0.0])


@cache
def l5_s1() -> Floats:
    """(3,) centre of the lumbosacral disc: half a disc above the middle of the upper end plate of the sacrum."""
    back, front = _on_our_pelvis("end_plate_back"), _on_our_pelvis("promontory")
    lean = disc_slope()
    half = value("disc", "L5_S1:height", "male") / 2
    x, y = (back + front) / 2 + half * np.array([math.sin(lean), math.cos(lean)])
    return np.array([x, y, 0.0])


def disc_slope() -> float:
    """Slope of the upper end plate of the sacrum, forward and down [rad]: the disc's axis leans that far forward of vertical."""
    x, y = _on_our_pelvis("promontory") - _on_our_pelvis("end_plate_back")
    return math.atan2(-y, x)


def _on_our_pelvis(what: str) -> Floats:
    """(2,) forward and up of a place on the midline of the pelvis of gait2392, turned and scaled until its hips are ours.

    Both pelves begin midway between the spines; their hips lie equally far from there (0.2 %), one 11 degrees lower than the other.
    """
    theirs = complex(value("gait2392_pelvis", "hip:forward"), value("gait2392_pelvis", "hip:up"))
    turn = complex(value("reference", "hip:x"), value("reference", "hip:y")) / theirs
    place = complex(value("gait2392_pelvis", f"{what}:forward"), value("gait2392_pelvis", f"{what}:up")) * turn
    return np.array([place.real, place.imag])


def shares(bend: str) -> dict[str, float]:
    """Share of each moving disc in a bend of the lumbar spine; they add up to 1.

    >>> round(shares("flexion")["L1_L2"], 3)
    0.274
    """
    found = {disc: value("rhythm", f"{disc}:{bend}") for disc in MOVING}
    total = sum(found.values())
    return {disc: one / total for disc, one in found.items()}


def _leans() -> dict[str, float]:
    """Lean of each vertebra's long axis: the sacrum's slope, falling evenly with height by the lordosis L4 to S1, then T12 to S1."""
    slope = math.degrees(disc_slope())
    heights, at = [0.0], {}
    for k, name in enumerate(VERTEBRAE):
        body = (value("vertebra", f"{name}:posterior_height") + value("vertebra", f"{name}:anterior_height")) / 2
        start = heights[-1] + value("disc", f"{DISCS[k]}:height", "male")
        at[name] = start + body / 2
        heights.append(start + body)
    top = heights[-1] + value("disc", "T12_L1:height", "male")
    knots = [0.0, heights[2], top]
    leans = [slope, slope - value("posture", "lordosis_L4_S1"), slope - value("posture", "lordosis_T12_S1")]
    return {name: math.radians(float(np.interp(at[name], knots, leans))) for name in VERTEBRAE}
