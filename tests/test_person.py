"""A person is the generic adult in another size; a body whose parts do not fit together is refused in one sentence."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine, PathPoint, Segment, Shape, Wrap, WrapUse
from hipspine.anatomy.generic_values import value
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import ModelError
from hipspine.mechanics.arms import fibre_length, moment_arms
from hipspine.mechanics.paths import compiled, lengths_and_arms

SAME = Person(height_m=1.70, mass_kg=75.0, sex="male")
HIPS = {"hip_flexion_deg": [-10, 0, 40, 90, 120], "hip_adduction_deg": [5, 0, -20, 10, -5], "hip_rotation_deg": [0, 0, 15, -20, 5]}


@pytest.fixture(scope="module")
def adult():
    return BodyModel()


def everywhere(body, n=40):
    rng = np.random.default_rng(1)
    return np.array([rng.uniform(0.6 * one.low, 0.6 * one.high, n) if not one.is_length else np.zeros(n) for one in body.coordinates]).T


def test_the_same_size_gives_the_same_body(adult):
    again = scaled(adult, SAME)
    for one, other in zip(adult.lines, again.lines, strict=True):
        assert np.allclose([p.position_m for p in one.points], [p.position_m for p in other.points], atol=1e-15)
        assert math.isclose(one.tendon_slack_m, other.tendon_slack_m, rel_tol=1e-12)
        assert math.isclose(one.max_force_n, other.max_force_n, rel_tol=1e-12)
    for one, other in zip(adult.segments, again.segments, strict=True):
        assert one.name == other.name
        assert np.allclose(one.inertia_kg_m2, other.inertia_kg_m2, rtol=1e-12, atol=1e-15)
    for one, other in zip(adult.fields, again.fields, strict=True):
        assert np.allclose(one.coefficients_m2, other.coefficients_m2, rtol=1e-12, atol=1e-15)
    assert again.about["height_m"] == "1.7"


def test_a_taller_person_has_all_lengths_and_arms_longer_by_one_factor(adult):
    taller = scaled(adult, replace(SAME, height_m=1.87))
    given_at = everywhere(adult)
    lengths, arms = lengths_and_arms(compiled(adult), given_at)
    longer, more = lengths_and_arms(compiled(taller), given_at)
    assert np.abs(longer / lengths - 1.1).max() < 1e-9
    about = [k for k, name in enumerate(compiled(adult).about) if not name.startswith("pelvis_t")]
    assert np.abs(more[..., about] - 1.1 * arms[..., about]).max() < 1e-9
    for one, other in zip(adult.fields, taller.fields, strict=True):
        here, there = moment_arms(one, HIPS), moment_arms(other, HIPS)
        assert np.allclose(there.length_m, 1.1 * here.length_m, rtol=1e-9)
        assert np.allclose(there.m, 1.1 * here.m, atol=1e-12)
        assert np.allclose(fibre_length(other, there.length_m), fibre_length(one, here.length_m), rtol=1e-9)


def test_fibres_of_a_person_stand_where_those_of_the_adult_stand(adult):
    """Normalised fibre length in standing does not depend on height, mass, sex or pelvis."""
    small = scaled(adult, Person(height_m=1.52, mass_kg=50.0, sex="female", pelvis_width_m=0.25))
    standing = np.zeros((1, len(adult.coordinates)))
    both = []
    for body in (adult, small):
        lengths, _ = lengths_and_arms(compiled(body), standing)
        both.append([(length - one.tendon_slack_m) / one.optimal_fibre_m for length, one in zip(lengths[0], body.lines, strict=True)])
    straight = [k for k, one in enumerate(adult.lines) if not one.wraps]
    assert np.allclose(np.array(both[0])[straight], np.array(both[1])[straight], atol=1e-9)
    assert np.abs(np.array(both[0]) - np.array(both[1])).max() < 0.05


@settings(max_examples=25, deadline=None)
@given(mass=st.floats(40, 140), height=st.floats(1.5, 2.0), sex=st.sampled_from(["female", "male", None]))
def test_the_segments_weigh_what_the_person_weighs(mass, height, sex):
    body = scaled(BodyModel(), Person(height_m=height, mass_kg=mass, sex=sex))
    assert math.isclose(sum(one.mass_kg for one in body.segments), mass, rel_tol=1e-12)


def test_women_carry_more_in_the_thighs_and_less_in_the_trunk(adult):
    parts = {sex: {one.name: one.mass_kg for one in scaled(adult, Person(sex=sex)).segments} for sex in ("female", "male", None)}
    assert parts["female"]["thigh:right"] > parts["male"]["thigh:right"]
    trunk = {sex: sum(one[name] for name in ("pelvis", "L5", "L4", "L3", "L2", "L1", "thorax")) for sex, one in parts.items()}
    assert trunk["female"] < trunk["male"]
    assert math.isclose(parts[None]["thigh:right"], (parts["female"]["thigh:right"] + parts["male"]["thigh:right"]) / 2, rel_tol=1e-4)


def test_force_grows_with_mass_as_area_does(adult):
    heavy = scaled(adult, replace(SAME, mass_kg=75.0 * 1.728))
    assert all(math.isclose(b.max_force_n, 1.44 * a.max_force_n) for a, b in zip(adult.lines, heavy.lines, strict=True))
    assert np.allclose(heavy.fields[0].max_force_n, 1.44 * adult.fields[0].max_force_n)


def test_a_wider_pelvis_moves_the_hips_apart_and_lengthens_the_abductors(adult):
    wide = scaled(adult, replace(SAME, pelvis_width_m=1.1 * value("reference", "asis_distance")))
    hips = [next(one for one in body.joints if one.name == "hip:right").parent_position for body in (adult, wide)]
    assert np.allclose(hips[1], np.array(hips[0]) * [1, 1, 1.1])
    knees = [next(one for one in body.joints if one.name == "knee:right").parent_position for body in (adult, wide)]
    assert knees[0] == knees[1]
    adduction = [compiled(adult).about.index("hip_adduction:right"), compiled(adult).lines.index("gluteus_medius/middle:right")]
    standing = np.zeros((1, len(adult.coordinates)))
    arms = [lengths_and_arms(compiled(body), standing)[1][0, adduction[1], adduction[0]] for body in (adult, wide)]
    assert arms[1] != arms[0]
    for one, other in zip(adult.fields, wide.fields, strict=True):
        assert np.allclose(other.origin_m, one.origin_m * [1, 1, 1.1])
        there = moment_arms(other, HIPS)
        assert np.abs(there.length_m - moment_arms(one, HIPS).length_m).max() < 0.010
        assert np.abs(there.m - moment_arms(one, HIPS).m).max() < 0.020


def test_straight_lines_of_a_wider_pelvis_get_their_true_length():
    """A field whose lines are straight has squared length |A|^2 + |P|^2 - 2 n.P: the polynomial of a wider pelvis must give the same."""
    from hipspine.anatomy.gluteus_maximus import SCALE_M, gluteus_maximus
    from hipspine.anatomy.person import _field

    field = gluteus_maximus(lines=3)
    place = np.array([-0.03, -0.05, 0.04])
    coefficients = np.zeros_like(field.coefficients_m2)
    coefficients[:, 0] = (field.origin_m**2).sum(axis=1) + place @ place
    coefficients[:, 1:4] = -2 * place * SCALE_M
    straight = replace(field, coefficients_m2=coefficients)
    wide = _field(straight, 1.05, 1.2, 1.0)
    lengths = moment_arms(wide, {"hip_flexion_deg": 0}).length_m[0]
    assert np.allclose(lengths, np.linalg.norm(straight.origin_m * [1.05, 1.05, 1.2] - 1.05 * place, axis=1), atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"height_m": 0.0}, "height_m is 0.0; give a height in metres between 1.2 and 2.3"),
        ({"height_m": 175}, "height_m is 175; give a height in metres"),
        ({"height_m": -1.75}, "height_m is -1.75"),
        ({"height_m": math.nan}, "height_m is nan"),
        ({"mass_kg": 10**400}, "mass_kg is 1000"),
        ({"height_m": "tall"}, "height_m is 'tall'"),
        ({"height_m": True}, "height_m is True"),
        ({"mass_kg": 0.0}, "mass_kg is 0.0; give a body mass in kilograms between 25 and 300"),
        ({"mass_kg": math.inf}, "mass_kg is inf"),
        ({"mass_kg": None}, "mass_kg is None"),
        ({"mass_kg": 290.0, "height_m": 1.5}, "which makes 129 kg/m2; give a mass between 22 and 202 kg for this height"),
        ({"mass_kg": 26.0, "height_m": 2.2}, "which makes 5 kg/m2"),
        ({"sex": "other"}, "sex is 'other'; give female or male, or leave it out"),
        (
            {"pelvis_width_m": 24.0},
            "pelvis_width_m is 24.0; give the distance between the front spines of the pelvis in metres",
        ),
        ({"pelvis_width_m": math.nan}, "pelvis_width_m is nan"),
    ],
)
def test_a_size_that_no_adult_has_is_refused_in_one_sentence(wrong, says):
    with pytest.raises(ModelError) as refused:
        Person(**wrong)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_only_the_generic_adult_is_scaled_and_only_once(adult):
    with pytest.raises(ModelError, match="was scaled to a person before"):
        scaled(scaled(adult, SAME), SAME)
    with pytest.raises(ModelError, match="'half' is not the generic adult"):
        scaled(BodyModel(name="half", joints=adult.joints[:-1]), SAME)


ZERO = (0.0, 0.0, 0.0)
HERE, THERE = PathPoint("pelvis", ZERO), PathPoint("L5", (0.0, 0.1, 0.0))
BENT = PathPoint("pelvis", ZERO, only=("bend", 0.0, 1.0))


def line(**changes):
    parts = {
        "name": "a",
        "muscle": "b",
        "side": None,
        "points": (HERE, THERE),
        "max_force_n": 1.0,
        "optimal_fibre_m": 0.1,
        "tendon_slack_m": 0.1,
    }
    return MuscleLine(**(parts | {"pennation_rad": 0.0} | changes))


def wrap(**changes):
    parts = {"name": "w", "shape": Shape.CYLINDER, "segment": "pelvis", "position_m": (0.0,) * 3, "rotation_rad": (0.0,) * 3}
    return Wrap(**(parts | {"size_m": (0.02, 0.1, 0.0)} | changes))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"lines": (line(), line())}, "line 'a' stands there 2 times"),
        ({"lines": (line(points=(HERE,)),)}, "line 'a' has 1 points; give at least two"),
        ({"lines": (line(points=(PathPoint("tail", ZERO), THERE)),)}, "names the segment 'tail', but the body has no such segment"),
        ({"lines": (line(points=(PathPoint("pelvis", (0.0, math.nan, 0.0)), THERE)),)}, "line 'a' holds a number that is not finite"),
        ({"lines": (line(max_force_n=-1.0),)}, "a force of -1 N"),
        ({"lines": (line(optimal_fibre_m=0.0),)}, "fibres of 0 m"),
        ({"lines": (line(pennation_rad=2.0),)}, "a pennation of 114.592 degrees"),
        ({"lines": (line(wraps=(WrapUse("none"),)),)}, "names the surface 'none'"),
        ({"lines": (line(wraps=(WrapUse("w", 2, 5),)),), "wraps": (wrap(),)}, "its points 2 and 5; it has points 1 to 2"),
        ({"lines": (line(points=(BENT, THERE)),)}, "names the coordinate 'bend'"),
        ({"lines": (), "wraps": (wrap(size_m=(0.0, 0.1, 0.0)),)}, "surface 'w' (cylinder) has the size (0.0, 0.1, 0.0)"),
        ({"lines": (), "wraps": (wrap(segment="tail"),)}, "surface 'w' names the segment 'tail'"),
        ({"segments": (Segment("pelvis", math.nan, ZERO, (0.0,) * 6),)}, "holds a mass, mass centre or inertia that is not finite"),
        ({"joints": (Joint("j", "tail", "pelvis", ()),)}, "joint 'j' names the segment 'tail'"),
        ({"coordinates": (Coordinate("c", 1.0, 0.0),)}, "coordinate 'c' runs from 1 to 0"),
        ({"coordinates": (Coordinate("c", math.nan, 0.0),)}, "coordinate 'c' runs from nan"),
    ],
)
def test_parts_that_do_not_fit_together_are_named_in_one_sentence(parts, says):
    with pytest.raises(ModelError) as refused:
        BodyModel(**parts)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
