"""The first lines of a text file of a motion laboratory: its header, and how cells and counts in it are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.source import Source

MISSING = frozenset((b"", b"nan", b"-nan", b"na", b"n/a", b"null", b"none", b"-", b"--", b"inf", b"-inf", b"+inf", b"nan(ind)",
                      b"-nan(ind)", b"1.#qnan", b"-1.#qnan", b"1.#ind", b"-1.#ind", b"1.#inf", b"-1.#inf"))  # fmt: skip
NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_HEADER_BYTES = 1 << 22


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
    if b"\0" in data[:_HEADER_BYTES]:
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
    r"""Whether a line is a row of numbers: one stands first, or most of its cells are numbers or signs for missing ones.

    A row with a damaged cell is still a row, so that the cell can be named and the row is not taken for a part of the header.

    >>> is_row("1\t0.00\t\t3x5", "\t"), is_row("\t\t3,5", "\t"), is_row("1st\t2", "\t"), is_row("\tX1\tY1", "\t")
    (True, True, False, False)
    """
    cells = [cell.encode("utf-8", "replace").replace(b",", b".") for cell in cells_of(line, delimiter)]
    numbers = [bool(NUMBER.match(cell)) for cell in cells]
    words = sum(not number and cell.lower() not in MISSING for number, cell in zip(numbers, cells, strict=True))
    return bool(cells) and (numbers[0] or sum(numbers) > words)


def whole(text: str) -> int | None:
    """A count in a header, or None where the text is no whole number of bearable length.

    >>> whole(" 128"), whole("many"), whole("9" * 40)
    (128, None, None)
    """
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 15 else None


def listed(labels: Sequence[str], most: int = 4) -> str:
    """Some labels in words: the first ones, and how many more there are."""
    return ", ".join(repr(label) for label in labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")


def copy(source: Source, start: int, out: BinaryIO) -> None:
    """Everything from byte ``start`` on, as it is."""
    while start < source.size:
        count = min(1 << 22, source.size - start)
        out.write(source.read(start, count))
        start += count
