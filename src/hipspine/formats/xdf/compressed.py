"""Compressed XDF (.xdfz, .xdf.gz): unpacked into memory, and only as far as that is safe."""

import zlib

from hipspine.errors import FormatError
from hipspine.formats.source import Source

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
    parts, held, why = [], 0, ""
    unpacker = zlib.decompressobj(31)
    try:
        for block in source.blocks():
            parts.append(unpacker.decompress(block, most - held + 1))
            held += len(parts[-1])
            if held > most:
                raise FormatError(
                    f"{source.name}: the compressed XDF file grows to more than {most} bytes; unpack it (gunzip) and open the .xdf file."
                )
        why = "" if unpacker.eof else "cut off"
    except zlib.error:
        why = "damaged"
    if why:
        warnings.append(f"the compressed file is {why}: the first {held} bytes could be unpacked and were read")
    return Source(source.path, b"".join(parts))
