"""What a prone hip extension says of each leg: findings, published values beside them, and their words (see `prone_hip_extension`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hipspine.assessment.bursts import BACK, HAMSTRINGS, best_channel, why_not
from hipspine.assessment.findings import beside, certainty_of, grade_of, measured, unknown
from hipspine.assessment.lifts import Lift
from hipspine.assessment.order import paired_delay
from hipspine.assessment.order_findings import order_findings as findings_of
from hipspine.assessment.pooling import Pooled, difference, minimal_detectable_change, nodes_of
from hipspine.assessment.protocol import Finding, Mark, Order, Reference
from hipspine.assessment.wording import counted, interval, muscle_name, sided
from hipspine.evidence import tables
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import Certainty, Grade, Side

DELAY, ONSET = "delay_to_hamstrings", "onset_to_movement"
_SECOND_MS = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Muscle:
    """One muscle as the lifts of one leg see it."""

    role: str  # "gluteus_maximus", "erector_spinae contralateral"
    entry: ChannelOnsets
    on: tuple[TimePosterior | None, ...]  # one per lift
    marks: tuple[Mark | None, ...]


def side_findings(
    channels: tuple[ChannelOnsets, ...], side: Side | None, own: Sequence[Lift], muscles: list[Muscle], mover: Muscle | None, cue: str
) -> tuple[list[Finding], Pooled | None, Pooled | None]:
    """Findings of one moving leg, and the pooled delay and onset of gluteus maximus for the side difference."""
    findings: list[Finding] = []
    glute = next((muscle for muscle in muscles if muscle.role == "gluteus_maximus"), None)
    delay = paired_delay(glute.on, mover.on) if glute and mover else None
    onset = _to_movement(glute, own) if glute else None
    findings.append(
        _delay_finding("gluteus_maximus", side, delay, mover, cue) if delay and mover else _no_delay(channels, side, glute, mover)
    )
    if delay:
        findings += _detectable_change(side, delay)
    findings.append(_onset_finding("gluteus_maximus", side, onset, cue) if onset else _no_onset(channels, side, glute, own))
    for muscle in muscles:
        if muscle.role == "gluteus_maximus":
            continue
        moved = _to_movement(muscle, own)
        if moved:
            findings.append(_onset_finding(muscle.role, side, moved, cue))
        late = paired_delay(muscle.on, mover.on) if mover and muscle is not mover else None
        if late and mover:
            findings.append(_delay_finding(muscle.role, side, late, mover, cue))
    return findings, delay, onset


def _to_movement(muscle: Muscle, own: Sequence[Lift]) -> Pooled | None:
    return paired_delay(muscle.on, [lift.start for lift in own])


def _delay_finding(role: str, side: Side | None, delay: Pooled, mover: Muscle, cue: str) -> Finding:
    mean = delay.mean
    size = interval(abs(mean.value) * _SECOND_MS, *_facing(mean.low, mean.high, mean.value), "ms")
    word = "late" if mean.value >= 0.0 else "early"
    verb = "are" if role.endswith("hamstrings") else "is"
    references = _delay_references(mover.role, cue) if role == "gluteus_maximus" else _back_references(role)
    return measured(
        _name(role, DELAY), side, mean, unit="ms", factor=_SECOND_MS,
        sentence=f"{_who(side, role)} {verb} {word} by {size} against the {muscle_name(mover.role)} ({_of(delay)}).",
        certainty=_certainty(delay), grade=grade_of("A08") if references else Grade.MEASUREMENT, references=references,
    )  # fmt: skip


def _onset_finding(role: str, side: Side | None, onset: Pooled, cue: str) -> Finding:
    mean = onset.mean
    size = interval(abs(mean.value) * _SECOND_MS, *_facing(mean.low, mean.high, mean.value), "ms")
    references = _onset_references(role, cue)
    verb = "start" if role.endswith("hamstrings") else "starts"
    return measured(
        _name(role, ONSET), side, mean, unit="ms", factor=_SECOND_MS,
        sentence=f"{_who(side, role)} {verb} {size} {'after' if mean.value >= 0.0 else 'before'} the leg moves ({_of(onset)}).",
        certainty=_certainty(onset), grade=grade_of("A08") if role == "gluteus_maximus" else Grade.MEASUREMENT, references=references,
    )  # fmt: skip


def _no_delay(channels: tuple[ChannelOnsets, ...], side: Side | None, glute: Muscle | None, mover: Muscle | None) -> Finding:
    if glute is None or not any(on is not None for on in glute.on):
        why = why_not(glute.entry if glute else None, role="gluteus_maximus", side=side)
    elif mover is None:
        entries = [best_channel(channels, role, side) for role in HAMSTRINGS]
        first = next((entry for entry in entries if entry is not None), None)
        role = next((role for role, entry in zip(HAMSTRINGS, entries, strict=True) if entry is not None), "hamstrings")
        why = why_not(first, role=role, side=side)
    else:
        why = f"{sided(side, 'gluteus_maximus')} and the {muscle_name(mover.role)} were never timed in the same repetition."
    return unknown(_name("gluteus_maximus", DELAY), side, unit="ms", why=why, grade=grade_of("A08"))


def _no_onset(channels: tuple[ChannelOnsets, ...], side: Side | None, glute: Muscle | None, own: Sequence[Lift]) -> Finding:
    if all(lift.start is None for lift in own):
        why = (
            f"{sided(side, 'gluteus_maximus')}: when the leg starts to move is not known, as the recording holds no hip angle, "
            "accelerometer, marker or 'movement start' event."
        )
    else:
        entry = glute.entry if glute else best_channel(channels, "gluteus_maximus", side)
        why = why_not(entry, role="gluteus_maximus", side=side)
    return unknown(_name("gluteus_maximus", ONSET), side, unit="ms", why=why, grade=grade_of("A08"))


def _detectable_change(side: Side | None, delay: Pooled) -> list[Finding]:
    change = minimal_detectable_change(delay)
    if change is None or delay.spread is None:
        return []
    scatter = nodes_of((delay.spread.nodes(400) ** 2 + delay.width**2) ** 0.5, count=400) * change
    scatter /= (delay.spread.value**2 + delay.width**2) ** 0.5
    low, high = float(scatter[10]), float(scatter[-11])
    ms = change * _SECOND_MS
    sentence = (
        f"{sided(side, 'gluteus_maximus')}: with {counted(delay.repetitions, 'repetition')} a re-test has to differ by "
        f"{interval(ms, low * _SECOND_MS, high * _SECOND_MS, 'ms')} to be more than the scatter of repetitions; differences from day to "
        "day come on top."
    )
    return [
        Finding(
            "gluteus_maximus_minimal_detectable_change", side, ms, "ms", low * _SECOND_MS, high * _SECOND_MS, None,
            Grade.MEASUREMENT, _certainty(delay), sentence,
        )
    ]  # fmt: skip


def order_findings(order: Order, muscles: list[Muscle]) -> list[Finding]:
    """Order of the muscles of one moving leg, and how consistent it is over repetitions."""
    side = order.side
    leg = f"{side.value.capitalize()} leg" if side else "The leg"
    references = tuple(beside(row) for row in ("T0002", "T0067", "T0006", "T0070"))
    if order.repetitions < 2 or len(order.muscles) < 2:
        why = f"{leg}: {order.verdict}."
        return [unknown("order_consistency", side, unit="1", why=why, grade=Grade.CONTESTED, references=references)]
    return findings_of(
        order, {muscle.role: muscle.on for muscle in muscles}, where=leg, thing="repetition", grade=Grade.CONTESTED,
        references=references, of_consistency=(references[1], references[0], *references[2:]),
    )  # fmt: skip


def side_difference(pooled: dict[Side | None, Pooled], quantity: str) -> list[Finding]:
    """Left minus right of gluteus maximus; an unknown where only one side has a delay."""
    measure = _name("gluteus_maximus", f"{quantity}_side_difference")
    against = "against the hamstrings" if quantity == DELAY else "against the movement"
    if Side.LEFT not in pooled or Side.RIGHT not in pooled:
        if not pooled or quantity == ONSET:
            return []
        why = f"Left minus right of gluteus maximus {against}: only one side was timed, so the sides cannot be compared."
        return [unknown(measure, None, unit="ms", why=why)]
    left, right = pooled[Side.LEFT], pooled[Side.RIGHT]
    d = difference(left.mean, right.mean)
    size = interval(abs(d.value) * _SECOND_MS, *_facing(d.low, d.high, d.value), "ms")
    if d.low <= 0.0 <= d.high:
        sentence = f"Gluteus maximus {against}: the sides do not differ clearly; left minus right is {_signed(d.value, d.low, d.high)}."
    else:
        later, other = ("Left", "right") if d.value > 0.0 else ("Right", "left")
        sentence = f"{later} gluteus maximus is later than the {other} one by {size} {against}."
    few = min(left.repetitions, right.repetitions)
    sure = certainty_of(d.low * _SECOND_MS, d.high * _SECOND_MS, matters=matters_ms(), repetitions=few)
    return [measured(measure, None, d, unit="ms", factor=_SECOND_MS, sentence=sentence, certainty=sure)]


# ------------------------------------------------------------------------------------------------------- published values


def _delay_references(mover: str, cue: str) -> tuple[Reference, ...]:
    """Values beside the delay of gluteus maximus: the one with the same cue leads, the others follow, also those that contradict."""
    plain, cued = ("T0063", "T0065") if mover == "lateral_hamstrings" else ("T0062", "T0064")
    first, second = (cued, plain) if cue == "gluteal" else (plain, cued)
    return (
        beside(first),
        beside(second),
        beside("T0001", "delay of gluteus maximus after the first active muscle"),
        *(beside(row) for row in ("T0002", "T0067", "T0006", "T0068", "T0070")),
    )


def _onset_references(role: str, cue: str) -> tuple[Reference, ...]:
    rows = {"gluteus_maximus": ("T0061", "T0005"), "medial_hamstrings": ("T0059", "T0003"), "lateral_hamstrings": ("T0060", "T0004")}
    if role not in rows:
        return _back_references(role)
    plain, cued = rows[role]
    first, second = (cued, plain) if cue == "gluteal" else (plain, cued)
    others = tuple(beside(row) for row in ("T0006",)) if role == "gluteus_maximus" else ()
    return (beside(first, factor=-1.0), beside(second, factor=-1.0), *others)


def _back_references(role: str) -> tuple[Reference, ...]:
    return (beside("T0069"), beside("T0006")) if role.split()[0] in BACK else ()


def matters_ms() -> float:
    """A difference that matters [ms]: what a single word of instruction does to gluteus maximus (lewis2009)."""
    return tables.value("T0066").value or 0.0


# ------------------------------------------------------------------------------------------------------------------- words


def _certainty(pooled: Pooled) -> Certainty:
    low, high = pooled.mean.low * _SECOND_MS, pooled.mean.high * _SECOND_MS
    return certainty_of(low, high, matters=matters_ms(), repetitions=pooled.repetitions)


def _name(role: str, quantity: str) -> str:
    return f"{role.replace(' ', '_')}_{quantity}"


def _who(side: Side | None, role: str) -> str:
    if " " not in role or side is None:
        return sided(side, role)
    muscle, where = role.split()
    return f"{sided(side.other if where == 'contralateral' else side, muscle)}, {side.value} leg moving,"


def _of(pooled: Pooled) -> str:
    if pooled.spread is None:
        return "a single repetition; its interval is that of the measurement only"
    return f"{counted(pooled.repetitions, 'repetition')}, scatter {pooled.spread.value * _SECOND_MS:.0f} ms"


def _facing(low: float, high: float, value: float) -> tuple[float, float]:
    """Interval in the direction that the words say ("early by 20 ms [-5, 45]"), in ms."""
    a, b = (low, high) if value >= 0.0 else (-high, -low)
    return a * _SECOND_MS, b * _SECOND_MS


def _signed(value: float, low: float, high: float) -> str:
    return interval(value * _SECOND_MS, low * _SECOND_MS, high * _SECOND_MS, "ms")
