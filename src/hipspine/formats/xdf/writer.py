"""Write a recording as XDF: one stream of doubles per stream, events as a stream of marks, what is known beside them as XML.

Stamps stand on the first sample of each chunk; readers count on from there at the nominal rate. Other programs see ordinary XDF.
"""

import struct
from collections.abc import Iterator, Mapping
from html import escape
from typing import BinaryIO

import numpy as np

from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.formats.xdf.chunks import BOUNDARY, BOUNDARY_TAG, FILE_HEADER, MAGIC, SAMPLES, STREAM_FOOTER, STREAM_HEADER, chunk_bytes
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import StreamKind

_CHUNK_BYTES = 1 << 20  # of samples
_BOUNDARY_EVERY = 16  # chunks of samples
_DECLARATION = '<?xml version="1.0"?>'
_TYPES = {
    StreamKind.EMG: "EMG",
    StreamKind.ANGLE: "Angle",
    StreamKind.FORCE: "Force",
    StreamKind.MARKER: "MoCap",
    StreamKind.IMU: "IMU",
    StreamKind.OTHER: "Other",
}


def write_xdf(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the recording so that it reads back the same, samples bit for bit; the same recording gives the same bytes.

    Kept: samples, gaps, rates, starts, units, muscles, sides, events, `about`, `person`. Not kept: warnings and the name of the format.

    Raises:
        FormatError: nothing to write, or labels that are not unique.
    """
    check_writable(recording, name)
    file.write(MAGIC)
    file.write(chunk_bytes(FILE_HEADER, _file_header(recording)))
    for number, stream in enumerate(recording.streams, 1):
        file.write(chunk_bytes(STREAM_HEADER, struct.pack("<I", number) + _stream_header(stream)))
    marks = len(recording.streams) + 1
    if recording.events:
        file.write(chunk_bytes(STREAM_HEADER, struct.pack("<I", marks) + _marks_header()))
        file.write(chunk_bytes(SAMPLES, struct.pack("<I", marks) + _marks(recording)))
    for number, stream in enumerate(recording.streams, 1):
        for place, content in enumerate(_chunks(stream), 1):
            file.write(chunk_bytes(SAMPLES, struct.pack("<I", number) + content))
            if place % _BOUNDARY_EVERY == 0:
                file.write(chunk_bytes(BOUNDARY_TAG, BOUNDARY))
    for number, stream in enumerate(recording.streams, 1):
        last = stream.start_s + (stream.values.shape[1] - 1) / stream.rate_hz
        file.write(chunk_bytes(STREAM_FOOTER, struct.pack("<I", number) + _footer(stream.start_s, last, stream.values.shape[1])))
    if recording.events:
        times = [event.time_s for event in recording.events]
        file.write(chunk_bytes(STREAM_FOOTER, struct.pack("<I", marks) + _footer(times[0], times[-1], len(times))))


WRITER = Writer("XDF", (".xdf",), nothing_is_lost, write_xdf, precision=0.0)


# ------------------------------------------------------------------------------------------------------------------ headers


def _file_header(recording: Recording) -> bytes:
    """Version, and for ourselves: the statement, what is known of the recording, and its person if somebody asked to keep it."""
    ours = (
        "<origin_s>0</origin_s>"
        f"<streams>{escape(statement_text(recording))}</streams>"
        f"<about>{_entries(recording.about)}</about>"
        f"<person>{_entries(recording.person)}</person>"
    )
    return f"{_DECLARATION}<info><version>1.0</version><hipspine>{ours}</hipspine></info>".encode()


def _entries(pairs: Mapping[str, str]) -> str:
    return "".join(f"<entry><key>{escape(key)}</key><value>{escape(value)}</value></entry>" for key, value in pairs.items())


def _stream_header(stream: Stream) -> bytes:
    channels = "".join(
        f"<channel><label>{escape(channel.label)}</label><unit>{escape(channel.unit)}</unit></channel>" for channel in stream.channels
    )
    kind = _TYPES[stream.kind]
    return _header(stream.name or kind, kind, len(stream.channels), repr(float(stream.rate_hz)), "double64", channels)


def _marks_header() -> bytes:
    channels = "<channel><label>label</label></channel><channel><label>side</label></channel>"
    return _header("events", "Markers", 2, "0", "string", channels)


def _header(name: str, kind: str, count: int, rate_hz: str, values: str, channels: str) -> bytes:
    return (
        f"{_DECLARATION}<info><name>{escape(name)}</name><type>{kind}</type><channel_count>{count}</channel_count>"
        f"<nominal_srate>{rate_hz}</nominal_srate><channel_format>{values}</channel_format>"
        f"<desc><channels>{channels}</channels></desc></info>"
    ).encode()


def _footer(first_s: float, last_s: float, count: int) -> bytes:
    return (
        f"{_DECLARATION}<info><first_timestamp>{first_s!r}</first_timestamp><last_timestamp>{last_s!r}</last_timestamp>"
        f"<sample_count>{count}</sample_count><clock_offsets/></info>"
    ).encode()


# ------------------------------------------------------------------------------------------------------------------ samples


def _chunks(stream: Stream) -> Iterator[bytes]:
    """The contents of chunks of samples, behind the stream's number."""
    channels, samples = stream.values.shape
    step = max(1, _CHUNK_BYTES // (8 * channels + 1))
    for first in range(0, samples, step):
        values = stream.values[:, first : first + step]
        rows = np.zeros((values.shape[1], 1 + 8 * channels), np.uint8)
        rows[:, 1:] = np.ascontiguousarray(values.T, dtype="<f8").view(np.uint8)
        stamp = struct.pack("<d", stream.start_s + first / stream.rate_hz)
        yield struct.pack("<BI", 4, len(rows)) + b"\x08" + stamp + rows.tobytes()[1:]


def _marks(recording: Recording) -> bytes:
    """All events as samples of two texts, each with its time."""
    samples = (
        b"\x08" + struct.pack("<d", event.time_s) + _text(event.label) + _text(event.side.value if event.side else "")
        for event in recording.events
    )
    return struct.pack("<BI", 4, len(recording.events)) + b"".join(samples)


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return (struct.pack("<BB", 1, len(data)) if len(data) < 256 else struct.pack("<BI", 4, len(data))) + data
