"""A MATLAB file (level 5) without its person: the header's text replaced, personal texts and numbers emptied, all samples bit for bit.

Elements are copied as they are; only a struct or a cell that holds something personal is put together anew. Objects (tables, strings)
keep their content in a part that nothing but MATLAB can read, so they are left out.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from hipspine.formats.matlab.reader_bytes import (
    CELL,
    CHAR,
    HEADER,
    NEUTRAL,
    OBJECT,
    OPAQUE,
    STRUCT,
    Array,
    Element,
    Place,
    array_at,
    header_notes,
    members,
    node_of,
    tree,
    variables,
)
from hipspine.formats.source import BLOCK_BYTES, Source
from hipspine.formats.tree.content import content_of
from hipspine.formats.tree.nodes import Node
from hipspine.formats.tree.person import HEADER_SAID, is_removed, kept_in, listed, new_title

_COMPRESSED, _MATRIX, _INT8 = 15, 14, 1


@dataclass(frozen=True, slots=True)
class _Removed:
    """The labels that stay, and the places of what was removed so far."""

    shown: frozenset[str]
    paths: list[str]


def anonymised(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its person; what was removed, by the names of its fields."""
    head = bytearray(source.read(0, HEADER))
    head[:116] = NEUTRAL.ljust(116).encode("ascii")
    head[116:124] = b"\0" * 8  # where objects kept their content
    out.write(head)
    root = tree(source)
    removed = _Removed(kept_in(root, content_of(root, source.name, "MATLAB"), source.name), [])
    titles = [array_at(place, element).name for _, place, element in variables(source)]
    alone = len([title for title in titles if title]) == 1
    for how, place, element in variables(source):
        array = array_at(place, element)
        if not array.name or array.kind == OPAQUE:
            removed.paths.append(array.name or "the content of objects")
            continue
        data = _matrix(place, element, array.name, removed, alone=alone)
        if data is None:
            _copy(source, place, element, how, out)
        elif how == "compressed":
            packed = zlib.compress(data, 6)
            out.write(struct.pack(place.order + "II", _COMPRESSED, len(packed)) + packed)
        else:
            out.write(data)
    return (*(HEADER_SAID if header_notes(source) else ()), *listed(removed.paths))


def _copy(source: Source, place: Place, element: Element, how: str, out: BinaryIO) -> None:
    """An element as it is."""
    if how == "compressed":
        packed = zlib.compress(place.store.read(0, place.store.size), 6)
        out.write(struct.pack(place.order + "II", _COMPRESSED, len(packed)) + packed)
        return
    for start in range(element.start - 8, element.end, BLOCK_BYTES):
        out.write(source.read(start, min(BLOCK_BYTES, element.end - start)))
    out.write(b"\0" * (-(element.end - element.start) % 8))


def _matrix(place: Place, element: Element, path: str, removed: _Removed, *, alone: bool = False) -> bytes | None:
    """The element without what is personal; None if nothing is, and it can be copied as it stands."""
    array = array_at(place, element)
    if array.kind in (STRUCT, OBJECT, CELL):
        return _container(place, element, array, path, removed, alone=alone)
    node = _node(place, array)
    if node is None or not is_removed(path, node, removed.shown):
        return None
    removed.paths.append(path)
    return _empty(place, array)


def _node(place: Place, array: Array) -> Node | None:
    return node_of(place, array, 0) if array.body or array.shape else None


def _container(place: Place, element: Element, array: Array, path: str, removed: _Removed, *, alone: bool) -> bytes | None:
    if element.size == 0:
        return None
    names, found = members(place, array)
    if array.kind == CELL:
        node = node_of(place, array, 0)
        if is_removed(path, node, removed.shown):
            removed.paths.append(path)
            return _empty(place, array)
    title = new_title(array.name, node_of(place, array, 0), alone) if alone else array.name
    path = title if title != array.name else path
    parts: list[bytes | None] = []
    for i, member in enumerate(found):
        step = f"{path}{{{i + 1}}}" if array.kind == CELL else f"{path}.{names[i % len(names)]}"
        parts.append(None if array.kind == CELL and _is_text_cell(place, member) else _matrix(place, member, step, removed))
    if all(part is None for part in parts) and title == array.name:
        return None
    if title != array.name:
        removed.paths.append("the name of a variable")
    first = found[0].start - 8 if found else array.end
    body = _renamed(place, element, array, first, title)
    body += b"".join(_verbatim(place, each) if part is None else part for part, each in zip(parts, found, strict=True))
    return struct.pack(place.order + "II", _MATRIX, len(body)) + body


def _is_text_cell(place: Place, member: Element) -> bool:
    """Texts in a cell are one list: they were looked at together."""
    return member.size > 0 and array_at(place, member).kind == CHAR


def _renamed(place: Place, element: Element, array: Array, stop: int, title: str) -> bytes:
    """What stands before the members: flags, dimensions, the name, field names."""
    head = place.store.read(element.start, array.body - element.start)
    rest = place.store.read(array.body, stop - array.body)
    if title == array.name:
        return head + rest
    end = element.start + element.size
    shape = place.element(place.element(element.start, end).end, end)
    raw = title.encode("ascii")
    name = struct.pack(place.order + "II", _INT8, len(raw)) + raw + b"\0" * (-len(raw) % 8)
    return place.store.read(element.start, shape.end - element.start) + name + rest


def _verbatim(place: Place, element: Element) -> bytes:
    data = place.store.read(element.start - 8, element.end - element.start + 8)
    return data + b"\0" * (-len(data) % 8)


def _empty(place: Place, array: Array) -> bytes:
    """An empty array of the same class and name."""
    order = place.order
    raw = array.name.encode("utf-8")
    flags = struct.pack(order + "IIII", 6, 8, array.kind & 0xFF, 0)
    shape = struct.pack(order + "IIii", 5, 8, 0, 0)
    name = struct.pack(order + "II", _INT8, len(raw)) + raw + b"\0" * (-len(raw) % 8)
    data = struct.pack(order + "II", 4 if array.kind == CHAR else 9, 0) if array.kind != CELL else b""
    body = flags + shape + name + data
    return struct.pack(order + "II", _MATRIX, len(body)) + body
