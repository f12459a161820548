"""What a label and a unit say of a channel: kind, SI unit, side, muscle. The same in every format."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.anatomy.names import MuscleName, resolve_all
from hipspine.formats.content import Column
from hipspine.formats.vocabulary import vocabulary
from hipspine.terms import ChannelStatus, Side, StreamKind
from hipspine.units import to_si

_PLATE_AXIS = re.compile(r"^(?:[fm][xyz]\d*|[fm]\d+[xyz])$")  # Fx1, M2Y
_UNIT_KINDS = {
    "rad": StreamKind.ANGLE,
    "rad/s": StreamKind.IMU,
    "m/s^2": StreamKind.IMU,
    "N": StreamKind.FORCE,
    "N m": StreamKind.FORCE,
    "m": StreamKind.MARKER,
}
_SIDED = re.compile(r"^([LR])(?=[A-Z][a-z])|(?:^|[_ /])([lrLR])(?=$|[_ /.])|((?i:left|right))")


def kind_of(label: str, unit: str, name: MuscleName) -> StreamKind:
    """What a channel measures: by its unit, then by the muscle or the words of its label.

    A label that is a force in most laboratories and a muscle in some ("L GRF", French for grand fessier) is EMG where the other
    labels settled it (see `resolve_all`) or where it is in volts; else it is a force.

    >>> from hipspine.anatomy.names import resolve
    >>> pairs = (("GMAX", "mV"), ("trunk_flexion", ""), ("L GRF", "V"), ("L GRF", ""), ("Fz1", "N"))
    >>> [kind_of(label, unit, resolve(label)).value for label, unit in pairs]
    ['emg', 'angle', 'emg', 'force', 'force']
    """
    si = to_si(si_spelling(unit))[1]
    if si in _UNIT_KINDS:
        return _UNIT_KINDS[si]
    words = set(words_of(label))
    named = name.muscle is not None or bool(name.candidates)
    if words & (vocabulary().kinds[StreamKind.IMU] - ({"mag"} if named else set())):
        return StreamKind.IMU
    if words & vocabulary().kinds[StreamKind.OTHER]:
        return StreamKind.OTHER
    undecided = name.status is ChannelStatus.AMBIGUOUS and si != "V" and bool(words & vocabulary().kinds[StreamKind.FORCE])
    if named and not undecided:
        return StreamKind.EMG
    if words & vocabulary().kinds[StreamKind.FORCE] or any(_PLATE_AXIS.match(word) for word in words):
        return StreamKind.FORCE
    if si == "V":
        other = name.status is ChannelStatus.NOT_EMG or "unlabelled" in words
        return StreamKind.OTHER if other else StreamKind.EMG
    if words & vocabulary().kinds[StreamKind.ANGLE]:
        return StreamKind.ANGLE
    if words & {"emg", "semg"} and name.status is not ChannelStatus.NOT_EMG:
        return StreamKind.EMG
    return StreamKind.EMG if name.status is ChannelStatus.EMPTY and label.strip() and not si else StreamKind.OTHER


def si_spelling(unit: str) -> str:
    """A unit as `units` knows it, from the spelling of a measuring system."""
    text = unit.strip().strip("[](){}").strip()
    return vocabulary().units.get(text.lower(), text)


def side_of(label: str) -> Side | None:
    """Side of a joint angle, marker or force: LHipAngles, hip_flexion_r, left_knee, ground_force_l_vx.

    >>> side_of("LHipAngles"), side_of("hip_flexion_r"), side_of("LT Hip Flexion"), side_of("lumbar_extension")
    (<Side.LEFT: 'left'>, <Side.RIGHT: 'right'>, <Side.LEFT: 'left'>, None)
    """
    letters = {next(part for part in match.groups() if part).lower()[0] for match in _SIDED.finditer(label)}
    sides = lexicon().sides
    found = {sides[letter] for letter in letters} | {sides[word] for word in words_of(label) if word in sides and _says_side(word)}
    return found.pop() if len(found) == 1 else None


def _says_side(word: str) -> bool:
    """Whether a word means a side outside muscle names too: "links" does, "g" and "sin" may mean anything there."""
    return len(word) > 3 or word in ("lt", "rt")


def unique_labels(labels: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Labels that can be told apart, the second of a kind as "X (2)", a missing one by its place; a warning if any had to be changed."""
    given = [label.strip() for label in labels]
    blank = "unlabelled" if any(given) else "channel"
    labels = [label or f"{blank} {place}" for place, label in enumerate(given, 1)]
    seen: dict[str, int] = {}
    taken: set[str] = set()
    out, doubled = [], []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        text = label
        while text in taken:
            text = f"{label} ({seen[label]})"
            seen[label] += text in taken
        if text != label and label and label not in doubled:
            doubled.append(label)
        taken.add(text)
        out.append(text)
    listed = ", ".join(repr(label) for label in doubled[:5])
    return out, (f"several channels are labelled {listed}; the later ones are shown as '{doubled[0]} (2)'",) if doubled else ()


def names_of(columns: Sequence[Column]) -> list[MuscleName]:
    """Muscle names of all columns: by label, or by the description beside it where that says more.

    Columns that the format or their unit knows not to be EMG (markers, plates, angles) are not asked: a marker called TIB is no
    muscle, and it says nothing about the muscles beside it.
    """
    asked = [column.label if _may_be_emg(column) else "" for column in columns]
    hints = [column.hint or label if label else "" for column, label in zip(columns, asked, strict=True)]
    by_label = resolve_all(asked)
    by_hint = by_label if hints == asked else resolve_all(hints)
    return [_better(a, b) for a, b in zip(by_label, by_hint, strict=True)]


def _may_be_emg(column: Column) -> bool:
    if column.kind is not None:
        return column.kind is StreamKind.EMG
    return to_si(si_spelling(column.unit))[1] not in _UNIT_KINDS


def _better(label: MuscleName, hint: MuscleName) -> MuscleName:
    """The description wins where the label alone is open, or where it names one of the heads of what the label names."""
    if label.status is ChannelStatus.UNNAMED and hint.status is ChannelStatus.NOT_EMG:
        return hint
    if hint.muscle is None or hint.muscle == label.muscle:
        return label
    narrower = label.muscle is not None and hint.muscle.startswith(label.muscle)
    if label.muscle is None or narrower:
        return replace(hint, side=hint.side or label.side, reason=f"{hint.reason} (from the description)")
    return label
