"""From a path to a recording, and from a recording to what is shown of it."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hipspine import formats, plugins
from hipspine.errors import FormatError
from hipspine.formats.reader import Reader, only_format_errors
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import StreamKind

_HEAD = 4096
_LARGEST, _SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)  # of the numbers that devices and C3D can hold


def open_recording(path: str | Path) -> Recording:
    """The recording in a file of any known format; the content decides, not the suffix.

    Raises:
        FormatError: the file is missing, empty, unknown, damaged or cut off, or holds numbers that no device gives; one sentence says
            where and what to do.
    """
    source = Path(path)
    data = _bytes(source)
    reader = _reader(source, data)
    recording = only_format_errors(reader.name)(reader.read)(source, data)
    _require_possible(recording)
    return replace(recording, sha256=hashlib.sha256(data).hexdigest())


def describe(recording: Recording) -> dict[str, Any]:
    """What `hipspine read FILE` shows, as plain JSON values: streams, channels, events, warnings; unknown is None."""
    return {
        "format": recording.format,
        "sha256": recording.sha256,
        "duration_s": recording.duration_s,
        "first_time_s": recording.first_time_s,
        "streams": [_stream(stream) for stream in recording.streams],
        "events": [{"label": e.label, "side": e.side.value if e.side else None, "time_s": e.time_s} for e in recording.events],
        "warnings": list(recording.warnings),
        "about": dict(recording.about),
    }


def _stream(stream: Stream) -> dict[str, Any]:
    return {
        "kind": stream.kind.value,
        "name": stream.name,
        "rate_hz": stream.rate_hz,
        "start_s": stream.start_s,
        "samples": stream.values.shape[1],
        "channels": [_channel(channel) for channel in stream.channels],
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "label": channel.label,
        "muscle": channel.muscle,
        "side": channel.side.value if channel.side else None,
        "region": channel.region.value if channel.region else None,
        "unit": channel.unit or None,
        "status": channel.status.value,
        "confidence": channel.confidence,
        "reason": channel.reason,
    }


def _bytes(source: Path) -> bytes:
    """All bytes of a regular file; a device or a pipe may never end, and holds no recording that could be opened again."""
    try:
        if not source.exists():
            raise FormatError(f"{source}: there is no such file; check the path.")
        if source.is_dir():
            raise FormatError(f"{source}: is a folder; give the name of one recording in it.")
        if not source.is_file():
            raise FormatError(f"{source}: is no file but a device or a pipe; save the recording as a file and give its name.")
        data = source.read_bytes()
    except OSError as error:
        raise FormatError(f"{source}: cannot be opened ({error.strerror or type(error).__name__}); check its name and rights.") from None
    if not data:
        raise FormatError(f"{source.name}: the file is empty (0 bytes); record or export it again.")
    return data


def _require_possible(recording: Recording) -> None:
    """Refuse numbers that no device gives: the power of such a signal could not be computed, and a mistake of an export made them."""
    for stream in recording.streams:
        largest = np.fmax.reduce(np.abs(stream.values), axis=1, initial=0.0)
        for channel, most, row in zip(stream.channels, largest, stream.values, strict=True):
            if most > _LARGEST:
                at_s = stream.start_s + int(np.nanargmax(np.abs(row))) / stream.rate_hz
                raise FormatError(
                    f"{recording.name}: channel {channel.label!r} holds {most:.3g} at {at_s:.3f} s; no device gives a number beyond "
                    f"{_LARGEST:.1e}. Export the recording again."
                )
            if stream.kind is StreamKind.EMG and 0.0 < most < _SMALLEST:
                raise FormatError(
                    f"{recording.name}: channel {channel.label!r} holds nothing larger than {most:.3g}; no device gives numbers so small. "
                    "Export the recording again, with its unit."
                )


def _reader(source: Path, data: bytes) -> Reader:
    """The reader that recognises the content; else the one of the suffix, which can say what is wrong."""
    readers: dict[str, Reader] = plugins.find(formats, "READER", group="hipspine.readers")
    head, suffix = data[:_HEAD], source.suffix.lower()
    for reader in readers.values():
        if reader.recognises(head, suffix):
            return reader
    for reader in readers.values():
        if suffix in reader.suffixes:
            return reader
    tried = ", ".join(readers)
    raise FormatError(f"{source.name}: of no known format (tried {tried}); it begins with {head[:8]!r}. Export it as C3D or CSV.")
