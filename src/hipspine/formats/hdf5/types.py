"""Datatypes, shapes and attributes of HDF5: what the bytes of an object mean."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.hdf5.file import ATTRIBUTE, ATTRIBUTE_INFO, SHARED, SPACE, TYPE, Collections, Heap, Message, Skeleton
from hipspine.formats.tree.nodes import Corner, Node, Opaque, Texts, numbers_of

_DEEPEST = 8
_LARGEST = 1 << 22  # bytes of an attribute


@dataclass(frozen=True, slots=True)
class Kind:
    """A datatype: how many bytes an element has and how they are read."""

    word: str  # number, text, any text (of any length), reference, record, list, other
    size: int
    dtype: np.dtype[Any] | None = None
    members: "tuple[tuple[str, int, Kind], ...]" = ()
    shape: Corner = ()  # of an array within an element
    encoding: str = "utf-8"


def kind_of(file: Skeleton, message: Message, depth: int = 0) -> Kind:
    """The datatype in a message, or the one that it refers to."""
    data = message.data
    if message.flags & SHARED:
        version = file.integer(data, 0, 1)
        if depth > _DEEPEST:
            raise file.damaged("a datatype refers to itself")
        address = file.offset(data, 8 if version == 1 else 2)
        return next((kind_of(file, m, depth + 1) for m in file.messages(address) if m.kind == TYPE), Kind("other", 0))
    return _kind(file, data, 0, 0)[0]


def _kind(file: Skeleton, data: bytes, at: int, depth: int) -> tuple[Kind, int]:
    """A datatype and where the next thing begins."""
    if depth > _DEEPEST:
        raise file.damaged("datatypes lie too deep in each other")
    head, size = file.integer(data, at, 1), file.integer(data, at + 4, 4)
    sort, version, bits = head & 15, head >> 4, file.integer(data, at + 1, 3)
    order, body = ">" if bits & 1 else "<", at + 8
    if sort in (0, 4):
        letter = "i" if sort == 0 and bits & 8 else "u"
        return (Kind("number", size, np.dtype(f"{order}{letter}{size}")) if size in (1, 2, 4, 8) else Kind("other", size)), body + 4
    if sort == 1:
        return (
            Kind("number", size, np.dtype(f"{order}f{size}")) if size in (2, 4, 8) and not bits & 64 else Kind("other", size)
        ), body + 12
    if sort == 3:
        return Kind("text", size), body
    if sort == 7:
        return Kind("reference" if bits & 15 == 0 and size == file.offset_size else "other", size), body
    if sort == 8:
        base, _ = _kind(file, data, body, depth + 1)
        return Kind(base.word if base.size == size else "other", size, base.dtype), len(data)
    if sort == 9:
        base, end = _kind(file, data, body, depth + 1)
        return Kind("any text" if bits & 15 == 1 else "list", size, base.dtype), end
    if sort == 10:
        rank = file.integer(data, body, 1)
        start = body + (1 if version >= 3 else 4)
        shape = tuple(file.integer(data, start + 4 * i, 4) for i in range(rank))
        base, end = _kind(file, data, start + 4 * rank * (1 if version >= 3 else 2), depth + 1)
        fits = base.word == "number" and prod(shape) * base.size == size
        return (Kind("number", size, base.dtype, shape=shape) if fits else Kind("other", size)), end
    if sort == 6:
        return _record(file, data, body, size, version, bits & 0xFFFF, depth)
    return Kind("other", size), len(data)


def _record(file: Skeleton, data: bytes, at: int, size: int, version: int, count: int, depth: int) -> tuple[Kind, int]:
    members = []
    for _ in range(count):
        end = data.find(b"\0", at)
        if end < 0:
            raise file.damaged("a record has members without names")
        name = data[at:end].decode("utf-8", "replace")
        at = end + 1 if version >= 3 else at + -(-(end + 1 - at) // 8) * 8
        width = max(1, ((size - 1).bit_length() + 7) // 8) if version >= 3 else 4
        place = file.integer(data, at, width)
        at += width + (28 if version == 1 else 0)
        kind, at = _kind(file, data, at, depth + 1)
        if place + kind.size > size:
            raise file.damaged(f"the member {name!r} lies outside its record")
        members.append((name, place, kind))
    return Kind("record", size, members=tuple(members)), at


def shape_of(file: Skeleton, data: bytes) -> tuple[Corner | None, Corner]:
    """Shape and largest shape of a dataspace (0 for unlimited); None if it holds nothing."""
    version, rank, flags = (file.integer(data, i, 1) for i in range(3))
    if version not in (1, 2) or rank > 32:
        raise file.damaged(f"a dataspace of version {version} and {rank} dimensions")
    if version == 2 and file.integer(data, 3, 1) == 2:
        return None, ()
    at, n = (8 if version == 1 else 4), file.length_size
    shape = tuple(file.length(data, at + i * n) for i in range(rank))
    most = tuple(file.length(data, at + (rank + i) * n) for i in range(rank)) if flags & 1 else shape
    return shape, tuple(0 if m == (1 << (8 * n)) - 1 else m for m in most)


def attributes_of(file: Skeleton, messages: list[Message], texts: Collections) -> dict[str, Node]:
    """The attributes of an object, small and many."""
    found: dict[str, Node] = {}
    for data in _attribute_messages(file, messages):
        parsed = _attribute(file, data, texts)
        if parsed:
            found[parsed[0]] = parsed[1]
    return found


def _attribute_messages(file: Skeleton, messages: list[Message]) -> Iterator[bytes]:
    for message in messages:
        if message.kind == ATTRIBUTE and not message.flags & SHARED:
            yield message.data
        elif message.kind == ATTRIBUTE_INFO:
            at = 2 + (2 if file.integer(message.data, 1, 1) & 1 else 0)
            heap, tree = file.offset(message.data, at), file.offset(message.data, at + file.offset_size)
            if file.nowhere not in (heap, tree):
                yield from (Heap(file, heap).item(record[:8]) for record in file.records(tree))


def _attribute(file: Skeleton, data: bytes, texts: Collections) -> tuple[str, Node] | None:
    version, flags = file.integer(data, 0, 1), file.integer(data, 1, 1)
    sizes = [file.integer(data, i, 2) for i in (2, 4, 6)]
    at = 9 if version == 3 else 8
    parts = []
    for size in sizes:
        parts.append(data[at : at + size])
        at += -(-size // 8) * 8 if version == 1 else size
    name = parts[0].split(b"\0")[0].decode("utf-8", "replace")
    kind = kind_of(file, Message(TYPE, SHARED if version > 1 and flags & 1 else 0, parts[1]))
    if version > 1 and flags & 2:
        return None
    shape, _ = shape_of(file, parts[2])
    if shape is None or not name:
        return None
    count = prod(shape)
    if count * kind.size > _LARGEST or at + count * kind.size > len(data):
        raise file.damaged(f"the attribute {name[:40]!r} claims {count} values, more than its bytes hold")
    return name, value_node(file, kind, shape, data[at : at + count * kind.size], texts)


def value_node(file: Skeleton, kind: Kind, shape: Corner, raw: bytes, texts: Collections) -> Node:
    """What the bytes of a small value mean."""
    count = prod(shape)
    if kind.word == "number" and kind.dtype is not None:
        return numbers_of(np.frombuffer(raw, kind.dtype).reshape((*shape, *kind.shape)))
    if kind.word == "text":
        return Texts(tuple(_plain(raw[i * kind.size : (i + 1) * kind.size]) for i in range(count)))
    if kind.word == "any text":
        return Texts(tuple(_plain(any_text(file, raw, i * kind.size, texts)) for i in range(count)))
    return Opaque({"reference": "references", "record": "a record", "list": "lists"}.get(kind.word, "an unknown datatype"))


def any_text(file: Skeleton, raw: bytes, at: int, texts: Collections) -> bytes:
    """A text of any length: its size, the address of its collection and its number there."""
    size = file.integer(raw, at, 4)
    item = texts.item(file.offset(raw, at + 4), file.integer(raw, at + 4 + file.offset_size, 4))
    return item[:size]


def _plain(raw: bytes) -> str:
    """A text without its padding; of another age if it is no UTF-8."""
    raw = raw.split(b"\0")[0]
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def references(file: Skeleton, raw: bytes) -> list[int]:
    """Addresses of the objects that are referred to."""
    width = file.offset_size
    return [struct.unpack_from("<Q" if width == 8 else "<I", raw, i)[0] for i in range(0, len(raw) // width * width, width)]


def first_of(messages: list[Message], kind: int) -> Message | None:
    """The first message of a kind."""
    return next((m for m in messages if m.kind == kind), None)


def is_dataset(messages: list[Message]) -> bool:
    """Whether an object holds values (and is no group)."""
    return first_of(messages, SPACE) is not None and first_of(messages, TYPE) is not None


def field_values(rows: NDArray[np.uint8], place: int, kind: Kind) -> NDArray[Any]:
    """One member of records: (record, byte) -> its numbers."""
    assert kind.dtype is not None
    return np.ascontiguousarray(rows[:, place : place + kind.size]).view(kind.dtype)
