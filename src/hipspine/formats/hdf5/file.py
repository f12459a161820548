"""The skeleton of an HDF5 file: superblock, object headers, links, heaps and trees. No number of the recording is read here.

Every byte that is asked for is compared with the file, and all asking together with a budget, so that no claim in a damaged header
costs more than a few times the file. Addresses count from the end of a user block (MATLAB keeps 512 bytes of text there).
Source: The HDF Group, "HDF5 File Format Specification Version 3.0".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hipspine.errors import FormatError
from hipspine.formats.source import Source

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SPACE, LINK_INFO, TYPE, FILL, LINK, LAYOUT, FILTERS, ATTRIBUTE, CONTINUED, SYMBOLS, ATTRIBUTE_INFO = 1, 2, 3, 5, 6, 8, 11, 12, 16, 17, 21
SHARED = 2  # flag of a message that stands elsewhere
_PAGE = 1 << 14
_SPARE = 64 << 20  # bytes that may be read in the skeleton beyond four times the file
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header."""

    kind: int
    flags: int
    data: bytes


class Skeleton:
    """An open HDF5 file: bytes by address, object headers, links."""

    def __init__(self, source: Source) -> None:
        """Find the superblock.

        Raises:
            FormatError: no HDF5 file, of a version or an address size that is unknown, or cut off.
        """
        self.source, self.name = source, source.name
        self._page, self._at = b"", 0
        self._left = 4 * source.size + _SPARE
        at = superblock_at(source)
        head = source.read(at, min(96, source.size - at))
        if len(head) < 48:
            raise self.damaged("the superblock is cut off")
        version = head[8]
        if version in (0, 1):
            self.offset_size, self.length_size = head[13], head[14]
            place = 24 + (4 if version == 1 else 0)
        elif version in (2, 3):
            self.offset_size, self.length_size = head[9], head[10]
            place = 12
        else:
            raise FormatError(
                f"{self.name}: HDF5 with a superblock of version {version}; 0 to 3 are known. Save it with the usual settings."
            )
        if self.offset_size not in (4, 8) or self.length_size not in (4, 8):
            raise self.damaged(f"addresses of {self.offset_size} bytes are unknown")
        self.nowhere = (1 << (8 * self.offset_size)) - 1
        self.base = 0
        fields = [
            int.from_bytes(head[i : i + self.offset_size], "little") for i in range(place, place + 6 * self.offset_size, self.offset_size)
        ]
        self.base, end = fields[0], fields[2]
        if self.base != at and (self.base > source.size or self.base == 0):
            self.base = at  # a user block was put before a finished file
        self.root = fields[3] if version in (2, 3) else fields[5]
        if end != self.nowhere and end > source.size:
            raise FormatError(
                f"{self.name}: HDF5 says that it has {end} bytes, {source.size} are there: the file is cut off. Copy it again."
            )

    def damaged(self, what: str) -> FormatError:
        """The error for a damaged place."""
        return FormatError(f"{self.name}: damaged HDF5: {what}; copy or export the file again.")

    def read(self, address: int, count: int) -> bytes:
        """Exactly these bytes of the skeleton."""
        self._left -= count + 16
        if self._left < 0:
            raise self.damaged("its parts refer to each other without end")
        return self.near(address, count)

    def near(self, address: int, count: int) -> bytes:
        """Exactly these bytes; small reads that are neighbours share a page."""
        start = self.base + address
        if count < 0 or address < 0 or start + count > self.source.size:
            raise self.damaged(f"{max(count, 0)} bytes are expected at {start}, the file has {self.source.size}")
        if count > _PAGE:
            return self.source.read(start, count)
        if not self._at <= start or start + count > self._at + len(self._page):
            self._page, self._at = self.source.read(start, max(count, min(_PAGE, self.source.size - start))), start
        return self._page[start - self._at : start - self._at + count]

    def offset(self, data: bytes, at: int) -> int:
        """An address in a block of bytes."""
        return self.integer(data, at, self.offset_size)

    def length(self, data: bytes, at: int) -> int:
        """A length in a block of bytes."""
        return self.integer(data, at, self.length_size)

    def integer(self, data: bytes, at: int, size: int) -> int:
        """An unsigned number of this many bytes."""
        if at < 0 or at + size > len(data):
            raise self.damaged("a message is too short for what it should hold")
        return int.from_bytes(data[at : at + size], "little")

    # -------------------------------------------------------------------------------------------------------- object headers

    def messages(self, address: int) -> list[Message]:
        """The messages of an object, through all continuation blocks."""
        if self.read(address, 4) == b"OHDR":
            return self._messages_2(address)
        version, _, _, _, size = struct.unpack("<BBHII", self.read(address, 12))
        if version != 1:
            raise self.damaged(f"no object header stands at {address}")
        found: list[Message] = []
        blocks, seen = [(address + 16, size)], {address}
        for start, count in blocks:
            data, at = self.read(start, count), 0
            while at + 8 <= len(data):
                kind, length, flags = struct.unpack_from("<HHB", data, at)
                if at + 8 + length > len(data):
                    raise self.damaged(f"a message at {start + at} is longer than its block")
                self._take(Message(kind, flags, data[at + 8 : at + 8 + length]), found, blocks, seen)
                at += 8 + length
        return found

    def _messages_2(self, address: int) -> list[Message]:
        flags = self.read(address, 6)[5]
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(self.read(at, width), "little")
        extra = 2 if flags & 4 else 0
        found: list[Message] = []
        blocks, seen = [(at + width, size)], {address}
        for i, (start, count) in enumerate(blocks):
            data, at = self.read(start, count), 0
            if i:
                if data[:4] != b"OCHK":
                    raise self.damaged(f"no continued header stands at {start}")
                data = data[4:-4]
            while at + 4 + extra <= len(data):
                kind, length, mark = struct.unpack_from("<BHB", data, at)
                at += 4 + extra
                if at + length > len(data):
                    raise self.damaged(f"a message at {start + at} is longer than its block")
                self._take(Message(kind, mark, data[at : at + length]), found, blocks, seen)
                at += length
        return found

    def _take(self, message: Message, found: list[Message], blocks: list[tuple[int, int]], seen: set[int]) -> None:
        if message.kind != CONTINUED:
            found.append(message)
            return
        start, count = self.offset(message.data, 0), self.length(message.data, self.offset_size)
        if start in seen:
            raise self.damaged("an object header continues in itself")
        seen.add(start)
        blocks.append((start, count))

    # ----------------------------------------------------------------------------------------------------------------- links

    def links(self, messages: list[Message]) -> dict[str, int]:
        """Names and addresses of the members of a group; links into other files or to names are left out."""
        found: dict[str, int] = {}
        for message in messages:
            if message.kind == SYMBOLS:
                found.update(self._symbols(self.offset(message.data, 0), self.offset(message.data, self.offset_size)))
            elif message.kind == LINK:
                found.update(self._link(message.data))
            elif message.kind == LINK_INFO:
                at = 2 + (8 if self.integer(message.data, 1, 1) & 1 else 0)
                heap, tree = self.offset(message.data, at), self.offset(message.data, at + self.offset_size)
                if self.nowhere not in (heap, tree):
                    for record in self.records(tree):
                        found.update(self._link(Heap(self, heap).item(record[4:])))
        return found

    def _link(self, data: bytes) -> dict[str, int]:
        flags = self.integer(data, 1, 1)
        at = 2
        kind = 0
        if flags & 8:
            kind, at = self.integer(data, at, 1), at + 1
        at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        size, at = self.integer(data, at, width), at + width
        if at + size > len(data):
            raise self.damaged("the name of a link is longer than its message")
        name = data[at : at + size].decode("utf-8", "replace")
        return {name: self.offset(data, at + size)} if kind == 0 else {}

    def _symbols(self, tree: int, heap: int) -> Iterator[tuple[str, int]]:
        head = self.read(heap, 8 + 2 * self.length_size + self.offset_size)
        if head[:4] != b"HEAP":
            raise self.damaged(f"no heap of names stands at {heap}")
        names = self.read(self.offset(head, 8 + 2 * self.length_size), self.length(head, 8))
        o = self.offset_size
        for leaf in self.leaves(tree, 0, self.length_size):
            for node in (self.offset(leaf, i) for i in range(self.length_size, len(leaf), self.length_size + o)):
                start = self.read(node, 8)
                if start[:4] != b"SNOD":
                    raise self.damaged(f"no table of names stands at {node}")
                count, width = struct.unpack("<H", start[6:8])[0], 2 * o + 24
                table = self.read(node + 8, count * width)
                for i in range(0, count * width, width):
                    at = self.offset(table, i)
                    end = names.find(b"\0", at)
                    if struct.unpack_from("<I", table, i + 2 * o)[0] != 2 and 0 <= at < end:
                        yield names[at:end].decode("utf-8", "replace"), self.offset(table, i + o)

    # ----------------------------------------------------------------------------------------------------------------- trees

    def leaves(self, address: int, kind: int, key_size: int) -> Iterator[bytes]:
        """Keys and children of the leaves of a tree of version 1, in order."""
        stack, seen = [(address, _DEEPEST)], set()
        o = self.offset_size
        while stack:
            at, above = stack.pop()
            head = self.read(at, 8)
            level, count = head[5], struct.unpack("<H", head[6:8])[0]
            if head[:4] != b"TREE" or head[4] != kind or level >= above or at in seen:
                raise self.damaged(f"no valid tree stands at {at}")
            seen.add(at)
            body = self.read(at + 8 + 2 * o, count * (key_size + o))
            if level == 0:
                yield body
            else:
                children = [self.offset(body, i) for i in range(key_size, len(body), key_size + o)]
                stack.extend((child, level) for child in reversed(children))

    def records(self, address: int) -> Iterator[bytes]:
        """The records of a tree of version 2."""
        o = self.offset_size
        head = self.read(address, 16 + o + 2 + self.length_size)
        if head[:4] != b"BTHD":
            raise self.damaged(f"no valid tree stands at {address}")
        node_size, width, depth = struct.unpack_from("<IHH", head, 6)
        if width < 1 or depth > _DEEPEST or node_size < 10 + width:
            raise self.damaged(f"the tree at {address} has records of {width} bytes in nodes of {node_size}")
        most, total, sizes = (node_size - 10) // width, (node_size - 10) // width, [(0, 0)]
        for _ in range(depth):
            counts = _width(most), _width(total) if len(sizes) > 1 else 0
            sizes.append(counts)
            pointer = o + sum(counts)
            most = max((node_size - 10 - pointer) // (width + pointer), 1)
            total = min(total * (most + 1) + most, 1 << 62)
        if self.offset(head, 16) != self.nowhere:
            yield from self._node(self.offset(head, 16), struct.unpack_from("<H", head, 16 + o)[0], depth, width, sizes)

    def _node(self, address: int, count: int, depth: int, width: int, sizes: list[tuple[int, int]]) -> Iterator[bytes]:
        if self.read(address, 4) != (b"BTIN" if depth else b"BTLF"):
            raise self.damaged(f"no node of a tree stands at {address}")
        data = self.read(address + 6, count * width)
        if depth == 0:
            yield from (data[i : i + width] for i in range(0, count * width, width))
            return
        o, (own, below) = self.offset_size, sizes[depth]
        pointer = o + own + below
        table = self.read(address + 6 + count * width, (count + 1) * pointer)
        for i in range(count + 1):
            child, many = self.offset(table, i * pointer), self.integer(table, i * pointer + o, own)
            yield from self._node(child, many, depth - 1, width, sizes)
            if i < count:
                yield data[i * width : (i + 1) * width]


def _width(number: int) -> int:
    return max(1, (number.bit_length() + 7) // 8)


def superblock_at(source: Source) -> int:
    """Where the signature stands: at 0, 512, 1024 and so on.

    Raises:
        FormatError: nowhere.
    """
    at = 0
    while at + 48 <= source.size:
        if source.read(at, 8) == SIGNATURE:
            return at
        at = 512 if at == 0 else 2 * at
    raise FormatError(f"{source.name}: not an HDF5 file, or one that is cut off: its signature is missing. Export the recording again.")


class Heap:
    """A fractal heap: many small messages (links, attributes) of one object."""

    def __init__(self, file: Skeleton, address: int) -> None:
        """Read its header."""
        self.file, o, n = file, file.offset_size, file.length_size
        size = 13 + n * 12 + 3 * o + 10
        head = file.read(address, size)
        if head[:4] != b"FRHP":
            raise file.damaged(f"no heap stands at {address}")
        self.filtered = struct.unpack_from("<H", head, 7)[0] > 0
        largest = struct.unpack_from("<I", head, 10)[0]
        at = 14 + n + o + n + o + 8 * n
        self.columns = struct.unpack_from("<H", head, at)[0]
        self.first, self.most = file.length(head, at + 2), file.length(head, at + 2 + n)
        bits, _ = struct.unpack_from("<HH", head, at + 2 + 2 * n)
        self.root, self.rows = file.offset(head, at + 6 + 2 * n), struct.unpack("<H", file.read(address + at + 6 + 2 * n + o, 2))[0]
        self.place_size, self.size_size = (bits + 7) // 8, _width(min(self.most, largest))
        if self.columns < 1 or self.first < 1 or self.most < self.first:
            raise file.damaged(f"the heap at {address} has blocks of {self.first} to {self.most} bytes")

    def item(self, key: bytes) -> bytes:
        """The bytes behind a heap identifier."""
        file = self.file
        kind = (file.integer(key, 0, 1) >> 4) & 3
        if kind == 2:
            return key[1 : 2 + (key[0] & 15)]
        if kind == 1:
            if len(key) < 1 + file.offset_size + file.length_size:
                raise FormatError(f"{file.name}: HDF5 with an attribute or name of more than 64 kB, which is not read; make it a dataset.")
            return file.read(file.offset(key, 1), file.length(key, 1 + file.offset_size))
        if self.filtered:
            raise FormatError(
                f"{file.name}: HDF5 with compressed names of its groups, which are not read; save it with the usual settings."
            )
        place, size = file.integer(key, 1, self.place_size), file.integer(key, 1 + self.place_size, self.size_size)
        return file.read(self._find(self.root, self.rows, place), size)

    def _find(self, block: int, rows: int, place: int) -> int:
        """Address of a place in the heap: through tables of blocks that double their size from row to row."""
        direct = (self.most // self.first).bit_length() + 1
        for _ in range(_DEEPEST):
            if rows == 0:
                return block + place
            row = 0 if place < self.first * self.columns else (place // (self.first * self.columns)).bit_length()
            if row >= rows:
                break
            size = self.first << max(row - 1, 0)
            before = 0 if row == 0 else (self.first * self.columns) << (row - 1)
            column = (place - before) // size
            entry = block + 5 + self.file.offset_size + self.place_size + (row * self.columns + column) * self.file.offset_size
            block, place = self.file.offset(self.file.read(entry, self.file.offset_size), 0), place - before - column * size
            rows = 0 if row < direct else (size // (self.first * self.columns)).bit_length()
        raise self.file.damaged("an entry lies outside its heap")


class Collections:
    """The global heaps: texts of any length."""

    def __init__(self, file: Skeleton) -> None:
        """None is read yet."""
        self._file = file
        self._known: dict[int, dict[int, bytes]] = {}

    def item(self, address: int, number: int) -> bytes:
        """One object of a collection; empty if the address is none."""
        if number == 0 or address in (0, self._file.nowhere):
            return b""
        if address not in self._known:
            self._known[address] = dict(self._objects(address))
        return self._known[address].get(number, b"")

    def _objects(self, address: int) -> Iterator[tuple[int, bytes]]:
        n = self._file.length_size
        head = self._file.read(address, 8 + n)
        if head[:4] != b"GCOL":
            raise self._file.damaged(f"no collection of texts stands at {address}")
        data, at = self._file.read(address, self._file.length(head, 8)), 8 + n
        while at + 8 + n <= len(data):
            number, size = struct.unpack_from("<H", data, at)[0], self._file.length(data, at + 8)
            if number == 0 or at + 8 + n + size > len(data):
                return
            yield number, data[at + 8 + n : at + 8 + n + size]
            at += 8 + n + -(-size // 8) * 8
