"""EDF, EDF+ and EDF+D: signals of several rates in records of one duration, with annotations.

The clock begins with the first sample; annotations count from it, whatever fraction of a second the file begins with. Records of a
discontinuous file stand where their onsets say, with NaN between them. Date and time point at a person and stay with the person's fields.
We decode the samples ourselves: edfio 0.4 reads EDF+D as if there were no gaps, takes all of a BDF file into memory, and refuses 6 of the
22 odd headers in our tests; it is the judge there wherever it opens a file.
"""

import math
from dataclasses import dataclass, replace

from hipspine.errors import FormatError
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.edf.annotations import Annotations, annotations_of, events_of, is_status, triggers_of
from hipspine.formats.edf.anonymise import anonymise
from hipspine.formats.edf.clock import RecordClock, clock_of_records
from hipspine.formats.edf.header import NAMES, EdfHeader, EdfSignal, parse, recognises
from hipspine.formats.edf.notes import Notes, notes_of, own_events
from hipspine.formats.edf.person import person_of
from hipspine.formats.edf.samples import Stored, continuous, grouped, places_of, spread
from hipspine.formats.ours import Statement
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Event
from hipspine.terms import StreamKind


def read(source: Source, width: int) -> Content:
    """The content of an EDF (samples of 2 bytes) or BDF file (3 bytes).

    Raises:
        FormatError: not such a file, cut off before the end of its first record, or without a signal that has a rate.
    """
    header = parse(source, width)
    annotations = annotations_of(source, header)
    notes, texts, incomplete = notes_of(annotations.found, source.name)
    signals = [signal for signal in header.signals if not signal.is_annotations and signal.samples]
    if not signals:
        raise FormatError(
            f"{source.name}: the {NAMES[width]} file holds {len(texts)} annotations and no signal with samples; open the recording that "
            "they belong to."
        )
    clock = clock_of_records(header, annotations.onsets_s, source.name)
    file = _File(source, header, clock, -(1 << (8 * width - 1)) if notes.gaps else None)
    warnings = [*header.warnings, *clock.warnings, *_annotation_warnings(annotations), *([incomplete] if incomplete else [])]
    person, device = person_of(header)
    about = ({"device": device} if device else {}) | _signal_notes(signals) | notes.about
    if notes.labels and notes.fits(header):
        shift_s = notes.clock_s - clock.first_s
        written = own_events(texts, shift_s) if len(texts) == notes.events else list(events_of(texts, shift_s))
        groups, statement = file.own_groups(notes), notes.statement
    else:
        if notes.labels:
            warnings.append("the file was changed since hipspine wrote it: labels, units and times are read as in any file")
        triggers, more = file.triggers()
        if more:
            warnings.append(f"{more} further triggers of the status channel are left out")
        written, statement = [*events_of(texts, -clock.first_s), *triggers], Statement()
        groups = file.groups()
    events = tuple(sorted(written, key=lambda event: event.time_s))
    return Content(groups, events, tuple(warnings), about, person | notes.person, statement, unit_note="counts of the converter")


READER = Reader("EDF", (".edf", ".rec"), lambda head, _: recognises(head, 2), lambda source: read(source, 2), anonymise)


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """An opened file: its bytes, header and the times of its records."""

    source: Source
    header: EdfHeader
    clock: RecordClock
    missing: int | None  # digital number that stands for no sample

    def groups(self) -> tuple[Group, ...]:
        """One group of columns for each rate."""
        signals = [signal for signal in self.header.signals if not signal.is_annotations]
        status = [signal for signal in signals if is_status(signal, self.header.width)]
        others = [signal for signal in signals if signal not in status]
        stored = [self._stored(same) for size, same in grouped(others).items() if size]
        return tuple(self._group(part, StreamKind.OTHER if part.raw else None) for part in [*stored, *self._status()])

    def _status(self) -> list[Stored]:
        signals = [signal for signal in self.header.signals if is_status(signal, self.header.width)]
        return [replace(self._stored([signal]), raw=True) for signal in signals]

    def _stored(self, signals: list[EdfSignal]) -> Stored:
        return Stored(self.source, self.header, tuple(signals), self.missing)

    def _group(self, stored: Stored, kind: StreamKind | None) -> Group:
        rate_hz = stored.per_record / self.clock.duration_s
        columns = tuple(
            Column(s.label, s.unit if s.calibrated and not stored.raw else "", s.transducer, kind, "status" if stored.raw else "")
            for s in stored.signals
        )
        if self.clock.onsets_s is None:
            return Group(columns, continuous(stored), rate_hz, 0.0)
        return Group(columns, spread(stored, places_of(self.clock.onsets_s, rate_hz, stored.per_record)), rate_hz, 0.0)

    def triggers(self) -> tuple[list[Event], int]:
        """Events of all status channels, and how many more there are."""
        onsets_s = self.clock.starts_s(self.header.records)
        found = [triggers_of(stored, onsets_s, stored.per_record / self.clock.duration_s) for stored in self._status()]
        return [event for events, _ in found for event in events], sum(more for _, more in found)

    def own_groups(self, notes: Notes) -> tuple[Group, ...]:
        """One group for each stream that hipspine wrote, without the samples that filled up its first and last record."""
        statement, powers = notes.statement, dict(zip(notes.labels, notes.powers, strict=True))
        signals = dict(zip(notes.labels, (s for s in self.header.signals if not s.is_annotations), strict=True))
        groups = []
        for index, samples in enumerate(statement.samples):
            labels = [label for label in notes.labels if statement.channels[label].index == index]
            sizes = {signals[label].samples for label in labels}
            if len(sizes) != 1 or not (size := sizes.pop()):
                continue
            rate_hz = size / self.clock.duration_s
            lead = (statement.starts_s[index] - notes.clock_s) * statement.rates_hz[index]
            total = size * self.header.records
            first = min(max(round(lead), 0), total) if math.isfinite(lead) else 0
            factors = tuple(10.0 ** powers[label] for label in labels)
            stored = Stored(self.source, self.header, tuple(signals[label] for label in labels), self.missing, factors)
            columns = tuple(Column(label, statement.channels[label].unit) for label in labels)
            values = continuous(stored, first=first, samples=max(0, min(samples, total - first)))
            groups.append(Group(columns, values, rate_hz, notes.clock_s + first / rate_hz))
        return tuple(groups)


def _annotation_warnings(annotations: Annotations) -> list[str]:
    out = []
    if annotations.broken:
        out.append(f"annotations in {len(annotations.broken)} records cannot be read, the first in record {annotations.broken[0] + 1}")
    if annotations.left_out:
        out.append(f"{annotations.left_out} further annotations are left out")
    return out


def _signal_notes(signals: list[EdfSignal]) -> dict[str, str]:
    """Filters and transducers, each once; with the labels that they belong to where signals differ."""
    out = {}
    for key, texts in (("filters", [s.prefilter for s in signals]), ("transducers", [s.transducer for s in signals])):
        labels: dict[str, list[str]] = {}
        for signal, text in zip(signals, texts, strict=True):
            labels.setdefault(text, []).append(signal.label)
        given = [(text, ", ".join(found)) for text, found in labels.items() if text]
        if given:
            out[key] = given[0][0] if len(labels) == 1 else "; ".join(f"{text} ({found})" for text, found in given)
    return out
