"""The clock of a long table, looked at in parts: times of a hundred million rows never come into memory together."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hipspine.formats.clock import Clock, clock_of
from hipspine.formats.column_names import time_factor
from hipspine.formats.parquet.table import Table
from hipspine.terms import Floats

_LONG = 1 << 22  # rows up to which all times are looked at together
_STEP = 1 << 19
_UNIT_AT_END = re.compile(r"(?:^|[_ .(\[])(ns|us|µs|ms)[\])]?$", re.IGNORECASE)
_SINCE_1970 = ((1.0, 3e8, 1e10), (1e-3, 3e11, 1e13), (1e-6, 3e14, 1e16), (1e-9, 3e17, 1e19))  # seconds per count, and its usual size


@dataclass(frozen=True, slots=True)
class Times:
    """A column of times: rows are read when they are asked for."""

    read: Callable[[int, int], Floats]  # (first row, end) -> times
    rows: int  # up to the last one that has a time
    factor: float = 1.0  # seconds per unit
    zero: float = 0.0  # taken off before

    @classmethod
    def until_last(cls, read: Callable[[int, int], Floats], rows: int) -> "Times":
        """The times up to the last row that has one."""
        for start in reversed(range(0, rows, _STEP)):
            seen = np.flatnonzero(np.isfinite(read(start, min(rows, start + _STEP))))
            if seen.size:
                return cls(read, start + int(seen[-1]) + 1)
        return cls(read, 0)

    def seconds(self, start: int, stop: int) -> Floats:
        """Times of these rows [s]."""
        return (self.read(start, stop) - self.zero) * self.factor

    @property
    def first_s(self) -> float:
        """The first time [s]."""
        return float(self.seconds(0, 1)[0])

    @property
    def is_running(self) -> bool:
        """Whether the first times differ: the same moment in every row is no clock."""
        return self.rows > 1 and float(np.ptp(self.seconds(0, min(self.rows, 1000)))) > 0


def times_of(label: str, unit: str, read: Callable[[int, int], Floats], rows: int, *, ticks_s: float | None) -> tuple[Times, float | None]:
    """A column of times in numbers, and its first moment [s since 1970] where it counts from there.

    The unit is that of the column, else of the end of its name, else what the size of a count since 1970 tells.
    """
    times = Times.until_last(read, rows)
    ending = _UNIT_AT_END.search(label)
    if ticks_s is not None or unit:
        factor = ticks_s if ticks_s is not None else time_factor(unit)
    else:
        factor = {"n": 1e-9, "u": 1e-6, "µ": 1e-6, "m": 1e-3}[ending[1].lower()[0]] if ending else 1.0
    first = float(read(0, 1)[0]) if times.rows else np.nan
    for ticks, low, high in _SINCE_1970:
        if low <= first < high and (not (unit or ending) or factor == ticks) and ticks_s is None:
            return replace(times, factor=ticks, zero=first), first * ticks
    return replace(times, factor=factor), None


def clock_in_parts(times: Times, *, where: str) -> Clock:
    """As `clock_of`; a long column is judged by its beginning and held against it part by part.

    Only where a later part does not fit (gaps, a drift) do all times come into memory.
    """
    if times.rows <= _LONG:
        return clock_of(times.seconds(0, times.rows), where=where)
    clock = clock_of(times.seconds(0, _LONG), where=where)
    if clock.places is None and all(_fits(times, clock, start) for start in range(0, times.rows, _STEP)):
        return replace(clock, samples=times.rows)
    return clock_of(times.seconds(0, times.rows), where=where)


def _fits(times: Times, clock: Clock, start: int) -> bool:
    stop = min(times.rows, start + _STEP)
    off = times.seconds(start, stop) - clock.start_s - np.arange(start, stop) / clock.rate_hz
    return bool((np.abs(off) <= 0.5 / clock.rate_hz).all())


def slower(table: Table, place: int, rows: int) -> tuple[int, int]:
    """(k, first) of a column that is filled in every k-th row only, from row ``first`` on; (1, 0) of any other."""
    seen = np.flatnonzero(np.isfinite(table.numbers([place], 0, min(rows, 4096))[0]))
    if seen.size < 3 or seen[1] - seen[0] < 2 or seen[0] >= seen[1] - seen[0]:
        return 1, 0
    first, every = int(seen[0]), int(seen[1] - seen[0])
    for start in range(0, rows, _STEP):
        stop = min(rows, start + _STEP)
        filled = np.isfinite(table.numbers([place], start, stop)[0])
        if not np.array_equal(filled, (np.arange(start, stop) - first) % every == 0):
            return 1, 0
    return every, first
