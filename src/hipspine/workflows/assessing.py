"""From a recording to findings: which protocol, what the person adds to the file, and the answer as a document."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import hipspine.assessment
from hipspine import __version__, plugins
from hipspine.assessment.protocol import Assessment, Finding, Order, Protocol
from hipspine.assessment.wording import STANDING_SENTENCE
from hipspine.errors import InputError
from hipspine.evidence.tables import cite
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Event, Recording
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import Side, StreamKind
from hipspine.workflows.documents import plain
from hipspine.workflows.timing_onsets import channel_document, identity


def protocols() -> Mapping[str, Protocol]:
    """Every assessment by its name: the built-in ones and those of other distributions."""
    found: dict[str, Protocol] = plugins.find(hipspine.assessment, "PROTOCOL", group="hipspine.protocols")
    return found


def protocol_named(name: str) -> Protocol:
    """The protocol of that name; an unknown name is answered with the known ones."""
    known = protocols()
    if name not in known:
        raise InputError(f"--protocol: no protocol is named {name!r}; give one of {', '.join(sorted(known))}.")
    return known[name]


def assess(recording: Recording, protocol: str | Protocol) -> Assessment:
    """What one protocol says of one recording: findings with intervals, orders, repetitions and warnings.

    Args:
        recording: as `hipspine.open_recording` gives it.
        protocol: a name such as ``"prone-hip-extension"``, or a `Protocol` of your own.

    Raises:
        InputError: the protocol is not known, or the recording is still a path.
        ProtocolError: the recording does not hold what the protocol needs; the message says what.
    """
    if not isinstance(recording, Recording):
        raise InputError(f"recording is {type(recording).__name__}; open it first: hipspine.open_recording('trial.c3d').")
    return assess_timed(recording, protocol_named(protocol) if isinstance(protocol, str) else protocol)[0]


def assess_timed(recording: Recording, protocol: Protocol) -> tuple[Assessment, tuple[ChannelOnsets, ...]]:
    """The assessment, and every EMG channel with its onsets and quality (the refused ones too), timed once for both."""
    channels = channel_onsets(recording) if recording.of_kind(StreamKind.EMG) else ()
    return (protocol.evaluate(recording, channels) if protocol.evaluate else protocol.assess(recording)), channels


def with_cue(recording: Recording, cue: str | None) -> Recording:
    """The recording with the verbal cue that the person was given (a cue shifts the glute, so protocols ask for it)."""
    return recording if cue is None else replace(recording, about={**recording.about, "cue": cue})


def with_movement_starts(recording: Recording, given: Sequence[str]) -> Recording:
    """The recording with movement starts given by hand instead of those in the file, and a warning that says so.

    Args:
        given: texts such as ``"1.2,4.5"`` or ``"left:1.2,4.5"``, seconds on the recording's clock.

    Raises:
        InputError: a text is not of that form, a time lies outside the recording, or one is given twice.
    """
    if not given:
        return recording
    starts = tuple(event for text in given for event in _movement_starts(text, recording))
    for number, event in enumerate(starts):
        if any((event.time_s, event.side) == (other.time_s, other.side) for other in starts[:number]):
            raise InputError(f"--movement-start: {event.time_s:g} s is given twice; one movement starts once, so give each start once.")
    others = tuple(event for event in recording.events if event.label != "movement start")
    said = f"{len(starts)} movement start{'s were' if len(starts) > 1 else ' was'} given by hand; those of the file are not used."
    return replace(recording, events=others, warnings=(*recording.warnings, said)).with_events(starts)


def _movement_starts(text: str, recording: Recording) -> list[Event]:
    word, colon, numbers = text.partition(":")
    if not colon:
        word, numbers = "", text
    try:
        side = Side(word.strip().lower()) if word else None
        times = [float(number) for number in numbers.split(",")]
    except ValueError:
        raise InputError(f"--movement-start: {text!r} is not a list of seconds; write 1.2,4.5 or left:1.2,4.5.") from None
    first, last = recording.first_time_s, recording.first_time_s + recording.duration_s
    for time in times:
        if not (math.isfinite(time) and first <= time <= last):
            raise InputError(f"--movement-start: {time:g} s lies outside the recording, which runs from {first:g} to {last:g} s.")
    return [Event("movement start", time, side) for time in times]


def citations(protocol: Protocol, assessment: Assessment) -> dict[str, str]:
    """Source key -> full text, for the protocol itself and for every reference that stands beside a finding."""
    beside = {reference.source for finding in assessment.findings for reference in _references(finding)}
    return {key: cite(key) for key in sorted({*protocol.sources, *beside})}


def as_json(recording: Recording, protocol: Protocol, assessment: Assessment, channels: Sequence[ChannelOnsets]) -> dict[str, Any]:
    """The JSON of ``hipspine assess``: findings, orders, repetitions, quality of the channels, and where everything comes from."""
    orders = [_order_document(order) for order in assessment.orders]
    return {
        "protocol": protocol.name,
        "title": protocol.title,
        "recording": identity(recording),
        "findings": [_finding_document(finding) for finding in assessment.findings],
        "order": orders[0] if orders else None,
        "orders": orders,
        "repetitions": [plain(asdict(repetition)) for repetition in assessment.repetitions],
        "channels": [channel_document(entry, bursts=False) for entry in channels],
        "warnings": list(dict.fromkeys((*recording.warnings, *assessment.warnings))),
        "information": list(assessment.information),
        "sources": [{"key": key, "citation": text} for key, text in citations(protocol, assessment).items()],
        "note": STANDING_SENTENCE,
        "version": __version__,
    }


def _references(finding: Finding) -> list[Any]:
    first = [finding.reference] if finding.reference else []
    return [*first, *finding.other_references]


def _finding_document(finding: Finding) -> dict[str, Any]:
    document: dict[str, Any] = plain(asdict(finding))
    return document


def _order_document(order: Order) -> dict[str, Any]:
    return {
        "muscles": list(order.muscles),
        "p_before": plain(order.p_before),
        "consistency": plain(order.consistency),
        "verdict": order.verdict,
        "side": plain(order.side),
        "repetitions": order.repetitions,
        "settled": order.settled,
    }
