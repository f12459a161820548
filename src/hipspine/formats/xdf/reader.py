"""XDF: streams of several devices and their markers, as LabRecorder writes them from the Lab Streaming Layer, on the recorder's clock.

Time zero is the first sample of all streams with numbers; the file counts seconds since a computer was started, which tells nothing.
Layout: XDF 1.0 specification (sccn/xdf wiki).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.anatomy.lexicon import words_of
from hipspine.errors import FormatError
from hipspine.formats.channels import si_spelling
from hipspine.formats.clock import clock_of
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.events import canonical_event
from hipspine.formats.ours import statement_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.vocabulary import vocabulary
from hipspine.formats.xdf.anonymise import anonymise
from hipspine.formats.xdf.chunks import FORMATS, MAGIC, XdfFile, XdfStream, scan
from hipspine.formats.xdf.clock import Stamps, stamps_of
from hipspine.formats.xdf.compressed import expanded, expanded_head
from hipspine.formats.xdf.grid import Grid, even, joined, whole
from hipspine.formats.xdf.index import Decoder
from hipspine.formats.xdf.person import identifying, person_of
from hipspine.formats.xdf.xml import Node, parsed
from hipspine.signals.recording import Event
from hipspine.terms import Side, StreamKind
from hipspine.units import to_si

NAME = "XDF"
_TYPES = {
    **dict.fromkeys(("emg", "semg"), StreamKind.EMG),
    **dict.fromkeys(("force", "forceplate", "grf", "torque", "dynamometer"), StreamKind.FORCE),
    **dict.fromkeys(("imu", "acc", "accelerometer", "gyro", "gyroscope", "magnetometer"), StreamKind.IMU),
    **dict.fromkeys(("angle", "angles", "jointangle", "jointangles", "goniometer", "gonio"), StreamKind.ANGLE),
    **dict.fromkeys(("positionx", "positiony", "positionz"), StreamKind.MARKER),
}
_EVENT_WORDS = {"marker", "markers", "stringmarker", "event", "events", "trigger", "triggers", "stim", "annotation", "annotations"}
_SLOW_HZ, _MOST_CODES, _MOST_EVENTS = 20.0, 256, 200_000  # of numbers that are marks and no signal
_FAR_S = 60.0  # a stream this far from all others has another clock


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are those of an XDF file, or of a compressed one."""
    del suffix
    return head[:4] == MAGIC or expanded_head(head) == MAGIC


def read(source: Source) -> Content:
    """The content of an XDF file: one group per stream of numbers, events from streams of texts and of marks."""
    notes: list[str] = []
    source = expanded(source, notes)
    file = scan(source)
    work = _Work(source, file, [*notes, *file.warnings])
    for stream in file.streams.values():
        work.take(stream)
    return work.content()


READER = Reader(NAME, (".xdf", ".xdfz"), recognises, read, anonymise)


@dataclass(slots=True, eq=False)
class _Work:
    """What becomes of the streams, before the common time zero is known."""

    source: Source
    file: XdfFile
    warnings: list[str]
    grids: list[tuple[XdfStream, Grid]] = field(default_factory=list)
    marks: list[tuple[XdfStream, Stamps]] = field(default_factory=list)
    people: tuple[str, ...] | None = None  # texts that point at somebody

    def take(self, stream: XdfStream) -> None:
        footer = self.footer(stream)
        counted = footer.first("sample_count")
        if counted.isascii() and counted.isdigit() and len(counted) < 16 and int(counted) > stream.index.count:
            self.warnings.append(f"{stream.title}: its footer counts {int(counted)} samples, the file holds {stream.index.count}")
        if not stream.index.count:
            self.warnings.append(f"{stream.title} holds no samples: left out")
            return
        stamps = stamps_of(stream, first_s=_number(footer.first("first_timestamp")))
        self.warnings.extend(stamps.warnings)
        dropping = stream.header.first("desc", "synchronization", "can_drop_samples").lower() == "true"
        if not FORMATS[stream.format]:
            self.marks.append((stream, stamps))
        elif not stream.rate_hz or (dropping and np.isfinite(stamps.times_s).all()):
            self.uneven(stream, stamps)
        else:
            grids, warnings = even(stamps, stream.title)
            self.warnings.extend(warnings)
            self.grids.extend((stream, grid) for grid in grids)

    def footer(self, stream: XdfStream) -> Node:
        """What the footer says; nothing if there is none or it is torn."""
        if stream.footer is None:
            return Node("info")
        try:
            start, end = stream.footer
            return parsed(self.source.read(start, end - start), self.source.name)
        except FormatError:
            self.warnings.append(f"{stream.title}: its footer is damaged; it is not needed")
            return Node("info")

    def uneven(self, stream: XdfStream, stamps: Stamps) -> None:
        """A stream of numbers without a rate: marks, or a device whose stamps are even all the same; else it is named and left out."""
        if _are_marks(stream, stamps, self.source):
            self.marks.append((stream, stamps))
            return
        try:
            clock = clock_of(stamps.all_times_s(), where="x")
        except FormatError as error:
            why = str(error).removeprefix("x: ").rstrip(".")
            self.warnings.append(f"{stream.title} ({stream.channels} channel(s), {stream.index.count} samples) is left out: {why}")
            return
        if not stream.rate_hz:
            self.warnings.append(f"{stream.title} states no rate; its time stamps lie on an even clock of {clock.rate_hz:.6g} Hz")
        grid = whole(stream.index.count, clock.rate_hz, clock.start_s)
        self.grids.append((stream, joined(grid, clock.places, clock.rate_hz, clock.start_s)))

    # -------------------------------------------------------------------------------------------------------- the content

    def content(self) -> Content:
        """Everything, counted from the first sample."""
        if not self.grids:
            held = f"{len(self.marks)} stream(s) of marks" if self.marks else "streams without samples"
            why = f" ({self.warnings[0]})" if self.warnings else ""
            raise FormatError(f"{self.source.name}: the XDF file holds {held} and no signal that can be read{why}; record it again.")
        ours = next(iter(self.file.header.all("hipspine")), Node("hipspine"))
        starts = [grid.start_s for _, grid in self.grids if np.isfinite(grid.start_s)]
        origin = _number(ours.first("origin_s"))
        zero_s = origin if origin is not None else min(starts, default=0.0)
        self.speak_of_clocks(zero_s)
        groups = tuple(self.group(stream, grid, zero_s) for stream, grid in self.grids)
        events = sorted((event for stream, stamps in self.marks for event in self.events(stream, stamps, zero_s)), key=lambda e: e.time_s)
        end = max(group.start_s + group.values.shape[1] / group.rate_hz for group in groups)
        outside = sum(not -1.0 <= event.time_s <= end + 1.0 for event in events)
        if outside and origin is None:
            self.warnings.append(f"{outside} of {len(events)} events lie outside the time of the samples")
        about, person = _pairs(ours, "about") or self.about(), _pairs(ours, "person")
        return Content(
            groups,
            tuple(events),
            tuple(self.warnings),
            about=about,
            person=person or person_of((self.file.header, *(stream.header for stream in self.file.streams.values()))),
            statement=statement_of(ours.first("streams"), self.source.name),
        )

    def about(self) -> dict[str, str]:
        """The devices that the streams name."""
        devices = dict.fromkeys(
            " ".join(text for text in (s.header.first("desc", "acquisition", part) for part in ("manufacturer", "model")) if text)
            for s in self.file.streams.values()
        )
        named = "; ".join(device for device in devices if device)
        return {"device": named} if named and len(named) < 500 else {}

    def speak_of_clocks(self, zero_s: float) -> None:
        """Say which rates are not as promised, what is missing, and which stream lies apart."""
        for stream, grid in self.grids:
            if stream.rate_hz and abs(grid.rate_hz / stream.rate_hz - 1) > 0.01:
                self.warnings.append(f"{stream.title}: {grid.rate_hz:.5g} samples came in a second, {stream.rate_hz:g} were announced")
            gaps = grid.gaps()
            if gaps:
                first, total = f"{gaps[0][0] - zero_s:.6g} s", f"{sum(length for _, length in gaps):.4g} s"
                self.warnings.append(
                    f"{stream.title}: {len(gaps)} gap(s) in time, the first after {first}, {total} in all: these samples are missing"
                )
        spans = [(s, g.start_s, g.start_s + g.samples / g.rate_hz) for s, g in self.grids]
        longest = max(spans, key=lambda span: span[2] - span[1])
        for stream, start, end in spans:
            if start - longest[2] > _FAR_S or longest[1] - end > _FAR_S:
                self.warnings.append(f"{stream.title} lies far in time from {longest[0].title}; its clock may not be the same")

    def group(self, stream: XdfStream, grid: Grid, zero_s: float) -> Group:
        start_s = grid.start_s - zero_s if np.isfinite(grid.start_s) else 0.0
        decoder = Decoder(self.source, stream.index, FORMATS[stream.format])
        return Group(self.columns(stream), grid.lazy(decoder), grid.rate_hz, start_s)

    def columns(self, stream: XdfStream) -> tuple[Column, ...]:
        """Label, unit and kind of each channel, as far as the header tells."""
        described = stream.header.all("desc", "channels", "channel") or stream.header.all("desc", "channel")
        if len(described) not in (0, stream.channels):
            self.warnings.append(f"{stream.title}: {len(described)} channels are described, {stream.channels} are there")
        kind = stream.header.first("type")
        word = kind if re.fullmatch(r"[A-Za-z][A-Za-z _-]{0,20}", kind) else ""
        name = self.stream_name(stream)
        blank = Node("channel")
        nodes = [*described[: stream.channels], *[blank] * (stream.channels - len(described))]
        return tuple(_column(node, i, word, name) for i, node in enumerate(nodes, 1))

    def stream_name(self, stream: XdfStream) -> str:
        """The stream's name where several have to be told apart; not if it holds somebody's."""
        name = stream.header.first("name")
        if len({s.number for s, _ in self.grids}) < 2 or len(name) > 80 or not name.isprintable():
            return ""
        if self.people is None:
            self.people = identifying((self.file.header, *(s.header for s in self.file.streams.values())))
        return "" if any(text.lower() in name.lower() for text in self.people) else name

    def events(self, stream: XdfStream, stamps: Stamps, zero_s: float) -> list[Event]:
        """The marks of a stream; those without a word are none."""
        times = stamps.all_times_s()[:_MOST_EVENTS] - zero_s
        labels = stream.header.texts("desc", "channels", "channel", "label")
        verbatim = bool(self.file.header.all("hipspine")) and labels == ["label", "side"] and stream.channels == 2
        if FORMATS[stream.format]:
            values = Decoder(self.source, stream.index, FORMATS[stream.format]).values(0, times.size)
            texts: Sequence[tuple[str, ...]] = [tuple(f"{v:g}" for v in row if np.isfinite(v)) for row in values.tolist()]
        else:
            texts = stream.index.texts
        if len(texts) < stream.index.count:
            self.warnings.append(f"{stream.title}: it holds {stream.index.count} marks; the first {len(texts)} are read")
        events = []
        for time_s, words in zip(times.tolist(), texts, strict=False):
            event = _own_event(words, time_s) if verbatim else _event(words, labels, time_s)
            if event is not None and np.isfinite(time_s):
                events.append(event)
        return events


# ----------------------------------------------------------------------------------------------------------------- columns


def _column(node: Node, number: int, stream_type: str, stream: str) -> Column:
    label = _plain(node.first("label") or node.first("name")) or (f"{stream_type} {number}" if stream_type else "")
    unit = _plain(node.first("unit") or node.first("units"))
    own = node.first("type").lower()
    kind = _TYPES.get(own) if own else _TYPES.get(stream_type.lower())
    measured = to_si(si_spelling(unit))[1]
    if kind is StreamKind.EMG and (measured not in ("V", "") or (not own and set(words_of(label)) & vocabulary().kinds[StreamKind.IMU])):
        kind = None  # an accelerometer that is sent along
    return Column(label, unit, "", kind, stream)


def _plain(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in text.strip() if letter.isspace() or letter.isprintable())


# ------------------------------------------------------------------------------------------------------------------ events


def _event(words: tuple[str, ...], labels: Sequence[str], time_s: float) -> Event | None:
    """The mark in one sample; a channel called "side" tells the side, all others together the label."""
    sides = [word for word, label in zip(words, labels, strict=False) if label.lower() == "side"]
    rest = [word for word, label in zip(words, [*labels, *[""] * len(words)], strict=False) if label.lower() != "side"]
    text = _plain(" ".join(rest))
    if not text:
        return None
    label, side = canonical_event(text, sides[0] if sides else "")
    return Event(label, time_s, side)


def _own_event(words: tuple[str, ...], time_s: float) -> Event | None:
    label, side = words
    return Event(label, time_s, Side(side) if side in tuple(Side) else None) if label else None


def _are_marks(stream: XdfStream, stamps: Stamps, source: Source) -> bool:
    """Whether numbers without a rate are marks: by the stream's type, or because they are few, slow and whole."""
    if stream.channels > 4:
        return False
    if set(re.split(r"[^a-z]+", stream.header.first("type").lower())) & _EVENT_WORDS:
        return True
    count = stream.index.count
    span = float(stamps.times_s[-1] - stamps.times_s[0])
    if stream.channels > 1 or count > _MOST_EVENTS or (count > 1 and not span * _SLOW_HZ > count - 1):
        return False
    values = Decoder(source, stream.index, FORMATS[stream.format]).values(0, count)
    return bool((values == np.rint(values)).all()) and np.unique(values).size <= min(_MOST_CODES, 1 + count)


def _pairs(ours: Node, what: str) -> dict[str, str]:
    """What hipspine wrote as keys and values."""
    return {entry.first("key"): entry.first("value") for entry in ours.all(what, "entry") if entry.first("key")}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None
