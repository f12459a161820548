"""What the columns of a Parquet table are for: clock, samples, moments, words; several clocks as in a text table.

A time column is the clock of the columns to its right, a single one that of all. Moments of the calendar become seconds from the
first; the first itself says when a person was recorded and is kept with what else is said of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of, unique_labels
from hipspine.formats.clock import Clock
from hipspine.formats.column_names import is_event, is_index, is_time, split_unit
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.lazy_module import use
from hipspine.formats.ours import Statement, statement_of
from hipspine.formats.parquet_clock import Times, clock_in_parts, slower, times_of
from hipspine.formats.parquet_footer import footer_of
from hipspine.formats.parquet_notes import TableNotes, is_of_a_person, notes_of
from hipspine.formats.parquet_table import MOMENTS, NUMBERS, Table
from hipspine.formats.parquet_words import edges, moments_of_words
from hipspine.formats.source import Source
from hipspine.signals.recording import Event
from hipspine.terms import Floats, StreamKind

_SLOW_HZ = 4.0  # EMG is never sampled below this: the times must be milliseconds
_PANDAS_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class _Cells:
    """One column with its place in the table."""

    place: int
    label: str
    unit: str
    type: str
    stated: bool  # hipspine wrote it as samples, whatever its label sounds like
    ticks_s: float | None = None  # of a column of durations: seconds per count

    @property
    def is_number(self) -> bool:
        return self.type.split("(")[0] in NUMBERS

    @property
    def is_moment(self) -> bool:
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
class _Found:
    """What is gathered on the way."""

    about: dict[str, str]
    person: dict[str, str]
    events: list[Event] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def content_of(source: Source) -> Content:
    """The content of a Parquet file.

    Raises:
        FormatError: damaged, nested, without samples, or without a clock.
    """
    footer = footer_of(source)
    notes = notes_of(footer.notes, source.name)
    stated = statement_of(notes.statement, source.name)
    table: Table = use("parquet_bytes").ParquetTable(source, footer)
    cells = _cells_of(table, footer.names, notes, stated)
    found = _Found(dict(notes.about), dict(notes.person), list(notes.events))
    cells = [cell for cell in cells if not _says_who(cell, table, found)]
    blocks = _blocks(cells, table, notes, stated, source.name, found)
    groups = []
    for clock, members in blocks:
        samples = [cell for cell in members if cell.is_number and not _marks(cell)]
        found.events += [event for cell in members if _marks(cell) for event in edges(table, cell.place, cell.label, clock)]
        groups += _groups(samples, clock, table)
    longest = max((clock for clock, _ in blocks), key=lambda clock: clock.samples)
    for cell in cells:
        if not (cell.is_number or cell.is_moment):
            found.events += moments_of_words(table, cell.place, cell.label, _clock_of(cell, blocks, longest), found.about, found.person,
                                             found.warnings)  # fmt: skip
    if not groups:
        raise FormatError(f"{source.name}: the Parquet file has no column of samples; write at least one channel of numbers.")
    groups, doubled = _distinct(groups)
    return Content(
        tuple(groups),
        tuple(sorted(found.events, key=lambda event: event.time_s)),
        (*found.warnings, *doubled),
        found.about,
        found.person,
        stated,
    )


def _cells_of(table: Table, names: Sequence[str], notes: TableNotes, stated: Statement) -> list[_Cells]:
    cells = []
    for place, (name, kind) in enumerate(zip(names, table.types, strict=True)):
        label, unit = split_unit(name)
        ours, whole = stated.of(label), _ours_in(name, stated)
        if whole is not None:
            label, unit, ours = *whole, stated.of(whole[0])
        cell_unit = unit or notes.units.get(name, notes.units.get(label, ""))
        written = ours is not None and ours.unit == unit
        cells.append(_Cells(place, label or f"column {place + 1}", cell_unit, kind, written, notes.durations.get(name)))
    return cells


def _ours_in(name: str, stated: Statement) -> tuple[str, str] | None:
    """Label and unit of a column that hipspine named ``label [unit]``, whatever else the label holds."""
    label, bracket, unit = name.rpartition(" [")
    ours = stated.of(label) if bracket and unit.endswith("]") else None
    return (label, ours.unit) if ours is not None and ours.unit == unit[:-1] else None


def _says_who(cell: _Cells, table: Table, found: _Found) -> bool:
    """Whether a column of numbers holds a code, an age or the like, the same in every row; it goes to what is said of people."""
    if cell.stated or not cell.is_number or not is_of_a_person(cell.label):
        return False
    numbers: set[float] = set()
    for start in range(0, table.rows, 1 << 19):
        values = table.numbers([cell.place], start, min(table.rows, start + (1 << 19)))[0]
        numbers |= set(np.unique(values[np.isfinite(values)])[:2].tolist())
        if len(numbers) > 1:
            return False
    if numbers:
        found.person[cell.label] = f"{numbers.pop():.15g}"
    return True


def _marks(cell: _Cells) -> bool:
    return not cell.stated and is_event(cell.label)


# --------------------------------------------------------------------------------------------------------------------- clocks


def _blocks(
    cells: Sequence[_Cells], table: Table, notes: TableNotes, stated: Statement, name: str, found: _Found
) -> list[tuple[Clock, list[_Cells]]]:
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


def _members(cells: Sequence[_Cells]) -> list[_Cells]:
    return [cell for cell in cells if cell.is_number and not cell.is_time and not cell.is_count]


def _clock_of(cell: _Cells, blocks: Sequence[tuple[Clock, list[_Cells]]], longest: Clock) -> Clock:
    """The clock of the columns to the left of a column of words; the longest one where there are none."""
    before = [clock for clock, members in blocks if members[0].place < cell.place]
    return before[-1] if before else longest


def _even_index(cells: Sequence[_Cells], table: Table, found: _Found) -> list[_Cells]:
    """The nameless index of a pandas table, where it rises evenly and does not only count rows."""
    for cell in cells:
        if cell.label.startswith(_PANDAS_INDEX) and cell.is_number:
            values = table.numbers([cell.place], 0, min(table.rows, 10_000))[0]
            steps = np.diff(values)
            if steps.size and np.isfinite(steps).all() and (steps > 0).all() and np.ptp(steps) < 0.5 * steps.mean() and steps.mean() < 0.9:
                found.warnings.append("the index of the table has no name; it rises evenly and is taken as time in seconds")
                return [replace(cell, label="time", unit="s")]
    return []


def _number_times(cell: _Cells, table: Table, found: _Found) -> Times:
    times, first_s = times_of(cell.label, cell.unit, lambda start, stop: table.numbers([cell.place], start, stop)[0], table.rows,
                              ticks_s=cell.ticks_s)  # fmt: skip
    if first_s is not None:
        _say_when(first_s, cell.label, found)
    return times


def _calendar_times(cell: _Cells, table: Table, found: _Found) -> Times:
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


def _say_when(since_1970_s: float, label: str, found: _Found) -> None:
    try:
        moment = datetime.fromtimestamp(round(since_1970_s, 3), UTC)
    except (ValueError, OverflowError, OSError):
        return
    found.person.setdefault("recording date", moment.date().isoformat())
    found.person.setdefault("time of day", moment.time().isoformat(timespec="seconds"))
    found.warnings.append(f"the moments of {label[:40]!r} are given as seconds from the first one")


def _clock(cell: _Cells, times: Times, members: Sequence[_Cells], notes: TableNotes, stated: Statement, name: str, found: _Found) -> Clock:
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


def _with_noted_rate(clock: Clock, notes: TableNotes, found: _Found) -> Clock:
    """The rate in the notes where it says the same more exactly; the times where it contradicts them."""
    if notes.rate_hz is None:
        return clock
    off = abs(notes.rate_hz - clock.rate_hz) / clock.rate_hz
    if off > 0.01:
        found.warnings.append(f"the notes give {notes.rate_hz:g} Hz, the times {clock.rate_hz:.6g} Hz; the times are followed")
    return replace(clock, rate_hz=notes.rate_hz) if off <= 1e-4 else clock


def _is_emg(cell: _Cells) -> bool:
    return kind_of(cell.label, cell.unit, names_of([Column(cell.label, cell.unit)])[0]) is StreamKind.EMG


# -------------------------------------------------------------------------------------------------------------------- samples


def _groups(samples: Sequence[_Cells], clock: Clock, table: Table) -> list[Group]:
    """Columns of one clock; those that are filled in every k-th row only have a slower clock of their own, not gaps in this one."""
    sorted_: dict[tuple[int, int], list[_Cells]] = {}
    for cell in samples:
        steps = (1, 0) if clock.places is not None or cell.stated else slower(table, cell.place, clock.samples)
        sorted_.setdefault(steps, []).append(cell)
    groups = []
    for (every, first), members in sorted_.items():
        columns = tuple(Column(cell.label, cell.unit) for cell in members)
        count = -(-(clock.samples - first) // every)
        values = _lazy(table, [cell.place for cell in members], clock.places, count, every, first)
        groups.append(Group(columns, values, clock.rate_hz / every, clock.start_s + first / clock.rate_hz))
    return groups


def _lazy(table: Table, places: Sequence[int], on_clock: NDArray[np.int64] | None, count: int, every: int, first: int) -> Lazy:
    columns = np.asarray(places)

    def read(channels: Rows, start: int, stop: int) -> Floats:
        wanted = columns[channels].tolist()
        if on_clock is not None:
            return _spread(table, wanted, on_clock, start, stop)
        if every == 1:
            return table.numbers(wanted, start, stop)
        out = np.empty((len(wanted), stop - start))
        step = max(1, (1 << 19) // (every * max(len(wanted), 1)))
        for at in range(start, stop, step):
            end = min(stop, at + step)
            dense = table.numbers(wanted, first + at * every, first + (end - 1) * every + 1)
            out[:, at - start : end - start] = dense[:, ::every]
        return out

    return Lazy((len(places), count), read)


def _spread(table: Table, wanted: list[int], places: NDArray[np.int64], start: int, stop: int) -> Floats:
    """These samples of the clock; NaN where no row has one."""
    first, last = (int(row) for row in np.searchsorted(places, (start, stop)))
    out = np.full((len(wanted), stop - start), np.nan)
    if last > first:
        out[:, places[first:last] - start] = table.numbers(wanted, first, last)
    return out


def _distinct(groups: Sequence[Group]) -> tuple[list[Group], tuple[str, ...]]:
    labels, doubled = unique_labels([column.label for group in groups for column in group.columns])
    given = iter(labels)
    return [replace(group, columns=tuple(replace(column, label=next(given)) for column in group.columns)) for group in groups], doubled
