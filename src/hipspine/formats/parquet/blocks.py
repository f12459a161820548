"""The columns of a table by clock: which one tells the time, in which unit and since when, and which belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of
from hipspine.formats.clock import Clock
from hipspine.formats.column_names import is_index, is_time
from hipspine.formats.content import Column
from hipspine.formats.ours import Statement
from hipspine.formats.parquet.clock import Times, clock_in_parts, times_of
from hipspine.formats.parquet.notes import TableNotes
from hipspine.formats.parquet.table import MOMENTS, NUMBERS, Table
from hipspine.signals.recording import Event
from hipspine.terms import Floats, StreamKind

_SLOW_HZ = 4.0  # EMG is never sampled below this: the times must be milliseconds
_PANDAS_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class Cells:
    """One column with its place in the table."""

    place: int
    label: str
    unit: str
    type: str
    stated: bool  # hipspine wrote it as samples, whatever its label sounds like
    ticks_s: float | None = None  # of a column of durations: seconds per count

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers."""
        return self.type.split("(")[0] in NUMBERS

    @property
    def is_moment(self) -> bool:
        """Whether its cells are moments of the calendar, times of day or durations."""
        return self.type.startswith(MOMENTS)

    @property
    def is_time(self) -> bool:
        """Whether it is a clock in numbers."""
        return (
            self.is_number and not self.stated and self.type != "BOOLEAN" and (self.ticks_s is not None or is_time(self.label, self.unit))
        )

    @property
    def is_count(self) -> bool:
        """Whether it only counts samples."""
        return not self.stated and (is_index(self.label) or self.label.startswith(_PANDAS_INDEX))


@dataclass(slots=True)
class Found:
    """What is gathered on the way."""

    about: dict[str, str]
    person: dict[str, str]
    events: list[Event] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def blocks_of(
    cells: Sequence[Cells], table: Table, notes: TableNotes, stated: Statement, name: str, found: Found
) -> list[tuple[Clock, list[Cells]]]:
    """Columns by clock: each belongs to the time column on its left, all of them to the only one there is."""
    clocks = [cell for cell in cells if cell.is_time]
    calendar = [cell for cell in cells if cell.is_moment]
    if calendar:
        moments = [(cell, _calendar_times(cell, table, found)) for cell in calendar]
        if not clocks:
            running = [(cell, times) for cell, times in moments if times.is_running]
            if running:
                cell, times = running[0]
                return [(_clock(cell, times, cells, notes, stated, name, found), _members(cells))]
    if not clocks and notes.rate_hz is None:
        clocks = _even_index(cells, table, found)
    if not clocks:
        if notes.rate_hz is None:
            raise FormatError(
                f"{name}: neither a time column nor a sampling rate was found; call a column 'time_s', or write the rate beside the table "
                "under the key 'sampling_rate'."
            )
        return [(Clock(notes.rate_hz, 0.0, None, table.rows, ()), _members(cells))]
    limits = [0, *(cell.place for cell in clocks[1:]), len(cells)]
    blocks = []
    for cell, start, stop in zip(clocks, limits, limits[1:], strict=False):
        members = _members([one for one in cells[start:stop] if one is not cell])
        if members:
            blocks.append((_clock(cell, _number_times(cell, table, found), members, notes, stated, name, found), members))
    if not blocks:
        raise FormatError(f"{name}: there is a time column but no column of samples; export at least one channel.")
    return blocks


def _members(cells: Sequence[Cells]) -> list[Cells]:
    return [cell for cell in cells if cell.is_number and not cell.is_time and not cell.is_count]


def clock_left_of(cell: Cells, blocks: Sequence[tuple[Clock, list[Cells]]], longest: Clock) -> Clock:
    """The clock of the columns to the left of a column of words; the longest one where there are none."""
    before = [clock for clock, members in blocks if members[0].place < cell.place]
    return before[-1] if before else longest


def _even_index(cells: Sequence[Cells], table: Table, found: Found) -> list[Cells]:
    """The nameless index of a pandas table, where it rises evenly and does not only count rows."""
    for cell in cells:
        if cell.label.startswith(_PANDAS_INDEX) and cell.is_number:
            values = table.numbers([cell.place], 0, min(table.rows, 10_000))[0]
            steps = np.diff(values)
            if steps.size and np.isfinite(steps).all() and (steps > 0).all() and np.ptp(steps) < 0.5 * steps.mean() and steps.mean() < 0.9:
                found.warnings.append("the index of the table has no name; it rises evenly and is taken as time in seconds")
                return [replace(cell, label="time", unit="s")]
    return []


def _number_times(cell: Cells, table: Table, found: Found) -> Times:
    times, first_s = times_of(cell.label, cell.unit, lambda start, stop: table.numbers([cell.place], start, stop)[0], table.rows,
                              ticks_s=cell.ticks_s)  # fmt: skip
    if first_s is not None:
        _say_when(first_s, cell.label, found)
    return times


def _calendar_times(cell: Cells, table: Table, found: Found) -> Times:
    """Seconds from the first moment of a column of moments; the first itself goes to what is said of people."""
    first: list[int] = []

    def read(start: int, stop: int) -> Floats:
        counts, there = table.moments(cell.place, start, stop)
        if not first and there.any():
            first.append(int(counts[there][0]))
        out: Floats = np.asarray((counts - (first[0] if first else 0)) * 1e-9, dtype=np.float64)
        out[~there] = np.nan
        return out

    read(0, min(table.rows, 1000))  # so that the first moment is known before any later one is asked for
    times = Times.until_last(read, table.rows)
    if first and not cell.type.startswith("INTERVAL"):
        if cell.type.startswith("TIME") and not cell.type.startswith("TIMESTAMP"):
            found.person.setdefault("time of day", str(timedelta(seconds=first[0] // 10**9)))
        else:
            _say_when(first[0] * 1e-9, cell.label, found)
    return times


def _say_when(since_1970_s: float, label: str, found: Found) -> None:
    try:
        moment = datetime.fromtimestamp(round(since_1970_s, 3), UTC)
    except (ValueError, OverflowError, OSError):
        return
    found.person.setdefault("recording date", moment.date().isoformat())
    found.person.setdefault("time of day", moment.time().isoformat(timespec="seconds"))
    found.warnings.append(f"the moments of {label[:40]!r} are given as seconds from the first one")


def _clock(cell: Cells, times: Times, members: Sequence[Cells], notes: TableNotes, stated: Statement, name: str, found: Found) -> Clock:
    where = f"{name}, column '{cell.label[:60]}'"
    if times.rows < 2:
        ours = next((stated.of(one.label) for one in members if one.stated), None)
        rate_hz = stated.rates_hz[ours.index] if ours else notes.rate_hz
        if rate_hz is not None and times.rows == 1 and np.isfinite(times.first_s):
            return Clock(rate_hz, times.first_s, None, 1, ())
    clock = clock_in_parts(times, where=where)
    unit_is_open = not cell.unit and not cell.is_moment and cell.ticks_s is None and times.factor == 1.0
    if unit_is_open and clock.rate_hz <= _SLOW_HZ and any(map(_is_emg, members)):
        found.warnings.append(
            f"the times step by {1 / clock.rate_hz:g}: taken as milliseconds, since EMG is not sampled so slowly; name the column 'time_ms'"
        )
        clock = clock_in_parts(replace(times, factor=1e-3), where=where)
    clock = _with_noted_rate(clock, notes, found)
    found.warnings.extend(warning for warning in clock.warnings if warning not in found.warnings)
    return clock


def _with_noted_rate(clock: Clock, notes: TableNotes, found: Found) -> Clock:
    """The rate in the notes where it says the same more exactly; the times where it contradicts them."""
    if notes.rate_hz is None:
        return clock
    off = abs(notes.rate_hz - clock.rate_hz) / clock.rate_hz
    if off > 0.01:
        found.warnings.append(f"the notes give {notes.rate_hz:g} Hz, the times {clock.rate_hz:.6g} Hz; the times are followed")
    return replace(clock, rate_hz=notes.rate_hz) if off <= 1e-4 else clock


def _is_emg(cell: Cells) -> bool:
    return kind_of(cell.label, cell.unit, names_of([Column(cell.label, cell.unit)])[0]) is StreamKind.EMG
