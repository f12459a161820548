"""A file of named arrays as a tree: numbers that stay in the file, texts, structs (groups), cells, and what cannot be read.

MATLAB files of every version and HDF5 files become such a tree; `tree.content` then finds the recording in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.lazy import Lazy, Rows
from hipspine.terms import Floats

Corner: TypeAlias = tuple[int, ...]

_NARROW = 1024  # elements along the fastest axis that are read together even where few of them are wanted
_WORDS = 4000  # letters of texts that are kept of one place
_SMALL = 1 << 20  # numbers that are read at once, and may be to learn a rate, a clock or a mark
_LEAST = 4096  # samples that are read at once, however many channels there are


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """An array of real numbers of any shape, as the program that wrote it shows it."""

    shape: Corner
    box: Callable[[Corner, Corner], Floats]  # (first corner, end corner) -> float64 array of that box
    attributes: Mapping[str, "Node"] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def whole(self) -> Floats:
        """Everything, flattened in the order of MATLAB (first axis fastest).

        Raises:
            FormatError: far too many for a rate, a clock or a list of marks.
        """
        if self.size > 64 * _SMALL:
            raise FormatError(f"{self.size} numbers stand where a rate, a clock or a mark is expected")
        return self.box((0,) * len(self.shape), self.shape).ravel(order="F")

    def channels(self, axis: int) -> Lazy:
        """(channel, sample) of a vector or a matrix whose samples run along this axis."""
        others = [i for i in range(len(self.shape)) if i != axis]
        count = prod(self.shape[i] for i in others)

        def read(rows: Rows, start: int, stop: int) -> Floats:
            out = np.empty((rows.size, stop - start))
            step = max(_LEAST, _SMALL // count)
            for at in range(start, stop, step):
                end = min(at + step, stop)
                for place, first, last in _runs(rows):
                    out[place : place + last - first, at - start : end - start] = self._stretch(axis, others, first, last, at, end)
            return out

        return Lazy((count, self.shape[axis]), read)

    def _stretch(self, axis: int, others: Sequence[int], first: int, last: int, start: int, stop: int) -> Floats:
        """Channels ``first`` up to ``last``; of more than two axes one after the other, the first of the others fastest."""
        wide = [i for i in others if self.shape[i] > 1]
        if len(wide) > 1:
            return np.concatenate([self._one(axis, others, row, start, stop) for row in range(first, last)])
        low, high = [0] * len(self.shape), list(self.shape)
        low[axis], high[axis] = start, stop
        if wide:
            low[wide[0]], high[wide[0]] = first, last
        block = np.moveaxis(self.box(tuple(low), tuple(high)), axis, -1)
        return block.reshape(last - first, stop - start)

    def _one(self, axis: int, others: Sequence[int], row: int, start: int, stop: int) -> Floats:
        low, high = [0] * len(self.shape), list(self.shape)
        low[axis], high[axis] = start, stop
        for i in others:
            row, low[i] = divmod(row, self.shape[i])
            high[i] = low[i] + 1
        return self.box(tuple(low), tuple(high)).reshape(1, stop - start)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """One or several lines of text: a char array, a cell or an array of strings."""

    lines: tuple[str, ...]
    attributes: Mapping[str, "Node"] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All lines as one."""
        return " ".join(line for line in self.lines if line)[:_WORDS]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A cell array or an array of structs, flattened in the order of MATLAB."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A struct, a group, or the file itself."""

    children: Mapping[str, "Node"]
    attributes: Mapping[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that is there but cannot be read."""

    what: str  # such as "a table object of MATLAB"


Node: TypeAlias = Numbers | Texts | Cells | Branch | Opaque


def flat_numbers(
    shape: Sequence[int], stretch: Callable[[int, int], NDArray[Any]], *, columns_first: bool, attributes: Mapping[str, Node] | None = None
) -> Numbers:
    """Numbers that lie one after the other.

    Args:
        shape: of the array.
        stretch: (first, count) -> that many elements from the flat list.
        columns_first: the first axis is the fastest (MATLAB), not the last (HDF5).
        attributes: of the array.

    >>> table = flat_numbers((2, 3), lambda first, count: np.arange(first, first + count), columns_first=True)
    >>> table.channels(1)[1, 1:].tolist()
    [3.0, 5.0]
    """
    fast = tuple(shape) if columns_first else tuple(reversed(shape))

    def box(low: Corner, high: Corner) -> Floats:
        if columns_first:
            return _box(fast, stretch, low, high)
        return _box(fast, stretch, low[::-1], high[::-1]).transpose()

    return Numbers(tuple(shape), box, attributes or {})


def numbers_of(values: NDArray[Any], attributes: Mapping[str, Node] | None = None) -> Numbers:
    """Numbers that are in memory."""
    array = np.asarray(values)
    return Numbers(array.shape, lambda low, high: _floats(array[tuple(map(slice, low, high))]), attributes or {})


def _box(fast: Corner, stretch: Callable[[int, int], NDArray[Any]], low: Corner, high: Corner) -> Floats:
    """A box of an array whose first axis is the fastest."""
    if not fast:
        return _floats(stretch(0, 1)).reshape(())
    counts = [b - a for a, b in zip(low, high, strict=True)]
    out = np.empty(counts, order="F")
    if min(counts) <= 0:
        return out
    together = fast[0] <= _NARROW and len(fast) > 1
    outer = range(2 if together else 1, len(fast))
    for corner in np.ndindex(*(counts[i] for i in outer)):
        place = sum((low[i] + c) * prod(fast[:i]) for i, c in zip(outer, corner, strict=True))
        if together:
            block = stretch(place + low[1] * fast[0], counts[1] * fast[0]).reshape(counts[1], fast[0])
            out[(slice(None), slice(None), *corner)] = block[:, low[0] : high[0]].T
        else:
            out[(slice(None), *corner)] = stretch(place + low[0], counts[0])
    return _floats(out)


def _floats(values: NDArray[Any]) -> Floats:
    """As float64; numbers that are not finite are missing."""
    out = np.asarray(values).astype(np.float64)
    if out.ndim and not np.isfinite(out).all():
        out[~np.isfinite(out)] = np.nan
    return out


def _runs(rows: Rows) -> Iterator[tuple[int, int, int]]:
    """Rows in runs of neighbours: place in the result, first row, row after the last."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for run in np.split(np.arange(rows.size), breaks):
        if run.size:
            yield int(run[0]), int(rows[run[0]]), int(rows[run[-1]]) + 1


# ------------------------------------------------------------------------------------------------------------ what is there


def lone(node: Node | None) -> Node | None:
    """What a cell of one holds, however deeply it is wrapped."""
    while isinstance(node, Cells) and len(node.items) == 1:
        node = node.items[0]
    return node


def scalar(node: Node | None) -> float | None:
    """A single finite number, also one that is written as text; None for anything else."""
    node = lone(node)
    if isinstance(node, Numbers) and node.size == 1:
        value = float(node.whole()[0])
        return value if np.isfinite(value) else None
    if isinstance(node, Texts) and len(node.lines) == 1:
        word = node.lines[0].strip().removesuffix("Hz").strip().replace(",", ".")
        try:
            value = float(word)
        except ValueError:
            return None
        return value if np.isfinite(value) and "_" not in word else None
    return None


def numbers_in(node: Node | None) -> Floats:
    """The finite numbers of a small array; empty for anything else."""
    node = lone(node)
    if not isinstance(node, Numbers) or not 0 < node.size <= _SMALL:
        return np.empty(0)
    values = node.whole()
    return values[np.isfinite(values)]


def texts_in(node: Node | None) -> tuple[str, ...]:
    """The lines of a text, or of cells and structs of one text each; empty for anything else."""
    if isinstance(node, Texts):
        return node.lines
    if isinstance(node, Cells) and node.items:
        found = [texts_in(item) for item in node.items]
        return tuple(lines[0] for lines in found) if all(len(lines) == 1 for lines in found) else ()
    return ()


def size_words(node: Node) -> str:
    """Size and sort of a node for a message.

    >>> size_words(numbers_of(np.zeros((3, 2)))), size_words(Texts(("a",))), size_words(Branch({}))
    ('3 x 2', 'text', 'struct of 0')
    """
    if isinstance(node, Numbers):
        return " x ".join(map(str, node.shape)) or "1"
    if isinstance(node, Texts):
        return "text" if len(node.lines) == 1 else f"{len(node.lines)} texts"
    if isinstance(node, Cells):
        return f"{len(node.items)} cells"
    return f"struct of {len(node.children)}" if isinstance(node, Branch) else node.what


def places(node: Node, path: str = "", depth: int = 0) -> Iterator[tuple[str, Node]]:
    """Every node below, with its path in the words of MATLAB (``EMG.data``, ``trial{2}``); structs come before what they hold."""
    if isinstance(node, Branch):
        members = ((f"{path}.{name}" if path else name, child) for name, child in node.children.items())
    elif isinstance(node, Cells):
        members = ((f"{path}{{{i}}}", child) for i, child in enumerate(node.items, 1))
    else:
        return
    for place, child in members:
        yield place, child
        if depth < 40:
            yield from places(child, place, depth + 1)


def stacked(parts: Sequence[Lazy]) -> Lazy:
    """The channels of several arrays of one length, below each other."""
    if len(parts) == 1:
        return parts[0]
    edges = np.cumsum([0, *(part.shape[0] for part in parts)])
    return Lazy((int(edges[-1]), parts[0].shape[1]), partial(_read_stacked, tuple(parts), edges))


def _read_stacked(parts: Sequence[Lazy], edges: NDArray[np.int64], rows: Rows, start: int, stop: int) -> Floats:
    out = np.empty((rows.size, stop - start))
    owner = np.searchsorted(edges, rows, side="right") - 1
    for i in np.unique(owner):
        mine = np.flatnonzero(owner == i)
        out[mine] = parts[i].read(rows[mine] - edges[i], start, stop)
    return out
