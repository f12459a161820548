"""The person in a figure: limbs, clothes, head, and the muscles that work, tinted by what the exercise asks of them.

Everything follows the capsules of `hipspine.exercises.shape` and the motion; where muscles lie on the skin is drawn, not measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.exercises.motion import Motion
from hipspine.exercises.shape import Capsule, ends, radii, shape
from hipspine.mechanics.rigid import Placed, Rigid, points
from hipspine.report.exercise_figure_camera import Camera
from hipspine.report.exercise_figure_pieces import Balls, Outline, Piece, curve, disc, spindle, tube
from hipspine.terms import Floats, Side

SHOWN_FROM = 0.3  # share of capacity from which a muscle other than gluteus maximus is drawn
_FAR_M = 0.1  # a limb so much farther than that of the other side is drawn paler
_ORIGIN: tuple[Vector, ...] = ((-0.105, 0.075, 0.1), (-0.15, 0.045, 0.058), (-0.175, -0.015, 0.026), (-0.178, -0.095, 0.018))  # pelvis
_INSERTION: tuple[Vector, ...] = ((0.0, 0.0, 0.09), (-0.022, -0.055, 0.088), (-0.052, -0.11, 0.07), (-0.078, -0.15, 0.03))  # thigh
_CORE: Vector = (-0.05, -0.045, 0.045)  # pelvis; the belly lies round it
_ROUND_M = 0.125
_BELLIES: Mapping[
    str, tuple[Vector, tuple[tuple[str, Vector, float], ...]]
] = {  # way it faces in the first segment; segment, middle, radius
    "gluteus_medius": (
        (0.0, 0.2, 1.0),
        (("pelvis", (-0.055, 0.075, 0.12), 0.042), ("pelvis", (-0.055, 0.015, 0.15), 0.03), ("thigh", (-0.008, 0.005, 0.085), 0.012)),
    ),
    "hamstrings": (
        (-1.0, 0.0, 0.35),
        (("thigh", (-0.055, -0.13, 0.01), 0.018), ("thigh", (-0.052, -0.22, 0.015), 0.026), ("thigh", (-0.035, -0.36, 0.02), 0.014)),
    ),
    "quadriceps": (
        (1.0, 0.0, 0.35),
        (("thigh", (0.05, -0.09, 0.01), 0.018), ("thigh", (0.047, -0.22, 0.012), 0.032), ("thigh", (0.03, -0.36, 0.005), 0.018)),
    ),
    "erector_spinae": (
        (-1.0, 0.0, 0.25),
        (("pelvis", (-0.14, 0.045, 0.025), 0.014), ("L3", (-0.056, 0.0, 0.032), 0.022), ("thorax", (-0.055, 0.12, 0.036), 0.014)),
    ),
    "latissimus_dorsi": (
        (-0.8, 0.0, 0.6),
        (("L3", (-0.06, 0.02, 0.05), 0.014), ("thorax", (-0.045, 0.06, 0.12), 0.036), ("upper_arm", (-0.01, -0.05, -0.02), 0.014)),
    ),
}
_MOST_BELLIES = 2  # beside gluteus maximus, whom the picture is about
_OVER = 1e-3  # shorts lie over the skin
_ARM = ("upper_arm", "lower_upper_arm", "forearm", "wrist")
_HAIR = np.array([-0.72, 0.69, 0.0])
_FACE = np.array([1.0, -0.12, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A body in motion as one camera sees it."""

    motion: Motion
    rigid: Rigid
    where: Placed
    camera: Camera
    capsules: tuple[Capsule, ...]
    ends_m: Floats  # (frame, capsule, 2, 3) in the room; fingers and toes lie on what they touch
    radii_m: Floats  # (capsule, 2)
    head: Floats  # (frame, 3, 3) from the head's axes to the room's

    @classmethod
    def of(cls, motion: Motion, rigid: Rigid, where: Placed, camera: Camera) -> "Person":
        """Make ready."""
        capsules = shape(motion.body)
        at, size = ends(capsules, where), radii(capsules)
        for side in Side:
            _lay(motion, where, capsules, at, f"toes:{side}", f"foot:{side}", 0.019)
            for name in ("hand", "fingers"):
                _lay(motion, where, capsules, at, f"{name}:{side}", f"hand:{side}", 0.02)
        return cls(motion, rigid, where, camera, capsules, at, size, _lay_head(where, capsules, at, size))

    @property
    def level(self) -> bool:
        """Whether the floor is seen as a line."""
        return bool(self.camera.axes[1, 1] > 0.999)

    def balls(self, *which: tuple[str, int]) -> Balls:
        """Some ends of capsules as a station: name, and 0 for the start or 1 for the end."""
        index = [next(k for k, one in enumerate(self.capsules) if one.name == name) for name, _ in which]
        end = [number for _, number in which]
        return Balls(self.camera.seen(self.ends_m[:, index, end]), self.radii_m[index, end])

    def depth(self, *names: str) -> float:
        """How near some capsules are, on average over the repetition."""
        index = [k for k, one in enumerate(self.capsules) if one.name in names]
        return float(self.camera.depth(self.ends_m[:, index]).mean())

    def at(self, segment: str, point: Vector, side: Side) -> Floats:
        """(frame, 3) a point given for the right side, on one side."""
        x, y, z = (float(one) for one in point)
        sided = segment in ("thigh", "shank", "foot", "upper_arm", "forearm", "hand")
        name = f"{segment}:{side}" if sided else segment
        return points(self.rigid, self.where, [(name, (x, y, z if side is Side.RIGHT else -z))])[:, 0]


def person(who: Person, demand: Mapping[str, float]) -> list[Piece]:
    """All pieces of the person."""
    trunk = who.depth("chest:right", "chest:left", "seat:right", "seat:left")
    pieces = [*_trunk(who, trunk), *_head(who, trunk)]
    for side in Side:
        pieces += [*_leg(who, side), *_arm(who, side)]
    both = not who.motion.exercise.unilateral
    for side in Side:
        if both or side is who.motion.side:
            pieces += _muscles(who, side, demand, trunk)
    return pieces


def level(share: float) -> int:
    """Step of the demand ramp, 0 to 4, for fifths of capacity.

    >>> [level(share) for share in (0.0, 0.19, 0.2, 0.55, 1.3)]
    [0, 0, 1, 2, 4]
    """
    return int(min(max(share * 5.0 + 1e-9, 0.0), 4.0))


def _lay(motion: Motion, where: Placed, capsules: Sequence[Capsule], at: Floats, name: str, segment: str, radius: float) -> None:
    """Bend fingers or toes so that they lie on the plane that their segment touches; between contacts on the floor, if they reach it."""
    index = next(k for k, one in enumerate(capsules) if one.name == name)
    before = next((k for k, one in enumerate(capsules) if one.name == name.replace("fingers", "hand")), index)
    forward = where.rotation[:, where.segments.index(segment)] @ np.array([1.0, 0.0, 0.0])
    planes = [
        (np.array(touch.normal), motion.exercise.surfaces[contact.surface].offset_m, active)
        for touch, contact, active in zip(motion.touches, motion.contacts, motion.active.T, strict=True)
        if touch.segment == segment and contact.place not in ("grip", "top_of_foot")
    ]
    mine = [k for k, touch in enumerate(motion.touches) if touch.segment == segment]
    planes.append((np.array([0.0, 1.0, 0.0]), 0.0, ~motion.active[:, mine].any(axis=1)))
    for normal, offset, on in planes:
        if before != index:
            at[on, index] += (at[on, before, 1] - at[on, index, 0])[:, None]
        bone = at[:, index, 1] - at[:, index, 0]
        length = np.linalg.norm(bone, axis=-1)
        room = (at[:, index, 0] @ normal) - offset - radius
        down = np.clip(-(bone @ normal), -length, np.clip(room, 0.0, length))
        flat_way = bone - np.outer(bone @ normal, normal)
        flat_way = np.where(
            np.linalg.norm(flat_way, axis=-1, keepdims=True) > 0.4 * length[:, None], flat_way, forward - np.outer(forward @ normal, normal)
        )
        flat_way /= np.maximum(np.linalg.norm(flat_way, axis=-1, keepdims=True), 1e-9)
        tip = at[:, index, 0] - down[:, None] * normal + np.sqrt(np.maximum(length**2 - down**2, 0.0))[:, None] * flat_way
        below = (at[:, index, 1] @ normal) - offset < radius - 1e-3
        at[on & below, index, 1] = tip[on & below]


def _lay_head(where: Placed, capsules: Sequence[Capsule], at: Floats, size: Floats) -> Floats:
    """Bend the neck, which the body does not have, so that the head does not sink into the floor; (frame, 3, 3) the head's axes."""
    turn = where.rotation[:, where.segments.index("thorax")]
    neck, jaw, skull = (next(k for k, one in enumerate(capsules) if one.name == name) for name in ("neck", "jaw", "skull"))
    base = at[:, neck, 0].copy()
    bone = at[:, skull, 1] - base
    long = np.linalg.norm(bone, axis=-1)
    flat = bone * np.array([1.0, 0.0, 1.0])
    flat /= np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-9)
    up = np.clip(np.maximum(bone[:, 1], size[skull, 1] - base[:, 1]), -long, long)
    laid = np.sqrt(np.maximum(long**2 - up**2, 0.0))[:, None] * flat + up[:, None] * np.array([0.0, 1.0, 0.0])
    bend = np.where((up > bone[:, 1] + 1e-6)[:, None, None], _turning(bone / long[:, None], laid / long[:, None]), np.eye(3))
    for k, end in ((neck, 1), (jaw, 0), (jaw, 1), (skull, 0), (skull, 1)):
        at[:, k, end] = base + np.einsum("fij,fj->fi", bend, at[:, k, end] - base)
    return np.asarray(bend @ turn)


def _turning(a: Floats, b: Floats) -> Floats:
    """(frame, 3, 3) the smallest rotation from unit vectors a to b, which do not point against each other."""
    axis = np.cross(a, b)
    cosine = np.einsum("fi,fi->f", a, b)
    x, y, z = axis.T
    o = np.zeros_like(x)
    cross = np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], axis=1)
    return np.asarray(np.eye(3) + cross + cross @ cross / np.maximum(1.0 + cosine, 1e-6)[:, None, None])


def _trunk(who: Person, depth: float) -> list[Piece]:
    both = [(f"{{}}:{side}", side) for side in Side]

    def pair(name: str, end: int) -> Balls:
        return who.balls(*((form.format(name), end) for form, _ in both))

    shirt = tube([pair("waist", 0), pair("waist", 1), pair("chest", 0), pair("shoulder", 1)], first_cap=0.4, last_cap=1.15)
    seat = tube([pair("pelvis", 0), pair("pelvis", 1), pair("seat", 1)], first_cap=0.35, last_cap=0.98)
    return [Piece("hf-shirt", (shirt,), depth), Piece("hf-shorts", (seat,), _seat(who, depth) + _OVER)]


def _seat(who: Person, trunk: float) -> float:
    """How near the seat is drawn: as the trunk, or as the nearer of two legs far apart."""
    legs = [who.depth(f"thigh:{side}", f"lower_thigh:{side}") for side in Side]
    return max(legs) if abs(legs[0] - legs[1]) > _FAR_M else trunk


def _head(who: Person, trunk: float) -> list[Piece]:
    turn = who.head
    skull = who.balls(("skull", 1))
    face = who.camera.seen(turn @ _FACE)
    down = who.camera.seen(turn @ np.array([0.0, -1.0, 0.0]))
    tip = skull.centre_m + 0.11 * face
    nose = Outline(np.stack([skull.centre_m + 0.05 * face - 0.04 * down, tip, skull.centre_m + 0.05 * face + 0.05 * down], axis=1))
    neck = tube([who.balls(("neck", 0)), who.balls(("jaw", 0))], first_cap=0.9, last_cap=1.25)
    middle = disc(skull.centre_m, float(skull.radius_m[0]))
    depth = trunk - 1e-3
    hair = _cap(skull.centre_m, float(skull.radius_m[0]) * 1.05, (turn @ _HAIR) @ who.camera.axes.T)
    return [Piece("hf-skin", (neck, middle, nose), depth), Piece("hf-hair", (hair,), depth + 5e-4)]


def _cap(centre: Floats, radius: float, way: Floats) -> Outline:
    """The half of a ball on the side of ``way`` (frame, 3: right, up, towards the viewer), as far as it is seen."""
    flat = np.linalg.norm(way[:, :2], axis=-1, keepdims=True)
    u = np.where(flat > 1e-3, way[:, :2] / np.maximum(flat, 1e-3), [0.0, 1.0])
    v = np.stack([u[:, 1], -u[:, 0]], axis=-1)
    bend = -way[:, 2:3]
    corners = [(np.sin(a), np.cos(a)) for a in np.radians((-60.0, 0.0, 60.0))]
    edge = [1.155 * radius * (across * v + along * u) for across, along in corners]
    inner = [radius * (0.9 * v + 0.35 * bend * u), radius * 1.15 * bend * u, radius * (-0.9 * v + 0.35 * bend * u)]
    return Outline(np.stack([centre + one for one in (*edge, *inner)], axis=1))


def _leg(who: Person, side: Side) -> list[Piece]:
    def ball(name: str, end: int) -> Balls:
        return who.balls((f"{name}:{side}", end))

    depth, other = (who.depth(f"thigh:{one}", f"lower_thigh:{one}") for one in (side, side.other))
    pale = _pale(who, side, depth - other)
    thigh = tube([ball("thigh", 0), ball("thigh", 1), ball("lower_thigh", 1)])
    shank = tube([ball("calf", 0), ball("calf", 1), ball("lower_shank", 1)])
    hip, middle = ball("thigh", 0), ball("thigh", 1)
    hem = Balls(0.05 * hip.middle_m + 0.95 * middle.middle_m, middle.radius_m * 1.05)
    shorts = tube([Balls(hip.middle_m, hip.radius_m * 1.02), hem], first_cap=1.3, last_cap=0.35)
    shoe = tube([ball("heel", 1), who.balls((f"inner_foot:{side}", 1), (f"outer_foot:{side}", 1), (f"instep:{side}", 1)), ball("toes", 1)])
    nearer = who.depth(f"calf:{side}", f"lower_shank:{side}", f"toes:{side}")
    return [
        Piece(f"hf-skin{pale}", (thigh, shank), depth, limb=True),
        Piece(f"hf-shorts{pale}", (shorts,), depth + (1e-4 if pale else _OVER)),
        Piece(f"hf-shoe{pale}", (shoe,), max(depth + 2e-4, nearer) if not pale else depth + 2e-4),
    ]


def _arm(who: Person, side: Side) -> list[Piece]:
    def ball(name: str, end: int) -> Balls:
        return who.balls((f"{name}:{side}", end))

    depth, other = (who.depth(*(f"{part}:{one}" for part in _ARM)) for one in (side, side.other))
    pale = _pale(who, side, depth - other)
    upper = tube([ball("upper_arm", 0), ball("lower_upper_arm", 1)], last_cap=1.25)
    lower = tube([ball("forearm", 0), ball("wrist", 1), ball("fingers", 1)], last_cap=1.4)
    sleeve = tube([Balls(ball("upper_arm", 0).middle_m, ball("upper_arm", 0).radius_m * 1.12), ball("upper_arm", 1)], last_cap=0.3)
    return [
        Piece(f"hf-skin{pale} hf-arm", (upper, lower), depth, limb=True),
        Piece(f"hf-shirt{pale}", (sleeve,), depth + 1e-4),
    ]


def _pale(who: Person, side: Side, nearer: float) -> str:
    """The class's ending for a limb of the side that does not work; where both work, for one behind its fellow."""
    if who.motion.exercise.unilateral:
        return " hf-far" if side is not who.motion.side else ""
    return " hf-far" if nearer < -_FAR_M else ""


def _muscles(who: Person, side: Side, demand: Mapping[str, float], trunk: float) -> list[Piece]:
    leg = who.depth(f"thigh:{side}", f"lower_thigh:{side}")
    top = max(leg, trunk, _seat(who, trunk)) + 2e-3
    found: list[Piece] = []
    others = sorted((muscle for muscle in _BELLIES if demand.get(muscle, 0.0) >= SHOWN_FROM), key=lambda one: (-demand[one], one))
    for muscle in others[:_MOST_BELLIES]:
        share, (faces, stations) = demand[muscle], _BELLIES[muscle]
        if not _faces_viewer(who, stations[0][0], faces, side):
            continue
        a, m, b = (who.camera.seen(who.at(segment, middle, side)) for segment, middle, _ in stations)
        along = (b - a) / np.maximum(np.linalg.norm(b - a, axis=-1, keepdims=True), 1e-9)
        across = 2.0 * stations[1][2] * np.stack([-along[:, 1], along[:, 0]], axis=-1)
        found.append(Piece(f"hf-m hf-m{level(share)}", (spindle(a, m, b, across),), top))
    return found + _gluteus(who, side, demand, top + 1e-3)


def _gluteus(who: Person, side: Side, demand: Mapping[str, float], depth: float) -> list[Piece]:
    """Gluteus maximus by region with its fibres, where its side of the body is to be seen."""
    if not _faces_viewer(who, "pelvis", (-0.8, -0.1, 0.55), side):
        return []
    first, last = (
        np.stack([who.at(name, one, side) for one in edge], axis=1) for name, edge in (("pelvis", _ORIGIN), ("thigh", _INSERTION))
    )
    core = who.at("pelvis", _CORE, side)[:, None]
    out = (first + last) / 2 - core
    far = np.linalg.norm(out, axis=-1, keepdims=True)
    middle = core + out / np.maximum(far, 1e-9) * np.maximum(far, _ROUND_M)
    a, m, b = (who.camera.seen(one) for one in (first, middle, last))
    pieces = []
    for k, region in enumerate(("upper", "middle", "lower")):
        share = demand.get(f"gluteus_maximus/{region}", demand.get("gluteus_maximus"))
        look = "hf-m0" if share is None else f"hf-m{level(share)}"
        inner = [(one[:, k] + one[:, k + 1]) / 2 for one in (a, m, b)]
        belly = spindle(inner[0], inner[1], inner[2], 0.9 * (m[:, k] - m[:, k + 1]))
        fibre = curve(0.75 * inner[0] + 0.25 * inner[1], inner[1], 0.75 * inner[2] + 0.25 * inner[1])
        pieces.append(Piece(f"hf-m {look}", (belly, fibre), depth))
    return pieces


def _faces_viewer(who: Person, segment: str, faces: Vector, side: Side) -> bool:
    turn = who.where.rotation[:, who.where.segments.index(f"{segment}:{side}" if segment == "thigh" else segment)]
    way = turn @ (np.array(faces) * [1.0, 1.0, 1.0 if side is Side.RIGHT else -1.0])
    return float(who.camera.depth(way).mean()) > 0.12 * float(np.linalg.norm(faces))
