"""Timing against foot contact, for walking, steps and landings: does a muscle start before the foot takes load, and by how much.

Contacts are "foot strike" events, or the moment a force plate's vertical force rises above 20 N. No published norm in ms was read
for these muscles, so findings stand as plain measurements. An envelope cannot be timed; where contacts are known, the place of its
peak in the stride is given instead, under a name of its own.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from hipspine.assessment.bursts import (
    ROLES,
    Burst,
    best_channel,
    bursts_of,
    clipped,
    doubles,
    emg_or_refuse,
    is_timed,
    labels_found,
    why_not,
)
from hipspine.assessment.findings import certainty_of, measured, unknown
from hipspine.assessment.order import order_of, paired_delay
from hipspine.assessment.order_findings import order_findings
from hipspine.assessment.pooling import Pooled, pool
from hipspine.assessment.protocol import Assessment, Finding, Order, Protocol, Repetition
from hipspine.assessment.wording import counted, interval, muscle_name, sided
from hipspine.errors import ProtocolError
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import Certainty, ChannelStatus, Floats, Grade, Side, StreamKind

BEFORE_SHARE, AFTER_SHARE = 0.5, 0.25  # a burst belongs to a contact if it starts within these shares of the stride around it
BEFORE_S, AFTER_S = 0.6, 0.25  # the same where no stride is known, and never more
CONTACT_N = 20.0  # vertical force that counts as contact
MATTERS_MS = 34.0  # our choice: as in the prone test, what a word of instruction does (lewis2009)
_UNLOADED_S = 0.1  # force below the threshold for so long before a contact
_EVENT_WIDTH_S = 0.001
_VERTICAL = re.compile(r"(^|[^a-z])f_?z\d*([^a-z]|$)|(ground_)?force.*_v?y$|vertical|grf(_?[lr])?_?z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contact:
    """One foot contact with the window in which an onset belongs to it."""

    time_s: float
    side: Side | None
    earliest_s: float
    latest_s: float
    end_s: float | None  # foot off, where marked


def assess(recording: Recording) -> Assessment:
    """Findings of timing against foot contact; see `evaluate`."""
    return evaluate(recording, channel_onsets(recording) if recording.of_kind(StreamKind.EMG) else ())


def evaluate(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> Assessment:
    """Findings of timing against foot contact from a recording and the onsets of its EMG channels.

    Raises:
        ProtocolError: no EMG, no muscle of hip or back, no contact, or nothing but envelopes and no two contacts.
    """
    marked = contacts(recording)
    strides = len(marked) >= 2
    if not (strides and any(entry.channel.status is ChannelStatus.ENVELOPE for entry in channels)):
        emg_or_refuse(
            recording, channels,
            instead="possible instead: the place of each envelope's peak in the stride, once the file also holds two foot contacts of one "
            "leg (events or a force plate); to time onsets record raw EMG at 1000 Hz or more.",
        )  # fmt: skip
    if not any(entry.channel.muscle in muscles for entry in channels for muscles in ROLES.values()):
        raise ProtocolError(
            f"{recording.name}: no channel of a hip or back muscle; found {labels_found(recording)}; "
            "name channels after muscles, such as GMAX_L, or say which they are, such as --map LABEL=gluteus_maximus:left."
        )
    if not marked:
        raise ProtocolError(
            f"{recording.name}: no foot contact; found {counted(len(recording.events), 'event')} and no vertical force that rises above "
            f"{CONTACT_N:g} N; mark 'foot strike' events, or put a <name>_events.csv beside the file."
        )
    findings: list[Finding] = []
    orders: list[Order] = []
    repetitions: list[Repetition] = []
    warnings = [*doubles(channels, ROLES), *clipped(channels, ROLES)]
    for side, own in _by_side(marked, channels, warnings).items():
        said, order, seen = _one_side(recording, channels, side, own)
        findings += said
        orders += [order] if order else []
        repetitions += seen
    return Assessment(PROTOCOL.name, tuple(findings), tuple(orders), _numbered(repetitions), warnings=tuple(dict.fromkeys(warnings)))


def contacts(recording: Recording) -> tuple[Contact, ...]:
    """Foot contacts from events, or from force plates where no contact is marked, in order of time."""
    strikes = sorted(
        {(float(event.time_s), event.side) for event in recording.events if event.label == "foot strike"}, key=lambda one: one[0]
    )
    if not strikes:
        strikes = _from_force(recording)
    offs = [(float(event.time_s), event.side) for event in recording.events if event.label == "foot off"]
    found = []
    for side in (Side.LEFT, Side.RIGHT, None):
        times = [time for time, foot in strikes if foot is side]
        stride = float(np.median(np.diff(times))) if len(times) > 1 else np.inf
        before, after = min(BEFORE_S, BEFORE_SHARE * stride), min(AFTER_S, AFTER_SHARE * stride)
        for time, following in zip(times, [*times[1:], np.inf][: len(times)], strict=True):
            ends = [off for off, foot in offs if foot in (side, None) and time < off < following]
            found.append(Contact(time, side, time - before, time + after, min(ends, default=None)))
    return tuple(sorted(found, key=lambda contact: contact.time_s))


# ---------------------------------------------------------------------------------------------------------------- contacts


def _from_force(recording: Recording) -> list[tuple[float, Side | None]]:
    found: list[tuple[float, Side | None]] = []
    for stream in recording.of_kind(StreamKind.FORCE):
        for row, channel in enumerate(stream.channels):
            if channel.unit == "N" and _VERTICAL.search(channel.label):
                found += [(time, channel.side) for time in _rises(stream.values[row], stream.rate_hz, stream.start_s)]
    return sorted(found, key=lambda one: one[0])


def _rises(force: Floats, rate_hz: float, start_s: float) -> list[float]:
    """Times at which the force passes the threshold upwards after a time without load [s]."""
    finite = np.isfinite(force)
    if not finite.any():
        return []
    load = np.where(finite, force, 0.0) * (1.0 if np.nanmax(force) >= -np.nanmin(force) else -1.0)
    calm = int(_UNLOADED_S * rate_hz)
    passed = np.flatnonzero((load[:-1] <= CONTACT_N) & (load[1:] > CONTACT_N)) + 1
    ups = [int(i) for i in passed if i >= calm and (load[i - calm : i] <= CONTACT_N).all() and finite[i - calm : i + 1].all()]
    return [start_s + (i - (load[i] - CONTACT_N) / (load[i] - load[i - 1])) / rate_hz for i in ups]


def _by_side(marked: Sequence[Contact], channels: tuple[ChannelOnsets, ...], warnings: list[str]) -> dict[Side | None, list[Contact]]:
    """Contacts by foot; contacts that do not say their foot belong to the side of the channels, where all channels share one."""
    sides = {entry.channel.side for entry in channels if any(entry.channel.muscle in muscles for muscles in ROLES.values())}
    by_side: dict[Side | None, list[Contact]] = {}
    for contact in marked:
        by_side.setdefault(contact.side, []).append(contact)
    if None in by_side:
        own = next(iter(sides)) if len(sides) == 1 else None
        if own is None and len(sides) > 1:
            warnings.append(
                "The contacts do not say which foot they belong to, and the channels are of both sides: each contact was taken for both."
            )
            unsaid = by_side.pop(None)
            for side in (Side.LEFT, Side.RIGHT):
                by_side.setdefault(side, []).extend(unsaid)
        else:
            where = f"the {own.value} foot, the side of the channels" if own else "the side of the channels, which is not stated either"
            warnings.append(f"The contacts do not say which foot they belong to; they were taken for {where}.")
            by_side.setdefault(own, []).extend(by_side.pop(None) if own else [])
    elif sides == {None}:
        warnings.append("The channels do not say their side; they were taken for the side of each contact.")
    order = [Side.LEFT, Side.RIGHT, None]
    return {side: sorted(by_side[side], key=lambda c: c.time_s) for side in order if side in by_side}


# -------------------------------------------------------------------------------------------------------------- the findings


def _one_side(
    recording: Recording, channels: tuple[ChannelOnsets, ...], side: Side | None, own: list[Contact]
) -> tuple[list[Finding], Order | None, list[Repetition]]:
    findings: list[Finding] = []
    starts: dict[str, list[TimePosterior | None]] = {}
    picked: dict[str, list[Burst | None]] = {}
    for role in ROLES:
        entry = best_channel(channels, role, side) or best_channel(channels, role, None)
        if entry is None:
            if role == "gluteus_maximus":
                findings.append(unknown(f"{role}_onset_to_contact", side, unit="ms", why=why_not(None, role=role, side=side)))
            continue
        if entry.channel.status is ChannelStatus.ENVELOPE:
            findings += _envelope_findings(recording, entry, role, side, own)
            continue
        bursts = bursts_of(entry, muscle=role)
        chosen = [_burst_at(bursts, contact) for contact in own]
        open_starts = sum(burst is None and _start_is_open(bursts, contact) for burst, contact in zip(chosen, own, strict=True))
        findings += _muscle_findings(entry, role, side, own, chosen, open_starts)
        if any(burst is not None for burst in chosen):
            picked[role] = chosen
            starts[role] = [None if burst is None else burst.on for burst in chosen]
    order = order_of(starts, side=side) if len(starts) > 1 else None
    if order:
        where = f"{side.value.capitalize()} foot contact" if side else "Foot contact"
        findings += order_findings(order, starts, where=where, thing="contact")
    repetitions = [
        Repetition(i + 1, side, c.time_s, c.end_s, tuple(b.mark for role in picked if (b := picked[role][i]) is not None))
        for i, c in enumerate(own)
    ]
    return findings, order, repetitions


def _burst_at(bursts: tuple[Burst, ...], contact: Contact) -> Burst | None:
    """The burst that is on at contact; else the last one that started within the window before it; else the first soon after it."""
    near = [b for b in bursts if b.on is not None and contact.earliest_s <= b.on_s <= contact.latest_s]
    spanning = [b for b in near if b.on_s <= contact.time_s <= b.off_s]
    before = [b for b in near if b.on_s <= contact.time_s]
    return (spanning or before)[-1] if spanning or before else (near[0] if near else None)


def _start_is_open(bursts: tuple[Burst, ...], contact: Contact) -> bool:
    """Whether a burst near this contact has no time for its start: one too uncertain, or before the record or in a gap."""
    for burst in bursts:
        if burst.mark.on_s is None:
            begins = burst.on.quantile(0.5) if burst.on is not None else -np.inf
            if begins <= contact.latest_s and (begins >= contact.earliest_s or burst.off_s >= contact.earliest_s):
                return True
    return False


def _muscle_findings(
    entry: ChannelOnsets, role: str, side: Side | None, own: list[Contact], chosen: list[Burst | None], open_starts: int
) -> list[Finding]:
    """Onset before contact, and in how many contacts; contacts whose burst has no time for its start are not counted."""
    who, measure = sided(side, role), f"{role}_onset_to_contact"
    strike = [TimePosterior(contact.time_s, _EVENT_WIDTH_S, np.array([1.0])) for contact in own]
    pooled = paired_delay([None if burst is None else burst.on for burst in chosen], strike)
    if not is_timed(entry) or pooled is None:
        why = why_not(entry, role=role, side=side).replace("belongs to the movement", "starts near a foot contact")
        return [unknown(measure, side, unit="ms", why=why)]
    before = sum(int(burst is not None and burst.on_s < contact.time_s) for burst, contact in zip(chosen, own, strict=True))
    mean = pooled.mean
    low, high = (-mean.high, -mean.low) if mean.value < 0.0 else (mean.low, mean.high)
    size = interval(abs(mean.value) * 1e3, low * 1e3, high * 1e3, "ms")
    verb = "start" if role.endswith("hamstrings") else "starts"
    sentence = f"{who} {verb} {size} {'before' if mean.value < 0.0 else 'after'} foot contact"
    few = certainty_of(mean.low * 1e3, mean.high * 1e3, matters=MATTERS_MS, repetitions=pooled.repetitions)
    known = len(own) - open_starts
    share_low, share_high = _share_interval(before, known)
    left_out = f" ({counted(open_starts, 'contact')} left out: no time for the start there)" if open_starts else ""
    return [
        measured(measure, side, mean, unit="ms", factor=1e3, sentence=f"{sentence}{_scatter(pooled)}.", certainty=few),
        Finding(
            f"{role}_contacts_preceded", side, 100.0 * before / known, "%", 100.0 * share_low, 100.0 * share_high, None,
            Grade.MEASUREMENT, Certainty.MODERATE if known >= 6 else Certainty.LOW,
            f"{who} {verb} before {before} of {counted(known, 'contact')}{left_out}.",
        ),
    ]  # fmt: skip


def _envelope_findings(recording: Recording, entry: ChannelOnsets, role: str, side: Side | None, own: list[Contact]) -> list[Finding]:
    """Refusal of the onset, and the place of the envelope's peak in the stride."""
    who = sided(side, role)
    refused = (
        f"{who}: channel {entry.channel.label!r} is an envelope (rectified and smoothed), so no onset can be timed from it; the place of "
        "its peak in the stride is given instead; record raw EMG to time onsets."
    )
    findings = [unknown(f"{role}_onset_to_contact", side, unit="ms", why=refused)]
    places = _peaks(recording, entry, own)
    if places.size:
        pooled = pool(places[:, None], limit=25.0)
        m = pooled.mean
        sentence = (
            f"{who}: the envelope peaks at {interval(m.value, m.low, m.high, '%')} of the stride from contact to contact "
            f"({counted(places.size, 'stride')})."
        )
        few = certainty_of(m.low, m.high, matters=5.0, repetitions=places.size)
        findings.append(measured(f"{role}_envelope_peak", side, m, unit="%", factor=1.0, sentence=sentence, certainty=few))
    return findings


def _peaks(recording: Recording, entry: ChannelOnsets, own: list[Contact]) -> Floats:
    """Where in each stride the envelope is highest [% from contact to contact]; strides outside the record or with gaps are left out."""
    for stream in recording.of_kind(StreamKind.EMG):
        for row, channel in enumerate(stream.channels):
            if channel is entry.channel or channel.label == entry.channel.label:
                times, found = stream.times_s(), []
                for a, b in itertools.pairwise(own):
                    inside = stream.values[row][(times >= a.time_s) & (times < b.time_s)]
                    if a.time_s >= times[0] and b.time_s <= times[-1] and inside.size > 10 and np.isfinite(inside).all():
                        found.append(100.0 * float(np.argmax(inside)) / inside.size)
                return np.array(found)
    return np.zeros(0)


def _share_interval(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share from a count (beta distribution, Jeffreys prior; closed at 0 and 1 where all or none were hits)."""
    low = 0.0 if hits == 0 else float(betaincinv(hits + 0.5, of - hits + 0.5, 0.025))
    high = 1.0 if hits == of else float(betaincinv(hits + 0.5, of - hits + 0.5, 0.975))
    return low, high


def _scatter(pooled: Pooled) -> str:
    if pooled.spread is None:
        return " (a single contact; its interval is that of the measurement only)"
    return f" ({counted(pooled.repetitions, 'contact')}, scatter {pooled.spread.value * 1e3:.0f} ms)"


def _numbered(found: list[Repetition]) -> tuple[Repetition, ...]:
    ordered = sorted(found, key=lambda r: r.start_s)
    return tuple(Repetition(i + 1, r.side, r.start_s, r.end_s, r.marks) for i, r in enumerate(ordered))


PROTOCOL = Protocol(
    name="contact",
    title="Timing against foot contact",
    needs=(
        "Raw EMG at 1000 Hz or more of hip or back muscles, gluteus maximus if you can.",
        "Foot contacts: 'foot strike' events with their side, or a force plate's vertical force [N].",
        "At least three contacts of one foot, better six.",
    ),
    measures={
        **{
            f"{role}_onset_to_contact": f"Onset of the {muscle_name(role)} minus foot contact [ms]; negative: before. The burst that is on "
            "at contact, else the last one that starts within half a stride (at most 0.6 s) before it, else the first within a quarter "
            "stride (at most 0.25 s) after it."
            for role in ROLES
        },
        **{f"{role}_contacts_preceded": f"Share of contacts before which the {muscle_name(role)} started [%]." for role in ROLES},
        **{
            f"{role}_envelope_peak": f"Place of the highest point of an envelope of the {muscle_name(role)} in the stride "
            "[% from contact to contact]; only where the EMG is an envelope; not an onset."
            for role in ROLES
        },
        "order": "Order of the muscles around contact in the typical stride, in words; may be 'no consistent order'.",
        "order_consistency": "Kendall's W of the order over contacts [1]; 0 not at all, 1 always the same.",
    },
    sources=("gelman2005", "lewis2009"),
    assess=assess,
    evaluate=evaluate,
)  # fmt: skip
