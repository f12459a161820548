"""Rows of numbers in the text files of motion laboratories: looked through once, then read a block at a time.

The header of such a file ends somewhere, one row per moment follows. What a row looks like (`Layout`) each format finds out; here the
rows are counted, checked and read. Small tables stay in memory, the rows of large ones stay in their file until they are asked for.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.motion.head import MISSING, NUMBER, Head
from hipspine.formats.personal import quoted
from hipspine.formats.source import Source
from hipspine.terms import Floats

BLOCK_BYTES = 1 << 20  # of one reading step; a row is never that long
KEPT_BYTES = 1 << 26  # of the largest file whose numbers stay in memory
_SMALL_BYTES = 1 << 23  # of a file whose numbers stay in memory however short their texts are
_MOST_COLUMNS = 20_000
_COMMAS = bytes.maketrans(b",", b".")
_PARTS = bytes.maketrans(b",", b"\t")


# ------------------------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a table stand in the file."""

    start: int  # byte of the first row
    first_line: int  # its number in the file, from 1
    eol: bytes
    columns: int
    delimiter: str | None  # None: spaces and tabs
    parts: bool = False  # a cell holds several numbers with commas between them
    comma: bool = False  # the decimal mark is a comma
    blank: bool = False  # a line of nothing but tabs is a row too: there is no column of times that could tell where one is missing
    pads: int = 0  # cells of a unit that a row may leave out at its end, whole units only; 0: every row is complete


def layout_of(
    source: Source, head: Head, line: int, columns: int, *, delimiter: str | None, parts: bool = False, blank: bool = False, pads: int = 0
) -> Layout:
    """The layout of the rows that begin in this line (from 0); a comma as decimal mark is found by looking at the first of them."""
    if columns > _MOST_COLUMNS:
        raise FormatError(f"{source.name}: the header names {columns} columns; more than {_MOST_COLUMNS} are no recording. It is damaged.")
    start = head.ends[line - 1] if line else 0
    sample = source.read(start, min(1 << 16, source.size - start))
    comma = delimiter != "," and not parts and b"," in sample and b"." not in sample
    return Layout(start, line + 1, head.eol, columns, delimiter, parts, comma, blank, pads)


@dataclass(frozen=True, slots=True)
class _Block:
    row: int
    start: int
    stop: int
    line: int


class Table:
    """The rows of a table, checked and counted."""

    def __init__(self, source: Source, layout: Layout, *, time: int | None, watch: Callable[[int, Floats], None] | None = None) -> None:
        """Look through all rows.

        Args:
            source: the file.
            layout: of its rows.
            time: the column of times, whose numbers stay in memory; None if there is none.
            watch: shown every block, as (number of its first row, (row, column) numbers).

        Raises:
            FormatError: no row, a row that is cut off, or a cell that is no number; the sentence names the line.
        """
        self.source, self.layout = source, layout
        self._blocks: list[_Block] = []
        self._last: tuple[int, Floats] | None = None
        self._kept: Floats | None = None
        self.rows = 0
        self.largest = np.zeros(layout.columns)  # of each column, without its sign
        self._repeats: list[NDArray[np.int64]] = []
        self.alike = True  # whether all those hold the same numbers as the row before
        times, kept = self._look(time, watch)
        self.times_s = np.concatenate(times) if times else np.empty(0)
        self.repeated = (
            np.concatenate(self._repeats) if self._repeats else np.empty(0, dtype=np.int64)
        )  # rows with the time of the one before
        if not self.rows:
            raise FormatError(f"{source.name}: no rows of numbers follow the header; the file is empty or cut off. Export it again.")
        if kept:
            self._kept = np.concatenate(kept)

    def read(self, columns: NDArray[np.intp], first: int, stop: int) -> Floats:
        """(column, row) numbers of these columns, as a new array; NaN where a cell is empty."""
        if self._kept is not None:
            return np.ascontiguousarray(self._kept[first:stop, columns].T)
        out = np.empty((columns.size, max(0, stop - first)))
        for k, block in enumerate(self._blocks):
            end = self._blocks[k + 1].row if k + 1 < len(self._blocks) else self.rows
            low, high = max(first, block.row), min(stop, end)
            if low < high:
                out[:, low - first : high - first] = self._numbers(k)[low - block.row : high - block.row, columns].T
        return out

    def _look(self, time: int | None, watch: Callable[[int, Floats], None] | None) -> tuple[list[Floats], list[Floats]]:
        times: list[Floats] = []
        kept: list[Floats] = []
        size, before = self.source.size - self.layout.start, None
        keep = size <= KEPT_BYTES
        at, line = self.layout.start, self.layout.first_line
        while at < self.source.size:
            stop = self._end_of_block(at, line)
            self._blocks.append(_Block(self.rows, at, stop, line))
            raw = self.source.read(at, stop - at)
            numbers = self._parsed(raw, line, last=stop == self.source.size)
            if len(numbers):
                self._compare(numbers, before, time)
                np.fmax(self.largest, np.fmax.reduce(np.abs(numbers), axis=0), out=self.largest)
                if watch:
                    watch(self.rows, numbers)
                if time is not None:
                    times.append(np.array(numbers[:, time]))
                before = numbers[-1].copy()
            self.rows += len(numbers)
            keep = keep and (size <= _SMALL_BYTES or 8 * numbers.size <= 1.5 * len(raw))
            if keep:
                kept.append(numbers)
            else:
                kept.clear()
            at, line = stop, line + raw.count(self.layout.eol)
        return times, kept

    def _end_of_block(self, at: int, line: int) -> int:
        """Byte behind the last whole line of the block that begins here."""
        if self.source.size - at <= BLOCK_BYTES:
            return self.source.size
        end = self.source.read(at, BLOCK_BYTES).rfind(self.layout.eol)
        if end < 0:
            raise FormatError(f"{self.source.name}: line {line} is longer than {BLOCK_BYTES} bytes; the file is damaged. Export it again.")
        return at + end + 1

    def _compare(self, numbers: Floats, before: Floats | None, time: int | None) -> None:
        """Note rows that carry the time of the row before."""
        if time is None:
            return
        rows = numbers if before is None else np.vstack([before, numbers])
        same = np.flatnonzero(rows[1:, time] == rows[:-1, time])
        if same.size:
            a, b = rows[same], rows[same + 1]
            self.alike = self.alike and bool(((a == b) | (np.isnan(a) & np.isnan(b))).all())
            self._repeats.append(same + self.rows + (1 if before is None else 0))

    def _numbers(self, k: int) -> Floats:
        if self._last is None or self._last[0] != k:
            block = self._blocks[k]
            raw = self.source.read(block.start, block.stop - block.start)
            self._last = k, self._parsed(raw, block.line, last=block.stop == self.source.size)
        return self._last[1]

    def _parsed(self, raw: bytes, line: int, *, last: bool) -> Floats:
        """(row, column) numbers: the quick road for tidy rows, the careful one for the others."""
        layout = self.layout
        text = raw.replace(b"\r\n", b"\n") if layout.eol == b"\n" else raw.replace(b"\r", b"\n")
        if layout.parts:
            text = text.translate(_PARTS, b"~[]()")
        elif layout.comma:
            text = text.translate(_COMMAS)
        if not text.strip(b" \n" if layout.blank else None):
            return np.empty((0, layout.columns))
        numbers = _quick(text, layout)
        if numbers is None:
            numbers = _careful(text, layout, line, self.source.name, last=last)
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers


def _quick(text: bytes, layout: Layout) -> Floats | None:
    """All rows at once, or None where one of them is not as long as the others or holds another text than a number."""
    delimiter = layout.delimiter
    if delimiter is not None:
        mark = delimiter.encode()
        for empty, filled in ((mark + mark, mark + b"nan" + mark), (mark + mark, mark + b"nan" + mark), (mark + b"\n", mark + b"nan\n")):
            text = text.replace(empty, filled)
        if layout.blank:
            text = (b"\n" + text).replace(b"\n" + mark, b"\nnan" + mark)
    try:
        numbers = np.loadtxt(io.StringIO(text.decode("latin-1")), delimiter=delimiter, ndmin=2, comments=None, dtype=np.float64)
    except ValueError:
        return None
    if numbers.shape[1] > layout.columns and not np.isfinite(numbers[:, layout.columns :]).any():
        numbers = np.array(numbers[:, : layout.columns])
    return numbers if numbers.shape[1] == layout.columns else None


def _careful(text: bytes, layout: Layout, first_line: int, name: str, *, last: bool) -> Floats:
    mark = layout.delimiter.encode() if layout.delimiter else None
    lines = [line.strip(b"\r\n ") for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) * layout.columns > 4 * len(text) + 100_000:
        raise FormatError(
            f"{name}: the rows from line {first_line} on are much shorter than the {layout.columns} columns that the header names; "
            "the file is damaged. Export it again."
        )
    rows = []
    for i, line in enumerate(lines):
        if line if layout.blank else line.strip():
            cells = [cell.strip() for cell in line.split(mark)]
            while len(cells) > layout.columns and not cells[-1]:
                cells.pop()
            cut = last and i == len(lines) - 1 and not text.endswith(b"\n")
            _check_length(len(cells), layout, first_line + i, name, cut=cut)
            rows.append([_number(cell, k, first_line + i, name) for k, cell in enumerate(cells)] + [np.nan] * (layout.columns - len(cells)))
    return np.array(rows, dtype=np.float64).reshape(len(rows), layout.columns)


def _check_length(cells: int, layout: Layout, line: int, name: str, *, cut: bool) -> None:
    if cells == layout.columns:
        return
    whole = layout.pads and not cut and 2 <= cells < layout.columns and (layout.columns - cells) % layout.pads == 0
    if not whole:
        where = "the last line" if cut else f"line {line}"
        raise FormatError(
            f"{name}: {where} has {cells} numbers, the header names {layout.columns} columns; the file is damaged or cut off there. "
            "Export it again."
        )


def _number(cell: bytes, column: int, line: int, name: str) -> float:
    if NUMBER.match(cell):
        return float(cell)
    if cell.lower() in MISSING:
        return np.nan
    shown = cell[:30].decode("latin-1")
    raise FormatError(
        f"{name}: line {line}, column {column + 1}: {quoted(shown)} is not a number, or the row is damaged or cut off there. Export it "
        "again."
    )
