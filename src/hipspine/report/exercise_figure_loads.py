"""The loads in a figure, each with the line of its pull, where the motion has them.

Plates and bars are drawn smaller than they are, so that they do not hide the person. A hand that pushes is an outline: it is not the
person's own, unless nobody else's fits there.
"""

from collections.abc import Callable, Mapping

import numpy as np

from hipspine.exercises.exercise import LoadKind, LoadSpec
from hipspine.exercises.loading import HANGING, carried_at
from hipspine.exercises.places import carrying_point
from hipspine.mechanics.rigid import Point, points
from hipspine.report.exercise_figure_body import Person
from hipspine.report.exercise_figure_pieces import Balls, Outline, Piece, disc, line, tube
from hipspine.terms import Floats, Side

ARROW_M, _HEAD_M = 0.24, 0.065
_ROPE_M = 1.0  # so much of a cable or band to a far anchor is drawn
_BEHIND, _BEFORE = -9.0, 9.0
_OVER = 5e-3
_PLATE_M, _HALF_BAR_M = 0.15, 0.5
_HALF_DUMBBELL_M, _HEAD_OF_DUMBBELL_M, _TOGETHER_M = 0.08, 0.045, 0.25
_SKIN_M = {"thigh": 0.062, "shank": 0.05, "foot": 0.03}  # how far the skin is from the point at which a pad or hand pushes
_BESIDE_M = 0.1  # an arrow stands so far beside a helper's arm or the person's own


def carried(who: Person) -> list[Piece]:
    """Loads, each with an arrow along its pull."""
    found: list[Piece] = []
    for spec in who.motion.exercise.loads:
        at = carried_at(who.motion.body, spec)
        room = points(who.rigid, who.where, at)
        pull = _pull(who, spec, at, room)
        found += _DRAW[spec.kind](who, spec, at, room, pull)
        nearest = int(np.argmax(who.camera.depth(room).mean(axis=0)))
        start = room.mean(axis=1) if spec.kind is LoadKind.BARBELL and len(at) > 1 else room[:, nearest]
        found.append(_arrow(who, spec, start, pull[:, nearest]))
        if spec.kind is LoadKind.MANUAL and spec.anchor_place is not None:  # what the muscle does against one's own hands
            found.append(_arrow(who, spec, start, -pull[:, nearest], look="hf-push"))
    return found


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
    """A handle between two round heads, which are seen from wherever one looks; hands close together hold one by its upper head."""
    del spec, pull
    held = []
    turn = {name: who.where.rotation[:, who.where.segments.index(name)] for name, _ in at}
    if len(at) > 1 and float(np.linalg.norm(room[:, 0] - room[:, 1], axis=-1).max()) < _TOGETHER_M:
        way = turn[at[0][0]][:, :, 1]
        held.append((room.mean(axis=1) - 0.1 * way, way))
    else:
        held += [(room[:, k], turn[name][:, :, 0 if name.startswith("hand") else 2]) for k, (name, _) in enumerate(at)]
    pieces = []
    for middle, way in held:
        depth = max(
            float(who.camera.depth(middle).mean()), *(who.depth(f"forearm:{side}", f"wrist:{side}") for side in _nearest(who, middle))
        )
        ends = [who.camera.seen(middle + sign * _HALF_DUMBBELL_M * way) for sign in (1.0, -1.0)]
        pieces.append(Piece("hf-bar", (line(*ends),), depth + 0.03, body=False))
        pieces.append(Piece("hf-weight", tuple(disc(one, _HEAD_OF_DUMBBELL_M, points=4) for one in ends), depth + 0.031, body=False))
    return pieces


def _nearest(who: Person, at: Floats) -> list[Side]:
    """The side whose hand holds what is at (frame, 3); both if it is as near to one as to the other."""
    away = {side: float(np.linalg.norm(who.at("hand", (0.0, 0.0, 0.0), side) - at, axis=-1).mean()) for side in Side}
    return [side for side in Side if away[side] < min(away.values()) + 0.05]


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
    look = "hf-cable" if spec.kind in (LoadKind.CABLE, LoadKind.MACHINE) else "hf-spring" if spec.kind is LoadKind.SPRING else "hf-band"
    pieces = []
    for k in range(len(at)):
        start, anchor = room[:, k], room[:, k] + pull[:, k]
        if anchor[0, 1] < 0.0 and (start[:, 1] > 0.0).all():  # fixed below the floor that one stands on
            anchor = start + (start[:, 1:2] / (start[:, 1:2] - anchor[:, 1:2])) * (anchor - start)
        a, b = who.camera.seen(start), who.camera.seen(anchor)
        length = np.linalg.norm(b - a, axis=-1, keepdims=True)
        far = bool(length.mean() > _ROPE_M)
        end = a + (b - a) * np.minimum(1.0, _ROPE_M / np.maximum(length, 1e-9)) if far else b
        depth = float(who.camera.depth(start).mean())
        if _joins(spec):
            depth = max(depth, _limb(who, at[k][0]))
        pieces.append(Piece(look, (line(a, end),), depth + 0.06, body=False))
        if _joins(spec):
            pieces += _loops(who, spec, at[k])
        if spec.anchor_place is None and not far and anchor[0, 1] > 0.15:
            ends = [who.camera.seen(anchor[:1] * np.array([1.0, tall, 1.0])) for tall in (1.05, 0.0)]
            pieces.append(Piece("hf-stand", (line(*ends),), _BEHIND, body=False))
    return pieces


def _joins(spec: LoadSpec) -> bool:
    """Whether a band goes from limb to limb."""
    return spec.kind is LoadKind.BAND and spec.anchor_place is not None


def _limb(who: Person, segment: str) -> float:
    """How near a leg is drawn; a band lies round it, so it is seen from wherever the leg is."""
    side = segment.partition(":")[2]
    return who.depth(f"thigh:{side}", f"lower_thigh:{side}") + _OVER if segment.startswith(("thigh", "shank", "foot")) else -np.inf


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
        depth = max(float(who.camera.depth(middle).mean()), _limb(who, segment)) + 0.03
        pieces.append(Piece("hf-loop", (line(seen - across, seen + across),), depth, body=False))
    return pieces


def _machine(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    """A foot plate at the soles, a sled before the hands, a roller on the skin elsewhere; a cable if it has an anchor."""
    if spec.anchor_m is not None:
        return _rope(who, spec, at, room, pull)
    seen = who.camera.seen
    depth = float(who.camera.depth(room).mean()) + 0.06
    way = pull / np.maximum(np.linalg.norm(pull, axis=-1, keepdims=True), 1e-9)
    if spec.at.startswith("sole"):
        up = who.where.rotation[:, who.where.segments.index(at[0][0]), :, 0]
        middle = room.mean(axis=1) - 0.035 * way[:, 0]
        return [Piece("hf-board", (line(*(seen(middle + far * up) for far in (-0.17, 0.17))),), depth, body=False)]
    if spec.at == "hands":
        top, front = room.mean(axis=1), -way.mean(axis=(0, 1))
        foot = top * [1.0, 0.0, 1.0] + [0.0, 0.07, 0.0]
        return [
            Piece("hf-stand", (line(seen(top), seen(foot)),), _BEHIND, body=False),
            Piece("hf-board", (line(seen(foot - 0.1 * front), seen(foot + 0.5 * front)),), _BEHIND + 0.1, body=False),
        ]
    off = [_SKIN_M.get(segment.partition(":")[0], 0.03) for segment, _ in at]
    return [Piece("hf-pad", (disc(seen(room[:, k] - (off[k] + 0.03) * way[:, k]), 0.04),), depth, body=False) for k in range(len(at))]


def _hand(who: Person, spec: LoadSpec, at: tuple[Point, ...], room: Floats, pull: Floats) -> list[Piece]:
    """Own hands round the limb if they pull it to the body; a helper's hand and forearm if it comes from where there is room."""
    if spec.anchor_place is not None:
        return [piece for k in range(len(at)) for piece in _grips(who, at[k], room[:, k], pull[:, k])]
    if not _from_a_helper(who, spec, room, pull):
        return []
    pieces = []
    for k, (segment, _) in enumerate(at):
        way = who.camera.seen(pull[:, k] / np.maximum(np.linalg.norm(pull[:, k], axis=-1, keepdims=True), 1e-9))
        skin = who.camera.seen(room[:, k]) - _SKIN_M.get(segment.partition(":")[0], 0.03) * way
        lean = _free_side(who, skin, way)
        across = lean * np.stack([-way[:, 1], way[:, 0]], axis=-1)
        bone = 0.64 * way - 0.77 * across  # the forearm comes at 50 degrees, so that it does not lie on the limb
        stations = ((0.4, 0.05), (0.14, 0.034), (0.07, 0.05), (0.025, 0.036))
        arm = tube([Balls((skin - far * bone)[:, None], np.array([thick])) for far, thick in stations], first_cap=0.1, last_cap=0.6)
        pieces.append(Piece("hf-helper", (arm,), float(who.camera.depth(room[:, k]).mean()) + 0.15, body=False))
    return pieces


def _free_side(who: Person, skin: Floats, way: Floats) -> float:
    """On which side of a push (1: left of its way, -1: right) less of the body is."""
    across = np.stack([-way[:, 1], way[:, 0]], axis=-1)
    body = who.camera.seen(who.ends_m).mean(axis=2)
    near = [np.linalg.norm(body - (skin - 0.25 * way + side * 0.25 * across)[:, None], axis=-1).min(axis=1).mean() for side in (1.0, -1.0)]
    return 1.0 if near[0] >= near[1] else -1.0


def _from_a_helper(who: Person, spec: LoadSpec, room: Floats, pull: Floats) -> bool:
    """Whether another person pushes: not the floor or a wall that the limb touches, not one's own other limb."""
    exercise, (segment, _) = who.motion.exercise, carried_at(who.motion.body, spec)[0]
    touched = any(one.segment == segment for one in who.motion.touches)
    pushes = [np.array(one.direction) for one in exercise.loads if one.kind is LoadKind.MANUAL and one.direction is not None]
    mutual = len(pushes) > 1 and float(np.linalg.norm(np.sum(pushes, axis=0))) < 1e-6
    way = pull / np.maximum(np.linalg.norm(pull, axis=-1, keepdims=True), 1e-9)
    return not touched and not mutual and float((room - 0.3 * way)[..., 1].min()) > 0.0


def _grips(who: Person, point: Point, room: Floats, pull: Floats) -> list[Piece]:
    """Both hands laid round a limb from the side away from the pull, the fingers towards the viewer."""
    segment, _ = point
    along = who.where.rotation[:, who.where.segments.index(segment), :, 1]
    way = pull / np.maximum(np.linalg.norm(pull, axis=-1, keepdims=True), 1e-9)
    across = way - np.einsum("fi,fi->f", way, along)[:, None] * along
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    depth = float(who.camera.depth(room).mean()) + 0.3
    pieces = []
    for shift in (0.0, 0.055):
        knuckles = [room + shift * along - far * across for far in (0.075, 0.035, -0.01)]
        hand = tube(
            [Balls(who.camera.seen(one)[:, None], np.array([thick])) for one, thick in zip(knuckles, (0.03, 0.032, 0.026), strict=True)]
        )
        pieces.append(Piece("hf-skin hf-arm", (hand,), depth - shift, body=False))
    return pieces


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
    LoadKind.MACHINE: _machine,
    LoadKind.MANUAL: _hand,
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


def _arrow(who: Person, spec: LoadSpec, start: Floats, pull: Floats, *, look: str = "hf-pull") -> Piece:
    """An arrow that leaves a point along its pull, or comes to it where something pushes."""
    way = who.camera.seen(pull / np.maximum(np.linalg.norm(pull, axis=-1, keepdims=True), 1e-9))
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    unit = way / np.maximum(length, 1e-9) * np.minimum(1.0, 3.0 * length)
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=-1)
    tail = who.camera.seen(start)
    if spec.kind is LoadKind.MANUAL and spec.anchor_place is not None:  # beside the arms, where the trunk is not
        tail = tail + _BESIDE_M * np.where(across[:, 1:2] > 0, 1.0, -1.0) * across + 0.03 * way
    elif spec.kind in (LoadKind.MANUAL, LoadKind.MACHINE) and spec.anchor_m is None:
        tail = tail - (ARROW_M + 0.06) * way
        if spec.kind is LoadKind.MANUAL and _from_a_helper(who, spec, start[:, None], pull[:, None]):
            tail = tail - 0.08 * way + 0.2 * _BESIDE_M * _free_side(who, who.camera.seen(start), way) * across
    tip = tail + ARROW_M * way
    barbs = [tip - _HEAD_M * unit + sign * 0.6 * _HEAD_M * across for sign in (1.0, -1.0)]
    return Piece(look, (line(tail, tip), line(barbs[0], tip, barbs[1])), _BEFORE, body=False)


def _ring(who: Person, middle: Floats, axis: Floats, radius: float) -> Outline:
    """A circle in the room round (frame, 3) middles, at right angles to its axis."""
    other = np.where(np.abs(axis[:, 1:2]) < 0.9, [0.0, 1.0, 0.0], [1.0, 0.0, 0.0])
    first = np.cross(axis, other)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(axis, first)
    turns = 2 * np.pi * (np.arange(8) + 0.5) / 8
    corners = [middle + radius / np.cos(np.pi / 8) * (np.cos(one) * first + np.sin(one) * second) for one in turns]
    return Outline(np.stack([who.camera.seen(one) for one in corners], axis=1))
