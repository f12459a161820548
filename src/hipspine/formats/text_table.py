"""Delimited text as a table: which lines are a header, which character separates the cells, which mark is the decimal one."""

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import FormatError
from hipspine.terms import Floats

_DELIMITERS = ("\t", ";", ",", "|")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$")
_MISSING = {"", "nan", "na", "n/a", "null", "none", "-", "--", "inf", "-inf", "+inf", "1.#qnan", "-1.#ind", "#n/a"}
_HEADER_LINES = 400  # a header longer than this is not one
_COMMENT = ("#", "%", "//")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A text file as names and numbers."""

    comments: tuple[str, ...]  # lines that begin with '#', without it
    preamble: tuple[tuple[str, ...], ...]  # cells of the lines before the column names
    names: tuple[str, ...]  # column names as written; empty strings if there are none
    units: tuple[str, ...]  # from a row of units below the names; empty strings if there is none
    values: Floats  # (row, column); NaN where a cell is empty
    texts: dict[int, list[str]]  # columns that hold words, such as events: their cells
    first_line: int  # of the numbers, counted from 1


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252.

    Raises:
        FormatError: empty, or not text.
    """
    if not data.strip():
        raise FormatError(f"{name}: the file is empty; record or export it again.")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data:
        raise FormatError(f"{name}: not a text file: byte {data.index(0)} is zero. Export the recording as text or as C3D.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def parse_table(text: str, name: str, *, wordy: bool = False) -> Table:
    """The table in a text; a wordy one may hold more words than numbers, behind a number in its first column.

    Raises:
        FormatError: there is no block of numbers, or a row of it does not fit; the sentence names the line.
    """
    lines = text.splitlines()
    first, delimiter, comma = _first_row(lines, name, wordy)
    comments = tuple(line.strip().lstrip("#%/").strip() for line in lines[:first] if line.strip().startswith(_COMMENT))
    header = [(i, line) for i, line in enumerate(lines[:first]) if line.strip() and not line.strip().startswith(_COMMENT)]
    last = _last_row(lines, first)
    columns = len(_cells(lines[first], delimiter))
    names, units, preamble = _headings(header, delimiter, columns)
    values, texts = _numbers(lines[first:last], delimiter, comma, max(columns, len(names)), name, first + 1)
    return Table(comments, preamble, names, units, values, texts, first + 1)


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    return [cell.strip() for cell in cells]


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.match(cell))


def _first_row(lines: Sequence[str], name: str, wordy: bool) -> tuple[int, str, bool]:
    """Line (from 0) where the numbers begin, the delimiter, and whether the comma is the decimal mark."""
    plain = (i for i, line in enumerate(lines) if line.strip() and not line.strip().startswith(_COMMENT))
    for i in itertools.islice(plain, _HEADER_LINES):
        text = lines[i].strip("\r\n\ufeff")
        for delimiter in _DELIMITERS:
            if delimiter in text and _looks_like_data(_cells(text, delimiter), wordy) and _next_fits(lines, i, delimiter):
                if delimiter == "," and _only_decimal(lines, i):
                    continue
                return i, delimiter, delimiter != "," and _has_decimal_comma(lines[i : i + 20], delimiter)
        if all(_is_number(cell) for cell in text.split()) and _next_fits(lines, i, " "):
            return i, " ", "," in text
    raise FormatError(
        f"{name}: no table of numbers was found in the first {min(len(lines), _HEADER_LINES)} lines; expected columns of samples, with a "
        "time column or '# rate_hz: 1000' in the first line. Export the recording as such a table."
    )


def _looks_like_data(cells: Sequence[str], wordy: bool) -> bool:
    """Mostly numbers, the first cells among them; words are only events, empty cells only ends of shorter columns."""
    filled = [cell for cell in cells if cell.lower() not in _MISSING]
    numbers = sum(map(_is_number, filled))
    return numbers > 0 and (_is_number(cells[0]) or cells[0] == "") and (wordy or 2 * numbers > len(filled))


def _next_fits(lines: Sequence[str], i: int, delimiter: str) -> bool:
    """Whether the row below goes on with as many cells and a number in front; a lone number in a header does not."""
    below = next((line for line in lines[i + 1 : i + 4] if line.strip()), None)
    if below is None:
        return True
    cells = _cells(below, delimiter)
    return len(cells) == len(_cells(lines[i], delimiter)) and (_is_number(cells[0]) or cells[0].lower() in _MISSING)


def _only_decimal(lines: Sequence[str], i: int) -> bool:
    """A single column of numbers with decimal commas looks like two columns; its name tells them apart."""
    rows = [line.strip() for line in lines[i : i + 20] if line.strip()]
    above = next((line for line in reversed(lines[:i]) if line.strip() and not line.strip().startswith(_COMMENT)), "")
    return all(row.count(",") == 1 for row in rows) and bool(above) and not any(mark in above for mark in ",;\t")


def _has_decimal_comma(lines: Sequence[str], delimiter: str) -> bool:
    cells = [cell for line in lines for cell in _cells(line, delimiter)]
    return any("," in cell and _is_number(cell) for cell in cells)


def _last_row(lines: Sequence[str], first: int) -> int:
    last = len(lines)
    while last > first and not lines[last - 1].strip():
        last -= 1
    return last


def _headings(
    header: Sequence[tuple[int, str]], delimiter: str, columns: int
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Column names, units and the lines above them. Names are the last line with as many cells as the numbers, above any row of units."""
    rows = [_cells(line, delimiter) for _, line in header]
    names: Sequence[str] = [""] * columns
    units: Sequence[str] = [""] * columns
    rows = [row for row in rows if not _only_rates(row)]
    fits = [i for i, row in enumerate(rows) if _fits(row, columns)]
    if fits and fits[-1] == len(rows) - 1:
        at = fits[-1]
        if len(fits) > 1 and fits[-2] == at - 1 and all(_is_unit(cell) for cell in rows[at]) and any(rows[at]):
            units, at = rows[at], at - 1
        names = rows[at]
        rows = rows[:at]
    pad = [""] * columns
    return (
        tuple([*names, *pad][: max(columns, len(names))]),
        tuple([*units, *pad][: max(columns, len(names))]),
        tuple(tuple(row) for row in rows),
    )


def _fits(row: Sequence[str], columns: int) -> bool:
    """As many names as numbers; a trailing delimiter on one of the two lines is forgiven."""
    return len(row) == columns or (len(row) in (columns - 1, columns + 1) and columns > 2 and all(row[: columns - 1]))


def _only_rates(row: Sequence[str]) -> bool:
    """A row such as ``2148.1 Hz,,148.1 Hz`` between names and numbers: the time columns say the same."""
    filled = [cell for cell in row if cell]
    return len(row) > 1 and bool(filled) and all(re.match(r"[\d.,]+\s*Hz$", cell) for cell in filled)


def _is_unit(cell: str) -> bool:
    text = cell.strip("[](){} ").lower()
    return len(text) <= 6 and not text.isdigit()


def _numbers(
    rows: Sequence[str], delimiter: str, comma: bool, columns: int, name: str, first_line: int
) -> tuple[Floats, dict[int, list[str]]]:
    """The block of numbers: the quick road for tidy files, the careful one for empty cells and words."""
    block = "\n".join(rows)
    if comma:
        block = block.replace(",", ".")
    try:
        values = np.loadtxt(io.StringIO(block), delimiter=None if delimiter == " " else delimiter, ndmin=2, comments=None, dtype=np.float64)
        if values.shape == (len(rows), columns):
            return values, {}
    except ValueError:
        pass
    return _careful(block.split("\n"), delimiter, columns, name, first_line)


def _careful(rows: Sequence[str], delimiter: str, columns: int, name: str, first_line: int) -> tuple[Floats, dict[int, list[str]]]:
    values = np.full((len(rows), columns), np.nan)
    words: dict[int, dict[int, str]] = {}
    width = len(_cells(rows[0], delimiter))
    for i, row in enumerate(rows):
        cells = _cells(row, delimiter)
        extra = any(cells[columns:])
        if not row.strip() or len(cells) < width or extra:
            where = "the last line" if i == len(rows) - 1 else f"line {first_line + i}"
            raise FormatError(
                f"{name}: {where} has {len(cells)} cells, the lines above have {width}; the file is cut off or damaged there."
            )
        for k, cell in enumerate(cells[:columns]):
            if _is_number(cell):
                values[i, k] = float(cell.replace(",", "."))
            elif cell.lower() not in _MISSING:
                words.setdefault(k, {})[i] = cell
    for k, cells_with_words in words.items():
        if np.isfinite(values[:, k]).sum() > len(cells_with_words):
            i, cell = next(iter(cells_with_words.items()))
            raise FormatError(
                f"{name}: line {first_line + i}, column {k + 1}: {cell[:30]!r} is not a number; allowed are numbers and empty cells."
            )
    values[~np.isfinite(values)] = np.nan
    return values, {k: [found.get(i, "") for i in range(len(rows))] for k, found in words.items()}
