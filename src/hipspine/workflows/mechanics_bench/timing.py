"""Seconds of the processor, not of the clock on the wall: others may be at work on the same machine."""

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from hipspine.terms import Floats

REPEATS = 7


def best_s(call: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Seconds of the quickest of several calls; one before them compiles and fills caches."""
    call()
    return min(_one(call) for _ in range(repeats))


def best_clock_s(call: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """The same by the clock on the wall, for work that several cores share; other work on the machine counts against it."""
    call()
    return min(_one(call, time.perf_counter) for _ in range(repeats))


def _one(call: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    began = clock()
    call()
    return clock() - began


def best_each_s(call: Callable[[int], object], count: int, *, parts: int = 5) -> float:
    """Seconds of one of ``count`` numbered calls, each made once: the quickest of several stretches of them."""
    edges = np.unique(np.linspace(0, count, min(parts, count) + 1).astype(int))
    return min(_one(partial(_each, call, first, last)) / (last - first) for first, last in pairwise(map(int, edges)))


def _each(call: Callable[[int], object], first: int, last: int) -> None:
    for k in range(first, last):
        call(k)


def difference(values: Floats, *, scale: float = 1e3) -> dict[str, Any]:
    """Median, 95 and 99 % point and largest of absolute values, in mm for metres."""
    size = np.abs(values).ravel() * scale
    if not size.size:
        return {"n": 0}
    median, p95, p99 = np.quantile(size, (0.5, 0.95, 0.99))
    return {"n": int(size.size), "median": float(median), "p95": float(p95), "p99": float(p99), "largest": float(size.max())}
