"""The hip-spine loop: how much the lumbar spine and how much the hip has moved, at each moment of a repetition."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.report import paint, words
from hipspine.report.paint import Scale
from hipspine.report.svg import Element, digits, drawing, element, line_through
from hipspine.terms import Floats

_QUARTERS = ((0.25, "¼"), (0.5, "½"), (0.75, "¾"))
_POINTS = 160  # points drawn per loop


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """One repetition, in degrees."""

    name: str
    hip_deg: Floats  # (n,)
    lumbar_deg: Floats  # (n,)


def loops(curves: Mapping[str, Floats]) -> tuple[Loop, ...]:
    """The loops of an assessment, from its curves (hip, lumbar) [rad]; curves with gaps or fewer than 3 points are left out."""
    made = (Loop(name, *np.degrees(curve)) for name, curve in curves.items() if curve.shape[0] == 2)
    return tuple(loop for loop in made if loop.hip_deg.size >= 3 and np.isfinite(loop.hip_deg + loop.lumbar_deg).all())


def quarters(loop: Loop) -> tuple[tuple[str, float, float], ...]:
    """Where hip and lumbar spine together first pass 1/4, 1/2 and 3/4 of their range: (mark, hip, lumbar) [deg]."""
    total = loop.hip_deg + loop.lumbar_deg
    far = int(np.argmax(np.abs(total - total[0])))
    travelled = np.abs(total[: far + 1] - total[0])
    if far == 0 or travelled[-1] == 0.0:
        return ()
    places = [(sign, int(np.argmax(travelled >= share * travelled[-1]))) for share, sign in _QUARTERS]
    return tuple((sign, float(loop.hip_deg[at]), float(loop.lumbar_deg[at])) for sign, at in places)


def in_words(made: tuple[Loop, ...]) -> str:
    """What the figure shows, for people who do not see it."""
    hip = np.mean([np.ptp(loop.hip_deg) for loop in made])
    lumbar = np.mean([np.ptp(loop.lumbar_deg) for loop in made])
    count = "1 repetition" if len(made) == 1 else f"{len(made)} repetitions"
    moved = f"the hip moves through {hip:.0f} degrees and the lumbar spine through {lumbar:.0f} degrees on average"
    return f"Lumbar angle against hip angle over {count}: {moved}."


def draw(made: tuple[Loop, ...], *, width: float, label: str) -> Element:
    """The loops on equal scales: a line at 45 degrees would share the movement equally."""
    left, right, top = 46.0, width - 16.0, 30.0
    height = min(0.72 * (right - left), 330.0)
    hip, lumbar = _span([loop.hip_deg for loop in made]), _span([loop.lumbar_deg for loop in made])
    per_degree = min((right - left) / (hip[1] - hip[0]), height / (lumbar[1] - lumbar[0]))
    right = left + per_degree * (hip[1] - hip[0])
    bottom = top + per_degree * (lumbar[1] - lumbar[0])
    x, y = Scale(*hip, left, right), Scale(*lumbar, bottom, top)
    items = [*_grid(x, y, left=left, right=right, top=top, bottom=bottom)]
    for loop in made:
        step = max(1, loop.hip_deg.size // _POINTS)
        points = [(x(h), y(v)) for h, v in zip(loop.hip_deg[::step].tolist(), loop.lumbar_deg[::step].tolist(), strict=True)]
        items.append(element("path", d=line_through(points), **paint.drawn("ink2", 1.5, opacity=0.75, stroke_linejoin="round")))
        items.append(element("circle", cx=points[0][0], cy=points[0][1], r=2.6, **paint.filled("ink")))
    items += _quarter_marks(made, x, y)
    items.append(paint.text(0, 14, "Lumbar angle, degrees", colour="ink2"))
    items.append(paint.text(left, bottom + 38, "Hip angle, degrees"))
    return drawing(*items, width=width, height=bottom + 46, label=label)


def _grid(x: Scale, y: Scale, *, left: float, right: float, top: float, bottom: float) -> list[Element]:
    across = paint.ticks(x.low, x.high, about=max(3, int((right - left) / 80)))
    items = paint.axis(x, across, unit="", top=top, bottom=bottom)
    for value in paint.ticks(y.low, y.high, about=max(2, int((bottom - top) / 60))):
        items.append(element("path", d=f"M{digits(left)} {digits(y(value))}H{digits(right)}", **paint.drawn("line", 1)))
        items.append(paint.text(left - 8, y(value) + 4, words.number(value, decimals=0), anchor="end"))
    return items


def _quarter_marks(made: tuple[Loop, ...], x: Scale, y: Scale) -> list[Element]:
    """A small mark per repetition, and the fraction once, beside the middle of its marks."""
    items: list[Element] = []
    found: dict[str, list[tuple[float, float]]] = {}
    for loop in made:
        for sign, hip, lumbar in quarters(loop):
            found.setdefault(sign, []).append((x(hip), y(lumbar)))
            items.append(element("circle", cx=x(hip), cy=y(lumbar), r=3, **paint.filled("accent")))
    for sign, places in found.items():
        middle = np.median(np.array(places), axis=0)
        items.append(
            paint.text(float(middle[0]) - 9, float(middle[1]) - 8, sign, size=15, colour="ink", anchor="end", bold=True, halo=True)
        )
    return items


def _span(curves: list[Floats]) -> tuple[float, float]:
    low, high = float(min(c.min() for c in curves)), float(max(c.max() for c in curves))
    air = max(0.06 * (high - low), 2.0)
    return low - air, high + air
