"""What the columns of a Parquet table are for: clock, samples, moments, words; several clocks as in a text table.

A time column is the clock of the columns to its right, a single one that of all. Moments of the calendar become seconds from the
first; the first itself says when a person was recorded and is kept with what else is said of people.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.channels import unique_labels
from hipspine.formats.clock import Clock
from hipspine.formats.column_names import is_event, split_unit
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.lazy_module import use
from hipspine.formats.ours import Statement, statement_of
from hipspine.formats.parquet.blocks import Cells, Found, blocks_of, clock_left_of
from hipspine.formats.parquet.clock import slower
from hipspine.formats.parquet.footer import footer_of
from hipspine.formats.parquet.notes import TableNotes, is_of_a_person, notes_of
from hipspine.formats.parquet.table import Table
from hipspine.formats.parquet.words import edges, moments_of_words
from hipspine.formats.source import Source
from hipspine.terms import Floats


def content_of(source: Source) -> Content:
    """The content of a Parquet file.

    Raises:
        FormatError: damaged, nested, without samples, or without a clock.
    """
    footer = footer_of(source)
    notes = notes_of(footer.notes, source.name)
    stated = statement_of(notes.statement, source.name)
    table: Table = use("parquet.reader_bytes").ParquetTable(source, footer)
    cells = _cells_of(table, footer.names, notes, stated)
    found = Found(dict(notes.about), dict(notes.person), list(notes.events))
    cells = [cell for cell in cells if not _says_who(cell, table, found)]
    blocks = blocks_of(cells, table, notes, stated, source.name, found)
    groups = []
    for clock, members in blocks:
        samples = [cell for cell in members if cell.is_number and not _marks(cell)]
        found.events += [event for cell in members if _marks(cell) for event in edges(table, cell.place, cell.label, clock)]
        groups += _groups(samples, clock, table)
    longest = max((clock for clock, _ in blocks), key=lambda clock: clock.samples)
    for cell in cells:
        if not (cell.is_number or cell.is_moment):
            found.events += moments_of_words(table, cell.place, cell.label, clock_left_of(cell, blocks, longest), found.about, found.person,
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


def _cells_of(table: Table, names: Sequence[str], notes: TableNotes, stated: Statement) -> list[Cells]:
    cells = []
    for place, (name, kind) in enumerate(zip(names, table.types, strict=True)):
        label, unit = split_unit(name)
        ours, whole = stated.of(label), _ours_in(name, stated)
        if whole is not None:
            label, unit, ours = *whole, stated.of(whole[0])
        cell_unit = unit or notes.units.get(name, notes.units.get(label, ""))
        written = ours is not None and ours.unit == unit
        cells.append(Cells(place, label or f"column {place + 1}", cell_unit, kind, written, notes.durations.get(name)))
    return cells


def _ours_in(name: str, stated: Statement) -> tuple[str, str] | None:
    """Label and unit of a column that hipspine named ``label [unit]``, whatever else the label holds."""
    label, bracket, unit = name.rpartition(" [")
    ours = stated.of(label) if bracket and unit.endswith("]") else None
    return (label, ours.unit) if ours is not None and ours.unit == unit[:-1] else None


def _says_who(cell: Cells, table: Table, found: Found) -> bool:
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


def _marks(cell: Cells) -> bool:
    return not cell.stated and is_event(cell.label)


# -------------------------------------------------------------------------------------------------------------------- samples


def _groups(samples: Sequence[Cells], clock: Clock, table: Table) -> list[Group]:
    """Columns of one clock; those that are filled in every k-th row only have a slower clock of their own, not gaps in this one."""
    sorted_: dict[tuple[int, int], list[Cells]] = {}
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
