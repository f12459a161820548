"""Write an XDF file without its person: XML elements that may point at somebody are emptied, samples and clocks stay as they are.

What stands in those elements is struck out of labels and marks too. Bytes that are damaged or of no known stream are left out, since
nobody can say what they hold.
"""

import gzip
import json
import re
import struct
from collections.abc import Iterable, Iterator
from html import escape
from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.source import BLOCK_BYTES, Source
from hipspine.formats.xdf.chunks import (
    FILE_HEADER,
    MAGIC,
    SAMPLES,
    STREAM_FOOTER,
    STREAM_HEADER,
    Stretch,
    Window,
    XdfFile,
    chunk_at,
    chunk_bytes,
    scan,
)
from hipspine.formats.xdf.compressed import GZIP, expanded
from hipspine.formats.xdf.index import text_span
from hipspine.formats.xdf.person import identifying, is_technical, personal
from hipspine.formats.xdf.xml import LONGEST, Node, parsed

_COMMENTS = re.compile(rb"<!--|<\?(?!xml\s)")
_WIDTHS = {1: "<B", 4: "<I", 8: "<Q"}


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its person; what was removed, by the names of its fields."""
    if source.head[:2] == GZIP:
        with gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0) as packed:
            return _anonymised(expanded(source, []), packed)
    return _anonymised(source, out)


def _anonymised(source: Source, out: "BinaryIO | gzip.GzipFile") -> tuple[str, ...]:
    journal: list[Stretch] = []
    file = scan(source, journal)
    xml = [(stretch, _xml(source, stretch)) for stretch in journal if stretch.tag != SAMPLES]
    torn = (source.read(start, min(end - start, LONGEST)) for start, end in file.torn_xml)
    strike = _Strike(identifying((root for _, root in xml if root is not None), torn))
    removed: dict[str, None] = {}
    out.write(MAGIC)
    roots = iter(xml)
    for stretch in journal:
        if stretch.tag == SAMPLES:
            for part in _samples(source, file, stretch, strike):
                out.write(part)
            continue
        stretch, root = next(roots)
        out.write(_rewritten(source, stretch, root, strike, removed))
    lost = source.size - len(MAGIC) - sum(stretch.end - stretch.begin for stretch in journal)
    sentences = [f"emptied: {', '.join(removed)}"] if removed else []
    if strike.count:
        sentences.append(f"struck out in {strike.count} labels or marks: what those fields hold")
    if lost:
        sentences.append(f"left out: {lost} bytes that are damaged or belong to no stream that can be read")
    return tuple(sentences)


class _Strike:
    """Texts that are struck out wherever they stand."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.count = 0
        found = list(texts)
        self._pattern = re.compile("|".join(map(re.escape, found)), re.IGNORECASE) if found else None

    def needed(self) -> bool:
        """Whether there is anything to strike out."""
        return self._pattern is not None

    def text(self, text: str) -> str:
        """The text with a row of x for what points at a person; as many bytes as before."""
        if self._pattern is None:
            return text
        struck = self._pattern.sub(lambda match: "x" * len(match[0].encode("utf-8", "surrogateescape")), text)
        self.count += struck != text
        return struck


# --------------------------------------------------------------------------------------------------------------------- XML


def _xml(source: Source, stretch: Stretch) -> Node | None:
    """The XML of a chunk; None if it is damaged (the reader does without it)."""
    try:
        return parsed(source.read(stretch.start, stretch.end - stretch.start), source.name)
    except FormatError:
        return None


def _rewritten(source: Source, stretch: Stretch, root: Node | None, strike: _Strike, removed: dict[str, None]) -> bytes:
    what = {FILE_HEADER: "file header", STREAM_HEADER: f"stream {stretch.stream}", STREAM_FOOTER: f"footer {stretch.stream}"}[stretch.tag]
    prefix = b"" if stretch.tag == FILE_HEADER else struct.pack("<I", stretch.stream)
    if root is None:
        removed[f"the damaged XML of {what}"] = None
        return chunk_bytes(stretch.tag, prefix + b'<?xml version="1.0"?><info><version>1.0</version></info>')
    whole = source.read(stretch.start, stretch.end - stretch.start)
    names = ["/".join(path) for path, _ in personal(root)]
    before = strike.count
    text = _written(root, (), strike)
    comments = bool(_COMMENTS.search(whole))
    if not names and not comments and strike.count == before:
        return source.read(stretch.begin, stretch.end - stretch.begin)
    removed.update(dict.fromkeys([f"{name} ({what})" for name in names] + ([f"comments ({what})"] if comments else [])))
    return chunk_bytes(stretch.tag, prefix + b'<?xml version="1.0"?>' + text.encode("utf-8"))


def _written(node: Node, path: tuple[str, ...], strike: _Strike) -> str:
    """An element as XML, emptied of what may point at a person."""
    attributes = "".join(
        f' {name}="{escape(strike.text(text)) if is_technical((*path, name.lower())) else ""}"' for name, text in node.attributes.items()
    )
    text = ""
    if is_technical(path) and node.text.strip():
        text = escape(_statement(node.text, strike) if path == ("hipspine", "streams") else strike.text(node.text))
    inside = text + "".join(_written(child, (*path, child.name), strike) for child in node.children)
    return f"<{node.tag}{attributes}>{inside}</{node.tag}>" if inside else f"<{node.tag}{attributes}/>"


def _statement(text: str, strike: _Strike) -> str:
    """What hipspine wrote about its streams, its names and labels struck out; nothing if it is damaged."""
    try:
        streams = json.loads(text)
        for stream in streams:
            stream["name"] = strike.text(stream["name"])
            for channel in stream["channels"]:
                channel[0] = strike.text(channel[0])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return json.dumps(streams, separators=(",", ":"), ensure_ascii=True).replace(" ", "\\u0020")


# ----------------------------------------------------------------------------------------------------------------- samples


def _samples(source: Source, file: XdfFile, stretch: Stretch, strike: _Strike) -> Iterator[bytes]:
    """Chunks that are no XML: as they are, but for the texts of marks."""
    wordy = {number for number, stream in file.streams.items() if not stream.index.width}
    if not wordy or not strike.needed():
        yield from _copied(source, stretch.begin, stretch.end)
        return
    window, at, begun = Window(source), stretch.begin, stretch.begin
    while at < stretch.end:
        chunk = chunk_at(window, at, torn=True)
        if chunk is None:
            break
        end = min(chunk.end, stretch.end)
        if chunk.tag == SAMPLES and chunk.stream in wordy:
            yield from _copied(source, begun, at)
            yield _struck(source.read(at, end - at), chunk.start - at, file.streams[chunk.stream].channels, strike)
            begun = end
        at = end
    yield from _copied(source, begun, stretch.end)


def _struck(data: bytes, at: int, channels: int, strike: _Strike) -> bytes:
    """A chunk of texts, each as long as before."""
    out, window = bytearray(data), _Held(data)
    (count,) = struct.unpack_from(_WIDTHS[data[at]], data, at + 1)
    at += 1 + data[at]
    for _ in range(count):
        at += 1 + data[at]
        for _ in range(channels):
            span = text_span(window, at, len(data))
            if span is None:
                return bytes(out)
            text = data[span[0] : span[1]].decode("utf-8", "surrogateescape")
            out[span[0] : span[1]] = strike.text(text).encode("utf-8", "surrogateescape")
            at = span[1]
    return bytes(out)


class _Held:
    """Bytes in memory, asked for as those of a file."""

    def __init__(self, data: bytes) -> None:
        self._data, self.size = data, len(data)

    def get(self, at: int, count: int) -> bytes:
        """Bytes from here on."""
        return self._data[at : at + count]


def _copied(source: Source, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, BLOCK_BYTES):
        yield source.read(at, min(BLOCK_BYTES, stop - at))
