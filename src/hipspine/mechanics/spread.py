"""What is not known of a body, drawn anew for each member of an ensemble, and how the members' answers are read.

Sharing by least cost gives one number for each muscle; which number depends on lines, sizes and costs that nobody knows well. Every
ensemble of load numbers draws them here, so that all draw alike. What is said of a number is its median with the range of 90 % of the
members; that one is more than another is said only where 80 % of the members agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.gluteus_maximus import members
from hipspine.mechanics.fibre import Curve
from hipspine.mechanics.field_ensemble import FORM_M
from hipspine.mechanics.posture import HIP
from hipspine.mechanics.sacroiliac import JointPlane
from hipspine.mechanics.sacroiliac_data import assumption
from hipspine.terms import Floats, Region

AGREED = 0.80  # of the members, before an order of muscles is said
LEVEL = 0.90
MARGIN = 0.01  # of activation, by which one must exceed the other


@dataclass(frozen=True, slots=True)
class Spread:
    """What is not known of a body, and how far it may lie from the model."""

    force: tuple[float, float] = (0.6, 1.2)  # of each muscle, against the model: Barker 2014 measured 26 cm2 (16-36), models hold 40-68
    exponent: tuple[float, float] = (2.0, 4.0)  # of the cost
    floor: tuple[float, float] = (0.01, 0.05)  # activation of every muscle that works along
    curves: tuple[Curve, ...] = tuple(Curve)  # of force over fibre length
    floor_in_log: bool = False  # drawn evenly in its logarithm: of unknown order of magnitude
    fibre: tuple[float, float] = (0.9, 1.1)  # optimal length, against the model
    place_m: float = 0.005  # SD of where a line runs, in each direction
    joint_m: float = 0.005  # SD of where a joint's centre lies, in each direction
    reserve_nm: float = 1.0
    form_m: float = FORM_M  # SD of a region's arms for each unit of mixture: what the form of the line field leaves open
    friction: tuple[float, float] = (0.4, 0.8)  # of sole and floor: our assumption
    by_angle: tuple[float, float] = (0.0, 0.0)  # how much of what `strength_by_angle` adds in flexion; whole bodies alone
    sacral_slope_deg: tuple[float, float] = (39.5, 7.75)  # mean and SD: Mac-Thiong 2011, mean +-2 SD 24 to 55 in 709 adults [abstract]


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One body and one way of choosing, as drawn."""

    field: int | None  # member of the line field of gluteus maximus; None: the best fit, while there are no others
    shift_m: Floats  # (kind, 3) of each muscle's course: forward, up, to its own side
    joint_m: Floats  # (3,) of the hip centre, likewise
    fibre: Floats  # (kind,) factor of the optimal fibre length
    force: Floats  # (muscle,) factor of the greatest force
    curve: Curve
    exponent: float
    floor: float
    form_m: Floats  # (region, axis) shift of gluteus maximus' arms for each unit of mixture, from upper to lower


@dataclass(frozen=True, slots=True, eq=False)
class TrunkDraw:
    """What a whole body adds to the draw of one leg."""

    lumbar_m: Floats  # (3,) shift of the lumbar joints together; none to the side, for the body is its own mirror
    friction: float
    sacral_slope_rad: float
    plane: JointPlane  # of the sacroiliac joint


def draw(spread: Spread, dice: np.random.Generator, *, kinds: int, muscles: int) -> Draw:
    """One member: ``kinds`` muscles whose course and fibres are drawn, ``muscles`` whose force is drawn; the order of the dice is fixed."""
    pool: list[int | None] = [*range(members())] or [None]
    field = pool[int(dice.integers(len(pool)))]
    shift, joint = dice.normal(0, spread.place_m, (kinds, 3)), dice.normal(0, spread.joint_m, 3)
    fibre, force = dice.uniform(*spread.fibre, kinds), dice.uniform(*spread.force, muscles)
    thrown = int(dice.integers(len(Curve)))  # always thrown, so that what follows is the same whatever the curves
    curve = spread.curves[thrown % len(spread.curves)]
    exponent = float(dice.uniform(*spread.exponent))
    floor = np.exp(dice.uniform(*np.log(spread.floor))) if spread.floor_in_log else dice.uniform(*spread.floor)
    form = dice.normal(0, spread.form_m, (len(Region), len(HIP)))
    return Draw(field, shift, joint, fibre, force, curve, exponent, float(floor), form)


def draw_trunk(spread: Spread, dice: np.random.Generator) -> TrunkDraw:
    """What is drawn after `draw` for a whole body. The slope is cut where no end plate of the published spread (mean +-3 SD) lies."""
    lumbar = dice.normal(0, spread.joint_m, 3) * np.array([1.0, 1.0, 0.0])
    friction = float(dice.uniform(*spread.friction))
    mean, sd = spread.sacral_slope_deg
    slope = float(np.clip(dice.normal(mean, sd), mean - 3 * sd, mean + 3 * sd))
    tilt = [np.radians(assumption(f"tilt_about_{axis}_deg").draw(dice, 1)[0]) for axis in ("vertical", "forward")]
    return TrunkDraw(lumbar, friction, float(np.radians(slope)), JointPlane(float(tilt[0]), float(tilt[1])))


def range_over_members(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Median, low and high end of 90 % of the members, which stand along the first axis; a member without proof (NaN) does not count.
    Where none has one, all three are NaN.

    >>> [round(end.item(), 6) for end in range_over_members(np.arange(101.0))]
    [50.0, 5.0, 95.0]
    """
    rising, count = np.sort(values, axis=0), np.isfinite(values).sum(axis=0)  # NaN stand last
    low, median, high = (_at(rising, count, level) for level in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    return median, low, high


def _at(rising: Floats, count: NDArray[np.int64], level: float) -> Floats:
    """(...,) the quantile of sorted values of which the first ``count`` are finite: as `numpy.nanquantile`, many times as quick."""
    place = np.maximum(count - 1, 0) * level
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    first, second = (np.take_along_axis(rising, one[None], axis=0)[0] for one in (below, above))
    share = place - below
    step = second - first
    return np.asarray(np.where(share < 0.5, first + step * share, second - step * (1 - share)))


def agreement(more: Floats, less: Floats, *, margin: float = MARGIN) -> Floats:
    """Share of the members (first axis) in which ``more`` exceeds ``less`` by at least ``margin``; NaN where no member has a proof."""
    gap = more - less
    proven = np.isfinite(gap).sum(axis=0)
    return np.asarray((gap > margin).sum(axis=0) / np.where(proven > 0, proven, np.nan))


def rank_stability(values: Floats) -> Floats:
    """Mean rank correlation of the proven members' orders with the order of the medians; 1: always the same, NaN: no member has a proof.

    Args:
        values: (member, ..., compared).
    """
    proven = np.isfinite(values).all(axis=-1)
    ranks = values.argsort(axis=-1).argsort(axis=-1).astype(np.float64)
    middle = (
        np.nanmedian(np.where(np.asarray(proven.any(axis=0))[..., None], values, 0.0), axis=0)
        .argsort(axis=-1)
        .argsort(axis=-1)
        .astype(np.float64)
    )
    ranks -= ranks.mean(axis=-1, keepdims=True)
    middle -= middle.mean(axis=-1, keepdims=True)
    each = (ranks * middle).sum(axis=-1) / (middle**2).sum(axis=-1)
    count = proven.sum(axis=0)
    return np.asarray(np.where(proven, each, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan))


def kinds_of(names: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Sorted kinds, and (name,) the number of each name's kind.

    >>> kinds_of(["psoas", "iliacus", "psoas"])[1].tolist()
    [1, 0, 1]
    """
    kinds = sorted(set(names))
    return kinds, np.array([kinds.index(name) for name in names])
