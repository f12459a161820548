"""MATLAB files of version 5 to 7.2 as a tree: data elements with a tag each, compressed ones inflated once and only so far.

Every size is compared with the bytes that are there before memory is taken. Numbers of uncompressed elements stay in the file.
Source: MathWorks, "MAT-File Format" (MAT-File Level 5).
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.source import Source
from hipspine.formats.tree.nodes import Branch, Cells, Corner, Node, Numbers, Opaque, Texts, flat_numbers

HEADER = 128
MATRIX, COMPRESSED = 14, 15
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {1: "latin-1", 2: "latin-1", 16: "utf-8"}
_DEEPEST = 24  # structs within structs
_PAGE = 1 << 16
_STEP = 1 << 20  # bytes inflated at a time
_SPARE = 256 << 20  # a file may grow to four times its size and this when it is inflated
_COMPLEX = 0x0800


class Store(Protocol):
    """Bytes that can be read from any place."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def read(self, start: int, count: int) -> bytes:
        """Exactly these bytes."""

    def array(self, dtype: Any, count: int, start: int) -> NDArray[Any]:
        """Numbers from this place on."""


class Paged:
    """A source whose small reads come from a page that is kept: a struct is thousands of tags of eight bytes."""

    def __init__(self, source: Source) -> None:
        """The same bytes as the source."""
        self._source, self._page, self._at = source, b"", 0
        self.size = source.size
        self.array = source.array

    def read(self, start: int, count: int) -> bytes:
        """Exactly these bytes."""
        if count > _PAGE or start < 0 or count < 0:
            return self._source.read(start, count)
        if not self._at <= start or start + count > self._at + len(self._page):
            self._page, self._at = self._source.read(start, max(count, min(_PAGE, self.size - start))), start
        return self._page[start - self._at : start - self._at + count]


@dataclass(frozen=True, slots=True)
class Element:
    """One data element: what it is and where its bytes are."""

    kind: int
    start: int  # of the data
    size: int
    end: int  # where the next one begins


@dataclass(frozen=True, slots=True)
class Place:
    """Where elements stand: their bytes, the order of these, and how to name the file."""

    store: Store
    order: str  # "<" or ">"
    name: str

    def element(self, at: int, end: int) -> Element:
        """The element at a byte; it must end before ``end``."""
        if at + 8 > end:
            raise FormatError(f"{self.name}: the tag of a data element at byte {at} is cut off; export the file again.")
        head = self.store.read(at, 8)
        first = int.from_bytes(head[:4], "little" if self.order == "<" else "big")
        if first >> 16:  # small: kind and size in one word, the data in the other
            kind, size, start = first & 0xFFFF, first >> 16, at + 4
            if size > 4:
                raise FormatError(f"{self.name}: the data element at byte {at} has no valid tag; the file is damaged. Export it again.")
            return Element(kind, start, size, at + 8)
        size = int.from_bytes(head[4:], "little" if self.order == "<" else "big")
        start = at + 8
        if start + size > end:
            raise FormatError(
                f"{self.name}: the data element at byte {at} claims {size} bytes, {end - start} are left; the file is cut off or damaged. "
                "Export it again."
            )
        padded = size if first == COMPRESSED else -(-size // 8) * 8
        return Element(first, start, size, min(start + padded, end))

    def integers(self, element: Element, most: int) -> list[int]:
        """The whole numbers of a small element."""
        if element.kind not in TYPES or element.size > most * 8:
            raise FormatError(
                f"{self.name}: an array at byte {element.start} has no valid dimensions; the file is damaged. Export it again."
            )
        kind = np.dtype(self.order + TYPES[element.kind])
        values = np.frombuffer(self.store.read(element.start, element.size // kind.itemsize * kind.itemsize), kind)
        return [int(v) for v in values]


@dataclass(frozen=True, slots=True)
class Array:
    """The head of an array element: class, flags, shape, name, and where its content begins."""

    kind: int
    flags: int
    shape: Corner
    name: str
    body: int
    end: int


def variables(source: Source) -> Iterator[tuple[str, Place, Element]]:
    """The variables of a file: the sort of the element around each, its place and its matrix element; inflated one at a time.

    Raises:
        FormatError: no MATLAB file, damaged, or inflating to more than its size.
    """
    place = Place(Paged(source), order_of(source), source.name)
    at, room = HEADER, 4 * source.size + _SPARE
    while at + 8 <= source.size:
        element = place.element(at, source.size)
        if element.kind == COMPRESSED:
            data = inflated(source, element, room, place.order)
            room -= len(data)
            inner = Place(Source(source.path, data), place.order, source.name)
            yield "compressed", inner, inner.element(0, len(data))
        elif element.kind == MATRIX:
            yield "plain", place, element
        else:
            raise FormatError(f"{source.name}: a data element of kind {element.kind} at byte {at} is no variable; the file is "
                              "damaged; export it again.")  # fmt: skip
        at = element.end


def order_of(source: Source) -> str:
    """The order of bytes, from the mark in the header.

    Raises:
        FormatError: no header of MATLAB.
    """
    head = source.read(0, min(HEADER, source.size))
    if len(head) < HEADER or head[126:128] not in (b"IM", b"MI"):
        raise FormatError(f"{source.name}: not a MATLAB file of version 5 to 7: its header lacks the mark 'IM' at byte 126.")
    return "<" if head[126:128] == b"IM" else ">"


def inflated(source: Source, element: Element, room: int, order: str) -> bytes:
    """The bytes of a compressed element: one variable, of the size that its own tag states, so that a larger one is refused at once.

    Raises:
        FormatError: damaged, cut off, or more than there is room for.
    """
    machine, out, stated = zlib.decompressobj(), BytesIO(), 0
    try:
        for start in range(element.start, element.start + element.size, _STEP):
            pending = source.read(start, min(_STEP, element.start + element.size - start))
            while pending:
                out.write(machine.decompress(pending, 4 * _STEP if stated else 8))
                if not stated and out.tell() == 8:
                    stated = 8 + int.from_bytes(out.getbuffer()[4:8], "little" if order == "<" else "big")
                if max(out.tell(), stated) > room:
                    raise FormatError(
                        f"{source.name}: the compressed variable at byte {element.start - 8} grows beyond {room / 1e6:.0f} MB, more than "
                        "a recording of this size; save the file again without compression (save -v6) if it is yours."
                    )
                pending = machine.unconsumed_tail
    except zlib.error as error:
        raise FormatError(
            f"{source.name}: the compressed variable at byte {element.start - 8} is damaged ({error}); copy or export the file again."
        ) from None
    if not machine.eof:
        raise FormatError(f"{source.name}: the compressed variable at byte {element.start - 8} is cut off; copy or export the file again.")
    return out.getvalue()


def tree(source: Source) -> Branch:
    """All variables of a file."""
    children: dict[str, Node] = {}
    hidden = 0
    for _, place, element in variables(source):
        if element.kind != MATRIX:
            raise FormatError(f"{source.name}: a compressed element holds no variable; the file is damaged. Export it again.")
        array = array_at(place, element)
        if array.name and array.kind != OPAQUE:
            children[array.name] = node_of(place, array, 0)
        elif array.kind == OPAQUE:
            hidden += 1
            children[array.name or f"object {hidden}"] = Opaque("an object of MATLAB (table, timetable or string)")
    return Branch(children)


def array_at(place: Place, element: Element) -> Array:
    """The head of a matrix element; one of size 0 is an empty array."""
    if element.size == 0:
        return Array(6, 0, (0, 0), "", element.start, element.start)
    end = element.start + element.size
    flags = place.element(element.start, end)
    words = place.integers(flags, 4)
    if len(words) < 1:
        raise FormatError(f"{place.name}: an array at byte {element.start} has no class; the file is damaged. Export it again.")
    kind = words[0] & 0xFF
    if kind == OPAQUE:  # its name follows at once
        title = place.element(flags.end, end)
        return Array(kind, words[0], (), _ascii(place, title), title.end, end)
    dims = place.element(flags.end, end)
    shape = tuple(place.integers(dims, 32))
    if any(n < 0 for n in shape) or len(shape) < 2:
        raise FormatError(
            f"{place.name}: an array at byte {element.start} has the dimensions {shape}; the file is damaged. Export it again."
        )
    title = place.element(dims.end, end)
    return Array(kind, words[0], shape, _ascii(place, title), title.end, end)


def node_of(place: Place, array: Array, depth: int) -> Node:
    """What an array holds."""
    if depth > _DEEPEST:
        raise FormatError(f"{place.name}: structs lie deeper than {_DEEPEST} levels in each other; save what matters in a plain struct.")
    if array.kind in (STRUCT, OBJECT):
        return _struct(place, array, depth)
    if array.kind == CELL:
        return _cell(place, array, depth)
    if array.kind == CHAR:
        return Texts(_lines(place, array))
    if array.kind in range(6, 16):
        return _numbers(place, array)
    return Opaque({SPARSE: "a sparse matrix", FUNCTION: "a function"}.get(array.kind, f"an array of the unknown class {array.kind}"))


def members(place: Place, array: Array) -> tuple[tuple[str, ...], list[Element]]:
    """Field names (of a struct) and the elements of all cells or fields, in file order."""
    at = array.body
    names: tuple[str, ...] = ()
    if array.kind == OBJECT:
        at = place.element(at, array.end).end
    if array.kind in (STRUCT, OBJECT):
        width_at = place.element(at, array.end)
        widths = place.integers(width_at, 1)
        titles = place.element(width_at.end, array.end)
        width = widths[0] if widths else 0
        if width < 1 and titles.size:
            raise FormatError(f"{place.name}: a struct at byte {array.body} has field names of {width} letters; the file is damaged.")
        raw = place.store.read(titles.start, titles.size)
        names = tuple(_word(raw[i : i + width]) for i in range(0, len(raw) // max(width, 1) * width, max(width, 1)))
        at = titles.end
    count = prod(array.shape) * (len(names) if array.kind != CELL else 1)
    if count > (array.end - at) // 8:
        raise FormatError(f"{place.name}: a struct or cell at byte {array.body} claims {count} members, more than its bytes can hold.")
    found = []
    for _ in range(count):
        element = place.element(at, array.end)
        if element.kind != MATRIX:
            raise FormatError(f"{place.name}: no array stands at byte {at} where a field or a cell was expected; the file is damaged.")
        found.append(element)
        at = element.end
    return names, found


def _struct(place: Place, array: Array, depth: int) -> Node:
    names, found = members(place, array)
    nodes = [node_of(place, array_at(place, element), depth + 1) for element in found]
    branches = [Branch(dict(zip(names, nodes[i : i + len(names)], strict=True))) for i in range(0, len(nodes), max(len(names), 1))]
    return branches[0] if len(branches) == 1 else Cells(tuple(branches))


def _cell(place: Place, array: Array, depth: int) -> Node:
    _, found = members(place, array)
    nodes = tuple(node_of(place, array_at(place, element), depth + 1) for element in found)
    if nodes and all(isinstance(node, Texts) and len(node.lines) <= 1 for node in nodes):
        return Texts(tuple(node.text for node in nodes if isinstance(node, Texts)))
    return Cells(nodes)


def _lines(place: Place, array: Array) -> tuple[str, ...]:
    """The rows of a char array."""
    if array.body >= array.end or prod(array.shape) == 0:
        return ("",)
    data = place.element(array.body, array.end)
    raw = place.store.read(data.start, data.size)
    if data.kind in (4, 17):
        text = raw.decode("utf-16-le" if place.order == "<" else "utf-16-be", "replace")
    else:
        text = raw.decode(_ENCODINGS.get(data.kind, "latin-1"), "replace")
    rows = array.shape[0]
    columns = len(text) // max(rows, 1)
    grid = [text[row : rows * columns : rows] for row in range(min(rows, len(text)))]
    return tuple(line.replace("\0", " ").strip() for line in grid) or ("",)


def _numbers(place: Place, array: Array) -> Numbers | Opaque:
    if array.flags & _COMPLEX:
        return Opaque("an array of complex numbers")
    count = prod(array.shape)
    if count == 0:
        return flat_numbers(array.shape, lambda _first, _count: np.empty(0), columns_first=True)
    data = place.element(array.body, array.end)
    if data.kind not in TYPES:
        raise FormatError(f"{place.name}: the numbers at byte {data.start} are of the unknown kind {data.kind}; the file is damaged.")
    kind = np.dtype(place.order + TYPES[data.kind])
    if data.size != count * kind.itemsize:
        raise FormatError(
            f"{place.name}: the array at byte {data.start} should hold {_sized(array.shape)} numbers in {count * kind.itemsize} bytes, has "
            f"{data.size}; the file is damaged. Export it again."
        )
    return flat_numbers(array.shape, partial(_stretch, place.store, kind, data.start), columns_first=True)


def _stretch(store: Store, kind: np.dtype[Any], start: int, first: int, count: int) -> NDArray[Any]:
    return store.array(kind, count, start + first * kind.itemsize)


def _sized(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _ascii(place: Place, element: Element) -> str:
    if element.size > 4096:
        raise FormatError(f"{place.name}: a variable name of {element.size} bytes stands at byte {element.start}; the file is damaged.")
    return _word(place.store.read(element.start, element.size))


def _word(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "replace")


def header_notes(source: Source) -> dict[str, str]:
    """What the 116 letters of the header say beyond the name of the format: platform and the time of saving."""
    text = source.read(0, 116).decode("latin-1").replace("\0", " ").strip()
    return {"header": text} if text and not text.endswith(NEUTRAL[-19:]) else {}


NEUTRAL = "MATLAB 5.0 MAT-file, written by hipspine"
