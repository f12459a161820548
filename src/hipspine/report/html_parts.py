"""Small parts of the page that several of its sections use: side marks, grade chips, sentences, tables."""

from hipspine.report import words
from hipspine.report.svg import Child, Element, element
from hipspine.terms import Grade, Side


def side_mark(side: Side, word: str = "") -> Element:
    """The mark of a side: word, letter and shape; colour comes last."""
    shape = (
        element("circle", cx=10, cy=10, r=9, class_="body")
        if side is Side.LEFT
        else element("rect", x=1, y=1, width=18, height=18, rx=3, class_="body")
    )
    letter = element("text", words.SIDES[side][0], x=10, y=14.4, text_anchor="middle", font_size=12.5, font_weight="800", class_="letter")
    picture = element("svg", shape, letter, viewBox="0 0 20 20", aria_hidden="true", focusable="false")
    return element("span", picture, word or words.SIDES[side], class_=f"side {side.value}")


def grade_chip(grade: Grade) -> Element:
    """The evidence grade: rising bars and the word."""
    bars = words.GRADE_BARS[grade]
    picture = () if bars is None else (_bars(bars),)
    return element("span", *picture, element("span", element("span", "Evidence: ", class_="vh"), words.GRADES[grade]), class_="grade")


def _bars(lit: int) -> Element:
    rising = ((0.6, 8.0, 4.4), (7.6, 4.4, 8.0), (14.6, 0.8, 11.6))
    bars = [element("rect", x=x, y=y, width=5, height=h, rx=1, class_="on" if i < lit else "off") for i, (x, y, h) in enumerate(rising)]
    return element("svg", *bars, viewBox="0 0 20 13", width=20, height=13, aria_hidden="true", focusable="false")


def sentence(text: str) -> list[Child]:
    """A sentence whose values stay on one line with their unit; those with an interval are bold."""
    tags = {"strong": "b", "nb": "span"}
    return [element(tags[kind], part, class_="nb") if kind else part for part, kind in words.sentence_parts(text)]


def table(caption: str, heads: tuple[str, ...], rows: list[Element]) -> Element:
    """A table that becomes a list of cards on a small screen; its roles are set by hand because that display would drop them."""
    head = element(
        "thead", element("tr", *(element("th", name, scope="col", role="columnheader") for name in heads), role="row"), role="rowgroup"
    )
    body = element("tbody", *lines(*rows), role="rowgroup")
    return element("div", element("table", element("caption", caption), head, "\n", body, class_="cards", role="table"), class_="scroll")


def cell(name: str, *children: Child, extra: str = "") -> Element:
    """A cell with the heading that a small screen puts before it; without a name none is put."""
    return element("td", *children, class_=extra or None, data_name=name or None, role="cell")


def lines(*parts: Child) -> list[Child]:
    """Parts on lines of their own, so that the file can be read and compared."""
    return [item for part in parts for item in (part, "\n")]


def spaced(parts: list[Element]) -> list[Child]:
    """Parts with a blank after each."""
    return [item for part in parts for item in (part, " ")]
