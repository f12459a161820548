"""The contract of a format that hipspine writes, and what every writer checks first.

``WRITER = Writer(...)`` in a package ``formats/<name>/`` is found by `hipspine convert` and by the shared round-trip tests; another
distribution offers one through the entry-point group ``hipspine.writers``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from hipspine.signals.recording import Recording


@dataclass(frozen=True, slots=True)
class Writer:
    """How one format is written."""

    name: str  # of the reader that reads it back
    suffixes: tuple[str, ...]  # lower case, with the dot; the first is the usual one
    losses: Callable[[Recording], tuple[str, ...]]  # one sentence for each thing that this format cannot keep of this recording
    write: Callable[[Recording, BinaryIO, str], None]  # (recording, file, its name for messages): a block at a time, same bytes every time
    precision: float  # largest rounding of a sample, as a share of the largest number in its channel


def nothing_is_lost(recording: Recording) -> tuple[str, ...]:
    """For formats that keep everything but the rounding that `Writer.precision` states."""
    del recording
    return ()
