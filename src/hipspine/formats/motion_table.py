"""Rows of numbers in the text files of motion laboratories: looked through once, then read a block at a time.

The header of such a file ends somewhere, one row per moment follows. What a row looks like (`Layout`) each format finds out; here the
rows are counted, checked and read. Small tables stay in memory, the rows of large ones stay in their file until they are asked for.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.source import Source
from hipspine.terms import Floats

BLOCK_BYTES = 1 << 20  # of one reading step; a row is never that long
KEPT_BYTES = 1 << 26  # of the largest file whose numbers stay in memory
_SMALL_BYTES = 1 << 23  # of a file whose numbers stay in memory however short their texts are
_HEADER_BYTES = 1 << 22
_MOST_COLUMNS = 100_000
_MISSING = frozenset((b"", b"nan", b"-nan", b"na", b"n/a", b"null", b"none", b"-", b"--", b"inf", b"-inf", b"+inf", b"nan(ind)",
                      b"-nan(ind)", b"1.#qnan", b"-1.#qnan", b"1.#ind", b"-1.#ind", b"1.#inf", b"-1.#inf"))  # fmt: skip
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_COMMAS = bytes.maketrans(b",", b".")
_PARTS = bytes.maketrans(b",", b"\t")


# ----------------------------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a text file."""

    lines: tuple[str, ...]  # without their ends
    ends: tuple[int, ...]  # byte behind each line
    eol: bytes


def plain(source: Source) -> Source:
    """The same file in a one-byte encoding of its digits: UTF-16, as spreadsheets write it, becomes UTF-8."""
    if not source.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source
    return Source(source.path, source.read(0, source.size).decode("utf-16", errors="replace").encode())


def head_of(source: Source, most_lines: int = 400) -> Head:
    """The first lines, at most 4 MB of them.

    Raises:
        FormatError: empty, or not text.
    """
    data = source.read(0, min(_HEADER_BYTES, source.size))
    if not data.strip():
        raise FormatError(f"{source.name}: the file is empty; record or export it again.")
    if b"\0" in data[:BLOCK_BYTES]:
        raise FormatError(f"{source.name}: not a text file: byte {data.index(0)} is zero. Export the recording again.")
    eol = b"\r" if b"\n" not in data and b"\r" in data else b"\n"
    lines: list[str] = []
    ends: list[int] = []
    at = 0
    while at < len(data) and len(lines) < most_lines:
        end = data.find(eol, at)
        end = len(data) if end < 0 else end
        lines.append(_decoded(data[at:end]))
        at = end + 1
        ends.append(min(at, len(data)))
    return Head(tuple(lines), tuple(ends), eol)


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, whatever they are; for recognising it."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace").lstrip("\ufeff")
    return "" if b"\0" in head else _decoded(head)


def _decoded(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", errors="replace")
    return text.lstrip("\ufeff").rstrip("\r\n")


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
    pads: int = 0  # cells of a unit that a row may leave out at its end, whole units only; 0: every row is complete


def layout_of(source: Source, head: Head, line: int, columns: int, *, delimiter: str | None, parts: bool = False, pads: int = 0) -> Layout:
    """The layout of the rows that begin in this line (from 0); a comma as decimal mark is found by looking at the first of them."""
    if columns > _MOST_COLUMNS:
        raise FormatError(f"{source.name}: the header names {columns} columns; more than {_MOST_COLUMNS} are no recording. It is damaged.")
    start = head.ends[line - 1] if line else 0
    sample = source.read(start, min(1 << 16, source.size - start))
    comma = delimiter != "," and not parts and b"," in sample and b"." not in sample
    return Layout(start, line + 1, head.eol, columns, delimiter, parts, comma, pads)


def cells_of(line: str, delimiter: str | None) -> list[str]:
    r"""The cells of a line, without the empty ones at its end.

    >>> cells_of("Frame#\tTime\tR.ASIS\t\t\t", "\t")
    ['Frame#', 'Time', 'R.ASIS']
    """
    cells = [cell.strip() for cell in line.split(delimiter)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def is_row(line: str, delimiter: str | None) -> bool:
    r"""Whether a line begins with a number and holds nothing but numbers and signs for missing ones.

    >>> is_row("1\t0.00\t\t\t3,5", "\t"), is_row("1st\t2", "\t")
    (True, False)
    """
    cells = [cell.encode("utf-8", "replace") for cell in cells_of(line, delimiter)]
    return bool(cells) and all(_NUMBER.match(c.replace(b",", b".")) or c.lower() in _MISSING for c in cells) and cells[0] != b""


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
        if not text.strip():
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
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) * layout.columns > 4 * len(text) + 100_000:
        raise FormatError(
            f"{name}: the rows from line {first_line} on are much shorter than the {layout.columns} columns that the header names; "
            "the file is damaged. Export it again."
        )
    rows = []
    for i, line in enumerate(lines):
        if line.strip():
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
    if _NUMBER.match(cell):
        return float(cell)
    if cell.lower() in _MISSING:
        return np.nan
    shown = cell[:30].decode("latin-1")
    raise FormatError(
        f"{name}: line {line}, column {column + 1}: {shown!r} is not a number, or the row is damaged or cut off there. Export it again."
    )


def copy(source: Source, start: int, out: BinaryIO) -> None:
    """Everything from byte ``start`` on, as it is."""
    while start < source.size:
        count = min(1 << 22, source.size - start)
        out.write(source.read(start, count))
        start += count


def listed(labels: Sequence[str], most: int = 4) -> str:
    """Some labels in words: the first ones, and how many more there are."""
    return ", ".join(repr(label) for label in labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")
