"""Samples that stay in their file until they are asked for, with the manners of an array."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.signals.recording import Samples
from hipspine.terms import Floats

Rows: TypeAlias = "NDArray[np.intp]"


@dataclass(frozen=True, slots=True, eq=False)
class Lazy:
    """(channel, sample) numbers in a file: ``values[3]`` reads a channel, ``values[[0, 2], 500:900]`` a stretch of two.

    >>> ramp = Lazy((2, 5), lambda rows, start, stop: 10.0 * rows[:, None] + np.arange(start, stop))
    >>> ramp[1, 2:4].tolist(), ramp[[1, 0], :2].tolist(), np.asarray(ramp).shape
    ([12.0, 13.0], [[10.0, 11.0], [0.0, 1.0]], (2, 5))
    """

    shape: tuple[int, int]
    read: Callable[[Rows, int, int], Floats]  # (channels, first sample, end) -> a new array (channel, sample)

    def __getitem__(self, key: Any) -> Floats:
        channels, samples = key if isinstance(key, tuple) else (key, slice(None))
        rows = np.arange(self.shape[0])[channels]
        if not isinstance(samples, slice):
            place = range(self.shape[1])[samples]
            return self[channels, place : place + 1][..., 0]
        start, stop, step = samples.indices(self.shape[1])
        if step != 1:
            raise IndexError("samples are read in one stretch: a slice without a step")
        values = self.read(np.atleast_1d(rows), start, max(start, stop))
        return values[0] if np.ndim(rows) == 0 else values

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Floats]:
        return (self[row] for row in range(self.shape[0]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("these samples are in a file; reading them makes an array")
        values = self[:]
        return values if dtype is None else values.astype(dtype, copy=False)


def selected(values: Samples, rows: Sequence[int], factors: Sequence[float]) -> Samples:
    """Some channels of these samples, each times its factor; read when they are asked for if the samples are."""
    places, scale = np.asarray(rows, dtype=np.intp), np.asarray(factors, dtype=np.float64)
    if isinstance(values, np.ndarray):
        whole = places.size == values.shape[0] and bool((places == np.arange(places.size)).all())
        chosen = values if whole else values[places]
        return chosen if (scale == 1.0).all() else chosen * scale[:, None]

    def read(channels: Rows, start: int, stop: int) -> Floats:
        out: Floats = values[places[channels], start:stop]
        out *= scale[channels, None]
        return out

    return Lazy((len(places), values.shape[1]), read)


def shortened(values: Samples, samples: int) -> Samples:
    """The first samples only."""
    if samples >= values.shape[1]:
        return values
    if isinstance(values, np.ndarray):
        return np.array(values[:, :samples])
    return Lazy((values.shape[0], samples), lambda channels, start, stop: values[channels, start:stop])
