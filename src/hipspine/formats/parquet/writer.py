"""Write a recording as Parquet: plain numbers of 8 bytes, one column per channel, a time column before the channels of each clock.

A table has one length: columns of a slower clock end with empty cells, and a gap is an empty cell too, so no sample is resampled or
invented. What the recording says of itself stands in the notes of the file. Nothing is compressed, so the same recording gives the
same bytes on every machine; other programs read an ordinary Parquet file.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.parquet.footer import MAGIC
from hipspine.formats.parquet.notes import ABOUT, EVENTS, PERSON, STREAMS
from hipspine.formats.parquet.reader import NAME
from hipspine.formats.parquet.thrift import Long, packed, varint
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import Floats

_NUMBERS = 1 << 20  # in one row group, so that a block of all channels fits into memory
_ROWS = 1 << 17  # in one row group at most
_DOUBLE, _OPTIONAL, _PLAIN, _RLE, _UNCOMPRESSED, _DATA_PAGE = 5, 1, 0, 3, 0, 0


@dataclass(frozen=True, slots=True, eq=False)
class _Clocked:
    """Streams that share a time column."""

    rate_hz: float
    start_s: float
    samples: int
    streams: tuple[Stream, ...]

    def columns(self, time: str) -> list[str]:
        """Names of its columns, the first that of its clock."""
        return [time, *(f"{channel.label} [{channel.unit}]" for stream in self.streams for channel in stream.channels)]

    def block(self, first: int, last: int) -> Iterator[Floats]:
        """Times and samples of these rows, column by column; shorter where the samples end."""
        stop = max(first, min(last, self.samples))
        yield self.start_s + np.arange(first, stop) / self.rate_hz
        for stream in self.streams:
            yield from np.asarray(stream.values[:, first:stop])


def _write(recording: Recording, file: BinaryIO, name: str) -> None:
    check_writable(recording, name)
    streams = [stream for stream in recording.streams if stream.values.shape[1]]
    clocks = _clocks(streams)
    labels = {channel.label for stream in streams for channel in stream.channels}
    times = (f"{label} [s]" for label in chain(["time"], (f"time {number}" for number in count(2))) if label not in labels)
    names = [column for clock, time in zip(clocks, times, strict=False) for column in clock.columns(time)]
    rows = max(clock.samples for clock in clocks)
    step = min(_ROWS, max(1024, _NUMBERS // len(names)))
    file.write(MAGIC)
    at, groups = len(MAGIC), []
    for first in range(0, rows, step):
        last = min(rows, first + step)
        chunks = []
        values = (column for clock in clocks for column in clock.block(first, last))
        for label, column in zip(names, values, strict=True):
            page = _page(column, last - first)
            file.write(page)
            chunks.append(_chunk(label, at, len(page), last - first))
            at += len(page)
        groups.append({1: chunks, 2: Long(sum(chunk[3][7] for chunk in chunks)), 3: Long(last - first)})
    footer = _footer(names, rows, groups, recording)
    file.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


WRITER = Writer(NAME, (".parquet",), nothing_is_lost, _write, precision=0.0)


def _clocks(streams: Sequence[Stream]) -> list[_Clocked]:
    sorted_: dict[tuple[float, float, int], list[Stream]] = {}
    for stream in streams:
        sorted_.setdefault((stream.rate_hz, stream.start_s, stream.values.shape[1]), []).append(stream)
    return [_Clocked(*clock, tuple(members)) for clock, members in sorted_.items()]


def _page(values: Floats, rows: int) -> bytes:
    """One data page: which rows are filled, then their numbers."""
    filled = np.zeros(rows, dtype=np.bool_)
    filled[: values.size] = np.isfinite(values)
    levels = _levels(filled)
    body = len(levels).to_bytes(4, "little") + levels + values[filled[: values.size]].astype("<f8").tobytes()
    head = packed({1: _DATA_PAGE, 2: len(body), 3: len(body), 5: {1: rows, 2: _PLAIN, 3: _RLE, 4: _RLE}})
    return head + body


def _levels(filled: NDArray[np.bool_]) -> bytes:
    """Definition levels of one bit: a run where all rows are alike, packed bits elsewhere."""
    if filled.all() or not filled.any():
        return varint(filled.size << 1) + bytes([int(filled[0])])
    bits = np.packbits(filled, bitorder="little").tobytes()
    return varint(len(bits) << 1 | 1) + bits


def _chunk(label: str, at: int, size: int, rows: int) -> dict[int, Any]:
    data = {1: _DOUBLE, 2: [_PLAIN, _RLE], 3: [label], 4: _UNCOMPRESSED, 5: Long(rows), 6: Long(size), 7: Long(size), 9: Long(at)}
    return {2: Long(0), 3: data}


def _footer(names: Sequence[str], rows: int, groups: list[dict[int, Any]], recording: Recording) -> bytes:
    schema: list[dict[int, Any]] = [{4: "schema", 5: len(names)}, *({1: _DOUBLE, 3: _OPTIONAL, 4: name} for name in names)]
    events = [[event.label, event.time_s, event.side] for event in recording.events]
    said = {STREAMS: statement_text(recording), ABOUT: _json(dict(recording.about)), EVENTS: _json(events)}
    if recording.person:
        said[PERSON] = _json(dict(recording.person))
    notes = [{1: key, 2: value} for key, value in said.items()]
    return packed({1: 2, 2: schema, 3: Long(rows), 4: groups, 5: notes, 6: "hipspine"})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
