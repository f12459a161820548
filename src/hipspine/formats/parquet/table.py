"""What is asked of the table in a Parquet file; `reader_bytes` answers it with the engine that decodes."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hipspine.terms import Floats

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
           "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")  # fmt: skip
MOMENTS = ("TIMESTAMP", "TIME", "DATE", "INTERVAL")


class Table(Protocol):
    """The columns of one file by place, in the order of its schema."""

    rows: int
    types: tuple[str, ...]

    def numbers(self, columns: Sequence[int], start: int, stop: int) -> Floats:
        """(column, row) numbers of these rows; NaN where a cell is empty or infinite."""

    def moments(self, column: int, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Nanoseconds of a column of moments or durations, and which rows have one."""

    def words(self, column: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """The cells of a column as words, in stretches: its first row, and a word or None for each row."""
