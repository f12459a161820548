"""The report as one HTML file: no outside request, no script, readable on a phone, in the dark, on paper and by ear.

The one style block is allowed by its hash in the page's own security policy; nothing else may load or run.
"""

import base64
import hashlib
from importlib.resources import files

from hipspine.report import html_tables as tables
from hipspine.report import words
from hipspine.report.contents import Contents, OrderTable, Statement, contents
from hipspine.report.figures import Figure, captioned
from hipspine.report.html_parts import grade_chip, lines, sentence, side_mark, spaced
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Child, Element, element, write
from hipspine.terms import Grade, Side

# What a card leaves beside a scroll bar at 305, 392 and 704 px; two beside each other, and one over the whole row, on a desk.
_WIDTHS = (("w-narrow", 234.0), ("w-mid", 321.0), ("w-wide", 590.0))
_PAIR_WIDTHS = (*_WIDTHS[:2], ("w-wide", 504.0))
_WHOLE_WIDTHS = (*_WIDTHS[:2], ("w-wide before-full", 590.0), ("w-full", 1030.0))


def render_html(report: ReportInput) -> str:
    """The whole report as one HTML document; the same input gives the same text."""
    told = contents(report)
    sheet = files("hipspine.report").joinpath("data/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    head = element(
        "head", "\n", element("meta", charset="utf-8"), "\n",
        element("meta", http_equiv="Content-Security-Policy", content=policy), "\n",
        element("meta", name="viewport", content="width=device-width, initial-scale=1"), "\n",
        element("meta", name="generator", content=f"hipspine {report.version}"), "\n",
        element("title", f"{told.title}: report on {report.recording.name}"), "\n",
        element("link", rel="icon", href="data:,"), "\n", element("style", sheet), "\n",
    )  # fmt: skip
    body = element("body", "\n", element("a", "Skip to the findings", class_="skip", href="#main"), "\n",
                   element("div", *lines(_header(told), _main(told), _footer(report)), class_="page"), "\n")  # fmt: skip
    return "<!doctype html>\n" + write(element("html", "\n", head, "\n", body, "\n", lang="en")) + "\n"


def _header(told: Contents) -> Element:
    curves = ("M4 5C13 5 20 10 24 17", "M4 12c7 0 13 3 18 10", "M4 19c5 0 9 2 13 6")
    fibres = [element("path", d=d, fill="none", class_="k-accent", stroke_width=3.4, stroke_linecap="round") for d in curves]
    brand = element("p", element("svg", *fibres, viewBox="0 0 28 28", aria_hidden="true", focusable="false"), "hipspine", class_="brand")
    chips = (element("span", "simulated", class_="chip"),) if told.simulated else ()
    return element("header", brand, element("div", element("h1", told.title), *chips, class_="headline"),
                   element("p", told.subtitle, class_="muted"), class_="top")  # fmt: skip


def _main(told: Contents) -> Element:
    parts: list[tuple[str, str, Element]] = [("in-short", "In short", _in_short(told))]
    timing = _figures(told.rasters, under="When each muscle starts")
    orders = [_section("order", "Who starts before whom", *_orders(told))] if told.orders else []
    if timing:
        starts = _section("starts", "When each muscle starts", *timing)
        parts.append(("starts", "When each muscle starts", element("div", starts, *orders, class_="two") if orders else starts))
        parts += [("order", "Who starts before whom", element("span"))] if orders else []
    elif orders:
        parts.append(("order", "Who starts before whom", orders[0]))
    if told.loops:
        parts.append(("loops", "Hip and spine", _section("loops", "Hip and lumbar spine together", _pair(told.loops))))
    parts.append(("findings", "All findings", _section("findings", "All findings", *tables.findings(told))))
    if any(len(row.published) > 0 for row in told.findings):
        parts.append(
            (
                "published",
                "Published values",
                _section("published", "Published values, the conflicting ones included", *tables.published(told)),
            )
        )
    if told.traces:
        parts.append(("signals", "The signals", _section("signals", "The signals", *_signals(told))))
    parts.append(("quality", "Quality", _section("quality", "Quality of each channel", *tables.quality(told))))
    parts.append(("checklist", "Reporting checklist", _section("checklist", "Reporting checklist", *tables.checklist(told))))
    parts.append(("sources", "Sources", _section("sources", "Sources", tables.sources(told))))
    parts.append(("inputs", "Inputs", _section("inputs", "Inputs and version", tables.inputs(told))))
    links = [element("li", element("a", name, href=f"#{key}")) for key, name, _ in parts]
    nav = element("nav", element("ul", *links), class_="contents", aria_label="Parts of this report")
    shown = [part for _, _, part in parts if part.tag != "span"]
    notes = (_notes(told),) if told.simulated or told.warnings else ()
    return element("main", *lines(shown[0], *notes, nav, *shown[1:]), id="main", class_="stack")


def _section(key: str, title: str, *parts: Child) -> Element:
    return element(
        "section", element("h2", title, id=f"{key}-title"), "\n", *lines(*parts), class_="card", id=key, aria_labelledby=f"{key}-title"
    )


def _in_short(told: Contents) -> Element:
    if told.statements:
        sides = dict.fromkeys(one.side for one in told.statements)
        said: Element = element("ul", *lines(*(_said(side, told.statements) for side in sides)), class_="short")
    else:
        said = element("p", "This recording gives no finding; the quality of each channel below says why.")
    claims = [one.grade for one in told.statements if one.grade is not Grade.MEASUREMENT]
    chips = [grade_chip(grade) for grade in dict.fromkeys(claims)]
    grades = element(
        "p", f"{words.NO_CUT_OFF} ", *(("Evidence for the comparison: ", *spaced(chips)) if chips else ()), class_="small muted"
    )
    return _section("in-short", "In short", said, grades, element("p", words.STANDING, class_="note"))


def _said(side: Side | None, statements: tuple[Statement, ...]) -> Element:
    """The sentences of one side under one mark."""
    mark: Child = side_mark(side) if side else element("span", words.NO_SIDE, class_="side")
    sentences = [element("p", *sentence(one.sentence)) for one in statements if one.side is side]
    return element("li", mark, element("div", *lines(*sentences)))


def _notes(told: Contents) -> Element:
    triangle = element("svg", element("path", d="M12 4L22 20H2ZM12 10v4M12 17v.2"), viewBox="0 0 24 24", width=22, height=22, class_="sign",
                       aria_hidden="true", focusable="false")  # fmt: skip
    said = [element("li", note) for note in (*((told.simulated,) if told.simulated else ()), *told.warnings)]
    inner = element(
        "div", triangle, element("div", element("h2", "To keep in mind", id="notes-title"), element("ul", *said)), class_="with-sign"
    )
    return element("section", inner, class_="note care", aria_labelledby="notes-title")


def _figures(figures: tuple[Figure, ...], *, under: str, widths: tuple[tuple[str, float], ...] = _WIDTHS) -> list[Element]:
    return [_figure(figure, caption, under=under, widths=widths) for figure, caption in captioned(figures)]


def _figure(figure: Figure, caption: str, *, under: str, widths: tuple[tuple[str, float], ...]) -> Element:
    """One figure, drawn once per width; a title that only repeats the section's gives way to the side."""
    words_first: list[Child] = [] if figure.title == under else [figure.title]
    named = [*words_first, *((side_mark(figure.side),) if figure.side else ())]
    heading = [element("h3", *named, class_="headline")] if named else []
    drawings = [element("div", figure.draw(width, f"{figure.key}-{name.split()[0]}"), class_=name) for name, width in widths]
    return element("figure", *heading, *lines(*drawings), *((element("figcaption", caption),) if caption else ()))


def _pair(figures: tuple[Figure, ...]) -> Element:
    return element("div", *lines(*_figures(figures, under=figures[0].title, widths=_PAIR_WIDTHS)), class_="pair")


def _signals(told: Contents) -> list[Element]:
    """The close-ups beside each other, and the whole recording over the full width."""
    close = tuple(figure for figure in told.traces if not figure.key.startswith("whole"))
    whole = _figures(tuple(figure for figure in told.traces if figure.key.startswith("whole")), under="The signals", widths=_WHOLE_WIDTHS)
    return [element("div", *lines(*_figures(close, under="The signals", widths=_PAIR_WIDTHS)), class_="pair"), *whole] if close else whole


def _orders(told: Contents) -> list[Child]:
    explained = element("p", f"{words.MATRIX} {told.key_to_muscles}.", class_="small muted")
    return [explained, *(_matrix(table) for table in told.orders)]


def _matrix(table: OrderTable) -> Element:
    leg = f"{table.side.value} side" if table.side else "all repetitions"
    caption = element(
        "caption",
        *((side_mark(table.side), " ") if table.side else ()),
        element("span", f"Chance that the row muscle starts before the column muscle, {leg}", class_="vh"),
    )
    heads = [element("th", element("abbr", short, title=name), scope="col") for short, name in zip(table.short, table.muscles, strict=True)]
    rows = [
        element(
            "tr",
            element("th", element("abbr", table.short[i], title=table.muscles[i]), scope="row"),
            *(_cell(c.text, c.kind, c.said) for c in cells),
        )
        for i, cells in enumerate(table.cells)
    ]
    head = element("thead", element("tr", element("td", element("span", "Muscle", class_="vh"), class_="corner"), *heads))
    grid = element("table", caption, head, element("tbody", *rows), class_="matrix")
    region = element("div", grid, class_="scroll", role="region", tabindex="0", aria_label=f"Table of the order, {leg}")
    verdict = element("p", element("b", table.verdict), " ", table.agreement, class_="small")
    return element("div", region, verdict)


def _cell(text: str, kind: str, said: str) -> Element:
    return element("td", element("span", text, aria_hidden="true"), element("span", said, class_="vh"), class_=kind)


def _footer(report: ReportInput) -> Element:
    return element(
        "footer", element("p", words.INTENDED_USE), element("p", words.STANDING), element("p", f"hipspine {report.version}"), class_="foot"
    )
