"""Markers in the tables of motion laboratories: those that were not seen, and the person whose name some programs put before theirs."""

from collections.abc import Sequence

import numpy as np

from hipspine.formats.motion.head import listed
from hipspine.terms import Floats


class Zeros:
    """How often each marker stands at exactly (0, 0, 0)."""

    def __init__(self, first: int, together: int, count: int) -> None:
        """The markers' columns begin at ``first``; each has ``together`` of them."""
        self._first, self._together = first, together
        self.counts = np.zeros(count, dtype=np.int64)
        self.empty = False  # whether a cell of any marker is empty

    def watch(self, row: int, numbers: Floats) -> None:
        """Look at a block of rows."""
        del row
        of = numbers[:, self._first : self._first + self._together * self.counts.size].reshape(len(numbers), self.counts.size, -1)
        self.counts += (of == 0).all(axis=2).sum(axis=0)
        self.empty = self.empty or bool(np.isnan(of).any())

    def found(self, markers: Sequence[str]) -> bool:
        """Whether there is any."""
        return bool(len(markers) and self.counts.any())

    def words(self, markers: Sequence[str]) -> str:
        """Who, and how often, without the person before the names."""
        which = np.flatnonzero(self.counts)
        names = without_prefix(markers, prefix_of(markers))
        stands = f"{which.size} markers stand" if which.size > 1 else "one marker stands"
        return f"{stands} in {int(self.counts.sum())} frames in all ({listed([names[i] for i in which])})"


def prefix_of(markers: Sequence[str]) -> str:
    """The name that stands before all markers, as in ``Smith:LASI``; programs put the name of the subject there.

    >>> prefix_of(["Smith:LASI", "Smith:RASI"]), prefix_of(["LASI", "RASI"])
    ('Smith', '')
    """
    heads = {marker.partition(":")[0] for marker in markers if ":" in marker}
    sides = {"l", "r", "left", "right", "links", "rechts"}
    return heads.pop() if len(heads) == 1 and not heads & sides else ""


def without_prefix(markers: Sequence[str], prefix: str) -> list[str]:
    """The names alone; as they are where two would become one."""
    short = [marker.removeprefix(f"{prefix}:").strip() if prefix else marker for marker in markers]
    short = [name or f"marker {k}" for k, name in enumerate(short, 1)]
    return short if len(set(short)) == len(set(markers)) else [f"subject:{name}" if m.startswith(f"{prefix}:") else name
                                                                for m, name in zip(markers, short, strict=True)]  # fmt: skip
