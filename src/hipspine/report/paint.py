"""The brushes of the figures: colours with their roles, text, axes, side marks, intervals.

Colours are those of the house for light paper; a page with the style sheet recolours them by class for the dark.
Left is a circle and right a square wherever a mark stands, so that a grey copy says the same.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.report import words
from hipspine.report.svg import Element, Value, digits, element
from hipspine.terms import Side

COLOURS = {
    "ink": "#231A17", "ink2": "#54473F", "ink3": "#6E6058", "line": "#DED4C6", "control": "#8A7C70", "surface": "#FFFFFF",
    "accent": "#AE2A2A", "left": "#30549C", "right": "#7A6200",
}  # fmt: skip
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Helvetica Neue, Libertinus Serif, Arial, sans-serif"
TEXT_PX = 13.0
_WIDE_SIGN, _BOLD_WIDER = 0.57, 1.08  # share of the text size per letter, of a clearly wide font


@dataclass(frozen=True, slots=True)
class Scale:
    """Values on one axis to pixels."""

    low: float
    high: float
    first_px: float
    last_px: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; values off the axis stay on its edge."""
        share = (value - self.low) / (self.high - self.low)
        return self.first_px + min(max(share, 0.0), 1.0) * (self.last_px - self.first_px)


def ticks(low: float, high: float, *, about: int) -> list[float]:
    """Round values inside a range, about so many.

    >>> ticks(-62.0, 130.0, about=5)
    [-50.0, 0.0, 50.0, 100.0]
    """
    raw = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(np.round(n * step, 9)) for n in range(first, last + 1)]


def filled(colour: str, **more: Value) -> dict[str, Value]:
    """Attributes of a filled shape."""
    return {"class_": f"f-{colour}", "fill": COLOURS[colour], **more}


def drawn(colour: str, width: float, **more: Value) -> dict[str, Value]:
    """Attributes of a line."""
    return {"class_": f"k-{colour}", "fill": "none", "stroke": COLOURS[colour], "stroke_width": width, **more}


def text(x: float, y: float, said: str, *, size: float = TEXT_PX, colour: str = "ink2", anchor: str = "start",
         bold: bool = False, halo: bool = False) -> Element:  # fmt: skip
    """A line of text; a halo of the card's colour keeps it readable over lines."""
    ring: dict[str, Value] = {"stroke": COLOURS["surface"], "stroke_width": 4.0, "paint_order": "stroke", "stroke_linejoin": "round"}
    return element(
        "text", said, x=x, y=y, class_=f"f-{colour}" + (" halo" if halo else ""), fill=COLOURS[colour], font_size=size, font_family=FONT,
        font_weight="700" if bold else None, text_anchor=None if anchor == "start" else anchor, **(ring if halo else {}),
    )  # fmt: skip


def text_width(said: str, *, size: float = TEXT_PX, bold: bool = False) -> float:
    """About how wide a line of text becomes [px], on the safe side: fonts differ and cannot be asked."""
    signs = sum(1.8 if unicodedata.east_asian_width(sign) in "WF" else 1.0 for sign in said)
    return signs * size * _WIDE_SIGN * (_BOLD_WIDER if bold else 1.0)


def wrapped(said: str, *, width: float, size: float = TEXT_PX, bold: bool = False) -> list[str]:
    """Text in lines that fit; a word that is wider than a line is cut.

    >>> wrapped("Erector spinae, opposite side", width=130.0)
    ['Erector spinae,', 'opposite side']
    """
    fits = max(4, int(width / text_width("x", size=size, bold=bold)))
    lines: list[str] = []
    for word in filter(None, said.split(" ")):  # a no-break space keeps a value and its unit together
        for part in (word[i : i + fits] for i in range(0, len(word), fits)):
            if lines and text_width(f"{lines[-1]} {part}", size=size, bold=bold) <= width and word.startswith(part):
                lines[-1] = f"{lines[-1]} {part}"
            else:
                lines.append(part)
    return lines or [""]


def mark(side: Side | None, x: float, y: float, radius: float, **looks: Value) -> Element:
    """A small mark whose shape tells the side: left a circle, right a square, no side a diamond."""
    if side is Side.LEFT:
        return element("circle", cx=x, cy=y, r=radius, **looks)
    if side is Side.RIGHT:
        return element("rect", x=x - radius, y=y - radius, width=2 * radius, height=2 * radius, rx=1, **looks)
    r = radius + 1.2
    return element(
        "path", d=f"M{digits(x)} {digits(y - r)}l{digits(r)} {digits(r)}l{digits(-r)} {digits(r)}l{digits(-r)} {digits(-r)}z", **looks
    )


def lettered(side: Side, x: float, y: float, radius: float = 8.0) -> Element:
    """A side mark with its letter inside."""
    letter = text(x, y + 4.4, "L" if side is Side.LEFT else "R", size=12.0, colour="surface", anchor="middle", bold=True)
    return element("g", mark(side, x, y, radius, **filled(side.value)), letter)


def fading(ident: str, colour: str, *, strength: float) -> Element:
    """A gradient that fades outwards: certain in the middle, less so at the ends of the interval."""
    steps = ((0.0, 0.05), (0.3, strength), (0.7, strength), (1.0, 0.05))
    return element("linearGradient", *(
        element("stop", offset=at, class_=f"s-{colour}", stop_color=COLOURS[colour], stop_opacity=opacity) for at, opacity in steps
    ), id=ident)  # fmt: skip


def interval(low: float, high: float, y: float, *, height: float, colour: str, gradient: str) -> list[Element]:
    """A 95 % interval between two pixels: a soft band that fades outwards and thin end ticks that can be read off."""
    tick = height / 4
    ends = "".join(f"M{digits(x)} {digits(y - tick)}V{digits(y + tick)}" for x in (low, high))
    band = element("rect", x=low, y=y - height / 2, width=max(high - low, 0.5), height=height, fill=f"url(#{gradient})")
    return [band, element("path", d=ends, **drawn(colour, 1.5))]


def upright(x: float, top: float, bottom: float, *, colour: str, width: float, **more: Value) -> Element:
    """A vertical line."""
    return element("path", d=f"M{digits(x)} {digits(top)}V{digits(bottom)}", **drawn(colour, width, **more))


def axis(scale: Scale, values: Sequence[float], *, unit: str, top: float, bottom: float) -> list[Element]:
    """Grid lines with their labels below, the unit behind the last label that has room for it.

    Labels that would touch their left neighbour, or leave the drawing, are left out.
    """
    decimals = 0 if all(float(value).is_integer() for value in values) else 1
    end = scale.last_px + 14.0
    kept: list[tuple[float, str]] = []
    taken = 0.0
    for value in values:
        label = words.number(value, decimals=decimals)
        x, half = scale(value), text_width(label) / 2
        if x - half >= taken and x + half <= end:
            kept.append((x, label))
            taken = x + half + 4
    labelled = dict(kept)
    if unit:
        room = (x for x, label in reversed(kept) if x + text_width(f"{label}\u00a0{unit}") / 2 <= end)
        at = next(room, None)
        if at is not None:
            labelled[at] += f"\u00a0{unit}"
    grid = [upright(scale(value), top, bottom, colour="line", width=1) for value in values]
    return [*grid, *(text(x, bottom + 17, label, anchor="middle") for x, label in labelled.items())]
