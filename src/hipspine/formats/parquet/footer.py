"""What the end of a Parquet file says of its columns and pages, held against the bytes that are there.

Source: the Apache Parquet format specification (parquet.thrift, version 2). Every size is checked before anything is decoded: row
counts down to the pages, places inside the file, and how far a page would expand.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hipspine.errors import FormatError
from hipspine.formats.parquet.thrift import Notes, Wanted
from hipspine.formats.source import Source

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
_LARGEST_FOOTER = 64 << 20
_ROOM = 256 << 20  # bytes that any file may expand to
_EXPANSION = 4  # times its size that a page may expand to beyond that
_NUMBERS = 200  # bytes of numbers for each byte of file, beyond that room: a channel that never changes takes next to nothing
_PAGE_HEAD = 2048  # bytes that a page's header usually fits into
_DATA_PAGES = (0, 3)
_DICTIONARY_PAGE = 2

_COLUMN_DATA: Wanted = {
    1: ("type", None),
    4: ("codec", None),
    5: ("values", None),
    6: ("expanded", None),
    7: ("size", None),
    9: ("first_page", None),
    11: ("dictionary_page", None),
}
_FOOTER: Wanted = {
    2: ("schema", {1: ("type", None), 4: ("name", None), 5: ("children", None)}),
    3: ("rows", None),
    4: ("groups", {1: ("columns", {1: ("file", None), 3: ("data", _COLUMN_DATA), 8: ("encrypted", {})}), 3: ("rows", None)}),
    5: ("notes", {1: ("key", None), 2: ("value", None)}),
    6: ("made_by", None),
    8: ("encryption", {}),
}
_PAGE: Wanted = {
    1: ("type", None),
    2: ("expanded", None),
    3: ("size", None),
    5: ("data", {1: ("values", None)}),
    7: ("dictionary", {1: ("values", None)}),
    8: ("data", {1: ("values", None), 5: ("levels", None), 6: ("more_levels", None)}),
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """The pages of one column in one row group."""

    start: int  # byte
    size: int  # bytes
    values: int  # rows


@dataclass(frozen=True, slots=True)
class Footer:
    """The checked end of a Parquet file without nested columns."""

    names: tuple[str, ...]
    rows: int
    chunks: tuple[tuple[Chunk, ...], ...]  # (row group, column)
    notes: tuple[tuple[str, str], ...]  # key and value, as programs leave them
    made_by: str


def footer_of(source: Source) -> Footer:
    """The footer, with every size in it checked against the file.

    Raises:
        FormatError: no Parquet file, cut off, encrypted, nested, or saying what its bytes do not hold.
    """
    said, end = _said(source)
    names = _names(said, source.name)
    rows = _count(said.get("rows"), f"{source.name}: the number of rows")
    if not rows:
        raise FormatError(f"{source.name}: the Parquet file has {len(names)} columns and no rows; record or export it again.")
    chunks = tuple(_chunks(group, names, end, source.name) for group in _structures(said, "groups", source.name))
    counted = sum(group[0].values for group in chunks if group)
    if counted != rows:
        raise FormatError(f"{source.name}: the footer speaks of {rows} rows, its row groups of {counted}; the file is damaged.")
    if rows * len(names) * 8 > _NUMBERS * source.size + _ROOM:
        raise FormatError(
            f"{source.name}: {rows} rows of {len(names)} columns are announced in a file of {source.size} bytes; no recording is so "
            "regular. Export it again."
        )
    for group in chunks:
        for name, chunk in zip(names, group, strict=True):
            _check_pages(source, chunk, f"{source.name}, column {_shown(name)!r}")
    notes = tuple((_text(note.get("key")), _text(note.get("value"))) for note in _structures(said, "notes", source.name))
    return Footer(names, rows, chunks, notes, _text(said.get("made_by")))


def _said(source: Source) -> tuple[dict[str, Any], int]:
    """The footer as it stands, and the byte it begins at."""
    if source.size < 12 or source.read(0, 4) not in (MAGIC, ENCRYPTED):
        raise FormatError(f"{source.name}: not a Parquet file: it begins with {source.head[:4]!r} instead of 'PAR1'; check what it is.")
    length, magic = struct.unpack("<I4s", source.read(source.size - 8, 8))
    if ENCRYPTED in (magic, source.head[:4]):
        raise FormatError(f"{source.name}: the Parquet file is encrypted; export it without encryption.")
    if magic != MAGIC:
        raise FormatError(
            f"{source.name}: the Parquet file ends with {magic!r} instead of 'PAR1': it is cut off, or was never closed by the program "
            "that wrote it. Copy or export it again."
        )
    start = source.size - 8 - length
    if start < 4 or length > _LARGEST_FOOTER:
        raise FormatError(
            f"{source.name}: the footer should have {length} bytes; the file of {source.size} bytes has no room for it, or it is larger "
            "than any that is read here (64 MB). Export it again."
        )
    said = Notes(source.read(start, length), f"{source.name}: the footer").structure(_FOOTER)
    if "encryption" in said:
        raise FormatError(f"{source.name}: the Parquet file is encrypted; export it without encryption.")
    return said, start


def _names(said: dict[str, Any], name: str) -> tuple[str, ...]:
    schema = _structures(said, "schema", name)
    if len(schema) < 2:
        raise FormatError(f"{name}: the footer of the Parquet file lists no columns, or is damaged; export the recording again.")
    nested = next((element for element in schema[1:] if element.get("children") or "type" not in element), None)
    if nested is not None:
        raise FormatError(
            f"{name}: column {_shown(_text(nested.get('name')))!r} is nested (a list or a structure in each row); write each channel as a "
            "column of its own, one sample per row."
        )
    if schema[0].get("children") != len(schema) - 1:
        raise FormatError(f"{name}: the footer speaks of {schema[0].get('children')} columns and lists {len(schema) - 1}; it is damaged.")
    return tuple(_text(element.get("name")) for element in schema[1:])


def _chunks(group: dict[str, Any], names: tuple[str, ...], end: int, name: str) -> tuple[Chunk, ...]:
    columns = _structures(group, "columns", name)
    rows = _count(group.get("rows"), f"{name}: the number of rows of a row group")
    if len(columns) != len(names):
        raise FormatError(f"{name}: a row group holds {len(columns)} of {len(names)} columns; the file is damaged.")
    chunks = []
    for label, column in zip(names, columns, strict=True):
        where = f"{name}, column {_shown(label)!r}"
        data = column.get("data")
        if column.get("file") or "encrypted" in column or not isinstance(data, dict):
            raise FormatError(f"{where}: its samples are in another file or encrypted; export all into one plain Parquet file.")
        values, size = _count(data.get("values"), f"{where}: its number of values"), _count(data.get("size"), f"{where}: its size")
        first = _count(data.get("first_page"), f"{where}: its place")
        dictionary = data.get("dictionary_page")
        start = min(first, dictionary) if isinstance(dictionary, int) and dictionary > 0 else first
        if values != rows:
            raise FormatError(f"{where}: holds {values} values in a row group of {rows} rows; the file is damaged.")
        if start < 4 or start + size > end:
            raise FormatError(f"{where}: its {size} bytes from byte {start} on reach beyond the data, which end at byte {end}.")
        chunks.append(Chunk(start, size, values))
    return tuple(chunks)


def _check_pages(source: Source, chunk: Chunk, where: str) -> None:
    """Every page lies in its chunk, expands to something bearable, and together they hold the rows that are announced."""
    values = 0
    for page, body in _pages(source, chunk, where):
        expanded = _count(page.get("expanded"), f"{where}: the size of a page")
        if expanded > _EXPANSION * source.size + _ROOM:
            raise FormatError(
                f"{where}: a page of {page['size']} bytes expands to {expanded}; that is beyond what is read here. Export the file again."
            )
        if page.get("type") in _DATA_PAGES:
            inside = _inside(page, "data")
            values += _count(inside.get("values"), f"{where}: the rows of a page")
            levels = sum(_count(inside.get(key, 0), f"{where}: the levels of a page") for key in ("levels", "more_levels"))
            if levels > min(page["size"], expanded):
                raise FormatError(f"{where}: the page before byte {body} is smaller than the part of it that counts gaps; it is damaged.")
        elif page.get("type") == _DICTIONARY_PAGE:
            entries = _count(_inside(page, "dictionary").get("values"), f"{where}: the words of a dictionary")
            if entries > 8 * expanded:
                raise FormatError(f"{where}: a dictionary of {expanded} bytes should hold {entries} entries; the file is damaged.")
    if values != chunk.values:
        raise FormatError(f"{where}: its pages hold {values} values, {chunk.values} are announced; the file is damaged.")


def _inside(page: dict[str, Any], part: str) -> dict[str, Any]:
    found = page.get(part)
    return found if isinstance(found, dict) else {}


def _pages(source: Source, chunk: Chunk, where: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Header of each page, and the byte at which the page ends."""
    at, end = chunk.start, chunk.start + chunk.size
    while at < end:
        page, head = _page(source, at, end, where)
        size = _count(page.get("size"), f"{where}: the size of the page at byte {at}")
        at += head + size
        if at > end:
            raise FormatError(f"{where}: a page of {size} bytes reaches beyond the column's part, which ends at byte {end}.")
        yield page, at


def _page(source: Source, at: int, end: int, where: str) -> tuple[dict[str, Any], int]:
    """The header at this byte and its length; statistics of long words may make it long."""
    for room in (_PAGE_HEAD, 64 * _PAGE_HEAD):
        notes = Notes(source.read(at, min(room, end - at)), f"{where}: the header of the page at byte {at}")
        try:
            return notes.structure(_PAGE), notes.at
        except FormatError:
            if end - at <= room:
                raise
    raise FormatError(f"{where}: the header of the page at byte {at} has no end; the file is damaged.")


def _structures(said: dict[str, Any], part: str, name: str) -> list[dict[str, Any]]:
    found = said.get(part, [])
    if not isinstance(found, list) or not all(isinstance(member, dict) for member in found):
        raise FormatError(f"{name}: the footer's list of {part} is damaged; copy or export the file again.")
    return found


def _count(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 48:
        raise FormatError(f"{what} is {value!r}; expected a whole number of 0 or more. The file is damaged; export it again.")
    return value


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _shown(name: str) -> str:
    return name if len(name) <= 60 else name[:57] + "..."
