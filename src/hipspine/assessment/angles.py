"""Which channel is which joint angle, with flexion positive: hip, trunk, pelvis, lumbar spine.

Signs of this module: hip flexion (thigh forwards), trunk flexion (trunk forwards), pelvis flexion (forward, anterior tilt) and
lumbar flexion (trunk minus pelvis) are positive, in radians. Laboratories differ: OpenSim's ``pelvis_tilt`` and
``lumbar_extension`` are positive backwards (seen in the squat sample: both negative at the bottom), Plug-in Gait's hip and
pelvis angles are positive forwards. Where a convention cannot be known the sign is taken from the data and said.
"""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.lexicon import lexicon
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import Floats, Side, StreamKind

# quantity, pattern of the cleaned label, sign that makes flexion positive, whether another convention is about
_KNOWN: tuple[tuple[str, str, float, bool], ...] = (
    ("hip_flexion", r"hip_?(flexion|flex|angle)|hipangles?_x", 1.0, False),
    ("hip_flexion", r"hip_?(extension|ext)", -1.0, False),
    ("lumbar_flexion", r"lumbar_?(flexion|flex|angle)", 1.0, False),
    ("lumbar_flexion", r"lumbar_?(extension|ext)", -1.0, False),
    ("lumbar_flexion", r"spineangles?_x", 1.0, True),
    ("trunk_flexion", r"trunk_?(flexion|flex|angle|inclination)", 1.0, False),
    ("trunk_flexion", r"trunk_?(extension|ext)", -1.0, False),
    ("trunk_flexion", r"(trunk|thorax)_?tilt|thoraxangles?_x", 1.0, True),
    ("pelvis_flexion", r"(pelvis|pelvic)_?(flexion|inclination)", 1.0, False),
    ("pelvis_flexion", r"(pelvis|pelvic)_?tilt|pelvisangles?_x", 1.0, True),
)
_BACKWARD_IN_OPENSIM = ("pelvis_tilt", "pelvic_tilt")


@dataclass(frozen=True, slots=True, eq=False)
class Angle:
    """One joint angle over time, flexion positive."""

    quantity: str  # "hip_flexion", "trunk_flexion", "pelvis_flexion", "lumbar_flexion"
    side: Side | None
    label: str  # the channel it was taken from
    rad: Floats  # (sample,); NaN only inside a gap
    rate_hz: float
    start_s: float
    note: str  # what was assumed, one clause; empty where the label says it all
    sign_open: bool = False  # the label leaves the sign open; see `forwards`
    guessed: bool = False  # the note says what the data, not the file, made likely: a reader should check it

    def times_s(self) -> Floats:
        """Time of each sample on the recording's clock [s]."""
        return self.start_s + np.arange(self.rad.size) / self.rate_hz

    def at(self, times_s: Floats) -> Floats:
        """Angle at these times, linear between samples [rad]; NaN outside the record."""
        return np.interp(times_s, self.times_s(), self.rad, left=np.nan, right=np.nan)


def angles(recording: Recording) -> tuple[Angle, ...]:
    """Every joint angle whose label we know, in file order.

    >>> stream = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("lumbar_extension", unit="rad"),), np.array([[-0.5, -0.1]]))
    >>> found = angles(Recording("squat.mot", "OpenSim storage", (stream,)))[0]
    >>> found.quantity, found.rad.tolist(), found.note
    ('lumbar_flexion', [0.5, 0.1], 'its sign was turned so that flexion is positive')
    """
    streams = (*recording.of_kind(StreamKind.ANGLE), *recording.of_kind(StreamKind.OTHER))
    found = [
        _angle(stream, row, channel, recording.format)
        for stream in streams
        for row, channel in enumerate(stream.channels)
        if stream.kind is StreamKind.ANGLE or channel.unit == "rad"
    ]
    return tuple(angle for angle in found if angle is not None)


def pick(found: tuple[Angle, ...], quantity: str, side: Side | None = None) -> Angle | None:
    """The angle of this quantity and side that moves most, None where there is none; without a side, any side will do."""
    fitting = [a for a in found if a.quantity == quantity and (side is None or a.side is side) and np.isfinite(a.rad).any()]
    return max(fitting, key=_travel, default=None)


def forwards(angle: Angle, guide: Angle) -> Angle:
    """The angle with its sign turned, where its label leaves the sign open, so that it moves with `guide` and not against it."""
    if not angle.sign_open:
        return angle
    times = angle.times_s()
    a, b = angle.rad, guide.at(times)
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3 or np.cov(a[both], b[both])[0, 1] >= 0.0:
        return angle
    note = f"its sign was turned because it moves against {guide.label}"
    return replace(angle, rad=-angle.rad, note=note, sign_open=False, guessed=True)


def said(angle: Angle) -> str:
    """Which channel was taken, and what was assumed of it, as a sentence."""
    side = f" ({angle.side.value})" if angle.side else ""
    quantity, note = angle.quantity.replace("_", " ").capitalize(), f"; {angle.note}" if angle.note else ""
    return f"{quantity}{side} was read from channel {angle.label!r}{note}."


def _travel(angle: Angle) -> float:
    finite = angle.rad[np.isfinite(angle.rad)]
    return float(np.percentile(finite, 98) - np.percentile(finite, 2))


def _angle(stream: Stream, row: int, channel: Channel, file_format: str) -> Angle | None:
    name, said_side = _cleaned(channel.label)
    for quantity, pattern, sign, is_open in _KNOWN:
        found = re.fullmatch(rf"(?:(?P<side>l|r|left|right)_?)?(?:{pattern})", name)
        if found is None:
            continue
        side = channel.side or said_side or (lexicon().sides[found["side"]] if found["side"] else None)
        opensim = file_format.lower().startswith("opensim") or "/jointset/" in channel.label
        if opensim and name in _BACKWARD_IN_OPENSIM:
            sign, is_open = -1.0, False
        values, guess = _radians(stream.values[row], channel)
        turned = "its sign was turned so that flexion is positive" if sign < 0.0 else ""
        note = "; ".join(part for part in (guess, turned) if part)
        return Angle(quantity, side, channel.label, sign * values, stream.rate_hz, stream.start_s, note, is_open, guessed=bool(guess))
    return None


def _radians(values: Floats, channel: Channel) -> tuple[Floats, str]:
    """Values in radians; numbers that no joint reaches in radians and that carry no unit are degrees."""
    largest = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    if channel.unit != "rad" and largest > math.pi:
        return np.radians(values), "no unit was given and the numbers are too large for radians, so they were taken as degrees"
    return values, ""


def _cleaned(label: str) -> tuple[str, Side | None]:
    """Label as words joined by underscores, without OpenSim's path, the unit and the side; and that side.

    >>> _cleaned("/jointset/hip_r/hip_flexion_r/value"), _cleaned("LHipAngles.x"), _cleaned("LT Hip Flexion (deg)")
    (('hip_flexion', <Side.RIGHT: 'right'>), ('lhipangles_x', None), ('hip_flexion', <Side.LEFT: 'left'>))
    """
    text = label.strip().lower()
    if text.startswith("/") and text.endswith("/value"):
        text = text.split("/")[-2]
    text = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    words = re.sub(r"_(deg|degrees|rad|radians|grad)$", "", text).split("_")
    for end in (-1, 0):
        if len(words) > 1 and (side := lexicon().sides.get(words[end])) is not None:
            del words[end]
            return "_".join(words), side
    return "_".join(words), None
