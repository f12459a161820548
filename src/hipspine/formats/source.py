"""The bytes of one file, read in parts: what is not asked for never comes into memory.

The file is opened anew for every part, so a recording holds no open handle; if the file has changed meanwhile, the next part says so.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hipspine.errors import FormatError

BLOCK_BYTES = 1 << 22  # of one reading step
_STRIDE_BYTES = 8192  # a record shorter than this is read whole: to jump over the rest would take as long


class Source:
    """A file, or bytes that are in memory already (an upload, a test)."""

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        """A regular file that exists, or the bytes that a file of this name would hold."""
        self.path = path
        self._data = data
        self._state = (len(data), 0, 0) if data is not None else _state(path)

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The name's ending in lower case, with the dot."""
        return self.path.suffix.lower()

    @property
    def in_memory(self) -> bool:
        """Whether the bytes are in memory, so that no file of this name need exist."""
        return self._data is not None

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self._state[0]

    @cached_property
    def head(self) -> bytes:
        """The first 4 kB, or all there is."""
        return self.read(0, min(4096, self.size))

    def read(self, start: int, count: int) -> bytes:
        """Exactly these bytes.

        Raises:
            FormatError: the file ends before, or has changed since it was opened.
        """
        self._require(start, count)
        if self._data is not None:
            return self._data[start : start + count]
        with self.path.open("rb") as file:
            self._require_unchanged(file.fileno())
            file.seek(start)
            data = file.read(count)
        self._require_whole(len(data), count)
        return data

    def array(self, dtype: DTypeLike, count: int, start: int) -> NDArray[Any]:
        """``count`` numbers of this type from byte ``start`` on; not writeable.

        Raises:
            FormatError: as `read`.
        """
        kind = np.dtype(dtype)
        self._require(start, count * kind.itemsize)
        if self._data is not None:
            return np.frombuffer(self._data, dtype=kind, count=count, offset=start)
        with self.path.open("rb") as file:
            self._require_unchanged(file.fileno())
            values = np.fromfile(file, dtype=kind, count=count, offset=start)
        self._require_whole(values.size, count)
        values.setflags(write=False)
        return values

    def records(
        self, start: int, width: int, first: int, last: int, *, part: tuple[int, int] | None = None
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Records of ``width`` bytes from ``first`` up to, not including, ``last``: the place of the first of a block, and the block.

        Args:
            start: byte of record 0.
            part: first byte within each record, and number of bytes, where not all of it is wanted; little of a long record is read alone.

        Yields:
            Blocks for which about 4 MB are read, (record, byte).
        """
        offset, wide = part or (0, width)
        sparse = not self.in_memory and 4 * wide < width and width > _STRIDE_BYTES
        step = max(1, BLOCK_BYTES // max(wide if sparse else width, 1))
        for at in range(first, last, step):
            count = min(step, last - at)
            if sparse:
                yield at, self._strips(start + at * width + offset, width, count, wide)
            else:
                whole = self.array(np.uint8, count * width, start + at * width).reshape(count, width)
                yield at, whole[:, offset : offset + wide]

    def _strips(self, start: int, stride: int, count: int, wide: int) -> NDArray[np.uint8]:
        """``count`` strips of ``wide`` bytes, each ``stride`` bytes after the one before."""
        self._require(start, (count - 1) * stride + wide)
        strips = np.empty((count, wide), dtype=np.uint8)
        with self.path.open("rb", buffering=0) as file:
            self._require_unchanged(file.fileno())
            for i in range(count):
                file.seek(start + i * stride)
                self._require_whole(file.readinto(strips[i]) or 0, wide)
        return strips

    def blocks(self) -> Iterator[bytes]:
        """The whole file in parts of about 4 MB."""
        for start in range(0, self.size, BLOCK_BYTES):
            yield self.read(start, min(BLOCK_BYTES, self.size - start))

    @cached_property
    def sha256(self) -> str:
        """Of all bytes, in hexadecimal."""
        digest = hashlib.sha256()
        for block in self.blocks():
            digest.update(block)
        return digest.hexdigest()

    def _require(self, start: int, count: int) -> None:
        if start < 0 or count < 0 or start + count > self.size:
            raise FormatError(
                f"{self.name}: {max(count, 0)} bytes were expected from byte {start} on, the file has {self.size}; it is cut off or "
                "damaged. Copy or export it again."
            )

    def _require_unchanged(self, handle: int) -> None:
        if _state_of(os.fstat(handle)) != self._state:
            raise FormatError(f"{self.name}: the file has changed since it was opened; open it again.")

    def _require_whole(self, got: int, wanted: int) -> None:
        if got != wanted:
            raise FormatError(f"{self.name}: the file became shorter while it was read; open it again.")


def beginning(head: bytes) -> str:
    """What a message may say of the first bytes of a file: of words nothing, since they may be a name.

    >>> beginning(b"P1 Muster"), beginning(bytes([65, 0]) * 4) == repr(bytes([65, 0]) * 4)
    ('words', True)
    """
    text = head[:8].decode("latin-1")
    return "words" if text.isprintable() and any(map(str.isalpha, text)) else repr(head[:8])


def _state(path: Path) -> tuple[int, int, int]:
    return _state_of(path.stat())


def _state_of(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
