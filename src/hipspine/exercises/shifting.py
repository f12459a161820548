"""Shifts of the weight between two supports: before a foot lifts, the weight stands over what stays; after it lands, it goes on.

A body that moves slowly falls when a foot lifts that still carries weight. So between two poses that stand on different feet the body
passes through postures that nobody writes: all that touches at one end of the way, with the weight over what touches all the way. Where
no such posture is near (a long stride is a fall that the front leg catches), the way stays as it is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hipspine.exercises.conditions import PARTS_OF_SOLE
from hipspine.exercises.exercise import Contact, Exercise, Pose
from hipspine.exercises.rows import BALANCES, Row
from hipspine.mechanics.rigid import Point
from hipspine.terms import Floats

SHIFT = "weight shift"  # what a leg of a way is called on which only the weight moves
THERE_M = 0.01  # weight that stands so near to where it must go is there
CONTACT_M, BALANCE_M = 0.002, 0.005  # most that a posture on the way may leave of contacts and balance
NEAR_RAD = np.radians(35.0)  # most that a joint may turn for it: our choice
LASTS, LASTS_BOTH = 0.4, 0.3  # of the way: one shift, or each of two: our choice


def ways(exercise: Exercise) -> list[tuple[int, int]]:
    """Numbers of the poses at the ends of the ways of a repetition, in their order."""
    last = len(exercise.poses) - 1
    return [*((k - 1, k) for k in range(1, last + 1)), *([(last, 0)] if exercise.returns and last else [])]


@dataclass(frozen=True, slots=True)
class Way:
    """From one written pose to another, by shifts of the weight where they are needed."""

    ends: tuple[int, int]  # numbers of the poses
    before: int | None = None  # number of the posture to which the weight shifts before something lifts
    after: int | None = None  # number of the posture in which something has landed, before the weight goes on

    def legs(self, name: str, seconds: float) -> Iterator[tuple[str, float, tuple[int, int]]]:
        """Name, seconds and ends of each leg of a way that takes ``seconds`` to the pose ``name``.

        >>> list(Way((0, 1), before=2).legs("on one leg", 1.0))
        [('weight shift', 0.4, (0, 2)), ('on one leg', 0.6, (2, 1))]
        """
        first, last = (end if by is None else by for end, by in zip(self.ends, (self.before, self.after), strict=True))
        lasts = LASTS_BOTH if first != self.ends[0] and last != self.ends[1] else LASTS
        stops = [(SHIFT, lasts, (self.ends[0], first))] * (self.before is not None)
        after = [(SHIFT, lasts, (last, self.ends[1]))] * (self.after is not None)
        moves = 1.0 - lasts * (len(stops) + len(after))
        yield from ((what, share * seconds, ends) for what, share, ends in (*stops, (name, moves, (first, last)), *after))


def bearing(contacts: tuple[Contact, ...]) -> frozenset[Contact]:
    """Places that carry weight."""
    return frozenset(one for one in contacts if not one.rests)


def flat(contacts: tuple[Contact, ...], other: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """Contacts of a pose in which a foot still stands on its whole sole if it does in the other pose, and another foot lifts or lands.

    >>> from hipspine.terms import Side
    >>> left = Contact("sole", Side.LEFT)
    >>> [str(one) for one in flat((Contact("sole", Side.RIGHT), Contact("forefoot", Side.LEFT)), (left,))]
    ['sole:right on floor', 'sole:left on floor']
    """
    feet, others = ({one.side for one in bearing(some)} for some in (contacts, other))
    if feet == others:
        return contacts
    return tuple(sole if (sole := replace(one, place="sole")) in other and one.place in PARTS_OF_SOLE else one for one in contacts)


def alike(first: Pose, last: Pose) -> dict[str, float]:
    """Angles that two poses write alike."""
    return {name: angle for name, angle in first.angles_rad.items() if last.angles_rad.get(name) == angle}


def led(centre: tuple[tuple[Point, float], ...]) -> list[Row]:
    """Rows that lead the mass centre, fore-aft and sideways, along a path that is given as a shift of their targets."""
    return [Row(centre, axis, 0.0, BALANCES, "balance") for axis in ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))]


def near(q: Floats, other: Floats) -> bool:
    """Whether no joint turns far between two postures (coordinate,); the place of the body in the room does not count."""
    turns = np.abs(q - other)
    return bool(max(turns[:3].max(), turns[6:].max()) <= NEAR_RAD)
