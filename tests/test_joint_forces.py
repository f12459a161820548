"""What hip and lumbosacral disc carry: balance by two roads. What standing asks of them: test_carrying."""

import numpy as np
import pytest
from loose_joints import with_slides

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.arms import field_arms
from hipspine.mechanics.joint_forces import beyond, for_paths, joint_force, leg_of, of_field, of_paths, on_disc, on_segments
from hipspine.mechanics.paths import compiled, pulls
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid import Rigid, placed, points
from hipspine.mechanics.rigid_dynamics import dynamics, inverse_dynamics, moves
from hipspine.mechanics.rigid_loads import Cable, Force, Weight
from hipspine.mechanics.rigid_numpy import by_numpy
from hipspine.terms import Side

G = 9.80665
JOINTS = ("hip:right", "hip:left", "L5_S1")


@pytest.fixture(scope="module")
def body():
    return BodyModel()


@pytest.fixture(scope="module")
def rigid(body):
    return Rigid.of(body)


@pytest.fixture(scope="module")
def paths(body):
    return compiled(body)


@pytest.fixture(scope="module")
def anywhere(rigid):
    rng = np.random.default_rng(11)
    low, high = (np.array([getattr(c, end) for c in rigid.free]) for end in ("low", "high"))
    q = rng.uniform(low, high, (6, low.size)) * 0.4
    return q, rng.normal(size=q.shape), rng.normal(size=q.shape) * 5


def leg(rigid, q, side):
    return leg_of(Posture({name: q[:, k] for k, name in enumerate(rigid.coordinates)}), side)


def all_muscles(body, rigid, paths, q, tension):
    """Forces on segments of all lines and both line fields, whose tensions stand last."""
    where, first = placed(rigid, q), len(paths.lines)
    found = of_paths(rigid, where, paths, pulls(paths, for_paths(rigid, paths, q)), tension[:, :first])
    for field in body.fields:
        found = found + of_field(rigid, where, field, leg(rigid, q, field.side), tension[:, first : first + field.u.size])
        first += field.u.size
    return found


def lines_of(body, paths):
    return len(paths.lines) + sum(field.u.size for field in body.fields)


def test_force_of_a_joint_is_what_a_lock_against_giving_way_would_hold(body, rigid, paths, anywhere):
    """The second road: three slides in the joint, held; muscles as forces through the Jacobians of where they pull."""
    q, v, a = anywhere
    tension = np.random.default_rng(2).uniform(0, 400, (len(q), lines_of(body, paths)))
    loads = [
        Weight("hand:right", 10.0, (0.0, -0.05, 0.0)),
        Cable("foot:left", 80.0, (1.0, 0.2, 0.0)),
        Force("foot:right", (20.0, 600.0, -10.0)),
    ]
    muscles = all_muscles(body, rigid, paths, q, tension)
    needed = dynamics(rigid, q, v, a, loads=loads)
    loose = Rigid.of(with_slides(body, JOINTS))
    wide = [np.concatenate([values, np.zeros((len(q), 9))], axis=1) for values in (q, v, a)]
    pulling = [Force(name, muscles[:, k]) for k, name in enumerate(rigid.segments)]  # a slide feels forces, wherever they act beyond it
    held = inverse_dynamics(loose, *wide, loads=[*loads, *pulling])
    where = placed(rigid, q)
    for name in JOINTS:
        rows = [loose.coordinates.index(f"{name}/{k}") for k in range(3)]
        before = rigid.tree[[link.joint.name for link in rigid.tree].index(name)].parent
        found = joint_force(rigid, name, needed, muscles=muscles)
        assert np.abs(np.einsum("qij,qj->qi", where.rotation[:, before], held[:, rows]) - found).max() < 1e-8
        assert np.abs(found).max() > 1000


def test_what_passes_the_joints_is_the_same_by_mujoco_and_by_newton_in_numpy(rigid, anywhere):
    q, v, a = anywhere
    moved = moves(rigid, q, v, a)
    one, two = dynamics(rigid, q, v, a), by_numpy(rigid.tree, moved.value, moved.speed, moved.rise, gravity_m_s2=np.array([0, -G, 0]))
    assert np.abs(one.force_n - two.force_n).max() < 1e-8
    assert np.abs(one.couple_nm - two.couple_nm).max() < 1e-8


def test_muscles_pull_on_the_body_as_a_whole_with_nothing(body, rigid, paths, anywhere):
    q = anywhere[0]
    muscles = all_muscles(body, rigid, paths, q, np.full((len(q), lines_of(body, paths)), 100.0))
    assert np.abs(muscles.sum(axis=1)).max() < 1e-8
    assert np.abs(muscles).max() > 100


def test_a_line_field_pulls_thigh_and_shank_together_as_its_arms_say(body, rigid, anywhere):
    """Work of the pulls: the knee's moment of tract lines, by the shank's force, equals tension times arm."""
    q = anywhere[0]
    for field in body.fields:
        angles = np.stack(
            [leg(rigid, q, field.side)[name] for name in ("hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion")], -1
        )
        tension = np.random.default_rng(1).uniform(10, 90, (len(q), field.u.size))
        knee = field_arms(field, np.ascontiguousarray(angles[:, :3]), angles[:, 3])[2]
        where = placed(rigid, q)
        mirror = np.array([1.0, 1.0, 1.0 if field.side is Side.RIGHT else -1.0])
        shank = f"shank:{field.side}"
        total = np.zeros(len(q))
        for line in np.flatnonzero([one != "femur" for one in field.insertion]):
            alone = np.where(np.arange(field.u.size) == line, tension, 0.0)
            force = of_field(rigid, where, field, leg(rigid, q, field.side), alone)[:, rigid.segment(shank)]
            tip = points(rigid, where, [(shank, tuple(field.tibia_end_m[line] * mirror))])[:, 0] - where.position_m[:, rigid.segment(shank)]
            axis = -where.rotation[:, rigid.segment(shank), :, 2]  # + knee flexion
            total += np.einsum("qi,qi->q", np.cross(tip, force), axis)
        apart = np.linalg.norm(field.knee_centre_m * mirror - rigid.tree[rigid.segment(shank)].joint.parent_position)
        assert apart < 1e-4  # the field's knee is rounded to 0.1 mm
        assert (np.abs(total - (knee * tension).sum(axis=1)) <= apart * tension.sum(axis=1)).all()
        assert (total > 1).all()


def test_beyond_the_hip_is_the_leg_and_beyond_l5_s1_is_everything_above(rigid):
    names = np.array(rigid.segments)
    assert set(names[beyond(rigid, "hip:left")]) == {"thigh:left", "shank:left", "foot:left"}
    above = set(names[beyond(rigid, "L5_S1")])
    assert {"L5", "thorax", "hand:right"} <= above
    assert not above & {"pelvis", "sacrum", "thigh:right"}


def test_a_hanging_leg_without_muscles_draws_the_hip_apart_by_its_weight(rigid):
    found = joint_force(rigid, "hip:right", dynamics(rigid, {}))[0]
    weight = G * sum(rigid.tree[rigid.segment(f"{name}:right")].segment.mass_kg for name in ("thigh", "shank", "foot"))
    assert np.allclose(found, [0.0, weight, 0.0], atol=1e-9)


def test_a_contact_given_later_counts_as_one_that_was_known(rigid):
    push = (30.0, 400.0, -20.0)
    known = joint_force(rigid, "hip:right", dynamics(rigid, {}, loads=[Force("foot:right", push)]))
    later = joint_force(rigid, "hip:right", dynamics(rigid, {}), contacts=on_segments(rigid, ["foot:right"], np.array([[push]])))
    assert np.abs(known - later).max() < 1e-9


def test_a_disc_that_lies_flat_carries_the_weight_above_as_compression(rigid):
    found = joint_force(rigid, "L5_S1", dynamics(rigid, {}))
    above = G * sum(link.segment.mass_kg for link, there in zip(rigid.tree, beyond(rigid, "L5_S1"), strict=True) if there)
    flat = on_disc(found, placed(rigid, {}), slope_rad=0.0)
    assert flat.compression_n[0] == pytest.approx(above)
    assert flat.shear_n[0] == pytest.approx(0.0, abs=1e-9)
    steep = on_disc(found, placed(rigid, {}), slope_rad=np.radians(40))
    assert steep.shear_n[0] == pytest.approx(above * np.sin(np.radians(40)))  # the trunk slides forward
    assert np.hypot(steep.compression_n, steep.shear_n)[0] == pytest.approx(above)
    leaning = on_disc(
        joint_force(rigid, "L5_S1", dynamics(rigid, {"pelvis_list": 0.3})), placed(rigid, {"pelvis_list": 0.3}), slope_rad=0.0
    )
    assert leaning.lateral_n[0] == pytest.approx(above * np.sin(0.3))  # list to the right: the weight falls to the right


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda r, d: joint_force(r, "hip:middle", d), "no joint 'hip:middle'"),
        (lambda r, d: joint_force(r, "hip:left", d, muscles=np.zeros((1, 2, 3))), "forces of muscles have shape"),
        (lambda r, d: joint_force(r, "hip:left", d, contacts=np.full_like(d.force_n, np.nan)), "finite"),
        (lambda r, d: on_segments(r, ["wing"], np.zeros((1, 1, 3))), "no segment 'wing'"),
        (lambda r, d: on_segments(r, ["pelvis"], np.zeros((1, 2, 3))), r"expected \(posture, 1, 3\)"),
        (lambda r, d: on_disc(np.zeros((1, 3)), placed(r, {}), below="tail"), "no segment 'tail'"),
        (lambda r, d: on_disc(np.zeros((1, 3)), placed(r, {}), slope_rad=2.0), "less than 90 deg"),
    ],
)
def test_what_cannot_be_asked_is_named_in_one_sentence(rigid, call, says):
    with pytest.raises(ModelError, match=says):
        call(rigid, dynamics(rigid, {}))
