"""The lines of a text file of any size: its encoding, its first lines with their places, and blocks of whole lines as plain bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hipspine.errors import FormatError
from hipspine.formats.source import Source
from hipspine.formats.text.cells import COMMENT

BLOCK = 1 << 19  # bytes of one reading step
LONGEST = 1 << 24  # bytes of one line; a longer one is no row of samples
_FIRST_HEAD, LARGEST_HEAD = 1 << 16, 1 << 22
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENDS = re.compile(r"\r\r\n|\r\n|\n|\r")
_MERGED = 4  # lines that one quoted cell of a header may run over


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a header."""

    number: int  # from 1
    start: int  # byte where it begins
    end: int  # byte after its line end
    text: str  # without its line end


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are letters."""

    name: str
    mark: int  # bytes of the byte-order mark

    @property
    def wide(self) -> bool:
        """Whether a letter takes two bytes or four."""
        return self.name.startswith("utf-16")

    def text(self, data: bytes) -> str:
        """The letters; what is none becomes a question mark in a diamond."""
        return data.decode(self.name, errors="replace")

    def data(self, text: str) -> bytes:
        """The bytes of these letters."""
        return text.encode(self.name, errors="replace")


def encoding_of(source: Source) -> Encoding:
    """The encoding by its mark, by the zeros that UTF-16 has, else UTF-8, else Windows-1252.

    Raises:
        FormatError: nothing but blanks at the beginning, or not text.
    """
    head = source.read(0, min(_FIRST_HEAD, source.size))
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if is_wide(head[:4096]):
        return Encoding("utf-16-le", 0)
    if b"\0" in head:
        raise FormatError(f"{source.name}: not a text file: byte {head.index(0)} is zero. Export the recording as text or as C3D.")
    if not head.strip() and len(head) == source.size:
        raise FormatError(f"{source.name}: the file is empty; record or export it again.")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) == source.size:
            return Encoding("cp1252", 0)
    return Encoding("utf-8", 0)


def is_wide(head: bytes) -> bool:
    """Whether these bytes are UTF-16 without a mark: every second one zero, the others not.

    >>> is_wide("time;gmax".encode("utf-16-le")), is_wide(b"time;gmax"), is_wide(bytes(18))
    (True, False, False)
    """
    low, high = head[0:-1:2], head[1::2]
    return len(high) > 3 and high.count(0) >= 0.95 * len(high) and low.count(0) == 0


def heads_of(source: Source, encoding: Encoding) -> Iterator[list[Line]]:
    """The first lines: of a small head, then of larger ones, for as long as the caller finds no end of the header."""
    size = _FIRST_HEAD
    while True:
        whole = size >= source.size
        yield _lines(source.read(encoding.mark, min(size, source.size) - encoding.mark), encoding, whole=whole)
        if whole or size >= LARGEST_HEAD:
            return
        size *= 8


def _lines(data: bytes, encoding: Encoding, *, whole: bool) -> list[Line]:
    text, lines, at, place, number = encoding.text(data), [], 0, encoding.mark, 0
    ends = [(match.start(), match.end()) for match in _ENDS.finditer(text)]
    if whole and (not ends or ends[-1][1] < len(text)):
        ends.append((len(text), len(text)))
    plain = text.isascii() and not encoding.wide
    first = open_quote = 0
    for stop, after in ends:
        number += 1
        odd = text.count('"', at, stop) % 2 and (open_quote or not text[at:stop].lstrip().startswith(COMMENT))
        if odd and not open_quote:
            open_quote, first = number, at
            if _closes(text, after):
                at = after
                continue
        elif open_quote and not odd and number - open_quote < _MERGED:
            at = after
            continue
        begin = first if open_quote else at
        length = after - begin if plain else len(encoding.data(text[begin:after]))
        lines.append(Line(number, place, place + length, text[begin:stop]))
        place, at, open_quote = place + length, after, 0
    return lines


def _closes(text: str, at: int) -> bool:
    """Whether a quote that a line leaves open is closed within the next lines of a header."""
    for _ in range(_MERGED - 1):
        end = text.find("\n", at)
        if end < 0:
            return False
        if text.count('"', at, end) % 2:
            return True
        at = end + 1
    return False


def blocks_of_lines(source: Source, encoding: Encoding, start: int) -> Iterator[tuple[int, int, bytes]]:
    """Blocks of whole lines from byte ``start`` on: first byte, number of bytes, and the lines in UTF-8 (or cp1252) with plain line ends.

    Raises:
        FormatError: a line without an end, or zeros in a text.
    """
    size = BLOCK
    while start < source.size:
        data = source.read(start, min(size, source.size - start))
        cut = len(data) if start + len(data) == source.size else _last_end(data, encoding)
        if cut == 0:
            if size >= LONGEST:
                raise FormatError(
                    f"{source.name}: no line end in {size >> 20} MB from byte {start} on; no table has such lines. Export it again."
                )
            size *= 4
            continue
        yield start, cut, plain(data[:cut], encoding, source.name, start)
        start, size = start + cut, BLOCK


def _last_end(data: bytes, encoding: Encoding) -> int:
    """Number of bytes up to and with the last line end; 0 if there is none."""
    for letter in ("\n", "\r"):
        end = encoding.data(letter)
        at = data.rfind(end)
        while at >= 0 and encoding.wide and at % 2:
            at = data.rfind(end, 0, at + len(end) - 1)
        if at >= 0 and not (letter == "\r" and at + len(end) == len(data) and data.count(end) == 1):
            return at + len(end)
    return 0


def plain(data: bytes, encoding: Encoding, name: str, start: int) -> bytes:
    """These lines with one line feed at the end of each, UTF-16 as UTF-8.

    Raises:
        FormatError: a zero byte.
    """
    if encoding.wide:
        data = encoding.text(data).encode("utf-8", errors="replace")
    if b"\0" in data:
        raise FormatError(f"{name}: not a text file: byte {start + data.index(0)} is zero. Export the recording as text or as C3D.")
    if b"\r" in data:
        data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data
