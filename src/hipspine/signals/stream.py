"""A channel that arrives in chunks.

The engine learns rest and burst from everything it has seen, so the answer is that of the batch on the samples so far, however they
were cut into chunks. The samples are kept: eight bytes each.
"""

import numpy as np

from hipspine.errors import SignalError
from hipspine.signals.onsets import detect_onsets
from hipspine.signals.timing import Onsets
from hipspine.terms import Floats


class OnsetStream:
    """Onsets of one channel while it is being recorded.

    >>> rng = np.random.default_rng(1)
    >>> emg = rng.normal(size=8000) * np.where(np.arange(8000) >= 3000, 10.0, 1.0)
    >>> stream = OnsetStream(rate_hz=2000.0)
    >>> for chunk in np.array_split(emg, 100):
    ...     stream.push(chunk)
    >>> bool(stream.onsets().on_s == detect_onsets(emg, rate_hz=2000.0).on_s)
    True
    """

    def __init__(self, *, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._samples = np.empty(4096)
        self._count = 0

    def push(self, chunk: Floats) -> None:
        """Add samples, any number of them.

        Raises:
            SignalError: the chunk is not one row of finite numbers; nothing is added.
        """
        chunk = np.asarray(chunk, dtype=np.float64)
        if chunk.ndim != 1 or not np.isfinite(chunk).all():
            raise SignalError(f"a chunk needs one row of finite numbers; found shape {chunk.shape} or gaps; nothing was added.")
        need = self._count + chunk.size
        if need > self._samples.size:
            grown = np.empty(max(need, 2 * self._samples.size))
            grown[: self._count] = self._samples[: self._count]
            self._samples = grown
        self._samples[self._count : need] = chunk
        self._count = need

    def onsets(self) -> Onsets:
        """Bursts so far [s from the first sample]; a burst that still goes on has an open end."""
        return detect_onsets(self._samples[: self._count], rate_hz=self.rate_hz)
