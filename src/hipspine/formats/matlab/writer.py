"""Write a recording as a MATLAB file (level 5, not compressed): ``emg.data``, ``emg.fs``, ``emg.labels`` as anybody would use them.

The layout is that of `tree.ours`. Numbers are double precision; a block at a time; the header carries no date.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.tree.ours import NOTE, VERSION, named_streams, written
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream

HEADER_TEXT = "MATLAB 5.0 MAT-file, written by hipspine"
_CELL, _STRUCT, _CHAR, _DOUBLE = 1, 2, 4, 6
_INT8, _INT32, _UINT32, _REAL, _MATRIX, _UTF8 = 1, 5, 6, 9, 14, 16
_LARGEST = 2**31 - 2**16  # bytes of one variable of level 5
_NAME_BYTES = 32
_STEP = 1 << 19  # numbers written at a time


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the recording to a MATLAB file that reads back the same.

    Raises:
        FormatError: a stream is larger than the 2 GB that level 5 allows for a variable.
    """
    check_writable(recording, name)
    file.write(HEADER_TEXT.ljust(116).encode("ascii") + b"\0" * 8 + b"\x00\x01IM")
    for title, stream in named_streams(recording):
        _write_stream(title, stream, file, name)
    if recording.events:
        events = recording.events
        fields = {
            "labels": _cell([event.label for event in events]),
            "times_s": _doubles(np.array([[event.time_s] for event in events])),
            "sides": _cell([str(event.side or "") for event in events]),
        }
        file.write(_struct("events", fields))
    notes = {"streams": statement_text(recording), "about": written(recording.about), "person": written(recording.person)}
    file.write(_struct(NOTE, {key: _char(text) for key, text in notes.items()} | {"version": _doubles(np.array([[VERSION]]))}))


WRITER = Writer("MATLAB", (".mat",), nothing_is_lost, write, precision=0.0)


def _write_stream(title: str, stream: Stream, file: BinaryIO, name: str) -> None:
    """One struct; its samples are written a block at a time, so its size is reckoned first."""
    channels, samples = stream.values.shape
    small = {
        "fs": _doubles(np.array([[stream.rate_hz]])),
        "start_s": _doubles(np.array([[stream.start_s]])),
        "labels": _cell([channel.label for channel in stream.channels]),
        "units": _cell([channel.unit for channel in stream.channels]),
        "muscles": _cell([channel.muscle or "" for channel in stream.channels]),
        "sides": _cell([str(channel.side or "") for channel in stream.channels]),
        "kind": _char(str(stream.kind)),
        "name": _char(stream.name),
    }
    head = _head(_DOUBLE, (samples, channels), "") + _tag(_REAL, 8 * samples * channels)
    size = len(head) + 8 * samples * channels
    if size + 8 > _LARGEST:
        raise FormatError(
            f"{name}: the stream {title!r} needs {size / 1e9:.1f} GB, a MATLAB file of this version holds 2; write HDF5 (.h5)."
        )
    before = _head(_STRUCT, (1, 1), title) + _field_names(["data", *small])
    after = b"".join(small.values())
    file.write(_tag(_MATRIX, len(before) + 8 + size + len(after)) + before + _tag(_MATRIX, size) + head)
    for block in _columns(stream):
        file.write(np.ascontiguousarray(block, dtype="<f8").tobytes())
    file.write(after)


def _columns(stream: Stream) -> Iterator[NDArray[np.float64]]:
    """The samples of one channel after the other."""
    channels, samples = stream.values.shape
    for row in range(channels):
        for start in range(0, samples, _STEP):
            yield np.asarray(stream.values[row, start : min(start + _STEP, samples)])


def _tag(kind: int, size: int) -> bytes:
    return struct.pack("<II", kind, size)


def _element(kind: int, data: bytes) -> bytes:
    return _tag(kind, len(data)) + data + b"\0" * (-len(data) % 8)


def _head(kind: int, shape: Sequence[int], title: str) -> bytes:
    flags = _element(_UINT32, struct.pack("<II", kind, 0))
    return flags + _element(_INT32, struct.pack(f"<{len(shape)}i", *shape)) + _element(_INT8, title.encode("ascii"))


def _matrix(body: bytes) -> bytes:
    return _tag(_MATRIX, len(body)) + body


def _doubles(values: NDArray[np.float64]) -> bytes:
    return _matrix(_head(_DOUBLE, values.shape, "") + _element(_REAL, values.astype("<f8").tobytes(order="F")))


def _char(text: str) -> bytes:
    return _matrix(_head(_CHAR, (1 if text else 0, len(text)), "") + _element(_UTF8, text.encode("utf-8")))


def _cell(texts: Sequence[str]) -> bytes:
    return _matrix(_head(_CELL, (len(texts), 1), "") + b"".join(_char(text) for text in texts))


def _struct(title: str, fields: dict[str, bytes]) -> bytes:
    return _matrix(_head(_STRUCT, (1, 1), title) + _field_names(list(fields)) + b"".join(fields.values()))


def _field_names(names: Sequence[str]) -> bytes:
    width = struct.pack("<HHI", _INT32, 4, _NAME_BYTES)
    return width + _element(_INT8, b"".join(name.encode("ascii").ljust(_NAME_BYTES, b"\0") for name in names))
