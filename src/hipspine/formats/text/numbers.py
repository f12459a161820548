"""From the lines of one block to numbers: the quick road for tidy lines, the careful one, cell by cell, for all others.

Both give the same numbers; the careful one also says in which line something does not fit.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.column_names import is_time, split_unit
from hipspine.formats.text.cells import COMMENT, MISSING, is_missing, is_number, stamp_of
from hipspine.formats.text.dialects import SECTIONS
from hipspine.formats.text.layout import Layout
from hipspine.terms import Floats

_WORDS = "|".join(re.escape(word) for word in sorted(MISSING - {""}, key=len, reverse=True))
_LONGEST_WORD = 200  # letters of a cell that is kept as an event


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The rows of a block."""

    values: Floats  # (row, column); NaN where a cell holds no number
    words: dict[int, list[tuple[int, str]]] = field(default_factory=dict)  # column -> (row, word)
    lines: int = 0  # of the text
    skipped: dict[int, str] = field(default_factory=dict)  # comment lines among the rows, by line from 0
    section: str = ""  # title of a second table, at which the rows end
    at: tuple[int, ...] | None = None  # line of each row, from 0, where not every line is a row


class Blocks:
    """Turns blocks of one file into numbers."""

    def __init__(self, layout: Layout, name: str) -> None:
        """For a table of this layout; the name is for messages."""
        self.layout, self.name = layout, name
        style = layout.style
        self.delimiter = None if style.delimiter == " " else style.delimiter
        self.may_end = several_clocks(layout.names)  # columns end one after the other, and with them the lines become shorter
        self.least = layout.least  # cells of the shortest row so far
        self.day: int | None = None  # of the first clock time with a date: seconds are counted from it
        self.wordy: set[int] = set(layout.stamps | layout.dates)  # columns that are known not to hold plain numbers
        mark, blank = re.escape(style.delimiter).encode(), b"[ ]*" if style.delimiter == "\t" else b"[ \t]*"
        empty = rb"(?im)(?:(?<=%b)|^)%b(?:%b)?%b(?=%b|$)" % (mark, blank, _WORDS.encode(), blank, mark)
        self._empty = re.compile(empty) if self.delimiter else None

    def numbers(self, block: bytes, first_line: int, *, last: bool) -> Numbers:
        """The numbers of all columns.

        Args:
            block: whole lines, ended by a line feed each.
            first_line: of the block, counted from 1, for messages.
            last: the file ends here.

        Raises:
            FormatError: a row that does not fit the others.
        """
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        values = self._quick(block, lines)
        if values is not None:
            return Numbers(values, lines=lines)
        return self._beside_words(block, lines) or self._careful(block, first_line, last=last)

    def columns(self, block: bytes, columns: Sequence[int], rows: int) -> Floats:
        """(row, column) numbers of some columns of a block in which `numbers` has found so many rows."""
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        if not set(columns) & (self.layout.stamps | self.layout.dates):
            values = self._tidy(block, columns)
            if values is not None and values.shape == (lines, len(columns)) and rows == lines:
                return _finite(values)
        self.least = min(self.least, 1 if self.may_end else self.least)
        return self._careful(block, 1, last=True).values[:, list(columns)]

    # ------------------------------------------------------------------------------------------------------- the quick road

    def _quick(self, block: bytes, lines: int) -> Floats | None:
        """All columns where every cell is a number or empty; None if that is not so."""
        width = self.layout.width
        if self.wordy:
            return None
        values = self._tidy(block, None)
        if values is not None and self.least < width and values.shape == (lines, self.least):
            values = np.pad(values, ((0, 0), (0, width - self.least)), constant_values=np.nan)
        return _finite(values) if values is not None and values.shape == (lines, width) else None

    def _tidy(self, block: bytes, columns: Sequence[int] | None) -> Floats | None:
        if self.layout.style.grouped or b'"' in block:
            return None
        if self.layout.style.comma:
            if b"." in block or self.delimiter == ",":
                return None
            block = block.replace(b",", b".")
        values = _loaded(block, self.delimiter, columns)
        if values is None and self.delimiter is not None:
            block = _filled(block, self.delimiter.encode())
            values = _loaded(block, self.delimiter, columns)
        if values is None and self._empty is not None:
            values = _loaded(self._empty.sub(b"nan", block[:-1] if block.endswith(b"\n") else block), self.delimiter, columns)
        return values

    def _beside_words(self, block: bytes, lines: int) -> Numbers | None:
        """Rows in which only columns that are known to hold words or clock times are no numbers."""
        if not self.wordy or self.delimiter is None or b'"' in block or len(self.wordy) == self.layout.width:
            return None
        rows = [line.split(self.delimiter.encode()) for line in block.rstrip(b"\n").split(b"\n")]
        if len(rows) != lines or any(len(row) != self.layout.width for row in rows):
            return None
        plain = [k for k in range(self.layout.width) if k not in self.wordy]
        found = self._tidy(block, plain)
        if found is None or found.shape != (lines, len(plain)):
            return None
        values = np.full((lines, self.layout.width), np.nan)
        values[:, plain] = _finite(found)
        words: dict[int, list[tuple[int, str]]] = {}
        for k in sorted(self.wordy - self.layout.dates):
            for row, cells in enumerate(rows):
                cell = _decoded(cells[k]).strip()
                number = self._seconds(cell) if k in self.layout.stamps else self.layout.style.number(cell)
                if number is not None:
                    values[row, k] = number
                elif not is_missing(cell):
                    words.setdefault(k, []).append((row, cell[:_LONGEST_WORD]))
        return Numbers(values, words, lines)

    def _seconds(self, cell: str) -> float | None:
        """A clock time in seconds; with a date, from the midnight before the first one."""
        stamp = stamp_of(cell)
        if stamp is None:
            return None
        if self.day is None:
            self.day = stamp[0]
        return stamp[1] + 86400.0 * (stamp[0] - self.day)

    # ----------------------------------------------------------------------------------------------------- the careful road

    def _careful(self, block: bytes, first_line: int, *, last: bool) -> Numbers:
        """Cell by cell."""
        lines = _decoded(block).rstrip("\n\x1a").split("\n")
        below = next((i for i, line in enumerate(lines) if line.strip(" ,;\t") in SECTIONS), None)
        section = lines[below].strip(" ,;\t") if below is not None else ""
        lines, last = lines[:below], last or bool(section)
        blank = self.layout.width > 1  # such a line holds nothing; in a single column it is an empty cell
        kept = [i for i, line in enumerate(lines) if not line.lstrip().startswith(COMMENT) and (line.strip() or not blank)]
        while last and kept and not lines[kept[-1]].strip(" \t\x1a"):
            kept.pop()
        values = np.full((len(kept), self.layout.width), np.nan)
        words: dict[int, list[tuple[int, str]]] = {}
        for row, i in enumerate(kept):
            end = last and i == kept[-1]
            self._row(lines[i], row, values, words, "the last line" if end else f"line {first_line + i}")
        self.wordy |= set(words)
        skipped = {i: lines[i] for i in sorted(set(range(len(lines))) - set(kept))}
        values[~np.isfinite(values)] = np.nan
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        return Numbers(values, words, count, skipped, section, tuple(kept) if skipped else None)

    def _row(self, line: str, row: int, values: Floats, words: dict[int, list[tuple[int, str]]], where: str) -> None:
        layout = self.layout
        cells = layout.style.cells(line)
        width = layout.width
        if self.may_end and 0 < len(cells) < self.least and where.startswith("line") and line.strip():
            self.least = len(cells)
        if not line.strip() or len(cells) < self.least or any(cells[width:]):
            found = len(cells) if line.strip() else 0
            raise FormatError(
                f"{self.name}: {where} has {found} cells, the lines above have {width}; the file is cut off or damaged there."
            )
        out = values[row]
        for k, cell in enumerate(cells[:width]):
            if is_missing(cell):
                continue
            if k in layout.stamps:
                seconds = self._seconds(cell)
                if seconds is not None:
                    out[k] = seconds
                    continue
            elif k in layout.dates:
                continue
            number = layout.style.number(cell)
            if number is None and is_number(cell) and _is_ambiguous(cell):
                raise FormatError(
                    f"{self.name}: {where}, column {k + 1}: {cell!r} may be read with thousands or with decimals; export with one decimal "
                    "mark and without marks between thousands."
                )
            if number is None:
                words.setdefault(k, []).append((row, cell[:_LONGEST_WORD]))
            else:
                out[k] = number


def several_clocks(names: Sequence[str]) -> bool:
    """Whether more than one column holds times: then columns may end before others, and some programs leave out the empty cells.

    >>> several_clocks(["X[s]", "EMG [V]", "X[s]", "ACC [g]"]), several_clocks(["time", "EMG"])
    (True, False)
    """
    return sum(is_time(*split_unit(name)) for name in names if name) > 1


def _decoded(block: bytes) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError:
        return block.decode("cp1252", errors="replace")


def _is_ambiguous(cell: str) -> bool:
    return "," in cell or "." in cell


def _loaded(block: bytes, delimiter: str | None, columns: Sequence[int] | None) -> Floats | None:
    try:
        return np.loadtxt(
            io.BytesIO(block), delimiter=delimiter, ndmin=2, comments=None, dtype=np.float64, usecols=columns, encoding="latin-1"
        )
    except (ValueError, IndexError):
        return None


def _filled(block: bytes, mark: bytes) -> bytes:
    """The same lines with a word for "no number" in each empty cell."""
    for _ in range(2):
        block = block.replace(mark + mark, mark + b"nan" + mark)
    block = block.replace(mark + b"\n", mark + b"nan\n").replace(b"\n" + mark, b"\nnan" + mark)
    block = b"nan" + block if block.startswith(mark) else block
    return block + b"nan" if block.endswith(mark) else block


def _finite(values: Floats) -> Floats:
    """The same numbers, infinities as missing ones."""
    finite = np.isfinite(values)
    if not finite.all():
        values[~finite] = np.nan
    return values
