"""What stands round the person in a figure: floor, bench, box, wall, bar, and a bar under the feet that must not slide.

Everything stands where the contacts of the motion are; sizes that no contact tells are drawn, not measured.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_parts import Vector
from hipspine.exercises.exercise import FLOOR, Base, Surface
from hipspine.mechanics.rigid import points
from hipspine.report.exercise_figure_body import Person
from hipspine.report.exercise_figure_pieces import Outline, Piece, disc, hull, line, polygon
from hipspine.terms import Floats

_BEHIND = -9.0
_LYING = (Base.SUPINE, Base.PRONE, Base.SIDE, Base.QUADRUPED, Base.PLANK, Base.SIDE_PLANK, Base.KNEEL, Base.HALF_KNEEL)
_SIZES: Mapping[str, tuple[float, float, float]] = {  # beyond the contacts fore and aft, to the sides, thickness; 0: down to the floor
    "bench": (0.14, 0.14, 0.07), "chair": (0.14, 0.14, 0.05), "box": (0.12, 0.12, 0.0), "step": (0.12, 0.12, 0.0), "pad": (0.09, 0.1, 0.05),
    "mat": (0.2, 0.2, 0.02), "carriage": (0.16, 0.2, 0.05), "wall": (0.5, 0.5, 0.05),
}  # fmt: skip
_SOLES = ("sole", "forefoot", "heel")
_LOW_M = 0.15  # what begins lower needs no legs
_BAR_M = 0.028


def surroundings(who: Person) -> list[Piece]:
    """Surfaces, and bars under what must not slide."""
    found: list[Piece] = []
    for name, surface in who.motion.exercise.surfaces.items():
        of_it = [k for k, one in enumerate(who.motion.contacts) if one.surface == name]
        if not of_it:
            continue
        touches = [who.motion.touches[k] for k in of_it]
        at = points(who.rigid, who.where, [(one.segment, one.at_m) for one in touches])
        on = who.motion.active[:, of_it]
        if surface.kind != FLOOR and not (surface.kind == "mat" and not who.level) and not _is_body(who, surface, at[on]):
            found += _surface(who, surface, at, on)
        if surface.normal[1] > 0.99 and who.level:
            found += _fixed(who, of_it, at)
    return found


def ground(who: Person, width: tuple[float, float]) -> Piece:
    """The floor: a line between two places of the picture, a mat under a lying person, a plane when seen from above."""
    if who.level:
        left, right = width
        if who.motion.exercise.base in _LYING:
            return _still("hf-mat", polygon(np.array([[[left, 0.0], [right, 0.0], [right, -0.025], [left, -0.025]]])))
        return _still("hf-floor", line(np.array([[left, 0.0]]), np.array([[right, 0.0]])))
    feet = who.ends_m[:, :, :, [0, 2]].reshape(-1, 2)
    (x0, z0), (x1, z1) = feet.min(axis=0) - 0.12, feet.max(axis=0) + 0.12
    corners = np.array([[x0, 0.0, z0], [x1, 0.0, z0], [x1, 0.0, z1], [x0, 0.0, z1]])
    return _still("hf-ground", polygon(who.camera.seen(corners)[None]))


def _fixed(who: Person, of_it: Sequence[int], at: Floats) -> list[Piece]:
    """A bar under each foot that stays where it is all the time."""
    bars: list[Outline] = []
    for contact in dict.fromkeys(who.motion.contacts[k] for k in of_it):
        mine = [n for n, k in enumerate(of_it) if who.motion.contacts[k] == contact]
        if contact.place not in _SOLES or contact.slides or contact.rests or not who.motion.active[:, [of_it[n] for n in mine]].all():
            continue
        seen = who.camera.seen(at[0, mine])
        x0, x1, y = float(seen[:, 0].min()), float(seen[:, 0].max()), float(seen[:, 1].min()) - 0.014
        bar = line(np.array([[x0 - 0.02, y]]), np.array([[x1 + 0.02, y]]))
        if all(np.abs(bar.points_m - one.points_m).max() > 0.02 for one in bars):
            bars.append(bar)
    return [_still("hf-fixed", *bars, depth=_BEHIND + 0.2)] if bars else []


def _is_body(who: Person, surface: Surface, touching: Floats) -> bool:
    """Whether a pad stands for a part of the body that lies under it, as the lower foot in a clam."""
    away = who.ends_m[0].reshape(-1, 3) - touching.mean(axis=0)
    under = (np.hypot(away[:, 0], away[:, 2]) < 0.12) & (away[:, 1] < -0.025) & (away[:, 1] > -0.18)
    return surface.kind == "pad" and surface.normal[1] > 0.9 and bool(under.any())


def _surface(who: Person, surface: Surface, at: Floats, on: NDArray[np.bool_]) -> list[Piece]:
    """One surface under (frame, point, 3) contacts, of which those that are ``on`` touch."""
    seen = who.camera.seen
    touching = at[on]
    n = np.array(surface.normal)
    if surface.kind == "ball":
        radius = float(np.clip(surface.offset_m / 2, 0.2, 0.4)) if n[1] > 0.5 else 0.3
        return [_still("hf-prop", disc(seen(_rolling(at, on) - n * radius), radius))]
    if surface.kind == "roller":
        return [_still("hf-prop", disc(seen(_rolling(at, on) - n * 0.075), 0.075))]
    if surface.kind in ("bar", "rail"):
        return _bar(who, surface, touching, _rolling(at, on))
    first, second = _basis(n)
    along, beside, thick = _SIZES.get(surface.kind, (0.12, 0.12, 0.05))
    moves = np.zeros((1, 3))
    if surface.kind == "carriage":
        steady = on.all(axis=0)
        course = at[:, steady].mean(axis=1) if steady.any() else at.mean(axis=1)
        moves, touching = course - course[:1], at[0]
    spans = [
        (float((touching @ way).min()) - more, float((touching @ way).max()) + more) for way, more in ((first, along), (second, beside))
    ]
    if surface.kind == "wall":
        low, high = sorted((0.0, float(who.ends_m[..., 1].max()) + 0.15))
        spans[0] = (low, high) if first[1] > 0 else (-high, -low)
    thick = thick or max(surface.offset_m, 0.03)
    heights = (surface.offset_m - thick, surface.offset_m)
    pieces = [_block(who, first, second, n, spans, heights, moves)]
    if surface.kind == "carriage":
        return [*_frame(who, spans, moves, heights[0]), *pieces]
    if surface.kind in ("bench", "chair") and n[1] > 0.9 and heights[0] > 0.08:
        return [_legs(who, spans, heights[0]), *pieces]
    under = np.array([np.mean(spans[0]), np.mean(spans[1])]) @ np.stack([first, second]) + heights[0] * n
    if surface.kind in ("pad", "bench", "chair") and n[1] > -0.5 and under[1] > _LOW_M:
        return [_still("hf-stand", line(seen(under)[None], seen(under * [1.0, 0.0, 1.0])[None])), *pieces]
    return pieces


def _bar(who: Person, surface: Surface, touching: Floats, course: Floats) -> list[Piece]:
    """A bar across, which goes along with its (frame, 3) contacts; on posts if it is a rail, or not hung from above."""
    seen, middle = who.camera.seen, course.mean(axis=0)
    across = np.array([touching[:, 2].min() - 0.2, touching[:, 2].max() + 0.2]) - middle[2]
    ends = [course + np.array([0.0, 0.0, z]) for z in across]
    posts = [line(seen(end[:1]), seen(end[:1] * [1.0, 0.0, 1.0])) for end in ends]
    if np.abs(seen(ends[1][0] - ends[0][0])).max() > 0.05:
        bar = line(*(seen(end) for end in ends))
    else:
        bar, posts = disc(seen(course), _BAR_M), posts[:1]
    standing = surface.kind == "rail" or 0.3 < middle[1] < 1.5
    near = max(float(who.camera.depth(end).mean()) for end in (*ends, course))
    found = [Piece("hf-bar", (bar,), near, body=False)]
    return [_still("hf-stand", *posts), *found] if standing else found


def _legs(who: Person, spans: Sequence[tuple[float, float]], top: float) -> Piece:
    """Legs at the corners; those that are seen as one are drawn once."""
    found: list[Outline] = []
    for x in (spans[0][0] + 0.06, spans[0][1] - 0.06):
        for z in (spans[1][0] + 0.04, spans[1][1] - 0.04):
            leg = line(*(who.camera.seen(np.array([[x, y, z]])) for y in (top, 0.0)))
            if all(np.abs(leg.points_m - one.points_m).max() > 0.03 for one in found):
                found.append(leg)
    return _still("hf-stand", *found)


def _frame(who: Person, spans: Sequence[tuple[float, float]], moves: Floats, top: float) -> list[Piece]:
    """Rails on legs under a carriage, as long as its way."""
    way = (float(moves[:, 0].min()), float(moves[:, 0].max()))
    ends = [spans[0][0] + way[0] - 0.1, spans[0][1] + way[1] + 0.1]
    ends += [float(np.clip(one.anchor_m[0], ends[0] - 0.9, ends[1] + 0.9)) for one in who.motion.exercise.loads if one.anchor_m]
    long = [(min(ends), max(ends)), spans[1]]
    up, fore, side = np.eye(3)[[1, 0, 2]]
    rail = _block(who, fore, side, up, long, (top - 0.09, top - 0.03), np.zeros((1, 3)))
    return [_legs(who, long, top - 0.06), rail]


def _rolling(at: Floats, on: NDArray[np.bool_]) -> Floats:
    """(frame, 3) middle of the contacts, which a ball or roller goes along with; one frame where they come and go."""
    steady = on.all(axis=0)
    return np.asarray(at[:, steady].mean(axis=1) if steady.any() else at[on].mean(axis=0)[None])


def _block(
    who: Person,
    first: Floats,
    second: Floats,
    n: Floats,
    spans: Sequence[tuple[float, float]],
    heights: tuple[float, float],
    moves: Floats,
) -> Piece:
    corners = np.array([u * first + w * second + h * n for u in spans[0] for w in spans[1] for h in heights])
    outline = hull(who.camera.seen(corners))
    return Piece("hf-prop", (polygon(outline[None] + who.camera.seen(moves)[:, None]),), _BEHIND + 0.1, body=False)


def _basis(n: Floats) -> tuple[Floats, Floats]:
    """Two ways along a plane: fore and aft (or up a wall), and to the side."""
    start: Vector = (1.0, 0.0, 0.0) if abs(n[1]) > 0.5 else (0.0, 1.0, 0.0)
    first = np.array(start) - n * n[0 if abs(n[1]) > 0.5 else 1]
    first /= np.linalg.norm(first)
    return first, np.cross(first, n)


def _still(look: str, *outlines: Outline, depth: float = _BEHIND) -> Piece:
    """A piece that does not move."""
    return Piece(look, outlines, depth, body=False)
