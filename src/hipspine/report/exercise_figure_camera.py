"""From where an exercise is seen, and why: the view that shows most of the movement, with the working side near.

Views are parallel projections. The working side is the near or the upper one; for the left as working side the view is mirrored, which is
where a person standing on the other side would look from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.exercises.exercise import Base, LoadKind
from hipspine.exercises.loading import carried_at
from hipspine.exercises.motion import Motion
from hipspine.exercises.places import carrying_point
from hipspine.mechanics.rigid import Placed, Point, Rigid, points
from hipspine.terms import Floats, Side

AUTO = "auto"
_DEGREES = {  # round the vertical from the right side towards the front; up; liking of the view where nothing else decides
    "side": (0.0, 0.0, 1.0),
    "front": (90.0, 0.0, 0.8),
    "back": (-90.0, 0.0, 0.9),
    "three-quarter-front": (38.0, 9.0, 0.8),
    "three-quarter-back": (-38.0, 9.0, 0.84),
    "side-from-above": (-14.0, 24.0, 0.77),
    "three-quarter-from-above": (15.0, 30.0, 0.92),
    "front-from-above": (66.0, 28.0, 0.72),
    "back-from-above": (-66.0, 28.0, 0.8),
    "front-from-high": (90.0, 52.0, 0.75),
    "back-from-high": (-90.0, 52.0, 0.77),
}
VIEWS = tuple(_DEGREES)
_LATERAL, _PULLS, _AWAY = (
    0.6,
    0.65,
    0.6,
)  # what it costs to hide legs apart, a line of pull, a thigh behind the pelvis or a load behind the trunk
_LOW = (Base.SUPINE, Base.PRONE, Base.SIDE)
_HEAD_DOWN = 0.6  # a view in which the person seems to stand on the head
_DEEP_M, _WIDE_M = 0.08, 0.16  # a load so far behind the spine and so near to it in the picture is covered; drawn, not measured
_STRAIGHT_M = (0.12, 0.08)  # knees and feet so far beside the hips are usual: standing, lying
_BUTTOCK: Vector = (-0.8, -0.1, 0.55)  # which way the right gluteus maximus faces, in the pelvis; drawn, not measured


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A parallel view."""

    name: str
    axes: Floats  # (3, 3) rows: picture's right, picture's up, towards the viewer; in the room

    def seen(self, at: Floats) -> Floats:
        """(..., 2) where points (..., 3) of the room are in the picture."""
        return np.asarray(at @ self.axes[:2].T)

    def depth(self, at: Floats) -> Floats:
        """(...) how near points are."""
        return np.asarray(at @ self.axes[2])


def camera(name: str, side: Side) -> Camera:
    """A view by its name; ``side`` is the working side.

    Raises:
        ModelError: there is no such view.

    >>> camera("side", Side.RIGHT).axes[2].round(3).tolist()  # the viewer stands at the right
    [0.0, 0.0, 1.0]
    """
    if name not in _DEGREES:
        raise ModelError(f"the view is {name!r}; give {AUTO}, {', '.join(VIEWS)}.")
    round_, up, _ = np.radians(_DEGREES[name])
    towards = np.array([np.cos(up) * np.sin(round_), np.sin(up), np.cos(up) * np.cos(round_)])
    right = np.array([np.cos(round_), 0.0, -np.sin(round_)])
    axes = np.stack([right, np.cross(towards, right), towards])
    if side is Side.LEFT:
        axes = axes * [1.0, 1.0, -1.0] * np.array([[-1.0], [1.0], [1.0]])
    return Camera(name, np.round(axes, 12) + 0.0)


def best(motion: Motion, rigid: Rigid, where: Placed) -> Camera:
    """The view in which the movement shows most, limbs cover each other least and the working gluteus is to be seen."""
    found = scores(motion, rigid, where)
    return camera(max(found, key=lambda name: found[name]), motion.side)


def scores(motion: Motion, rigid: Rigid, where: Placed) -> Mapping[str, float]:
    """How much each view shows, 0 to 1."""
    at = points(rigid, where, _joints(motion.side))
    moves = at - at.mean(axis=(0, 1), keepdims=True)
    pelvis = where.rotation[:, rigid.segment("pelvis")]
    mirror = np.array([1.0, 1.0, 1.0 if motion.side is Side.RIGHT else -1.0])
    faces = pelvis @ (np.array(_BUTTOCK) * mirror)
    spine = points(rigid, where, [("thorax", (0.0, 0.35, 0.0)), ("pelvis", (0.0, 0.0, 0.0))])
    back = spine[:, 0] - spine[:, 1]
    back /= np.linalg.norm(back, axis=-1, keepdims=True)
    walls = [np.array(one.normal) for one in motion.exercise.surfaces.values() if one.kind == "wall"]
    upright = motion.exercise.base not in _LOW
    lying = motion.exercise.base is Base.SIDE
    short = 0.0 if lying else 0.3 if upright else 0.15  # so much shorter than it is a trunk may look
    thigh = at[:, 1] - at[:, 0]
    aside = pelvis[:, :, 2].mean(axis=0)
    carried = [points(rigid, where, carried_at(motion.body, one)) for one in motion.exercise.loads]
    beside, pulls = _beside(rigid, where, narrow=not upright), _pulls(motion, rigid, where)
    found = {}
    for name in VIEWS:
        view = camera(name, motion.side)
        long = np.linalg.norm(view.seen(back), axis=-1)
        hidden = any(view.axes[2] @ wall < -0.3 for wall in walls)  # from behind the wall
        score = _score(view, moves, at, faces) * _DEGREES[name][2]
        score *= 1.0 - _LATERAL * beside * abs(float(view.axes[2] @ aside)) ** 4
        score *= 1.0 - _PULLS * (1.0 - _seen(view, pulls))
        if upright:  # from above a standing person is short
            score *= float(view.axes[1, 1]) ** 1.7
        if view.axes[1, 1] < 0.95 and float(view.seen(back)[:, 1].mean()) < -0.3:
            score *= _HEAD_DOWN
        score *= 1.0 - _AWAY * _covered(view, where, rigid, carried)
        if lying and view.axes[2, 0] > 0.3:  # from the front: lying on the side one shows the back to the room, as in the other clams
            score *= 0.9
        if lying and view.axes[1, 1] > 0.95:  # a thigh that points away is hidden by the pelvis
            score *= 1.0 - _AWAY * float(np.clip(-(thigh @ view.axes[2]) / np.linalg.norm(thigh, axis=-1), 0.0, 1.0).mean())
        found[name] = score * min(1.0, short + float(long.mean())) * (0.3 if hidden else 1.0)
    return found


def _beside(rigid: Rigid, where: Placed, *, narrow: bool) -> float:
    """How much the posture is apart or crossed: 0 with knees and feet before the hips, 1 with one of them a hand's length beside."""
    names = [f"{part}:{side}" for side in (Side.RIGHT, Side.LEFT) for part in ("thigh", "shank", "foot")]
    at = points(rigid, where, [(name, (0.0, 0.0, 0.0)) for name in names]).reshape(-1, 2, 3, 3)
    across = np.einsum("fspi,fi->fsp", at - at[:, :, :1], where.rotation[:, rigid.segment("pelvis"), :, 2])
    return float(np.clip((np.abs(across).max() - _STRAIGHT_M[narrow]) / 0.15, 0.0, 1.0))


def _pulls(motion: Motion, rigid: Rigid, where: Placed) -> list[Floats]:
    """(frame, 3) lines of pull of cables, springs, and bands, also between two limbs."""
    found = []
    for one in motion.exercise.loads:
        start = points(rigid, where, carried_at(motion.body, one)).mean(axis=1)
        if one.anchor_m is not None:
            found.append(np.array(one.anchor_m) - start)
        elif one.anchor_place is not None and one.kind is LoadKind.BAND:
            place, _, side = one.anchor_place.partition(":")
            found.append(points(rigid, where, [carrying_point(motion.body, place, Side(side) if side else None)])[:, 0] - start)
    return found


def _seen(view: Camera, ways: list[Floats]) -> float:
    """Share of lines that is not along the line of sight, the least of all; 1 without any."""
    shares = (np.linalg.norm(view.seen(way), axis=-1) / np.maximum(np.linalg.norm(way, axis=-1), 1e-9) for way in ways)
    return min((float(share.mean()) for share in shares), default=1.0)


def _covered(view: Camera, where: Placed, rigid: Rigid, carried: list[Floats]) -> float:
    """Share of the moments in which the trunk stands between the viewer and all of a load, (frame, point, 3) each; the most of all."""
    ends = points(rigid, where, [("pelvis", (0.0, -0.05, 0.0)), ("thorax", (0.0, 0.35, 0.0))])
    foot, spine = view.seen(ends[:, :1]), view.seen(ends[:, 1:]) - view.seen(ends[:, :1])
    long = np.maximum((spine**2).sum(axis=-1, keepdims=True), 1e-9)
    most = 0.0
    for at in carried:
        share = np.clip(((view.seen(at) - foot) * spine).sum(axis=-1, keepdims=True) / long, 0.0, 1.0)
        beside = np.linalg.norm(view.seen(at) - foot - share * spine, axis=-1)
        behind = view.depth(at) < view.depth(ends).mean(axis=1, keepdims=True) - _DEEP_M
        most = max(most, float((behind & (beside < _WIDE_M)).all(axis=1).mean()))
    return most


def _score(view: Camera, moves: Floats, at: Floats, faces: Floats) -> float:
    shown = _path(view.seen(at)) / max(_path(at), 1e-6) if _path(at) > 0.05 else 1.0
    flat = view.seen(moves)
    spread = np.sqrt(np.linalg.det(np.einsum("fpi,fpj->fij", flat, flat) / flat.shape[1])).mean()
    solid = np.linalg.eigvalsh(np.einsum("fpi,fpj->fij", moves, moves) / moves.shape[1])
    room = np.sqrt(solid[:, 1] * solid[:, 2]).mean()  # the most that any view could show
    visible = float(np.clip((faces @ view.axes[2]).mean() + 0.2, 0.0, 0.6) / 0.6)
    return float(0.6 * shown + 0.17 * spread / max(room, 1e-9) + 0.23 * visible)


def _path(at: Floats) -> float:
    """How far all points go together."""
    return float(np.linalg.norm(np.diff(at, axis=0), axis=-1).sum())


def _joints(side: Side) -> list[Point]:
    own, other = side, side.other
    origin: Vector = (0.0, 0.0, 0.0)
    limbs = [f"{limb}:{one}" for one in (own, other) for limb in ("thigh", "shank", "foot", "upper_arm", "forearm", "hand")]
    toes: list[Point] = [(f"foot:{one}", (0.18, -0.05, 0.0)) for one in (own, other)]
    return [*((name, origin) for name in limbs), *toes, ("pelvis", origin), ("thorax", (0.0, 0.4, 0.0))]
