"""The columns of a text file by role (clock, samples, counter, event) and by clock: one time column, one per channel, or none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hipspine.anatomy.names import resolve
from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of
from hipspine.formats.clock import Clock, agreed_rate, clock_of
from hipspine.formats.column_names import is_event, is_index, is_time, split_unit, time_factor
from hipspine.formats.content import Column
from hipspine.formats.ours import Statement
from hipspine.formats.text.dialects import Converter, annotations_from, bts_unit
from hipspine.formats.text.header import Header
from hipspine.formats.text.layout import Layout
from hipspine.formats.text.scan import Table
from hipspine.terms import Floats, StreamKind

_SLOW_HZ = 4.0  # EMG is never sampled below this: the times must be in a finer unit
_FINER = (("ms", "milliseconds", 1e-3), ("us", "microseconds", 1e-6), ("ns", "nanoseconds", 1e-9))
_LIST_HZ = 0.05  # rows farther apart than 20 s are no samples of a movement
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (6e8, 1.0))  # counted from 1970: times from this number on are in this unit
_DAY_S = 86400.0
_SIDES = frozenset(("left", "right", "links", "rechts", "gauche", "droite", "droit", "izquierda", "derecha", "izquierdo", "derecho",
                    "esquerda", "direita", "esquerdo", "direito", "sinistra", "destra", "sinistro", "destro"))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One column with its role still open."""

    place: int  # among the columns of the file
    label: str
    unit: str
    hint: str
    stated: bool  # hipspine wrote it as samples, whatever its label sounds like
    stamps: bool = False  # clock times
    converter: Converter | None = None

    @property
    def is_time(self) -> bool:
        """Whether it is the clock of the columns beside it."""
        return not self.stated and (self.stamps or is_time(self.label, self.unit))

    @property
    def marks_events(self) -> bool:
        """Whether it holds moments instead of samples."""
        return not self.stated and is_event(self.label)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns that share a clock."""

    clock: Clock
    columns: tuple[Cells, ...]
    first: int = 0  # row of the first sample
    every: int = 1  # rows from one sample to the next


# -------------------------------------------------------------------------------------------------- before the rows are read


def columns_of(layout: Layout, header: Header, stated: Statement) -> list[Cells]:
    """Every column with its label and unit, except those of a table of markers beside the samples."""
    names = list(map(_name, layout.names))
    signals = header.signals
    converters: Mapping[int, Converter | None] = {}
    if not any(names) and header.labels:
        names = [*header.labels, *names][: len(names)] if len(header.labels) <= len(names) else list(header.labels[: len(names)])
        converters = dict(enumerate(signals.converters)) if signals.labels == header.labels else {}
    hints = _hints(layout)
    sides = _sides_above(layout)
    common = bts_unit(layout.preamble)
    out = []
    for k in range(annotations_from(layout.names)):
        label, unit = split_unit(names[k])
        label = f"{sides[k]} {label}" if sides[k] and label and resolve(label).side is None else label
        unit = unit or layout.units[k].strip("[](){} ")
        ours = stated.of(label)
        written = ours is not None and ours.unit == unit
        cells = Cells(k, label or f"column {k + 1}", unit, hints[k], written, k in layout.stamps, converters.get(k))
        if cells.converter:
            cells = replace(cells, unit="V")
        elif common and not unit and not cells.is_time and not _is_index(cells):
            cells = replace(cells, unit=common, label=label.removeprefix("Voltage:") or cells.label)
        out.append(cells)
    return _one_kind_of_clock(out)


def _one_kind_of_clock(columns: list[Cells]) -> list[Cells]:
    """Clock times beside a column of seconds only say what time of day it was."""
    plain = any(column.is_time and not column.stamps for column in columns)
    clocks = [column for column in columns if column.stamps]
    return [column for column in columns if not column.stamps or (not plain and column is clocks[0])]


def _is_index(column: Cells) -> bool:
    return not column.stated and is_index(column.label)


def _hints(layout: Layout) -> list[str]:
    """A row above the names with one title per sensor, as some exports have: the row that names most muscles, run on over empty cells."""
    width = layout.width
    rows = [row for row in layout.preamble if len(row) == width or (len(row) > 2 and "" in row[1:] and len(row) <= width)]
    best = max(rows, key=lambda row: sum(_names_muscle(cell) for cell in row), default=())
    filled, last = [""] * width, ""
    if any(map(_names_muscle, best)):
        for k in range(width):
            last = (best[k] if k < len(best) else "") or last
            filled[k] = last
    return filled


def _sides_above(layout: Layout) -> list[str]:
    """The side that stands over each column, where the row above the names holds nothing but sides, run on over merged cells."""
    row = layout.preamble[-1] if layout.preamble and len(layout.preamble[-1]) <= layout.width else ()
    out = [""] * layout.width
    if len({cell.lower() for cell in row if cell}) == 2 and all(cell.lower() in _SIDES for cell in row if cell):
        for k in range(layout.width):
            out[k] = (row[k] if k < len(row) else "") or (out[k - 1] if k else "")
    return out


def _names_muscle(title: str) -> bool:
    return bool(title) and len(title) < 80 and resolve(title).muscle is not None


# --------------------------------------------------------------------------------------------------- after the rows are read


def with_numbers(columns: Sequence[Cells], layout: Layout, table: Table, stated: Statement, warnings: list[str]) -> list[Cells]:
    """The columns that hold numbers; others are named, unless they hold words or are the blank that a delimiter at the line's end makes.

    A channel that hipspine wrote stays, though all its samples are missing.
    """
    seen = table.seen
    missing = {c.place for c in columns if c.stated and (of := stated.of(c.label)) and stated.samples[of.index]}
    blank = [
        c
        for c in columns
        if not seen.count[c.place] and c.place not in missing and c.place not in table.words and c.place not in layout.dates
    ]
    named = [column.label for column in blank if layout.names[column.place] or column.label != f"column {column.place + 1}"]
    if named:
        warnings.append(f"no numbers in {', '.join(repr(label) for label in named[:5])}: left out")
    for column in columns:
        count = int(seen.sentinels[column.place])
        if count and not column.stamps:
            warnings.append(
                f"{column.label!r} holds -9999 in {count} rows, read as numbers; if it stands for a missing sample, empty these cells"
            )
    if any(layout.names) or len(columns) > 1:
        columns = [c for c in columns if _name(layout.names[c.place]) or not _counts_rows(c, table)]
    return [c for c in columns if (seen.count[c.place] or c.place in missing) and c.place not in table.words]


def _counts_rows(column: Cells, table: Table) -> bool:
    """Whether a column without a name only counts the rows, as the index that a table program puts in front."""
    return bool(table.seen.counter[column.place]) and column.label == f"column {column.place + 1}" and any(table.layout.names)


def _name(written: str) -> str:
    """The name of a column; what pandas makes up for one that has none is none."""
    return "" if re.fullmatch(r"Unnamed: \d+(_level_\d+)?", written) else written


def blocks_of(
    columns: Sequence[Cells], header: Header, table: Table, name: str, warnings: list[str], person: dict[str, str]
) -> list[Block]:
    """Columns by clock: each belongs to the time column on its left, all of them to the only one there is."""
    times = [k for k, column in enumerate(columns) if column.is_time]
    if not times and header.rate_hz is None and len(columns) > 1 and _may_be_time(columns[0], table):
        warnings.append("the first column has no name; it rises evenly and is taken as time in seconds")
        times = [0]
    if not times:
        return [_without_time(columns, header, table, name)]
    if len(times) == 1:
        k = times[0]
        block = _block(columns[k], [*columns[:k], *columns[k + 1 :]], header, table, name, warnings, person)
        return _by_rate(block, table)
    edges = [0, *times[1:], len(columns)]
    groups = [(columns[start], columns[start + 1 : stop]) for start, stop in zip(times, edges[1:], strict=True)]
    if times[0] > 0:
        groups[0] = (columns[times[0]], [column for column in columns[: edges[1]] if column is not columns[times[0]]])
    return [_block(time, members, header, table, name, warnings, person) for time, members in groups if members]


def _by_rate(block: Block, table: Table) -> list[Block]:
    """Columns that are filled in every k-th row only have a slower clock of their own, not gaps in this one."""
    seen, rows = table.seen, block.clock.places.size if block.clock.places is not None else block.clock.samples
    slower: dict[tuple[int, int], list[Cells]] = {}
    for column in block.columns:
        k = column.place
        every, first = int(seen.step[k]), int(seen.first[k])
        regular = every > 1 and seen.count[k] > 2 and bool(seen.regular[k]) and first < every and seen.last[k] + every >= rows
        slower.setdefault((every, first) if regular and block.clock.places is None else (1, 0), []).append(column)
    blocks = []
    for (every, first), members in slower.items():
        start_s = block.clock.start_s + first / block.clock.rate_hz
        clock = Clock(block.clock.rate_hz / every, start_s, None, -(-(rows - first) // every), ()) if every > 1 else block.clock
        blocks.append(Block(clock, tuple(members), first, every))
    return blocks


def _may_be_time(column: Cells, table: Table) -> bool:
    """Whether a first column without a name rises evenly; whole numbers beside columns with names are an index of any unit."""
    numbers = table.values[column.place, :100_000]
    steps = np.diff(numbers)
    named = any(table.layout.names)
    if _name(table.layout.names[column.place]) or (named and (column.place > 0 or bool((numbers == np.rint(numbers)).all()))):
        return False
    return bool(steps.size > 1 and np.isfinite(steps).all() and (steps > 0).all() and np.ptp(steps) < 0.5 * steps.mean())


def _without_time(columns: Sequence[Cells], header: Header, table: Table, name: str) -> Block:
    if header.rate_hz is None:
        raise FormatError(
            f"{name}: neither a time column nor a sampling rate was found; call it 'time_s' or begin the file with '# rate_hz: 1000'."
        )
    members = tuple(column for column in columns if not _is_index(column))
    samples = max((int(table.seen.last[column.place]) + 1 for column in members), default=0)
    return Block(Clock(header.rate_hz, 0.0, None, samples, ()), members)


def _block(
    time: Cells, members: Sequence[Cells], header: Header, table: Table, name: str, warnings: list[str], person: dict[str, str]
) -> Block:
    rows = int(table.seen.last[time.place]) + 1
    where = f"{name}, column '{time.label}'"
    times = table.kept[time.place] if time.place in table.kept else np.asarray(table.values[time.place])
    seconds = times[:rows] if time.stamps else times[:rows] * time_factor(time.unit)
    if not header.statement:
        seconds = _from_the_first(seconds, time, table, warnings, person)
    clock = clock_of(seconds, where=where)
    kept = tuple(column for column in members if not _is_index(column))
    if not time.unit and not time.stamps and clock.rate_hz <= _SLOW_HZ and any(_kind(column) is StreamKind.EMG for column in kept):
        unit, word, factor = next(u for u in _FINER if clock.rate_hz / u[2] > _SLOW_HZ or u is _FINER[-1])
        warnings.append(
            f"the times step by {1 / clock.rate_hz:g}: taken as {word}, since EMG is not sampled so slowly; name the column 'time_{unit}'"
        )
        clock = clock_of(seconds * factor, where=where)
    if clock.rate_hz < _LIST_HZ and not time.stated and not header.statement:
        raise FormatError(
            f"{where}: the rows stand {1 / clock.rate_hz:.4g} s apart: a list of visits, not a recording; open the file of samples."
        )
    if header.rate_hz is not None:
        if abs(header.rate_hz - clock.rate_hz) <= 0.01 * clock.rate_hz:
            clock = replace(clock, rate_hz=agreed_rate(clock.rate_hz, header.rate_hz, clock.samples))
        else:
            warnings.append(f"the header gives {header.rate_hz:g} Hz, the times {clock.rate_hz:.6g} Hz; the times are followed")
    warnings.extend(warning for warning in clock.warnings if warning not in warnings)
    return Block(clock, kept)


def _from_the_first(seconds: Floats, time: Cells, table: Table, warnings: list[str], person: dict[str, str]) -> Floats:
    """Times of day and times since 1970 from the first sample on: when somebody was recorded stays with the person."""
    first = float(seconds[0]) if seconds.size else 0.0
    if time.stamps:
        steps = np.diff(seconds)
        midnight = np.flatnonzero(steps < -0.5 * _DAY_S)
        if midnight.size:
            seconds = seconds + _DAY_S * (np.arange(seconds.size)[:, None] > midnight[None, :]).sum(axis=1)
        if not table.day and first < 3600.0:
            return seconds  # elapsed time
        person["recording time"] = f"{int(first // 3600) % 24:02d}:{int(first // 60) % 60:02d}:{first % 60:06.3f}"
        if table.day:
            person["recording date"] = date.fromordinal(1 + table.day).isoformat()
    else:
        if not first >= _EPOCHS[-1][0]:
            return seconds
        unit = next(unit for least, unit in _EPOCHS if first >= least) if not time.unit else 1.0
        person["recording time"] = f"{first * unit:.3f} s since 1970"
        seconds = (seconds - first) * unit
        first = 0.0
    warnings.append("the times are of the clock; they are counted from the first sample")
    return seconds - first


def _kind(column: Cells) -> StreamKind:
    return kind_of(column.label, column.unit, names_of([Column(column.label, column.unit)])[0])
