"""The raster of repetitions: when each muscle starts, one row per muscle, one small mark per repetition.

Gluteus maximus stands last and larger. A pooled interval is drawn only where the assessment gives one; each repetition
carries its own thin interval, so that a spread between repetitions and a vague signal look different.
"""

import math
from dataclasses import dataclass

import numpy as np

from hipspine.assessment.protocol import Mark, Repetition
from hipspine.report import paint, words
from hipspine.report.paint import Scale
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element, digits, drawing, element
from hipspine.terms import Side

_GLUTE = "gluteus_maximus"
_ZEROS = (("_onset_to_contact", "foot contact"), ("_onset_in_flexion", "start of bending"), ("_onset_to_movement", "movement start"))
_SLIM_PX = 460.0  # below this width names stand above their row


@dataclass(frozen=True, slots=True)
class Row:
    """One muscle over the repetitions of one leg; times in ms from the reference moment."""

    muscle: str  # as in Order.muscles
    side: Side | None  # of the muscle
    name: str  # for people
    starts: tuple[tuple[float, float, float], ...]  # (median, low, high) per repetition that has an onset
    repetitions: int  # how many were recorded
    pooled: tuple[float, float, float] | None  # (median, low, high) of the typical repetition, where the assessment gives it

    @property
    def middle(self) -> float | None:
        """The typical onset: pooled, or the median of the repetitions; None without any."""
        if self.pooled is not None:
            return self.pooled[0]
        return float(np.median([start for start, _, _ in self.starts])) if self.starts else None


@dataclass(frozen=True, slots=True)
class Common:
    """The axis and the room for names that the drawings of both sides share, so that they can be compared."""

    low_ms: float
    high_ms: float
    names_px: float


def zero_name(report: ReportInput) -> str:
    """The moment that all times of the raster count from, in words; where no movement was timed it is the leg's first activity."""
    suffix, name = _zero(report)
    asked = [finding for finding in report.assessment.findings if finding.measure.endswith(suffix)]
    timed = any(finding.value is not None for finding in asked) or any(one.start_low_s is not None for one in report.assessment.repetitions)
    return "first activity of the leg" if suffix == "_onset_to_movement" and asked and not timed else name


def _zero(report: ReportInput) -> tuple[str, str]:
    """How the protocol names times from its reference moment, and that moment in words."""
    measures = [finding.measure for finding in report.assessment.findings]
    told = (zero for zero in _ZEROS if any(measure.endswith(zero[0]) for measure in measures))
    return next(told, _ZEROS[0] if "contact" in report.assessment.protocol else _ZEROS[-1])


def rows(report: ReportInput, side: Side | None) -> tuple[Row, ...]:
    """The rows of one moving side, in order of their typical onset, gluteus maximus last; empty without repetitions."""
    repetitions = [one for one in report.assessment.repetitions if one.side is side]
    names = dict.fromkeys((mark.muscle, mark.side) for one in repetitions for mark in one.marks)
    made = [_row(report, repetitions, side, muscle, of) for muscle, of in names]
    return tuple(sorted(made, key=lambda row: (row.muscle.startswith(_GLUTE), row.middle is None, row.middle or 0.0, row.name)))


def common(made: tuple[Row, ...]) -> Common:
    """What the drawings of both sides share: every onset and pooled interval, zero, and some air; a wide single interval may leave it."""
    seen = [0.0, *(start for row in made for start, _, _ in row.starts), *(v for row in made if row.pooled for v in row.pooled)]
    low, high = min(seen), max(seen)
    air = max(0.06 * (high - low), 10.0)
    names = max(paint.text_width(row.name, size=15, bold=True) for row in made)
    return Common(min(low - air, -30.0), max(high + air, 30.0), names)


def in_words(side: Side | None, made: tuple[Row, ...], *, zero: str) -> str:
    """What the raster shows, for people who do not see it."""
    leg = f"{words.SIDES[side]} side" if side else "All repetitions"
    said = [f"{row.name} {_said(row)}" for row in made]
    return f"{leg}, start of each muscle in milliseconds from {zero}: " + "; ".join(said) + "."


def draw(made: tuple[Row, ...], *, common: Common, side: Side | None, zero: str, width: float, ident: str, label: str) -> Element:
    """The raster for a width [px]. The identifier keeps gradients of several drawings on one page apart."""
    slim = width < _SLIM_PX or common.names_px > 0.42 * width
    left, right = (10.0, width - 16.0) if slim else (common.names_px + 18.0, width - 18.0)
    scale = Scale(common.low_ms, common.high_ms, left, right)
    lines = [paint.wrapped(row.name, width=width, size=15, bold=True) if slim else [row.name] for row in made]
    lanes = max(1, math.ceil(max(len(row.starts) for row in made) / 2)) if any(len(row.starts) > 8 for row in made) else 4
    band = max(30.0, min(6.0 * lanes + 8.0, 72.0))
    items: list[Element] = []
    y, top = 26.0, 26.0
    for row, name in zip(made, lines, strict=True):
        main = row.muscle.startswith(_GLUTE)
        height = band + (6.0 if main else 0.0)
        if slim:
            for line in name:
                items.append(paint.text(0, y + 15, line, size=15 if main else 13, colour="ink", bold=True, halo=True))
                y += 17.0
            y += 4.0
        else:
            items.append(paint.text(left - 14, y + height / 2 + 5, name[0], size=15 if main else 13, colour="ink", anchor="end", bold=True))
        items += _row_marks(row, scale, y + height / 2, height=height, side=side, ident=ident)
        y += height + (10.0 if slim else 8.0)
    bottom = y + 2
    values = paint.ticks(scale.low, scale.high, about=max(3, int((right - left) / 58)))
    axis = paint.axis(scale, values, unit="ms", top=top - 4, bottom=bottom)
    axis.append(paint.upright(scale(0.0), top - 4, bottom, colour="ink2", width=1.5))
    axis.append(_zero_text(scale(0.0), f"{zero} = 0", width=width))
    shades = element("defs", *(paint.fading(f"{ident}-{c}", c, strength=0.42 if c != "ink2" else 0.3) for c in ("ink2", "left", "right")))
    return drawing(shades, *axis, *items, width=width, height=bottom + 26, label=label)


def _row(report: ReportInput, repetitions: list[Repetition], side: Side | None, muscle: str, of: Side | None) -> Row:
    firsts = [(one, mark) for one in repetitions if (mark := _first(one, muscle, of)) is not None]
    starts = tuple(_from(one.start_s, mark.on_s, mark.on_low_s, mark.on_high_s) for one, mark in firsts if mark.on_s is not None)
    name = words.muscle(muscle, of) + ("" if len(starts) == len(repetitions) else f" ({len(starts)} of {len(repetitions)})")
    return Row(muscle, of, name, starts, len(repetitions), _pooled(report, side, muscle, of))


def _first(repetition: Repetition, muscle: str, of: Side | None) -> Mark | None:
    """The muscle's first start in a repetition; a second burst, such as in rising again, is drawn in the close-up."""
    marks = [mark for mark in repetition.marks if (mark.muscle, mark.side) == (muscle, of) and mark.on_s is not None]
    return min(marks, key=lambda mark: mark.on_s or 0.0, default=None)


def _pooled(report: ReportInput, side: Side | None, muscle: str, of: Side | None) -> tuple[float, float, float] | None:
    """The assessment's own typical onset of this muscle from the same zero, where it gives one."""
    measure = muscle.replace(" ", "_") + _zero(report)[0]
    for finding in report.assessment.findings:
        value, low, high = finding.value, finding.low, finding.high
        told = finding.unit == "ms" and finding.measure == measure and finding.side == (of if side is None else side)
        if told and isinstance(value, float | int) and low is not None and high is not None:
            return float(value), low, high
    return None


def _row_marks(row: Row, scale: Scale, y: float, *, height: float, side: Side | None, ident: str) -> list[Element]:
    """Band, repetitions and median of one row, centred on y."""
    side = side or row.side
    colour = side.value if side and row.muscle.startswith(_GLUTE) else "ink2"
    if row.middle is None:
        return [paint.text(scale.first_px + 4, y + 4, f"no start found in {row.repetitions} repetitions", colour="ink3", halo=True)]
    items: list[Element] = []
    if row.pooled is not None:
        items += paint.interval(scale(row.pooled[1]), scale(row.pooled[2]), y, height=height, colour=colour, gradient=f"{ident}-{colour}")
    lanes = min(len(row.starts), max(1, int((height - 8) / 6)))
    for k, (at, low, high) in enumerate(row.starts):
        lane = y + (k % lanes - (lanes - 1) / 2) * (height - 10) / max(lanes, 2)
        items.append(
            element("path", d=f"M{digits(scale(low))} {digits(lane)}H{digits(scale(high))}", **paint.drawn(colour, 1, opacity=0.55))
        )
        items.append(paint.mark(side, scale(at), lane, 3.0, class_=f"open k-{colour}", fill=paint.COLOURS["surface"],
                                stroke=paint.COLOURS[colour], stroke_width=1.5))  # fmt: skip
    thick = paint.upright(scale(row.middle), y - height / 2, y + height / 2, colour=colour, width=3.5, stroke_linecap="round")
    return [*items, thick]


def _zero_text(x: float, said: str, *, width: float) -> Element:
    half = paint.text_width(said) / 2
    return paint.text(min(max(x, half), width - half), 14, said, anchor="middle")


def _said(row: Row) -> str:
    if row.middle is None:
        return f"no start found in {row.repetitions} repetitions"
    if row.pooled is not None:
        return words.quantity(row.pooled[0], "ms", low=row.pooled[1], high=row.pooled[2])
    return f"{words.quantity(row.middle, 'ms')} (median of {len(row.starts)} repetitions)"


def _from(zero_s: float, at: float, low: float | None, high: float | None) -> tuple[float, float, float]:
    """A moment and its interval in ms from zero; without an interval both ends are the moment."""
    return 1e3 * (at - zero_s), 1e3 * ((at if low is None else low) - zero_s), 1e3 * ((at if high is None else high) - zero_s)
