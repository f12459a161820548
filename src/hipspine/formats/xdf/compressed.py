"""Compressed XDF (.xdfz, .xdf.gz): unpacked into memory, and only as far as that is safe."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from hipspine.errors import FormatError
from hipspine.formats.source import BLOCK_BYTES, Source

GZIP = b"\x1f\x8b"
_CONSTANT = 256_000_000  # bytes; a compressed file may grow to four times its size and this


def expanded_head(head: bytes) -> bytes:
    """The first four bytes of what is compressed; empty if nothing is.

    >>> expanded_head(b"XDF:"), expanded_head(zlib.compress(b"XDF:12345", wbits=31))
    (b'', b'XDF:')
    """
    if head[:2] != GZIP:
        return b""
    try:
        return zlib.decompressobj(31).decompress(head, 4)
    except zlib.error:
        return b""


def expanded(source: Source, warnings: list[str]) -> Source:
    """The file itself, or what is compressed in it, in memory.

    Raises:
        FormatError: it would grow beyond four times its size and 256 MB.
    """
    if source.head[:2] != GZIP:
        return source
    most = 4 * source.size + _CONSTANT
    size = 0
    try:
        for part in _parts(source):
            size += len(part)
            if size > most:
                raise FormatError(
                    f"{source.name}: the compressed XDF file grows to more than {most} bytes; unpack it (gunzip) and open the .xdf file."
                )
    except (zlib.error, EOFError) as error:
        why = "cut off" if isinstance(error, EOFError) else "damaged"
        warnings.append(f"the compressed file is {why}: the first {size} bytes could be unpacked and were read")
    data = BytesIO()
    with suppress(zlib.error, EOFError):
        for part in _parts(source):
            data.write(part)
    return Source(source.path, data.getvalue())


def _parts(source: Source) -> Iterator[bytes]:
    """What is compressed, a few megabytes at a time; gzip files may stand one after the other.

    Raises:
        zlib.error: damaged.
        EOFError: cut off.
    """
    unpacker = zlib.decompressobj(31)
    for block in source.blocks():
        pending = block
        while pending:
            if unpacker.eof:
                pending = pending.lstrip(b"\0")  # what fills up the last block of a tape
                unpacker = zlib.decompressobj(31) if pending else unpacker
                continue
            yield unpacker.decompress(pending, BLOCK_BYTES)
            pending = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise EOFError
