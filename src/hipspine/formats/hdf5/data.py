"""Values of an HDF5 dataset: where its bytes stand (compact, contiguous, in chunks of every index) and how a chunk is unpacked.

A chunk is never unpacked beyond its stated size, and a dataset that claims more than its chunks hold is refused before memory is taken.
"""

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.hdf5.file import FILTERS, LAYOUT, Message, Skeleton
from hipspine.formats.hdf5.index import Chunk, chunks_of
from hipspine.formats.hdf5.types import first_of
from hipspine.formats.tree.nodes import Corner
from hipspine.terms import Floats

_SPARE = 256 << 20
_KEPT = 8 << 20, 64 << 20  # least and most bytes of unpacked chunks that are kept for the next stretch
_LONG = 1 << 20  # bytes of a chunk that holds more than the stretch of samples that is looked at in one step
_UNWRITTEN = 1 << 20  # bytes that may be missing where next to nothing was written
_FILTERS = {4: "szip", 5: "nbit", 6: "scale-offset", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd"}
DEFLATE, SHUFFLE, CHECKSUM, LZF = 1, 2, 3, 32000


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the elements of a dataset are."""

    shape: Corner
    item: int  # bytes of an element
    flat: int | None  # address of the first byte in the file, if they lie one after the other
    compact: bytes | None
    chunk: Corner
    chunks: dict[Corner, Chunk]
    filters: tuple[int, ...]


def stored(file: Skeleton, messages: list[Message], shape: Corner, most: Corner, item: int, path: str) -> Stored:
    """Where the values of a dataset stand.

    Raises:
        FormatError: in a way that is not read, or fewer bytes than its shape needs.
    """
    layout = first_of(messages, LAYOUT)
    if layout is None:
        raise file.damaged(f"{path} has no layout")
    data = layout.data
    version = file.integer(data, 0, 1)
    need = prod(shape) * item
    if version in (1, 2):
        rank, sort, at = file.integer(data, 1, 1), file.integer(data, 2, 1), 8
    else:
        rank, sort, at = 0, file.integer(data, 1, 1), 2
    if version not in (1, 2, 3, 4, 5) or sort > 2:
        raise FormatError(f"{file.name}: {path} is stored in a way that is not read (layout {version}.{sort}); copy it with h5repack.")
    if sort == 0:
        if version < 3:
            at += 4 * rank
        size, at = (file.integer(data, at, 4), at + 4) if version < 3 else (file.integer(data, at, 2), at + 2)
        if size < need or at + size > len(data):
            raise file.damaged(f"{path} should hold {need} bytes, has {size}")
        return Stored(shape, item, None, data[at : at + size], (), {}, ())
    if sort == 1:
        address = file.offset(data, at)
        if address == file.nowhere:
            _require_written(file, path, 0, prod(shape), item)
            return Stored(shape, item, None, None, (), {}, ())
        if file.base + address + need > file.source.size:
            raise file.damaged(f"{path} claims {need} bytes from {file.base + address}, the file has {file.source.size}")
        return Stored(shape, item, file.base + address, None, (), {}, ())
    filters = _filters(file, messages, path)
    chunk, chunks = chunks_of(file, data, version, at, shape, most, item, bool(filters))
    _check_chunks(file, path, shape, item, chunk, chunks)
    return Stored(shape, item, None, None, chunk, chunks, filters)


def _check_chunks(file: Skeleton, path: str, shape: Corner, item: int, chunk: Corner, chunks: dict[Corner, Chunk]) -> None:
    if len(chunk) != len(shape) or any(c < 1 for c in chunk):
        raise file.damaged(f"{path} has chunks of {chunk} for a shape of {shape}")
    one = prod(chunk) * item
    if one > 4 * file.source.size + _SPARE:
        raise FormatError(f"{file.name}: {path} has chunks of {one / 1e6:.0f} MB, far more than the file; it is damaged. Export it again.")
    _require_written(file, path, len(chunks) * prod(chunk), prod(shape), item)


def _require_written(file: Skeleton, path: str, there: int, claimed: int, item: int) -> None:
    """Some of a dataset may never have been written (it reads as zeros), but not the most of a large one."""
    if there * 2 < claimed and claimed * item > _UNWRITTEN:
        raise FormatError(
            f"{file.name}: {path} claims {claimed} numbers, {there} were written: the writing was broken off. Record or export it again."
        )


def _filters(file: Skeleton, messages: list[Message], path: str) -> tuple[int, ...]:
    message = first_of(messages, FILTERS)
    if message is None:
        return ()
    data = message.data
    version, count = file.integer(data, 0, 1), file.integer(data, 1, 1)
    at, found = (8 if version == 1 else 2), []
    for _ in range(count):
        number = file.integer(data, at, 2)
        named = version == 1 or number >= 256
        title = file.integer(data, at + 2, 2) if named else 0
        at += 4 if named else 2
        values = file.integer(data, at + 2, 2)
        title = -(-title // 8) * 8 if version == 1 else title
        at += 4 + title + 4 * values + (4 if version == 1 and values % 2 else 0)
        found.append(number)
    unknown = [n for n in found if n not in (DEFLATE, SHUFFLE, CHECKSUM, LZF)]
    if unknown:
        named_ = _FILTERS.get(unknown[0], f"filter {unknown[0]}")
        raise FormatError(f"{file.name}: {path} is compressed with {named_}, which is not read; copy the file with h5repack -f GZIP=4.")
    return tuple(found)


class Unpacked:
    """The chunks of a file that were unpacked last: a table that is read channel by channel is not unpacked for each."""

    def __init__(self, size: int) -> None:
        """Room for about twice the file, within bounds."""
        self._room, self._most = min(max(2 * size, _KEPT[0]), _KEPT[1]), 4 * size + _SPARE
        self._chunks: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._bytes = 0

    def make_room(self, stored: Stored) -> None:
        """Room for the long chunks that lie side by side at one time: the next stretch of samples needs them all again."""
        one = prod(stored.chunk) * stored.item
        if stored.chunk and one > _LONG:
            time = int(np.argmax(stored.shape))
            beside = prod(-(-n // c) for i, (n, c) in enumerate(zip(stored.shape, stored.chunk, strict=True)) if i != time)
            self._room = min(self._room + beside * one, max(self._room, self._most))

    def get(self, key: tuple[int, int]) -> bytes | None:
        """A chunk that is still here, by its address and size."""
        if key in self._chunks:
            self._chunks.move_to_end(key)
        return self._chunks.get(key)

    def keep(self, key: tuple[int, int], raw: bytes) -> None:
        """Keep this chunk, and let the oldest go where there is no room."""
        self._chunks[key] = raw
        self._bytes += len(raw)
        while len(self._chunks) > 1 and self._bytes > self._room:
            self._bytes -= len(self._chunks.popitem(last=False)[1])


class Values:
    """The elements of a dataset as (element, byte), read a stretch at a time."""

    def __init__(self, file: Skeleton, stored: Stored, path: str, unpacked: Unpacked) -> None:
        """Nothing is read yet."""
        self.file, self.stored, self.path, self._unpacked_chunks = file, stored, path, unpacked
        unpacked.make_room(stored)

    def flat(self, first: int, count: int) -> bytes:
        """Elements that lie one after the other."""
        where = self.stored
        if where.compact is not None:
            return where.compact[first * where.item : (first + count) * where.item]
        if where.flat is None:
            return b"\0" * (count * where.item)
        return self.file.source.read(where.flat + first * where.item, count * where.item)

    def whole(self, most: int = 1 << 26) -> bytes:
        """All bytes, in the order of the file.

        Raises:
            FormatError: too many for what is no recording but a text or a reference.
        """
        where = self.stored
        size = prod(where.shape) * where.item
        if size > most:
            raise self.file.damaged(f"{self.path} holds {size} bytes where a short text was expected")
        if not where.chunk:
            return self.flat(0, prod(where.shape))
        box = self.box(np.dtype((np.void, where.item)), (0,) * len(where.shape), where.shape)
        return box.tobytes()

    def box(self, dtype: np.dtype[Any], low: Corner, high: Corner) -> NDArray[Any]:
        """A box of a chunked dataset; what was never written is zero."""
        where = self.stored
        counts = tuple(b - a for a, b in zip(low, high, strict=True))
        out = np.zeros(counts, dtype)
        if min(counts, default=1) <= 0:
            return out
        spans = [range(a // c, -(-b // c)) for a, b, c in zip(low, high, where.chunk, strict=True)]
        for corner in _corners(spans):
            if corner not in where.chunks:
                continue
            block = np.frombuffer(self._chunk(corner), dtype, prod(where.chunk)).reshape(where.chunk)
            start = [i * c for i, c in zip(corner, where.chunk, strict=True)]
            inner = tuple(slice(max(a - s, 0), min(b - s, c)) for a, b, s, c in zip(low, high, start, where.chunk, strict=True))
            outer = tuple(slice(s + i.start - a, s + i.stop - a) for a, s, i in zip(low, start, inner, strict=True))
            out[outer] = block[inner]
        return out

    def _chunk(self, corner: Corner) -> bytes:
        where = self.stored
        size, chunk = prod(where.chunk) * where.item, where.chunks[corner]
        known = self._unpacked_chunks.get((chunk.address, size))
        if known is not None:
            return known
        raw = self.file.near(chunk.address, chunk.size)
        for i, number in reversed(list(enumerate(where.filters))):
            if not chunk.skipped >> i & 1:
                raw = self._unpacked(number, raw, size)
        if len(raw) < size:
            raise self.file.damaged(f"a chunk of {self.path} holds {len(raw)} bytes, {size} are needed")
        self._unpacked_chunks.keep((chunk.address, size), raw)
        return raw

    def _unpacked(self, number: int, raw: bytes, size: int) -> bytes:
        if number == CHECKSUM:
            return raw[:-4]
        if number == SHUFFLE:
            item = self.stored.item
            whole = len(raw) // item * item
            return np.frombuffer(raw[:whole], np.uint8).reshape(item, -1).T.tobytes() + raw[whole:]
        try:
            if number == LZF:
                return unpack_lzf(raw, size + 4)
            machine = zlib.decompressobj()
            out = machine.decompress(raw, size + 5)
        except (zlib.error, ValueError, IndexError) as error:
            raise self.file.damaged(f"a compressed chunk of {self.path} cannot be unpacked ({error})") from None
        if len(out) > size + 4:
            raise self.file.damaged(f"a compressed chunk of {self.path} unpacks to more than its {size} bytes")
        return out


def _corners(spans: list[range]) -> Iterator[Corner]:
    for offset in np.ndindex(*(len(span) for span in spans)):
        yield tuple(span[i] for span, i in zip(spans, offset, strict=True))


def floats_in_box(values: Values, dtype: np.dtype[Any], extra: Corner, low: Corner, high: Corner) -> Floats:
    """A box of a chunked dataset of numbers, or of small arrays of numbers (``extra`` is their shape)."""
    rank = len(values.stored.shape)
    kind = np.dtype((dtype, extra)) if extra else dtype
    block = values.box(kind, low[:rank], high[:rank])
    inner = tuple(slice(a, b) for a, b in zip(low[rank:], high[rank:], strict=True))
    out = block[(slice(None),) * rank + inner].astype(np.float64)
    out[~np.isfinite(out)] = np.nan
    return out


def flat_stretch(values: Values, dtype: np.dtype[Any], per_element: int, first: int, count: int) -> NDArray[Any]:
    """Numbers of a dataset that is not chunked, by their place in the flat list."""
    start, stop = first // per_element, -(-(first + count) // per_element)
    numbers = np.frombuffer(values.flat(start, stop - start), dtype)
    return numbers[first - start * per_element : first - start * per_element + count]


def stretch_of(values: Values, dtype: np.dtype[Any], per_element: int) -> "partial[NDArray[Any]]":
    """`flat_stretch` of one dataset."""
    return partial(flat_stretch, values, dtype, per_element)


def unpack_lzf(raw: bytes, most: int) -> bytes:
    """The bytes that LZF packed (Marc Lehmann's format): literal runs and back references.

    >>> unpack_lzf(bytes([2]) + b"abc" + bytes([0x20, 2]), 99)
    b'abcabc'
    """
    out, at = bytearray(), 0
    while at < len(raw):
        mark = raw[at]
        at += 1
        if mark < 32:
            out += raw[at : at + mark + 1]
            at += mark + 1
        else:
            size = mark >> 5
            if size == 7:
                size, at = size + raw[at], at + 1
            back = ((mark & 31) << 8 | raw[at]) + 1
            at, start = at + 1, len(out) - back
            if start < 0:
                raise ValueError("a reference before the start")
            for i in range(size + 2):
                out.append(out[start + i])
        if len(out) > most:
            raise ValueError("more than its stated size")
    return bytes(out)
