"""Published doses: how much, how often, how long, how heavy, and the rules in words."""

from dataclasses import dataclass
from functools import cache

from hipspine.evidence import tables
from hipspine.evidence.tables import Published, Reading


@dataclass(frozen=True, slots=True)
class Dose:
    """One published dose, or one rule in words."""

    row: str  # such as "D0015": stable
    topic: str  # strength, rest, frequency, met, ...
    population: str
    variable: str  # reps, sets, load, ...
    value: float | None
    low: float | None
    high: float | None
    unit: str  # as the source gives it ("reps", "s", "% 1RM"); empty for a rule in words
    rule: str
    source: str
    read_via: str
    reading: Reading
    note: str


@cache
def doses(topic: str | None = None) -> tuple[Dose, ...]:
    """Published doses, all or those of one topic.

    >>> [(one.low, one.high) for one in doses("strength") if one.variable == "reps"]
    [(8.0, 12.0), (1.0, 8.0)]
    """
    return tuple(_dose(row) for row in tables.load("dosing") if topic in (None, row.topic))


def dose(row: str) -> Dose:
    """The published dose of this name.

    >>> dose("D0047").value, dose("D0047").unit
    (20.0, '% of maximal effort')
    """
    return _dose(tables.value(row))


def _dose(row: Published) -> Dose:
    return Dose(
        row=row.row, topic=row.topic, population=row.population, variable=row.quantity, value=row.value, low=row.low, high=row.high,
        unit=row.unit, rule=row.fields["rule_text"], source=row.source, read_via=row.read_via, reading=row.reading, note=row.note,
    )  # fmt: skip
