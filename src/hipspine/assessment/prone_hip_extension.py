"""Prone hip extension: when gluteus maximus, hamstrings and back muscles start as one straight leg is lifted, per side.

Published values contradict one another, so all stand beside the result and none is a cut-off: gluteus maximus last in healthy
people (lehman2004, sakamoto2009, lewis2009, phe_review2021), no consistent order (firing_order1990), no difference of gluteus
maximus in low back pain (suehiro2015), a later one (bruno2007). A verbal cue alone moves it (lewis2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hipspine.assessment.bursts import (
    BACK,
    HAMSTRINGS,
    SNR_GAP_DB,
    best_channel,
    burst_in,
    bursts_of,
    doubles,
    emg_or_refuse,
    labels_found,
    snr_gap,
    why_not,
)
from hipspine.assessment.findings import beside, certainty_of, grade_of, measured, unknown
from hipspine.assessment.lifts import Lift, Lifts, lifts
from hipspine.assessment.order import agreement, order_of, paired_delay
from hipspine.assessment.pooling import Pooled, difference, minimal_detectable_change, nodes_of
from hipspine.assessment.protocol import Assessment, Finding, Mark, Order, Protocol, Reference, Repetition
from hipspine.assessment.wording import counted, interval, muscle_name, sided
from hipspine.errors import ProtocolError
from hipspine.evidence import tables
from hipspine.signals.onsets import channel_onsets
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import Certainty, Grade, Side, StreamKind

EARLIEST_S = 0.8  # a muscle may start so long before the leg moves; hamstrings do by about 0.2 s (lewis2009)
_SECOND_MS = 1000.0
_DELAY, _ONSET = "delay_to_hamstrings", "onset_to_movement"


@dataclass(frozen=True, slots=True, eq=False)
class Muscle:
    """One muscle as the lifts of one leg see it."""

    role: str  # "gluteus_maximus", "erector_spinae contralateral"
    entry: ChannelOnsets
    on: tuple[TimePosterior | None, ...]  # one per lift
    marks: tuple[Mark | None, ...]


def assess(recording: Recording) -> Assessment:
    """Findings of a prone hip extension test; see `evaluate`."""
    return evaluate(recording, channel_onsets(recording) if recording.of_kind(StreamKind.EMG) else ())


def evaluate(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> Assessment:
    """Findings of a prone hip extension test from a recording and the onsets of its EMG channels.

    Raises:
        ProtocolError: no EMG, only envelopes, no gluteus maximus channel, no movement, or another kind of movement.
    """
    emg_or_refuse(recording, channels, instead="record raw EMG at 1000 Hz or more for this test; amplitudes can still be compared.")
    _require_the_right_test(recording, channels)
    moves = lifts(recording, channels)
    cue = cue_of(recording)
    findings: list[Finding] = []
    orders: list[Order] = []
    repetitions: list[Repetition] = []
    warnings = [*moves.warnings, *doubles(channels, ("gluteus_maximus", *HAMSTRINGS, *BACK)), *_cue_warning(recording, cue)]
    delays: dict[Side | None, Pooled] = {}
    onsets: dict[Side | None, Pooled] = {}
    for side in moves.sides:
        own = [lift for lift in moves.lifts if lift.side is side]
        muscles = _muscles(channels, side, moves, own)
        mover = _prime_mover(muscles)
        said, delay, onset = _side_findings(channels, side, own, muscles, mover, cue)
        findings += said
        delays |= {side: delay} if delay else {}
        onsets |= {side: onset} if onset else {}
        order = order_of({muscle.role: muscle.on for muscle in muscles}, side=side)
        orders.append(order)
        findings += _order_findings(order, muscles)
        repetitions += _repetitions(own, muscles)
        warnings += _side_warnings(side, own, muscles, mover)
    findings += _side_difference(delays, _DELAY) + _side_difference(onsets, _ONSET)
    numbered = [
        Repetition(i + 1, r.side, r.start_s, r.end_s, r.marks, r.start_low_s, r.start_high_s)
        for i, r in enumerate(sorted(repetitions, key=lambda r: r.start_s))
    ]
    return Assessment(PROTOCOL.name, tuple(findings), tuple(orders), tuple(numbered), warnings=tuple(dict.fromkeys(warnings)))


def cue_of(recording: Recording) -> str:
    """Verbal cue as this protocol tells them apart: "none", "gluteal", "hamstrings", "other" or "unknown"."""
    said = recording.about.get("cue", "").strip().lower()
    if not said or said == "unknown":
        return "unknown"
    if said in {"no", "none", "no cue", "no cues", "without"}:
        return "none"
    if "glut" in said or "buttock" in said:
        return "gluteal"
    return "hamstrings" if "ham" in said else "other"


# --------------------------------------------------------------------------------------------------- what the recording holds


def _require_the_right_test(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> None:
    strikes = sum(event.label == "foot strike" for event in recording.events)
    if strikes >= 2 and not any(event.label == "movement start" for event in recording.events):
        raise ProtocolError(
            f"{recording.name}: this looks like walking, not a prone hip extension; found {strikes} foot strikes; use --protocol contact."
        )
    if not any(entry.channel.muscle == "gluteus_maximus" for entry in channels):
        raise ProtocolError(
            f"{recording.name}: no channel of gluteus maximus; found {labels_found(recording)}; "
            "name the channel after the muscle, such as GMAX_L."
        )


def _muscles(channels: tuple[ChannelOnsets, ...], side: Side | None, moves: Lifts, own: Sequence[Lift]) -> list[Muscle]:
    """Every muscle that has a channel, gluteus maximus first; of the back both the side that moves and the other one."""
    wanted: list[tuple[str, str, Side | None]] = [(role, role, side) for role in ("gluteus_maximus", *HAMSTRINGS)]
    for role in BACK:
        wanted += [(role, f"{role} ipsilateral", side), (role, f"{role} contralateral", side.other)] if side else [(role, role, None)]
    found = []
    for role, name, muscle_side in wanted:
        entry = best_channel(channels, role, muscle_side)
        if entry is not None:
            picked = [burst_in(bursts_of(entry, muscle=name), earliest_s=_earliest(lift, moves), core=_core(lift)) for lift in own]
            on = tuple(None if burst is None else burst.on for burst in picked)
            found.append(Muscle(name, entry, on, tuple(None if burst is None else burst.mark for burst in picked)))
    return found


def _earliest(lift: Lift, moves: Lifts) -> float:
    """A muscle may start so early that it still belongs to this lift, and not to the one before."""
    before = [other.end_s for other in moves.lifts if other.start_s < lift.start_s]
    return max(lift.start_s - EARLIEST_S, min(max(before, default=-1e9), lift.start_s - 0.1))


def _core(lift: Lift) -> tuple[float, float]:
    return lift.start_s, max(lift.end_s, lift.start_s + 0.3)


def _prime_mover(muscles: list[Muscle]) -> Muscle | None:
    """The hamstrings that were timed: the medial ones as in suehiro2015 (semitendinosus), else the lateral or unnamed ones."""
    for role in HAMSTRINGS:
        for muscle in muscles:
            if muscle.role == role and any(on is not None for on in muscle.on):
                return muscle
    return None


# -------------------------------------------------------------------------------------------------------------- the findings


def _side_findings(
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
        _name(role, _DELAY), side, mean, unit="ms", factor=_SECOND_MS,
        sentence=f"{_who(side, role)} {verb} {word} by {size} against the {muscle_name(mover.role)} ({_of(delay)}).",
        certainty=_certainty(delay), grade=grade_of("A08") if references else Grade.MEASUREMENT, references=references,
    )  # fmt: skip


def _onset_finding(role: str, side: Side | None, onset: Pooled, cue: str) -> Finding:
    mean = onset.mean
    size = interval(abs(mean.value) * _SECOND_MS, *_facing(mean.low, mean.high, mean.value), "ms")
    references = _onset_references(role, cue)
    verb = "start" if role.endswith("hamstrings") else "starts"
    return measured(
        _name(role, _ONSET), side, mean, unit="ms", factor=_SECOND_MS,
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
    return unknown(_name("gluteus_maximus", _DELAY), side, unit="ms", why=why, grade=grade_of("A08"))


def _no_onset(channels: tuple[ChannelOnsets, ...], side: Side | None, glute: Muscle | None, own: Sequence[Lift]) -> Finding:
    if all(lift.start is None for lift in own):
        why = (
            f"{sided(side, 'gluteus_maximus')}: when the leg starts to move is not known, as the recording holds no hip angle, "
            "accelerometer, marker or 'movement start' event."
        )
    else:
        entry = glute.entry if glute else best_channel(channels, "gluteus_maximus", side)
        why = why_not(entry, role="gluteus_maximus", side=side)
    return unknown(_name("gluteus_maximus", _ONSET), side, unit="ms", why=why, grade=grade_of("A08"))


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


def _order_findings(order: Order, muscles: list[Muscle]) -> list[Finding]:
    side = order.side
    leg = f"{side.value.capitalize()} leg" if side else "The leg"
    references = tuple(beside(row) for row in ("T0002", "T0067", "T0006", "T0070"))
    if order.repetitions < 2 or len(order.muscles) < 2:
        why = f"{leg}: {order.verdict}."
        return [unknown("order_consistency", side, unit="1", why=why, grade=Grade.CONTESTED, references=references)]
    sure = Certainty.HIGH if order.repetitions >= 6 else Certainty.MODERATE if order.repetitions >= 3 else Certainty.LOW
    said = [
        Finding(
            "order", side, order.verdict, "", None, None, references[0], Grade.CONTESTED, sure, f"{leg}: {order.verdict}.", references[1:]
        )
    ]
    alike = agreement({muscle.role: muscle.on for muscle in muscles if muscle.role in order.muscles})
    if alike is None:
        why = f"{leg}: fewer than two repetitions show two muscles or more, so nothing can be said about consistency."
        return [*said, unknown("order_consistency", side, unit="1", why=why, grade=Grade.CONTESTED, references=references)]
    sentence = (
        f"{leg}: over {alike.repetitions} repetitions the order agrees with Kendall's W "
        f"{interval(alike.w, alike.low, alike.high, digits=2)} (0 not at all, 1 always the same); a random order would give this in {_chance(alike.p)}."
    )
    return [
        *said,
        Finding(
            "order_consistency", side, alike.w, "1", alike.low, alike.high, references[1], Grade.CONTESTED, sure, sentence,
            (references[0], *references[2:]),
        ),
    ]  # fmt: skip


def _side_difference(pooled: dict[Side | None, Pooled], quantity: str) -> list[Finding]:
    measure = _name("gluteus_maximus", f"{quantity}_side_difference")
    against = "against the hamstrings" if quantity == _DELAY else "against the movement"
    if Side.LEFT not in pooled or Side.RIGHT not in pooled:
        if not pooled or quantity == _ONSET:
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
    sure = certainty_of(d.low * _SECOND_MS, d.high * _SECOND_MS, matters=_matters(), repetitions=few)
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


def _matters() -> float:
    """A difference that matters [ms]: what a single word of instruction does to gluteus maximus (lewis2009)."""
    return tables.value("T0066").value or 0.0


# ------------------------------------------------------------------------------------------------------------------- words


def _certainty(pooled: Pooled) -> Certainty:
    low, high = pooled.mean.low * _SECOND_MS, pooled.mean.high * _SECOND_MS
    return certainty_of(low, high, matters=_matters(), repetitions=pooled.repetitions)


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


def _chance(p: float) -> str:
    return "fewer than 1 of 1000 cases" if p < 0.001 else f"{100.0 * p:.1f} % of cases"


def _cue_warning(recording: Recording, cue: str) -> list[str]:
    shift = f"a cue to the glutes alone moves gluteus maximus about {_matters():.0f} ms earlier (lewis2009)"
    if cue == "unknown":
        return [f"The verbal cue is not stated; {shift}, so note it (--cue) and use the same words at the re-test."]
    if cue == "none":
        return []
    return [f"Verbal cue given: {recording.about.get('cue', '')!r}; {shift}, so use the same words at the re-test."]


def _side_warnings(side: Side | None, own: Sequence[Lift], muscles: list[Muscle], mover: Muscle | None) -> list[str]:
    leg = f"{side.value} leg" if side else "leg"
    said = []
    if len(own) == 1:
        said.append(f"{leg.capitalize()}: one repetition only; intervals are those of the measurement, and consistency is unknown.")
    elif len(own) == 2:
        said.append(f"{leg.capitalize()}: two repetitions only; record at least three, better six.")
    if mover and mover.role != "medial_hamstrings":
        said.append(f"{leg.capitalize()}: the {muscle_name(mover.role)} were taken as the prime mover, as the medial ones were not timed.")
    for muscle in muscles:
        gap = snr_gap(muscle.entry, mover.entry) if mover and muscle is not mover else None
        if gap is not None and abs(gap) > SNR_GAP_DB and mover:
            weak, clear = (muscle.role, mover.role) if gap < 0.0 else (mover.role, muscle.role)
            said.append(
                f"{leg.capitalize()}: the signal of {muscle_name(weak)} is {abs(gap):.0f} dB poorer than that of {muscle_name(clear)}; "
                "signal quality alone can look like a delay, so read the interval and improve the electrode if you can."
            )
        missed = sum(on is None for on in muscle.on)
        if 0 < missed < len(own):
            said.append(f"{leg.capitalize()}: {muscle_name(muscle.role)} was timed in {len(own) - missed} of {len(own)} repetitions.")
        if missed == len(own):
            said.append(why_not(muscle.entry, role=muscle.role.split()[0], side=muscle.entry.channel.side))
    return said


def _repetitions(own: Sequence[Lift], muscles: list[Muscle]) -> list[Repetition]:
    found = []
    for i, lift in enumerate(own):
        marks = tuple(mark for muscle in muscles if (mark := muscle.marks[i]) is not None)
        low, high = (lift.start.quantile(0.025), lift.start.quantile(0.975)) if lift.start else (None, None)
        found.append(Repetition(i + 1, lift.side, lift.start_s, lift.end_s, marks, low, high))
    return found


_ROLES = ("gluteus_maximus", *HAMSTRINGS, *BACK, *(f"{role}_{where}" for role in BACK for where in ("ipsilateral", "contralateral")))

PROTOCOL = Protocol(
    name="prone-hip-extension",
    title="Prone hip extension",
    needs=(
        "Raw EMG of gluteus maximus at 1000 Hz or more, and of the hamstrings of the same side; back muscles of both sides if you can.",
        "The start of movement: a hip angle, a thigh accelerometer, a leg marker, or 'movement start' events; without it times are given "
        "against the hamstrings only.",
        "At least three repetitions per leg, better six, with rest between them, and the words of the instruction ('cue').",
    ),
    measures={
        **{f"{role}_{_ONSET}": f"Onset of the {muscle_name(role)} minus start of movement [ms]; negative: before it." for role in _ROLES},
        **{
            f"{role}_{_DELAY}": f"Onset of the {muscle_name(role)} minus onset of the hamstrings that move the leg (the medial ones where "
            "they were timed; the sentence says which) [ms]; positive: later."
            for role in _ROLES
        },
        "gluteus_maximus_minimal_detectable_change": "Change of the delay to the hamstrings between two sessions that exceeds the scatter "
        "of repetitions (95 %) [ms]; a lower bound.",
        f"gluteus_maximus_{_DELAY}_side_difference": "Delay of gluteus maximus to the hamstrings, left minus right [ms].",
        f"gluteus_maximus_{_ONSET}_side_difference": "Onset of gluteus maximus to the movement, left minus right [ms].",
        "order": "Order of the muscles in the typical repetition, in words; may be 'no consistent order'.",
        "order_consistency": "Kendall's W of the order over repetitions [1]; 0 not at all, 1 always the same.",
    },
    sources=(
        "lewis2009", "lehman2004", "sakamoto2009", "firing_order1990", "phe_review2021", "suehiro2015", "bruno2007", "gelman2005",
    ),
    assess=assess,
)  # fmt: skip
