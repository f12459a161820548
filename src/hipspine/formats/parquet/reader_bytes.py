"""Columns of a Parquet file as numbers and words, decoded by DuckDB a stretch of rows at a time.

Imported only when a Parquet file is opened. The engine has one thread and bounded memory, loads no extensions, and is asked for
nothing but columns of this one file, whose sizes were checked before (parquet_footer).
"""

import os
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.parquet.footer import Footer
from hipspine.formats.parquet.table import NUMBERS
from hipspine.formats.source import Source
from hipspine.terms import Floats

_MEMORY = "512MB"
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_file_cache": "false",
    "enable_geoparquet_conversion": "false",
    "temp_directory": "''",
}
_STRETCH = 1 << 20  # numbers that are decoded in one step
_AHEAD = 1 << 21  # numbers that are decoded ahead: asking costs more than decoding, and pages are decoded whole for any of their rows
_LONGEST_WORD = 200  # letters of a cell that are looked at
_ROW = "file_row_number"
_PLAIN = ("FLOAT", "DOUBLE", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NESTED = ("STRUCT", "MAP", "UNION", "LIST", "VARIANT")


class _Window:
    """A stretch of some columns that was decoded last."""

    def __init__(self, columns: Sequence[int], start: int, values: Floats) -> None:
        self._rows = {column: row for row, column in enumerate(columns)}
        self._start, self._values = start, values

    def holds(self, columns: Sequence[int], start: int, stop: int) -> bool:
        inside = self._start <= start and stop <= self._start + self._values.shape[1]
        return inside and all(column in self._rows for column in columns)

    def part(self, columns: Sequence[int], start: int, stop: int) -> Floats:
        """A copy of a part of it."""
        part: Floats = self._values[[self._rows[column] for column in columns], start - self._start : stop - self._start]
        return part


class ParquetTable:
    """The columns of one file by place, in the order of its schema."""

    def __init__(self, source: Source, footer: Footer) -> None:
        """A file whose footer was checked."""
        self._source, self._footer = source, footer
        self._place = _path_of(source)
        self.rows = footer.rows
        self._window = _Window([], 0, np.empty((0, 0)))
        found = self._ask(f"DESCRIBE SELECT * FROM {self._table()}")
        self._names = [str(name) for name in found["column_name"]]  # the engine's own, which tell apart what differs in capitals only
        self.types = tuple(str(kind) for kind in found["column_type"])
        if len(self.types) != len(footer.names):
            raise FormatError(
                f"{source.name}: {len(footer.names)} columns are listed, {len(self.types)} can be decoded; export the file again."
            )
        for name, kind in zip(footer.names, self.types, strict=True):
            if kind.endswith("]") or kind.split("(")[0] in _NESTED:
                raise FormatError(
                    f"{source.name}: column {name[:60]!r} is nested ({kind.lower()[:40]}); write each channel as a column of its own, one "
                    "sample per row."
                )

    def numbers(self, columns: Sequence[int], start: int, stop: int) -> Floats:
        """(column, row) numbers of these rows; NaN where a cell is empty or infinite."""
        if not columns:
            return np.empty((0, stop - start))
        if not self._window.holds(columns, start, stop):
            if self.rows * len(self.types) <= _AHEAD:
                columns_, first, last = [k for k, kind in enumerate(self.types) if kind.split("(")[0] in NUMBERS], 0, self.rows
            else:
                columns_, first = list(columns), start
                last = min(self.rows, max(stop, start + _AHEAD // len(columns)))
            if stop - start > _AHEAD:
                return self._decoded(columns, start, stop)
            self._window = _Window(columns_, first, self._decoded(columns_, first, last))
        return self._window.part(columns, start, stop)

    def _decoded(self, columns: Sequence[int], start: int, stop: int) -> Floats:
        out = np.empty((len(columns), stop - start))
        step = max(2048, _STRETCH // len(columns))
        wanted = [_quoted(self._names[k]) if self.types[k] in _PLAIN else f"CAST({_quoted(self._names[k])} AS DOUBLE)" for k in columns]
        for first in range(start, stop, step):
            last = min(stop, first + step)
            for row, values in enumerate(self._cells(wanted, first, last)):
                place = out[row, first - start : last - start]
                place[:] = np.ma.getdata(values)
                place[np.ma.getmaskarray(values)] = np.nan
        out[~np.isfinite(out)] = np.nan
        return out

    def moments(self, column: int, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Nanoseconds of a column of moments or durations, and which rows have one."""
        wanted = [f"epoch_ns({_quoted(self._names[column])})"]
        counts, there = np.zeros(stop - start, dtype=np.int64), np.zeros(stop - start, dtype=np.bool_)
        for first in range(start, stop, _STRETCH):
            last = min(stop, first + _STRETCH)
            values = self._cells(wanted, first, last)[0]
            counts[first - start : last - start] = np.ma.filled(values, 0)
            there[first - start : last - start] = ~np.ma.getmaskarray(values)
        return counts, there

    def words(self, column: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """The cells of a column as words, in stretches: its first row, and a word or None for each row."""
        wanted = [f"left(CAST({_quoted(self._names[column])} AS VARCHAR), {_LONGEST_WORD})"]
        step = _STRETCH // 16
        for first in range(0, self.rows, step):
            yield first, np.ma.filled(self._cells(wanted, first, min(self.rows, first + step))[0].astype(object), None)

    def _cells(self, wanted: Sequence[str], start: int, stop: int) -> list[NDArray[Any]]:
        asked = ", ".join(f"{one} AS c{k}" for k, one in enumerate(wanted))
        if _ROW in (name.lower() for name in self._names):
            query = f"SELECT {asked} FROM {self._table()} LIMIT {stop - start} OFFSET {start}"
        else:
            query = f"SELECT {asked} FROM {self._table(numbered=True)} WHERE {_ROW} >= {start} AND {_ROW} < {stop}"
        found = self._ask(query)
        columns = [found[f"c{k}"] for k in range(len(wanted))]
        if any(len(values) != stop - start for values in columns):
            raise FormatError(f"{self._source.name}: rows {start} to {stop} give {len(columns[0])} cells; the file is damaged.")
        return columns

    def _table(self, *, numbered: bool = False) -> str:
        options = "hive_partitioning = false, binary_as_string = true" + (", file_row_number = true" if numbered else "")
        return f"read_parquet({_text(self._place)}, {options})"

    def _ask(self, query: str) -> dict[str, NDArray[Any]]:
        """The answer's columns by name; a masked array where cells are empty."""
        self._source.read(0, 1)  # says so if the file has changed or gone meanwhile
        try:
            found: dict[str, NDArray[Any]] = _engine(os.getpid()).cursor().execute(query).fetchnumpy()
            return found
        except duckdb.FatalException as error:
            _engine.cache_clear()  # this engine answers no more
            raise self._refused(error) from None
        except duckdb.Error as error:
            raise self._refused(error) from None

    def _refused(self, error: duckdb.Error) -> FormatError:
        said = " ".join(str(error).replace(self._place, self._source.name).split())[:160]
        return FormatError(f"{self._source.name}: the Parquet file cannot be decoded ({said}); it is damaged. Copy or export it again.")


@lru_cache(maxsize=1)
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """The engine of this process; a fork gets its own."""
    del process
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": _MEMORY}
    try:  # before it starts: each thread that waits for slow disks takes 64 MB of address space
        engine = duckdb.connect(":memory:", config={**config, "async_threads": 0})
    except duckdb.InvalidInputException:  # a version that has none
        engine = duckdb.connect(":memory:", config=config)
    for name, value in _SETTINGS.items():
        with suppress(duckdb.Error):  # a setting that this version does not know
            engine.execute(f"SET {name} = {value}")
    return engine


def _path_of(source: Source) -> str:
    """Where the engine finds the bytes: the file, or a copy of bytes in memory that goes away with the source."""
    if not source.in_memory:
        return str(source.path.absolute())
    handle, name = tempfile.mkstemp(suffix=".parquet")
    with os.fdopen(handle, "wb") as file:
        for block in source.blocks():
            file.write(block)
    weakref.finalize(source, _removed(name))
    return name


def _removed(name: str) -> Callable[[], None]:
    return lambda: Path(name).unlink(missing_ok=True)


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
