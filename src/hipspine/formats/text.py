"""Delimited text: plain CSV and TSV, EMGworks (a time column per channel), Noraxon (header block, decimal comma), '#' headers.

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
from hipspine.formats.sibling_events import is_events_table
from hipspine.formats.source import Source
from hipspine.formats.text_columns import Block, blocks_of, columns_of, with_numbers
from hipspine.formats.text_header import header_of
from hipspine.formats.text_table import decode, parse_table
from hipspine.signals.recording import Event
from hipspine.terms import Floats

NAME = "delimited text"
_SUFFIXES = (".csv", ".tsv", ".txt", ".asc", ".dat")
_OTHER_FORMATS = (b"endheader", b"PathFileType", b"File_Type:", b"<?xml", b"<html", b"%PDF", b"{\\rtf")


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are text that may hold a table, and not another text format."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    if not head.strip() or b"\0" in head or any(mark in head for mark in _OTHER_FORMATS) or head.lstrip().startswith((b"<", b"{", b"[")):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return control == 0 and (suffix in _SUFFIXES or any(byte in b"0123456789" for byte in head))


def read(source: Source) -> Content:
    """The content of a text file: columns by name and unit, the clock from the time column or the header."""
    table = parse_table(decode(source.read(0, source.size), source.name), source.name)
    header = header_of(table.comments, table.preamble, source.name)
    stated = statement_of(header.statement, source.name)
    columns = columns_of(table, header, stated)
    warnings: list[str] = []
    if is_events_table([column.label for column in columns]):
        raise FormatError(f"{source.name}: holds moments, not samples ({columns[0].label} ...); open the recording that it belongs to.")
    columns = with_numbers(columns, warnings)
    blocks = blocks_of(columns, header, table, source.name, warnings)
    groups = _groups(blocks, warnings)
    if not groups:
        raise FormatError(f"{source.name}: there is a time column but no column of samples; export at least one channel.")
    return Content(
        groups,
        tuple(sorted([*header.events, *_event_columns(blocks)], key=lambda event: event.time_s)),
        tuple(warnings),
        about=header.about,
        statement=stated,
        unit_note=f"counts of a {header.resolution_bits}-bit converter" if header.resolution_bits else "",
    )


READER = Reader(NAME, _SUFFIXES, recognises, read)


# ------------------------------------------------------------------------------------------------------------------- streams


def _groups(blocks: Sequence[Block], warnings: list[str]) -> tuple[Group, ...]:
    """Groups of all blocks, their labels made distinct; blocks of one clock are joined."""
    cells = [(block.clock, column) for block in blocks for column in block.columns if not column.marks_events]
    labels, doubled = unique_labels([column.label for _, column in cells])
    warnings.extend(doubled)
    groups: dict[tuple[float, float, int], list[tuple[Column, Floats]]] = {}
    for (clock, cell), label in zip(cells, labels, strict=True):
        key = (round(clock.rate_hz, 6), round(clock.start_s, 9), clock.samples)
        groups.setdefault(key, []).append((Column(label, cell.unit, cell.hint), cell.values))
    return tuple(
        Group(tuple(column for column, _ in members), np.array([values for _, values in members]), rate_hz, start_s)
        for (rate_hz, start_s, _), members in groups.items()
    )


# -------------------------------------------------------------------------------------------------------------------- events


def _event_columns(blocks: Sequence[Block]) -> list[Event]:
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
