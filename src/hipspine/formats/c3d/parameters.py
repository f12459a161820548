"""The parameter section of a C3D file: groups of named texts and numbers, in the three processors' ways of writing numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.terms import Floats

BLOCK = 512
_NEEDED = ("POINT", "ANALOG")  # groups without which numbers would be read wrongly
_MOST_DIMENSIONS = 7

Value: TypeAlias = "list[str] | Floats"
Parameters: TypeAlias = "Mapping[str, Mapping[str, Value]]"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How this processor writes numbers."""

    order: str  # '<' or '>'
    dec: bool

    def integers(self, data: bytes, *, signed: bool = True) -> NDArray[np.int64]:
        """Two-byte integers."""
        return np.frombuffer(data, dtype=f"{self.order}{'i' if signed else 'u'}2").astype(np.int64)

    def reals(self, data: bytes) -> Floats:
        """Single-precision numbers, widened."""
        return self.stored(np.frombuffer(data, dtype=np.uint8, count=len(data) // 4 * 4), real=True).astype(np.float64)

    def stored(self, raw: NDArray[np.uint8], *, real: bool) -> NDArray[np.float32] | NDArray[np.int16]:
        """(..., byte) as (..., number), as wide as in the file; DEC stores words swapped and the exponent two higher."""
        if not real:
            return raw.view(f"{self.order}i2")
        if not self.dec:
            return raw.view(f"{self.order}f4")
        words = raw.view("<u2")
        bits = (words[..., 0::2].astype(np.uint32) << np.uint32(16)) | words[..., 1::2]
        values: NDArray[np.float32] = bits.view(np.float32) / np.float32(4.0)
        values[(bits >> np.uint32(23)) & np.uint32(0xFF) == 0] = 0.0
        return values


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a group or a parameter stands in the file."""

    group: str
    title: str  # empty for the group itself
    kind: int  # -1 text, 1 bytes, 2 words, 4 reals; 0 for a group
    shape: tuple[int, ...]
    start: int  # byte of its first value
    size: int  # bytes of its values
    description: tuple[int, int]  # bytes from, up to
    end: int  # byte where the next one begins


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The parameters of a file."""

    values: Parameters
    entries: tuple[Entry, ...]
    end: int  # byte after the last one
    warnings: tuple[str, ...]

    def entry(self, group: str, title: str) -> Entry | None:
        """Where this parameter stands; None where there is none."""
        return next((e for e in self.entries if e.group == group and e.title == title), None)


@dataclass(slots=True)
class _Walk:
    """What was met on the way from one entry to the next."""

    groups: dict[int, str]
    met: list[tuple[int, Entry]]  # (number of the group, entry)
    faults: list[tuple[int, str, str]]  # (number of the group, parameter, what is wrong)
    end: int
    stopped: str = ""


def parse_parameters(data: bytes, section: int, stated_end: int, numbers: Numbers, name: str) -> Section:
    """Every parameter by group and name, in upper case.

    Args:
        data: the file from its first byte to the end of what may be parameters.
        section: byte where the section begins.
        stated_end: byte where the section says that it ends. It goes on behind it only while everything there reads as parameters,
            for the count of blocks is one byte and wraps.

    Raises:
        FormatError: a parameter of POINT or ANALOG is damaged, for samples read without it would be wrong.
    """
    walk = _walk(data, section, stated_end, numbers)
    parameters: dict[str, dict[str, Value]] = {group: {} for group in walk.groups.values()}
    entries = []
    for identity, found in walk.met:
        group = walk.groups.get(identity, str(identity))
        entry = Entry(group, found.title, found.kind, found.shape, found.start, found.size, found.description, found.end)
        entries.append(entry)
        if entry.title:
            parameters.setdefault(group, {})[entry.title] = _value(data[entry.start : entry.start + entry.size], entry, numbers)
    warnings = [walk.stopped] if walk.stopped else []
    for identity, title, fault in walk.faults:
        group = walk.groups.get(identity, str(identity))
        if group in _NEEDED:
            raise FormatError(f"{name}: C3D parameter {group}:{title} {fault}; the file is damaged. Export it again.")
        warnings.append(f"parameter {group}:{title} {fault}; it is left out")
    return Section(parameters, tuple(entries), walk.end, tuple(warnings))


def _walk(data: bytes, section: int, stated_end: int, numbers: Numbers) -> _Walk:
    walk = _Walk({}, [], [], section + 4)
    at = section + 4
    while at + 2 <= len(data):
        length, identity = abs(_int8(data[at])), _int8(data[at + 1])
        after_name = at + 2 + length
        if length == 0 or identity == 0:
            break
        if after_name + 2 > len(data) or not is_title(data[at + 2 : after_name]):
            walk.stopped = f"the parameters cannot be read from byte {at} on; what follows there is left out" if at < stated_end else ""
            break
        title = text_of(data[at + 2 : after_name]).upper()
        offset = int(numbers.integers(data[after_name : after_name + 2], signed=False)[0])
        following = after_name + offset if offset else 0
        entry = _entry(data, at, after_name + 2, following, title, is_group=identity < 0)
        if at >= stated_end and (isinstance(entry, str) or abs(identity) not in walk.groups):
            break
        if isinstance(entry, str):
            walk.faults.append((identity, title, entry))
        else:
            walk.met.append((abs(identity), entry))
            walk.end = entry.description[1]
        if identity < 0:
            walk.groups[-identity] = title
        if following == 0:
            break
        at = following
    return walk


def is_title(raw: bytes) -> bool:
    """Whether these bytes may name a group or a parameter: no control characters."""
    return bool(raw) and all(byte >= 32 and byte != 127 for byte in raw)


def _entry(data: bytes, at: int, start: int, following: int, title: str, *, is_group: bool) -> Entry | str:
    """A group or a parameter, or in words what is wrong with it."""
    kind, size = 0, 0
    shape: tuple[int, ...] = ()
    if not is_group:
        if start + 2 > len(data) or start + 2 + data[start + 1] > len(data):
            return f"(byte {at}) is cut off"
        kind, dimensions = _int8(data[start]), data[start + 1]
        if kind not in (-1, 1, 2, 4):
            return f"(byte {at}) has the unknown type {kind}; allowed are -1 (text), 1, 2 and 4"
        if dimensions > _MOST_DIMENSIONS:
            return f"(byte {at}) has {dimensions} dimensions; allowed are {_MOST_DIMENSIONS}"
        shape = tuple(data[start + 2 : start + 2 + dimensions])
        start += 2 + dimensions
        size = prod(shape) * abs(kind)
        if start + size > len(data):
            return f"(byte {at}) claims {size} bytes, but only {len(data) - start} are left"
    described = start + size
    length = data[described] if described < len(data) else 0
    text = (min(described + 1, len(data)), min(described + 1 + length, len(data)))
    return Entry("", "" if is_group else title, kind, shape, start, size, text, following or text[1])


def _value(raw: bytes, entry: Entry, numbers: Numbers) -> Value:
    if entry.kind == -1:
        width = entry.shape[0] if entry.shape else 1
        return [text_of(raw[i : i + width]) for i in range(0, len(raw), width)] if width else []
    if entry.kind == 1:
        return np.frombuffer(raw, dtype=np.uint8).astype(np.float64)
    return numbers.integers(raw).astype(np.float64) if entry.kind == 2 else numbers.reals(raw)


def texts(parameters: Parameters, group: str, name: str) -> list[str]:
    """All strings of a parameter and of its continuations (LABELS, LABELS2, ...); empty if there are none."""
    out: list[str] = []
    for title in _continued(parameters.get(group, {}), name):
        value = parameters[group][title]
        if isinstance(value, list):
            out.extend(value)
    return out


def numbers_in(parameters: Parameters, group: str, name: str) -> Floats:
    """All numbers of a parameter and of its continuations, flat, first index fastest; empty if there are none."""
    parts = [value for title in _continued(parameters.get(group, {}), name) if not isinstance(value := parameters[group][title], list)]
    return np.concatenate(parts) if parts else np.empty(0)


def whole(parameters: Parameters, group: str, name: str) -> int:
    """The first number of a parameter as a count; 0 if there is none. Words above 32767 are stored as negative numbers."""
    values = numbers_in(parameters, group, name)
    number = float(values[0]) if values.size and np.isfinite(values[0]) else 0.0
    return int(number) % 65536 if number < 0 else int(number)


def _continued(group: Mapping[str, Value], name: str) -> list[str]:
    titles = [name] if name in group else []
    number = 2
    while titles and f"{name}{number}" in group:
        titles.append(f"{name}{number}")
        number += 1
    return titles


def _int8(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def text_of(raw: bytes) -> str:
    """A text of fixed width: up to its first zero byte, in UTF-8 or else Windows-1252."""
    raw = raw.split(b"\0", 1)[0] if raw.strip(b"\0 ") else b""
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace").strip()
