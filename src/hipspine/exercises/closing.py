"""Postures as close as possible to those that were written, in which every contact holds and the weight stands where it should.

Least squares over all free coordinates of the body: angles that were written pull with weight 1, the others hardly; contacts pull a
million times harder. Gauss and Newton's steps, damped where they would go far; the written posture decides between the many postures
that a closed chain allows, so that neighbouring frames stay neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.exercises.rows import Row, Rows
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.terms import Floats

_STEPS, _STILL = 160, 1e-10
_FREELY = 50  # whole steps at first: they leave shallow hollows that shorter ones would stay in
_LARGEST_STEP = 0.35  # [rad, m] of one step
_SHORTEST = 1e-6  # share of a step below which nothing is gained any more
_LIMIT = 1e6  # strength of a joint's limit: 1 degree beyond it costs as much as 1000 degrees of a written angle
_NEARLY = np.radians(0.5)  # beyond a limit, which rounding and compromise leave, is laid onto it


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """Postures that meet their conditions as well as can be."""

    q: Floats  # (posture, coordinate)
    off_m: Floats  # (posture, row) what is left of each condition
    rows: tuple[Row, ...]


def closed(
    rigid: Rigid,
    wanted: Floats,
    weight: Floats,
    rows: Sequence[Row],
    *,
    start: Floats | None = None,
    shift: Callable[[Floats], Floats] | None = None,
) -> Closed:
    """Close postures.

    Args:
        rigid: the body; limits of its coordinates are kept.
        wanted: (posture, coordinate) as written.
        weight: (coordinate,) or (posture, coordinate) how much each written value counts; above 0.
        rows: what must hold.
        start: (posture, coordinate) where to begin; ``wanted`` unless given.
        shift: from postures to (posture, row) [m] added to the targets, such as what a cable does to balance.
    """
    ready = Rows.of(rows)
    q = (wanted if start is None else start).copy()
    pull = np.broadcast_to(weight, q.shape)
    low, high = (np.array([getattr(one, end) for one in rigid.free]) for end in ("low", "high"))
    before, cost, share = q.copy(), np.full(len(q), np.inf), np.ones(len(q))
    for number in range(_STEPS):
        off = _off(rigid, ready, q, shift)
        beyond = np.where(q > high, q - high, np.where(q < low, q - low, 0.0))
        now = (pull * (q - wanted) ** 2).sum(axis=1) + _LIMIT * (beyond**2).sum(axis=1) + (ready.strength * off**2).sum(axis=1)
        worse = (now > cost * (1 + 1e-9) + 1e-12) & (share > _SHORTEST) & (number > _FREELY)
        if worse.any():  # what does not come to rest by itself: a step that went too far is tried with half its length
            q[worse] = before[worse] + 0.5 * (q[worse] - before[worse])
            share[worse] *= 0.5
            continue
        share = np.where(share > _SHORTEST, 1.0, share)
        before, cost = q.copy(), now
        slope = ready.slopes(rigid, q)
        strong = slope * ready.strength[None, :, None]
        hessian = np.einsum("qrc,qrd->qcd", strong, slope, optimize=True)
        index = np.arange(q.shape[1])
        hessian[:, index, index] += pull + np.where(beyond != 0, _LIMIT, 0.0)
        gradient = pull * (q - wanted) + _LIMIT * beyond + np.einsum("qrc,qr->qc", strong, off, optimize=True)
        step = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
        step[share <= _SHORTEST] = 0.0
        largest = np.abs(step).max(axis=1, keepdims=True)
        q += step * np.minimum(1.0, _LARGEST_STEP / np.maximum(largest, 1e-12))
        if largest.max() < _STILL:
            break
    q = np.where((q > high) & (q < high + _NEARLY), high, np.where((q < low) & (q > low - _NEARLY), low, q))
    return Closed(q, _off(rigid, ready, q, shift), tuple(rows))


def _off(rigid: Rigid, ready: Rows, q: Floats, shift: Callable[[Floats], Floats] | None) -> Floats:
    off = ready.off(rigid, placed(rigid, q))
    return off if shift is None else off - shift(q)
