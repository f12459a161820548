"""From where an exercise is seen, and why: the view that shows most of the movement, with the working side near.

Views are parallel projections. The working side is the near or the upper one; for the left as working side the view is mirrored, which is
where a person standing on the other side would look from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.exercises.motion import Motion
from hipspine.mechanics.rigid import Placed, Point, Rigid, points
from hipspine.terms import Floats, Side

AUTO = "auto"
_DEGREES = {  # round the vertical from the right side towards the front; up; liking of the view where nothing else decides
    "side": (0.0, 0.0, 1.0),
    "front": (90.0, 0.0, 0.86),
    "back": (-90.0, 0.0, 0.9),
    "three-quarter-front": (38.0, 9.0, 0.83),
    "three-quarter-back": (-38.0, 9.0, 0.85),
    "side-from-above": (-14.0, 24.0, 0.8),
    "front-from-above": (66.0, 28.0, 0.72),
    "back-from-above": (-66.0, 28.0, 0.76),
}
VIEWS = tuple(_DEGREES)
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
    at = points(rigid, where, _joints(motion.side))
    moves = at - at.mean(axis=(0, 1), keepdims=True)
    pelvis = where.rotation[:, rigid.segment("pelvis")]
    mirror = np.array([1.0, 1.0, 1.0 if motion.side is Side.RIGHT else -1.0])
    faces = pelvis @ (np.array(_BUTTOCK) * mirror)
    spine = points(rigid, where, [("thorax", (0.0, 0.35, 0.0)), ("pelvis", (0.0, 0.0, 0.0))])
    walls = [np.array(one.normal) for one in motion.exercise.surfaces.values() if one.kind == "wall"]
    scores = {}
    for name in VIEWS:
        view = camera(name, motion.side)
        long = np.linalg.norm(view.seen(spine[:, 0] - spine[:, 1]), axis=-1) / np.linalg.norm(spine[:, 0] - spine[:, 1], axis=-1)
        hidden = any(view.axes[2] @ wall < -0.3 for wall in walls)  # from behind the wall
        score = _score(view, moves, at, faces) * _DEGREES[name][2]
        scores[name] = score * min(1.0, 0.3 + float(long.mean())) * (0.3 if hidden else 1.0)
    return camera(max(scores, key=lambda name: scores[name]), motion.side)


def _score(view: Camera, moves: Floats, at: Floats, faces: Floats) -> float:
    shown = _path(view.seen(at)) / max(_path(at), 1e-6) if _path(at) > 0.05 else 1.0
    flat = view.seen(moves)
    spread = np.sqrt(np.linalg.det(np.einsum("fpi,fpj->fij", flat, flat) / flat.shape[1])).mean()
    solid = np.linalg.eigvalsh(np.einsum("fpi,fpj->fij", moves, moves) / moves.shape[1])
    room = np.sqrt(solid[:, 1] * solid[:, 2]).mean()  # the most that any view could show
    visible = float(np.clip((faces @ view.axes[2]).mean() + 0.2, 0.0, 0.6) / 0.6)
    return float(0.65 * shown + 0.2 * spread / max(room, 1e-9) + 0.15 * visible)


def _path(at: Floats) -> float:
    """How far all points go together."""
    return float(np.linalg.norm(np.diff(at, axis=0), axis=-1).sum())


def _joints(side: Side) -> list[Point]:
    own, other = side, side.other
    origin: Vector = (0.0, 0.0, 0.0)
    limbs = [f"{limb}:{one}" for one in (own, other) for limb in ("thigh", "shank", "foot", "upper_arm", "forearm", "hand")]
    toes: list[Point] = [(f"foot:{one}", (0.18, -0.05, 0.0)) for one in (own, other)]
    return [*((name, origin) for name in limbs), *toes, ("pelvis", origin), ("thorax", (0.0, 0.4, 0.0))]


def names() -> Mapping[str, str]:
    """Each view in words."""
    return {
        "side": "from the side",
        "front": "from the front",
        "back": "from behind",
        "three-quarter-front": "from the side and somewhat in front",
        "three-quarter-back": "from the side and somewhat behind",
        "side-from-above": "from the side, somewhat behind and above",
        "front-from-above": "from the front and above",
        "back-from-above": "from behind and above",
    }
