"""What is published about the sacroiliac joint, and what we assume because nothing is.

Published values (rows J001 and on) stand in ``anatomy/data/sacroiliac.csv`` with the text each was read in; every assumption stands with
its reason in ``sacroiliac_assumptions.csv``, so that none hides in the code. ``pelvis_ring.csv`` holds the lines of the pelvic ring.
"""

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from hipspine.errors import ModelError
from hipspine.evidence.tables import Published, published
from hipspine.terms import Floats

EVEN, TRIANGLE, LOG_EVEN, FIXED = "even", "triangle", "even in logarithm", "fixed"


@dataclass(frozen=True, slots=True)
class Assumption:
    """An input that is uncertain: its middle, its ends, and how it spreads between them."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    spread: str  # even, triangle, even in logarithm, fixed
    reason: str

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """(size,) values between the ends."""
        if self.spread == TRIANGLE:
            return rng.triangular(self.low, self.value, self.high, size)
        if self.spread == LOG_EVEN:
            return np.exp(rng.uniform(np.log(self.low), np.log(self.high), size))
        return rng.uniform(self.low, self.high, size)


def value(row: str) -> Published:
    """Published value with this name.

    >>> value("J004").value, value("J004").source
    (702.0, 'barker2014')
    """
    found = {one.row: one for one in values()}
    if row not in found:
        raise ModelError(f"sacroiliac row {row!r} does not exist; rows run from J001 to J{len(found):03d}.")
    return found[row]


def number(row: str) -> float:
    """Published value with this name, where it is a number.

    >>> number("J005")
    38.5
    """
    found = value(row).value
    if found is None:
        raise ModelError(f"sacroiliac row {row!r} is a direction, not a number: {value(row).words}.")
    return found


@cache
def values() -> tuple[Published, ...]:
    """All published values, in the order of the file; a row without unit, source or grade is refused."""
    return tuple(published(line, table="sacroiliac") for line in lines("sacroiliac"))


@cache
def assumption(name: str) -> Assumption:
    """Assumption with this name.

    >>> assumption("sling_share").high
    0.3
    """
    for line in lines("sacroiliac_assumptions"):
        if line["name"] == name:
            low, middle, high = (float(line[column]) for column in ("low", "value", "high"))
            return Assumption(name, middle, low, high, line["unit"], line["spread"], line["reason"])
    raise ModelError(f"sacroiliac assumption {name!r} does not exist; see sacroiliac_assumptions.csv.")


@cache
def lines(table: str) -> tuple[dict[str, str], ...]:
    """Rows of one of the three tables as written."""
    file = resources.files("hipspine.anatomy").joinpath("data", f"{table}.csv")
    return tuple(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
