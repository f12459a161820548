"""The lumbar spine in standing: where its joints are, how each vertebra leans, how a bend is shared among the levels.

Heights of vertebrae and discs, lordosis and the slope of the sacrum are published means (data/body_values.csv). All positions in the
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
    """(3,) centre of the lumbosacral disc.

    The regression of Dumas 2018 gives hip and lumbar joint in axes of the plane through the four iliac spines; here it is turned about z
    until its hip lies in the direction of ours, and its distance from the hips is kept.
    """
    names = ("forward", "up")
    hip, joint = (np.array([value("pelvis", f"{what}:{name}", "male") for name in names]) for what in ("hip_joint", "lumbar_joint"))
    ours = np.array([value("reference", "hip:x"), value("reference", "hip:y")])
    turn = math.atan2(ours[1], ours[0]) - math.atan2(hip[1], hip[0])
    c, s = math.cos(turn), math.sin(turn)
    offset = np.array([[c, -s], [s, c]]) @ (joint - hip) * value("reference", "asis_distance")
    return np.append(ours + offset, 0.0)


def disc_slope() -> float:
    """Slope of the upper end plate of the sacrum, forward and down [rad]: the disc's axis leans that far forward of vertical."""
    return math.radians(value("posture", "sacral_slope"))


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
    slope = value("posture", "sacral_slope")
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
