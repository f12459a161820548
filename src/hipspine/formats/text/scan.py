"""One pass over the rows of a text file: what each column holds, and the numbers themselves if they are few.

The numbers of a large file stay in it; what is asked for later is parsed again from the block where it stands.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.personal import quoted
from hipspine.formats.source import Source
from hipspine.formats.text.layout import Layout
from hipspine.formats.text.lines import blocks_of_lines, plain
from hipspine.formats.text.numbers import Blocks, Numbers
from hipspine.signals.recording import Samples
from hipspine.terms import Floats

KEPT_NUMBERS = 1 << 22  # a table of more numbers stays in its file
_MOST_MARKS = 100_000  # of one column
_SENTINELS = (-9999.0, -99999.0)  # numbers that some programs write for a missing sample


@dataclass(slots=True)
class Marks:
    """The words, or the rising edges, of one column: each where it begins."""

    marks: list[tuple[int, str]] = field(default_factory=list)  # (row, word)
    count: int = 0  # cells with a word
    first_line: int = 0  # of the first one
    _last: tuple[int, str] = (-2, "")

    def add(self, row: int, word: str, line: int) -> None:
        """A word; the same one as in the row above goes on."""
        if not self.count:
            self.first_line = line
        self.count += 1
        last_row, last = self._last
        self._last = (row, word)
        if (row - 1, word) != (last_row, last) and len(self.marks) <= _MOST_MARKS:
            self.marks.append((row, word))


class Seen:
    """What was seen of each column: how many numbers, from which row to which, in every how manieth row."""

    def __init__(self, width: int) -> None:
        """Nothing yet."""
        self.count = np.zeros(width, dtype=np.int64)
        self.first = np.full(width, -1, dtype=np.int64)  # row of the first number
        self.last = np.full(width, -1, dtype=np.int64)
        self.step = np.zeros(width, dtype=np.int64)  # rows from the first number to the second
        self.regular = np.ones(width, dtype=bool)  # all others follow in the same step
        self.counter = np.ones(width, dtype=bool)  # the numbers rise by one with each row
        self.sentinels = np.zeros(width, dtype=np.int64)
        self._start = np.full(width, np.nan)

    def add(self, values: Floats, row: int) -> None:
        """The next rows."""
        finite = np.isfinite(values)
        full = finite.all(axis=0)
        rows = values.shape[0]
        if rows == 0:
            return
        self._start = np.where(np.isnan(self._start), values[0] - row, self._start)
        with np.errstate(invalid="ignore"):
            self.counter &= full & (values[-1] == self._start + row + rows - 1) & (values[0] == self._start + row)
        for k in np.flatnonzero(self.counter):
            self.counter[k] = bool((np.diff(values[:, k]) == 1.0).all())
        if (values < -9000).any():
            self.sentinels += np.isin(values, _SENTINELS).sum(axis=0)
        for k in np.flatnonzero(finite.any(axis=0) & (~full | (self.step != 1) | (self.last != row - 1))):
            self._follow(int(k), np.flatnonzero(finite[:, k]) + row)
        plain = full & (self.last < row)  # went on without a hole
        self.last[plain] = row + rows - 1
        self.count += finite.sum(axis=0)

    def _follow(self, k: int, seen: NDArray[np.int64]) -> None:
        if self.first[k] < 0:
            self.first[k], self.last[k] = seen[0], seen[0]
            seen = seen[1:]
        if seen.size == 0:
            return
        if self.step[k] == 0:
            self.step[k] = seen[0] - self.last[k]
        steps = np.diff(seen, prepend=self.last[k])
        self.regular[k] &= bool((steps == self.step[k]).all())
        self.last[k] = seen[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The rows of a text file."""

    layout: Layout
    rows: int
    values: Samples  # (column, row): an array, or in the file; NaN where a cell holds no number
    kept: dict[int, Floats]  # whole columns that were asked for
    words: dict[int, Marks]  # columns that hold words
    edges: dict[int, Marks]  # rising edges of the columns for which they were asked
    seen: Seen
    comments: tuple[str, ...]  # lines among and below the rows that begin with '#'
    section: str  # title of a second table below, which is not read
    day: int | None  # of the first clock time with a date, counted from the year 1
    cells: dict[int, dict[int, str]]  # row -> column -> word, for the columns of a table of markers


def scanned(
    source: Source, layout: Layout, *, keep: Collection[int] = (), edges: Collection[int] = (), markers: int | None = None
) -> Table:
    """The table, after one pass over all rows.

    Args:
        keep: columns whose numbers stay in memory in any case: clocks.
        edges: columns of which only the rising edges are wanted.
        markers: column from which on a table of markers stands beside the samples.

    Raises:
        FormatError: a row does not fit, a word among numbers, or a mark that is in no number; the sentence names the line.
    """
    blocks = Blocks(layout, source.name)
    pass_ = _Pass(source, layout, keep, edges, layout.width if markers is None else markers)
    for start, count, block in blocks_of_lines(source, layout.encoding, layout.start):
        numbers = blocks.numbers(block, pass_.line, last=start + count >= source.size)
        pass_.add(numbers, start, count)
        if numbers.section:
            break
    return pass_.table(blocks)


class _Pass:
    """The state of one pass."""

    def __init__(self, source: Source, layout: Layout, keep: Collection[int], edges: Collection[int], markers: int) -> None:
        self.source, self.layout, self.markers = source, layout, markers
        self.rows, self.line = 0, layout.first_line
        self.places: list[tuple[int, int, int, int]] = []  # first row, number of rows, first byte, number of bytes
        self.parts: list[Floats] | None = []
        self.kept: dict[int, list[Floats]] = {k: [] for k in keep}
        self.edges = {k: Marks() for k in edges}
        self.high = dict.fromkeys(edges, False)
        self.words: dict[int, Marks] = {}
        self.cells: dict[int, dict[int, str]] = {}
        self.seen = Seen(layout.width)
        self.comments: list[str] = []
        self.section = ""

    def add(self, numbers: Numbers, start: int, count: int) -> None:
        values, row = numbers.values, self.rows
        self.section = numbers.section
        for k, found in numbers.words.items():
            marks = self.words.setdefault(k, Marks())
            for place, word in found:
                line = self.line + (numbers.at[place] if numbers.at else place)
                marks.add(row + place, word, line)
                if k >= self.markers and len(self.cells) <= _MOST_MARKS:
                    self.cells.setdefault(row + place, {})[k] = word
        if self.markers < self.layout.width:
            for place, k in np.argwhere(np.isfinite(values[:, self.markers :])):
                if len(self.cells) <= _MOST_MARKS:
                    self.cells.setdefault(row + int(place), {})[self.markers + int(k)] = repr(float(values[place, self.markers + k]))
        for k, edges in self.edges.items():
            level = np.nan_to_num(values[:, k]) != 0
            rising = level & ~np.concatenate([[self.high[k]], level[:-1]])
            for place in np.flatnonzero(rising)[: _MOST_MARKS + 1]:
                edges.marks.append((row + int(place), ""))
            self.high[k] = bool(level[-1]) if level.size else self.high[k]
        self.seen.add(values, row)
        for k, column in self.kept.items():
            column.append(values[:, k].copy())
        self.places.append((row, values.shape[0], start, count))
        self.rows += values.shape[0]
        self.line += numbers.lines
        if len(self.comments) < 1000:
            self.comments += [text.strip().lstrip("#%/").strip() for text in numbers.skipped.values() if text.strip()]
        if self.parts is not None:
            self.parts.append(np.ascontiguousarray(values.T))
            if self.rows * self.layout.width > KEPT_NUMBERS:
                self.parts = None

    def table(self, blocks: Blocks) -> Table:
        self._check()
        values: Samples
        if self.parts is not None:
            values = np.concatenate(self.parts, axis=1) if len(self.parts) > 1 else self.parts[0]
        else:
            values = _Reader(self.source, self.layout, self.places, blocks).lazy(self.layout.width, self.rows)
        kept = {k: np.concatenate(parts) for k, parts in self.kept.items()}
        return Table(
            self.layout,
            self.rows,
            values,
            kept,
            self.words,
            self.edges,
            self.seen,
            tuple(self.comments),
            self.section,
            blocks.day,
            self.cells,
        )

    def _check(self) -> None:
        name = self.source.name
        for k, marks in self.words.items():
            if k < self.markers and self.seen.count[k] > marks.count:
                word = marks.marks[0][1]
                raise FormatError(
                    f"{name}: line {marks.first_line}, column {k + 1}: {quoted(word)} is not a number; allowed are numbers and empty cells."
                )
        for marks in (*self.words.values(), *self.edges.values()):
            if len(marks.marks) > _MOST_MARKS:
                raise FormatError(
                    f"{name}: more than {_MOST_MARKS} words or marks in one column; no recording has so many events. Leave it out."
                )


class _Reader:
    """Parses again the rows that are asked for; the last block stays in memory."""

    def __init__(self, source: Source, layout: Layout, places: Sequence[tuple[int, int, int, int]], blocks: Blocks) -> None:
        self.source, self.layout, self.blocks, self.places = source, layout, blocks, np.array(places, dtype=np.int64)
        self.last: tuple[int, tuple[int, ...], Floats] | None = None

    def lazy(self, width: int, rows: int) -> Lazy:
        return Lazy((width, rows), self.read)

    def read(self, columns: Rows, start: int, stop: int) -> Floats:
        out = np.empty((columns.size, stop - start))
        chosen = tuple(int(k) for k in columns)
        block = int(np.searchsorted(self.places[:, 0], start, side="right")) - 1
        while start < stop:
            first, count = int(self.places[block, 0]), int(self.places[block, 1])
            upto = min(stop, first + count)
            if upto > start:
                values = self._block(block, chosen)
                out[:, out.shape[1] - (stop - start) : out.shape[1] - (stop - upto)] = values[start - first : upto - first].T
                start = upto
            block += 1
        return out

    def _block(self, block: int, columns: tuple[int, ...]) -> Floats:
        if self.last is not None and self.last[:2] == (block, columns):
            return self.last[2]
        _, rows, start, count = (int(number) for number in self.places[block])
        data = plain(self.source.read(start, count), self.layout.encoding, self.source.name, start)
        values = self.blocks.columns(data, columns, rows)
        if values.shape[0] != rows:
            raise FormatError(f"{self.source.name}: the file has changed since it was opened; open it again.")
        self.last = (block, columns, values)
        return values
