"""Where each sample of an XDF stream stands and which carry a time stamp: found in one pass, decoded when it is asked for.

In a chunk each sample is one byte (0, or 8 where a time stamp of eight bytes follows), the stamp, and its values. A chunk whose samples
all carry a stamp, or none, or only the first, has an even stride and is checked as one array; any other is walked.
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.source import BLOCK_BYTES, Source
from hipspine.terms import Floats

_PIECE = 1 << 20  # bytes that are looked at in one step
_WIDE = 1 << 16  # bytes of a sample from which on only its beginning is read
_MOST_TEXTS, _MOST_LETTERS = 200_000, 1 << 24  # marks of one stream that are kept
_STEP = 1 << 17  # samples that are decoded in one step
_WIDTHS = {1: "<B", 4: "<I", 8: "<Q"}


class Bytes(Protocol):
    """Something that bytes can be asked from."""

    def get(self, at: int, count: int) -> bytes:
        """Bytes from here on, fewer at the end of the file."""

    @property
    def size(self) -> int:
        """Of the file."""


@dataclass(slots=True, eq=False)
class Index:
    """The samples of one stream, in the order of the file."""

    channels: int
    width: int  # bytes of the values of one sample; 0 for texts
    count: int = 0
    firsts: "array[int]" = field(default_factory=lambda: array("q"))  # number of each chunk's first sample
    starts: "array[int]" = field(default_factory=lambda: array("q"))  # its byte
    stamped: "array[int]" = field(default_factory=lambda: array("q"))  # numbers of the samples that carry a time stamp
    stamps: "array[float]" = field(default_factory=lambda: array("d"))  # [s] on the stream's clock
    holes: list[int] = field(default_factory=list)  # numbers of samples before which damaged ones are missing
    texts: list[tuple[str, ...]] = field(default_factory=list)  # of a stream of texts, as many as are kept
    letters: int = 0
    all_stamped: bool = False  # found by the decoder, which then lets go of their numbers


def take_samples(index: Index, window: Bytes, start: int, end: int) -> bool:
    """Add the samples of a chunk; False, and nothing added, if it contradicts itself.

    Args:
        start, end: of the content behind the stream's number; where the file ends before, the whole samples are taken.
    """
    head = window.get(start, 9)
    width = head[0] if head else 0
    if width not in _WIDTHS or len(head) < 1 + width:
        return _damaged(index)
    (count,) = struct.unpack_from(_WIDTHS[width], head, 1)
    at = start + 1 + width
    if count == 0:
        return at == end or _damaged(index)
    before = index.count, len(index.stamped), len(index.texts)
    index.firsts.append(index.count)
    index.starts.append(at)
    if index.width == 0:
        whole = _take_texts(index, window, at, end, count)
    else:
        stamps, rest = divmod(end - at - count * (index.width + 1), 8)
        whole = rest == 0 and 0 <= stamps <= count and _take_numbers(index, window, at, end, count, stamps)
    if not whole or index.count == before[0]:
        index.firsts.pop()
        index.starts.pop()
        index.count = before[0]
        del index.stamped[before[1] :], index.stamps[before[1] :], index.texts[before[2] :]
    return whole or _damaged(index)


def _damaged(index: Index) -> bool:
    if not index.holes or index.holes[-1] != index.count:
        index.holes.append(index.count)
    return False


# ----------------------------------------------------------------------------------------------------------------- numbers


def _take_numbers(index: Index, window: Bytes, at: int, end: int, count: int, stamps: int) -> bool:
    width = index.width
    if count <= 8 or 1 < stamps < count:
        return _walked(index, window, at, end, count)
    if stamps == 1:
        if window.get(at, 1) != b"\x08":
            return _walked(index, window, at, end, count)
        if not _even(index, window, at, 1, width + 9, 8):
            return False
        return _even(index, window, at + width + 9, count - 1, width + 1, 0)
    return _even(index, window, at, count, width + (9 if stamps else 1), 8 if stamps else 0)


def _even(index: Index, window: Bytes, at: int, count: int, stride: int, flag: int) -> bool:
    """Samples that stand at even distances and all begin with the same byte."""
    count = min(count, (window.size - at) // stride)
    if stride > _WIDE:
        return _walked(index, window, at, at + count * stride, count)
    step = max(1, _PIECE // stride)
    for first in range(0, count, step):
        n = min(step, count - first)
        data = window.get(at + first * stride, n * stride)
        flags = np.frombuffer(data, np.uint8)[::stride]
        if (flags != flag).any():
            return False
        if flag:
            index.stamps.frombytes(np.ndarray((n,), "<f8", data, 1, (stride,)).tobytes())
            index.stamped.frombytes(np.arange(index.count, index.count + n, dtype=np.int64).tobytes())
        index.count += n
    return True


def _walked(index: Index, window: Bytes, at: int, end: int, count: int) -> bool:
    """Samples one by one."""
    width, limit, done = index.width, min(end, window.size), 0
    stamps, stamped = index.stamps, index.stamped
    while done < count:
        data = window.get(at, 9 if width > _WIDE else min(_PIECE, limit - at))
        last = len(data) if width > _WIDE else len(data) - width
        p = 0
        while done < count and p < last:
            flag = data[p]
            if flag == 8:
                if p + 9 > last:
                    break
                stamps.append(struct.unpack_from("<d", data, p + 1)[0])
                stamped.append(index.count)
                p += 9 + width
            elif flag == 0:
                p += 1 + width
            else:
                return False
            index.count += 1
            done += 1
        if p == 0:
            break
        at += p
    if at > limit:  # the last sample reaches beyond the end
        index.count -= 1
        if stamped and stamped[-1] == index.count:
            stamped.pop()
            stamps.pop()
        return limit < end
    return at == end or limit < end


# ------------------------------------------------------------------------------------------------------------------- texts


def _take_texts(index: Index, window: Bytes, at: int, end: int, count: int) -> bool:
    limit = min(end, window.size)
    for _ in range(count):
        flag = window.get(at, 9)
        if at >= limit or flag[0] not in (0, 8) or (flag[0] and at + 9 > limit):
            return limit < end
        stamp = struct.unpack_from("<d", flag, 1)[0] if flag[0] else None
        at += 9 if flag[0] else 1
        found = _text(window, at, limit, index.channels)
        if found is None:
            return limit < end
        texts, at = found
        if stamp is not None:
            index.stamps.append(stamp)
            index.stamped.append(index.count)
        index.letters += sum(map(len, texts))
        if len(index.texts) == index.count < _MOST_TEXTS and index.letters <= _MOST_LETTERS:
            index.texts.append(texts)
        index.count += 1
    return at == end or limit < end


def _text(window: Bytes, at: int, limit: int, channels: int) -> tuple[tuple[str, ...], int] | None:
    """The texts of one sample and where the next one begins; None if they do not fit."""
    texts = []
    for _ in range(channels):
        span = text_span(window, at, limit)
        if span is None:
            return None
        texts.append(window.get(span[0], min(span[1] - span[0], _MOST_LETTERS)).decode("utf-8", "replace"))
        at = span[1]
    return tuple(texts), at


def text_span(window: Bytes, at: int, limit: int) -> tuple[int, int] | None:
    """Where the letters of a text begin and end; None if they do not fit before ``limit``."""
    head = window.get(at, 9)
    width = head[0] if head else 0
    if width not in _WIDTHS or at + 1 + width > limit:
        return None
    start = at + 1 + width
    end = start + struct.unpack_from(_WIDTHS[width], head, 1)[0]
    return (start, int(end)) if end <= limit else None


# ---------------------------------------------------------------------------------------------------------------- decoding


def integers(values: "array[int]") -> NDArray[np.int64]:
    """The same numbers as an array, in the same memory."""
    return np.frombuffer(values, np.int64) if values else np.empty(0, np.int64)


class Decoder:
    """The values of a numeric stream, wherever its chunks stand."""

    def __init__(self, source: Source, index: Index, kind: str) -> None:
        self.source, self.index, self.kind = source, index, np.dtype(kind)
        firsts, starts = integers(index.firsts), integers(index.starts)
        self._stamped = integers(index.stamped)
        self._all_stamped = self._stamped.size == index.count or index.all_stamped
        index.all_stamped = self._all_stamped
        self._firsts = firsts
        before = firsts if self._all_stamped else np.searchsorted(self._stamped, firsts)
        self._base = starts - firsts * (index.width + 1) - 8 * before
        if self._all_stamped:  # then their numbers tell nothing
            self._stamped, index.stamped = np.empty(0, np.int64), array("q")

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """(sample, channel) numbers as stored, with the number of the first of each block."""
        width = self.index.width
        most = max(1, min(_STEP, BLOCK_BYTES // (width + 9)))
        for first in range(start, stop, most):
            places = self._places(first, min(first + most, stop))
            for a, b in self._near(places, width):
                data = self.source.read(int(places[a]), int(places[b - 1] - places[a]) + width)
                items = np.ndarray((len(data) - width + 1,), f"V{width}", data, 0, (1,))
                yield first + a, items[places[a:b] - places[a]].view(self.kind).reshape(b - a, self.index.channels)

    def _places(self, first: int, last: int) -> NDArray[np.int64]:
        """Byte of the values of each of these samples."""
        numbers = np.arange(first, last)
        chunk = np.searchsorted(self._firsts, numbers, side="right") - 1
        stamps = numbers + 1 if self._all_stamped else np.searchsorted(self._stamped, numbers, side="right")
        places: NDArray[np.int64] = self._base[chunk] + numbers * (self.index.width + 1) + 8 * stamps + 1
        return places

    @staticmethod
    def _near(places: NDArray[np.int64], width: int) -> Iterator[tuple[int, int]]:
        """Stretches that are read at once: other streams that stand between are read along unless they are long."""
        far = np.flatnonzero(np.diff(places) > width + 32_768) + 1
        edges = np.concatenate([[0], far, [places.size]])
        for a, b in pairwise(edges.tolist()):
            yield from _halved(places, a, b, width)

    def values(self, start: int, stop: int) -> Floats:
        """(sample, channel) numbers as float64."""
        parts = [block.astype(np.float64) for _, block in self.blocks(start, stop)]
        return np.concatenate(parts) if parts else np.empty((0, self.index.channels))


def _halved(places: NDArray[np.int64], a: int, b: int, width: int) -> Iterator[tuple[int, int]]:
    """The stretch in parts of at most twice a block."""
    while b - a > 1 and places[b - 1] - places[a] + width > 2 * BLOCK_BYTES:
        cut = a + max(1, int(np.searchsorted(places[a:b], places[a] + 2 * BLOCK_BYTES - width)))
        if cut >= b:
            break
        yield a, cut
        a = cut
    yield a, b
