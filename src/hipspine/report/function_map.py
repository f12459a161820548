"""What each region of gluteus maximus does while one angle of the hip changes: curves of lever arms, as figures.

Minus is extension, abduction, external rotation; plus is flexion, adduction, internal rotation: the side of the zero line tells what a
region does, on grey paper too. Maps over two angles: `report.function_map_cells`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import moment_arms, regional
from hipspine.mechanics.posture import HIP, Posture
from hipspine.report.figures import Figure
from hipspine.report.function_map_cells import ENDS, NAMES, crossings_deg, degrees, signed
from hipspine.report.paint import COLOURS, Scale, drawn, filled, text, ticks, wrapped
from hipspine.report.svg import Element, drawing, element, line_through
from hipspine.terms import Floats, Region

LEVEL: Final = 0.90
_PANEL, _GAP, _LEFT, _RIGHT, _TOP, _BELOW = 128.0, 12.0, 40.0, 20.0, 24.0, 38.0
_NARROWEST = 190.0


@dataclass(frozen=True, slots=True)
class Course:
    """One row of the curves: the arm about one axis while one angle changes and the others are 0."""

    arm: str
    over: str
    low_deg: float
    high_deg: float

    @property
    def title(self) -> str:
        """Such as: Rotation arm while the hip flexes."""
        moves = {"hip_flexion": "the hip flexes", "hip_adduction": "the thigh goes out or in", "hip_rotation": "the thigh turns"}
        return f"{NAMES[self.arm].capitalize()} arm while {moves[self.over]}"


COURSES: Final = (
    Course("hip_flexion", "hip_flexion", 0.0, 120.0),
    Course("hip_rotation", "hip_flexion", 0.0, 120.0),
    Course("hip_adduction", "hip_flexion", 0.0, 120.0),
    Course("hip_adduction", "hip_adduction", -40.0, 40.0),
    Course("hip_rotation", "hip_rotation", -45.0, 45.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """A published band or curve to compare with; it is drawn where both arm and angle are those of a course.

    A band covers fibres of the whole muscle, a curve the muscle as a whole: neither is one region's.
    """

    name: str  # short, as in the key: "Blemker & Delp 2005, band of fibres"
    arm: str
    over: str
    angle_deg: Floats  # (angle,)
    low_mm: Floats  # (angle,)
    high_mm: Floats  # (angle,) the same as low for a curve

    def __post_init__(self) -> None:
        if not self.angle_deg.shape == self.low_mm.shape == self.high_mm.shape or self.angle_deg.ndim != 1:
            raise ModelError(f"{self.name}: angles and arms have different numbers of values; give one low and one high for each angle.")
        if not np.isfinite([self.angle_deg, self.low_mm, self.high_mm]).all() or (self.low_mm > self.high_mm).any():
            raise ModelError(f"{self.name}: a value is missing or a low lies above its high; leave such angles out.")


def function_figure(field: LineField, *, members: Sequence[LineField] = (), published: Sequence[Published] = ()) -> Figure:
    """Curves: a row for each pair of arm and angle, a panel for each region, with the 90 % band of ``members``."""
    curves = {course: _curves(field, members, course) for course in COURSES}
    caption = (
        "Lever arm in millimetres over one angle of the hip, the other angles 0. Thick line: best fit. "
        + (
            "Soft band: 90 % of the fields that the measurements accept. "
            if members
            else "No variants are drawn: this is the best fit alone. "
        )
        + ("".join(f"{_key(one)}: {one.name}. " for one in _unlike(published)))
        + "Below the zero line the region extends, abducts or turns out; above it flexes, adducts or turns in."
    )
    alt = " ".join(_course_said(course, curves[course]) for course in COURSES)
    return Figure("function-curves", "What each region does", None, caption, alt, partial(_draw_curves, curves, tuple(published), alt))


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    angle_deg: Floats
    mm: Floats
    low_mm: Floats | None
    high_mm: Floats | None


def _curves(field: LineField, members: Sequence[LineField], course: Course) -> dict[Region, _Curve]:
    angles = np.linspace(course.low_deg, course.high_deg, 61)
    posture = Posture.of(**{f"{course.over}_deg": angles})
    axis = HIP.index(course.arm)

    def of(one: LineField) -> dict[Region, Floats]:
        arms = moment_arms(one, posture).m
        return {region: 1e3 * regional(one, arms, region)[:, axis] for region in Region}

    best, others = of(field), [of(member) for member in members]
    made = {}
    for region in Region:
        ends = np.quantile([other[region] for other in others], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0) if others else (None, None)
        low, high = ends  # never without the best fit itself, as in mechanics.field_ensemble
        made[region] = _Curve(
            angles,
            best[region],
            None if low is None else np.minimum(low, best[region]),
            None if high is None else np.maximum(high, best[region]),
        )
    return made


def _course_said(course: Course, curves: Mapping[Region, _Curve]) -> str:
    parts = []
    for region, curve in curves.items():
        ways = [ENDS[course.arm][int(mm > 0)] for mm in curve.mm[[0, -1]]]
        turns = crossings_deg(curve.angle_deg, curve.mm)
        flips = f", sign changes at {' and '.join(degrees(at) for at in turns)}" if turns else ""
        parts.append(f"{region.value} {signed(curve.mm[0])} mm ({ways[0]}) to {signed(curve.mm[-1])} mm ({ways[1]}){flips}")
    return f"{course.title}, {degrees(course.low_deg)} to {degrees(course.high_deg)}: {'; '.join(parts)}."


def _draw_curves(
    curves: Mapping[Course, Mapping[Region, _Curve]], published: tuple[Published, ...], alt: str, width: float, ident: str
) -> Element:
    columns = int(min(max((width + _GAP) // (_NARROWEST + _GAP), 1), 3))
    panel = (width - (columns - 1) * _GAP) / columns
    parts: list[Element] = [_hatch(ident)]
    y = 0.0
    for course, by_region in curves.items():
        beside = [one for one in published if (one.arm, one.over) == (course.arm, course.over)]
        low, high = _room(by_region, beside)
        for line in wrapped(f"{course.title} [mm]", width=width, size=15.0, bold=True):
            y += 19
            parts.append(text(0, y - 3, line, size=15, colour="ink", bold=True))
        for k, region in enumerate(Region):
            column = k % columns
            if k and not column:
                y += _TOP + _PANEL + _BELOW
            inner = _panel(course, region, by_region[region], beside, (low, high), panel, ident)
            parts.append(element("g", *inner, transform=f"translate({column * (panel + _GAP):.1f} {y:.1f})"))
        y += _TOP + _PANEL + _BELOW + 8
    parts += _keys(published, y, width, ident)
    y += 22.0 * len(_unlike(published)) + 4
    return drawing(*parts, width=width, height=y, label=alt)


def _room(curves: Mapping[Region, _Curve], beside: Sequence[Published]) -> tuple[float, float]:
    """Limits of the mm axis that hold everything and 0."""
    values = [0.0, *(float(v) for c in curves.values() for a in (c.mm, c.low_mm, c.high_mm) if a is not None for v in (a.min(), a.max()))]
    values += [float(value) for one in beside for value in (one.low_mm.min(), one.high_mm.max())]
    return 10 * np.floor(min(values) / 10 - 0.3), 10 * np.ceil(max(values) / 10 + 0.3)


def _panel(
    course: Course, region: Region, curve: _Curve, beside: Sequence[Published], room: tuple[float, float], width: float, ident: str
) -> list[Element]:
    x = Scale(course.low_deg, course.high_deg, _LEFT, width - _RIGHT)
    y = Scale(room[0], room[1], _TOP + _PANEL, _TOP)
    minus, plus = ENDS[course.arm]
    parts = [text(_LEFT, 16, region.value.capitalize(), size=13, colour="ink", bold=True)]
    for value in ticks(*room, about=4):
        parts.append(element("path", d=line_through([(_LEFT, y(value)), (width - _RIGHT, y(value))]), **drawn("line", 1)))
        parts.append(text(_LEFT - 6, y(value) + 4, signed(value), size=12, anchor="end"))
    step = 30.0 if course.over == "hip_flexion" else 20.0
    for value in np.arange(step * np.ceil(course.low_deg / step), course.high_deg + 1e-9, step):
        parts.append(element("path", d=line_through([(x(value), _TOP + _PANEL), (x(value), _TOP + _PANEL + 4)]), **drawn("control", 1)))
        parts.append(text(x(value), _TOP + _PANEL + 17, degrees(value), size=12, anchor="middle"))
    for one in beside:
        parts += _published(one, x, y, ident)
    parts.append(element("path", d=line_through([(_LEFT, y(0)), (width - _RIGHT, y(0))]), **drawn("ink2", 1.2)))
    if curve.low_mm is not None and curve.high_mm is not None:
        parts.append(element("path", d=_area(x, y, curve.angle_deg, curve.low_mm, curve.high_mm), **filled("accent", fill_opacity=0.2)))
        for edge in (curve.low_mm, curve.high_mm):
            parts.append(element("path", d=line_through(zip(map(x, curve.angle_deg), map(y, edge), strict=True)), **drawn("accent", 0.7)))
    parts.append(element("path", d=line_through(zip(map(x, curve.angle_deg), map(y, curve.mm), strict=True)), **drawn("accent", 2.6)))
    for at in crossings_deg(curve.angle_deg, curve.mm):
        parts.append(element("circle", cx=x(at), cy=y(0), r=3.6, **filled("surface"), stroke=COLOURS["accent"], stroke_width=2))
        near_end = x(at) > width - 60
        parts.append(
            text(
                x(at) + (-7 if near_end else 7),
                y(0) + 16,
                degrees(at),
                size=12,
                colour="ink",
                anchor="end" if near_end else "start",
                bold=True,
                halo=True,
            )
        )
    if y(0) - _TOP >= 17:
        parts.append(text(width - _RIGHT - 2, _TOP + 12, f"{plus} ↑", size=12, colour="ink3", anchor="end", halo=True))
    if _TOP + _PANEL - y(0) >= 17:
        parts.append(text(width - _RIGHT - 2, _TOP + _PANEL - 5, f"{minus} ↓", size=12, colour="ink3", anchor="end", halo=True))
    return parts


def _published(one: Published, x: Scale, y: Scale, ident: str) -> list[Element]:
    inside = (one.angle_deg >= x.low) & (one.angle_deg <= x.high)
    angle, low, high = one.angle_deg[inside], one.low_mm[inside], one.high_mm[inside]
    if angle.size < 2:
        return []
    if _is_curve(one):
        return [element("path", d=line_through(zip(map(x, angle), map(y, low), strict=True)), **drawn("ink", 1.6, stroke_dasharray="6 4"))]
    edges = [element("path", d=line_through(zip(map(x, angle), map(y, edge), strict=True)), **drawn("control", 1)) for edge in (low, high)]
    return [element("path", d=_area(x, y, angle, low, high), fill=f"url(#{ident}-hatch)"), *edges]


def _area(x: Scale, y: Scale, angle: Floats, low: Floats, high: Floats) -> str:
    there = list(zip(map(x, angle), map(y, low), strict=True))
    back = list(zip(map(x, angle[::-1]), map(y, high[::-1]), strict=True))
    return line_through([*there, *back]) + "Z"


def _hatch(ident: str) -> Element:
    stripe = element("path", d="M0 6L6 0", **drawn("control", 1))
    return element("defs", element("pattern", stripe, id=f"{ident}-hatch", width=6, height=6, patternUnits="userSpaceOnUse"))


def _is_curve(one: Published) -> bool:
    return bool((one.low_mm == one.high_mm).all())


def _key(one: Published) -> str:
    return "Broken line" if _is_curve(one) else "Hatched"


def _unlike(published: Sequence[Published]) -> list[Published]:
    """One of each name."""
    return list({one.name: one for one in published}.values())


def _keys(published: Sequence[Published], y: float, width: float, ident: str) -> list[Element]:
    parts = []
    for one in _unlike(published):
        y += 22
        if _is_curve(one):
            parts.append(element("path", d=line_through([(0, y - 9), (26, y - 9)]), **drawn("ink", 1.6, stroke_dasharray="6 4")))
        else:
            parts.append(
                element("rect", x=0, y=y - 15, width=26, height=12, fill=f"url(#{ident}-hatch)", stroke=COLOURS["control"], stroke_width=1)
            )
        parts.append(text(34, y - 5, wrapped(one.name, width=width - 36)[0], size=13))
    return parts
