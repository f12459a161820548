"""The public names about bodies as people call them from Python: any numbers, both sides, and one clear sentence for what is none."""

import numpy as np
import pytest

import hipspine
from hipspine.errors import ModelError
from hipspine.terms import Side

FIELD, BODY = "field", "body"


@pytest.fixture(scope="module")
def bodies():
    return {FIELD: hipspine.gluteus_maximus(), BODY: hipspine.BodyModel()}


@pytest.mark.parametrize("kind", [FIELD, BODY])
@pytest.mark.parametrize("angle", [60, np.int64(60), np.float32(60), (60,), [60.0], np.array([60])])
def test_a_number_of_any_kind_is_an_angle(bodies, kind, angle):
    given, plain = (hipspine.moment_arms(bodies[kind], {"hip_flexion_deg": one}) for one in (angle, 60.0))
    assert np.array_equal(given.m, plain.m)


@pytest.mark.parametrize("kind", [FIELD, BODY])
@pytest.mark.parametrize(
    ("posture", "said"),
    [
        (None, "give angles by name with their unit"),
        ("standing", "give angles by name with their unit"),
        ([30], "give angles by name with their unit"),
        ({1: 2}, "give angles by name with their unit"),
        ({"hip_flexion": 30}, "has no unit"),
        ({"hip_flexion_deg": None}, "hip_flexion_deg is None"),
        ({"foo_deg": 3}, "foo"),
        ({"hip_flexion_deg": 200}, "200"),
        ({"hip_flexion_deg:middle": 3}, "hip_flexion:middle"),
    ],
)
def test_what_is_no_posture_is_told_in_one_sentence(bodies, kind, posture, said):
    with pytest.raises(ModelError) as told:
        hipspine.moment_arms(bodies[kind], posture)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("wrong", [None, 3, "x", ()])
def test_what_is_no_body_is_told(wrong):
    with pytest.raises(ModelError, match=r"give hipspine\.gluteus_maximus\(\) or hipspine\.BodyModel\(\)"):
        hipspine.moment_arms(wrong, {"hip_flexion_deg": 3})


def test_an_angle_that_no_joint_reaches_is_told_in_degrees(bodies):
    with pytest.raises(ModelError, match=r"^hip_flexion:right is 131 deg; give -30 to 130 deg\.$"):
        hipspine.moment_arms(bodies[BODY], {"hip_flexion_deg:right": [0, 131]})


def test_the_muscle_in_the_body_pulls_as_the_muscle_alone_on_both_sides(bodies):
    posture = {"hip_flexion_deg": [-30, 70, 130], "hip_adduction_deg": [-50, 10, 40], "hip_rotation_deg": 20, "knee_flexion_deg": 45}
    whole = hipspine.moment_arms(bodies[BODY], posture)
    for side in Side:
        alone = hipspine.moment_arms(hipspine.gluteus_maximus(side=side), posture)
        rows = [whole.lines.index(f"{name}:{side}") for name in alone.lines]
        columns = [whole.axes.index(f"{axis}:{side}") for axis in alone.axes]
        np.testing.assert_allclose(whole.length_m[:, rows], alone.length_m, atol=1e-15)
        np.testing.assert_allclose(whole.m[:, rows][..., columns], alone.m, atol=1e-15)
        np.testing.assert_allclose(whole.m[:, rows, whole.axes.index(f"knee_flexion:{side}")], alone.knee_m, atol=1e-15)
