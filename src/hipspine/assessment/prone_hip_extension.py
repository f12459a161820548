"""Prone hip extension: when gluteus maximus, hamstrings and back muscles start as one straight leg is lifted, per side.

Published values contradict one another, so all stand beside the result and none is a cut-off: gluteus maximus last in healthy
people (lehman2004, sakamoto2009, lewis2009, phe_review2021), no consistent order (firing_order1990), no difference of gluteus
maximus in low back pain (suehiro2015), a later one (bruno2007). A verbal cue alone moves it (lewis2009).
"""

from collections.abc import Sequence

from hipspine.assessment.bursts import (
    BACK,
    HAMSTRINGS,
    SNR_GAP_DB,
    best_channel,
    burst_in,
    bursts_of,
    clipped,
    doubles,
    emg_or_refuse,
    labels_found,
    snr_gap,
    why_not,
)
from hipspine.assessment.lifts import Lift, Lifts, lifts
from hipspine.assessment.order import order_of
from hipspine.assessment.pooling import Pooled
from hipspine.assessment.prone_findings import DELAY, ONSET, Muscle, matters_ms, order_findings, side_difference, side_findings
from hipspine.assessment.protocol import Assessment, Finding, Order, Protocol, Repetition
from hipspine.assessment.wording import muscle_name
from hipspine.errors import ProtocolError
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import Side, StreamKind

EARLIEST_S = 0.8  # a muscle may start so long before the leg moves; hamstrings do by about 0.2 s (lewis2009)


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
    roles = ("gluteus_maximus", *HAMSTRINGS, *BACK)
    warnings = [*moves.warnings, *doubles(channels, roles), *clipped(channels, roles)]
    warnings += [_unstated_cue()] if cue == "unknown" else []
    delays: dict[Side | None, Pooled] = {}
    onsets: dict[Side | None, Pooled] = {}
    for side in moves.sides:
        own = [lift for lift in moves.lifts if lift.side is side]
        muscles = _muscles(channels, side, moves, own)
        mover = _prime_mover(muscles)
        said, delay, onset = side_findings(channels, side, own, muscles, mover, cue)
        findings += said
        delays |= {side: delay} if delay else {}
        onsets |= {side: onset} if onset else {}
        order = order_of({muscle.role: muscle.on for muscle in muscles}, side=side)
        orders.append(order)
        findings += order_findings(order, muscles)
        repetitions += _repetitions(own, muscles)
        warnings += _side_warnings(side, own, muscles, mover)
    findings += side_difference(delays, DELAY) + side_difference(onsets, ONSET)
    numbered = [
        Repetition(i + 1, r.side, r.start_s, r.end_s, r.marks, r.start_low_s, r.start_high_s)
        for i, r in enumerate(sorted(repetitions, key=lambda r: r.start_s))
    ]
    information = (*moves.information, *([_stated_cue(recording)] if cue not in ("unknown", "none") else []))
    return Assessment(
        PROTOCOL.name, tuple(findings), tuple(orders), tuple(numbered),
        warnings=tuple(dict.fromkeys(warnings)), information=tuple(dict.fromkeys(information)),
    )  # fmt: skip


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
            "say which it is, such as --map LABEL=gluteus_maximus:left, or name the channel after the muscle."
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


def _unstated_cue() -> str:
    return f"The verbal cue is not stated; {_shift()}, so note it (--cue) and use the same words at the re-test."


def _stated_cue(recording: Recording) -> str:
    return f"Verbal cue given: {recording.about.get('cue', '')!r}; {_shift()}, so use the same words at the re-test."


def _shift() -> str:
    return f"a cue to the glutes alone moves gluteus maximus about {matters_ms():.0f} ms earlier (lewis2009)"


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
        **{f"{role}_{ONSET}": f"Onset of the {muscle_name(role)} minus start of movement [ms]; negative: before it." for role in _ROLES},
        **{
            f"{role}_{DELAY}": f"Onset of the {muscle_name(role)} minus onset of the hamstrings that move the leg (the medial ones where "
            "they were timed; the sentence says which) [ms]; positive: later."
            for role in _ROLES
        },
        "gluteus_maximus_minimal_detectable_change": "Change of the delay to the hamstrings between two sessions that exceeds the scatter "
        "of repetitions (95 %) [ms]; a lower bound.",
        f"gluteus_maximus_{DELAY}_side_difference": "Delay of gluteus maximus to the hamstrings, left minus right [ms].",
        f"gluteus_maximus_{ONSET}_side_difference": "Onset of gluteus maximus to the movement, left minus right [ms].",
        "order": "Order of the muscles in the typical repetition, in words; may be 'no consistent order'.",
        "order_consistency": "Kendall's W of the order over repetitions [1]; 0 not at all, 1 always the same.",
    },
    sources=(
        "lewis2009", "lehman2004", "sakamoto2009", "firing_order1990", "phe_review2021", "suehiro2015", "bruno2007", "gelman2005",
    ),
    assess=assess,
    evaluate=evaluate,
)  # fmt: skip
