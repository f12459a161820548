"""From the rows of a motion table to samples on an even clock: repeated rows dropped, gaps left open, markers that were not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.clock import agreed_rate, clock_of
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.motion.table import Table
from hipspine.terms import Floats

_FEW = 0.03  # largest share of rows that may repeat a time and yet differ: an integrator that started anew, not a coarse clock
_NEAR = 0.1  # of a step: so near to its place on the stated clock every time must lie
_LONGEST = 4.0  # times the frames that are there; more missing ones are two recordings, not one with gaps


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Which row is which sample."""

    rate_hz: float
    start_s: float
    samples: int
    places: NDArray[np.int64] | None = None  # sample of each row that counts; None: one after the other
    rows: NDArray[np.int64] | None = None  # the rows that count; None: all
    warnings: tuple[str, ...] = ()


def timing_of(table: Table, *, where: str, stated_hz: float = 0.0) -> Timing:
    """The clock of a table by its column of times.

    Rows that repeat the time of the row before are left out, with a warning, where they are plain copies, or few in an otherwise even
    clock (simulations write such rows where they start anew). Where frames are missing, the rate that the header states is taken if all
    times fit it: from the times alone a table with many gaps does not tell its rate.

    Raises:
        FormatError: as `clock_of`.
    """
    times, warnings = table.times_s, []
    rows = None
    if table.repeated.size and (table.alike or table.repeated.size <= _FEW * table.rows):
        left = np.delete(np.arange(table.rows, dtype=np.int64), table.repeated)
        if left.size >= 2 and _is_even(times[left]):
            rows = left
            first = times[table.repeated[0]]
            warnings.append(f"{table.repeated.size} row(s) repeat the time of the row before, the first at {first:.6g} s: left out")
    times = times if rows is None else times[rows]
    places = _places(times, stated_hz) if stated_hz > 0 else None
    if places is not None:
        jumps = np.diff(places)
        first = times[int(np.argmax(jumps > 1))]
        lost = int((jumps - 1).sum())
        warnings.append(f"{int((jumps > 1).sum())} gap(s) in time, the first after {first:.6g} s: {lost} frames are missing")
        return Timing(stated_hz, float(times[0]), int(places[-1]) + 1, places, rows, tuple(warnings))
    clock = clock_of(times, where=where)
    rate_hz = agreed_rate(clock.rate_hz, stated_hz, clock.samples) if stated_hz > 0 else clock.rate_hz
    return Timing(rate_hz, clock.start_s, clock.samples, clock.places, rows, (*warnings, *clock.warnings))


def _places(times_s: Floats, rate_hz: float) -> NDArray[np.int64] | None:
    """The place of each time on a clock of this rate, if all fit and some are missing; None otherwise."""
    if times_s.size < 3 or not np.isfinite(times_s).all():
        return None
    exact = (times_s - times_s[0]) * rate_hz
    if not 0 < exact[-1] < _LONGEST * times_s.size + 1000:
        return None
    places = np.rint(exact)
    jumps = np.diff(places)
    fits = bool((np.abs(exact - places) < _NEAR).all()) and bool((jumps >= 1).all()) and bool(np.mean(jumps == 1) > 0.5)
    return places.astype(np.int64) if fits and bool((jumps > 1).any()) else None


def _is_even(times_s: Floats) -> bool:
    steps = np.diff(times_s)
    return bool(np.mean(np.abs(steps - np.median(steps)) <= 0.01 * np.median(steps)) > 1 - _FEW)


def samples_of(table: Table, columns: Sequence[int], timing: Timing, *, zeros: int = 0) -> Lazy:
    """(column, sample) numbers of these columns; NaN where a sample or a cell is missing.

    Args:
        table: the rows.
        columns: of the table, in the order that is wanted.
        timing: which row is which sample.
        zeros: so many neighbours among ``columns`` belong together, and were not seen where all of them are exactly zero; 0: never.
    """
    of = np.asarray(columns, dtype=np.intp)
    fetch = _with_gaps(table, of, zeros) if zeros else lambda rows, first, stop: table.read(of[rows], first, stop)

    def read(rows: Rows, start: int, stop: int) -> Floats:
        if timing.places is None and timing.rows is None:
            return fetch(rows, start, stop)
        low, high, places = start, stop, np.arange(start, stop)
        if timing.places is not None:
            low, high = (int(i) for i in np.searchsorted(timing.places, (start, stop)))
            places = timing.places[low:high]
        out = np.full((rows.size, stop - start), np.nan)
        if low < high:
            out[:, places - start] = _rows(fetch, rows, timing.rows, low, high)
        return out

    return Lazy((of.size, timing.samples), read)


_Fetch = Callable[[Rows, int, int], Floats]


def _rows(fetch: _Fetch, columns: Rows, rows: NDArray[np.int64] | None, low: int, high: int) -> Floats:
    if rows is None:
        return fetch(columns, low, high)
    first = int(rows[low])
    return fetch(columns, first, int(rows[high - 1]) + 1)[:, rows[low:high] - first]


def _with_gaps(table: Table, of: Rows, together: int) -> _Fetch:
    """Read whole markers, so that one at exactly (0, 0, 0) can be told from one that crosses zero."""

    def fetch(rows: Rows, first: int, stop: int) -> Floats:
        groups, place = np.unique(rows // together, return_inverse=True)
        members = (groups[:, None] * together + np.arange(together)).ravel()
        values = table.read(of[members], first, stop).reshape(groups.size, together, stop - first)
        values[np.broadcast_to((values == 0).all(axis=1, keepdims=True), values.shape)] = np.nan
        return values[place, rows % together]

    return fetch
