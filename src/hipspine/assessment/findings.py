"""How a finding is made: a number with its interval, a published value beside it, a grade, a certainty, or an honest unknown."""

from hipspine.assessment.pooling import Estimate
from hipspine.assessment.protocol import Finding, Reference
from hipspine.evidence import tables
from hipspine.terms import Certainty, Grade, Side

_GRADES = {"supported": Grade.SUPPORTED, "contested": Grade.CONTESTED, "unsupported": Grade.NOT_SUPPORTED}


def beside(row: str, note: str = "", *, factor: float = 1.0, direction_only: bool = False) -> Reference:
    """Published value as a reference; its note says who was measured, and how far it was read.

    Args:
        factor: -1 where the study counts the other way round (ms before movement) than the finding.
        direction_only: the row's number is of another kind than the finding (a count of studies); only its words are shown.

    >>> beside("T0061", factor=-1.0).value
    -11.5
    """
    row_found = tables.value(row)
    has_value = row_found.value is not None and not direction_only
    parts = [row_found.population, note or row_found.quantity.replace("_", " "), "" if has_value else _direction(row_found)]
    if row_found.low is not None and row_found.high is not None:
        parts.append(f"95 % interval {row_found.low:g} to {row_found.high:g}")
    parts.append(row_found.note)
    if not row_found.may_lead:
        parts.append(f"as reported by {row_found.read_via}")
    value = factor * row_found.value if has_value and row_found.value is not None else None
    return Reference(value, row_found.spread if has_value else None, row_found.source, "; ".join(part for part in parts if part))


def _direction(row: tables.Published) -> str:
    return row.fields.get("finding_direction") or row.words


def grade_of(claim: str) -> Grade:
    """Grade of one claim of the article.

    >>> grade_of("A08").value
    'contested'
    """
    return _GRADES.get(tables.claim(claim).verdict, Grade.LOW_CERTAINTY)


def certainty_of(low: float, high: float, *, matters: float, repetitions: int) -> Certainty:
    """How well a value is pinned down: its interval against a difference that matters for the measure.

    High: the interval is no wider than the difference; moderate: up to two and a half times; low: wider, or fewer than three
    repetitions. The steps are our choice; what matters is said by each protocol with its source.

    >>> certainty_of(70.0, 100.0, matters=34.0, repetitions=6), certainty_of(70.0, 100.0, matters=34.0, repetitions=2)
    (<Certainty.HIGH: 'high'>, <Certainty.LOW: 'low'>)
    """
    width = high - low
    if repetitions < 3 or width > 2.5 * matters:
        return Certainty.LOW
    return Certainty.HIGH if width <= matters else Certainty.MODERATE


def measured(
    measure: str,
    side: Side | None,
    estimate: Estimate,
    *,
    unit: str,
    factor: float,
    sentence: str,
    certainty: Certainty,
    grade: Grade = Grade.MEASUREMENT,
    references: tuple[Reference, ...] = (),
) -> Finding:
    """Finding with a value and its interval; the first reference leads, the others (conflicting ones too) follow."""
    return Finding(
        measure,
        side,
        factor * estimate.value,
        unit,
        factor * estimate.low,
        factor * estimate.high,
        references[0] if references else None,
        grade,
        certainty,
        sentence,
        references[1:],
    )


def unknown(
    measure: str, side: Side | None, *, unit: str, why: str, grade: Grade = Grade.MEASUREMENT, references: tuple[Reference, ...] = ()
) -> Finding:
    """Finding without a value; its sentence is the reason."""
    lead = references[0] if references else None
    return Finding(measure, side, None, unit, None, None, lead, grade, Certainty.NONE, why, references[1:])
