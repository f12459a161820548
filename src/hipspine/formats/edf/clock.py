"""When the records of an EDF file begin: one after the other, or where the onsets of EDF+D put them."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.edf.header import NAMES, EdfHeader
from hipspine.terms import Floats

_LONGEST_GAPS = 4.0  # times what was recorded; more is two recordings, not one with gaps
_DRIFT = 1e-3  # share of a record by which stated onsets may stray: they are rounded to milliseconds and less


@dataclass(frozen=True, slots=True, eq=False)
class RecordClock:
    """Duration and onsets of the records."""

    duration_s: float
    first_s: float  # onset of the first record on the file's own clock, which begins at a whole second
    onsets_s: Floats | None  # (record,) from the first sample on; None if nothing is missing between the records
    warnings: tuple[str, ...]

    def starts_s(self, records: int) -> Floats:
        """(record,) when each record begins, from the first sample on."""
        if self.onsets_s is not None:
            return self.onsets_s
        starts: Floats = np.arange(records, dtype=np.float64) * self.duration_s
        return starts


def clock_of_records(header: EdfHeader, onsets_s: Floats, name: str) -> RecordClock:
    """The clock of a file.

    Args:
        onsets_s: (record,) as the annotations state them; NaN where one does not.

    Raises:
        FormatError: the duration of a record is not known, records of a discontinuous file overlap or stand without an onset, or the
            gaps are longer than any recording with gaps would have.
    """
    duration_s = _duration(header, onsets_s, name)
    clock = _clock(header, onsets_s, duration_s, name)
    if duration_s == header.duration_s:
        return clock
    warning = f"the header gives no duration of a record; its onsets are {duration_s:.6g} s apart, which is taken"
    return replace(clock, warnings=(warning, *clock.warnings))


def _clock(header: EdfHeader, onsets_s: Floats, duration_s: float, name: str) -> RecordClock:
    first_s = float(onsets_s[0]) if np.isfinite(onsets_s[0]) else 0.0
    stated = np.isfinite(onsets_s)
    if not stated.any():
        if header.is_discontinuous and header.records > 1:
            raise FormatError(f"{name}: no record of this discontinuous {NAMES[header.width]} file says when it begins; export it again.")
        return RecordClock(duration_s, 0.0, None, ())
    if not stated.all():
        return _with_holes(header, stated, duration_s, first_s, name)
    ahead = np.diff(onsets_s) - duration_s  # of a record against the end of the one before
    slack = max(_DRIFT * duration_s, 0.5 * duration_s / max(signal.samples for signal in header.signals if not signal.is_annotations))
    if header.is_discontinuous:
        return _discontinuous(header, onsets_s, ahead, slack, duration_s, name)
    if not (np.abs(ahead) > 0.5 * duration_s).any():
        return RecordClock(duration_s, first_s, None, ())
    if (ahead < -slack).any():
        record = int(np.argmax(ahead < -slack)) + 2
        warning = f"the stated onset of record {record} contradicts the one before; the records are taken one after the other"
        return RecordClock(duration_s, first_s, None, (warning,))
    clock = _discontinuous(header, onsets_s, ahead, slack, duration_s, name)
    warning = "the file calls itself continuous, the onsets of its records are not"
    return RecordClock(duration_s, first_s, clock.onsets_s, (warning, *clock.warnings))


def _duration(header: EdfHeader, onsets_s: Floats, name: str) -> float:
    if math.isfinite(header.duration_s) and header.duration_s > 0:
        return header.duration_s
    steps = np.diff(onsets_s)
    if steps.size and np.isfinite(steps).all() and steps.min() > 0 and np.ptp(steps) <= _DRIFT * steps.min():
        return float(np.median(steps))
    found = f"{header.duration_s:g} s" if math.isfinite(header.duration_s) else "no number"
    raise FormatError(
        f"{name}: the duration of a record is {found} (byte 244); without it no signal has a rate. Correct the header or export it again."
    )


def _with_holes(header: EdfHeader, stated: NDArray[np.bool_], duration_s: float, first_s: float, name: str) -> RecordClock:
    """Records without an onset: harmless where records follow each other, unknowable where they need not."""
    record = int(np.argmin(stated)) + 1
    if header.is_discontinuous:
        raise FormatError(
            f"{name}: record {record} of this discontinuous file does not say when it begins; it is damaged. Export it again."
        )
    warning = f"record {record} does not say when it begins; the records are taken one after the other"
    return RecordClock(duration_s, first_s, None, (warning,))


def _discontinuous(header: EdfHeader, onsets_s: Floats, ahead: Floats, slack: float, duration_s: float, name: str) -> RecordClock:
    kind = NAMES[header.width]
    if (ahead < -slack).any():
        place = int(np.argmax(ahead < -slack)) + 1
        raise FormatError(
            f"{name}: record {place + 1} of this discontinuous {kind} file begins at {onsets_s[place]:.6g} s, before record {place} ends "
            f"({onsets_s[place - 1] + duration_s:.6g} s); it is damaged. Export it again."
        )
    gaps = ahead > slack
    if not gaps.any():
        return RecordClock(duration_s, float(onsets_s[0]), None, ())
    lost_s, first = float(ahead[gaps].sum()), int(np.argmax(gaps))
    if lost_s > _LONGEST_GAPS * header.records * duration_s:
        held_s = header.records * duration_s
        raise FormatError(
            f"{name}: nothing was recorded for {lost_s:.6g} s between records, far longer than the {held_s:.6g} s that were; split the "
            "file into its parts."
        )
    from_first = _evened(onsets_s - onsets_s[0], gaps, duration_s)
    warning = (
        f"{int(gaps.sum())} gap(s) between records, the first after {from_first[first] + duration_s:.6g} s, {lost_s:.4g} s in all: these "
        "samples are missing"
    )
    return RecordClock(duration_s, float(onsets_s[0]), from_first, (warning,))


def _evened(onsets_s: Floats, gaps: NDArray[np.bool_], duration_s: float) -> Floats:
    """Onsets that only jump at gaps: between them the rounding of what was stated evens out."""
    begins = np.concatenate([[0], np.flatnonzero(gaps) + 1])
    records = np.arange(onsets_s.size)
    begin = begins[np.searchsorted(begins, records, side="right") - 1]
    evened: Floats = onsets_s[begin] + (records - begin) * duration_s
    return evened
