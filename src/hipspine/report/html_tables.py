"""The tables of the page: findings, published values, quality, checklist, sources, inputs."""

from hipspine.report import words
from hipspine.report.contents import Contents, FindingRow, Published, published_once
from hipspine.report.html_parts import cell, grade_chip, lines, side_mark, spaced, table
from hipspine.report.quality import COLUMNS, EXPLAINED, QualityRow
from hipspine.report.svg import Child, Element, element


def findings(told: Contents) -> list[Child]:
    """Every finding with its published value, grade and certainty."""
    if not told.findings:
        return [element("p", "No finding was possible from this recording.")]
    heads = ("Finding", "Side", "Value with 95 % interval", "Published", "Evidence and certainty")
    return [
        table("Each measure with its value, what was published, and how sure both are", heads, [_finding(row) for row in told.findings])
    ]


def _finding(row: FindingRow) -> Element:
    name = element("th", row.measure, element("p", row.sentence, class_="small muted"), scope="row", role="rowheader")
    side = side_mark(row.side) if row.side else element("span", words.NO_SIDE)
    refs = [element("span", *_reference(p)) for p in row.published if p.first]
    others = sum(not p.first for p in row.published)
    if others:
        refs.append(element("a", f"{others} other published {'value' if others == 1 else 'values'}", href="#published"))
    published = element("div", *spaced(refs), class_="refs") if refs else element("span", "nothing to compare with", class_="muted")
    sure = element(
        "div",
        grade_chip(row.grade),
        " ",
        element("span", f"Certainty: {words.CERTAINTIES[row.certainty]}", class_="small muted"),
        class_="refs",
    )
    return element("tr", name, cell("Side", side), cell("Value", element("span", row.value, class_="value" if "[" in row.value else None)),
                   cell("Published", published), cell("Evidence", sure), role="row")  # fmt: skip


def _reference(one: Published) -> list[Child]:
    parts: list[Child] = [
        element("span", one.text, class_="nb"),
        " ",
        element("a", f"[{one.number}]", href=f"#source-{one.number}", aria_label=f"source {one.number}, {one.source}"),
    ]
    return [*parts, f" {one.note}"] if one.note else parts


def published(told: Contents) -> list[Child]:
    """Each published value once, with the findings that it stands beside."""
    rows = []
    for one, measures in published_once(told.findings):
        link = element("a", f"[{one.number}] {one.source}", href=f"#source-{one.number}", class_="nb")
        value = cell("Value", element("span", one.text, class_="nb"))
        population = cell("Population and method", one.note or "–")
        source = element("th", link, scope="row", role="rowheader")
        rows.append(element("tr", source, value, population, cell("Beside", "; ".join(measures)), role="row"))
    heads = ("Source", "Value ± spread", "Population and method", "Set beside")
    return [element("p", words.PUBLISHED, class_="small muted"), table("Published values, each once", heads, rows)]


def quality(told: Contents) -> list[Child]:
    """Every channel, the refused ones with their reason."""
    if not told.quality:
        return [element("p", "No EMG channel was analysed.")]
    heads = ("Channel", "Muscle", "Times", *COLUMNS)
    return [
        element("p", EXPLAINED, class_="small muted"),
        table("What was measured of each channel", heads, [_quality_row(row) for row in told.quality]),
    ]


def _quality_row(row: QualityRow) -> Element:
    muscle: list[Child] = [row.muscle] if row.side is None else [row.muscle, " ", side_mark(row.side)]
    stats = [cell(name, value, extra="stat blank" if value == "–" else "stat") for name, value in zip(COLUMNS, row.cells, strict=True)]
    return element(
        "tr",
        element("th", row.label, scope="row", role="rowheader"),
        cell("Muscle", *muscle),
        cell("Times", row.status, extra="reason"),
        *stats,
        role="row",
    )


def checklist(told: Contents) -> list[Child]:
    """Every item of the reporting checklist."""
    heads = ("Item", "Answer", "Where from", "Asked by")
    rows = []
    for answer in told.checklist:
        known = answer.text != answer.origin.value
        origin = (
            cell("Where from", element("span", answer.origin.value, class_="small muted nb")) if known else cell("", "–", extra="blank")
        )
        item = element("th", answer.item, scope="row", role="rowheader")
        rows.append(element("tr", item, cell("Answer", answer.text), origin, cell("Asked by", answer.asked_by), role="row"))
    return [element("p", words.CHECKLIST, class_="small muted"), table("What others need to judge or repeat this recording", heads, rows)]


def sources(told: Contents) -> Element:
    """The numbered list of sources."""
    items = [
        element("li", element("span", f"[{i}]"), element("span", f"{text} ", element("span", f"({key})", class_="muted")), id=f"source-{i}")
        for i, (key, text) in enumerate(told.sources, 1)
    ]
    return element("ul", *lines(*items), class_="sources")


def inputs(told: Contents) -> Element:
    """File, hash, format and version."""
    pairs: list[Child] = []
    for name, value in told.inputs:
        pairs += [element("dt", name), element("dd", value, class_="hash" if name.startswith("SHA") else None)]
    return element("dl", *pairs, class_="inputs")
