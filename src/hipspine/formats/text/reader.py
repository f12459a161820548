"""Delimited text: plain CSV and TSV, EMGworks and Trigno Discover, Noraxon, AcqKnowledge, BTS, OpenSignals, BioSPPy, '#' headers.

What a file does not say is not guessed in silence: an assumed unit or a clock is named in the recording's warnings.
"""

from collections.abc import Sequence

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.channels import unique_labels
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.events import canonical_event
from hipspine.formats.ours import statement_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.text.anonymise import anonymise
from hipspine.formats.text.columns import Block, Cells, blocks_of, columns_of, with_numbers
from hipspine.formats.text.dialects import annotations_from
from hipspine.formats.text.header import header_of
from hipspine.formats.text.layout import layout_of
from hipspine.formats.text.lines import is_wide
from hipspine.formats.text.samples import moments_of, samples_of
from hipspine.formats.text.scan import Table, scanned
from hipspine.formats.text.sibling_events import is_events_table
from hipspine.signals.recording import Event

NAME = "delimited text"
_SUFFIXES = (".csv", ".tsv", ".txt", ".asc", ".dat", ".emt")
_OTHER_FORMATS = (b"endheader", b"PathFileType", b"File_Type:", b"<?xml", b"<html", b"%PDF", b"{\\rtf")


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are text that may hold a table, and not another text format."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (is_wide(head) and suffix in _SUFFIXES):
        return True
    head = head.removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()
    if not start or b"\0" in head or any(mark in head for mark in _OTHER_FORMATS) or start.startswith((b"<", b"{", b"[", b"NO_OF_")):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return control == 0 and (suffix in _SUFFIXES or any(byte in b"0123456789" for byte in head))


def read(source: Source) -> Content:
    """The content of a text file: columns by name and unit, the clock from the time column or the header."""
    layout = layout_of(source)
    header = header_of(layout, source.name)
    stated = statement_of(header.statement, source.name)
    columns = columns_of(layout, header, stated)
    if is_events_table([column.label for column in columns]):
        raise FormatError(f"{source.name}: holds moments, not samples ({columns[0].label} ...); open the recording that it belongs to.")
    table = scanned(
        source,
        layout,
        keep={c.place for c in columns if c.is_time},
        edges={c.place for c in columns if c.marks_events},
        markers=annotations_from(layout.names),
    )
    warnings = [f"a second table, {table.section!r}, stands below the first and was not read; export it alone"] if table.section else []
    person = dict(header.person)
    usable = with_numbers(columns, layout, table, stated, warnings)
    blocks = blocks_of(usable, header, table, source.name, warnings, person) if usable else []
    groups = _groups(blocks, table, warnings)
    if not groups:
        raise FormatError(f"{source.name}: there is a time column but no column of samples; export at least one channel.")
    events = [*header.events, *_event_columns(columns, blocks, table), *_markers(table)]
    return Content(
        groups,
        tuple(sorted(events, key=lambda event: event.time_s)),
        tuple(warnings),
        about=header.about,
        person=person,
        statement=stated,
        unit_note=f"counts of a {header.resolution_bits}-bit converter" if header.resolution_bits else "",
    )


# ------------------------------------------------------------------------------------------------------------------- streams


def _groups(blocks: Sequence[Block], table: Table, warnings: list[str]) -> tuple[Group, ...]:
    """Groups of all blocks, their labels made distinct; blocks of one clock are joined where the samples are in memory."""
    members = [(block, [column for column in block.columns if not column.marks_events]) for block in blocks]
    labels, doubled = unique_labels([column.label for _, columns in members for column in columns])
    warnings.extend(doubled)
    names = iter(labels)
    groups: dict[tuple[object, ...], list[tuple[Block, list[tuple[Cells, str]]]]] = {}
    for block, columns in members:
        clock = block.clock
        even = clock.places is None
        rows = (block.first, block.every) if even else (id(clock),)
        key = (round(clock.rate_hz, 6), round(clock.start_s, 9), clock.samples, *rows)
        if columns:
            groups.setdefault(key, []).append((block, [(column, next(names)) for column in columns]))
    out = []
    for parts in groups.values():
        block = parts[0][0]
        cells = [pair for _, pairs in parts for pair in pairs]
        values = samples_of(table, block, [cell for cell, _ in cells])
        named = tuple(Column(label, cell.unit, cell.hint) for cell, label in cells)
        out.append(Group(named, values, block.clock.rate_hz, block.clock.start_s))
    return tuple(out)


# -------------------------------------------------------------------------------------------------------------------- events


def _event_columns(columns: Sequence[Cells], blocks: Sequence[Block], table: Table) -> list[Event]:
    """Words at their row's time where they begin, and the rising edges of a numeric event column."""
    events = []
    for column in columns:
        place = column.place
        if place in table.words and not column.stamps:
            marks = table.words[place].marks
        elif column.marks_events and place in table.edges:
            marks = [(row, column.label) for row, _ in table.edges[place].marks]
        else:
            continue
        block = _block_beside(place, blocks)
        for time_s, word in moments_of(block, marks):
            label, side = canonical_event(word)
            events.append(Event(label, time_s, side))
    return events


def _block_beside(place: int, blocks: Sequence[Block]) -> Block:
    """The block whose columns stand around this one: the last that begins at or before it; rows are counted as in the file."""
    own = [block for block in blocks if block.every == 1 and any(column.place < place for column in block.columns)]
    return own[-1] if own else next((block for block in blocks if block.every == 1), blocks[0])


def _markers(table: Table) -> list[Event]:
    """Events of the table of markers that Trigno Discover writes beside the samples: a label, or a name, and its time."""
    names = [name.lower() for name in table.layout.names]
    first = annotations_from(table.layout.names)
    what = [k for word in ("label", "name") for k in range(first, len(names)) if names[k] == word]
    when = next((k for k in range(first, len(names)) if names[k].startswith("time")), None)
    events = []
    for _, cells in sorted(table.cells.items()):
        word = next((cells[k] for k in what if k in cells), "")
        try:
            time_s = float(cells.get(when, "nan")) if when is not None else np.nan
        except ValueError:
            continue
        if word and np.isfinite(time_s):
            label, side = canonical_event(word)
            events.append(Event(label, time_s, side))
    return events


READER = Reader(NAME, _SUFFIXES, recognises, read, anonymise)
