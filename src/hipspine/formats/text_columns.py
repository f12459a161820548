"""The columns of a text file by role (clock, samples, counter, event) and by clock: one time column, one per channel, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.names import resolve
from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of
from hipspine.formats.clock import Clock, clock_of
from hipspine.formats.column_names import is_event, is_index, is_time, split_unit, time_factor
from hipspine.formats.content import Column
from hipspine.formats.ours import Statement
from hipspine.formats.text_header import Header
from hipspine.formats.text_table import Table
from hipspine.terms import Floats, StreamKind

_SLOW_HZ = 4.0  # EMG is never sampled below this: the times must be milliseconds


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One column with its role still open."""

    label: str
    unit: str
    hint: str
    values: Floats
    texts: tuple[str, ...]
    stated: bool  # hipspine wrote it as samples, whatever its label sounds like

    @property
    def is_time(self) -> bool:
        """Whether it is the clock of the columns beside it."""
        return not self.stated and not self.texts and is_time(self.label, self.unit)

    @property
    def is_index(self) -> bool:
        """Whether it only counts samples."""
        return not self.stated and is_index(self.label)

    @property
    def marks_events(self) -> bool:
        """Whether it holds moments instead of samples."""
        return bool(self.texts) or (not self.stated and is_event(self.label))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns that share a clock."""

    clock: Clock
    columns: tuple[Cells, ...]


def columns_of(table: Table, header: Header, stated: Statement) -> list[Cells]:
    """Every column with its label, unit and cells; what it is for is decided by its properties."""
    names = list(table.names)
    if not any(names) and header.labels:
        names = [*header.labels, *names][: len(names)] if len(header.labels) <= len(names) else list(header.labels[: len(names)])
    hints = _hints(table)
    out = []
    for k in range(table.values.shape[1]):
        label, unit = split_unit(names[k])
        words = tuple(table.texts.get(k, ()))
        if not names[k] and not words and not np.isfinite(table.values[:, k]).any():
            continue  # the empty column that a delimiter at the end of each line makes
        ours = stated.of(label)
        written = ours is not None and ours.unit == unit
        out.append(Cells(label or f"column {k + 1}", unit or table.units[k].strip("[]() "), hints[k], table.values[:, k], words, written))
    return out


def with_numbers(columns: Sequence[Cells], warnings: list[str]) -> list[Cells]:
    """The columns that hold anything; the others are named."""
    blank = [column.label for column in columns if not column.texts and not np.isfinite(column.values).any()]
    if blank:
        warnings.append(f"no numbers in {', '.join(repr(label) for label in blank[:5])}: left out")
    return [column for column in columns if column.label not in blank or column.texts or np.isfinite(column.values).any()]


def _hints(table: Table) -> list[str]:
    """A row above the names with one title per sensor, as some exports have: the row that names most muscles, run on over empty cells."""
    width = len(table.names)
    rows = [row for row in table.preamble if len(row) == width]
    best = max(rows, key=lambda row: sum(_names_muscle(cell) for cell in row), default=())
    filled, last = [""] * width, ""
    if any(map(_names_muscle, best)):
        for k, cell in enumerate(best):
            last = cell or last
            filled[k] = last
    return filled


def _names_muscle(title: str) -> bool:
    return bool(title) and resolve(title).muscle is not None


def blocks_of(columns: Sequence[Cells], header: Header, table: Table, name: str, warnings: list[str]) -> list[Block]:
    """Columns by clock: each belongs to the time column on its left, all of them to the only one there is."""
    times = [k for k, column in enumerate(columns) if column.is_time]
    if not times and not any(table.names) and header.rate_hz is None and len(columns) > 1 and _is_even(columns[0].values):
        warnings.append("the columns have no names; the first one rises evenly and is taken as time in seconds")
        times = [0]
    if not times:
        return [_without_time(columns, header, name)]
    if len(times) == 1:
        k = times[0]
        return _by_rate(_block(columns[k], [*columns[:k], *columns[k + 1 :]], header, name, warnings))
    edges = [0, *times[1:], len(columns)]
    groups = [(columns[start], columns[start + 1 : stop]) for start, stop in zip(times, edges[1:], strict=True)]
    return [_block(time, members, header, name, warnings) for time, members in groups if members]


def _by_rate(block: Block) -> list[Block]:
    """Columns that are filled in every k-th row only have a slower clock of their own, not gaps in this one."""
    slower: dict[tuple[int, int], list[Cells]] = {}
    for column in block.columns:
        seen = np.flatnonzero(np.isfinite(column.values))
        every = int(seen[1] - seen[0]) if seen.size > 2 and not column.texts else 1
        regular = every > 1 and bool((np.diff(seen) == every).all()) and seen[0] < every and seen[-1] + every >= column.values.size
        slower.setdefault((every, int(seen[0])) if regular else (1, 0), []).append(column)
    blocks = []
    for (every, first), members in slower.items():
        start_s = block.clock.start_s + first / block.clock.rate_hz
        thinned = tuple(replace(column, values=column.values[first::every]) for column in members) if every > 1 else tuple(members)
        clock = Clock(block.clock.rate_hz / every, start_s, None, thinned[0].values.size, ()) if every > 1 else block.clock
        blocks.append(Block(clock, thinned))
    return blocks


def _is_even(values: Floats) -> bool:
    steps = np.diff(values)
    return bool(steps.size > 1 and np.isfinite(steps).all() and (steps > 0).all() and np.ptp(steps) < 0.5 * steps.mean())


def _without_time(columns: Sequence[Cells], header: Header, name: str) -> Block:
    if header.rate_hz is None:
        raise FormatError(
            f"{name}: neither a time column nor a sampling rate was found; call it 'time_s' or begin the file with '# rate_hz: 1000'."
        )
    members = tuple(column for column in columns if not column.is_index)
    samples = max((_length(column) for column in members), default=0)
    return Block(Clock(header.rate_hz, 0.0, None, samples, ()), tuple(_cut(column, samples) for column in members))


def _length(column: Cells) -> int:
    seen = np.flatnonzero(np.isfinite(column.values))
    return int(seen[-1]) + 1 if seen.size else 0


def _cut(column: Cells, rows: int) -> Cells:
    return replace(column, values=column.values[:rows], texts=column.texts[:rows])


def _block(time: Cells, members: Sequence[Cells], header: Header, name: str, warnings: list[str]) -> Block:
    rows = _length(time)
    where = f"{name}, column '{time.label}'"
    seconds = time.values[:rows] * time_factor(time.unit)
    clock = clock_of(seconds, where=where)
    kept = [_cut(column, rows) for column in members if not column.is_index]
    if not time.unit and clock.rate_hz <= _SLOW_HZ and any(_kind(column) is StreamKind.EMG for column in kept):
        warnings.append(
            f"the times step by {1 / clock.rate_hz:g}: taken as milliseconds, since EMG is not sampled so slowly; name the column 'time_ms'"
        )
        clock = clock_of(seconds * 1e-3, where=where)
    if header.rate_hz is not None:
        if abs(header.rate_hz - clock.rate_hz) <= 0.01 * clock.rate_hz:
            clock = replace(clock, rate_hz=header.rate_hz) if abs(header.rate_hz - clock.rate_hz) <= 1e-4 * clock.rate_hz else clock
        else:
            warnings.append(f"the header gives {header.rate_hz:g} Hz, the times {clock.rate_hz:.6g} Hz; the times are followed")
    warnings.extend(warning for warning in clock.warnings if warning not in warnings)
    return Block(clock, tuple(replace(column, values=clock.spread(column.values)) for column in kept))


def _kind(column: Cells) -> StreamKind:
    return kind_of(column.label, column.unit, names_of([Column(column.label, column.unit)])[0])
