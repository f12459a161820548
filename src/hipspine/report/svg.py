"""One small writer of markup for web and paper: drawings (SVG) and the page around them.

An element is data: a tag, its attributes, its children. Looks stand in classes and presentation attributes, so that a
style sheet can recolour a drawing and a drawing without one is still right. There is no inline style and no script: the
security policy of the app forbids both, and so does this writer.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from hipspine.errors import ModelError

Value: TypeAlias = str | float | int | None
Child: TypeAlias = "Element | str"

SMALLEST_TEXT_PX = 12.0  # nothing smaller can be read at arm's length
_VOID = frozenset({"meta", "link", "br", "hr", "img"})
_FORBIDDEN = frozenset({"script", "foreignObject", "iframe", "object", "embed"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a drawing or a page."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple["Element | str", ...] = ()


def element(tag: str, *children: Child, **attributes: Value) -> Element:
    """An element; ``class_`` means ``class``, ``font_size`` means ``font-size``; an attribute that is None is left out.

    Raises:
        ModelError: a script, a style attribute, an event handler, a number that is not finite, or text too small to read.

    >>> write(element("text", "1 < 2", x=3.14159, class_="lab"))
    '<text x="3.1" class="lab">1 &lt; 2</text>'
    """
    if tag in _FORBIDDEN:
        raise ModelError(f"a report holds no <{tag}>: found one with {sorted(attributes)}; draw it with plain elements.")
    pairs = tuple((_name(name), _value(name, value)) for name, value in attributes.items() if value is not None)
    return Element(tag, pairs, children)


def drawing(*children: Child, width: float, height: float, label: str) -> Element:
    """A drawing of this size [px] with its words for people who do not see it (an empty label: decoration).

    One unit is one pixel: a drawing is made for the width that it gets, so its text is never scaled down.
    """
    named: dict[str, Value] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true", "focusable": "false"}
    return element("svg", *children, class_="chart", viewBox=f"0 0 {digits(width)} {digits(height)}", width=width, height=height, **named)


def write(item: Child, *, standalone: bool = False) -> str:
    """The markup of an element; standalone adds the name space that a file of its own needs.

    Every element has its end tag, which HTML and XML both accept (HTML's void elements have none).
    """
    if isinstance(item, str):
        return escape(item)
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    start = f"<{item.tag}{space}" + "".join(f' {name}="{value}"' for name, value in item.attributes) + ">"
    if item.tag in _VOID:
        return start
    if item.tag == "style":  # the page's own style sheet: raw text in HTML
        return start + "".join(str(child) for child in item.children) + f"</{item.tag}>"
    return start + "".join(write(child) for child in item.children) + f"</{item.tag}>"


def escape(text: str) -> str:
    """Text safe inside an element or an attribute; characters that XML forbids become the replacement sign.

    >>> escape('Tom & "Ann" < 3')
    'Tom &amp; &quot;Ann&quot; &lt; 3'
    """
    return "".join(_ESCAPES.get(sign, sign) for sign in visible(text))


def visible(text: str) -> str:
    r"""The text with control characters, which neither page nor paper can show, as the replacement sign.

    >>> visible("GMAX\x00L")
    'GMAX�L'
    """
    return _NOT_XML.sub("�", text)


def digits(value: float) -> str:
    """A coordinate with one decimal, without a needless zero or a minus zero.

    >>> digits(12.0), digits(-0.04), digits(2.55)
    ('12', '0', '2.5')
    """
    if not math.isfinite(value):
        raise ModelError(f"a drawing got the coordinate {value}; every coordinate must be a finite number.")
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def line_through(points: Iterable[tuple[float, float]]) -> str:
    """Path data of a line through points.

    >>> line_through([(0, 0), (1.5, 2), (3, 4)])
    'M0 0L1.5 2L3 4'
    """
    return "".join(f"{'L' if i else 'M'}{digits(x)} {digits(y)}" for i, (x, y) in enumerate(points))


def _name(name: str) -> str:
    name = name.rstrip("_").replace("_", "-")
    if name == "style" or name.startswith("on"):
        raise ModelError(f"a report holds no {name!r} attribute; give the element a class.")
    return name


def _value(name: str, value: Value) -> str:
    if name == "font_size" and float(value or 0.0) < SMALLEST_TEXT_PX:
        raise ModelError(f"text of {value} px is too small to read; use {SMALLEST_TEXT_PX:.0f} px or more.")
    if isinstance(value, str):
        return escape(value)
    if name in ("opacity", "stop_opacity", "offset", "fill_opacity") and value is not None:
        return f"{value:g}"
    return digits(float(value or 0.0))
