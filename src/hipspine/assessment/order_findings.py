"""The order of muscles as findings: its verdict, and how alike it is over repetitions; the same words in every protocol."""

from collections.abc import Sequence

from hipspine.assessment.findings import unknown
from hipspine.assessment.order import Starts, agreement
from hipspine.assessment.protocol import Finding, Order, Reference
from hipspine.assessment.wording import interval
from hipspine.terms import Certainty, Grade


def order_findings(
    order: Order,
    starts: Starts,
    *,
    where: str,
    thing: str,
    grade: Grade = Grade.MEASUREMENT,
    references: Sequence[Reference] = (),
    of_consistency: Sequence[Reference] = (),
) -> list[Finding]:
    """Two findings, ``order`` and ``order_consistency``; the second has no value where fewer than two repetitions show two muscles.

    Args:
        starts: the onsets that the order was made of.
        where: beginning of each sentence, such as "Left leg".
        thing: what is repeated: "repetition", "contact", "cycle".
        grade: of the claims behind the references.
        references, of_consistency: published values beside each of the two, the leading one first.
    """
    sure = Certainty.HIGH if order.repetitions >= 6 else Certainty.MODERATE if order.repetitions >= 3 else Certainty.LOW
    lead, others = _lead(references)
    said = Finding("order", order.side, order.verdict, "", None, None, lead, grade, sure, f"{where}: {order.verdict}.", others)
    grade = grade if of_consistency else Grade.MEASUREMENT
    alike = agreement({role: starts[role] for role in order.muscles})
    if alike is None:
        why = f"{where}: fewer than two {thing}s show two muscles or more, so nothing can be said about consistency."
        return [said, unknown("order_consistency", order.side, unit="1", why=why, grade=grade, references=tuple(of_consistency))]
    sentence = (
        f"{where}: over {alike.repetitions} {thing}s the order agrees with Kendall's W "
        f"{interval(alike.w, alike.low, alike.high, digits=2)} (0 not at all, 1 always the same); "
        f"a random order would give this in {_chance(alike.p)}."
    )
    lead, others = _lead(of_consistency)
    return [said, Finding("order_consistency", order.side, alike.w, "1", alike.low, alike.high, lead, grade, sure, sentence, others)]


def _lead(references: Sequence[Reference]) -> tuple[Reference | None, tuple[Reference, ...]]:
    return (references[0], tuple(references[1:])) if references else (None, ())


def _chance(p: float) -> str:
    return "fewer than 1 of 1000 cases" if p < 0.001 else f"{100.0 * p:.1f} % of cases"
