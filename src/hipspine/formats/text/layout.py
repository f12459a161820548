"""How a text file is laid out: which lines are a header, what separates the cells, what the columns are called, where the numbers begin."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hipspine.errors import FormatError
from hipspine.formats.column_names import is_unit
from hipspine.formats.source import Source
from hipspine.formats.text.cells import COMMENT, Style, is_date, is_missing, is_number, is_stamp, style_of
from hipspine.formats.text.dialects import annotations_from, biopac_columns, is_count_row, joined_units, labchart_columns
from hipspine.formats.text.lines import Encoding, Line, encoding_of, heads_of

_DELIMITERS = ("\t", ";", ",", "|")
_HEADER_LINES = 400  # a header longer than this is not one
_RATE_CELL = re.compile(r"[\d.,]+\s*k?Hz$|[\d.,]+(?:[eE]-?\d+)?\s*s(?:ec)?$")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands in a text file."""

    encoding: Encoding
    header: tuple[Line, ...]  # all lines before the numbers
    comments: tuple[str, ...]  # lines that begin with '#', without it
    preamble: tuple[tuple[str, ...], ...]  # cells of the lines before the column names
    names: tuple[str, ...]  # column names as written; empty strings if there are none
    units: tuple[str, ...]  # from a row of units below the names; empty strings if there is none
    style: Style
    start: int  # byte of the first row of numbers
    first_line: int  # its line, counted from 1
    stamps: frozenset[int] = frozenset()  # columns of clock times
    dates: frozenset[int] = frozenset()  # columns of dates
    least: int = 0  # cells that each row must have
    extra: Mapping[str, str] = field(default_factory=dict)  # what a dialect says in a way of its own: rate, unit
    named: frozenset[int] = frozenset()  # header lines (by number) that name columns and their units

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names)


def layout_of(source: Source, *, wordy: bool = False) -> Layout:
    """The layout of a text file; a wordy one may hold more words than numbers, behind a number in its first column.

    Raises:
        FormatError: there is no block of numbers.
    """
    encoding = encoding_of(source)
    lines: list[Line] = []
    for lines in heads_of(source, encoding):
        place = _first_row([line.text for line in lines], wordy)
        if place is not None and (place[0] + 24 < len(lines) or lines[-1].end >= source.size):
            return _layout(encoding, lines, *place, wordy=wordy)
        if place is None and sum(not _is_comment(line.text) for line in lines) > _HEADER_LINES:
            break
    if place is not None:
        return _layout(encoding, lines, *place, wordy=wordy)
    raise FormatError(
        f"{source.name}: no table of numbers was found in the first {min(len(lines), _HEADER_LINES)} lines; expected columns of samples, "
        "with a time column or '# rate_hz: 1000' in the first line. Export the recording as such a table."
    )


# --------------------------------------------------------------------------------------------------- where the numbers begin


def _is_comment(text: str) -> bool:
    stripped = text.strip()
    return not stripped or stripped.startswith(COMMENT)


def _first_row(lines: Sequence[str], wordy: bool) -> tuple[int, str] | None:
    """Line (from 0) where the numbers begin and the delimiter."""
    candidates = (i for i, line in enumerate(lines) if not _is_comment(line))
    for i in itertools.islice(candidates, _HEADER_LINES):
        text = lines[i].strip("\r\n\ufeff")
        for delimiter in _DELIMITERS:
            style = Style(delimiter)
            if delimiter in text and _looks_like_data(style.cells(text), wordy) and _next_fits(lines, i, style, wordy):
                if delimiter == "," and _only_decimal(lines, i):
                    continue
                return i, delimiter
        if text and all(map(is_number, Style(" ").cells(text))) and _next_fits(lines, i, Style(" ")):
            return i, " "
    return None


def _looks_like_data(cells: Sequence[str], wordy: bool) -> bool:
    """Mostly numbers, the first cells among them; words are only events, empty cells only ends of shorter columns."""
    filled = [cell for cell in cells if not is_missing(cell)]
    numbers = sum(is_number(cell) or is_stamp(cell) or is_date(cell) for cell in filled)
    plain = any(map(is_number, filled))
    first = cells[0]
    return (
        plain and (wordy or is_number(first) or first == "" or is_stamp(first) or is_date(first)) and (wordy or 2 * numbers > len(filled))
    )


def _next_fits(lines: Sequence[str], i: int, style: Style, wordy: bool = False) -> bool:
    """Whether the row below goes on with as many cells and a number in front; a lone number in a header does not."""
    below = next((line for line in lines[i + 1 : i + 4] if not _is_comment(line)), None)
    if below is None:
        return True
    cells, above = style.cells(below), style.cells(lines[i].strip("\r\n\ufeff"))
    short = len(cells) < len(above) and any(is_number(cell) is False and cell for cell in above[len(cells) :])  # a marker in this row
    return (
        (len(cells) == len(above) or short)
        and bool(cells)
        and (wordy or is_number(cells[0]) or is_missing(cells[0]) or is_stamp(cells[0]) or is_date(cells[0]))
    )


def _only_decimal(lines: Sequence[str], i: int) -> bool:
    """A single column of numbers with decimal commas looks like two columns; its name tells them apart."""
    rows = [line.strip() for line in lines[i : i + 20] if line.strip()]
    above = next((line for line in reversed(lines[:i]) if not _is_comment(line)), "")
    return all(row.count(",") == 1 for row in rows) and bool(above) and not any(mark in above for mark in ",;\t")


def _layout(encoding: Encoding, lines: Sequence[Line], first: int, delimiter: str, *, wordy: bool) -> Layout:
    texts = [line.text for line in lines]
    comments = tuple(text.strip().lstrip("#%/").strip() for text in texts[:first] if text.strip() and _is_comment(text))
    header = [(i, text) for i, text in enumerate(texts[:first]) if not _is_comment(text)]
    plain = Style(delimiter)
    rows = [plain.cells(text) for text in texts[first : first + 20] if not _is_comment(text)]
    style = style_of(delimiter, [cell for row in rows for cell in row])
    if first + 1 < len(texts) and header and is_count_row(header[-1][1], rows):
        first += 1
        rows = rows[1:]
    names, units, preamble, extra, used = _headings(header, style, rows[0])
    if not any(names):
        names, used = _names_in_a_comment(texts[:first], style, names)
    first_cells = rows[0]
    stamps = frozenset(k for k, cell in enumerate(first_cells[: len(names)]) if is_stamp(cell))
    dates = frozenset(k for k, cell in enumerate(first_cells[: len(names)]) if is_date(cell))
    least = min(len(names) if wordy is False else len(first_cells), annotations_from(names), len(first_cells))
    line = lines[first]
    return Layout(
        encoding,
        tuple(lines[:first]),
        comments,
        preamble,
        names,
        units,
        style,
        line.start,
        line.number,
        stamps,
        dates,
        least,
        extra,
        frozenset(lines[i].number for i in used),
    )


# ------------------------------------------------------------------------------------------------------------- column names


def _headings(
    header: Sequence[tuple[int, str]], style: Style, data: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, ...], ...], Mapping[str, str], list[int]]:
    """Column names, units, the lines above them, what a dialect adds, and the lines that were used for names and units."""
    columns = len(data)
    texts = [text for _, text in header]
    biopac = biopac_columns(texts, columns) or labchart_columns(texts, columns)
    if biopac:
        pad = ("",) * columns
        return biopac.names, pad, tuple((text,) for _, text in header[: biopac.first]), biopac.extra, [i for i, _ in header[biopac.first :]]
    rows = [(i, [_in_one_line(cell) for cell in style.cells(text)]) for i, text in header]
    beside, rows = _without_rates(rows)
    names: list[str] = [""] * columns
    units: list[str] = [""] * columns
    used: list[int] = []
    rows = [(i, joined_units(row, columns)) for i, row in rows]
    fits = [n for n, (_, row) in enumerate(rows) if _fits(row, columns) or (beside and len(row) > 1 and n == len(rows) - 1)]
    if fits and fits[-1] == len(rows) - 1:
        at = fits[-1]
        if len(fits) > 1 and fits[-2] == at - 1 and _are_units(rows[at][1]):
            units, at = rows[at][1], at - 1
            used.append(rows[at + 1][0])
        while at > 0 and columns > 2 and at - 1 in fits and len(set(rows[at][1]) - {""}) == 1:
            used.append(rows[at][0])  # "CAL" below every name, as Shimmer writes
            at -= 1
        names = rows[at][1]
        used.append(rows[at][0])
        rows = rows[:at]
    elif columns == 1 and header and not re.search("[:=]", header[-1][1]):
        names = [_in_one_line(header[-1][1])]  # one column: its name may hold blanks
        used.append(rows[-1][0])
        rows = rows[:-1]
    if len(names) == columns - 1 and data[-1] != "" and all(names) and data[0].strip("\"'") in ("0", "1"):
        names, units = ["", *names], ["", *units]  # a table with the number of each row in front, which has no name
    names = [name or beside.get(k, "") for k, name in enumerate([*names, *[""] * columns][:columns])]
    padded = [*units, *[""] * columns][:columns]
    return tuple(names), tuple(padded), tuple(tuple(row) for _, row in rows), {}, used


def _in_one_line(cell: str) -> str:
    """A cell without tabs and line breaks; spaces inside a name stay as they are."""
    return re.sub(r"[^\S ]+", " ", cell).strip()


def _names_in_a_comment(texts: Sequence[str], style: Style, names: tuple[str, ...]) -> tuple[tuple[str, ...], list[int]]:
    """Names from the last comment above the numbers, such as ``# time, gmax_l``, and its line (from 0); the same if it holds none."""
    at = next((i for i in range(len(texts) - 1, -1, -1) if texts[i].strip()), None)
    if at is None or not _is_comment(texts[at]):
        return names, []
    text = texts[at].strip().lstrip("#%/").strip()
    cells = [_in_one_line(cell) for cell in style.cells(text)]
    titles = len(cells) == len(names) and all(any(letter.isalpha() for letter in cell) and len(cell) < 80 for cell in cells)
    return (tuple(cells), [at]) if titles and ":" not in text and "=" not in text and not text.startswith("{") else (names, [])


def _without_rates(rows: Sequence[tuple[int, list[str]]]) -> tuple[dict[int, str], list[tuple[int, list[str]]]]:
    """The rows without those of rates and steps (``2148.1 Hz,,148.1 Hz``), and the names of a table of markers that stand beside these."""
    kept, beside = [], {}
    for i, row in rows:
        rates = [bool(_RATE_CELL.match(cell)) for cell in row]
        others = {k: cell for k, cell in enumerate(row) if cell and not rates[k]}
        if not any(rates) or len(row) < 2 or any(k < max(k for k, rate in enumerate(rates) if rate) for k in others):
            kept.append((i, row))
        else:
            beside.update(others)
    return beside, kept


def _fits(row: Sequence[str], columns: int) -> bool:
    """As many names as numbers; a trailing delimiter on one of the two lines is forgiven."""
    return len(row) == columns or (len(row) in (columns - 1, columns + 1) and columns > 2 and all(row[: columns - 1]))


def _are_units(row: Sequence[str]) -> bool:
    """Whether this row holds units: all that is there is one, or most is and the rest is short."""
    filled = [cell.strip("[](){} ") for cell in row if cell]
    known = sum(is_unit(cell) for cell in filled)
    return known > 0 and 2 * known >= len(filled) and all(len(cell) <= 6 and not cell.isdigit() for cell in filled)


def with_names(layout: Layout, names: Sequence[str]) -> Layout:
    """The same layout with these column names."""
    return replace(layout, names=tuple(names))
