"""What hipspine writes into the annotations of an EDF+ or BDF+ file at time 0, so that a recording reads back as it was.

Each is an ordinary text that other programs show: ``hipspine about simulated: yes``, ``hipspine note 1/3: ...`` (the statement of streams,
the clock, the powers of ten of the units) and ``hipspine person ...`` for what the header has no field for, only where it was asked for.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hipspine.formats.edf.annotations import Annotation
from hipspine.formats.edf.header import ANNOTATIONS, EdfHeader
from hipspine.formats.ours import Statement, about_of, statement_of, statement_text
from hipspine.signals.recording import Event, Recording
from hipspine.terms import Side

PERSON = "hipspine person "
_ABOUT, _NOTE = "hipspine about ", "hipspine note "
GAPS = "hipspine gaps: the lowest number of the converter stands for a sample that is missing"
_OURS = (_ABOUT, _NOTE, PERSON, GAPS)
_CHUNK = 400  # letters of one part of the note
_UNSIDED = "no side: "
_PREFIXES = {-24: "y", -21: "z", -18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "K", 6: "M", 9: "G", 12: "T"}


@dataclass(frozen=True, slots=True)
class Notes:
    """Our notes in a file; empty for a file of another program."""

    statement: Statement = field(default_factory=Statement)
    clock_s: float = 0.0  # of the first sample in the file
    records: int = 0  # when it was written
    events: int = 0
    powers: tuple[int, ...] = ()  # of ten, of each signal's unit
    about: dict[str, str] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict, repr=False)
    gaps: bool = False  # whether the converter's lowest number stands for a missing sample

    @property
    def labels(self) -> list[str]:
        """Of the signals, in the order of the file."""
        return [label for label, stated in self.statement.channels.items() if self.statement.samples[stated.index]]

    def fits(self, header: EdfHeader) -> bool:
        """Whether the signals are those that were written; where somebody changed the file since, its own header holds."""
        signals = [signal for signal in header.signals if not signal.is_annotations]
        labels = self.labels
        if not labels or len(signals) != len(labels) or len(self.powers) != len(labels) or header.records != self.records:
            return False
        channels = self.statement.channels
        units = [unit_text(channels[label].unit, power) for label, power in zip(labels, self.powers, strict=True)]
        return [(s.label, s.unit) for s in signals] == list(zip(signal_labels(labels), units, strict=True))


def note_texts(recording: Recording, *, clock_s: float, records: int, powers: Sequence[int], gaps: bool) -> list[str]:
    """The notes about a recording, without its person."""
    own = {"clock_s": clock_s, "records": records, "events": len(recording.events), "powers": list(powers)}
    text = f"{json.dumps(own, separators=(',', ':'))}|{statement_text(recording)}"
    parts = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    numbered = [f"{_NOTE}{i}/{len(parts)}: {part}" for i, part in enumerate(parts, 1)]
    return [*(f"{_ABOUT}{key}: {value}" for key, value in recording.about.items()), *([GAPS] if gaps else []), *numbered]


def notes_of(annotations: Sequence[Annotation], name: str) -> tuple[Notes, list[Annotation], str]:
    """Our notes among the annotations, the other annotations, and a warning if the notes are incomplete.

    Raises:
        FormatError: the statement is there but damaged.
    """
    ours = [a.text for a in annotations if a.text.startswith(_OURS)]
    others = [a for a in annotations if not a.text.startswith(_OURS)]
    about = about_of(text.removeprefix(_ABOUT) for text in ours if text.startswith(_ABOUT))
    person = about_of(text.removeprefix(PERSON) for text in ours if text.startswith(PERSON))
    text, whole = _joined(ours)
    warning = "" if whole else "the note that hipspine wrote about its streams is incomplete; labels and units are read as in any file"
    own, _, statement = text.partition("|")
    if not whole or not own:
        return Notes(about=about, person=person, gaps=GAPS in ours), others, warning
    try:
        values = json.loads(own)
        clock_s, records, events = float(values["clock_s"]), int(values["records"]), int(values["events"])
        powers = tuple(int(power) for power in values["powers"])
        if not math.isfinite(clock_s) or any(abs(power) > 300 for power in powers):
            raise ValueError(own)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        warning = "the note that hipspine wrote about its streams is damaged; labels and units are read as in any file"
        return Notes(about=about, person=person, gaps=GAPS in ours), others, warning
    return Notes(statement_of(statement, name), clock_s, records, events, powers, about, person, GAPS in ours), others, ""


def _joined(texts: Iterable[str]) -> tuple[str, bool]:
    """The parts of the note in their order, and whether all are there."""
    parts: dict[int, str] = {}
    count = 0
    for text in texts:
        match = re.match(rf"{_NOTE}(\d{{1,6}})/(\d{{1,6}}): ", text)
        if match:
            parts[int(match[1])], count = text[match.end() :], int(match[2])
    whole = len(parts) == count and all(number in parts for number in range(1, len(parts) + 1))
    return "".join(parts[number] for number in sorted(parts)) if whole else "", whole


def event_text(event: Event) -> str:
    """An event as the text of an annotation, its side in front: ``left foot strike``."""
    if event.side is not None:
        return f"{event.side.value} {event.label}"
    ambiguous = event.label.startswith((_UNSIDED, "hipspine ", *(f"{side.value} " for side in Side)))
    return _UNSIDED + event.label if ambiguous else event.label


def own_events(annotations: Sequence[Annotation], shift_s: float) -> list[Event]:
    """The events as `event_text` wrote them."""
    return [_own_event(annotation.text, annotation.time_s + shift_s) for annotation in annotations]


def _own_event(text: str, time_s: float) -> Event:
    for side in Side:
        if text.startswith(f"{side.value} "):
            return Event(text.removeprefix(f"{side.value} "), time_s, side)
    return Event(text.removeprefix(_UNSIDED), time_s)


def signal_labels(labels: Sequence[str]) -> list[str]:
    """Labels as the header holds them: 16 letters of plain ASCII, all different, none that means annotations.

    >>> signal_labels(["gluteus maximus left", "gluteus maximus right", "äb", "EDF Annotations"])
    ['gluteus maximus', 'gluteus maximu~2', '?b', '~EDF Annotations']
    """
    out: list[str] = []
    taken: set[str] = set()
    for label in labels:
        text = label.encode("ascii", "replace").decode()[:16]
        text = f"~{text}"[:16] if text.lower() in (*ANNOTATIONS, "status") else text
        number, short = 1, text
        while short.strip() in taken:
            number += 1
            short = f"{text[: 15 - len(str(number))]}~{number}"
        taken.add(short.strip())
        out.append(short)
    return [text.strip() for text in out]


def unit_text(unit: str, power: int) -> str:
    """A unit with its power of ten as the header holds it: ``uV``; ``1e-6`` without a unit.

    >>> unit_text("V", -6), unit_text("", -6), unit_text("N m", 3), unit_text("", 0)
    ('uV', '1e-6', 'KN m', '')
    """
    plain = unit.encode("ascii", "replace").decode()
    prefixed = _PREFIXES.get(power, f"1e{power}") + plain if plain else f"1e{power}" if power else ""
    return prefixed[:8].strip()
