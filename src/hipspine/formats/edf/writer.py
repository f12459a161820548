"""Write a recording as EDF+ (16 bits): every stream at its own rate, gaps, late starts, events and notes included.

The whole file has one clock: streams that begin late or end early are filled up with zeros, which our note takes away again when we read.
A missing sample is the converter's lowest number, one below the digital minimum; a note in words says so to other programs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.edf.header import FIELDS, HEAD, MAGIC, NAMES, SIGNAL_FIELDS
from hipspine.formats.edf.notes import PERSON, event_text, note_texts, signal_labels, unit_text
from hipspine.formats.edf.person import fields_of
from hipspine.formats.edf.scale import Scale, record_duration, scale_of
from hipspine.formats.ours import check_writable
from hipspine.formats.source import BLOCK_BYTES
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import Floats

_MOST_FILLING = 4.0  # times the samples that there are; more is better kept in two files
_SPARED = 1 << 20  # samples of filling that nobody minds
_MOST_RECORDS = 99_999_999
_NUMBERS = 1 << 19  # that are looked at or written in one step


def write(recording: Recording, file: BinaryIO, name: str, *, width: int) -> None:
    """Write an EDF+ (samples of 2 bytes) or BDF+ file (3 bytes) that reads back the same within one step of its converter.

    Kept: samples, gaps, rates, starts, units, muscles, sides, events, `about`, and the person where the recording holds one. Not kept:
    warnings and the name of the format.

    Raises:
        FormatError: nothing to write, labels that are not unique, rates that fit into no record, streams that lie far apart.
    """
    check_writable(recording, name)
    layout = _layout(recording, width, name)
    person, left = fields_of(recording.person)
    texts = note_texts(recording, clock_s=layout.clock_s, records=layout.records, powers=[s.power for s in layout.scales], gaps=layout.gaps)
    texts += [f"{PERSON}{key}: {value}" for key, value in left.items()]
    lists = [_list(0.0, text) for text in texts]
    lists += [_list(event.time_s - layout.clock_s, event_text(event)) for event in recording.events]
    annotations = _packed(lists, layout)
    file.write(_header(layout, person, len(annotations[0]) // width))
    for block in _records(layout, annotations):
        file.write(block)


def _write_edf(recording: Recording, file: BinaryIO, name: str) -> None:
    write(recording, file, name, width=2)


WRITER = Writer("EDF", (".edf",), nothing_is_lost, _write_edf, precision=1.001 / 32767)


# ------------------------------------------------------------------------------------------------------------------ the plan


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """What goes where: one clock, one duration for all records, a scale for each signal."""

    width: int
    clock_s: float  # of the first sample
    duration: str
    records: int
    streams: tuple[Stream, ...]
    sizes: tuple[int, ...]  # samples of each stream in a record
    leads: tuple[int, ...]  # samples before each stream begins
    labels: tuple[str, ...]
    units: tuple[str, ...]
    scales: tuple[Scale, ...]
    gaps: bool


def _layout(recording: Recording, width: int, name: str) -> _Layout:
    streams = tuple(stream for stream in recording.streams if stream.values.shape[1])
    clock_s = min(stream.start_s for stream in streams)
    length_s = max(stream.start_s + stream.duration_s for stream in streams) - clock_s
    rates_hz = [stream.rate_hz for stream in streams for _ in stream.channels]
    duration, sizes = record_duration(rates_hz, width, length_s, name)
    places = np.cumsum([0, *(len(stream.channels) for stream in streams)])
    size_of = [sizes[place] for place in places[:-1]]
    leads = [round((stream.start_s - clock_s) * stream.rate_hz) for stream in streams]
    records = max(-(-(lead + s.values.shape[1]) // size) for lead, s, size in zip(leads, streams, size_of, strict=True))
    held = sum(stream.values.shape[0] * stream.values.shape[1] for stream in streams)
    if records > _MOST_RECORDS or records * sum(sizes) > _MOST_FILLING * held + _SPARED:
        raise FormatError(
            f"{name}: the streams lie too far apart for one {NAMES[width]} file: {length_s:.6g} s from the first sample to the last, most "
            "of it empty; write a CSV file instead, or one file for each."
        )
    channels = [channel for stream in streams for channel in stream.channels]
    found = [extent for stream in streams for extent in _extents(stream)]
    scales = tuple(scale_of(largest, (1 << (8 * width - 1)) - 1) for largest, _ in found)
    units = tuple(unit_text(channel.unit, scale.power) for channel, scale in zip(channels, scales, strict=True))
    labels = tuple(signal_labels([channel.label for channel in channels]))
    gaps = any(gap for _, gap in found)
    return _Layout(width, clock_s, duration, records, streams, tuple(size_of), tuple(leads), labels, units, scales, gaps)


def _extents(stream: Stream) -> list[tuple[float, bool]]:
    """Largest size of a number in each channel, and whether samples are missing."""
    count, samples = stream.values.shape
    largest, gap = np.zeros(count), np.zeros(count, dtype=bool)
    step = max(1, _NUMBERS // count)
    for at in range(0, samples, step):
        block: Floats = np.asarray(stream.values[:, at : at + step])
        seen = np.isfinite(block)
        gap |= ~seen.all(axis=1)
        largest = np.maximum(largest, np.abs(np.where(seen, block, 0.0)).max(axis=1))
    return list(zip(largest.tolist(), gap.tolist(), strict=True))


# ------------------------------------------------------------------------------------------------------------- annotations


def _list(time_s: float, text: str) -> bytes:
    return f"{_seconds(time_s)}\x14{text}\x14\0".encode()


def _seconds(time_s: float) -> str:
    """A time with its sign and at most nine decimals, as EDF+ writes it.

    >>> _seconds(1.5), _seconds(-0.25), _seconds(0.0)
    ('+1.5', '-0.25', '+0')
    """
    text = f"{time_s:+.9f}".rstrip("0").rstrip(".")
    return "+0" if text in ("-0", "+0") else text


def _packed(lists: Sequence[bytes], layout: _Layout) -> list[bytes]:
    """The annotation bytes of every record, all of one length: its onset, then as many lists as find room."""
    duration = Decimal(layout.duration)
    onsets = [f"+{(duration * record).normalize():f}\x14\x14\0".encode() for record in range(layout.records)]
    room = max([len(part) for part in lists], default=0)
    room = max(room, -(-sum(len(part) for part in lists) // layout.records))
    while True:
        shares = _shares(lists, room)
        if len(shares) <= layout.records:
            break
        room += room // 8 + 1
    filled = [onset + share for onset, share in zip(onsets, shares, strict=False)] + onsets[len(shares) :]
    longest = max(len(part) for part in filled)
    longest += -longest % (6 if layout.width == 3 else 2)
    return [part.ljust(longest, b"\0") for part in filled]


def _shares(lists: Sequence[bytes], room: int) -> list[bytes]:
    shares, share = [], bytearray()
    for part in lists:
        if share and len(share) + len(part) > room:
            shares.append(bytes(share))
            share = bytearray()
        share += part
    return [*shares, bytes(share)] if share else shares


# ------------------------------------------------------------------------------------------------------ header and records


def _header(layout: _Layout, person: dict[str, bytes], annotation_samples: int) -> bytes:
    count = len(layout.labels) + 1
    kind, lowest = NAMES[layout.width], -(1 << (8 * layout.width - 1))
    fields = {
        "version": MAGIC[layout.width],
        **person,
        "bytes": b"%d" % (HEAD * (count + 1)),
        "reserved": f"{kind}+C".encode(),
        "records": b"%d" % layout.records,
        "duration": layout.duration.encode(),
        "signals": b"%d" % count,
    }
    sizes = [size for stream, size in zip(layout.streams, layout.sizes, strict=True) for _ in stream.channels]
    columns = {
        "label": [*layout.labels, f"{kind} Annotations"],
        "unit": [*layout.units, ""],
        "physical minimum": [*(f"-{scale.text}" for scale in layout.scales), "-1"],
        "physical maximum": [*(scale.text for scale in layout.scales), "1"],
        "digital minimum": [*(str(-scale.top) for scale in layout.scales), str(lowest)],
        "digital maximum": [*(str(scale.top) for scale in layout.scales), str(-lowest - 1)],
        "samples": [*map(str, sizes), str(annotation_samples)],
    }
    fixed = b"".join(fields[key].ljust(width) for key, (_, width) in FIELDS.items())
    table = [text.encode("ascii").ljust(width) for title, width in SIGNAL_FIELDS.items() for text in columns.get(title, [""] * count)]
    return fixed + b"".join(table)


def _records(layout: _Layout, annotations: Sequence[bytes]) -> Iterator[bytes]:
    """The records, about 4 MB at a time."""
    widths = [size * len(stream.channels) * layout.width for stream, size in zip(layout.streams, layout.sizes, strict=True)]
    record_bytes = sum(widths) + len(annotations[0])
    step = max(1, BLOCK_BYTES // record_bytes)
    for first in range(0, layout.records, step):
        last = min(first + step, layout.records)
        block = np.zeros((last - first, record_bytes), dtype=np.uint8)
        at = place = 0
        for stream, size, lead, wide in zip(layout.streams, layout.sizes, layout.leads, widths, strict=True):
            scales = layout.scales[place : place + len(stream.channels)]
            block[:, at : at + wide] = _stretch(stream, scales, first * size - lead, (last - first) * size, size, layout.width)
            at, place = at + wide, place + len(stream.channels)
        block[:, at:] = np.frombuffer(b"".join(annotations[first:last]), dtype=np.uint8).reshape(last - first, -1)
        yield block.tobytes()


def _stretch(
    stream: Stream, scales: Sequence[Scale], start: int, count: int, size: int, width: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """(record, byte) of a stretch of a stream from sample ``start`` on; zero before its first and after its last sample."""
    digital = np.zeros((len(scales), count), dtype="<i4")
    first, last = max(start, 0), min(start + count, stream.values.shape[1])
    if last > first:
        values: Floats = np.asarray(stream.values[:, first:last])
        for row, scale in enumerate(scales):
            digital[row, first - start : last - start] = scale.digital(values[row])
    by_record = np.ascontiguousarray(digital.reshape(len(scales), count // size, size).transpose(1, 0, 2))
    raw = by_record.view(np.uint8).reshape(count // size, len(scales) * size, 4)[:, :, :width]
    return raw.reshape(count // size, -1)
