"""`hipspine body arms` and `body functions`: the public contract, its signs, and what bad input is told."""

import json
from typing import Any

import numpy as np
import pytest

from hipspine.cli import main

AXES = ("flexion", "adduction", "rotation")


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Any:
    def answer(*words: str) -> dict[str, Any]:
        assert main(["body", *words, "--json"]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        document: dict[str, Any] = json.loads(printed.out)
        return document

    return answer


def test_each_posture_has_its_regions_and_lines_in_the_words_of_the_contract(ask: Any) -> None:
    document = ask("arms", "--hip-flexion-deg=-30,0,130", "--hip-adduction-deg", "10", "--hip-rotation-deg=-5,0,5")
    assert [p["hip_flexion_deg"] for p in document["postures"]] == pytest.approx([-30, 0, 130])
    assert [p["hip_adduction_deg"] for p in document["postures"]] == pytest.approx([10, 10, 10])
    for posture in document["postures"]:
        assert list(posture["regions"]) == ["upper", "middle", "lower"]
        for region in posture["regions"].values():
            assert {"flexion_mm", "adduction_mm", "rotation_mm", "length_norm", "capacity_n"} <= region.keys()
        for line in posture["lines"]:
            assert {"name", "region", "insertion", *(f"{a}_mm" for a in AXES), "length_mm", "capacity_n"} <= line.keys()
        assert {line["insertion"] for line in posture["lines"]} == {"femur", "iliotibial_tract"}


@pytest.mark.parametrize("axis", AXES)
def test_each_arm_is_minus_the_derivative_of_the_length_by_its_angle(ask: Any, axis: str) -> None:
    base, step = {"flexion": 37.0, "adduction": -12.0, "rotation": 21.0}, 1e-3
    lists = {a: ",".join(str(v + k * step * (a == axis)) for k in (-1, 0, 1)) for a, v in base.items()}
    document = ask("arms", *(f"--hip-{a}-deg={text}" for a, text in lists.items()))
    before, here, after = (np.array([line["length_mm"] for line in p["lines"]]) for p in document["postures"])
    assert np.all(np.abs(here) > 0)
    slope = -(after - before) / np.radians(2 * step)
    arms = np.array([line[f"{axis}_mm"] for line in document["postures"][1]["lines"]])
    np.testing.assert_allclose(arms, slope, atol=1e-4)  # mm; the step leaves about 1e-5


def test_a_tract_line_shortens_with_the_knee_by_its_arm_and_a_femur_line_does_not(ask: Any) -> None:
    document = ask("arms", "--knee-flexion-deg=29.999,30,30.001")
    for before, here, after in zip(*(p["lines"] for p in document["postures"]), strict=True):
        slope = -(after["length_mm"] - before["length_mm"]) / np.radians(0.002)
        assert here["knee_flexion_mm"] == pytest.approx(slope, abs=1e-4)
        assert (here["knee_flexion_mm"] == 0) == (here["insertion"] == "femur")


def test_a_region_is_the_mean_of_its_lines_and_its_capacity_their_sum(ask: Any) -> None:
    posture = ask("arms", "--hip-flexion-deg", "60", "--lines", "12")["postures"][0]
    for name, region in posture["regions"].items():
        lines = [line for line in posture["lines"] if line["region"] == name]
        assert region["capacity_n"] == pytest.approx(sum(line["capacity_n"] for line in lines))
        for axis in AXES:
            arms = [line[f"{axis}_mm"] for line in lines]
            assert min(arms) <= region[f"{axis}_mm"] <= max(arms)


def test_the_left_side_gives_the_numbers_of_the_right_one(ask: Any) -> None:
    right, left = (ask("arms", "--hip-rotation-deg", "20", "--side", side) for side in ("right", "left"))
    assert left["postures"] == right["postures"]


def test_the_same_question_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert main(["body", "functions", "--json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hip-flexion-deg", "131"], "hip_flexion_deg is 131; give -30 to 130"),
        (["--hip-adduction-deg=-51"], "hip_adduction_deg is -51; give -50 to 40"),
        (["--hip-rotation-deg", "nan"], "--hip-rotation-deg: 'nan' is no angle"),
        (["--hip-rotation-deg", "0,1e400"], "--hip-rotation-deg: '1e400' is no angle"),
        (["--hip-flexion-deg", "0,90,"], "--hip-flexion-deg: '' is no angle"),
        (["--hip-flexion-deg", "1_0"], "--hip-flexion-deg: '1_0' is no angle"),
        (["--hip-flexion-deg", "\N{ARABIC-INDIC DIGIT THREE}"], "is no angle"),
        (["--hip-flexion-deg", "0," * 9999 + "x"], "--hip-flexion-deg: 'x' is no angle"),
        (["--hip-flexion-deg", "ten"], "--hip-flexion-deg: 'ten'"),
        (["--hip-flexion-deg", "1,2", "--hip-rotation-deg", "1,2,3"], "different numbers of values"),
        (["--hip-flexion-deg", ""], "--hip-flexion-deg"),
        (["--lines", "2"], "lines is 2"),
        (["--knee-flexion-deg", "500"], "knee_flexion_deg is 500"),
    ],
)
def test_what_no_hip_can_do_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["body", "arms", *words, "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert len(printed.err) < 200
    assert said in printed.err


def test_angles_come_back_as_they_were_typed(ask: Any) -> None:
    typed = [*range(-30, 131), 37.0000001, 0.1, 12.3456789]
    document = ask("arms", "--lines", "3", "--hip-flexion-deg=" + ",".join(map(str, typed)))
    assert [posture["hip_flexion_deg"] for posture in document["postures"]] == typed
    spaced = ask("arms", "--lines", "3", "--hip-flexion-deg= -10, 1e1 ,+.5")
    assert [posture["hip_flexion_deg"] for posture in spaced["postures"]] == [-10.0, 10.0, 0.5]


def test_many_postures_give_what_each_gives_alone(ask: Any) -> None:
    count = 1201  # more than are counted at once
    flexion, rotation = np.linspace(-30, 130, count), np.linspace(50, -50, count)
    lists = [
        f"--hip-{name}-deg=" + ",".join(f"{angle:.4f}" for angle in angles)
        for name, angles in (("flexion", flexion), ("rotation", rotation))
    ]
    many = ask("arms", "--lines", "3", *lists)["postures"]
    assert len(many) == count
    for at in (0, 499, 500, 1200):
        alone = ask("arms", "--lines", "3", *(text.partition("=")[0] + "=" + text.partition("=")[2].split(",")[at] for text in lists))
        for name, region in alone["postures"][0]["regions"].items():
            ranges, expected = (one.pop("range_90") for one in (region, many[at]["regions"][name]))
            assert many[at]["regions"][name] == pytest.approx(region)
            assert all(expected[key] == pytest.approx(value) for key, value in ranges.items())


@pytest.mark.parametrize("corner", [(f, a, r) for f in (-30, 130) for a in (-50, 40) for r in (-50, 50)])
def test_at_every_corner_of_the_range_each_line_has_a_length_and_can_pull(ask: Any, corner: tuple[int, int, int]) -> None:
    posture = ask("arms", *(f"--hip-{axis}-deg={angle}" for axis, angle in zip(AXES, corner, strict=True)))["postures"][0]
    assert posture["extrapolated"] is True
    for line in posture["lines"]:
        assert 0 < line["length_mm"] < 500
        assert line["capacity_n"] > 0
    for region in posture["regions"].values():
        assert 0.4 < region["length_norm"] < 2.0


def test_a_function_is_said_only_where_the_fields_that_fit_agree_on_its_sign(ask: Any) -> None:
    settled = 0
    for posture in ask("functions")["postures"]:
        for region in posture["regions"].values():
            for function in region["functions"]:
                agreed = function["low_mm"] > 0 or function["high_mm"] < 0
                settled += agreed
                assert (function["does"] is not None) == agreed
                assert ("open" in function["words"]) != agreed
    assert settled > 0


def test_lines_for_people_name_every_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "arms", "--hip-flexion-deg", "90"]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {region}" in printed for region in ("upper", "middle", "lower"))
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    "words", [["functions"], ["arms", "--hip-adduction-deg=-50,40"], ["sij", "--samples", "20"], ["load", "--samples", "5"]]
)
def test_lines_for_people_fit_a_terminal(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["body", *words]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_shared_moment_is_named_by_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "load", "--hip-flexion-deg", "90", "--hip-rotation-nm=-15", "--samples", "20"]) == 0
    printed = capsys.readouterr().out
    assert "\nhip flexion 90 deg; moment: hip rotation -15 N m\n" in printed
    assert " % of the bodies agree)" in printed


@pytest.mark.parametrize("words", [["load", "--samples", "5001"], ["stand", "--samples", "5001"], ["sij", "--samples", "100001"]])
def test_more_bodies_than_anyone_waits_for_are_refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["body", *words, "--json"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "samples is" in printed.err


def test_the_sacroiliac_joint_is_a_range_that_grows_with_activation(ask: Any) -> None:
    full, fifth = (ask("sij", "--activation", share) for share in ("1.0", "0.2"))
    for key in ("normal_n", "shear_n"):
        assert full[key]["low"] < full[key]["median"] < full[key]["high"]
        assert fifth[key]["median"] == pytest.approx(0.2 * full[key]["median"], rel=1e-9)
    assert abs(full["normal_n"]["median"] / 702 - 1) <= 0.15  # Barker 2014


@pytest.mark.parametrize("wrong", ["-0.1", "1.1", "nan"])
def test_no_muscle_pulls_with_more_than_all_it_has(capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    assert main(["body", "sij", f"--activation={wrong}", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "activation" in printed.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json"], "no model is named"),
        (["--coordinate", "a=1"], "no model is named"),
        (["--osim", "nowhere.osim"], "nowhere.osim"),
        (["--osim", "a.osim", "arms"], "stands alone"),
    ],
)
def test_a_model_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["body", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err


def test_standing_gives_ranges_for_joints_and_muscles_of_both_sides(ask: Any) -> None:
    document = ask("stand", "--one-leg", "right", "--samples", "10")
    right, left = document["sides"]["right"], document["sides"]["left"]
    assert right["hip_contact_bw"]["median"] > left["hip_contact_bw"]["median"]
    for value in (right["hip_contact_bw"], document["l5s1_compression_n"], right["sij_compression_n"], right["regions"]["upper"]):
        assert value["low"] <= value["median"] <= value["high"]


def test_standing_is_told_to_people_in_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "stand", "--lean-deg", "30", "--samples", "5"]) == 0
    printed = capsys.readouterr().out
    assert "lowest disc (L5/S1), compression" in printed
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lean-deg", "99"], "lean is 99"),
        (["--mass-kg", "0"], "mass_kg is 0"),
        (["--load-kg", "nan"], "load"),
        (["--sex", "x"], "--sex: 'x'"),
        (["--one-leg", "middle"], "--one-leg: 'middle'"),
    ],
)
def test_what_nobody_can_stand_like_is_told(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["body", "stand", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err.splitlines()[0]
