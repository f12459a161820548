"""What stands round the person in a figure: floor, bench, box, wall, bar, and the loads with the line of their pull.

Everything stands where the contacts and loads of the motion are; sizes that no contact tells are drawn, not measured. Plates and bars are
drawn smaller than they are, so that they do not hide the person.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_parts import Vector
from hipspine.exercises.exercise import FLOOR, Base, LoadKind, LoadSpec, Surface
from hipspine.exercises.loading import HANGING, carried_at
from hipspine.exercises.places import carrying_point
from hipspine.mechanics.rigid import Point, points
from hipspine.report.exercise_figure_body import Person
from hipspine.report.exercise_figure_pieces import Outline, Piece, disc, hull, line, polygon
from hipspine.terms import Floats, Side

ARROW_M, _HEAD_M = 0.24, 0.065
_ROPE_M = 1.0  # so much of a cable or band to a far anchor is drawn
_BEHIND, _BEFORE = -9.0, 9.0
_PLATE_M, _HALF_BAR_M = 0.15, 0.5
_LYING = (Base.SUPINE, Base.PRONE, Base.SIDE, Base.QUADRUPED, Base.PLANK, Base.SIDE_PLANK, Base.KNEEL, Base.HALF_KNEEL)
_SIZES: Mapping[str, tuple[float, float, float]] = {  # beyond the contacts fore and aft, to the sides, thickness; 0: down to the floor
    "bench": (0.14, 0.14, 0.07), "chair": (0.14, 0.14, 0.05), "box": (0.12, 0.12, 0.0), "step": (0.12, 0.12, 0.0), "pad": (0.09, 0.1, 0.05),
    "mat": (0.2, 0.2, 0.02), "carriage": (0.16, 0.2, 0.05), "wall": (0.6, 0.4, 0.05),
}  # fmt: skip


def surroundings(who: Person) -> list[Piece]:
    """Floor and surfaces."""
    found: list[Piece] = []
    for name, surface in who.motion.exercise.surfaces.items():
        of_it = [k for k, one in enumerate(who.motion.contacts) if one.surface == name]
        if surface.kind == FLOOR or not of_it:
            continue
        touches = [who.motion.touches[k] for k in of_it]
        at = points(who.rigid, who.where, [(one.segment, one.at_m) for one in touches])
        on = who.motion.active[:, of_it]
        found += _surface(who, surface, at, on)
    return found


def ground(who: Person, width: tuple[float, float]) -> Piece:
    """The floor: a line between two places of the picture, a mat under a lying person, a plane when seen from above."""
    up = who.camera.axes[1, 1]
    if up > 0.999:
        left, right = width
        if who.motion.exercise.base in _LYING:
            return _still("hf-mat", polygon(np.array([[[left, 0.0], [right, 0.0], [right, -0.025], [left, -0.025]]])))
        return _still("hf-floor", line(np.array([[left, 0.0]]), np.array([[right, 0.0]])))
    feet = who.ends_m[:, :, :, [0, 2]].reshape(-1, 2)
    (x0, z0), (x1, z1) = feet.min(axis=0) - 0.12, feet.max(axis=0) + 0.12
    corners = np.array([[x0, 0.0, z0], [x1, 0.0, z0], [x1, 0.0, z1], [x0, 0.0, z1]])
    return _still("hf-ground", polygon(who.camera.seen(corners)[None]))


def carried(who: Person) -> list[Piece]:
    """Loads, each with an arrow along its pull."""
    found: list[Piece] = []
    for spec in who.motion.exercise.loads:
        at = carried_at(who.motion.body, spec)
        room = points(who.rigid, who.where, at)
        pull = _pull(who, spec, at, room)
        found += _DRAW.get(spec.kind, _held)(who, spec, at, room, pull)
        nearest = int(np.argmax(who.camera.depth(room).mean(axis=0)))
        start = room.mean(axis=1) if spec.kind is LoadKind.BARBELL and len(at) > 1 else room[:, nearest]
        found.append(_arrow(who, start, pull[:, nearest], inwards=spec.kind in (LoadKind.MANUAL, LoadKind.MACHINE)))
    return found


def _surface(who: Person, surface: Surface, at: Floats, on: NDArray[np.bool_]) -> list[Piece]:
    """One surface under (frame, point, 3) contacts, of which those that are ``on`` touch."""
    seen = who.camera.seen
    touching = at[on]
    middle = touching.mean(axis=0)
    n = np.array(surface.normal)
    if surface.kind == "ball":
        radius = float(np.clip(surface.offset_m / 2, 0.2, 0.4)) if n[1] > 0.5 else 0.3
        return [_still("hf-prop", disc(seen(_rolling(at, on) - n * radius), radius))]
    if surface.kind == "roller":
        return [_still("hf-prop", disc(seen(_rolling(at, on) - n * 0.075), 0.075))]
    if surface.kind in ("bar", "rail"):
        low, high = touching[:, 2].min() - 0.2, touching[:, 2].max() + 0.2
        ends = [np.array([middle[0], middle[1], z]) for z in (low, high)]
        posts = [line(seen(end)[None], seen(end * [1.0, 0.0, 1.0])[None]) for end in ends] if surface.kind == "rail" else []
        bar = (
            line(*(seen(end)[None] for end in ends))
            if np.ptp(seen(np.array(ends)), axis=0).max() > 0.05
            else disc(seen(middle)[None], 0.022)
        )
        return [_still("hf-stand", *posts)] * bool(posts) + [_still("hf-bar", bar, depth=float(who.camera.depth(middle)))]
    first, second = _basis(n)
    along, beside, thick = _SIZES.get(surface.kind, (0.12, 0.12, 0.05))
    spans = [
        (float((touching @ way).min()) - more, float((touching @ way).max()) + more) for way, more in ((first, along), (second, beside))
    ]
    if surface.kind == "wall":
        low, high = sorted((0.0, float(who.ends_m[..., 1].max()) + 0.15))
        spans[0] = (low, high) if first[1] > 0 else (-high, -low)
    thick = thick or max(surface.offset_m, 0.03)
    moves = np.zeros((1, 3))
    if surface.kind == "carriage":
        course = at[:, on.all(axis=0)].mean(axis=1) if on.all(axis=0).any() else at.mean(axis=1)
        moves = course - course[:1]
        spans = [(float((at[0] @ way).min()) - more, float((at[0] @ way).max()) + more) for way, more in ((first, along), (second, beside))]
    pieces = [_block(who, first, second, n, spans, (surface.offset_m - thick, surface.offset_m), moves)]
    if surface.kind in ("bench", "chair", "carriage") and n[1] > 0.9 and surface.offset_m - thick > 0.08:
        legs = [
            line(seen(np.array([x, surface.offset_m - thick, z]) + moves), seen(np.array([x, 0.0, z]) + moves))
            for x in (spans[0][0] + 0.06, spans[0][1] - 0.06)
            for z in ((spans[1][0] + 0.04, spans[1][1] - 0.04) if who.camera.axes[1, 1] < 0.999 else (0.0,))
        ]  # fmt: skip
        pieces.insert(0, Piece("hf-stand", tuple(legs), _BEHIND, body=False))
    return pieces


def _rolling(at: Floats, on: NDArray[np.bool_]) -> Floats:
    """(frame, 3) middle of the contacts, which a ball or roller goes along with; one frame where they come and go."""
    steady = on.all(axis=0)
    return np.asarray(at[:, steady].mean(axis=1) if steady.any() else at[on].mean(axis=0)[None])


def _block(
    who: Person, first: Floats, second: Floats, n: Floats, spans: list[tuple[float, float]], heights: tuple[float, float], moves: Floats
) -> Piece:
    corners = np.array([u * first + w * second + h * n for u in spans[0] for w in spans[1] for h in heights])
    outline = hull(who.camera.seen(corners))
    return Piece("hf-prop", (polygon(outline[None] + who.camera.seen(moves)[:, None]),), _BEHIND + 0.1, body=False)


def _barbell(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, pull
    middle = room.mean(axis=1)
    way = room[:, 0] - room[:, 1] if len(at) > 1 else who.where.rotation[:, who.where.segments.index(at[0][0]), :, 2]
    way = way / np.linalg.norm(way, axis=-1, keepdims=True)
    ends = [middle + sign * _HALF_BAR_M * way for sign in (1.0, -1.0)]
    seen = who.camera.seen
    side_on = float(np.abs(who.camera.depth(way)).mean()) > 0.98
    pieces = []
    for end in ends[:1] if side_on and who.camera.depth(way).mean() > 0 else ends[1:] if side_on else ends:
        depth = float(who.camera.depth(end).mean())
        pieces.append(Piece("hf-plate", (_ring(who, end, way, _PLATE_M),), depth, body=False))
        if side_on:
            pieces.append(Piece("hf-weight", (disc(seen(end), 0.03, points=4),), depth, body=False))
    if not side_on:
        tips = [end + sign * 0.08 * way for sign, end in zip((1.0, -1.0), ends, strict=True)]
        pieces.append(Piece("hf-bar", (line(*(seen(one) for one in tips)),), float(who.camera.depth(middle).mean()) + 0.02, body=False))
    return pieces


def _dumbbell(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, pull
    pieces = []
    for k, (segment, _) in enumerate(at):
        way = who.where.rotation[:, who.where.segments.index(segment), :, 0 if segment.startswith("hand") else 2]
        depth = float(who.camera.depth(room[:, k]).mean()) + 0.03
        heads = tuple(line(*(who.camera.seen(room[:, k] + sign * far * way) for far in (0.055, 0.1))) for sign in (1.0, -1.0))
        pieces.append(Piece("hf-head", heads, depth, body=False))
        pieces.append(Piece("hf-bar", (line(*(who.camera.seen(room[:, k] + far * way) for far in (-0.055, 0.055))),), depth, body=False))
    return pieces


def _kettlebell(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, pull
    grip = room.mean(axis=1) if len(at) > 1 else room[:, 0]
    segment = at[0][0]
    if segment.startswith("hand"):
        away = -who.where.rotation[:, who.where.segments.index(segment), :, 1]
        bell = grip + 0.12 * away
    else:
        bell, grip = grip - np.array([0.0, 0.06, 0.0]), grip + np.array([0.0, 0.06, 0.0])
    depth = float(who.camera.depth(bell).mean()) + 0.1
    seen = who.camera.seen
    return [
        Piece("hf-plate", (disc(0.75 * seen(grip) + 0.25 * seen(bell), 0.045, points=4),), depth, body=False),
        Piece("hf-weight", (disc(seen(bell), 0.085),), depth, body=False),
    ]


def _plate(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, pull
    middle = room.mean(axis=1)
    way = who.where.rotation[:, who.where.segments.index(at[0][0]), :, 0 if at[0][0] in ("thorax", "pelvis") else 2]
    depth = float(who.camera.depth(middle).mean()) + 0.12
    return [Piece("hf-plate", (_ring(who, middle, way, 0.13),), depth, body=False)]


def _medicine_ball(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, at, pull
    middle = room.mean(axis=1)
    return [Piece("hf-weight", (disc(who.camera.seen(middle), 0.12),), float(who.camera.depth(middle).mean()) + 0.05, body=False)]


def _cuff(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    del spec, pull
    pieces = []
    for k, (segment, _) in enumerate(at):
        way = who.where.rotation[:, who.where.segments.index(segment), :, 1]
        ends = [who.camera.seen(room[:, k] + sign * 0.035 * way) for sign in (1.0, -1.0)]
        pieces.append(Piece("hf-cuff", (line(*ends),), float(who.camera.depth(room[:, k]).mean()) + 0.05, body=False))
    return pieces


def _rope(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    if spec.anchor_m is None and spec.anchor_place is None:
        return []
    look = "hf-cable" if spec.kind is LoadKind.CABLE else "hf-spring" if spec.kind is LoadKind.SPRING else "hf-band"
    pieces = []
    for k in range(len(at)):
        start, anchor = room[:, k], room[:, k] + pull[:, k]
        a, b = who.camera.seen(start), who.camera.seen(anchor)
        length = np.linalg.norm(b - a, axis=-1, keepdims=True)
        far = bool(length.mean() > _ROPE_M)
        end = a + (b - a) * np.minimum(1.0, _ROPE_M / np.maximum(length, 1e-9)) if far else b
        depth = float(who.camera.depth(start).mean()) + 0.06
        pieces.append(Piece(look, (line(a, end),), depth, body=False))
        if spec.kind is LoadKind.BAND and spec.anchor_place is not None:
            pieces += _loops(who, spec, at[k])
        if spec.anchor_place is None and not far and anchor[0, 1] > 0.15:
            ends = [who.camera.seen(anchor[:1] * np.array([1.0, tall, 1.0])) for tall in (1.05, 0.0)]
            pieces.append(_still("hf-stand", line(*ends)))
    return pieces


def _loops(who: Person, spec: LoadSpec, point: Point) -> list[Piece]:
    """A band round the limbs that it joins: a line across each."""
    place, _, side = str(spec.anchor_place).partition(":")
    pieces = []
    for segment, at in (point, carrying_point(who.motion.body, place, Side(side) if side else None)):
        if segment.partition(":")[0] not in ("thigh", "shank"):
            continue
        radius = 0.062 if segment.startswith("thigh") else 0.045
        middle = points(who.rigid, who.where, [(segment, at)])[:, 0]
        along = who.camera.seen(who.where.rotation[:, who.where.segments.index(segment), :, 1])
        long = np.linalg.norm(along, axis=-1, keepdims=True)
        across = np.stack([-along[:, 1], along[:, 0]], axis=-1) / np.maximum(long, 0.2) * radius
        seen = who.camera.seen(middle)
        depth = float(who.camera.depth(middle).mean()) + 0.03
        pieces.append(Piece("hf-loop", (line(seen - across, seen + across),), depth, body=False))
    return pieces


def _held(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    """The pad of a machine, or a helper's hand: a round thing on the skin."""
    del spec, at, pull
    depth = float(who.camera.depth(room).mean()) + 0.06
    return [Piece("hf-pad", (disc(who.camera.seen(room[:, k]), 0.05),), depth, body=False) for k in range(room.shape[1])]


_DRAW: Mapping[LoadKind, Callable[[Person, LoadSpec, tuple[Point, ...], Floats, Floats], list[Piece]]] = {
    LoadKind.BARBELL: _barbell,
    LoadKind.DUMBBELL: _dumbbell,
    LoadKind.KETTLEBELL: _kettlebell,
    LoadKind.PLATE: _plate,
    LoadKind.MEDICINE_BALL: _medicine_ball,
    LoadKind.ANKLE_WEIGHT: _cuff,
    LoadKind.BAND: _rope,
    LoadKind.CABLE: _rope,
    LoadKind.SPRING: _rope,
}


def _pull(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats) -> Floats:
    """(frame, point, 3) from each point to its anchor, or the way in which it is pulled."""
    if spec.anchor_place is not None:
        place, _, side = spec.anchor_place.partition(":")
        anchor = points(who.rigid, who.where, [carrying_point(who.motion.body, place, Side(side) if side else None)])
        return np.asarray(anchor - room)
    if spec.anchor_m is not None:
        each = []
        for number, (_, place_m) in enumerate(at):
            x, y, z = spec.anchor_m
            each.append((x, y, -z if number and place_m[2] * z < 0 else z))
        return np.asarray(np.array(each) - room)
    if spec.direction is not None and spec.kind not in HANGING:
        way = np.array(spec.direction, dtype=np.float64)
        if spec.turns_with_segment:
            turned = [who.where.rotation[:, who.where.segments.index(segment)] @ way for segment, _ in at]
            return np.stack(turned, axis=1)
        return np.broadcast_to(way, room.shape)
    return np.broadcast_to(np.array([0.0, -1.0, 0.0]), room.shape)


def _arrow(who: Person, start: Floats, pull: Floats, *, inwards: bool) -> Piece:
    """An arrow that leaves a point along its pull, or comes to it where something pushes."""
    way = who.camera.seen(pull / np.maximum(np.linalg.norm(pull, axis=-1, keepdims=True), 1e-9))
    tail = who.camera.seen(start)
    if inwards:
        tail = tail - (ARROW_M + 0.06) * way
    tip = tail + ARROW_M * way
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    unit = way / np.maximum(length, 1e-9) * np.minimum(1.0, 3.0 * length)
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=-1)
    barbs = [tip - _HEAD_M * unit + sign * 0.6 * _HEAD_M * across for sign in (1.0, -1.0)]
    return Piece("hf-pull", (line(tail, tip), line(barbs[0], tip, barbs[1])), _BEFORE, body=False)


def _ring(who: Person, middle: Floats, axis: Floats, radius: float) -> Outline:
    """A circle in the room round (frame, 3) middles, at right angles to its axis."""
    other = np.where(np.abs(axis[:, 1:2]) < 0.9, [0.0, 1.0, 0.0], [1.0, 0.0, 0.0])
    first = np.cross(axis, other)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(axis, first)
    turns = 2 * np.pi * (np.arange(8) + 0.5) / 8
    corners = [middle + radius / np.cos(np.pi / 8) * (np.cos(one) * first + np.sin(one) * second) for one in turns]
    return Outline(np.stack([who.camera.seen(one) for one in corners], axis=1))


def _basis(n: Floats) -> tuple[Floats, Floats]:
    """Two ways along a plane: fore and aft (or up a wall), and to the side."""
    start: Vector = (1.0, 0.0, 0.0) if abs(n[0]) < 0.8 else (0.0, 1.0, 0.0)
    first = np.array(start) - n * n[0 if abs(n[0]) < 0.8 else 1]
    first /= np.linalg.norm(first)
    return first, np.cross(first, n)


def _still(look: str, *outlines: Outline, depth: float = _BEHIND) -> Piece:
    """A piece that does not move."""
    return Piece(look, outlines, depth, body=False)
