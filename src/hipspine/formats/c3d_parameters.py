"""The parameter section of a C3D file: groups of named texts and numbers, in the three processors' ways of writing numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.terms import Floats

BLOCK = 512

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


def parse_parameters(data: bytes, section: int, numbers: Numbers, name: str) -> dict[str, dict[str, Value]]:
    """Every parameter by group and name, in upper case."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Value]] = []
    at = section + 4
    end = min(len(data), section + data[section + 2] * BLOCK) if data[section + 2] else len(data)
    while at + 2 <= end:
        length, identity = abs(_int8(data[at])), _int8(data[at + 1])
        after_name = at + 2 + length
        if length == 0 or identity == 0:
            break
        if after_name + 2 > len(data):
            raise FormatError(
                f"{name}: the C3D parameters end in the middle (byte {at} of {len(data)}); the file is cut off. Export it again."
            )
        title = text_of(data[at + 2 : after_name]).upper()
        offset = int(numbers.integers(data[after_name : after_name + 2])[0])
        if identity < 0:
            groups[-identity] = title
        else:
            found.append((identity, title, _value(data, after_name + 2, numbers, f"{name}: C3D parameter {title} (byte {at})")))
        if offset <= 0:
            break
        at = after_name + offset
    parameters: dict[str, dict[str, Value]] = {group: {} for group in groups.values()}
    for identity, title, value in found:
        parameters.setdefault(groups.get(identity, str(identity)), {})[title] = value
    return parameters


def _value(data: bytes, at: int, numbers: Numbers, where: str) -> Value:
    if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
        raise FormatError(f"{where} is cut off at the end of the file; export it again.")
    kind, dimensions = _int8(data[at]), data[at + 1]
    shape = tuple(data[at + 2 : at + 2 + dimensions])
    start = at + 2 + dimensions
    count = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
    size = count * abs(kind)
    if kind not in (-1, 1, 2, 4):
        raise FormatError(f"{where} has the unknown type {kind}; allowed are -1 (text), 1, 2 and 4. The file is damaged.")
    if start + size > len(data):
        raise FormatError(f"{where} claims {size} bytes, but only {len(data) - start} are left; the file is damaged.")
    raw = data[start : start + size]
    if kind == -1:
        width = shape[0] if shape else 1
        return [text_of(raw[i : i + width]) for i in range(0, len(raw), width)] if width else []
    if kind == 1:
        return np.frombuffer(raw, dtype=np.uint8).astype(np.float64)
    return numbers.integers(raw).astype(np.float64) if kind == 2 else numbers.reals(raw)


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
