"""The chunks of an XDF file: one walk over the bytes finds every stream, its time stamps and where its samples stand.

Layout: XDF 1.0 specification (sccn/xdf wiki). A chunk is [1, 4 or 8: bytes of the length][length][tag, 2 bytes][content], little-endian.
A recorder that crashed leaves whole chunks and a torn one; after damage the walk goes on at the next boundary chunk, or at the next
chunk of a known stream that another chunk follows, whichever comes first. What was passed over is counted.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hipspine.errors import FormatError
from hipspine.formats.source import BLOCK_BYTES, Source
from hipspine.formats.xdf.index import Index, take_samples
from hipspine.formats.xdf.xml import LONGEST, Node, parsed

MAGIC = b"XDF:"
BOUNDARY = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET, BOUNDARY_TAG, STREAM_FOOTER = range(1, 7)
FORMATS = {"int8": "<i1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "float32": "<f4", "double64": "<f8", "string": ""}
_WIDTHS = {1: "<B", 4: "<I", 8: "<Q"}
_MOST_STREAMS, _MOST_STRANGE = 4096, 64


class Window:
    """The part of the file around the place that is looked at."""

    def __init__(self, source: Source) -> None:
        self.source, self.size = source, source.size
        self._start, self._data = 0, b""

    def get(self, at: int, count: int) -> bytes:
        """Bytes from here on, fewer at the end of the file."""
        if at >= self.size:
            return b""
        offset = at - self._start
        if not 0 <= offset <= len(self._data) - count:
            near = 0 <= offset <= len(self._data) + BLOCK_BYTES
            wanted = max(count, BLOCK_BYTES if near else 1 << 16)
            self._start, offset = at, 0
            self._data = self.source.read(at, max(0, min(wanted, self.size - at)))
        return self._data[offset : offset + count]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk stands."""

    tag: int
    stream: int  # 0 where a chunk belongs to none
    start: int  # of its content, behind the stream's number
    end: int


def chunk_at(window: Window, at: int, *, torn: bool = False) -> Chunk | None:
    """The chunk that begins here, or None if none can; with ``torn`` also one that the end of the file cuts off."""
    head = window.get(at, 15)
    width = head[0] if head else 0
    if width not in _WIDTHS or len(head) < 1 + width + 2:
        return None
    (length,) = struct.unpack_from(_WIDTHS[width], head, 1)
    tag = head[1 + width] | head[2 + width] << 8
    start, end = at + 3 + width, at + 1 + width + length
    if length < 2 or (end > window.size and not torn):
        return None
    if tag in (STREAM_HEADER, SAMPLES, CLOCK_OFFSET, STREAM_FOOTER):
        if length < 6 or len(head) < 7 + width or (tag == CLOCK_OFFSET and length != 22):
            return None
        return Chunk(tag, int.from_bytes(head[3 + width : 7 + width], "little"), start + 4, end)
    if tag == BOUNDARY_TAG and (length != 18 or window.get(start, 16) != BOUNDARY):
        return None
    return Chunk(tag, 0, start, end)


def chunk_bytes(tag: int, content: bytes) -> bytes:
    """A chunk as it is written.

    >>> chunk_bytes(BOUNDARY_TAG, b"1234").hex()
    '0106050031323334'
    """
    length = len(content) + 2
    size = struct.pack("<BB", 1, length) if length < 256 else struct.pack("<BI", 4, length) if length < 1 << 32 else None
    return (size or struct.pack("<BQ", 8, length)) + struct.pack("<H", tag) + content


@dataclass(slots=True, eq=False)
class XdfStream:
    """What the file holds of one stream."""

    number: int
    header: Node
    format: str
    channels: int
    rate_hz: float  # nominal; 0 if irregular
    index: Index
    offsets: list[tuple[int, float, float]] = field(default_factory=list)  # (samples before it, time on the stream's clock, offset)
    footer: tuple[int, int] | None = None
    damaged: int = 0  # chunks that could not be read

    @property
    def title(self) -> str:
        """How messages call it: by number and type; its name may be that of a person or hold one."""
        kind = self.header.first("type")
        return f"stream {self.number} ({kind})" if re.fullmatch(r"[A-Za-z][A-Za-z _-]{0,30}", kind) else f"stream {self.number}"


@dataclass(slots=True, eq=False)
class XdfFile:
    """What the walk found."""

    header: Node
    streams: dict[int, XdfStream] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    torn_xml: list[tuple[int, int]] = field(default_factory=list)  # where headers stand that could not be read


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of the file that belong together: a chunk of XML, or chunks of numbers and texts one after another."""

    tag: int  # SAMPLES for all that is no XML
    stream: int
    begin: int
    start: int  # of the XML
    end: int


def scan(source: Source, journal: list[Stretch] | None = None) -> XdfFile:
    """All streams of a file.

    Args:
        journal: filled with the stretches that were read, in order; what is damaged or of no known stream is not in it.

    Raises:
        FormatError: no XDF, or without any stream.
    """
    if source.head[:4] != MAGIC:
        raise FormatError(f"{source.name}: not an XDF file: it should begin with 'XDF:'; found {source.head[:4]!r}. Export it again.")
    walk = _Walk(source, journal)
    walk.run()
    return walk.found


class _Walk:
    """The state of one walk."""

    def __init__(self, source: Source, journal: list[Stretch] | None) -> None:
        self.source, self.window, self.size, self.journal = source, Window(source), source.size, journal
        self.found = XdfFile(Node("info"))
        self.skipped, self.first_skipped, self.strange = 0, 0, 0
        self.unknown: dict[int, int] = {}  # bytes of each stream without a header
        self.next_boundary = -1  # where the next boundary behind damage stands; size if there is none

    def run(self) -> None:
        at = len(MAGIC)
        while at < self.size:
            chunk = self.chunk_at(at)
            if chunk is not None and self.take(chunk):
                self.enter(at, chunk)
                at = chunk.end
            elif chunk is not None and chunk.tag in (SAMPLES, STREAM_FOOTER, CLOCK_OFFSET) and self.plausible(chunk.end):
                self.pass_over(at, chunk.end)
                at = chunk.end
            else:
                at = self.after_damage(at)
        self.conclude()

    def enter(self, at: int, chunk: Chunk) -> None:
        """Into the journal, if one is kept."""
        journal = self.journal
        if journal is None or not FILE_HEADER <= chunk.tag <= STREAM_FOOTER:
            return
        if chunk.tag in (SAMPLES, CLOCK_OFFSET, STREAM_HEADER, STREAM_FOOTER) and chunk.stream not in self.found.streams:
            return
        plain = chunk.tag in (SAMPLES, CLOCK_OFFSET, BOUNDARY_TAG)
        if plain and journal and journal[-1].tag == SAMPLES and journal[-1].end == at:
            journal[-1] = replace(journal[-1], end=chunk.end)
        else:
            journal.append(Stretch(SAMPLES if plain else chunk.tag, chunk.stream, at, chunk.start, chunk.end))

    # ------------------------------------------------------------------------------------------------------- finding chunks

    def chunk_at(self, at: int, *, torn: bool = False) -> Chunk | None:
        """As the function of this name."""
        return chunk_at(self.window, at, torn=torn)

    def plausible(self, at: int) -> bool:
        """Whether the file goes on here: with a chunk of a kind that is known, a torn one, or not at all."""
        for _ in range(_MOST_STRANGE):
            if at == self.size:
                return True
            chunk = self.chunk_at(at, torn=True)
            if chunk is None:
                return self.size - at < 13 and self.window.get(at, 1)[0] in _WIDTHS
            if FILE_HEADER <= chunk.tag <= STREAM_FOOTER:
                return chunk.tag not in (SAMPLES, CLOCK_OFFSET) or chunk.stream in self.found.streams
            if chunk.end > self.size:
                return False
            at = chunk.end
        return False

    def after_damage(self, at: int) -> int:
        """Where to go on; the end of the file if there is nowhere."""
        if self.next_boundary <= at:
            place = next(self._places(re.compile(re.escape(BOUNDARY)), at + 1, self.size), None)
            self.next_boundary = self.size if place is None else place + len(BOUNDARY)
        found = self._next_samples(at + 1, self.next_boundary)
        if found is None and self.next_boundary >= self.size:
            self._take_torn(at)
            return self.size
        resumed = self.next_boundary if found is None else found
        self.pass_over(at, resumed)
        return resumed

    def _next_samples(self, start: int, stop: int) -> int | None:
        """The next chunk of samples of a known stream that is whole and followed by another chunk."""
        if not self.found.streams:
            return None
        numbers = b"|".join(re.escape(number.to_bytes(4, "little")) for number in self.found.streams)
        pattern = re.compile(b"\x03\x00(?:" + numbers + b")", re.DOTALL)
        for place in self._places(pattern, start, stop):
            for width in _WIDTHS:
                at = place - 1 - width
                chunk = self.chunk_at(at) if at >= start and self.window.get(at, 1)[0] == width else None
                if chunk is not None and chunk.end <= self.size and self.plausible(chunk.end):
                    return at
        return None

    def _places(self, pattern: re.Pattern[bytes], start: int, stop: int) -> Iterator[int]:
        """Where a pattern of at most 16 bytes stands; in windows that grow, since the next one is mostly near."""
        at, step = start, 1 << 12
        while at < stop:
            for match in pattern.finditer(self.window.get(at, min(step + 16, stop - at))):
                if match.start() < step:
                    yield at + match.start()
            at, step = at + step, min(2 * step, 1 << 20)

    def _take_torn(self, at: int) -> None:
        """The samples that are whole in a chunk that the end of the file cuts off."""
        chunk = self.chunk_at(at, torn=True)
        stream = self.found.streams.get(chunk.stream) if chunk is not None and chunk.tag == SAMPLES else None
        if chunk is not None and stream is not None and chunk.end > self.size:
            take_samples(stream.index, self.window, chunk.start, chunk.end)
            if stream.index.width:
                self.enter(at, replace(chunk, end=self.size))
        self.found.warnings.append(
            f"the file is cut off: its last {self.size - at} bytes (from byte {at}) are no whole chunk; what stands before them was read"
        )

    def pass_over(self, start: int, stop: int) -> None:
        self.first_skipped = self.first_skipped or start
        self.skipped += stop - start

    # -------------------------------------------------------------------------------------------------------- taking chunks

    def take(self, chunk: Chunk) -> bool:
        """Note what a chunk holds; False if it is damaged."""
        if chunk.tag == SAMPLES or chunk.tag == CLOCK_OFFSET:
            stream = self.found.streams.get(chunk.stream)
            if stream is None:
                self.unknown[chunk.stream] = self.unknown.get(chunk.stream, 0) + chunk.end - chunk.start
                return self.plausible(chunk.end)
            if chunk.tag == SAMPLES:
                whole = take_samples(stream.index, self.window, chunk.start, chunk.end)
                stream.damaged += not whole
                return whole
            stream.offsets.append((stream.index.count, *struct.unpack("<dd", self.window.get(chunk.start, 16))))
            return True
        if chunk.tag == FILE_HEADER:
            return self._take_file_header(chunk)
        if chunk.tag == STREAM_HEADER:
            return self._take_stream_header(chunk)
        if chunk.tag == STREAM_FOOTER:
            if chunk.stream in self.found.streams:
                self.found.streams[chunk.stream].footer = (chunk.start, chunk.end)
            return self.plausible(chunk.end)
        if chunk.tag != BOUNDARY_TAG:
            self.strange += 1
            return self.plausible(chunk.end)
        return True

    def _take_file_header(self, chunk: Chunk) -> bool:
        try:
            self.found.header = self._xml(chunk, "its file header")
        except FormatError:
            self.found.torn_xml.append((chunk.start, chunk.end))
            self.found.warnings.append("the XML of the file header is damaged: what it says of the recording is not known")
            return self.plausible(chunk.end)
        return True

    def _xml(self, chunk: Chunk, what: str) -> Node:
        count = min(chunk.end - chunk.start, LONGEST + 1)
        return parsed(self.window.get(chunk.start, count), f"{self.source.name}: {what} (byte {chunk.start})")

    def _take_stream_header(self, chunk: Chunk) -> bool:
        streams = self.found.streams
        try:
            header = self._xml(chunk, f"the header of stream {chunk.stream}")
            stream = _stream(chunk.stream, header)
        except FormatError as error:
            if not self.plausible(chunk.end):
                return False
            self.found.torn_xml.append((chunk.start, chunk.end))
            self.found.warnings.append(f"stream {chunk.stream} is left out: {str(error).removeprefix(self.source.name + ': ')}")
            return True
        if chunk.stream in streams:
            self.found.warnings.append(f"{stream.title} has two headers; the first is followed")
        elif len(streams) >= _MOST_STREAMS:
            raise FormatError(f"{self.source.name}: more than {_MOST_STREAMS} streams; the XDF file is damaged.")
        else:
            streams[chunk.stream] = stream
        return True

    def conclude(self) -> None:
        """Say what was passed over."""
        found, warnings = self.found, self.found.warnings
        if self.skipped:
            warnings.append(
                f"the file is damaged from byte {self.first_skipped} on: {self.skipped} of {self.size} bytes could not be read and were "
                "passed over"
            )
        for stream in found.streams.values():
            if stream.damaged:
                warnings.append(f"{stream.title}: {stream.damaged} block(s) of samples are damaged and missing")
        for number, size in list(self.unknown.items())[:5]:
            warnings.append(f"{size} bytes belong to stream {number}, which has no header that can be read; they are left out")
        if self.strange:
            warnings.append(f"{self.strange} chunk(s) of a kind that XDF 1.0 does not know were passed over")
        if not found.streams:
            why = f" ({warnings[0]})" if warnings else ""
            raise FormatError(f"{self.source.name}: the XDF file holds no stream that can be read{why}; record or copy it again.")


def _stream(number: int, header: Node) -> XdfStream:
    """The stream that a header describes.

    Raises:
        FormatError: it does not say how its samples are stored.
    """
    kind = header.first("channel_format").lower()
    if kind not in FORMATS:
        raise FormatError(f"its channel_format is {kind[:40]!r}; known are {', '.join(FORMATS)}")
    count = header.first("channel_count")
    if not (count.isascii() and count.isdigit() and len(count) < 10 and int(count) > 0):
        raise FormatError(f"its channel_count is {count[:40]!r}; it must be a whole number from 1 on")
    width = int(FORMATS[kind][2:]) * int(count) if FORMATS[kind] else 0
    return XdfStream(number, header, kind, int(count), _rate(header.first("nominal_srate")), Index(int(count), width))


def _rate(text: str) -> float:
    """Nominal rate; 0 (irregular) if there is none that could be one."""
    try:
        rate_hz = float(text)
    except ValueError:
        return 0.0
    return rate_hz if 1e-6 < rate_hz < 1e9 else 0.0
