"""The published numbers that the shipped body is made of, one row each with source, way of reading and licence (data/body_values.csv).

A number of our own that no text gave stands there too and says so: its source is ``hipspine`` and its reading ``assumption``.
"""

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

from hipspine.errors import ModelError

ALL = "all"
SEXES = ("female", "male")
READINGS = ("full_table", "abstract", "secondary", "secondary_uncertain", "assumption")


@dataclass(frozen=True, slots=True)
class BodyValue:
    """One number of the body."""

    row: str  # such as B0001
    topic: str
    what: str
    sex: str  # female, male, all
    value: float
    unit: str
    spread: float | None
    spread_kind: str
    n: str
    source: str  # key of the study in references.csv; hipspine: our own assumption
    read_via: str  # key of the text it was read in
    reading: str  # one of READINGS
    place: str
    licence: str
    note: str


@cache
def values() -> tuple[BodyValue, ...]:
    """All rows in the order of the file.

    Raises:
        ModelError: a row lacks its unit or source, or holds no number.
    """
    return tuple(_row(line) for line in table("body_values.csv"))


def value(topic: str, what: str, sex: str = ALL) -> float:
    """The number of one row, in SI units where the row's unit is one, in the row's unit otherwise.

    >>> value("deleva", "thigh:mass_share", "male")
    0.1416
    """
    found = _by_name().get((topic, what, sex)) or _by_name().get((topic, what, ALL))
    if found is None:
        raise ModelError(f"body_values.csv has no row {topic}, {what}, {sex}; add it with its source.")
    return found.value


def strength_factor(muscle: str) -> float:
    """What a muscle's published force is multiplied by, so that its group is about as strong as people are; 1 for most.

    Rows ``strength_factor`` of body_values.csv; what was measured stands in evidence/data/strength.csv.

    >>> strength_factor("semitendinosus"), strength_factor("vastus_lateralis")
    (0.35, 1.0)
    """
    found = _by_name().get(("strength_factor", muscle, ALL))
    return 1.0 if found is None else found.value


def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of one table of anatomy/data, as text."""
    text = resources.files("hipspine.anatomy").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


@cache
def _by_name() -> dict[tuple[str, str, str], BodyValue]:
    return {(one.topic, one.what, one.sex): one for one in values()}


def _row(line: dict[str, str]) -> BodyValue:
    for column in ("unit", "source", "read_via", "reading", "licence"):
        if not line[column]:
            raise ModelError(f"body_values.csv: row {line['row']}: {column} is empty; a published value needs it.")
    if line["reading"] not in READINGS:
        raise ModelError(f"body_values.csv: row {line['row']}: reading is {line['reading']!r}; allowed are {', '.join(READINGS)}.")
    try:
        number, spread = float(line["value"]), float(line["spread"]) if line["spread"] else None
    except ValueError as error:
        raise ModelError(f"body_values.csv: row {line['row']}: {error}; give a number.") from None
    rest = {name: line[name] for name in ("spread_kind", "n", "source", "read_via", "reading", "place", "licence", "note")}
    return BodyValue(line["row"], line["topic"], line["what"], line["sex"], number, line["unit"], spread, **rest)
