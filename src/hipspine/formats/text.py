"""Delimited text: plain CSV and TSV, EMGworks (a time column per channel), Noraxon (header block, decimal comma), '#' headers.

What a file does not say is not guessed in silence: an assumed unit or a clock is named in the recording's warnings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hipspine.anatomy.names import MuscleName, resolve
from hipspine.errors import FormatError
from hipspine.formats.channels import Column, kind_of, names_of, streams_of, unique_labels
from hipspine.formats.clock import Clock, clock_of
from hipspine.formats.column_names import is_event, is_index, is_time, split_unit, time_factor
from hipspine.formats.events import canonical_event
from hipspine.formats.ours import Statement, statement_of
from hipspine.formats.reader import Reader, only_format_errors
from hipspine.formats.sibling_events import is_events_table, sibling_events
from hipspine.formats.text_header import Header, header_of
from hipspine.formats.text_table import Table, decode, parse_table
from hipspine.signals.recording import Event, Recording, Stream
from hipspine.terms import Floats, StreamKind

NAME = "delimited text"
_SUFFIXES = (".csv", ".tsv", ".txt", ".asc", ".dat")
_OTHER_FORMATS = (b"endheader", b"PathFileType", b"File_Type:", b"<?xml", b"<html", b"%PDF", b"{\\rtf")
_SLOW_HZ = 4.0  # EMG is never sampled below this: the times must be milliseconds


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are text that may hold a table, and not another text format."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    if not head.strip() or b"\0" in head or any(mark in head for mark in _OTHER_FORMATS) or head.lstrip().startswith((b"<", b"{", b"[")):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return control == 0 and (suffix in _SUFFIXES or any(byte in b"0123456789" for byte in head))


@only_format_errors(NAME)
def read(path: Path, data: bytes) -> Recording:
    """The recording in a text file: columns by name and unit, the clock from the time column or the header, events beside it."""
    table = parse_table(decode(data, path.name), path.name)
    header = header_of(table.comments, table.preamble, path.name)
    stated = statement_of(header.statement, path.name)
    columns = _columns(table, header, stated)
    warnings: list[str] = []
    if is_events_table([column.label for column in columns]):
        raise FormatError(f"{path.name}: holds moments, not samples ({columns[0].label} ...); open the recording that it belongs to.")
    columns = _filled(columns, warnings)
    blocks = _blocks(columns, header, table, path.name, warnings)
    streams = _streams(blocks, stated, header, warnings)
    if not streams:
        raise FormatError(f"{path.name}: there is a time column but no column of samples; export at least one channel.")
    events = [*header.events, *_event_columns(blocks), *sibling_events(path, warnings)]
    return Recording(
        path.name,
        NAME,
        stated.ordered(streams),
        tuple(sorted(events, key=lambda event: event.time_s)),
        tuple(warnings),
        about=header.about,
    )


READER = Reader(NAME, _SUFFIXES, recognises, read)


# --------------------------------------------------------------------------------------------------------- columns and clocks


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """One column with its role still open."""

    label: str
    unit: str
    hint: str
    values: Floats
    texts: tuple[str, ...]
    stated: bool  # hipspine wrote it as samples, whatever its label sounds like

    @property
    def is_time(self) -> bool:
        return not self.stated and not self.texts and is_time(self.label, self.unit)

    @property
    def is_index(self) -> bool:
        return not self.stated and is_index(self.label)

    @property
    def marks_events(self) -> bool:
        return bool(self.texts) or (not self.stated and is_event(self.label))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Columns that share a clock."""

    clock: Clock
    columns: tuple[_Cells, ...]


def _columns(table: Table, header: Header, stated: Statement) -> list[_Cells]:
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
        out.append(_Cells(label or f"column {k + 1}", unit or table.units[k].strip("[]() "), hints[k], table.values[:, k], words, written))
    return out


def _filled(columns: Sequence[_Cells], warnings: list[str]) -> list[_Cells]:
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


def _blocks(columns: Sequence[_Cells], header: Header, table: Table, name: str, warnings: list[str]) -> list[_Block]:
    """Columns by clock: each belongs to the time column on its left, all of them to the only one there is."""
    times = [k for k, column in enumerate(columns) if column.is_time]
    if not times and not any(table.names) and header.rate_hz is None and len(columns) > 1 and _is_even(columns[0].values):
        warnings.append("the columns have no names; the first one rises evenly and is taken as time in seconds")
        times = [0]
    if not times:
        return [_without_time(columns, header, name)]
    if len(times) == 1:
        k = times[0]
        return [_block(columns[k], [*columns[:k], *columns[k + 1 :]], header, name, warnings)]
    edges = [0, *times[1:], len(columns)]
    groups = [(columns[start], columns[start + 1 : stop]) for start, stop in zip(times, edges[1:], strict=True)]
    return [_block(time, members, header, name, warnings) for time, members in groups if members]


def _is_even(values: Floats) -> bool:
    steps = np.diff(values)
    return bool(steps.size > 1 and np.isfinite(steps).all() and (steps > 0).all() and np.ptp(steps) < 0.5 * steps.mean())


def _without_time(columns: Sequence[_Cells], header: Header, name: str) -> _Block:
    if header.rate_hz is None:
        raise FormatError(
            f"{name}: neither a time column nor a sampling rate was found; call it 'time_s' or begin the file with '# rate_hz: 1000'."
        )
    members = tuple(column for column in columns if not column.is_index)
    samples = max((_length(column) for column in members), default=0)
    return _Block(Clock(header.rate_hz, 0.0, None, samples, ()), tuple(_cut(column, samples) for column in members))


def _length(column: _Cells) -> int:
    seen = np.flatnonzero(np.isfinite(column.values))
    return int(seen[-1]) + 1 if seen.size else 0


def _cut(column: _Cells, rows: int) -> _Cells:
    return replace(column, values=column.values[:rows], texts=column.texts[:rows])


def _block(time: _Cells, members: Sequence[_Cells], header: Header, name: str, warnings: list[str]) -> _Block:
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
    return _Block(clock, tuple(replace(column, values=clock.spread(column.values)) for column in kept))


def _kind(column: _Cells) -> StreamKind:
    return kind_of(column.label, column.unit, names_of([Column(column.label, column.values, column.unit)])[0])


# ------------------------------------------------------------------------------------------------------------------- streams


def _streams(blocks: Sequence[_Block], stated: Statement, header: Header, warnings: list[str]) -> tuple[Stream, ...]:
    """Streams of all blocks; labels are read together, blocks of one clock are joined."""
    cells = [(block, column) for block in blocks for column in block.columns if not column.marks_events]
    labels, doubled = unique_labels([column.label for _, column in cells])
    warnings.extend(doubled)
    columns = [
        Column(label, column.values, column.unit, column.hint, stated=stated.of(label))
        for label, (_, column) in zip(labels, cells, strict=True)
    ]
    names = names_of(columns)
    kinds = [c.stated.kind if c.stated else kind_of(c.label, c.unit, n) for c, n in zip(columns, names, strict=True)]
    columns = _with_assumed_units(columns, kinds, header, warnings)
    groups: dict[tuple[float, float, int], list[tuple[Column, MuscleName]]] = {}
    for (block, _), column, muscle in zip(cells, columns, names, strict=True):
        clock = block.clock
        groups.setdefault((round(clock.rate_hz, 6), round(clock.start_s, 9), clock.samples), []).append((column, muscle))
    return tuple(
        stream
        for (rate_hz, start_s, _), members in groups.items()
        for stream in streams_of([c for c, _ in members], rate_hz=rate_hz, start_s=start_s, names=[n for _, n in members])
    )


def _with_assumed_units(columns: Sequence[Column], kinds: Sequence[StreamKind], header: Header, warnings: list[str]) -> list[Column]:
    """Angles and forces without a unit are taken as degrees and newtons; EMG without one keeps its numbers. Each is said."""
    assumed = {StreamKind.ANGLE: "deg", StreamKind.FORCE: "N"}
    examples = {StreamKind.ANGLE: "hip_flexion_deg", StreamKind.FORCE: "force_n"}
    open_ = [kind for column, kind in zip(columns, kinds, strict=True) if not column.unit and column.stated is None]
    if StreamKind.EMG in open_:
        counts = f"counts of a {header.resolution_bits}-bit converter" if header.resolution_bits else "numbers as they are"
        warnings.append(
            f"the unit of the EMG is not given: kept as {counts} (onsets do not depend on it); name columns such as 'gmax_l_uv'"
        )
    for kind, unit in assumed.items():
        if kind in open_:
            warnings.append(f"the unit of the {kind.value} columns is not given: taken as {unit}; name columns such as '{examples[kind]}'")
    return [
        replace(column, unit=assumed[kind]) if not column.unit and column.stated is None and kind in assumed else column
        for column, kind in zip(columns, kinds, strict=True)
    ]


# -------------------------------------------------------------------------------------------------------------------- events


def _event_columns(blocks: Sequence[_Block]) -> list[Event]:
    """Words in an event column at their row's time, and the rising edges of a numeric one."""
    events = []
    for block in blocks:
        for column in block.columns:
            if not column.marks_events:
                continue
            places = block.clock.places if block.clock.places is not None else np.arange(block.clock.samples)
            if column.texts:
                marks = [(int(places[row]), word) for row, word in enumerate(column.texts) if word]
            else:
                level = np.nan_to_num(column.values) != 0
                marks = [(int(i), column.label) for i in np.flatnonzero(level & ~np.concatenate([[False], level[:-1]]))]
            for place, word in marks:
                label, side = canonical_event(word)
                events.append(Event(label, block.clock.start_s + place / block.clock.rate_hz, side))
    return events
