"""The figures of a report with their words: what is drawn, under which title, and how it is told to who does not see it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hipspine.assessment.protocol import Mark, Repetition
from hipspine.report import loops, raster, traces, words
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element
from hipspine.terms import Side

_CHANNELS_PER_FIGURE = 10  # so many fit on a sheet


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that can be made for any width [px]; the identifier keeps the parts of several drawings apart."""

    key: str
    title: str
    side: Side | None
    caption: str
    alt: str
    draw: Callable[[float, str], Element]


def captioned(figures: tuple[Figure, ...]) -> list[tuple[Figure, str]]:
    """Figures of one section with their captions; a caption that the next figure repeats is said once, there."""
    following = [*(figure.caption for figure in figures[1:]), ""]
    return [(figure, "" if figure.caption == after else figure.caption) for figure, after in zip(figures, following, strict=False)]


def raster_figures(report: ReportInput) -> tuple[Figure, ...]:
    """When each muscle starts, one figure per moving side, all on one axis."""
    made = []
    zero = raster.zero_name(report)
    by_side = {side: rows for side in words.ORDER_OF_SIDES if (rows := raster.rows(report, side))}
    common = raster.common(tuple(row for rows in by_side.values() for row in rows)) if by_side else None
    for side, rows in by_side.items():
        alt = raster.in_words(side, rows, zero=zero)
        band = "Soft band with end ticks: 95 % interval of the typical repetition. " if any(row.pooled for row in rows) else ""
        caption = (
            f"Milliseconds from {zero}. Thick line: median. {band}"
            "Small marks: single repetitions, each with its own 95 % interval as a thin line."
        )
        draw = partial(_draw_raster, rows, common, side, zero, alt)
        made.append(Figure(f"raster-{_slug(side)}", "When each muscle starts", side, caption, alt, draw))
    return tuple(made)


def _draw_raster(
    rows: tuple[raster.Row, ...], common: raster.Common | None, side: Side | None, zero: str, alt: str, width: float, ident: str
) -> Element:
    return raster.draw(rows, common=common or raster.common(rows), side=side, zero=zero, width=width, ident=ident, label=alt)


def trace_figures(report: ReportInput) -> tuple[Figure, ...]:
    """One repetition close up per side, then the whole recording."""
    zero = raster.zero_name(report)
    made: list[Figure] = []
    for side in words.ORDER_OF_SIDES:
        repetition = traces.typical(report, side)
        rows = traces.close_rows(report, repetition) if repetition else ()
        if repetition and rows:
            alt = (
                f"EMG of {len(rows)} muscles in repetition {repetition.number}; "
                + "; ".join(_marks_said(row, repetition.start_s) for row in rows)
                + "."
            )
            caption = (
                f"Repetition {repetition.number}, the one whose gluteus maximus starts nearest to the median of all. Solid line: start; "
                "broken line: end; bands: their 95 % intervals. Raw signal, each row with its own scale."
            )
            close = partial(_draw_close, rows, repetition, zero, alt)
            made.append(Figure(f"close-{_slug(side)}", "One repetition, close up", side, caption, alt, close))
    return tuple(made) + _whole(report)


def _whole(report: ReportInput) -> tuple[Figure, ...]:
    """The whole recording, in figures of few enough channels to fit on a sheet."""
    rows = traces.whole_rows(report)
    parts = -(-len(rows) // _CHANNELS_PER_FIGURE)
    made = []
    for part in range(parts):
        some = rows[part * len(rows) // parts : (part + 1) * len(rows) // parts]
        title = "The whole recording" + (f", part {part + 1} of {parts}" if parts > 1 else "")
        alt = f"{title}: " + "; ".join(f"{row.name}, {_bursts_said(row)}" for row in some) + "."
        caption = (
            "Raw signal of every EMG channel. Bars: active. Marks on top: the start of each repetition "
            "(circle left, square right, diamond where no side is stated)."
        )
        made.append(Figure(f"whole-{part + 1}", title, None, caption, alt, partial(_draw_whole, report, some, alt)))
    return tuple(made)


def _draw_close(rows: tuple[traces.Row, ...], repetition: Repetition, zero: str, alt: str, width: float, ident: str) -> Element:
    del ident  # nothing in this drawing is referred to by name
    return traces.draw_close(rows, repetition, zero=zero, width=width, label=alt)


def _draw_whole(report: ReportInput, rows: tuple[traces.Row, ...], alt: str, width: float, ident: str) -> Element:
    del ident
    return traces.draw_whole(report, rows, width=width, label=alt)


def _marks_said(row: traces.Row, zero_s: float) -> str:
    starts = [_start_said(mark, zero_s) for mark in row.marks if mark.on_s is not None]
    return f"{row.name}, " + (f"start at {' and '.join(starts)}" if starts else "no start found")


def _start_said(mark: Mark, zero_s: float) -> str:
    at, low, high = (None if t is None else 1e3 * (t - zero_s) for t in (mark.on_s, mark.on_low_s, mark.on_high_s))
    return words.quantity(at, "ms", low=low, high=high)


def _bursts_said(row: traces.Row) -> str:
    return row.note if not row.spans and not row.note.startswith("±") else "1 burst" if len(row.spans) == 1 else f"{len(row.spans)} bursts"


def loop_figures(report: ReportInput) -> tuple[Figure, ...]:
    """Lumbar against hip angle, one figure per side that the curves name."""
    made = []
    for side in words.ORDER_OF_SIDES:
        kept = loops.loops({name: curve for name, curve in report.assessment.loops.items() if _named_side(name) is side})
        if kept:
            alt = loops.in_words(kept)
            caption = (
                "Dots ¼, ½, ¾: hip and lumbar spine together have gone a quarter, a half, three quarters of the way. "
                "Each line is one repetition; it begins at the dark dot."
            )
            made.append(Figure(f"loop-{_slug(side)}", "Hip and lumbar spine together", side, caption, alt, partial(_draw_loop, kept, alt)))
    return tuple(made)


def _named_side(name: str) -> Side | None:
    """The side that a curve's name says; none where it says none or both."""
    told = [side for side in Side if side.value in name.lower()]
    return told[0] if len(told) == 1 else None


def _draw_loop(kept: tuple[loops.Loop, ...], alt: str, width: float, ident: str) -> Element:
    del ident
    return loops.draw(kept, width=width, label=alt)


def _slug(side: Side | None) -> str:
    return side.value if side else "all"
