"""Conditions on a posture, all of one form: a sum of points of the body, along one axis of the room, stands at a given place.

A foot that stays, hands on a bar, the mass centre over the feet: each is a few such rows. `hipspine.exercises.closing` finds the
postures that meet them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.mechanics.rigid import Placed, Point, Postures, Rigid, point_jacobians, points
from hipspine.terms import Floats

STAYS, HOLDS, BALANCES, RESTS = 1e6, 1e4, 1e5, 1.0
"""Strength of a row against 1 for an angle that is written: 1 mm off costs as much as 57, 5.7, 18 and 0.06 degrees."""


@dataclass(frozen=True, slots=True)
class Row:
    """``sum(share * axis . point)`` of points of the body stands at ``target_m``."""

    parts: tuple[tuple[Point, float], ...]  # point of a segment, share
    axis: Vector
    target_m: float
    strength: float
    what: str  # contact, balance, hands: for messages and errors


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Many rows made ready for many postures."""

    points: tuple[Point, ...]
    mix: Floats  # (row, point) shares
    axis: Floats  # (row, 3)
    target_m: Floats  # (row,)
    strength: Floats  # (row,)
    what: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Rows":
        """Points that several rows name are looked at once."""
        named = sorted({point for row in rows for point, _ in row.parts})
        mix = np.zeros((len(rows), len(named)))
        for k, row in enumerate(rows):
            for point, share in row.parts:
                mix[k, named.index(point)] += share
        return cls(
            tuple(named),
            mix,
            np.array([row.axis for row in rows], dtype=np.float64).reshape(-1, 3),
            np.array([row.target_m for row in rows], dtype=np.float64),
            np.array([row.strength for row in rows], dtype=np.float64),
            tuple(row.what for row in rows),
        )

    def off(self, rigid: Rigid, where: Placed) -> Floats:
        """(posture, row) how far each row is from its target [m]."""
        if not self.what:
            return np.zeros((len(where.position_m), 0))
        at = points(rigid, where, self.points)
        return np.asarray(np.einsum("rp,qpi,ri->qr", self.mix, at, self.axis, optimize=True) - self.target_m)

    def slopes(self, rigid: Rigid, q: Postures) -> Floats:
        """(posture, row, coordinate) how each row changes with each coordinate."""
        moved = point_jacobians(rigid, q, self.points)
        return np.asarray(np.einsum("rp,qpic,ri->qrc", self.mix, moved, self.axis, optimize=True))


def middle(of: Sequence[Point]) -> tuple[tuple[Point, float], ...]:
    """The middle of some points."""
    return tuple((point, 1.0 / len(of)) for point in of)


def minus(parts: Sequence[tuple[Point, float]]) -> tuple[tuple[Point, float], ...]:
    """The same sum, taken away."""
    return tuple((point, -share) for point, share in parts)
