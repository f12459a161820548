"""Where the chunks of an HDF5 dataset stand: trees of version 1 and 2, fixed and growing arrays, single and implicit chunks."""

import struct
from dataclasses import dataclass
from math import prod

from hipspine.formats.hdf5.file import Skeleton
from hipspine.formats.tree.nodes import Corner


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its address, its bytes, and the filters that it went without."""

    address: int
    size: int
    skipped: int


def chunks_of(
    file: Skeleton, data: bytes, version: int, at: int, shape: Corner, most: Corner, item: int, filtered: bool
) -> tuple[Corner, dict[Corner, Chunk]]:
    """Shape of a chunk, and all chunks by their place in the grid of chunks.

    Args:
        file: the file.
        data: the layout message.
        version: its version.
        at: where its properties begin.
        shape: of the dataset.
        most: its largest shape, 0 where it may grow without end.
        item: bytes of an element.
        filtered: chunks are packed.
    """
    if version < 4:
        if version == 3:
            rank, address = file.integer(data, at, 1), file.offset(data, at + 1)
            at += 1 + file.offset_size
        else:
            rank, address = file.integer(data, 1, 1), file.offset(data, at)
            at += file.offset_size
        chunk = tuple(file.integer(data, at + 4 * i, 4) for i in range(rank - 1))
        if len(chunk) != len(shape) or min(chunk, default=1) < 1 or address == file.nowhere:
            return chunk, {}
        return chunk, _tree_1(file, address, chunk)
    flags, rank, width = (file.integer(data, at + i, 1) for i in range(3))
    chunk = tuple(file.integer(data, at + 3 + i * width, width) for i in range(rank - 1))
    at += 3 + rank * width
    sort, at = file.integer(data, at, 1), at + 1
    if len(chunk) != len(shape) or min(chunk, default=1) < 1:
        return chunk, {}
    whole = prod(chunk) * item
    single = 0
    if sort == 1 and flags & 2:
        whole, single = file.length(data, at), file.integer(data, at + file.length_size, 4)
        at += file.length_size + 4
    at += {3: 1, 4: 5, 5: 6}.get(sort, 0)
    address = file.offset(data, at)
    if address == file.nowhere:
        return chunk, {}
    grid = _Grid(shape, most, chunk)
    if sort == 1:
        return chunk, {(0,) * len(chunk): Chunk(address, whole, single)}
    if sort == 2:
        count = min(grid.count, file.source.size // max(whole, 1) + 1)
        return chunk, {grid.corner(i): Chunk(address + i * whole, whole, 0) for i in range(count)}
    if sort == 5:
        return chunk, _tree_2(file, address, len(chunk), whole, filtered)
    entries = _fixed(file, address) if sort == 3 else _growing(file, address)
    return chunk, {grid.corner(i): found for i, raw in entries if (found := _entry(file, raw, whole, filtered)) is not None}


class _Grid:
    """The order of chunks in arrays: the axis that may grow is the slowest."""

    def __init__(self, shape: Corner, most: Corner, chunk: Corner) -> None:
        bounds = [m or s for m, s in zip(most, shape, strict=True)]
        self.counts = [max(1, -(-b // c)) for b, c in zip(bounds, chunk, strict=True)]
        growing = [i for i, m in enumerate(most) if m == 0][:1]
        self.order = growing + [i for i in range(len(shape)) if i not in growing]
        self.count = prod(self.counts)

    def corner(self, number: int) -> Corner:
        place = [0] * len(self.counts)
        for i in reversed(self.order[1:]):
            number, place[i] = divmod(number, self.counts[i])
        if self.order:
            place[self.order[0]] = number
        return tuple(place)


def _tree_1(file: Skeleton, address: int, chunk: Corner) -> dict[Corner, Chunk]:
    key = 8 + 8 * (len(chunk) + 1)
    found = {}
    for leaf in file.leaves(address, 1, key):
        for at in range(0, len(leaf), key + file.offset_size):
            size, skipped, *start = struct.unpack_from(f"<II{len(chunk)}Q", leaf, at)
            corner = tuple(s // c for s, c in zip(start, chunk, strict=True))
            found[corner] = Chunk(file.offset(leaf, at + key), size, skipped)
    return found


def _tree_2(file: Skeleton, address: int, rank: int, whole: int, filtered: bool) -> dict[Corner, Chunk]:
    o = file.offset_size
    found = {}
    for record in file.records(address):
        size, skipped = whole, 0
        if filtered:
            middle = len(record) - o - 4 - 8 * rank
            size, skipped = file.integer(record, o, middle), file.integer(record, o + middle, 4)
        corner = tuple(file.integer(record, len(record) - 8 * (rank - i), 8) for i in range(rank))
        found[corner] = Chunk(file.offset(record, 0), size, skipped)
    return found


def _entry(file: Skeleton, raw: bytes, whole: int, filtered: bool) -> Chunk | None:
    address = file.offset(raw, 0)
    if address == file.nowhere:
        return None
    if not filtered:
        return Chunk(address, whole, 0)
    middle = len(raw) - file.offset_size - 4
    return Chunk(address, file.integer(raw, file.offset_size, middle), file.integer(raw, file.offset_size + middle, 4))


def _fixed(file: Skeleton, address: int) -> list[tuple[int, bytes]]:
    """Entries of a fixed array."""
    o, n = file.offset_size, file.length_size
    head = file.read(address, 8 + n + o)
    width, bits, count, block = head[6], head[7], file.length(head, 8), file.offset(head, 8 + n)
    if head[:4] != b"FAHD" or width < o or bits > 32 or count * width > file.source.size:
        raise file.damaged(f"no valid array of chunks stands at {address}")
    if block == file.nowhere:
        return []
    at, page = block + 6 + o, 1 << bits
    if count <= page:
        return _cut(file.read(at, count * width), width, 0)
    pages = -(-count // page)
    mask = file.read(at, -(-pages // 8))
    at += len(mask) + 4
    out = []
    for i in range(pages):
        size = min(page, count - i * page)
        if mask[i // 8] >> (7 - i % 8) & 1:
            out += _cut(file.read(at, size * width), width, i * page)
        at += size * width + 4
    return out


def _growing(file: Skeleton, address: int) -> list[tuple[int, bytes]]:
    """Entries of an extensible array: some in its index block, the others in data blocks that double their size."""
    o, n = file.offset_size, file.length_size
    head = file.read(address, 12 + 6 * n + o)
    width, bits, inside, least, pointers, page_bits = head[6:12]
    if head[:4] != b"EAHD" or width < o or least < 1 or pointers < 1 or bits > 64 or page_bits > 32:
        raise file.damaged(f"no valid array of chunks stands at {address}")
    filled, block = file.length(head, 12 + 4 * n), file.offset(head, 12 + 6 * n)
    if block == file.nowhere:
        return []
    at = block + 6 + o
    out = _cut(file.read(at, inside * width), width, 0)
    at += inside * width
    start, data_pointers = inside, 2 * (pointers - 1)
    step = _Block(file, width, (bits + 7) // 8, 1 << page_bits)
    level = 0
    while data_pointers > 0:  # data blocks whose addresses stand in the index block
        for _ in range(min(1 << (level // 2), data_pointers)):
            size = least << ((level + 1) // 2)
            if start < filled:
                out += step.data(file.offset(file.read(at, o), 0), size, start)
            at, start, data_pointers = at + o, start + size, data_pointers - 1
        level += 1
    while start < filled:  # the others in blocks of addresses
        many, size = 1 << (level // 2), least << ((level + 1) // 2)
        out += step.second(file.offset(file.read(at, o), 0), many, size, start)
        at, start, level = at + o, start + many * size, level + 1
    return out


@dataclass(frozen=True, slots=True)
class _Block:
    """How the blocks of an extensible array are laid out."""

    file: Skeleton
    width: int
    offset_bytes: int
    page: int

    def data(self, address: int, size: int, start: int) -> list[tuple[int, bytes]]:
        if address == self.file.nowhere:
            return []
        at = address + 6 + self.file.offset_size + self.offset_bytes
        if size <= self.page:
            return _cut(self.file.read(at, size * self.width), self.width, start)
        out: list[tuple[int, bytes]] = []
        at += 4
        for i in range(0, size, self.page):
            out += _cut(self.file.read(at, self.page * self.width), self.width, start + i)
            at += self.page * self.width + 4
        return out

    def second(self, address: int, many: int, size: int, start: int) -> list[tuple[int, bytes]]:
        if address == self.file.nowhere:
            return []
        o = self.file.offset_size
        at = address + 6 + o + self.offset_bytes
        at += many * -(-(size // self.page) // 8) if size > self.page else 0
        table = self.file.read(at, many * o)
        return [entry for i in range(many) for entry in self.data(self.file.offset(table, i * o), size, start + i * size)]


def _cut(data: bytes, width: int, start: int) -> list[tuple[int, bytes]]:
    return [(start + i // width, data[i : i + width]) for i in range(0, len(data), width)]
