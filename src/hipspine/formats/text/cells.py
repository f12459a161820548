"""One cell of a text file: a number in the spelling of its country, a time of the clock, or nothing."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

COMMENT = ("#", "%", "//")
MISSING = frozenset({"", "nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none", "missing", "?", "-", "--", "inf", "-inf", "+inf",
                     "infinity", "-infinity", "1.#qnan", "-1.#qnan", "-1.#ind", "1.#inf", "-1.#inf", "-nan(ind)", "nan(ind)"})  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,'\u2019 \u00a0\u202f])\d{3})(?:\1\d{3})*(?:([.,])\d+)?$", re.ASCII)
_STAMP = re.compile(
    r"(?:(?P<date>\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[-./]\d\d?[-./]\d{4})[T ]+)?"
    r"(?:(?P<a>\d{1,3}):(?P<b>[0-5]?\d(?![.,]\d*:)(?:[.,]\d*(?=$))?)(?::(?P<c>[0-6]?\d(?:[.,]\d*)?))?)"
    r"\s*(?P<half>[AaPp][Mm])?(?P<zone>Z|[+-]\d\d:?\d\d)?$",
    re.ASCII,
)
_DATE = re.compile(r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})$", re.ASCII)
_LONGEST = 64  # letters of a number; a longer cell is a word


@dataclass(frozen=True, slots=True)
class Style:
    """How the cells of a table are written."""

    delimiter: str  # " " stands for any white space
    comma: bool = False  # the comma is the decimal mark
    grouped: bool = False  # thousands are set off: 1.234,5 or 1,234.5

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without quotes and outer blanks."""
        if self.delimiter == " ":
            return line.split() if '"' not in line else _quoted_words(line)
        if '"' not in line:
            return [cell.strip() for cell in line.split(self.delimiter)]
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=True), [])]
        except csv.Error:
            return [cell.strip(' "') for cell in line.split(self.delimiter)]

    def number(self, cell: str) -> float | None:
        """The number in a cell, or None if it holds none, or one that may be read in two ways.

        >>> comma = Style(";", comma=True)
        >>> comma.number("1,5"), comma.number("1.234"), Style(";", comma=True, grouped=True).number("1.234,5")
        (1.5, None, 1234.5)
        """
        if len(cell) > _LONGEST:
            return None
        other = "." if self.comma else ","
        if _NUMBER.match(cell) and other not in cell:
            return float(cell.replace(",", "."))
        groups = _GROUPED.match(cell)
        mark = "," if self.comma else "."
        if groups and (groups[1] != mark) and groups[2] in (None, mark) and (self.grouped or groups[1] not in ".,"):
            return float(cell.replace(groups[1], "").replace(",", "."))
        if other in cell and _NUMBER.match(cell) and not groups and not self.grouped:
            return float(cell.replace(",", "."))
        return None


def _quoted_words(line: str) -> list[str]:
    """Words of which some are in quotes, as R writes names: ``"1" 0.001 "left leg"``."""
    try:
        return next(csv.reader([line.strip()], delimiter=" ", skipinitialspace=True), [])
    except csv.Error:
        return [word.strip('"') for word in line.split()]


def is_number(cell: str) -> bool:
    """Whether a cell holds a number in one of the usual spellings."""
    return len(cell) <= _LONGEST and bool(_NUMBER.match(cell) or (cell[-1:].isdigit() and _GROUPED.match(cell)))


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing number."""
    return cell.lower() in MISSING


def style_of(delimiter: str, cells: Sequence[str]) -> Style:
    """The spelling of the numbers in these cells: a comma or a point as decimal mark, thousands set off or not."""
    groups = [match for cell in cells if (match := _GROUPED.match(cell))]
    both = next((match for match in groups if match[1] in ".," and match[2] and match[2] != match[1]), None)
    if both:
        return Style(delimiter, both[2] == ",", True)
    comma = delimiter != "," and any("," in cell and _NUMBER.match(cell) for cell in cells)
    comma = comma or (delimiter == "," and any("," in cell and _NUMBER.match(cell) for cell in cells))
    return Style(delimiter, comma)


def is_stamp(cell: str) -> bool:
    """Whether a cell is a time of the clock, with or without its date."""
    return len(cell) <= _LONGEST and bool(_STAMP.match(cell))


def is_date(cell: str) -> bool:
    """Whether a cell is a date and nothing else."""
    return len(cell) <= _LONGEST and bool(_DATE.match(cell))


def stamp_of(cell: str) -> tuple[int, float] | None:
    """Day (0 where the cell has no date) and seconds of a clock time; the zone is taken off.

    >>> stamp_of("00:01:01.500"), stamp_of("1:01,5"), stamp_of("2024-05-01T00:00:02+02:00")
    ((0, 61.5), (0, 61.5), (739006, -7198.0))
    """
    match = _STAMP.match(cell) if len(cell) <= _LONGEST else None
    if match is None:
        return None
    first, second, third = match["a"], match["b"], match["c"]
    if third is None and not match["date"]:
        first, second, third = "0", first, second  # 1:01.5 is minutes and seconds
    if not second.isdigit():
        return None  # a date, hours, and minutes with a fraction: nothing writes that
    hours, minutes, seconds = int(first), int(second), float((third or "0").replace(",", "."))
    if match["half"]:
        hours = hours % 12 + (12 if match["half"].lower() == "pm" else 0)
    zone = match["zone"]
    if zone and zone != "Z":
        seconds -= (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600.0 + int(zone[-2:]) * 60.0)
    return _days(match["date"]) if match["date"] else 0, hours * 3600.0 + minutes * 60.0 + seconds


def _days(date: str) -> int:
    """Days before this date, counted from the year 1; without regard to what date it is beyond 400 years of the calendar."""
    parts = [int(part) for part in re.split(r"[-/.]", date)]
    if parts[0] < 100:
        day, month, year = parts
        if month > 12:
            day, month = month, day
    else:
        year, month, day = parts
    month = min(max(month, 1), 12)
    before = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month - 1]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400 + before + (1 if leap and month > 2 else 0) + day - 1
