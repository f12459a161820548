"""What the report says, before it becomes a page or a sheet: the same words, tables and figures for both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from hipspine.assessment.protocol import Finding, Order, Reference, Repetition
from hipspine.report import loops, raster, traces, words
from hipspine.report.checklist import SOURCES, Answer, checklist
from hipspine.report.quality import QualityRow, quality_rows
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element
from hipspine.terms import Certainty, Grade, Side

_SIDES: tuple[Side | None, ...] = (Side.LEFT, Side.RIGHT, None)
_CHANNELS_PER_FIGURE = 10
_KEY_SENTENCES = 2  # per side "in short"; all others stand in the table of findings


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence with its side."""

    side: Side | None
    sentence: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that can be made for any width [px]; the identifier keeps the parts of several drawings apart."""

    key: str
    title: str
    side: Side | None
    caption: str
    alt: str
    draw: Callable[[float, str], Element]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the order matrix."""

    text: str
    kind: str  # "same", "none", "tie", or "h0" to "h4" from never to always
    said: str  # for a screen reader


@dataclass(frozen=True, slots=True)
class OrderTable:
    """Who starts before whom on one side."""

    side: Side | None
    muscles: tuple[str, ...]
    short: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    verdict: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Published:
    """A published value as shown."""

    text: str
    source: str
    number: int  # in the list of sources
    note: str
    first: bool  # the one that the finding is set beside


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding as shown."""

    measure: str
    side: Side | None
    value: str
    sentence: str
    published: tuple[Published, ...]
    grade: Grade
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Contents:
    """The whole report in words, tables and figures."""

    title: str
    subtitle: str
    simulated: str  # a sentence, empty for a real recording
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]
    rasters: tuple[Figure, ...]
    orders: tuple[OrderTable, ...]
    key_to_muscles: str
    traces: tuple[Figure, ...]
    loops: tuple[Figure, ...]
    findings: tuple[FindingRow, ...]
    quality: tuple[QualityRow, ...]
    checklist: tuple[Answer, ...]
    sources: tuple[tuple[str, str], ...]  # (key, citation) in the order of their numbers
    inputs: tuple[tuple[str, str], ...]  # (name, value)


def contents(report: ReportInput) -> Contents:
    """Everything the report says, in the order it is said."""
    assessment, recording = report.assessment, report.recording
    keys = _source_keys(report)
    tables = tuple(_order_table(order) for order in assessment.orders)
    return Contents(
        title=report.title or words.plain(assessment.protocol),
        subtitle=f"{_counted(report)}; {recording.name}",
        simulated=_simulated(report),
        statements=_in_short(report),
        warnings=tuple(dict.fromkeys((*assessment.warnings, *recording.warnings))),
        rasters=_rasters(report),
        orders=tables,
        key_to_muscles="; ".join(dict.fromkeys(f"{s}: {m}" for table in tables for s, m in zip(table.short, table.muscles, strict=True))),
        traces=_traces(report),
        loops=_loops(report),
        findings=tuple(_finding_row(finding, keys) for finding in assessment.findings),
        quality=quality_rows(report.channels),
        checklist=checklist(report),
        sources=tuple((key, report.citations.get(key, SOURCES.get(key, key))) for key in keys),
        inputs=_inputs(report),
    )


def captioned(figures: tuple[Figure, ...]) -> list[tuple[Figure, str]]:
    """Figures of one section with their captions; a caption that the next figure repeats is said once, there."""
    following = [*(figure.caption for figure in figures[1:]), ""]
    return [(figure, "" if figure.caption == after else figure.caption) for figure, after in zip(figures, following, strict=False)]


def published_once(findings: tuple[FindingRow, ...]) -> dict[str, tuple[Published, ...]]:
    """All that was published per measure, each value once although both sides are set beside it."""
    seen: dict[str, dict[tuple[str, int, str], Published]] = {}
    for row in findings:
        for one in row.published:
            seen.setdefault(row.measure, {}).setdefault((one.text, one.number, one.note), one)
    return {measure: tuple(values.values()) for measure, values in seen.items()}


def _in_short(report: ReportInput) -> tuple[Statement, ...]:
    """The sentences to read first: per side those about gluteus maximus and its delay, then the verdict on the order."""
    said: list[Statement] = []
    for side in _SIDES:
        of_side = sorted((f for f in report.assessment.findings if f.side is side), key=_rank)[:_KEY_SENTENCES]
        said += [Statement(side, finding.sentence, finding.grade) for finding in of_side]
        verdicts = [order.verdict for order in report.assessment.orders if order.side is side]
        said += [Statement(side, _ended(v), Grade.MEASUREMENT) for v in verdicts if not any(v.rstrip(".") in s.sentence for s in said)]
    return tuple(said)


def _rank(finding: Finding) -> int:
    """How soon a finding is told: the glute against the others first; a finding without a value after those with one."""
    main = finding.measure.startswith("gluteus_maximus")
    timing = "delay" in finding.measure or "difference" in finding.measure
    return (0 if main and timing else 1 if main else 2) + (3 if finding.value is None else 0)


def _rasters(report: ReportInput) -> tuple[Figure, ...]:
    made = []
    zero = raster.zero_name(report)
    by_side = {side: rows for side in _SIDES if (rows := raster.rows(report, side))}
    common = raster.common(tuple(row for rows in by_side.values() for row in rows)) if by_side else None
    for side, rows in by_side.items():
        alt = raster.in_words(side, rows, zero=zero)
        band = "Soft band with end ticks: 95 % interval of the typical repetition. " if any(row.pooled for row in rows) else ""
        caption = f"Milliseconds from {zero}. Thick line: median. {band}Small marks: single repetitions, each with its own 95 % interval as a thin line."
        draw = partial(_draw_raster, rows, common, side, zero, alt)
        made.append(Figure(f"raster-{_slug(side)}", "When each muscle starts", side, caption, alt, draw))
    return tuple(made)


def _draw_raster(
    rows: tuple[raster.Row, ...], common: raster.Common | None, side: Side | None, zero: str, alt: str, width: float, ident: str
) -> Element:
    return raster.draw(rows, common=common or raster.common(rows), side=side, zero=zero, width=width, ident=ident, label=alt)


def _traces(report: ReportInput) -> tuple[Figure, ...]:
    zero = raster.zero_name(report)
    made: list[Figure] = []
    for side in _SIDES:
        repetition = traces.typical(report, side)
        rows = traces.close_rows(report, repetition) if repetition else ()
        if repetition and rows:
            alt = (
                f"EMG of {len(rows)} muscles in repetition {repetition.number}; "
                + "; ".join(_mark_said(row, repetition.start_s) for row in rows)
                + "."
            )
            caption = (
                f"Repetition {repetition.number}, the one whose gluteus maximus starts nearest to the median of all. Solid line: start; broken line: "
                f"end; bands: their 95 % intervals. Raw signal, each row with its own scale."
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
        caption = "Raw signal of every EMG channel. Bars: active. Marks on top: the start of each repetition (circle left, square right)."
        made.append(Figure(f"whole-{part + 1}", title, None, caption, alt, partial(_draw_whole, report, some, alt)))
    return tuple(made)


def _draw_close(rows: tuple[traces.Row, ...], repetition: Repetition, zero: str, alt: str, width: float, ident: str) -> Element:
    del ident  # nothing in this drawing is referred to by name
    return traces.draw_close(rows, repetition, zero=zero, width=width, label=alt)


def _draw_whole(report: ReportInput, rows: tuple[traces.Row, ...], alt: str, width: float, ident: str) -> Element:
    del ident
    return traces.draw_whole(report, rows, width=width, label=alt)


def _mark_said(row: traces.Row, zero_s: float) -> str:
    if row.mark is None or row.mark.on_s is None:
        return f"{row.name}, no start found"
    low, high = (None if t is None else 1e3 * (t - zero_s) for t in (row.mark.on_low_s, row.mark.on_high_s))
    return f"{row.name}, start at {words.quantity(1e3 * (row.mark.on_s - zero_s), 'ms', low=low, high=high)}"


def _bursts_said(row: traces.Row) -> str:
    return row.note if not row.spans and not row.note.startswith("±") else "1 burst" if len(row.spans) == 1 else f"{len(row.spans)} bursts"


def _loops(report: ReportInput) -> tuple[Figure, ...]:
    made = []
    curves = report.assessment.loops
    for side in _SIDES:
        others = side.other.value if side else None
        mine = {n: c for n, c in curves.items() if (side.value in n.lower() if side else not ({"left", "right"} & set(n.lower().split())))}
        kept = loops.loops({n: c for n, c in mine.items() if others is None or others not in n.lower()})
        if kept:
            alt = loops.in_words(kept)
            caption = "Dots ¼, ½, ¾: hip and lumbar spine together have gone a quarter, a half, three quarters of the way. Each line is one repetition; it begins at the dark dot."
            made.append(Figure(f"loop-{_slug(side)}", "Hip and lumbar spine together", side, caption, alt, partial(_draw_loop, kept, alt)))
    return tuple(made)


def _draw_loop(kept: tuple[loops.Loop, ...], alt: str, width: float, ident: str) -> Element:
    del ident
    return loops.draw(kept, width=width, label=alt)


def _order_table(order: Order) -> OrderTable:
    n = len(order.muscles)
    cells = tuple(tuple(_cell(order.p_before[i, j], same=i == j) for j in range(n)) for i in range(n))
    names, short = tuple(words.muscle(m) for m in order.muscles), tuple(words.short_muscle(m) for m in order.muscles)
    if len(set(short)) < n:  # two muscles share their letters: say the names in full
        short = names
    if order.consistency is None:
        agreement = "One repetition only: nothing can be said about its consistency."
    else:
        agreement = f"Agreement of the {order.repetitions} repetitions (Kendall's W, 0 none, 1 full): {words.number(order.consistency, decimals=2)}."
    return OrderTable(order.side, names, short, cells, _ended(order.verdict), agreement)


def _cell(p: float, *, same: bool) -> Cell:
    if same:
        return Cell("·", "same", "same muscle")
    if not np.isfinite(p):
        return Cell("–", "none", "not measured")
    percent = round(100.0 * float(p))
    if 20 <= percent <= 80:
        return Cell(str(percent), "tie", f"{percent} %, no consistent order")
    return Cell(str(percent), f"h{min(4, percent // 20)}", f"{percent} %")


def _finding_row(finding: Finding, keys: list[str]) -> FindingRow:
    references = ((finding.reference,) if finding.reference else ()) + finding.other_references
    published = tuple(_published(reference, finding.unit, keys, first=reference is finding.reference) for reference in references)
    value = words.quantity(finding.value, finding.unit, low=finding.low, high=finding.high)
    return FindingRow(words.plain(finding.measure), finding.side, value, finding.sentence, published, finding.grade, finding.certainty)


def _published(reference: Reference, unit: str, keys: list[str], *, first: bool) -> Published:
    text = words.as_published(reference.value, reference.spread, unit)
    return Published(text, reference.source, keys.index(reference.source) + 1, reference.note, first)


def _source_keys(report: ReportInput) -> list[str]:
    """Every source that the report leans on, in the order of its first use; the checklist's own last."""
    used = [r.source for f in report.assessment.findings for r in ((f.reference,) if f.reference else ()) + f.other_references]
    return list(dict.fromkeys((*used, *SOURCES)))


def _counted(report: ReportInput) -> str:
    sides = [one.side for one in report.assessment.repetitions]
    if not sides:
        return "No repetition found"
    counted = [f"{sides.count(s)} {s.value if s else ''}".strip() for s in _SIDES if s in sides]
    return f"{' and '.join(counted)} {'repetition' if len(sides) == 1 else 'repetitions'}"


def _simulated(report: ReportInput) -> str:
    return "This recording is simulated. It shows no person; its findings are examples." if report.simulated else ""


def _inputs(report: ReportInput) -> tuple[tuple[str, str], ...]:
    recording = report.recording
    emg = sum(len(stream.channels) for stream in recording.streams if stream.kind == "emg")
    rows = [
        ("File", recording.name), ("SHA-256 of its bytes", recording.sha256 or "not known: the recording was not read from a file"),
        ("Format", recording.format), ("Length", f"{words.number(recording.duration_s, decimals=1)}\u00a0s, {emg} EMG channels"),
        ("Protocol", report.assessment.protocol), ("Simulated", "yes" if report.simulated else "no"),
        ("Made by", f"hipspine {report.version}"),
    ]  # fmt: skip
    return tuple(rows + ([("Prepared on", report.prepared_on)] if report.prepared_on else []))


def _ended(sentence: str) -> str:
    """A sentence with its capital and full stop."""
    text = sentence.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _slug(side: Side | None) -> str:
    return side.value if side else "all"
