"""Samples of EDF and BDF files: read from their records when they are asked for, laid out over the gaps between records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.edf.header import EdfHeader, EdfSignal
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.source import Source
from hipspine.terms import Floats

_LONG_RECORD = 1 << 20  # bytes from which the samples that are wanted are read one signal at a time


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Signals with the same number of samples in a record, in the order in which they are asked for."""

    source: Source
    header: EdfHeader
    signals: tuple[EdfSignal, ...]
    missing: int | None = None  # the digital number that stands for no sample
    factors: tuple[float, ...] = ()  # of the physical numbers; 1 if empty
    raw: bool = False  # bits of a status channel: no scale, no sign

    @property
    def per_record(self) -> int:
        """Samples of each signal in a record."""
        return self.signals[0].samples

    def read(self, rows: Rows, start: int, stop: int) -> Floats:
        """(signal, sample) physical numbers, the records taken one after the other."""
        size = self.per_record
        if self.header.record_bytes > _LONG_RECORD:
            return self._of_long_records(rows, start, stop)
        first, last = start // size, -(-stop // size)
        out = np.empty((rows.size, (last - first) * size))
        if rows.size:
            part = self._part(rows)
            for at, block in self.source.records(self.header.start, self.header.record_bytes, first, last, part=part):
                place = (at - first) * size
                for i, row in enumerate(rows):
                    begin = self.signals[row].start - part[0]
                    digital = digital_numbers(block[:, begin : begin + size * self.header.width], self.header.width)
                    self._scaled(int(row), digital, out[i, place : place + digital.size].reshape(digital.shape))
        return out[:, start - first * size : stop - first * size]

    def _part(self, rows: Rows) -> tuple[int, int]:
        starts = [self.signals[row].start for row in rows]
        return min(starts), max(starts) - min(starts) + self.per_record * self.header.width

    def _of_long_records(self, rows: Rows, start: int, stop: int) -> Floats:
        size, width = self.per_record, self.header.width
        out = np.empty((rows.size, stop - start))
        for record in range(start // size, -(-stop // size)):
            first, last = max(start, record * size), min(stop, (record + 1) * size)
            origin = self.header.start + record * self.header.record_bytes + (first - record * size) * width
            for i, row in enumerate(rows):
                raw = self.source.array(np.uint8, (last - first) * width, origin + self.signals[row].start)
                self._scaled(int(row), digital_numbers(raw[None], width), out[i : i + 1, first - start : last - start])
        return out

    def _scaled(self, row: int, digital: NDArray[np.signedinteger], out: Floats) -> None:
        if self.raw:
            out[:] = digital & (0xFFFFFF if self.header.width == 3 else 0xFFFF)
            return
        signal, factor = self.signals[row], self.factors[row] if self.factors else 1.0
        np.multiply(digital, signal.gain * factor, out=out)
        if signal.offset:
            out += signal.offset * factor
        if self.missing is not None:
            out[digital == self.missing] = np.nan


def digital_numbers(raw: NDArray[np.uint8], width: int) -> NDArray[np.signedinteger]:
    """(record, sample) signed numbers of (record, byte), little-endian, of 2 or 3 bytes.

    >>> digital_numbers(np.array([[255, 255, 1, 0]], dtype=np.uint8), 2).tolist()
    [[-1, 1]]
    >>> digital_numbers(np.array([[0, 0, 128, 5, 1, 0]], dtype=np.uint8), 3).tolist()
    [[-8388608, 261]]
    """
    if width == 2:
        return raw.view("<i2")
    wide = np.empty((len(raw), raw.shape[1] // 3, 4), dtype=np.uint8)
    for byte in range(3):
        wide[:, :, byte + 1] = raw[:, byte::3]
    numbers: NDArray[np.int32] = wide.view("<i4")[:, :, 0]
    numbers >>= 8  # the lowest byte, which holds nothing, falls out and the sign stays
    return numbers


def continuous(stored: Stored, *, first: int = 0, samples: int | None = None) -> Lazy:
    """All samples of these signals, or a stretch of them, record after record."""
    total = stored.per_record * stored.header.records
    count = total - first if samples is None else samples
    return Lazy((len(stored.signals), count), lambda rows, start, stop: stored.read(rows, first + start, first + stop))


def spread(stored: Stored, places: NDArray[np.int64]) -> Lazy:
    """All samples, each record at its place; NaN where nothing was recorded.

    Args:
        places: (record,) place of its first sample, rising by at least a record's length.
    """
    size = stored.per_record

    def read(rows: Rows, start: int, stop: int) -> Floats:
        out = np.full((rows.size, stop - start), np.nan)
        first = max(int(np.searchsorted(places, start, side="right")) - 1, 0)
        last = int(np.searchsorted(places, stop))
        step = max(1, (1 << 19) // max(size * rows.size, 1))
        for at in range(first, last, step):
            end = min(at + step, last)
            where = (places[at:end, None] + np.arange(size)).ravel() - start
            seen = (where >= 0) & (where < stop - start)
            if seen.any():
                held = np.flatnonzero(seen)
                begin, close = int(held[0]), int(held[-1]) + 1
                out[:, where[begin:close]] = stored.read(rows, at * size + begin, at * size + close)
        return out

    return Lazy((len(stored.signals), int(places[-1]) + size), read)


def places_of(onsets_s: Floats, rate_hz: float, per_record: int) -> NDArray[np.int64]:
    """Place of each record's first sample on one even clock; records that begin a rounding too early follow the one before.

    >>> places_of(np.array([0.0, 1.0, 5.0]), 10.0, 10).tolist()
    [0, 10, 50]
    """
    steps = np.arange(onsets_s.size, dtype=np.int64) * per_record
    ahead: NDArray[np.int64] = np.rint((onsets_s - onsets_s[0]) * rate_hz).astype(np.int64) - steps
    return np.maximum.accumulate(ahead) + steps


def grouped(signals: Sequence[EdfSignal]) -> dict[int, list[EdfSignal]]:
    """Signals by their number of samples in a record, which is their rate."""
    groups: dict[int, list[EdfSignal]] = {}
    for signal in signals:
        groups.setdefault(signal.samples, []).append(signal)
    return groups
