"""What hip and lumbosacral disc carry: balance by two roads, and the order of what was measured in people."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Motion
from hipspine.errors import ModelError
from hipspine.mechanics import fibre
from hipspine.mechanics.arms import capacity, field_arms
from hipspine.mechanics.contacts import contacts
from hipspine.mechanics.contacts import forces as contact_forces
from hipspine.mechanics.joint_forces import beyond, for_paths, joint_force, leg_of, of_field, of_paths, on_disc, on_segments
from hipspine.mechanics.paths import compiled, lengths_and_arms, pulls
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid import Rigid, mass_centre, placed, point_jacobians, points, postures
from hipspine.mechanics.rigid_dynamics import dynamics, inverse_dynamics, moves
from hipspine.mechanics.rigid_loads import Cable, Force, Weight
from hipspine.mechanics.rigid_numpy import by_numpy
from hipspine.mechanics.sharing import share, volumes
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


def with_slides(body):
    """The same body whose hips and lumbosacral disc may give way along three axes of the segment before them."""
    free = Curve(Course.LINEAR, (1.0, 0.0))
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    more = {name: tuple(Motion(axis, free, f"{name}/{k}", False) for k, axis in enumerate(axes)) for name in JOINTS}
    joints = tuple(replace(j, motions=(*j.motions, *more.get(j.name, ()))) for j in body.joints)
    extra = tuple(Coordinate(motion.coordinate, -1.0, 1.0, is_length=True) for motions in more.values() for motion in motions)
    return replace(body, joints=joints, coordinates=(*body.coordinates, *extra))


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
    loose = Rigid.of(with_slides(body))
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


def shared(body, rigid, paths, q, loads):
    """Hip forces in body weights and the disc's force after sharing among all muscles (exponent 2, floor 1 %)."""
    q = postures(rigid, q)
    needed = dynamics(rigid, q, loads=loads)
    length, arm = lengths_and_arms(paths, for_paths(rigid, paths, q))
    arm = arm[:, :, [paths.about.index(name) for name in rigid.coordinates]]
    force, optimal, slack, pennation = (
        np.array([getattr(line, name) for line in body.lines])
        for name in ("max_force_n", "optimal_fibre_m", "tendon_slack_m", "pennation_rad")
    )
    most = [fibre.fibre(length, optimal_fibre_m=optimal, slack_m=slack, pennation_rad=pennation, max_force_n=force).active_n]
    arms, volume, fibres = [arm], [force], [optimal]
    for field in body.fields:
        named = [f"{name}:{field.side}" for name in ("hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion")]
        angles = np.stack([q[:, rigid.coordinates.index(name)] for name in named], axis=-1)
        lengths, hip, knee = field_arms(field, np.ascontiguousarray(angles[:, :3]), angles[:, 3])
        wide = np.zeros((*lengths.shape, len(rigid.coordinates)))
        for name, one in zip(named, (*np.moveaxis(hip, -1, 0), knee), strict=True):
            wide[..., rigid.coordinates.index(name)] = one
        most.append(capacity(field, lengths))
        arms.append(wide)
        volume.append(field.max_force_n)
        fibres.append(field.optimal_fibre_m)
    strength = np.concatenate(most, axis=1)
    free = ("shoulder", "elbow", "pelvis", "ankle")
    reserve = [1e4 if name.startswith(free) else 1.0 for name in rigid.coordinates]
    answer = share(
        needed.moments,
        np.concatenate(arms, axis=1) * strength[..., None],
        volume=volumes(np.concatenate(volume), np.concatenate(fibres)),
        reserve=reserve,
        coordinates=rigid.coordinates,
    )
    assert answer.solved.all()
    joints = [k for k, name in enumerate(rigid.coordinates) if name.startswith(("hip", "knee", "lumbar"))]
    assert np.abs(answer.reserve[:, joints]).max() < 1.0  # muscles carry the task
    muscles = all_muscles(body, rigid, paths, q, answer.activation * strength)
    weight = rigid.mass_kg * G
    hips = [np.linalg.norm(joint_force(rigid, f"hip:{side}", needed, muscles=muscles), axis=1) / weight for side in Side]
    return dict(zip(Side, hips, strict=True)), on_disc(joint_force(rigid, "L5_S1", needed, muscles=muscles), placed(rigid, q))


def standing_on_one_leg(rigid):
    """Right leg brought under the mass centre, left leg lifted; and the ground's force under it."""

    def posture(adduction):
        return {"hip_flexion:left": 0.5, "knee_flexion:left": 1.0, "hip_adduction:right": adduction}

    def off(adduction):
        q = posture(adduction)
        return mass_centre(rigid, q)[0, 2] - points(rigid, placed(rigid, q), [("foot:right", (0.0, 0.0, 0.0))])[0, 0, 2]

    q = posture(brentq(off, -0.2, 0.5))
    at = mass_centre(rigid, q)[0] * [1, 0, 1] + [0, -1, 0]
    return q, [Force("foot:right", (0.0, rigid.mass_kg * G, 0.0), at, at_in_ground=True)]


def test_one_leg_stance_loads_the_hip_by_two_to_four_body_weights(body, rigid, paths):
    """Bergmann 2001 (abstract): slightly less than 238 % of body weight in four people; the span allows for the model's own spread."""
    q, loads = standing_on_one_leg(rigid)
    assert np.abs(inverse_dynamics(rigid, q, loads=loads)[0, :6]).max() < 1e-6  # the ground's force is all that holds the pelvis
    hips, disc = shared(body, rigid, paths, q, loads)
    assert 2.0 < hips[Side.RIGHT][0] < 4.0
    assert hips[Side.LEFT][0] < 1.0
    assert 200 < disc.compression_n[0] < 2000


def test_leaning_forward_loads_the_disc_more_than_standing(body, rigid, paths):
    def of(lean):
        q = {"lumbar_flexion": lean}
        at = mass_centre(rigid, q)[0]
        half = np.array([0.0, rigid.mass_kg * G / 2, 0.0])
        feet = [Force(f"foot:{side}", half, (at[0], -1.0, z), at_in_ground=True) for side, z in ((Side.RIGHT, 0.1), (Side.LEFT, -0.1))]
        return shared(body, rigid, paths, q, feet)[1].compression_n[0]

    upright, leaning = of(0.0), of(np.radians(40))
    assert leaning > 2 * upright


def test_standing_still_the_contacts_that_sharing_finds_carry_the_weight(body, rigid, paths):
    """Two feet with three points each: their friction pyramids share with all muscles; the root's rows close without reserves."""
    ankle = placed(rigid, {}).position_m[0, rigid.segment("foot:right")]
    sole = ankle[1] - 0.07
    lean = brentq(
        lambda x: (
            mass_centre(rigid, {"pelvis_tilt": x})[0, 0]
            - points(rigid, placed(rigid, {"pelvis_tilt": x}), [("foot:right", (0.05, 0.0, 0.0))])[0, 0, 0]
        ),
        -0.3,
        0.3,
    )
    q = postures(rigid, {"pelvis_tilt": lean, "hip_flexion": -lean})
    feet = [
        (f"foot:{side}", (x, -0.07, z * (1 if side is Side.RIGHT else -1)))
        for side in Side
        for x, z in ((-0.04, 0.0), (0.13, -0.03), (0.12, 0.04))
    ]
    assert sole < -0.9
    weight = rigid.mass_kg * G
    ground = contacts(point_jacobians(rigid, q, feet), normals=[[0.0, 1.0, 0.0]] * len(feet), friction=0.8, weight_n=weight)
    needed = dynamics(rigid, q)
    length, arm = lengths_and_arms(paths, for_paths(rigid, paths, q))
    strength = np.array([line.max_force_n for line in body.lines]) * np.ones_like(length)
    free = ("shoulder", "elbow")
    answer = share(
        needed.moments,
        arm[:, :, [paths.about.index(name) for name in rigid.coordinates]] * strength[..., None],
        volume=volumes(strength[0], [line.optimal_fibre_m for line in body.lines]),
        reserve=[1e4 if name.startswith(free) else 0.3 for name in rigid.coordinates],
        contacts=ground,
        coordinates=rigid.coordinates,
    )
    pushed = contact_forces(ground, answer.contact)[0]
    assert pushed.sum(axis=0)[1] == pytest.approx(weight, abs=1.0)
    assert np.abs(pushed.sum(axis=0)[[0, 2]]).max() < 1.0
    assert pushed[:3].sum(axis=0)[1] == pytest.approx(pushed[3:].sum(axis=0)[1], rel=1e-6)  # each foot half of it
    assert np.abs(answer.reserve[0, :6]).max() < 1.0
    muscles = of_paths(rigid, placed(rigid, q), paths, pulls(paths, for_paths(rigid, paths, q)), answer.activation * strength)
    found = joint_force(rigid, "hip:right", needed, muscles=muscles, contacts=on_segments(rigid, [name for name, _ in feet], pushed[None]))
    assert 0.25 < np.linalg.norm(found) / weight < 2.0


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
