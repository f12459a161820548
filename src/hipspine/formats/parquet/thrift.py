"""Thrift's compact protocol, as far as the notes of a Parquet file use it: reading what is asked for, and writing.

Source: Apache Thrift, thrift-compact-protocol. A reader is told which fields it wants and steps over the others, so a footer of a
million statistics takes no more memory than its sizes and offsets. Nothing is believed that has no bytes behind it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hipspine.errors import FormatError

Wanted: TypeAlias = Mapping[int, tuple[str, Any]]
"""Field number -> its name here, and what its structure (or that of its list's members) holds; None for a plain value."""

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
_DEEPEST = 24
_NEGATIVE = 1 << 63


class Notes:
    """Bytes in the compact protocol, read from the front."""

    def __init__(self, data: bytes, where: str) -> None:
        """The bytes, and the words that a message begins with."""
        self._data, self._where = data, where
        self.at = 0

    def structure(self, wanted: Wanted, depth: int = 0) -> dict[str, Any]:
        """The wanted fields of the structure that begins here; absent ones are absent."""
        if depth > _DEEPEST:
            raise self._damaged("structures are nested too deeply")
        found: dict[str, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            kind, step = head & 15, head >> 4
            number = number + step if step else self._signed()
            if number in wanted:
                name, inside = wanted[number]
                found[name] = self._value(kind, inside, depth)
            else:
                self._skip(kind, depth, in_structure=True)
        return found

    def _value(self, kind: int, inside: Wanted | None, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind == _LIST:
            count, member = self._list_head()
            return [self._member(member, inside, depth) for _ in range(count)]
        if kind == _STRUCT:
            return self.structure(inside or {}, depth + 1)
        if kind in (_I16, _I32, _I64):
            return self._signed()
        if kind == _BINARY:
            return self._bytes()
        self._skip(kind, depth, in_structure=True)
        return None

    def _member(self, kind: int, inside: Wanted | None, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return self._byte() == 1
        return self._value(kind, inside, depth)

    def _skip(self, kind: int, depth: int, *, in_structure: bool = False) -> None:
        if depth > _DEEPEST:
            raise self._damaged("structures are nested too deeply")
        if kind in (_TRUE, _FALSE):
            self._step(0 if in_structure else 1)
        elif kind == _BYTE:
            self._step(1)
        elif kind in (_I16, _I32, _I64):
            self._unsigned()
        elif kind == _DOUBLE:
            self._step(8)
        elif kind == _BINARY:
            self._bytes()
        elif kind in (_LIST, _SET):
            count, member = self._list_head()
            for _ in range(count):
                self._skip(member, depth + 1)
        elif kind == _MAP:
            self._skip_map(depth)
        elif kind == _STRUCT:
            self.structure({}, depth + 1)
        else:
            raise self._damaged(f"no field is of kind {kind}")

    def _skip_map(self, depth: int) -> None:
        count = self._unsigned()
        self._require(count)
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._skip(kinds >> 4, depth + 1)
            self._skip(kinds & 15, depth + 1)

    def _list_head(self) -> tuple[int, int]:
        """Number and kind of members; each member takes a byte at least."""
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._unsigned()
        self._require(count)
        return count, head & 15

    def _bytes(self) -> bytes:
        count = self._unsigned()
        self._require(count)
        self.at += count
        return self._data[self.at - count : self.at]

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)

    def _unsigned(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number & (2 * _NEGATIVE - 1)
            shift += 7
            if shift > 63:
                raise self._damaged("a number has more than 64 bits")

    def _byte(self) -> int:
        self._require(1)
        self.at += 1
        return self._data[self.at - 1]

    def _step(self, count: int) -> None:
        self._require(count)
        self.at += count

    def _require(self, count: int) -> None:
        if count > len(self._data) - self.at:
            raise self._damaged(f"{count} bytes were announced, {len(self._data) - self.at} are left")

    def _damaged(self, why: str) -> FormatError:
        return FormatError(f"{self._where} is damaged at its byte {self.at} ({why}); export the file again.")


# ------------------------------------------------------------------------------------------------------------------ writing


def packed(fields: Mapping[int, Any]) -> bytes:
    """A structure: field number -> whole number (32 bits), `Long`, text, bytes, a structure as mapping, or a list of one of these.

    >>> packed({1: 3, 2: "ab"}).hex(" ")
    '15 06 18 02 61 62 00'
    """
    out, last = bytearray(), 0
    for number in sorted(fields):
        kind, data = _packed(fields[number])
        step = number - last
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _zigzag(number)
        out += data
        last = number
    return bytes(out + b"\0")


class Long(int):
    """A whole number of 64 bits, which the protocol tells from one of 32."""


def _packed(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return (_TRUE if value else _FALSE), b""
    if isinstance(value, int):
        return (_I64 if isinstance(value, Long) else _I32), _zigzag(value)
    if isinstance(value, str):
        return _packed(value.encode("utf-8"))
    if isinstance(value, bytes):
        return _BINARY, varint(len(value)) + value
    if isinstance(value, Mapping):
        return _STRUCT, packed(value)
    return _LIST, _packed_list(value)


def _packed_list(values: Sequence[Any]) -> bytes:
    members = [_packed(value) for value in values]
    kind = members[0][0] if members else _STRUCT
    count = len(members)
    head = bytes([count << 4 | kind]) if count < 15 else bytes([0xF0 | kind]) + varint(count)
    return head + b"".join(data for _, data in members)


def _zigzag(number: int) -> bytes:
    return varint((number << 1) ^ (number >> 63))


def varint(number: int) -> bytes:
    """A whole number of 0 or more, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
