"""What the report says, before it becomes a page or a sheet: the same words, tables and figures for both."""

import re
from dataclasses import dataclass

import numpy as np

from hipspine.assessment.protocol import Finding, Order, Reference
from hipspine.assessment.wording import percent
from hipspine.report import words
from hipspine.report.checklist import SOURCES, Answer, checklist
from hipspine.report.figures import Figure, loop_figures, raster_figures, trace_figures
from hipspine.report.quality import QualityRow, quality_rows
from hipspine.report.report_input import ReportInput
from hipspine.terms import Certainty, Grade, Side

_KEY_SENTENCES = 2  # per side "in short"; all others stand in the table of findings


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence with its side."""

    side: Side | None
    sentence: str
    grade: Grade


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
        warnings=tuple(_ended(said) for said in dict.fromkeys((*assessment.warnings, *recording.warnings))),
        rasters=raster_figures(report),
        orders=tables,
        key_to_muscles="; ".join(dict.fromkeys(f"{s}: {m}" for table in tables for s, m in zip(table.short, table.muscles, strict=True))),
        traces=trace_figures(report),
        loops=loop_figures(report),
        findings=tuple(_finding_row(finding, keys) for finding in assessment.findings),
        quality=quality_rows(report.channels),
        checklist=checklist(report),
        sources=tuple((key, report.citations.get(key, SOURCES.get(key, key))) for key in keys),
        inputs=_inputs(report),
    )


def published_once(findings: tuple[FindingRow, ...]) -> tuple[tuple[Published, tuple[str, ...]], ...]:
    """Every published value once, with the measures that it is set beside, in the order of its first use."""
    seen: dict[tuple[str, int, str], tuple[Published, dict[str, None]]] = {}
    for row in findings:
        for one in row.published:
            seen.setdefault((one.text, one.number, one.note), (one, {}))[1][row.measure] = None
    return tuple((one, tuple(measures)) for one, measures in seen.values())


def _in_short(report: ReportInput) -> tuple[Statement, ...]:
    """The sentences to read first: per side those about gluteus maximus and its delay, then the verdict on the order."""
    said: list[Statement] = []
    for side in words.ORDER_OF_SIDES:
        of_side = sorted((f for f in report.assessment.findings if f.side is side), key=_rank)[:_KEY_SENTENCES]
        said += [Statement(side, finding.sentence, finding.grade) for finding in of_side]
        verdicts = [order.verdict for order in report.assessment.orders if order.side is side]
        said += [Statement(side, _ended(v), Grade.MEASUREMENT) for v in verdicts if not any(v.rstrip(".") in s.sentence for s in said)]
    return tuple(said)


def _rank(finding: Finding) -> int:
    """How soon a finding is told: the glute against the others first; a part after its whole, and what has no value last."""
    main = finding.measure.startswith("gluteus_maximus")
    timing = "delay" in finding.measure or "difference" in finding.measure
    minor = re.search(r"_q\d$|detectable|preceded", finding.measure) is not None
    return (3 if minor else 0 if main and timing else 1 if main else 2) + (4 if finding.value is None else 0)


def _order_table(order: Order) -> OrderTable:
    n = len(order.muscles)
    cells = tuple(tuple(_cell(order.p_before[i, j], settled=order.settled, same=i == j) for j in range(n)) for i in range(n))
    names, short = tuple(words.muscle(m) for m in order.muscles), tuple(words.short_muscle(m) for m in order.muscles)
    if len(set(short)) < n:  # two muscles share their letters: say the names in full
        short = names
    if order.consistency is None:
        agreement = "One repetition only: nothing can be said about its consistency."
    else:
        said = words.number(order.consistency, decimals=2)
        agreement = f"Agreement of the {order.repetitions} repetitions (Kendall's W, 0 none, 1 full): {said}."
    agreement += f" Who is first is said from {100.0 * order.settled:.3g} % on."
    return OrderTable(order.side, names, short, cells, _ended(order.verdict), agreement)


def _cell(p: float, *, settled: float, same: bool) -> Cell:
    """One chance, never shown as certain; uncoloured where the verdict does not say who is first either."""
    if same:
        return Cell("·", "same", "same muscle")
    if not np.isfinite(p):
        return Cell("–", "none", "not measured")
    text = ">99" if p > 0.995 else "<1" if p < 0.005 else f"{100.0 * p:.0f}"
    said = percent(float(p))
    if max(p, 1.0 - p) < settled:
        return Cell(text, "tie", f"{said}, no consistent order")
    return Cell(text, f"h{min(4, round(100.0 * p) // 20)}", said)


def _finding_row(finding: Finding, keys: list[str]) -> FindingRow:
    references = ((finding.reference,) if finding.reference else ()) + finding.other_references
    published = tuple(_published(reference, finding.unit, keys, first=reference is finding.reference) for reference in references)
    value = words.quantity(finding.value, finding.unit, low=finding.low, high=finding.high)
    value = "in words" if isinstance(finding.value, str) and finding.value in finding.sentence else value
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
    counted = [f"{sides.count(s)} {s.value if s else ''}".strip() for s in words.ORDER_OF_SIDES if s in sides]
    return f"{' and '.join(counted)} {'repetition' if len(sides) == 1 else 'repetitions'}"


def _simulated(report: ReportInput) -> str:
    return "This recording is simulated. It shows no person; its findings are examples." if report.simulated else ""


def _inputs(report: ReportInput) -> tuple[tuple[str, str], ...]:
    recording = report.recording
    emg = sum(len(stream.channels) for stream in recording.streams if stream.kind == "emg")
    understood = " ".join(map(_ended, report.assessment.information))
    rows = [
        ("File", recording.name), ("SHA-256 of its bytes", recording.sha256 or "not known: the recording was not read from a file"),
        ("Format", recording.format), *([("How it was read", understood)] if understood else []),
        ("Length", f"{words.number(recording.duration_s, decimals=1)}\u00a0s, {emg} EMG channels"),
        ("Protocol", report.assessment.protocol), ("Simulated", "yes" if report.simulated else "no"),
        ("Made by", f"hipspine {report.version}"),
    ]  # fmt: skip
    return tuple(rows + ([("Prepared on", report.prepared_on)] if report.prepared_on else []))


def _ended(sentence: str) -> str:
    """A sentence with its capital and full stop; a label in front of a colon stays as the file writes it."""
    text = sentence.strip()
    first = text[:1] if text.partition(" ")[0].endswith(":") else text[:1].upper()
    return first + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
