"""Write a recording as C3D (Intel, real): fast streams as analog channels, slow ones and markers as points.

C3D knows one point rate and one analog rate that is a whole multiple of it; all streams begin together. A stream of angles that has
no three components is kept as one point per angle, its value in x. Readers of other programs see ordinary C3D. A person is written only
where the recording holds one, which it does when somebody asked to keep it: SUBJECTS:NAMES, and all of it in SUBJECTS:DETAILS.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.c3d.layout import INTEL
from hipspine.formats.c3d.parameters import BLOCK
from hipspine.formats.c3d.person import OWN
from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import Floats, Side, StreamKind

T = TypeVar("T")

_LONGEST_TEXT = 255
_LONGEST_PARAMETER = 30_000
_CHUNK = 120
_BLOCK_NUMBERS = 1 << 19  # samples that are written in one step
_AXES = (".x", ".y", ".z")
_CONTEXT = {Side.LEFT: "Left", Side.RIGHT: "Right", None: "General"}
_EVENT_LABELS = {"foot strike": "Foot Strike", "foot off": "Foot Off"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where each channel goes, and the one clock of the file."""

    point_rate_hz: float
    per_frame: int  # analog samples in one frame
    frames: int
    first_frame: int
    analog: tuple[Stream, ...]
    points: tuple[Stream, ...]


def write_c3d(recording: Recording, path: str | Path) -> None:
    """Write the recording to a C3D file that reads back the same within single precision.

    Kept: samples (4-byte real), rates, start, units, muscles, sides, events, `about`. Not kept: warnings and the name of the format.

    Raises:
        FormatError: what C3D cannot hold (three rates, streams that do not begin together), with what to do instead.
    """
    target = Path(path)
    with target.open("wb") as file:
        _write(recording, file, target.name)


def c3d_bytes(recording: Recording, *, name: str) -> bytes:
    """The bytes of `write_c3d`; the same recording gives the same bytes."""
    file = io.BytesIO()
    _write(recording, file, name)
    return file.getvalue()


def _write(recording: Recording, file: BinaryIO, name: str) -> None:
    check_writable(recording, name)
    plan = _plan(recording, name)
    points = [point for stream in plan.points for point in _points_of(stream)]
    analog = [(channel.label, channel.unit) for stream in plan.analog for channel in stream.channels]
    parameters = _parameter_section(recording, plan, points, analog, name)
    start_block = 2 + len(parameters) // BLOCK
    if start_block > 255:
        raise FormatError(
            f"{name}: the labels of {len(points)} points and {len(analog)} channels do not fit into a C3D header; write a CSV file."
        )
    file.write(_header(plan, len(points), len(analog), start_block) + parameters)
    written = 0
    for block in _samples(plan, points):
        written += file.write(block)
    file.write(b"\0" * (-written % BLOCK))


WRITER = Writer("C3D", (".c3d",), nothing_is_lost, _write, precision=2.0**-23)


# ------------------------------------------------------------------------------------------------------------------ the plan


def _plan(recording: Recording, name: str) -> _Plan:
    streams = [stream for stream in recording.streams if stream.values.shape[1]]
    rates = sorted({stream.rate_hz for stream in streams})
    slow, fast = rates[0], rates[-1]
    ratio = round(fast / slow)
    if len(rates) > 2 or not np.isclose(fast / slow, ratio, rtol=1e-9):
        listed = ", ".join(f"{rate:g}" for rate in rates)
        raise FormatError(f"{name}: C3D holds two rates, one a whole multiple of the other; found {listed} Hz. Write a CSV file instead.")
    starts = sorted({stream.start_s for stream in streams})
    first = starts[0] * slow + 1
    if not np.allclose(starts, starts[0], atol=1e-9) or first < 0.999 or not np.isclose(first, round(first), atol=1e-6):
        listed = ", ".join(f"{start:g}" for start in starts)
        raise FormatError(
            f"{name}: in C3D all streams begin together, on a frame, not before 0 s; found {listed} s. Write a CSV file instead."
        )
    points = tuple(s for s in streams if s.rate_hz == slow and (ratio > 1 or _is_spatial(s)))
    analog = tuple(s for s in streams if s not in points)
    frames = max([s.values.shape[1] for s in points] + [-(-s.values.shape[1] // ratio) for s in analog])
    return _Plan(slow, ratio, frames, round(first), analog, points)


def _is_spatial(stream: Stream) -> bool:
    """Markers and angles of three components belong to the points whatever the rates."""
    return stream.kind in (StreamKind.MARKER, StreamKind.ANGLE) and all(len(rows) == 3 for _, rows in _triples(stream))


def _triples(stream: Stream) -> list[tuple[str, list[int]]]:
    """Consecutive channels X.x, X.y, X.z as one point; every other channel alone."""
    labels = [channel.label for channel in stream.channels]
    out: list[tuple[str, list[int]]] = []
    i = 0
    while i < len(labels):
        stem = labels[i].removesuffix(".x")
        whole = stem and [stem + axis for axis in _AXES] == labels[i : i + 3] and len({c.unit for c in stream.channels[i : i + 3]}) == 1
        step = 3 if whole else 1
        out.append((stem if whole else labels[i], list(range(i, i + step))))
        i += step
    return out


def _points_of(stream: Stream) -> list[tuple[str, Stream, list[int]]]:
    return [(label, stream, rows) for label, rows in _triples(stream)]


# --------------------------------------------------------------------------------------------------------------- the samples


def _samples(plan: _Plan, points: Sequence[tuple[str, Stream, list[int]]]) -> Iterator[bytes]:
    """All frames, some megabytes at a time; a point without a sample carries the residual -1."""
    channels = sum(len(stream.channels) for stream in plan.analog)
    step = max(1, _BLOCK_NUMBERS // max(4 * len(points) + channels * plan.per_frame, 1))
    for first in range(0, plan.frames, step):
        last = min(first + step, plan.frames)
        cube = _cube(points, first, last).reshape(last - first, -1)
        rows = [
            _filled(np.asarray(stream.values[:, first * plan.per_frame : last * plan.per_frame]), (last - first) * plan.per_frame)
            for stream in plan.analog
        ]
        analog = np.concatenate(rows) if rows else np.empty((0, 0), dtype="<f4")
        analog = analog.reshape(channels, last - first, plan.per_frame).transpose(1, 2, 0).reshape(last - first, -1)
        yield np.concatenate([cube, analog], axis=1).astype("<f4", copy=False).tobytes()


def _cube(points: Sequence[tuple[str, Stream, list[int]]], first: int, last: int) -> NDArray[np.float32]:
    """(frame, point, x y z residual) of these frames."""
    cube = np.zeros((last - first, len(points), 4), dtype="<f4")
    cube[:, :, 3] = -1.0
    blocks = {id(stream): np.asarray(stream.values[:, first:last]) for _, stream, _ in points}
    for i, (_, stream, rows) in enumerate(points):
        values = blocks[id(stream)][rows]
        seen = np.isfinite(values).all(axis=0)
        n = values.shape[1]
        cube[:n, i, : len(rows)] = np.where(seen, values, 0.0).T
        cube[:n, i, 3] = np.where(seen, 0.0, -1.0)
    return cube


def _filled(values: Floats, samples: int) -> NDArray[np.float32]:
    return np.pad(values.astype("<f4"), ((0, 0), (0, samples - values.shape[1])))


# ---------------------------------------------------------------------------------------------------- header and parameters


def _header(plan: _Plan, points: int, channels: int, start_block: int) -> bytes:
    head = bytearray(BLOCK)
    last = min(plan.first_frame + plan.frames - 1, 65535)
    frames = (min(plan.first_frame, 65535), last, 0)
    struct.pack_into("<BBHHHHH", head, 0, 2, 0x50, points, channels * plan.per_frame, *frames)
    struct.pack_into("<fHHf", head, 12, -1.0, start_block, plan.per_frame, plan.point_rate_hz)
    return bytes(head)


def _parameter_section(
    recording: Recording, plan: _Plan, points: Sequence[tuple[str, Stream, list[int]]], analog: Sequence[tuple[str, str]], name: str
) -> bytes:
    """Groups POINT, ANALOG, FORCE_PLATFORM, TRIAL, EVENT and HIPSPINE, padded to whole blocks."""
    end = plan.first_frame + plan.frames - 1
    unit = next((stream.channels[rows[0]].unit for _, stream, rows in points if stream.kind is StreamKind.MARKER), "m")
    angles = [label for label, stream, _ in points if stream.kind is StreamKind.ANGLE]
    groups: dict[str, list[bytes]] = {
        "POINT": [
            _words("USED", [len(points)]),
            _reals("RATE", [plan.point_rate_hz]),
            _reals("SCALE", [-1.0]),
            _words("FRAMES", [min(plan.frames, 65535)]),
            _words("DATA_START", [0]),
            *_strings("LABELS", [label for label, _, _ in points], name),
            *_strings("UNITS", [unit], name),
            *_strings("ANGLES", angles, name),
            *_strings("ANGLE_UNITS", ["rad"], name),
        ],
        "ANALOG": [
            _words("USED", [len(analog)]),
            _reals("RATE", [plan.point_rate_hz * plan.per_frame]),
            _reals("GEN_SCALE", [1.0]),
            *_numbers("SCALE", [1.0] * len(analog)),
            *_numbers("OFFSET", [0] * len(analog)),
            *_strings("LABELS", [label for label, _ in analog], name),
            *_strings("UNITS", [unit_ for _, unit_ in analog], name),
        ],
        "FORCE_PLATFORM": [_words("USED", [0])],
        "TRIAL": [
            _words("ACTUAL_START_FIELD", [plan.first_frame % 65536, plan.first_frame // 65536]),
            _words("ACTUAL_END_FIELD", [end % 65536, end // 65536]),
        ],
        "EVENT": _event_parameters(recording, name),
        **_person(recording, name),
        "HIPSPINE": [
            *_strings("ABOUT", [f"{key}: {value}" for key, value in recording.about.items()], name),
            *_strings("STREAMS", _chunked(statement_text(recording)), name),
            *_strings("SCALARS", [label for label, _, rows in points if len(rows) == 1], name),
        ],
    }
    body = b"".join(
        _group(title, number) + b"".join(_with_id(p, number) for p in items) for number, (title, items) in enumerate(groups.items(), 1)
    )
    body += b"\0\0"
    blocks = -(-(4 + len(body)) // BLOCK)
    if blocks > 253:
        raise FormatError(f"{name}: the labels and notes need {blocks} blocks, a C3D header has at most 253; write a CSV file instead.")
    section = bytearray(bytes([1, 0x50, blocks, INTEL]) + body)
    section[_place_of_data_start(section)] = 2 + blocks
    return bytes(section) + b"\0" * (blocks * BLOCK - len(section))


def _place_of_data_start(section: bytearray) -> int:
    return section.index(b"DATA_START") + len("DATA_START") + 4


def _event_parameters(recording: Recording, name: str) -> list[bytes]:
    events = recording.events
    times = [part for event in events for part in divmod(event.time_s, 60.0)]
    return [
        _words("USED", [len(events)]),
        *_strings("LABELS", [_EVENT_LABELS.get(event.label, event.label) for event in events], name),
        *_strings("CONTEXTS", [_CONTEXT[event.side] for event in events], name),
        *[
            _parameter(_nth("TIMES", i), 4, (2, len(part) // 2), struct.pack(f"<{len(part)}f", *part))
            for i, part in enumerate(_parts(times, 510))
        ],
    ]


def _person(recording: Recording, name: str) -> dict[str, list[bytes]]:
    """The group of the person; none where the recording holds nobody."""
    if not recording.person:
        return {}
    group, details = OWN
    lines = [f"{what}: {text}" for what, text in recording.person.items()]
    names = _strings("NAMES", [recording.person.get("name", "")], name)
    return {group: [_words("USED", [1]), *names, *_strings(details, lines, name)]}


def _group(title: str, number: int) -> bytes:
    return struct.pack("bb", len(title), -number) + title.encode("ascii") + struct.pack("<hB", 3, 0)


def _parameter(title: str, kind: int, shape: tuple[int, ...], data: bytes) -> bytes:
    """One parameter; its group is filled in by `_with_id`."""
    rest = struct.pack("<bB", kind, len(shape)) + bytes(shape) + data + b"\0"
    return struct.pack("bb", len(title), 0) + title.encode("ascii") + struct.pack("<h", len(rest) + 2) + rest


def _with_id(parameter: bytes, number: int) -> bytes:
    return parameter[:1] + bytes([number]) + parameter[2:]


def _words(title: str, values: Sequence[int]) -> bytes:
    return _parameter(title, 2, (len(values),) if len(values) != 1 else (), struct.pack(f"<{len(values)}H", *values))


def _reals(title: str, values: Sequence[float]) -> bytes:
    return _parameter(title, 4, (len(values),) if len(values) != 1 else (), struct.pack(f"<{len(values)}f", *values))


def _numbers(title: str, values: Sequence[float]) -> list[bytes]:
    """Numbers of all channels, continued in a second parameter after 255 of them; whole numbers as words."""
    whole = all(isinstance(value, int) for value in values)
    return [
        _parameter(_nth(title, i), 2 if whole else 4, (len(part),), struct.pack(f"<{len(part)}{'h' if whole else 'f'}", *part))
        for i, part in enumerate(_parts(values, _LONGEST_TEXT))
    ]


def _strings(title: str, texts: Sequence[str], name: str) -> list[bytes]:
    """Texts of equal width, continued in further parameters (LABELS2 ...) where one cannot hold them."""
    raw = [text.encode("utf-8") for text in texts]
    width = max([1, *(len(text) for text in raw)])
    if width > _LONGEST_TEXT:
        longest = max(texts, key=lambda text: len(text.encode("utf-8")))
        raise FormatError(f"{name}: {longest[:40]!r}... has {width} bytes, C3D allows {_LONGEST_TEXT}; shorten it or write a CSV file.")
    rows = min(_LONGEST_TEXT, max(1, _LONGEST_PARAMETER // width))
    return [
        _parameter(_nth(title, i), -1, (width, len(part)), b"".join(text.ljust(width) for text in part))
        for i, part in enumerate(_parts(raw, rows))
    ]


def _parts(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[i : i + size] for i in range(0, max(len(values), 1), size)]


def _nth(title: str, number: int) -> str:
    return title if number == 0 else f"{title}{number + 1}"


def _chunked(text: str) -> list[str]:
    return [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]
