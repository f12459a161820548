"""The mechanics bench: the same problem for both sides, the same document for the same input, and what could not be run is named."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, MuscleLine, PathPoint, Segment, Shape, Wrap, WrapUse
from hipspine.errors import InputError
from hipspine.formats.osim_text import osim_text
from hipspine.mechanics.paths import compiled, lengths_and_arms
from hipspine.workflows.benching_mechanics import bench_mechanics, table, write_bench
from hipspine.workflows.mechanics_bench import opensim_sharing, peers, rows, timing
from hipspine.workflows.mechanics_bench.opensim_model import with_followers
from hipspine.workflows.mechanics_bench.paths import paths_part
from hipspine.workflows.mechanics_bench.sharing import SHARED, made_up
from hipspine.workflows.mechanics_bench.subjects import subject
from hipspine.workflows.mechanics_bench.tendons import Tendons, alone, coordinates_of, hip_of, mjcf, straight

ONE, STILL = Curve(Course.LINEAR, (1.0, 0.0)), Curve(Course.CONSTANT, (0.0,))
INERTIA = (0.1, 0.1, 0.1, 0.0, 0.0, 0.0)
DATA = Path(__file__).parents[1].parent / "shared" / "data"
AXES = (("flexion", (0.0, 0.0, 1.0)), ("adduction", (1.0, 0.0, 0.0)), ("rotation", (0.0, 1.0, 0.0)))


def line(name: str, *points: tuple[str, tuple[float, float, float]], wraps: tuple[WrapUse, ...] = ()) -> MuscleLine:
    return MuscleLine(name, name, None, tuple(PathPoint(*point) for point in points), 100.0, 0.1, 0.1, 0.0, wraps)


def hip(*lines: MuscleLine, wraps: tuple[Wrap, ...] = ()) -> BodyModel:
    """A pelvis on the ground and a thigh on a turned ball joint; a kneecap that follows."""
    return BodyModel(
        name="hip",
        segments=tuple(Segment(name, 1.0, (0.0, 0.0, 0.0), INERTIA) for name in ("pelvis", "thigh", "patella")),
        joints=(
            Joint("root", "ground", "pelvis", ()),
            Joint("hip", "pelvis", "thigh", (
                *(Motion(axis, ONE, name, True) for name, axis in AXES), Motion((1.0, 0.0, 0.0), STILL, None, False),
            ), (-0.05, -0.08, 0.08), (0.1, -0.2, 0.3), (0.01, 0.02, -0.01), (0.2, 0.1, 0.0)),
            Joint("knee", "thigh", "patella", (Motion((0.0, 0.0, 1.0), ONE, "kneecap", True),), (0.0, -0.4, 0.0)),
        ),
        coordinates=(
            *(Coordinate(name, -0.6, 0.9) for name, _ in AXES),
            Coordinate("kneecap", -3.0, 3.0, follows=("flexion", Curve(Course.LINEAR, (0.5, 0.1)))),
        ),
        lines=lines, wraps=wraps, fields=(),
    )  # fmt: skip


def wrapped() -> BodyModel:
    wraps = (
        Wrap("neck", Shape.CYLINDER, "pelvis", (-0.075, -0.09, 0.065), (0.2, 0.1, 0.3), (0.03, 0.5)),
        Wrap("sided", Shape.CYLINDER, "thigh", (0.0, -0.05, 0.0), (0.0, 0.0, 0.1), (0.02, 0.3), "-x"),
        Wrap("head", Shape.SPHERE, "thigh", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.025,)),
    )
    return hip(
        line("over_neck", ("pelvis", (-0.13, 0.01, 0.05)), ("pelvis", (-0.13, -0.06, 0.08)), ("thigh", (-0.04, -0.06, 0.03)),
             wraps=(WrapUse("neck"),)),
        line("over_side", ("pelvis", (-0.06, 0.05, 0.08)), ("thigh", (-0.02, -0.2, 0.0)), wraps=(WrapUse("sided"),)),
        line("over_head", ("pelvis", (0.0, 0.02, 0.09)), ("thigh", (-0.01, -0.07, -0.02)), wraps=(WrapUse("head"),)),
        line("within", ("pelvis", (0.0, 0.0, 0.0)), ("pelvis", (0.1, 0.0, 0.0))),
        line("to_the_knee", ("pelvis", (-0.05, 0.0, 0.08)), ("patella", (0.03, 0.0, 0.0))),
        wraps=wraps,
    )  # fmt: skip


def without_run(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "run"}


def figures(value: Any) -> list[float]:
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in figures(part)]
    if isinstance(value, list | tuple):
        return [one for part in value for one in figures(part)]
    return [float(value)] if isinstance(value, float) else []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("bench") / "hip.osim"
    path.write_text(osim_text(wrapped()), encoding="utf-8")
    return bench_mechanics(postures=20, osim=path, which="mujoco")


# the document


def test_the_same_input_gives_the_same_document_and_all_its_numbers_are_finite(tmp_path: Path) -> None:
    path = tmp_path / "hip.osim"
    path.write_text(osim_text(wrapped()), encoding="utf-8")
    one, two = (bench_mechanics(postures=20, osim=path, which="none") for _ in range(2))
    assert json.dumps(without_run(one)) == json.dumps(without_run(two))
    assert all(math.isfinite(number) for number in figures(one))
    assert json.dumps(one, allow_nan=False)


def test_durations_stand_only_under_run(small: dict[str, Any]) -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, Mapping):
            return set(value) | {key for part in value.values() for key in keys(part)}
        return {key for part in value for key in keys(part)} if isinstance(value, list | tuple) else set()

    ends = ("_us", "_ns", "_s", "_per_second", "seconds", "ratio", "minutes_on_two_cores")
    timed = {key for key in keys(small["run"]) if key.endswith(ends)}
    assert {"ours_us", "frames_per_second", "ratio"} <= timed
    assert not {key for key in keys(without_run(small)) if key.endswith(ends)}


def test_every_row_of_the_table_has_its_line_and_a_missed_goal_is_not_hidden(small: dict[str, Any]) -> None:
    missed = {**small, "run": {**small["run"], "speeds": [{**row, "met": row["met"] and False} for row in small["run"]["speeds"]]}}
    text = table(missed)
    for row in (*small["run"]["speeds"], *small["agreement"]):
        assert row["what"] in text
    goals = sum(row["goal"] != "" for row in small["run"]["speeds"])
    assert goals >= 3
    assert text.count(" NO") == goals
    assert max(len(row) for row in text.split("\n\n- ")[0].splitlines()) <= 130


def test_a_peer_that_takes_no_part_is_named_with_the_reason(small: dict[str, Any]) -> None:
    assert any("opensim takes no part: not asked for" in remark for remark in small["remarks"])
    assert [row["name"] for row in small["peers"]] == ["mujoco"]


def test_a_peer_that_cannot_be_imported_does_not_stop_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ModuleNotFoundError(name) if name == "opensim" else RuntimeError("half installed")

    monkeypatch.setattr(peers.importlib, "import_module", broken)
    found = peers.peers("installed")
    assert found.modules == {}
    assert found.why_not("opensim") == "not installed"
    assert found.why_not("mujoco") == "cannot be imported (RuntimeError)"


def test_what_is_written_reads_back(small: dict[str, Any], tmp_path: Path) -> None:
    places = write_bench(small, tmp_path / "new")
    assert json.loads(places[0].read_text(encoding="utf-8")) == json.loads(json.dumps(small))
    assert places[1].read_text(encoding="utf-8").startswith("hipspine bench mechanics: ")


# what goes in


def test_bad_input_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--postures: is 3; give 20 or more"):
        bench_mechanics(postures=3, which="none")
    with pytest.raises(InputError, match="--peers: 'anybody' is not known"):
        bench_mechanics(postures=20, which="anybody")
    with pytest.raises(InputError, match=r"--walk: .* holds 0 files \*.osim; give a folder with exactly one model"):
        bench_mechanics(postures=20, walk=tmp_path, which="none")
    (tmp_path / "empty.osim").write_text(osim_text(hip()), encoding="utf-8")
    with pytest.raises(InputError, match=r"empty.osim: holds no muscle line"):
        bench_mechanics(postures=20, osim=tmp_path / "empty.osim", which="none")
    (tmp_path / "stiff.osim").write_text(osim_text(hip(wrapped().lines[3])), encoding="utf-8")
    with pytest.raises(InputError, match=r"stiff.osim: no muscle line crosses a joint that moves"):
        bench_mechanics(postures=20, osim=tmp_path / "stiff.osim", which="none")


def test_only_crossed_coordinates_are_asked_and_postures_keep_to_the_ranges(tmp_path: Path) -> None:
    path = tmp_path / "hip.osim"
    path.write_text(osim_text(wrapped()), encoding="utf-8")
    one = subject(path, folder=tmp_path, postures=50, seed=1)
    asked = {(one.paths.lines[line], one.paths.about[about]) for line, about in one.pairs}
    names = [name for name, _ in AXES]
    assert asked == {(name, about) for name in ("over_neck", "over_side", "over_head", "to_the_knee") for about in names}
    free = [k for k, leader in enumerate(one.paths.follows) if leader is None]
    assert (one.postures[:, free] >= one.paths.low[free]).all()
    assert (one.postures[:, free] <= one.paths.high[free]).all()
    kneecap, flexion = (one.paths.coordinates.index(name) for name in ("kneecap", "flexion"))
    assert one.postures[:, kneecap] == pytest.approx(0.5 * one.postures[:, flexion] + 0.1)


def test_a_chain_of_followers_is_followed_in_any_order() -> None:
    twice, thrice = Curve(Course.LINEAR, (2.0, 0.0)), Curve(Course.LINEAR, (3.0, 1.0))
    body = BodyModel(
        name="chain", segments=(), joints=(), lines=(), wraps=(), fields=(),
        coordinates=(
            Coordinate("c", -9.0, 9.0, follows=("b", thrice)), Coordinate("b", -9.0, 9.0, follows=("a", twice)), Coordinate("a", -9.0, 9.0),
        ),
    )  # fmt: skip
    assert with_followers(body, np.array([[0.0, 0.0, 0.5]])).tolist() == [[4.0, 1.0, 0.5]]


def test_made_up_frames_know_nothing_of_other_parts_and_are_shared_with_a_proof(small: dict[str, Any]) -> None:
    moments, arms, volume, reserve = made_up(5)
    assert (arms[:, :, :6] == 0).all()
    assert (moments[:, :6] == 0).all()
    assert volume.min() > 0
    assert reserve.shape == (23,)
    for name in SHARED:
        assert small["sharing"][name]["worst_residual"] < rows.CERTIFIED
        assert small["sharing"][name]["not_solved"] == 0


# the same problem for both sides


def test_hip_lines_are_the_same_problem_for_mujoco(small: dict[str, Any]) -> None:
    found = small["paths"]["mujoco"]
    assert (found["joint"], found["lines"], found["surfaces"]) == ("hip", 3, 3)
    assert found["length_mm"]["largest"] < rows.MUJOCO_LENGTH_MM
    assert found["arm_mm"]["largest"] < rows.MUJOCO_ARM_MM
    assert found["others"] == 0


def test_surfaces_are_really_wrapped_in_the_comparison_with_mujoco() -> None:
    mujoco = pytest.importorskip("mujoco")
    body, joint = wrapped(), hip_of(wrapped())
    assert joint is not None
    few = alone(body, joint)
    paths = compiled(few, about=coordinates_of(joint.joint))
    turns = np.random.default_rng(2).uniform(-0.6, 0.9, (60, 3))
    theirs = Tendons(mujoco, mjcf(few, joint.joint)).lengths_and_arms(turns)
    ours = lengths_and_arms(paths, np.c_[turns, np.zeros(60)])
    bare = BodyModel(few.name, few.segments, few.joints, few.coordinates, tuple(
        MuscleLine(one.name, one.muscle, one.side, one.points, 1.0, 0.1, 0.1, 0.0) for one in few.lines
    ), (), ())  # fmt: skip
    longer = ours[0] - lengths_and_arms(compiled(bare), np.c_[turns, np.zeros(60)])[0]
    assert (longer.max(axis=0) > 1e-3).all()  # each of the three is held off by its surface somewhere
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-9)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-8)


def test_straight_tendons_have_the_length_of_the_straight_run() -> None:
    mujoco = pytest.importorskip("mujoco")
    origins, ends = np.random.default_rng(0).normal(size=(2, 4, 3))
    lengths, arms = Tendons(mujoco, straight(origins, ends)).lengths_and_arms(np.zeros((1, 3)))
    assert lengths[0] == pytest.approx(np.linalg.norm(origins - ends, axis=1))
    moment = np.cross(ends, (origins - ends) / lengths[0][:, None])  # of a unit pull on the thigh about the hip
    assert arms[0] == pytest.approx(moment[:, [2, 0, 1]])


def test_a_joint_that_shifts_is_no_hip() -> None:
    body = wrapped()
    slides = Joint("hip", "pelvis", "thigh", (*body.joints[1].motions[:3], Motion((1.0, 0.0, 0.0), ONE, "flexion", False)))
    moved = BodyModel("m", body.segments, (body.joints[0], slides, body.joints[2]), body.coordinates, body.lines, body.wraps, ())
    assert hip_of(moved) is None


def test_a_line_whose_end_dips_into_its_surface_is_seen_to_jump(tmp_path: Path) -> None:
    wheel = Wrap("wheel", Shape.CYLINDER, "pelvis", (-0.05, -0.133, 0.08), (0.0, 0.0, 0.0), (0.03, 0.5))
    ends = ("pelvis", (-0.05, 0.12, 0.09)), ("thigh", (-0.015, -0.06, 0.0))
    for wraps, jumps in (((WrapUse("wheel"),), True), ((), False)):
        path = tmp_path / "hip.osim"
        path.write_text(osim_text(hip(line("m", *ends, wraps=wraps), wraps=(wheel,))), encoding="utf-8")
        one = subject(path, folder=tmp_path, postures=3000, seed=0)
        found = paths_part(one, peers.Peers({}, ()), tell=print)[0]["jumps"]
        assert found["tests"] == 3000
        assert (found["jumps"] > 0) == jumps
        assert (found["largest_mm"] > 0.5) == jumps


# figures


def test_a_difference_is_given_by_its_middle_its_tail_and_its_end() -> None:
    found = timing.difference(np.linspace(-0.1, 0.0, 101))
    assert (found["n"], found["largest"]) == (101, pytest.approx(100.0))
    assert (found["median"], found["p95"], found["p99"]) == (pytest.approx(50.0), pytest.approx(95.0), pytest.approx(99.0))
    assert timing.difference(np.zeros(0)) == {"n": 0}


def test_each_numbered_call_is_made_once() -> None:
    made: list[int] = []
    assert timing.best_each_s(made.append, 7, parts=3) >= 0
    assert made == list(range(7))


def test_a_goal_is_met_only_from_its_number_on(small: dict[str, Any]) -> None:
    run = {**small["run"], "field": {**small["run"]["field"], "ours_ns": {"18": 10.0, "100": 10.1}, "mujoco_ns": {}}}
    first, second = rows.speeds(small, run)[:2]
    assert (first["met"], second["met"]) == (True, False)


def test_a_walk_needs_a_model_coordinates_and_ground_reactions(tmp_path: Path) -> None:
    for name in ("a.osim", "coordinates.sto", "grf_walk.mot"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [one.name for one in opensim_sharing.recording(tmp_path)] == ["a.osim", "coordinates.sto", "grf_walk.mot"]
    (tmp_path / "b.osim").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds 2 files \*.osim"):
        opensim_sharing.recording(tmp_path)


@pytest.mark.needs("opensim")
def test_beside_opensim_lengths_agree_and_our_arms_are_the_slope_of_its_lengths() -> None:
    walk = DATA / "walk_rajagopal" / "subject_walk_scaled.osim"
    if not walk.is_file():
        pytest.skip("no recorded walk beside the checkout")
    document = bench_mechanics(postures=20, osim=walk, which="installed")
    found = document["paths"]["opensim"]
    assert found["length_mm"]["largest"] < 1e-6
    assert found["our_arm_from_slope_mm"]["p99"] < rows.SLOPE_MM
    assert found["opensim_arm_from_slope_mm"]["p99"] > found["our_arm_from_slope_mm"]["p99"]
    assert document["run"]["paths"]["opensim"]["lengths_and_arms_us"] > 100 * document["run"]["paths"]["ours_us"]
