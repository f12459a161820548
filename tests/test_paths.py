"""Muscle paths: what must be true of any line over any surface, by pencil, by identities and by independent roads."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from paths_leg import FLEXION, INERTIA, ONE, X, Y, Z, hinged, leg, line
from scipy.spatial.transform import Rotation

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import (
    Coordinate,
    Course,
    Curve,
    Joint,
    Motion,
    Segment,
    Shape,
    Wrap,
    WrapUse,
)
from hipspine.errors import ModelError
from hipspine.mechanics.paths import Paths, compiled, coordinate_values, lengths_and_arms, pulls, segment_frames


def postures(paths: Paths, count: int, seed: int = 0) -> np.ndarray:
    return paths.low + (paths.high - paths.low) * np.random.default_rng(seed).random((count, len(paths.coordinates)))


def slopes(paths: Paths, q: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Minus the central difference of the length by each coordinate."""
    found = []
    for k in range(q.shape[1]):
        h = np.zeros(q.shape[1])
        h[k] = step
        found.append((lengths_and_arms(paths, q - h)[0] - lengths_and_arms(paths, q + h)[0]) / (2 * step))
    return np.stack(found, axis=-1)


# ---- by pencil


def test_the_arm_of_a_straight_line_is_its_distance_from_the_axis_with_the_sign_of_what_it_does():
    body = hinged(line("m", ("ground", (0.04, 0.5, 0.02)), ("thigh", (0.04, -0.5, 0.02))))
    lengths, arms = lengths_and_arms(compiled(body), [[0.0]])
    assert lengths == pytest.approx(1.0)
    assert arms == pytest.approx(0.04)  # in front of the hip: a flexor


def test_a_line_that_lies_on_a_wheel_has_the_radius_as_its_arm_at_every_angle():
    wheel = Wrap("wheel", Shape.CYLINDER, "ground", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.05, 1.0), "x")
    body = hinged(line("m", ("ground", (0.02, 0.3, 0.0)), ("thigh", (0.02, -0.3, 0.0)), wraps=(WrapUse("wheel"),)), wraps=(wheel,))
    lengths, arms = lengths_and_arms(compiled(body), np.linspace(-1.2, 0.0, 7)[:, None])
    assert arms.ravel() == pytest.approx(0.05, abs=1e-12)
    assert np.diff(lengths.ravel()) == pytest.approx(-0.05 * 0.2, abs=1e-12)


@pytest.mark.parametrize(("shape", "size"), [(Shape.CYLINDER, (0.05, 1.0)), (Shape.SPHERE, (0.05,)), (Shape.ELLIPSOID, (0.05, 0.05, 0.05))])
def test_over_a_round_surface_the_way_is_two_tangents_and_an_arc(shape, size):
    wrap = Wrap("w", shape, "ground", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), size)
    body = hinged(line("m", ("ground", (-0.1, 1e-9, 0.0)), ("ground", (0.1, 1e-9, 0.0)), wraps=(WrapUse("w"),)), wraps=(wrap,))
    lengths, _ = lengths_and_arms(compiled(body), [[0.0]])
    tangent = math.sqrt(0.1**2 - 0.05**2)
    assert lengths == pytest.approx(2 * (tangent + 0.05 * math.asin(0.05 / 0.1)), abs=1e-8)


def test_a_line_passes_through_a_ring_on_the_side_of_its_centre():
    ring = Wrap("r", Shape.TORUS, "ground", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.01, 0.06))
    body = hinged(line("m", ("ground", (0.08, 0.0, 0.1)), ("ground", (0.08, 0.0, -0.1)), wraps=(WrapUse("r"),)), wraps=(ring,))
    lengths, _ = lengths_and_arms(compiled(body), [[0.0]])
    away = math.hypot(0.08 - 0.06, 0.1)  # from an end to the centre of the tube, which stands at 0.06
    tangent = math.sqrt(away**2 - 0.01**2)
    arc = 2 * 0.01 * (math.pi - math.atan2(0.1, 0.02) - math.acos(0.01 / away))  # round the tube's inner side
    assert lengths == pytest.approx(2 * tangent + arc, abs=1e-9)


# ---- identities


def test_arms_are_minus_the_derivative_of_the_length_for_every_kind_of_joint_point_and_surface():
    paths = compiled(leg())
    q = postures(paths, 400)
    q = q[(abs(q[:, 2] - 0.3) > 1e-4) & (abs(q[:, 2] - 1.1) > 1e-4)]  # there a point comes or goes: a step, not a slope
    _, arms = lengths_and_arms(paths, q)
    wrong = abs(arms - slopes(paths, q)).max(axis=-1)
    assert (wrong < 1e-6).mean() > 0.998  # the rest straddle a wrap that begins or ends within the step
    assert np.median(wrong) < 1e-9


def test_a_coordinate_that_follows_another_has_no_arm_and_its_given_value_is_not_read():
    paths = compiled(leg())
    q = postures(paths, 20)
    other = q.copy()
    other[:, :2] = 7.0
    lengths, arms = lengths_and_arms(paths, q)
    assert (lengths == lengths_and_arms(paths, other)[0]).all()
    assert (arms[..., :2] == 0).all()
    knee = paths.coordinates.index("knee")
    assert (abs(arms[:, paths.lines.index("kneecap"), knee]) > 0.005).any()


def test_a_conditional_point_holds_the_line_inside_its_range_only():
    body = leg()
    with_it = next(one for one in body.lines if one.name == "comes_and_goes")
    always = replace(with_it, name="always", points=tuple(replace(point, only=None) for point in with_it.points))
    never = replace(with_it, name="never", points=(with_it.points[0], with_it.points[2]))
    paths = compiled(replace(body, lines=(with_it, always, never)))
    q = np.zeros((5, len(paths.coordinates)))
    q[:, paths.coordinates.index("flexion")] = [0.29, 0.3, 0.7, 1.1, 1.11]
    lengths = lengths_and_arms(paths, q)[0]
    assert (lengths[1:4, 0] == lengths[1:4, 1]).all()
    assert (lengths[[0, 4], 0] == lengths[[0, 4], 2]).all()
    assert (lengths[:, 1] > lengths[:, 2] + 1e-4).all()


def test_the_pulls_of_a_line_sum_to_no_force_and_no_moment():
    paths = compiled(leg())
    q = postures(paths, 60)
    found = pulls(paths, q)
    rotation, position = segment_frames(paths, q)
    turn = rotation[:, found.segment]
    force = np.einsum("qpij,qpj->qpi", turn, found.force)
    moment = np.einsum("qpij,qpj->qpi", turn, found.moment) + np.cross(position[:, found.segment], force)
    for k in range(len(paths.lines)):
        mine = found.line == k
        assert abs(force[:, mine].sum(axis=1)).max() < 1e-8
        assert abs(moment[:, mine].sum(axis=1)).max() < 1e-8
    assert np.linalg.norm(force[:, found.line == 0], axis=-1) == pytest.approx(1.0)  # a straight line pulls both ends with its tension
    on_it = np.cross(found.point, found.force) - found.moment  # no line twists what it pulls: the pull has a line of action
    assert abs(on_it[:, found.line == 0]).max() < 1e-12


def test_the_work_of_the_pulls_is_the_arm():
    paths = compiled(replace(leg(), lines=tuple(one for one in leg().lines if one.name != "kneecap")))  # its point moves in its segment
    q, step = postures(paths, 20), 1e-6
    found, (_, arms) = pulls(paths, q), lengths_and_arms(paths, q)
    rotation, _ = segment_frames(paths, q)
    force, moment = (np.einsum("qpij,qpj->qpi", rotation[:, found.segment], one) for one in (found.force, found.moment))
    for k, name in enumerate(paths.coordinates):
        h = np.zeros(q.shape[1])
        h[k] = step
        (r1, p1), (r0, p0) = segment_frames(paths, q + h), segment_frames(paths, q - h)
        shift = (p1 - p0) / (2 * step)
        spin = np.einsum("qsij,qskj->qsik", r1 - r0, rotation) / (2 * step)
        turn = np.stack([spin[..., 2, 1], spin[..., 0, 2], spin[..., 1, 0]], axis=-1)
        work = np.einsum("qpi,qpi->qp", force, shift[:, found.segment]) + np.einsum("qpi,qpi->qp", moment, turn[:, found.segment])
        total = np.stack([work[:, found.line == j].sum(axis=1) for j in range(len(paths.lines))], axis=1)
        assert total == pytest.approx(arms[..., k], abs=1e-7), name


def test_lines_do_not_depend_on_each_other_nor_on_which_arms_are_asked_for():
    body = leg()
    whole = compiled(body)
    q = postures(whole, 50)
    lengths, arms = lengths_and_arms(whole, q)
    some = compiled(replace(body, lines=body.lines[::-1]), lines=["two_joints", "over_head"], about=["knee", "flexion"])
    few_lengths, few_arms = lengths_and_arms(some, q)
    rows = [whole.lines.index(name) for name in some.lines]
    columns = [whole.coordinates.index(name) for name in some.about]
    assert (few_lengths == lengths[:, rows]).all()
    assert (few_arms == arms[:, rows][..., columns]).all()


def test_a_segment_that_nothing_carries_stands_at_the_origin():
    body = leg()
    paths = compiled(replace(body, segments=(*body.segments, Segment("stool", 1.0, (0.0, 0.0, 0.0), INERTIA))))
    rotation, position = segment_frames(paths, postures(paths, 2))
    stool = paths.segments.index("stool")
    assert (rotation[:, stool] == np.eye(3)).all()
    assert (position[:, stool] == 0).all()


def test_where_the_body_stands_changes_no_length():
    paths = compiled(leg())
    q = postures(paths, 30)
    moved = q.copy()
    moved[:, [paths.coordinates.index(name) for name in ("forward", "up")]] += 5.0
    assert (lengths_and_arms(paths, q)[0] == lengths_and_arms(paths, moved)[0]).all()


def test_the_mirror_image_of_a_body_has_the_same_lengths_and_arms():
    body = leg()
    flip = (1.0, 1.0, -1.0)

    def seen(v):
        return tuple(a * b for a, b in zip(v, flip, strict=True))

    def turned(v):
        return (-v[0], -v[1], v[2])

    def mirrored(motion):
        return replace(motion, axis=turned(motion.axis) if motion.is_rotation else seen(motion.axis))

    def other(point):
        moves = point.moves and (*point.moves[:2], (point.moves[2][0], replace(point.moves[2][1], factor=-point.moves[2][1].factor)))
        return replace(point, position_m=seen(point.position_m), moves=moves)

    image = replace(
        body,
        joints=tuple(
            replace(
                joint, motions=tuple(mirrored(motion) for motion in joint.motions), parent_position=seen(joint.parent_position),
                parent_rotation=turned(joint.parent_rotation), child_position=seen(joint.child_position),
                child_rotation=turned(joint.child_rotation),
            ) for joint in body.joints
        ),
        lines=tuple(replace(one, points=tuple(other(point) for point in one.points)) for one in body.lines),
        wraps=tuple(replace(wrap, position_m=seen(wrap.position_m), rotation_rad=turned(wrap.rotation_rad)) for wrap in body.wraps),
    )  # fmt: skip
    paths = compiled(body)
    q = postures(paths, 100)
    for mine, theirs in zip(lengths_and_arms(paths, q), lengths_and_arms(compiled(image), q), strict=True):
        assert theirs == pytest.approx(mine, abs=1e-7)


def test_the_way_of_opensim_over_a_cylinder_is_never_shorter_than_the_shortest_and_has_arms_of_its_own():
    body = replace(leg(), lines=tuple(one for one in leg().lines if one.name == "over_neck"))
    exact, like = compiled(body), compiled(body, like_opensim=True)
    q = postures(exact, 300)
    more = lengths_and_arms(like, q)[0] - lengths_and_arms(exact, q)[0]
    assert more.min() > -1e-12
    assert more.max() > 1e-6
    wrong = abs(lengths_and_arms(like, q)[1] - slopes(like, q)).max(axis=-1)
    assert (wrong < 1e-6).mean() > 0.99


def test_an_unsided_cylinder_lets_a_line_jump_to_its_other_side():
    """No fault of ours: the surface has no side, so the shorter way changes; bodies with such surfaces are discontinuous there."""
    wheel = Wrap("wheel", Shape.CYLINDER, "ground", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.05, 1.0))
    body = hinged(line("m", ("ground", (0.0, 0.3, 0.0)), ("thigh", (0.0, -0.3, 0.0)), wraps=(WrapUse("wheel"),)), wraps=(wheel,))
    lengths, arms = lengths_and_arms(compiled(body), [[-1e-9], [1e-9]])
    assert abs(np.diff(lengths.ravel()))[0] < 1e-9
    assert arms.ravel() == pytest.approx([0.05, -0.05], abs=1e-9) or arms.ravel() == pytest.approx([-0.05, 0.05], abs=1e-9)


# ---- independent roads


def frames_by_matrices(body: BodyModel, q: dict[str, float]) -> dict[str, np.ndarray]:
    """4 x 4 frames of the segments, written from the definition of a joint."""

    def value(curve: Curve, x: float) -> float:
        if curve.course is Course.LINEAR:
            return curve.factor * (curve.values[0] * x + curve.values[1])
        if curve.course is Course.POLYNOMIAL:
            return curve.factor * float(np.polyval(curve.values, x))
        if curve.course is Course.PIECEWISE:
            return curve.factor * float(np.interp(x, curve.knots, curve.values))
        raise AssertionError(curve)

    def frame(rotation, position) -> np.ndarray:
        found = np.eye(4)
        found[:3, :3], found[:3, 3] = rotation, position
        return found

    def coordinate(name: str) -> float:
        follows = next(one.follows for one in body.coordinates if one.name == name)
        return q[name] if follows is None else value(follows[1], coordinate(follows[0]))

    def fixed(angles, position) -> np.ndarray:
        return frame(Rotation.from_euler("XYZ", angles).as_matrix(), position)

    found = {"ground": np.eye(4)}
    while len(found) <= len(body.joints):
        for joint in body.joints:
            if joint.parent in found:
                turn, shift = np.eye(3), np.zeros(3)
                for motion in joint.motions:
                    amount = value(motion.course, coordinate(motion.coordinate))
                    axis = np.array(motion.axis) / np.linalg.norm(motion.axis)
                    if motion.is_rotation:
                        turn = turn @ Rotation.from_rotvec(amount * axis).as_matrix()
                    else:
                        shift = shift + amount * axis
                found[joint.child] = (
                    found[joint.parent] @ fixed(joint.parent_rotation, joint.parent_position) @ frame(turn, shift)
                    @ np.linalg.inv(fixed(joint.child_rotation, joint.child_position))
                )  # fmt: skip
    return found


def over_round(a: np.ndarray, b: np.ndarray, radius: float, rise: float) -> float:
    """Length over a circle by the angles at its centre (school geometry); a cylinder unrolls, so that its rise stands at a right angle."""
    far, near = np.linalg.norm(a), np.linalg.norm(b)
    between = math.acos(a @ b / (far * near))
    arc = between - math.acos(radius / far) - math.acos(radius / near)
    return math.hypot(math.sqrt(far**2 - radius**2) + math.sqrt(near**2 - radius**2) + radius * arc, rise)


def test_lengths_agree_with_a_second_road_in_numpy():
    body = leg()
    body = replace(body, joints=tuple(
        replace(joint, motions=tuple(one for one in joint.motions if one.course.course is not Course.SPLINE)) for joint in body.joints
    ), lines=tuple(one for one in body.lines if one.name in ("straight", "over_neck", "over_head")))  # fmt: skip
    paths = compiled(body)
    q = postures(paths, 100, seed=5)
    lengths, _ = lengths_and_arms(paths, q)
    rotation, position = segment_frames(paths, q)
    wrapped = 0
    for k, row in enumerate(q):
        frames = frames_by_matrices(body, dict(zip(paths.coordinates, row, strict=True)))
        for s, name in enumerate(paths.segments):
            assert rotation[k, s] == pytest.approx(frames[name][:3, :3], abs=1e-12)
            assert position[k, s] == pytest.approx(frames[name][:3, 3], abs=1e-12)
        for j, one in enumerate(body.lines):
            points = [(frames[p.segment] @ [*p.position_m, 1])[:3] for p in one.points]
            straight = [float(np.linalg.norm(b - a)) for a, b in pairwise(points)]
            for use in one.wraps:
                wrap = next(w for w in body.wraps if w.name == use.wrap)
                here = np.eye(4)
                here[:3, :3], here[:3, 3] = Rotation.from_euler("XYZ", wrap.rotation_rad).as_matrix(), wrap.position_m
                into = np.linalg.inv(frames[wrap.segment] @ here)
                seen = [(into @ [*p, 1])[:3] for p in points]
                flat = 2 if wrap.shape is Shape.CYLINDER else 3
                for i, (a, b) in enumerate(pairwise(seen)):
                    share = -a[:flat] @ (b - a)[:flat] / ((b - a)[:flat] @ (b - a)[:flat])
                    outside = min(np.linalg.norm(a[:flat]), np.linalg.norm(b[:flat])) > wrap.size_m[0]
                    if outside and 0 < share < 1 and np.linalg.norm((a + share * (b - a))[:flat]) < wrap.size_m[0]:
                        straight[i] = over_round(a[:flat], b[:flat], wrap.size_m[0], 0.0 if flat == 3 else b[2] - a[2])
                        wrapped += 1
            assert lengths[k, j] == pytest.approx(sum(straight), abs=1e-12)
    assert wrapped > 50


def test_lengths_and_arms_agree_with_mujoco():
    mujoco = pytest.importorskip("mujoco")
    rng = np.random.default_rng(3)
    centre = np.array([-0.056, -0.078, 0.077])
    wraps, lines, pelvis, thigh, tendons = [], [], "", "", ""
    for k in range(8):
        shape = Shape.SPHERE if k % 2 else Shape.CYLINDER
        place, turn = centre + rng.normal(size=3) * 0.02, rng.normal(size=3) * 0.5
        radius = 0.02 + 0.02 * rng.random()
        a, b = centre + rng.normal(size=3) * 0.08, rng.normal(size=3) * 0.05 + [0, -0.1, 0]
        wraps.append(Wrap(f"w{k}", shape, "pelvis", tuple(place), tuple(turn), (radius, 10.0) if k % 2 == 0 else (radius,)))
        lines.append(line(f"l{k}", ("pelvis", tuple(a)), ("thigh", tuple(b)), wraps=(WrapUse(f"w{k}"),)))
        x, y, z, w = Rotation.from_euler("XYZ", turn).as_quat()
        text = " ".join(map(repr, map(float, place)))
        size = f"{radius!r} 5" if k % 2 == 0 else f"{radius!r}"
        pelvis += f'<site name="a{k}" pos="{a[0]!r} {a[1]!r} {a[2]!r}"/><geom name="w{k}" type="{shape.value}" size="{size}" pos="{text}" '
        pelvis += f'quat="{w!r} {x!r} {y!r} {z!r}" contype="0" conaffinity="0" mass="0"/>'
        thigh += f'<site name="b{k}" pos="{b[0]!r} {b[1]!r} {b[2]!r}"/>'
        tendons += f'<spatial name="l{k}"><site site="a{k}"/><geom geom="w{k}"/><site site="b{k}"/></spatial>'
    pelvis, thigh = (text.replace("np.float64(", "").replace(")", "") for text in (pelvis, thigh))
    model = mujoco.MjModel.from_xml_string(
        f'<mujoco><worldbody>{pelvis}<body pos="{centre[0]} {centre[1]} {centre[2]}">'
        '<joint axis="0 0 1"/><joint axis="1 0 0"/><joint axis="0 1 0"/>'
        f'<geom size=".01" mass="1"/>{thigh}</body></worldbody><tendon>{tendons}</tendon></mujoco>'
    )
    data = mujoco.MjData(model)
    names = ("flexion", "adduction", "rotation")
    motions = tuple(Motion(axis, ONE, name, True) for axis, name in zip((Z, X, Y), names, strict=True))
    body = BodyModel(
        name="hip", segments=tuple(Segment(name, 1.0, (0.0, 0.0, 0.0), INERTIA) for name in ("pelvis", "thigh")),
        joints=(Joint("root", "ground", "pelvis", ()),
                Joint("hip", "pelvis", "thigh", motions, tuple(centre))),
        coordinates=tuple(Coordinate(name, -1.0, 1.0) for name in names), lines=tuple(lines), wraps=tuple(wraps), fields=(),
    )  # fmt: skip
    paths = compiled(body)
    q = postures(paths, 300)
    lengths, arms = lengths_and_arms(paths, q)
    bent = 0
    for k, row in enumerate(q):
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_tendon(model, data)
        jacobian = np.zeros((len(lines), 3))
        flat, columns = np.asarray(data.ten_J).ravel(), np.asarray(model.ten_J_colind).ravel()
        for j in range(len(lines)):
            at, count = model.ten_J_rowadr[j], model.ten_J_rownnz[j]
            jacobian[j, columns[at : at + count]] = flat[at : at + count]
        assert lengths[k] == pytest.approx(data.ten_length, abs=5e-7)
        assert arms[k] == pytest.approx(-jacobian, abs=5e-6)
        bent += int((data.ten_wrapnum > 2).sum())
    assert bent > 200


def test_plain_python_gives_the_same_numbers_as_the_compiled_kernels():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import numpy as np; import test_paths as t\n"
        "p = t.compiled(t.leg()); q = t.postures(p, 3)\n"
        "l, a = t.lengths_and_arms(p, q); f = t.pulls(p, q)\n"
        "print(np.r_[l.ravel(), a.ravel(), f.force.ravel(), f.moment.ravel()].tolist())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    paths = compiled(leg())
    q = postures(paths, 3)
    lengths, arms = lengths_and_arms(paths, q)
    pulled = pulls(paths, q)
    mine = np.r_[lengths.ravel(), arms.ravel(), pulled.force.ravel(), pulled.moment.ravel()]
    theirs = np.array([float(word) for word in found.stdout.strip().strip("[]").split(",")])
    assert theirs == pytest.approx(mine, abs=1e-9)  # differences of lengths divide rounding by 3e-6


def test_the_same_postures_give_the_same_bytes():
    paths = compiled(leg())
    q = postures(paths, 50)
    first, second = lengths_and_arms(paths, q), lengths_and_arms(compiled(leg()), q)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()
    assert lengths_and_arms(paths, q[7:8])[0].tobytes() == first[0][7:8].tobytes()


# ---- bad input


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"joints": (Joint("a", "ground", "thigh", ()), Joint("b", "ground", "thigh", ()))}, "already hangs on another joint"),
        ({"joints": (Joint("a", "thigh", "thigh", ()),)}, "on itself"),
        ({"joints": ()}, "no joint links"),
        ({"joints": (Joint("a", "ground", "thigh", (Motion((0.0, 0.0, 0.0), ONE, FLEXION, True),)),)}, "axis of no length"),
        ({"coordinates": (Coordinate(FLEXION, -1, 1, follows=(FLEXION, ONE)),)}, "follows itself"),
        ({"wraps": (Wrap("w", Shape.SPHERE, "ground", X, X, (0.1,), "left"),)}, "has the side 'left'"),
        ({"wraps": (Wrap("w", Shape.TORUS, "ground", X, X, (0.2, 0.1)),)}, "not below the outer"),
    ],
)
def test_a_body_whose_paths_make_no_sense_is_refused_in_one_sentence(change, said):
    wrap = Wrap("w", Shape.SPHERE, "ground", X, X, (0.1,))
    body = hinged(line("m", ("ground", X), ("thigh", Y), wraps=(WrapUse("w"),)), wraps=(wrap,))
    with pytest.raises(ModelError, match=said) as caught:
        compiled(replace(body, **change))
    assert "\n" not in str(caught.value)


def test_joints_in_a_circle_and_unknown_methods_lines_and_curves_are_refused():
    body = hinged(line("m", ("ground", X), ("thigh", Y)))
    two = (*body.segments, Segment("shank", 1.0, (0.0, 0.0, 0.0), INERTIA))
    with pytest.raises(ModelError, match="circle"):
        compiled(replace(body, segments=two, joints=(Joint("a", "shank", "thigh", ()), Joint("b", "thigh", "shank", ()))))
    wrap = Wrap("w", Shape.SPHERE, "ground", X, X, (0.1,))
    with pytest.raises(ModelError, match="method 'magic'"):
        compiled(replace(body, wraps=(wrap,), lines=(line("m", ("ground", X), ("thigh", Y), wraps=(WrapUse("w", method="magic"),)),)))
    with pytest.raises(ModelError, match="no muscle line 'soleus'"):
        compiled(body, lines=["soleus"])
    with pytest.raises(ModelError, match="no coordinate 'elbow'"):
        compiled(body, about=["elbow"])
    bad = Motion(Z, Curve(Course.SPLINE, (0.0, 1.0), (1.0, 1.0)), FLEXION, True)
    with pytest.raises(ModelError, match="knots that rise"):
        compiled(replace(body, joints=(Joint("hip", "ground", "thigh", (bad,)),)))
    for values in ((1.0,), (1.0, 0.0, 0.0, 0.0, 0.0)):
        bad = Motion(Z, Curve(Course.LINEAR, values), FLEXION, True)
        with pytest.raises(ModelError, match="give two numbers, slope and intercept"):
            compiled(replace(body, joints=(Joint("hip", "ground", "thigh", (bad,)),)))


def test_postures_are_looked_at_before_they_are_used():
    paths = compiled(hinged(line("m", ("ground", X), ("thigh", Y))))
    with pytest.raises(ModelError, match=r"expected \(posture, 1\)"):
        lengths_and_arms(paths, [0.0])
    with pytest.raises(ModelError, match="hip_flexion is nan in posture 1"):
        lengths_and_arms(paths, [[0.0], [np.nan]])
    with pytest.raises(ModelError, match="no coordinate 'elbow'"):
        coordinate_values(paths, {"elbow_deg": 3})
    with pytest.raises(ModelError, match="give -3 to 3"):
        coordinate_values(paths, {"hip_flexion_rad": 4})
    assert coordinate_values(paths, {"hip_flexion_deg": [0, 90]}) == pytest.approx(np.array([[0], [math.pi / 2]]))
    with pytest.raises(ModelError, match="follows kneecap; give that one"):
        coordinate_values(compiled(leg()), {"drift_rad": 0})


def test_many_postures_on_several_cores_give_the_same_bits_as_one_by_one():
    paths = compiled(leg())
    q = postures(paths, 1100)
    lengths, arms = lengths_and_arms(paths, q)
    for first in range(0, 1100, 100):
        part = slice(first, first + 100)
        one_by_one = lengths_and_arms(paths, q[part])
        assert np.array_equal(lengths[part], one_by_one[0])
        assert np.array_equal(arms[part], one_by_one[1])
