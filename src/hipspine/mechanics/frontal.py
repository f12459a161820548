"""How a person sets pelvis and trunk in the frontal plane: the least effort of a few free numbers within small bounds.

An exercise says how far hips and knees bend; it rarely says how the pelvis lists on one leg, how the trunk leans over it, or how much
weight the front foot takes. People choose, and a model that holds the pelvis level pays for it with hip abduction that nobody measures.
Here the choice is the cheapest one: the numbers whose posture costs the muscles least. The caller gives the posture of such numbers, with
the stance foot where it stands; what has no posture is avoided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import Touch, carried
from hipspine.mechanics.rigid import Postures
from hipspine.mechanics.rigid_loads import Load
from hipspine.terms import Floats

LARGEST = 1e12  # cost of numbers that no posture has
TOLERANCE = 5e-3  # of the bounds' width, at which the search ends


@dataclass(frozen=True, slots=True, eq=False)
class Effort:
    """The cheapest numbers that were found, and what they save."""

    numbers: Floats  # (number,) in the caller's order and unit
    cost: float  # sum over the postures of the cost of sharing
    cost_before: float  # of the start
    at_bounds: tuple[bool, ...]  # (number,) whether the search would have gone on
    looked_at: int  # postures that were solved


def least_effort(
    body: BodyModel,
    posture: Callable[[Floats], Postures],
    *,
    bounds: Sequence[tuple[float, float]],
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    start: ArrayLike | None = None,
    active: ArrayLike | None = None,
    habit: float = 0.0,
    most: int = 120,
) -> Effort:
    """Pelvis list, pelvis rotation, trunk lean, share of the front foot, ... that cost the muscles least.

    Line searches from ``start`` (Powell): the same input gives the same numbers. They find the valley in which they start; with small
    bounds there is one. Muscles are not all that people mind: least effort alone leans the trunk 18 degrees over one leg, so give small
    bounds or a habit.

    Args:
        body: as for `carrying.carried`.
        posture: gives the postures of the numbers; it raises a `ModelError` where it finds none.
        bounds: (low, high) of each number.
        touches, loads, active: as for `carrying.carried`.
        start: where the search begins; the middle of the bounds unless given.
        habit: what it costs to go from the start to a bound, as a share of the start's cost; it grows with the square of the way.
        most: postures to solve, about.

    Raises:
        ModelError: bounds that are no ranges, a start outside them, or a start that has no posture.
    """
    low, high = (np.array([one[k] for one in bounds], dtype=np.float64) for k in (0, 1))
    if not len(low) or not np.isfinite([low, high]).all() or not (low < high).all():
        raise ModelError(f"bounds are {tuple(bounds)!r}; give a finite low end below a finite high end for each number.")
    if not (np.isfinite(habit) and habit >= 0):
        raise ModelError(f"habit is {habit!r}; give a share of the start's cost of 0 or more, such as 0.2.")
    first = (low + high) / 2 if start is None else np.asarray(start, dtype=np.float64)
    if first.shape != low.shape or not ((low <= first) & (first <= high)).all():
        raise ModelError(f"the search starts at {first.tolist()}; give {len(low)} numbers within {tuple(bounds)!r}.")

    def effort(numbers: Floats) -> float:
        found = carried(body, posture(numbers), touches=touches, loads=loads, active=active)
        return float(found.shared.cost.sum())

    before = effort(first)  # says in its own words what is wrong with the start
    where = (first - low) / (high - low)
    way = np.maximum(where, 1 - where)  # to the farther bound

    def refused(share: Floats) -> float:
        held = np.clip(share, 0.0, 1.0)
        try:
            return effort(low + (high - low) * held) + habit * before * float((((held - where) / way) ** 2).mean())
        except ModelError:
            return LARGEST

    found = minimize(
        refused, where, method="Powell", bounds=[(0.0, 1.0)] * len(low), options={"maxfev": most, "xtol": TOLERANCE, "ftol": 1e-6}
    )
    best = np.clip(np.atleast_1d(found.x), 0.0, 1.0) if found.fun < before else where
    edge = tuple(bool(one < 2 * TOLERANCE or one > 1 - 2 * TOLERANCE) for one in best)
    return Effort(low + (high - low) * best, effort(low + (high - low) * best), before, edge, int(found.nfev) + 2)
