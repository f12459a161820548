"""The same lines as spatial tendons of MuJoCo: straight ones, and those of one hip with the surfaces of a model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Course, Joint, MuscleLine, Shape, Wrap
from hipspine.mechanics.paths.layout import turned
from hipspine.terms import Floats

_LONG_M = 5.0  # half a cylinder's length in MuJoCo, whose cylinders wrap without end in any case


@dataclass(frozen=True, slots=True)
class Hip:
    """One joint of three rotations, and the lines that touch nothing but its two segments."""

    joint: Joint
    lines: tuple[MuscleLine, ...]
    wraps: tuple[Wrap, ...]


def hip_of(body: BodyModel) -> Hip | None:
    """The ball joint with most lines between its two segments; None where no joint is one.

    Left out: lines that turn over a surface elsewhere than between the two segments, or over a surface that MuJoCo does not have.
    """
    surfaces = {wrap.name: wrap for wrap in body.wraps}
    found = []
    for joint in body.joints:
        if _is_ball(joint):
            lines = tuple(line for line in body.lines if _fits(line, joint, surfaces))
            found.append(Hip(joint, lines, tuple(surfaces[name] for name in dict.fromkeys(u.wrap for x in lines for u in x.wraps))))
    return max((hip for hip in found if hip.lines), key=lambda hip: len(hip.lines), default=None)


def _is_ball(joint: Joint) -> bool:
    turning = [motion for motion in joint.motions if motion.is_rotation and motion.coordinate is not None]
    still = [motion for motion in joint.motions if motion.coordinate is None]
    plain = all(m.course.course is Course.LINEAR and m.course.values == (1.0, 0.0) and m.course.factor == 1.0 for m in turning)
    return len(turning) == 3 and plain and len(turning) + len(still) == len(joint.motions) and all(_is_zero(m.course) for m in still)


def _is_zero(curve: Any) -> bool:
    return curve.course is Course.CONSTANT and curve.factor * curve.values[0] == 0.0


def _fits(line: MuscleLine, joint: Joint, surfaces: dict[str, Wrap]) -> bool:
    places = [point.segment for point in line.points]
    crossings = [k for k, (a, b) in enumerate(pairwise(places)) if a != b]
    if set(places) != {joint.parent, joint.child} or len(crossings) != 1 or len(line.wraps) > 1:
        return False
    if any(point.only is not None or point.moves is not None for point in line.points):
        return False
    return all(
        surfaces[use.wrap].segment in (joint.parent, joint.child)
        and surfaces[use.wrap].shape in (Shape.CYLINDER, Shape.SPHERE)
        and (use.first or 1) - 1 <= crossings[0] < (use.last or len(places)) - 1
        for use in line.wraps
    )


def alone(body: BodyModel, hip: Hip) -> BodyModel:
    """The body with these lines only; each surface is offered to the stretch between the two segments alone, as it is in MuJoCo."""
    lines = []
    for line in hip.lines:
        at = 1 + next(k for k, point in enumerate(line.points) if point.segment != line.points[0].segment)
        lines.append(replace(line, wraps=tuple(replace(use, first=at - 1, last=at) for use in line.wraps)))
    return replace(body, lines=tuple(lines), wraps=hip.wraps, fields=())


def mjcf(body: BodyModel, joint: Joint) -> str:
    """The two segments, their lines and surfaces; the parent stands still."""
    sites: dict[str, list[str]] = {joint.parent: [], joint.child: []}
    tendons = []
    surfaces = {wrap.name: wrap for wrap in body.wraps}
    numbers = {name: k for k, name in enumerate(surfaces)}
    for name, wrap in surfaces.items():
        sites[wrap.segment] += _surface(numbers[name], wrap)
    for j, line in enumerate(body.lines):
        steps = []
        for k, point in enumerate(line.points, start=1):
            sites[point.segment].append(f'<site name="p{j}.{k}" pos="{_numbers(point.position_m)}"/>')
            steps.append(f'<site site="p{j}.{k}"/>')
            for use in line.wraps:
                if use.first == k:
                    side = f' sidesite="s{numbers[use.wrap]}"' if surfaces[use.wrap].quadrant.lower() in _SIDES else ""
                    steps.append(f'<geom geom="w{numbers[use.wrap]}"{side}/>')
        tendons.append(f'<spatial name="l{j}">{"".join(steps)}</spatial>')
    axes = "".join(f'<joint axis="{_numbers(motion.axis)}"/>' for motion in joint.motions if motion.coordinate is not None)
    back = turned(joint.child_rotation).T
    inner = _placed(back, -back @ np.array(joint.child_position), "".join(sites[joint.child]))
    outer = (
        f'<body pos="{_numbers(joint.parent_position)}" quat="{_quaternion(turned(joint.parent_rotation))}">{axes}'
        f'<geom size="0.01" mass="1"/>{inner}</body>'
    )
    return f"<mujoco><worldbody>{''.join(sites[joint.parent])}{outer}</worldbody><tendon>{''.join(tendons)}</tendon></mujoco>"


_SIDES = {sign + axis: (k, -1.0 if sign == "-" else 1.0) for k, axis in enumerate("xyz") for sign in ("", "+", "-")}


def _surface(number: int, wrap: Wrap) -> list[str]:
    rotation = turned(wrap.rotation_rad)
    shape, size = ("sphere", f"{wrap.size_m[0]!r}") if wrap.shape is Shape.SPHERE else ("cylinder", f"{wrap.size_m[0]!r} {_LONG_M}")
    made = [
        f'<geom name="w{number}" type="{shape}" size="{size}" pos="{_numbers(wrap.position_m)}" quat="{_quaternion(rotation)}" '
        'contype="0" conaffinity="0" mass="0"/>'
    ]
    if wrap.quadrant.lower() in _SIDES:
        axis, sign = _SIDES[wrap.quadrant.lower()]
        beside = np.array(wrap.position_m) + 1.5 * sign * wrap.size_m[0] * rotation[:, axis]
        made.append(f'<site name="s{number}" pos="{_numbers(beside)}"/>')
    return made


def _placed(rotation: Floats, position: Floats, inside: str) -> str:
    return f'<body pos="{_numbers(position)}" quat="{_quaternion(rotation)}"><geom size="0.01" mass="1"/>{inside}</body>'


def _numbers(values: Iterable[float]) -> str:
    return " ".join(repr(float(one)) for one in values)


def _quaternion(rotation: Floats) -> str:
    """W x y z of a rotation, by the largest of the four so that nothing small is divided by."""
    r = rotation
    squares = np.array([1 + r[0, 0] + r[1, 1] + r[2, 2], 1 + r[0, 0] - r[1, 1] - r[2, 2],
                        1 - r[0, 0] + r[1, 1] - r[2, 2], 1 - r[0, 0] - r[1, 1] + r[2, 2]])  # fmt: skip
    pairs = np.array([
        [squares[0], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
        [r[2, 1] - r[1, 2], squares[1], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
        [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], squares[2], r[1, 2] + r[2, 1]],
        [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], squares[3]],
    ])  # fmt: skip
    row = pairs[int(np.argmax(squares))]
    return _numbers(row / np.linalg.norm(row))


def straight(origins: Floats, ends: Floats) -> str:
    """Straight lines from the world to a ball joint at the origin, turned as a hip is."""
    here = "".join(f'<site name="a{k}" pos="{_numbers(at)}"/>' for k, at in enumerate(origins))
    there = "".join(f'<site name="b{k}" pos="{_numbers(at)}"/>' for k, at in enumerate(ends))
    tendons = "".join(f'<spatial name="l{k}"><site site="a{k}"/><site site="b{k}"/></spatial>' for k in range(len(origins)))
    axes = '<joint axis="0 0 1"/><joint axis="1 0 0"/><joint axis="0 1 0"/>'
    moving = f'<body>{axes}<geom size="0.01" mass="1"/>{there}</body>'
    return f"<mujoco><worldbody>{here}{moving}</worldbody><tendon>{tendons}</tendon></mujoco>"


class Tendons:
    """Lengths and arms of all tendons of a model in MuJoCo."""

    def __init__(self, mujoco: Any, text: str) -> None:
        self._mujoco = mujoco
        self.model = mujoco.MjModel.from_xml_string(text)
        self.data = mujoco.MjData(self.model)

    def through(self, postures: Floats) -> Callable[[], None]:
        """A call that goes through all postures and keeps nothing: kinematics, then lengths with their Jacobian."""
        model, data, engine = self.model, self.data, self._mujoco

        def call() -> None:
            for row in postures:
                data.qpos[:] = row
                engine.mj_kinematics(model, data)
                engine.mj_comPos(model, data)
                engine.mj_tendon(model, data)

        return call

    def lengths_and_arms(self, postures: Floats) -> tuple[Floats, Floats]:
        """(posture, line) [m] and (posture, line, angle) minus the Jacobian [m]."""
        lengths = np.zeros((len(postures), self.model.ntendon))
        arms = np.zeros((*lengths.shape, self.model.nv))
        for q, row in enumerate(postures):
            self.through(row[None])()
            lengths[q] = self.data.ten_length
            arms[q] = -self._jacobian()
        return lengths, arms

    def _jacobian(self) -> Floats:
        """(line, angle); MuJoCo keeps it without its zeros."""
        full = np.zeros((self.model.ntendon, self.model.nv))
        flat, columns = np.ravel(self.data.ten_J), _sparse(self.model, self.data, "colind")
        if flat.size == full.size and columns.size == 0:
            return flat.reshape(full.shape)
        first, count = _sparse(self.model, self.data, "rowadr"), _sparse(self.model, self.data, "rownnz")
        for line in range(len(full)):
            part = slice(first[line], first[line] + count[line])
            full[line, columns[part]] = flat[part]
        return full


def _sparse(model: Any, data: Any, part: str) -> Any:
    """Where the entries of the Jacobian stand: with the model since MuJoCo 4, with the data before."""
    return np.ravel(getattr(model if hasattr(model, f"ten_J_{part}") else data, f"ten_J_{part}"))


def coordinates_of(joint: Joint) -> Sequence[str]:
    """Names of its three angles, in the order in which it turns."""
    return [motion.coordinate for motion in joint.motions if motion.coordinate is not None]
