"""Maps of what each region of gluteus maximus does over two angles of the hip.

Minus is extension, abduction, external rotation; plus is flexion, adduction, internal rotation. On grey paper the sign is read from the
number and the hatching: plus is hatched. Cells that no measurement covers have a dotted frame.
"""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import moment_arms, regional
from hipspine.mechanics.extrapolation import extrapolated
from hipspine.mechanics.posture import HIP, HIP_RANGE_DEG, Posture
from hipspine.report.figures import Figure
from hipspine.report.paint import drawn, filled, text
from hipspine.report.svg import Element, drawing, element, line_through
from hipspine.terms import Floats, Region

FULL_MM: Final = 60.0
MINUS_TO_PLUS: Final = ("#6B2A6E", "#BD8BBB", "#F2EAE2", "#7DBDB6", "#12716B")  # those of the body view on light paper
ENDS: Final = {
    "hip_flexion": ("extends", "flexes"),
    "hip_adduction": ("abducts", "adducts"),
    "hip_rotation": ("turns out", "turns in"),
}
NAMES: Final = {"hip_flexion": "flexion", "hip_adduction": "adduction", "hip_rotation": "rotation"}
_BETWEEN_MM: Final = (
    -43.0,
    -38.0,
)  # here neither dark nor light letters are read well on the colour: the number gets a plate, as on hatching
_GAP, _CELL_HEIGHT, _ROW_NAME, _NARROWEST_CELL = 16.0, 26.0, 44.0, 34.0


def map_figure(field: LineField, *, arm: str = "hip_rotation", across: str = "hip_flexion", up: str = "hip_adduction") -> Figure:
    """A map for each region: the arm in cells of two angles, with its number, coloured by sign and size; plus is hatched.

    Args:
        field: whose regions are shown.
        arm: hip_flexion, hip_adduction or hip_rotation.
        across, up: the two angles, named alike; the third is 0.
    """
    for name in (arm, across, up):
        if name not in HIP:
            raise ModelError(f"{name!r} is no angle of the hip; give one of {', '.join(HIP)}.")
    if across == up:
        raise ModelError(f"a map needs two angles; both are {across}.")
    steps, rows = _grid(across), _grid(up)[::-1]
    flat = [angles.ravel() for angles in np.meshgrid(rows, steps, indexing="ij")]
    posture = Posture.of(**{f"{up}_deg": flat[0], f"{across}_deg": flat[1]})
    arms = moment_arms(field, posture).m
    beyond = extrapolated(posture).reshape(rows.size, steps.size)
    cells = {region: 1e3 * regional(field, arms, region)[:, HIP.index(arm)].reshape(rows.size, steps.size) for region in Region}
    fine = np.linspace(steps[0], steps[-1], 61)  # as the curves, so that both name the same angle
    level = moment_arms(field, Posture.of(**{f"{across}_deg": fine})).m
    turns = {region: crossings_deg(fine, regional(field, level, region)[:, HIP.index(arm)]) for region in Region}
    minus, plus = ENDS[arm]
    caption = (
        f"{NAMES[arm].capitalize()} arm in millimetres over {NAMES[across]} (across) and {NAMES[up]} (upwards) of the hip, "
        f"{_rest(across, up)} 0. "
        f"Minus: {minus}; plus, hatched: {plus}. Thick edges: the sign changes. Numbers are those of the best fit. "
        "Dotted frame: extrapolated, no measurement covers the posture and the sign may be another."
    )
    alt = " ".join(_map_said(region, arm, across, cells[region], turns[region]) for region in Region)
    if beyond.any():
        alt += f" {round(100 * float(beyond.mean()))} % of the cells are extrapolated."
    draw = partial(_draw_maps, cells, beyond, steps, rows, across, up, alt)
    return Figure(f"function-map-{NAMES[arm]}", f"{NAMES[arm].capitalize()} by two angles", None, caption, alt, draw)


def crossings_deg(angle_deg: Floats, mm: Floats) -> list[float]:
    """Where a curve changes its sign, straight between its points.

    >>> crossings_deg(np.array([0.0, 10.0, 20.0]), np.array([-1.0, 1.0, 3.0]))
    [5.0]
    """
    found = np.flatnonzero((mm[:-1] < 0) != (mm[1:] < 0))
    return [float(angle_deg[k] + (angle_deg[k + 1] - angle_deg[k]) * mm[k] / (mm[k] - mm[k + 1])) for k in found]


def signed(value: float, *, plus: str = "+") -> str:
    """A whole number with its true minus sign."""
    whole = round(float(value))
    return f"−{-whole}" if whole < 0 else f"{plus}{whole}" if whole > 0 else "0"


def degrees(value: float) -> str:
    """An angle in whole degrees.

    >>> degrees(-0.4), degrees(-20.0)
    ('0°', '−20°')
    """
    return f"{signed(value, plus='')}°"


def _grid(name: str) -> Floats:
    low, high = HIP_RANGE_DEG[name]
    return np.arange(0.0, 121.0, 20.0) if name == "hip_flexion" else np.arange(20 * np.ceil(low / 20), high + 1e-9, 20.0)


def _rest(across: str, up: str) -> str:
    return next(NAMES[name] for name in HIP if name not in (across, up))


def _map_said(region: Region, arm: str, across: str, cells: Floats, turns: list[float]) -> str:
    minus, plus = ENDS[arm]
    flips = f"; with the other angle 0 its sign changes at {NAMES[across]} {' and '.join(degrees(at) for at in turns)}" if turns else ""
    share = round(100 * float((cells < 0).mean()))
    extent = f"{signed(cells.min())} to {signed(cells.max())} mm"
    return f"{region.value.capitalize()}: {extent}; of the cells, {minus}: {share} %, {plus}: {100 - share} %{flips}."


def _draw_maps(
    cells: Mapping[Region, Floats],
    beyond: NDArray[np.bool_],
    steps: Floats,
    rows: Floats,
    across: str,
    up: str,
    alt: str,
    width: float,
    ident: str,
) -> Element:
    least = _ROW_NAME + _NARROWEST_CELL * steps.size
    columns = int(min(max((width + _GAP) // (least + _GAP), 1), 3))
    panel = (width - (columns - 1) * _GAP) / columns
    cell = (panel - _ROW_NAME) / steps.size
    height = 24 + _CELL_HEIGHT * rows.size + 40
    parts: list[Element] = [_plus_hatch(ident)]
    for k, region in enumerate(Region):
        at = f"translate({(k % columns) * (panel + _GAP):.1f} {(k // columns) * height:.1f})"
        parts.append(element("g", *_map(region, cells[region], beyond, steps, rows, across, up, cell, ident), transform=at))
    return drawing(*parts, width=width, height=height * -(-len(Region) // columns), label=alt)


def _map(
    region: Region, mm: Floats, beyond: NDArray[np.bool_], steps: Floats, rows: Floats, across: str, up: str, cell: float, ident: str
) -> list[Element]:
    parts = [text(_ROW_NAME, 15, region.value.capitalize(), size=13, colour="ink", bold=True)]
    for i, row in enumerate(rows):
        top = 24 + i * _CELL_HEIGHT
        parts.append(text(_ROW_NAME - 6, top + 17, degrees(row), size=12, anchor="end"))
        for j in range(steps.size):
            value, left = float(mm[i, j]), _ROW_NAME + j * cell
            box = {"x": left, "y": top, "width": cell, "height": _CELL_HEIGHT}
            parts.append(element("rect", **box, fill=shade(value), stroke="#FFFFFF", stroke_width=1))
            if value > 0.5:
                parts.append(element("rect", **box, fill=f"url(#{ident}-plus)"))
            if value > 0.5 or _BETWEEN_MM[0] < value < _BETWEEN_MM[1]:
                parts.append(element("rect", x=left + 2, y=top + 5, width=cell - 4, height=16, rx=3, **filled("surface", fill_opacity=0.9)))
            if beyond[i, j]:
                frame = drawn("surface" if value <= _BETWEEN_MM[0] else "ink", 1.2, stroke_dasharray="1.5 2.5")
                frame |= {"fill": "#FFFFFF"} if value > 0.5 else {}  # among the stripes of plus a frame alone is lost
                parts.append(element("rect", x=left + 3, y=top + 3, width=cell - 6, height=_CELL_HEIGHT - 6, rx=2, **frame))
            parts.append(
                text(
                    left + cell / 2,
                    top + 17.4,
                    signed(value),
                    size=12,
                    colour="surface" if value <= _BETWEEN_MM[0] else "ink",
                    anchor="middle",
                )
            )
    parts.append(element("path", d=_edges(mm, cell), **drawn("ink", 2.4, stroke_linecap="round")))
    bottom = 24 + _CELL_HEIGHT * rows.size
    kept = range(0, steps.size, 1 if cell >= 34 else 2)
    parts += [text(_ROW_NAME + (j + 0.5) * cell, bottom + 16, degrees(steps[j]), size=12, anchor="middle") for j in kept]
    parts.append(text(_ROW_NAME, bottom + 33, f"{NAMES[across]} →, {NAMES[up]} ↑", size=12, colour="ink3"))
    return parts


def _edges(mm: Floats, cell: float) -> str:
    """The borders between cells whose signs differ."""
    parts = []
    for i in range(mm.shape[0]):
        for j in range(mm.shape[1]):
            x, y = _ROW_NAME + j * cell, 24 + i * _CELL_HEIGHT
            if j + 1 < mm.shape[1] and (mm[i, j] < 0) != (mm[i, j + 1] < 0):
                parts.append(line_through([(x + cell, y), (x + cell, y + _CELL_HEIGHT)]))
            if i + 1 < mm.shape[0] and (mm[i, j] < 0) != (mm[i + 1, j] < 0):
                parts.append(line_through([(x, y + _CELL_HEIGHT), (x + cell, y + _CELL_HEIGHT)]))
    return "".join(parts) or "M0 0"


def shade(mm: float) -> str:
    """The colour of an arm, between the two ends and paper.

    >>> shade(0.0), shade(-80.0), shade(60.0)
    ('#F2EAE2', '#6B2A6E', '#12716B')
    """
    at = (0.5 + 0.5 * min(max(mm / FULL_MM, -1.0), 1.0)) * (len(MINUS_TO_PLUS) - 1)
    low = min(int(at), len(MINUS_TO_PLUS) - 2)
    a, b = ([int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in list(pairwise(MINUS_TO_PLUS))[low])
    return "#" + "".join(f"{round(p + (at - low) * (q - p)):02X}" for p, q in zip(a, b, strict=True))


def _plus_hatch(ident: str) -> Element:
    stripe = element("path", d="M0 7L7 0", **drawn("ink", 1.2))
    return element("defs", element("pattern", stripe, id=f"{ident}-plus", width=7, height=7, patternUnits="userSpaceOnUse"))
