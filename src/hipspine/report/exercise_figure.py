"""An exercise as a moving picture of a few kilobytes, drawn from the motion that the physics works with.

Drawn are the person, what the body touches, the loads with the line of their pull, and gluteus maximus tinted by region with what the
exercise asks of it. Without script; where less motion is wished, and on paper, a still with its start as a shadow stands instead.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hipspine.exercises.motion import Motion
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.report import exercise_figure_words as words
from hipspine.report.exercise_figure_body import Person, person
from hipspine.report.exercise_figure_camera import AUTO, best, camera
from hipspine.report.exercise_figure_loads import carried
from hipspine.report.exercise_figure_looks import figure_css
from hipspine.report.exercise_figure_paths import UNITS_PER_M, extent, key_frames, merged, path
from hipspine.report.exercise_figure_pieces import Outline, Piece
from hipspine.report.exercise_figure_props import ground, surroundings
from hipspine.report.exercise_figure_turns import Turn, keeps_shape, turn
from hipspine.report.svg import Element, element, write
from hipspine.terms import Floats

_FLOOR_M = 0.05  # a mat from the side is less thick
_MARGIN = 28.0  # round the drawing, in its units
_ASPECT = (1.0, 2.0)  # width to height
_OFF_PX = 2.5  # a point between key frames is no farther than this from where it should be
_HIDDEN_M = 0.006  # a part that differs so little from a nearer one is not seen
_POSES = 3  # most panels of a still
_DIFFERS_RAD = 0.06  # poses that differ less look the same
_THIRD = 0.6  # a third panel differs from both others by so much of what they differ
_LEAST = 0.45  # width of a panel to its height
_EMPTY = re.compile("></(?:path|animate|animateTransform)>")  # SVG elements without content end in themselves, also inside HTML
_GONE_S = 0.6  # a movement that does not come back stands still so long, and fades, before it begins anew


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All pieces of a figure in the order in which they are drawn, and the part of the picture that they fill."""

    motion: Motion
    view: str
    pieces: tuple[Piece, ...]
    box: Floats  # (4,) left, top, width, height in units of the drawing


def figure_svg(
    motion: Motion,
    demand: Mapping[str, float] | None = None,
    *,
    width_px: int = 400,
    view: str = AUTO,
    still: bool = False,
    style: bool = True,
) -> str:
    """The figure as a file of its own, or to stand in a page.

    Args:
        motion: one repetition; with the left side working the figure is the mirror of that with the right.
        demand: share of capacity (0 to 1) by muscle group (``gluteus_maximus/upper``, ``hamstrings``, ...); None leaves muscles pale.
        width_px: width at which the file shows itself; key frames are chosen for it.
        view: from where; by itself it takes the view that shows most of the movement.
        still: one panel for each pose side by side, for paper; nothing moves.
        style: with its own style sheet; False leaves classes only, for pages that carry `figure_css`.

    Raises:
        ModelError: an unknown view, or a body that is not hipspine's own.
    """
    scene = scene_of(motion, demand, view=view)
    written = write(_still(scene, width_px, style) if still else _moving(scene, width_px, style), standalone=True)
    return _EMPTY.sub("/>", written)


def scene_of(motion: Motion, demand: Mapping[str, float] | None = None, *, view: str = AUTO) -> Scene:
    """What a figure draws, before it is written."""
    rigid = Rigid.of(motion.body, limits=False)
    where = placed(rigid, motion.q)
    seen_from = best(motion, rigid, where) if view == AUTO else camera(view, motion.side)
    who = Person.of(motion, rigid, where, seen_from)
    pieces = [*surroundings(who), *person(who, demand or {}), *carried(who)]
    level = seen_from.axes[1, 1] > 0.999  # then the floor is a line as long as the picture is wide
    box = _box(extent(pieces if level else [*pieces, ground(who, (0.0, 0.0))]))
    width = (box[0] / UNITS_PER_M, (box[0] + box[2]) / UNITS_PER_M)
    pieces = _seen(sorted(pieces, key=lambda one: one.depth_m))
    pieces = [ground(who, (width[0] + 0.03, width[1] - 0.03)), *pieces]
    return Scene(motion, seen_from.name, tuple(pieces), box)


def stills(motion: Motion) -> tuple[int, ...]:
    """Frames that a still shows, in their order: the start, the pose farthest from it, and one that is far from both if there is one."""
    ends = [int(np.argmin(np.abs(motion.time_s - one.end_s))) for one in motion.phases if not one.holds and one.poses[1] > 0]
    postures = motion.q @ np.diag(_weights(motion))
    chosen = [0]
    least = _DIFFERS_RAD
    while len(chosen) < _POSES and ends:
        apart = [min(float(np.linalg.norm(postures[one] - postures[other])) for other in chosen) for one in ends]
        if max(apart) < least:
            break
        least = max(least, _THIRD * max(apart))
        chosen.append(ends[int(np.argmax(apart))])
    return tuple(sorted(chosen))


def _weights(motion: Motion) -> Floats:
    """(coordinate,) what a change counts in telling postures apart: where the person is does not, how high they are does."""
    height = {"pelvis_tx": 0.0, "pelvis_tz": 0.0, "pelvis_ty": 3.0}
    return np.array([height.get(name, 1.0) for name in Rigid.of(motion.body, limits=False).coordinates])


def _farthest(motion: Motion) -> int:
    """The frame of a still that differs most from the start."""
    q = motion.q * _weights(motion)
    return max(stills(motion), key=lambda one: float(np.linalg.norm(q[one] - q[0])))


def _box(corners: Floats) -> Floats:
    """(4,) the picture: all that is drawn and the floor, at least as wide as high, at most twice."""
    (x0, y0), (x1, y1) = corners
    y1 = max(y1, 0.0)
    x0, y0, x1, y1 = x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN
    low, high = _ASPECT
    width = max(x1 - x0, low * (y1 - y0))
    height = max(y1 - y0, width / high)
    middle = (x0 + x1) / 2
    return np.round(np.array([middle - width / 2, y1 - height, width, height]))


def _seen(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces without those that lie exactly behind a nearer one, as the far leg of a squat seen from the side."""
    kept: list[Piece] = []
    for k, piece in enumerate(pieces):
        nearer = (
            one for one in pieces[k + 1 :] if one.look.split()[0] == piece.look.split()[0] and len(one.outlines) == len(piece.outlines)
        )
        if not (piece.body and any(all(_same(a, b) for a, b in zip(piece.outlines, one.outlines, strict=True)) for one in nearer)):
            kept.append(piece)
    joined: list[Piece] = []
    for piece in map(_at_rest, kept):  # neighbours of one look that stand still become one
        last = joined[-1] if joined else None
        if last and last.look == piece.look and last.body == piece.body and not (last.moves or piece.moves):
            joined[-1] = Piece(last.look, (*last.outlines, *piece.outlines), piece.depth_m, piece.body)
        else:
            joined.append(piece)
    return joined


def _at_rest(piece: Piece) -> Piece:
    """A piece that hardly moves stands still: a shoe on the floor while its knee goes outwards."""
    if any(np.abs(one.points_m - one.points_m[:1]).max() > _HIDDEN_M for one in piece.outlines):
        return piece
    return replace(piece, outlines=tuple(replace(one, points_m=one.points_m[:1]) for one in piece.outlines))


def _same(a: Outline, b: Outline) -> bool:
    return a.points_m.shape == b.points_m.shape and bool(np.abs(a.points_m - b.points_m).max() < _HIDDEN_M)


def _moving(scene: Scene, width_px: int, style: bool) -> Element:
    motion, pieces = scene.motion, scene.pieces
    px = scene.box[2] / width_px
    groups = grouped(pieces, motion, px)
    moves = any(piece.moves for group, _ in groups for piece in group)
    rest_s = 0.0 if motion.exercise.returns or not moves else _GONE_S
    drawn = [_animated(group, turned, motion, rest_s, px) for group, turned in groups]
    last = _farthest(motion)
    behind = next((k for k, (group, _) in enumerate(groups) if group[0].body or drawn[k].children), len(groups))
    shown = itertools.groupby((piece for group, _ in groups[behind:] for piece in group), key=lambda one: one.look)
    quiet = [element("path", class_=look, d="".join(path(one, last) for one in same)) for look, same in shown]
    if last:
        shadow = [one for one in pieces if one.body and one.moves and one.look.startswith(("hf-skin", "hf-shirt", "hf-shorts"))]
        quiet.insert(0, element("path", class_="hf-shirt hf-ghost", d=merged(shadow, 0)))
    parts = (
        [
            element("g", *_fading(float(motion.time_s[-1]), rest_s), *drawn[behind:], class_="hf-moves"),
            element("g", *quiet, class_="hf-still"),
        ]
        if moves
        else drawn[behind:]
    )
    return _svg(scene, scene.box, width_px, [*drawn[:behind], *parts], style, "")


def _still(scene: Scene, width_px: int, style: bool) -> Element:
    frames = stills(scene.motion)
    ground, pieces = scene.pieces[0], scene.pieces[1:]
    flat = all(not one.closed or np.ptp(one.points_m[..., 1]) < _FLOOR_M for one in ground.outlines)  # the floor from the side
    shown = [[replace(one, outlines=tuple(map(_frame(frame), one.outlines))) for one in pieces] for frame in frames]
    spans = [_span(one if flat else [*one, ground], scene.box[3]) for one in shown]
    gap = 0.05 * scene.box[3]
    panels, width = [], 0.0
    for (left, right), one in zip(spans, shown, strict=True):
        floor = replace(ground, outlines=tuple(_cut(part, left, right) for part in ground.outlines)) if flat else ground
        drawn = [element("path", class_=piece.look, d=path(piece, 0)) for piece in (floor, *one)]
        shift = round(width - left)
        panels.append(element("g", *drawn, transform=f"translate({shift})" if shift else None))
        width += right - left + gap
    box = np.array([0.0, scene.box[1], width - gap, scene.box[3]])
    return _svg(scene, box, width_px, panels, style, "-still")


def _frame(frame: int) -> Callable[[Outline], Outline]:
    return lambda one: replace(one, points_m=one.points_m[min(frame, len(one.points_m) - 1)][None])


def _span(pieces: Sequence[Piece], height: float) -> tuple[float, float]:
    """Left and right edge of a panel round what it shows."""
    low, high = (float(one) for one in extent(pieces)[:, 0])
    more = max(_MARGIN, (_LEAST * height - (high - low)) / 2)
    return low - more, high + more


def _cut(outline: Outline, left: float, right: float) -> Outline:
    """The floor as long as a panel is wide."""
    at = outline.points_m.copy()
    at[..., 0] = np.where(at[..., 0] < at[..., 0].mean(), (left + 15) / UNITS_PER_M, (right - 15) / UNITS_PER_M)
    return replace(outline, points_m=at)


def grouped(pieces: Sequence[Piece], motion: Motion, px: float) -> list[tuple[tuple[Piece, ...], Turn | None]]:
    """Neighbours that turn together, as a head and its hair; every other piece by itself, those of one look that bend as one."""
    found: list[tuple[Piece, ...]] = []
    for piece in (part for one in pieces for part in _parts(one, px)):
        before = found[-1] if found else ()
        stiff = keeps_shape((piece,), px=px)
        if before and stiff and keeps_shape(before, px=px) and keeps_shape((*before, piece), px=px):
            found[-1] = (*before, piece)
        elif before and not stiff and piece.moves and _bends_with(before, piece) and not keeps_shape(before, px=px):
            found[-1] = (replace(before[0], outlines=(*before[0].outlines, *piece.outlines)),)
        else:
            found.append((piece,))
    return [(group, turn(group, motion, px=px)) for group in found]


def _bends_with(before: tuple[Piece, ...], piece: Piece) -> bool:
    return before[0].look == piece.look and before[0].moves and before[0].body == piece.body and "hf-arm" not in piece.look


def _parts(piece: Piece, px: float) -> tuple[Piece, ...]:
    """A limb as its lower and its upper half, if one of them keeps its shape; the upper has no rim, so that none shows where they meet."""
    if not (piece.limb and piece.moves) or keeps_shape((piece,), px=px):
        return (piece,)
    upper, lower = (_at_rest(replace(piece, outlines=(one,), limb=False)) for one in piece.outlines)
    if all(half.moves and not keeps_shape((half,), px=px) for half in (upper, lower)):
        return (piece,)
    return (lower, upper if "hf-far" in piece.look else replace(upper, look=f"{piece.look} hf-upper"))


def _fading(moves_s: float, rest_s: float) -> list[Element]:
    """What goes on elsewhere than it began fades out before it begins anew, so that nothing seems to leap."""
    if not rest_s:
        return []
    share = rest_s / (moves_s + rest_s)
    times = f"0;{0.4 * share:.3f};{1 - 0.5 * share:.3f};{1 - 0.1 * share:.3f};1"
    dur = f"{moves_s + rest_s:.5g}s"
    return [element("animate", attributeName="opacity", values="0;1;1;0;0", keyTimes=times, dur=dur, repeatCount="indefinite")]


def _animated(group: tuple[Piece, ...], turned: Turn | None, motion: Motion, rest_s: float, px: float) -> Element:
    piece = group[0]
    if turned is not None:
        course, keys = turned.course, turned.keys
    else:
        keys = key_frames(group, motion, within_units=_OFF_PX * px)
        course = tuple(path(piece, one.frame) for one in keys.moments)
    if len(set(course)) == 1:
        return element("path", class_=piece.look, d=path(piece, 0))
    keys = replace(keys, rest_s=rest_s)
    values = ";".join((*course, course[-1]) if rest_s else course)
    timing: dict[str, str] = {
        "keyTimes": keys.times, "calcMode": "spline", "keySplines": keys.splines, "dur": keys.dur, "repeatCount": "indefinite"
    }  # fmt: skip
    if turned is None:
        return element("path", element("animate", attributeName="d", values=values, **timing), class_=piece.look, d=course[0])
    move = element("animateTransform", attributeName="transform", type=turned.kind, values=values, **timing)
    start = f"{turned.kind}({course[0]})"
    if len(group) == 1:
        return element("path", move, class_=piece.look, d=path(turned.pieces[0], 0), transform=start)
    return element("g", move, *(element("path", class_=one.look, d=path(one, 0)) for one in turned.pieces), transform=start)


def _looks(pieces: Sequence[Piece]) -> frozenset[str]:
    return frozenset(look for piece in pieces for look in piece.look.split()) | {"hf-shirt", "hf-ghost", "hf-upper"}


def _svg(scene: Scene, box: Floats, width_px: int, parts: Sequence[Element], style: bool, ending: str) -> Element:
    motion = scene.motion
    ident = f"hf-{motion.exercise.name}-{motion.side}{ending}"
    left, top, width, height = (round(float(one)) for one in box)
    sheet = [element("style", figure_css(only=_looks(scene.pieces)))] if style else []
    return element(
        "svg",
        element("title", words.title(motion), id=f"{ident}-t"),
        element("desc", words.description(motion, scene.view), id=f"{ident}-d"),
        *sheet,
        *parts,
        class_="hf", id=ident, role="img", aria_labelledby=f"{ident}-t {ident}-d", viewBox=f"{left} {top} {width} {height}",
        width=width_px, height=round(width_px * height / width), data_view=scene.view, data_side=str(motion.side),
    )  # fmt: skip
