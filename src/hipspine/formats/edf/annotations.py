"""Annotations of EDF+ and BDF+ files and the status bits of BDF: texts in time, the onset of each record, triggers.

An annotation signal holds, in the bytes of its samples, lists such as ``+1.5<21>20<20>contraction<20><0>``: onset and duration in seconds,
then texts (EDF+ specification, 2.2). The first list of a record gives the time at which the record begins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.formats.edf.header import EdfHeader, EdfSignal
from hipspine.formats.edf.samples import Stored, continuous
from hipspine.formats.events import canonical_event
from hipspine.formats.source import Source
from hipspine.signals.recording import Event
from hipspine.terms import Floats

MOST = 200_000  # annotations or triggers that are read; more than one each second of two days
_LIST = re.compile(rb"([+-]?\d{1,15}(?:[.,]\d{0,30})?)(?:\x15(\d{0,15}(?:[.,]\d{0,30})?))?\x14(.*)", re.DOTALL)
_BLOCK = 1 << 20  # status samples that are looked at in one step


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text at a moment, on the file's own clock."""

    time_s: float
    duration_s: float
    text: str


@dataclass(slots=True)
class Annotations:
    """What the annotation signals of a file hold."""

    onsets_s: Floats  # (record,) as the records state them; NaN where one does not
    found: list[Annotation] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)  # records with lists that cannot be read
    left_out: int = 0  # annotations beyond the most that are read


def annotations_of(source: Source, header: EdfHeader) -> Annotations:
    """All annotations of a file, in the order of its bytes."""
    signals = [signal for signal in header.signals if signal.is_annotations and signal.samples]
    out = Annotations(np.full(header.records, np.nan))
    for place, signal in enumerate(signals):
        part = (signal.start, signal.samples * header.width)
        for at, block in source.records(header.start, header.record_bytes, 0, header.records, part=part):
            for i in range(len(block)):
                _read(block[i].tobytes().rstrip(b"\0"), at + i, out, keeps_time=place == 0)
    return out


def _read(data: bytes, record: int, out: Annotations, *, keeps_time: bool) -> None:
    first = True
    for piece in lists_of(data):
        match = _LIST.fullmatch(piece)
        if match is None:
            if not out.broken or out.broken[-1] != record:
                out.broken.append(record)
            continue
        onset = float(match[1].replace(b",", b"."))
        texts = match[3].split(b"\x14")
        if keeps_time and first and not texts[0].strip():
            out.onsets_s[record] = onset
        first = False
        duration = float((match[2] or b"").replace(b",", b".").rstrip(b".") or 0)
        for raw in texts:
            text = _decoded(raw).strip()
            if not text:
                continue
            if len(out.found) >= MOST:
                out.left_out += 1
            else:
                out.found.append(Annotation(onset, duration, text))


def lists_of(data: bytes) -> Iterator[bytes]:
    """The time-stamped lists in the bytes of one record."""
    return (piece for piece in data.split(b"\0") if piece.strip())


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(letter if letter.isprintable() else " " for letter in text)


def events_of(annotations: Sequence[Annotation], shift_s: float) -> Iterator[Event]:
    """Events in the words of the product; one that lasts gets a second event where it ends."""
    known = {text: canonical_event(text) for text in {annotation.text for annotation in annotations}}
    for annotation in annotations:
        label, side = known[annotation.text]
        if not label:
            continue
        time_s = annotation.time_s + shift_s
        yield Event(label, time_s, side)
        if annotation.duration_s > 0:
            yield Event(f"{label} (end)", time_s + annotation.duration_s, side)


def is_status(signal: EdfSignal, width: int) -> bool:
    """Whether a signal is BioSemi's status channel: 16 trigger inputs below 8 bits about the amplifier."""
    return width == 3 and signal.label.lower() == "status" and signal.samples > 0


def triggers_of(stored: Stored, onsets_s: Floats, rate_hz: float) -> tuple[list[Event], int]:
    """An event wherever the 16 trigger inputs of a status channel change to another code than 0, and how many more there are.

    Args:
        onsets_s: (record,) when each record begins.
    """
    values, size = continuous(stored), stored.per_record
    events: list[Event] = []
    before, more = -1, 0
    for start in range(0, values.shape[1], _BLOCK):
        codes = values[0, start : start + _BLOCK].astype(np.int64) & 0xFFFF
        earlier = np.concatenate([[codes[0] if before < 0 else before], codes[:-1]])
        for place in np.flatnonzero((codes != earlier) & (codes != 0)):
            if len(events) >= MOST:
                more += 1
                continue
            record, within = divmod(start + int(place), size)
            events.append(Event(f"trigger {codes[place]}", float(onsets_s[record]) + within / rate_hz))
        before = int(codes[-1])
    return events, more
