"""The recorded EMG with what was found in it: the whole recording, and one repetition close up.

A row is one channel. The signal is drawn about its median as the lowest and highest sample in each pixel, so that nothing
a reader could see is lost; each row has its own scale, which is written beside it. The drawing changes no number.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.assessment.protocol import Mark, Repetition
from hipspine.report import paint, words
from hipspine.report.paint import Scale
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element, digits, drawing, element
from hipspine.signals.recording import Channel, Stream
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import Floats, OnsetStatus, Side, StreamKind

_SLIM_PX = 460.0
_FINE = 4096  # pieces of a thinned signal
_ROW_PX, _GAP_PX = 40.0, 10.0
_BEFORE_S, _AFTER_S, _LONGEST_S = 0.35, 0.35, 20.0  # air round a repetition; longest close-up


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One channel in a window of time."""

    name: str  # muscle and side, or the label
    note: str  # scale, or why no time is reported
    side: Side | None
    times_s: Floats  # (sample,)
    values: Floats  # (sample,) about the median
    spans: tuple[tuple[float, float], ...]  # bursts [s]
    marks: tuple[Mark, ...] = ()  # close up: the bursts of this repetition with their intervals


def whole_rows(report: ReportInput) -> tuple[Row, ...]:
    """Every EMG channel over the whole recording, in file order, with its bursts."""
    found = [(one, at) for one in report.channels if (at := _place(report, one.channel)) is not None]
    return tuple(_whole_row(one, *at) for one, at in found)


def close_rows(report: ReportInput, repetition: Repetition) -> tuple[Row, ...]:
    """The channels of one repetition with all that they did in it, gluteus maximus last."""
    low, high = window(repetition)
    made = []
    for label in dict.fromkeys(mark.label for mark in sorted(repetition.marks, key=lambda mark: mark.muscle.startswith("gluteus_maximus"))):
        marks = tuple(mark for mark in repetition.marks if mark.label == label)
        at = next((place for one in report.channels if one.channel.label == label and (place := _place(report, one.channel))), None)
        if at is not None:
            stream, number = at
            times = stream.times_s()
            inside = (times >= low) & (times <= high)
            values = _about_median(stream.values[number])[inside]
            name = words.muscle(marks[0].muscle, marks[0].side)
            made.append(Row(name, _scale_note(values, stream.channels[number].unit), marks[0].side, times[inside], values, (), marks))
    return tuple(row for row in made if row.values.size)


def typical(report: ReportInput, side: Side | None) -> Repetition | None:
    """The repetition whose gluteus maximus starts nearest to the median of all; without any, the one in the middle."""
    of_side = [one for one in report.assessment.repetitions if one.side is side]
    delays = [(one, mark.on_s - one.start_s) for one in of_side for mark in one.marks if _is_main(mark, side) and mark.on_s is not None]
    if not delays:
        return of_side[len(of_side) // 2] if of_side else None
    middle = float(np.median([delay for _, delay in delays]))
    return min(delays, key=lambda item: (abs(item[1] - middle), item[0].number))[0]


def window(repetition: Repetition) -> tuple[float, float]:
    """The time shown round one repetition [s]: its marks and its end, with some air."""
    moments = [repetition.start_s, repetition.start_s + 0.5]
    moments += [t for mark in repetition.marks for t in (mark.on_s, mark.off_s) if t is not None]
    moments += [repetition.end_s] if repetition.end_s is not None else []
    low = max(min(moments), repetition.start_s - _LONGEST_S / 2) - _BEFORE_S
    return low, min(max(moments) + _AFTER_S, low + _LONGEST_S)


def draw_whole(report: ReportInput, rows: tuple[Row, ...], *, width: float, label: str) -> Element:
    """The whole recording: signals, bursts as bars below them, the start of each repetition as a mark on top."""
    first = min(float(row.times_s[0]) for row in rows)
    last = max(float(row.times_s[-1]) for row in rows)
    frame = _Frame(rows, width, first, last)
    items = frame.axis(unit="s", zero_s=0.0)
    for one in report.assessment.repetitions:
        colour = one.side.value if one.side else "ink2"
        items.append(paint.upright(frame.scale(one.start_s), frame.top - 2, frame.bottom, colour=colour, width=1, opacity=0.5))
        items.append(paint.mark(one.side, frame.scale(one.start_s), 8, 3.5, **paint.filled(colour)))
    for row, y in frame.each():
        colour = row.side.value if row.side else "ink2"
        items += frame.signal(row, y)
        for on, off in row.spans:
            x, end = frame.scale(on), frame.scale(off)
            items.append(element("rect", x=x, y=y + _ROW_PX - 4, width=max(end - x, 1.5), height=4, **paint.filled(colour)))
    return drawing(*items, *frame.names(), width=width, height=frame.bottom + 26, label=label)


def draw_close(rows: tuple[Row, ...], repetition: Repetition, *, zero: str, width: float, label: str) -> Element:
    """One repetition: signals with on and off, their 95 % bands, and the line of the reference moment."""
    frame = _Frame(rows, width, *window(repetition))
    items = frame.axis(unit="ms", zero_s=repetition.start_s)
    for row, y in frame.each():
        items += frame.signal(row, y)
        for mark in row.marks:
            items += _edge(frame.scale, row, y, mark.on_s, mark.on_low_s, mark.on_high_s, dash=None)
            items += _edge(frame.scale, row, y, mark.off_s, mark.off_low_s, mark.off_high_s, dash="4 3")
    x = frame.scale(repetition.start_s)
    if repetition.start_low_s is not None and repetition.start_high_s is not None:
        low, high = frame.scale(repetition.start_low_s), frame.scale(repetition.start_high_s)
        items.append(element("rect", x=low, y=frame.top - 4, width=max(high - low, 1), height=frame.bottom - frame.top + 4,
                             **paint.filled("control", opacity=0.22)))  # fmt: skip
    half = paint.text_width(f"{zero} = 0") / 2
    items.append(paint.upright(x, frame.top - 4, frame.bottom, colour="ink", width=1.5))
    items.append(paint.text(min(max(x, half), width - half), 14, f"{zero} = 0", anchor="middle"))
    return drawing(*items, *frame.names(), width=width, height=frame.bottom + 26, label=label)


class _Frame:
    """Where rows, names and the axis of time stand for one width."""

    def __init__(self, rows: tuple[Row, ...], width: float, first_s: float, last_s: float) -> None:
        widest = max(max(paint.text_width(row.name, bold=True), paint.text_width(row.note, size=12)) for row in rows)
        self.rows, self.width = rows, width
        self.slim = width < _SLIM_PX or widest > 0.45 * width
        left = 4.0 if self.slim else widest + 14.0
        self.scale = Scale(first_s, max(last_s, first_s + 1e-3), left, width - 12.0)
        self.top, self.bottom = 24.0, 24.0
        self.lines = [paint.wrapped(f"{row.name} · {row.note}" if row.note else row.name, width=width - 4, bold=True) for row in rows]
        self.tops: list[float] = []
        for lines in self.lines:
            self.bottom += 16.0 * len(lines) + 3.0 if self.slim else 0.0
            self.tops.append(self.bottom)
            self.bottom += _ROW_PX + _GAP_PX

    def each(self) -> list[tuple[Row, float]]:
        """Each row with the top of its signal [px]."""
        return list(zip(self.rows, self.tops, strict=True))

    def signal(self, row: Row, y: float) -> list[Element]:
        """The signal between y and the bars of its bursts."""
        data = _columns(row, self.scale, y + (_ROW_PX - 6) / 2, half=(_ROW_PX - 6) / 2)
        return [element("path", d=data, **paint.drawn("ink2", 1, opacity=0.8))] if data else []

    def axis(self, *, unit: str, zero_s: float) -> list[Element]:
        """Grid and labels of time from zero_s."""
        factor = 1e3 if unit == "ms" else 1.0
        low, high = factor * (self.scale.low - zero_s), factor * (self.scale.high - zero_s)
        values = paint.ticks(low, high, about=max(3, int((self.scale.last_px - self.scale.first_px) / 80)))
        turned = Scale(low, high, self.scale.first_px, self.scale.last_px)
        return paint.axis(turned, values, unit=unit, top=self.top - 4, bottom=self.bottom)

    def names(self) -> list[Element]:
        """Muscle and scale: beside the row, or above it where there is no room."""
        items: list[Element] = []
        for row, top, lines in zip(self.rows, self.tops, self.lines, strict=True):
            if self.slim:
                first = top - 16.0 * len(lines)
                items += [paint.text(2, first + 16.0 * k + 9, line, colour="ink", bold=True, halo=True) for k, line in enumerate(lines)]
            else:
                items.append(paint.text(self.scale.first_px - 10, top + 16, row.name, colour="ink", anchor="end", bold=True))
                items.append(paint.text(self.scale.first_px - 10, top + 31, row.note, size=12, colour="ink3", anchor="end"))
        return items


def _edge(scale: Scale, row: Row, y: float, at: float | None, low: float | None, high: float | None, *, dash: str | None) -> list[Element]:
    """One moment with its 95 % band; where an end is open, only the line."""
    if at is None:
        return []
    colour = row.side.value if row.side else "ink"
    items: list[Element] = []
    if low is not None and high is not None:
        x, end = scale(low), scale(high)
        items.append(element("rect", x=x, y=y - 2, width=max(end - x, 1.5), height=_ROW_PX, **paint.filled(colour, opacity=0.3)))
        ends = "".join(f"M{digits(e)} {digits(y + _ROW_PX - 9)}v7" for e in (x, max(end, x + 1.5)))
        items.append(element("path", d=ends, **paint.drawn(colour, 1)))
    return [*items, paint.upright(scale(at), y - 2, y + _ROW_PX - 2, colour=colour, width=2.5, stroke_dasharray=dash)]


def _columns(row: Row, scale: Scale, middle: float, *, half: float) -> str:
    """Path data: one upright stroke per pixel from the lowest to the highest sample, or a plain line when samples are few."""
    usable = np.isfinite(row.values)
    if not usable.any():
        return ""
    size = float(np.abs(row.values[usable]).max()) or 1.0
    x = scale.first_px + (row.times_s - scale.low) / (scale.high - scale.low) * (scale.last_px - scale.first_px)
    y = middle - half * row.values / size
    if row.values.size < 3 * (scale.last_px - scale.first_px):
        keep = usable.nonzero()[0]
        cuts = np.split(keep, np.flatnonzero(np.diff(keep) > 1) + 1)
        return "".join("M" + "L".join(f"{digits(float(x[i]))} {digits(float(y[i]))}" for i in part) for part in cuts)
    column = np.floor(x[usable]).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(column) > 0])
    low, high = np.minimum.reduceat(y[usable], starts), np.maximum.reduceat(y[usable], starts)
    strokes = zip(column[starts].tolist(), low.tolist(), high.tolist(), strict=True)
    return "".join(f"M{c}.5 {digits(a)}V{digits(max(b, a + 0.7))}" for c, a, b in strokes)


def _whole_row(one: ChannelOnsets, stream: Stream, number: int) -> Row:
    channel, onsets = one.channel, one.onsets
    values = _about_median(stream.values[number])
    spans = tuple(
        (stream.start_s if np.isnan(on) else float(on), stream.start_s + stream.duration_s if np.isnan(off) else float(off))
        for on, off in zip(onsets.on_s, onsets.off_s, strict=True)
    )
    name = words.muscle(channel.muscle, channel.side) if channel.muscle else channel.label
    note = _scale_note(values, channel.unit) if one.status is OnsetStatus.OK else words.STATUSES[one.status]
    return Row(name, note, channel.side, *_thinned(stream.times_s(), values), spans)


def _place(report: ReportInput, channel: Channel) -> tuple[Stream, int] | None:
    """The stream and row that hold a channel's samples."""
    for stream in report.recording.of_kind(StreamKind.EMG):
        for number, candidate in enumerate(stream.channels):
            if candidate.label == channel.label and stream.values.shape[1]:
                return stream, number
    return None


def _about_median(values: Floats) -> Floats:
    usable = np.isfinite(values)
    return np.asarray(values - (np.median(values[usable]) if usable.any() else 0.0), dtype=np.float64)


def _thinned(times_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """A long signal as the lowest and highest sample of many short pieces, finer than any drawing's pixels; gaps stay gaps."""
    if values.size < 4 * _FINE:
        return times_s, values
    starts = np.arange(_FINE) * values.size // _FINE
    ends = np.stack([np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)], axis=1)
    return np.repeat(times_s[starts], 2), ends.ravel()


def _scale_note(values: Floats, unit: str) -> str:
    """The height of the row in words."""
    usable = np.isfinite(values)
    largest = float(np.abs(values[usable]).max()) if usable.any() else 0.0
    if unit == "V":
        small = largest < 1e-3
        return f"±{largest * (1e6 if small else 1e3):.3g}\u00a0{'µV' if small else 'mV'}"
    return f"±{largest:.3g}" + (f"\u00a0{unit}" if unit else "")


def _is_main(mark: Mark, side: Side | None) -> bool:
    return mark.muscle.startswith("gluteus_maximus") and (side is None or mark.side in (side, None))
