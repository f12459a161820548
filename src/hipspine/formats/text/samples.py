"""The samples of a text file's columns on their clock, and the times of marks in its rows; from memory or from the file alike."""

from collections.abc import Iterator, Sequence

import numpy as np

from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.text.columns import Block, Cells
from hipspine.formats.text.scan import Table
from hipspine.signals.recording import Samples
from hipspine.terms import Floats


def samples_of(table: Table, block: Block, columns: Sequence[Cells]) -> Samples:
    """(column, sample) on the block's clock: NaN in gaps, every k-th row only; as the table in memory or in the file."""
    places = np.array([column.place for column in columns], dtype=np.intp)
    clock = block.clock
    factors = np.array([column.converter.factor if column.converter else 1.0 for column in columns])
    offsets = np.array([column.converter.offset if column.converter else 0.0 for column in columns])
    converted = bool((factors != 1.0).any())

    def read(rows: Rows, start: int, stop: int) -> Floats:
        if clock.places is not None:
            out = np.full((rows.size, stop - start), np.nan)
            first, last = (int(row) for row in np.searchsorted(clock.places, [start, stop]))
            out[:, clock.places[first:last] - start] = table.values[places[rows], first:last]
        else:
            upto = min(block.first + (stop - 1) * block.every + 1, table.rows) if stop > start else block.first + start * block.every
            out = table.values[places[rows], block.first + start * block.every : upto]
            out = np.array(out[:, :: block.every]) if block.every > 1 else out
        return out * factors[rows, None] + offsets[rows, None] if converted else out

    if isinstance(table.values, np.ndarray):
        return read(np.arange(places.size), 0, clock.samples)
    return Lazy((places.size, clock.samples), read)


def moments_of(block: Block, marks: Sequence[tuple[int, str]]) -> Iterator[tuple[float, str]]:
    """Times of marks in rows of this block's table."""
    clock = block.clock
    for row, word in marks:
        if clock.places is None or row < clock.places.size:
            place = int(clock.places[row]) if clock.places is not None else row
            yield clock.start_s + place / clock.rate_hz, word
