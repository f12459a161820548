"""Voluntary drive as an input: muscles that a person switches on harder than the task needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.errors import ModelError
from hipspine.terms import Floats, Side

MOST = 0.95  # a floor at the ceiling leaves no freedom


@dataclass(frozen=True, slots=True, eq=False)
class Effort:
    """A muscle group that works at least so much; antagonists, other muscles and contacts balance what the task does not need.

    Where nothing can balance it, reserves do, and `CarriedEnsemble.reserve` and its sentences say so.
    """

    group: str
    least: ArrayLike  # activation, one number or (posture,)
    most: ArrayLike | None = None  # each body draws evenly from ``least`` to this; None: all take ``least``
    side: Side | None = None  # None: both


def floors(
    efforts: Sequence[Effort],
    groups: Mapping[str, NDArray[np.bool_]],
    sides: Sequence[Side | None],
    postures: int,
    samples: int,
    seed: int,
) -> list[Floats]:
    """(member,) of (posture or 1, line) least activations. Dice of their own: the bodies are the same with and without effort.

    Raises:
        ModelError: a group that does not exist, or an activation outside 0 to 0.95.
    """
    dice = np.random.default_rng([seed, len("effort")])
    share = dice.random((samples, len(efforts)))
    found = []
    ends = [
        (_look_at(one.group, one.least, postures), _look_at(one.group, one.least if one.most is None else one.most, postures))
        for one in efforts
    ]
    for member in range(samples):
        low = np.zeros((postures if efforts else 1, len(sides)))
        for k, one in enumerate(efforts):
            if one.group not in groups:
                raise ModelError(f"there is no muscle group {one.group!r} to drive; there are {', '.join(groups)}.")
            lines = groups[one.group] & np.array([one.side is None or side is one.side for side in sides])
            least, most = ends[k]
            low[:, lines] = np.maximum(low[:, lines], (least + share[member, k] * (most - least))[:, None])
        found.append(low)
    return found


def _look_at(group: str, given: ArrayLike, postures: int) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.shape not in ((), (postures,)) or not ((values >= 0) & (values <= MOST)).all():
        raise ModelError(f"the effort of {group} is {given!r}; give a share from 0 to {MOST}, or one for each of {postures} postures.")
    return np.broadcast_to(values, postures)
