"""Delimited text: plain CSV and TSV, EMGworks (a time column per channel), Noraxon (header block, decimal comma), '#' headers.

What a file does not say is not guessed in silence: an assumed unit or a clock is named in the recording's warnings.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hipspine.anatomy.names import MuscleName
from hipspine.errors import FormatError
from hipspine.formats.channels import Column, kind_of, names_of, streams_of, unique_labels
from hipspine.formats.events import canonical_event
from hipspine.formats.ours import Statement, statement_of
from hipspine.formats.reader import Reader, only_format_errors
from hipspine.formats.sibling_events import is_events_table, sibling_events
from hipspine.formats.text_columns import Block, blocks_of, columns_of, with_numbers
from hipspine.formats.text_header import Header, header_of
from hipspine.formats.text_table import decode, parse_table
from hipspine.signals.recording import Event, Recording, Stream
from hipspine.terms import StreamKind

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


@only_format_errors(NAME)
def read(path: Path, data: bytes) -> Recording:
    """The recording in a text file: columns by name and unit, the clock from the time column or the header, events beside it."""
    table = parse_table(decode(data, path.name), path.name)
    header = header_of(table.comments, table.preamble, path.name)
    stated = statement_of(header.statement, path.name)
    columns = columns_of(table, header, stated)
    warnings: list[str] = []
    if is_events_table([column.label for column in columns]):
        raise FormatError(f"{path.name}: holds moments, not samples ({columns[0].label} ...); open the recording that it belongs to.")
    columns = with_numbers(columns, warnings)
    blocks = blocks_of(columns, header, table, path.name, warnings)
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


# ------------------------------------------------------------------------------------------------------------------- streams


def _streams(blocks: Sequence[Block], stated: Statement, header: Header, warnings: list[str]) -> tuple[Stream, ...]:
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
