"""From labelled columns of numbers to streams: what each channel measures, in SI, with what is known of it before any analysis.

Every reader comes through here, so that a label, a unit or a dead channel means the same in every format.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.anatomy.names import MuscleName, resolve_all
from hipspine.formats.ours import Stated
from hipspine.formats.vocabulary import vocabulary
from hipspine.signals.recording import Channel, Stream
from hipspine.terms import ChannelStatus, Floats, Side, StreamKind
from hipspine.units import to_si

ENVELOPE_HZ = 20.0  # surface EMG keeps most of its power above this; smoothing for envelopes is set well below it
_ENVELOPE_POWER = 0.01  # largest share of power above it that still counts as smoothed; raw recordings keep more than half
_RINGING = 0.1  # share of the peak by which a smoothing filter may swing below zero
_WINDOW = 4096  # samples per window of the spectrum

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


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of numbers as a file gives it."""

    label: str
    values: Floats  # (sample,) in `unit`; NaN inside a gap
    unit: str = ""  # as the file writes it; empty if it does not
    hint: str = ""  # a description beside the label
    kind: StreamKind | None = None  # where the format itself says what is measured
    stream: str = ""  # name of the stream it belongs to, such as "force plate 1"
    stated: Stated | None = None  # what hipspine itself wrote beside the data


def streams_of(
    columns: Sequence[Column], *, rate_hz: float, start_s: float, names: Sequence[MuscleName] | None = None
) -> tuple[Stream, ...]:
    """The columns as streams, one for each kind and stream name, in the order in which they first appear; values in SI.

    Args:
        columns: all of one clock, with as many samples each.
        rate_hz, start_s: of that clock.
        names: what the labels mean, where columns of several clocks were read together (`names_of`).
    """
    groups: dict[tuple[StreamKind, str, int], list[tuple[Channel, Floats]]] = {}
    for column, name in zip(columns, names_of(columns) if names is None else names, strict=True):
        stated = column.stated
        kind = stated.kind if stated else column.kind or kind_of(column.label, column.unit, name)
        stream = (stated.stream, stated.index) if stated else (column.stream, -1)
        factor, unit = to_si(si_spelling(column.unit))
        values = column.values * factor if factor != 1.0 else column.values
        groups.setdefault((kind, *stream), []).append((_channel(column, name, kind, unit, values, rate_hz), values))
    return tuple(
        Stream(
            kind,
            rate_hz,
            start_s,
            tuple(channel for channel, _ in members),
            np.array([values for _, values in members], dtype=np.float64),
            name,
        )
        for (kind, name, _), members in groups.items()
    )


def kind_of(label: str, unit: str, name: MuscleName) -> StreamKind:
    """What a channel measures: by its unit, then by the muscle or the words of its label.

    >>> from hipspine.anatomy.names import resolve
    >>> pairs = (("GMAX", "mV"), ("trunk_flexion", ""), ("L GRF", "V"), ("Fz1", "N"))
    >>> [kind_of(label, unit, resolve(label)).value for label, unit in pairs]
    ['emg', 'angle', 'emg', 'force']
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
    if named:
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

    Columns that the format knows not to be EMG (markers, plates) are not asked: a marker called TIB is no muscle.
    """
    asked = [column.label if column.kind in (None, StreamKind.EMG) else "" for column in columns]
    hints = [column.hint or label if label else "" for column, label in zip(columns, asked, strict=True)]
    read = [_better(a, b) for a, b in zip(resolve_all(asked), resolve_all(hints), strict=True)]
    return [column.stated.over(name) if column.stated else name for column, name in zip(columns, read, strict=True)]


# ------------------------------------------------------------------------------------------------------------- one channel


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


def _channel(column: Column, name: MuscleName, kind: StreamKind, unit: str, values: Floats, rate_hz: float) -> Channel:
    if kind is not StreamKind.EMG:
        status, reason = _other_status(name if column.kind is None and kind is StreamKind.OTHER else None, unit, values)
        side = column.stated.side if column.stated else side_of(column.label)
        return Channel(column.label, column.stated.muscle if column.stated else None, side, None, unit, status, 1.0, reason)
    status, reason = _emg_status(name, values, rate_hz)
    return Channel(column.label, name.muscle, name.side, name.region, unit, status, name.confidence, reason)


def _other_status(name: MuscleName | None, unit: str, values: Floats) -> tuple[ChannelStatus, str]:
    if name is not None and unit in ("V", "") and name.status in (ChannelStatus.NOT_EMG, ChannelStatus.EMPTY):
        return name.status, name.reason
    return (ChannelStatus.GAPS, _gap_words(values)) if not np.isfinite(values).all() else (ChannelStatus.OK, "")


def _emg_status(name: MuscleName, values: Floats, rate_hz: float) -> tuple[ChannelStatus, str]:
    """The first that holds of: spare, flat, envelope, gaps, and what is known of the name."""
    if name.status in (ChannelStatus.EMPTY, ChannelStatus.NOT_EMG):
        return name.status, name.reason
    finite = values[np.isfinite(values)]
    if finite.size == 0 or float(np.ptp(finite)) == 0.0:
        return ChannelStatus.FLAT, f"every sample is the same; {name.reason}"
    envelope = envelope_reason(finite, rate_hz=rate_hz)
    if envelope:
        return ChannelStatus.ENVELOPE, f"{envelope}; {name.reason}"
    if finite.size < values.size:
        return ChannelStatus.GAPS, f"{_gap_words(values)}; {name.reason}"
    return name.status, name.reason


def _gap_words(values: Floats) -> str:
    missing = int(values.size - np.isfinite(values).sum())
    return f"{missing} of {values.size} samples are missing"


def envelope_reason(emg: Floats, *, rate_hz: float) -> str:
    """Why these samples are an envelope and not raw EMG, or an empty string.

    An envelope is not negative (but for the ringing of its filter) and holds next to no power above 20 Hz; a rectified signal is
    never negative and has its most frequent values at zero. Raw signals on an offset larger than their range are neither.

    >>> t = np.arange(4000) / 1000
    >>> envelope_reason(1 + np.sin(2 * np.pi * t), rate_hz=1000.0)
    'not negative and without power above 20 Hz: an envelope'
    >>> envelope_reason(np.random.default_rng(1).normal(size=4000) + 2055, rate_hz=1000.0)
    ''
    """
    low, top = float(emg.min()), float(emg.max())
    if emg.size < 32 or low < -_RINGING * top or low > top - low:
        return ""
    if rate_hz <= 2 * ENVELOPE_HZ or _share_above(emg, rate_hz) < _ENVELOPE_POWER:
        return "not negative and without power above 20 Hz: an envelope"
    if low < 0:
        return ""
    level = float(np.sqrt(np.mean(emg**2)))
    near_zero, far = np.mean(emg < 0.25 * level), np.mean(emg > level)
    return "never negative and mostly near zero: rectified" if near_zero > 0.15 and far < 0.45 else ""


def _share_above(emg: Floats, rate_hz: float) -> float:
    """Share of the power (without the mean) that lies above 20 Hz: median over windows, so that single artefacts do not decide."""
    width = min(_WINDOW, emg.size)
    windows = emg[: emg.size // width * width].reshape(-1, width)
    spectrum = np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * np.hanning(width), axis=1)) ** 2
    above = np.fft.rfftfreq(width, 1 / rate_hz) > ENVELOPE_HZ
    total = spectrum.sum(axis=1)
    alive = total > 0
    return float(np.median(spectrum[alive][:, above].sum(axis=1) / total[alive])) if alive.any() else 0.0
