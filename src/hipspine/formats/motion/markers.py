"""Markers in the tables of motion laboratories: those that were not seen, and the person whose name some programs put before theirs."""

import re
from collections.abc import Sequence

import numpy as np

from hipspine.formats.motion.head import listed
from hipspine.terms import Floats

_SIDES = frozenset(("l", "r", "left", "right", "links", "rechts"))
_NUMBERED = re.compile(r"subject \d+")  # as it is written instead of a name


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
        names = without_people(markers)
        stands = f"{which.size} markers stand" if which.size > 1 else "one marker stands"
        return f"{stands} in {int(self.counts.sum())} frames in all ({listed([names[i] for i in which])})"


def people_of(markers: Sequence[str]) -> tuple[str, ...]:
    """The names that stand before markers, as in ``Smith:LASI``; programs put the name of the subject there.

    >>> people_of(["Smith:LASI", "Jones:LASI", "Smith:RASI"]), people_of(["LASI", "L:HEE"])
    (('Smith', 'Jones'), ())
    """
    heads = dict.fromkeys(marker.partition(":")[0].strip() for marker in markers if marker.partition(":")[2].strip())
    return tuple(head for head in heads if head and head.lower() not in _SIDES and not _NUMBERED.fullmatch(head))


def without_people(markers: Sequence[str]) -> list[str]:
    """The names alone; where there are several subjects, or two names would become one, with the number of the subject.

    >>> without_people(["Smith:LASI", "Smith:RASI"]), without_people(["Smith:LASI", "Jones:LASI"])
    (['LASI', 'RASI'], ['subject 1:LASI', 'subject 2:LASI'])
    """
    people = people_of(markers)
    parts = [marker.partition(":") for marker in markers]
    split = [(head.strip(), name.strip()) if head.strip() in people and name.strip() else ("", marker) for marker, (head, _, name) in
             zip(markers, parts, strict=True)]  # fmt: skip
    short = [name or f"marker {k}" for k, (_, name) in enumerate(split, 1)]
    if len(people) < 2 and len(set(short)) == len(set(markers)):
        return short
    return [f"subject {people.index(head) + 1}:{name}" if head else name for (head, _), name in zip(split, short, strict=True)]


def nameless_line(line: str, markers: Sequence[str]) -> str:
    """A line of the header without the people before the markers in it, which then read the same as before."""
    people, alone = people_of(markers), not any(name.startswith("subject ") for name in without_people(markers))
    for head in people:
        new = "" if alone else f"subject {people.index(head) + 1}:"
        line = re.sub(rf"(^|\t|\s){re.escape(head)}\s*:", rf"\g<1>{new}", line)
    return line
