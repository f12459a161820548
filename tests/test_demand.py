"""What exercises ask: the atlas is today's, its numbers come again, two roads agree, published figures are met."""

import json

import numpy as np
import pytest

from hipspine.cli import main
from hipspine.errors import ModelError
from hipspine.exercises import atlas
from hipspine.exercises.catalogue import catalogue, names, shipped
from hipspine.exercises.demand import REGIONS, Demand, chain_of, demand_of, largest
from hipspine.exercises.describing import described
from hipspine.exercises.vocabulary import CONTRA_TAGS, CONTRACTION_MODES, HIP_MOVEMENTS, LINES_OF_PULL
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.mechanics.rigid_dynamics import dynamics
from hipspine.terms import Side


@pytest.fixture(scope="module")
def squat() -> Demand:
    return demand_of(shipped("back-squat"), samples=24, frames=21)


def test_the_atlas_holds_every_exercise_as_it_is_written_today() -> None:
    kept = atlas.atlas()["exercises"]
    assert sorted(kept) == list(names())
    assert [name for name, exercise in catalogue().items() if kept[name]["asks_sha256"] != exercise.asks_sha256] == []
    assert atlas.atlas()["body_sha256"] == atlas.body_hash()


@pytest.mark.parametrize("name", ["hip-thrust", "clam"])
def test_a_part_of_the_atlas_worked_out_anew_is_the_same(name: str) -> None:
    kept = atlas.atlas()
    found = demand_of(shipped(name), samples=kept["samples"], frames=kept["frames"], seed=kept["seed"])
    for region in REGIONS:
        again, before = found.peak(region), kept["exercises"][name]["regions"][region.partition("/")[2]]
        assert again is not None
        assert (again.median, again.low, again.high) == pytest.approx((before["median"], before["low"], before["high"]), rel=1e-3, abs=1e-4)


def test_no_entry_is_null_and_every_word_is_of_the_vocabulary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exercises", "list", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["exercises"]
    assert [one["name"] for one in entries] == list(names())

    def holes(value: object, path: str) -> list[str]:
        if value is None or value == "" or value == "?":
            return [path]
        if isinstance(value, dict):
            return [hole for key, part in value.items() for hole in holes(part, f"{path}.{key}")]
        if isinstance(value, list):
            return [hole for k, part in enumerate(value) for hole in holes(part, f"{path}[{k}]")]
        return []

    assert [hole for one in entries for hole in holes(one, one["name"])] == []
    words = {
        "lines_of_pull": LINES_OF_PULL,
        "hip_movements": HIP_MOVEMENTS,
        "contraction_modes": CONTRACTION_MODES,
        "contra_tags": CONTRA_TAGS,
    }
    for one in entries:
        for key, known in words.items():
            assert set(one[key]) <= set(known), (one["name"], key)
            assert one[key] or key in one["reasons"], (one["name"], key)


def test_muscles_make_what_the_movement_asks(squat: Demand) -> None:
    """Two roads: the moment of all muscles, and inverse dynamics with the contact forces of the same answer."""
    motion = squat.motion
    rigid = Rigid.of(motion.body, limits=False)
    needed = dynamics(rigid, motion.q, loads=motion.loads).moments[:, rigid.coordinates.index("hip_flexion:right")]
    muscle = np.nanmedian(squat.hip_nm[:, :, 0], axis=0)
    hip = placed(rigid, motion.q).position_m[:, rigid.segment("thigh:right")]
    low = int(np.argmin(hip[:, 1]))
    assert muscle[low] < -40  # hip extensors at the bottom
    assert np.isfinite(needed).all()
    assert abs(muscle[0]) < abs(muscle[low])


def test_twice_the_load_asks_more_and_none_asks_less() -> None:
    exercise = shipped("romanian-deadlift")
    disc = [
        float(np.nanmedian(largest(demand_of(exercise, load_kg=load, samples=8, frames=9).compression_n))) for load in (0.0, 20.0, 40.0)
    ]
    assert disc[0] < disc[1] < disc[2]


def test_the_left_side_asks_what_the_right_side_asks() -> None:
    right, left = (demand_of(shipped("single-leg-bridge"), side=side, samples=6, frames=7) for side in (Side.RIGHT, Side.LEFT))
    assert np.nanmax(np.abs(right.column("gluteus_maximus") - left.column("gluteus_maximus"))) < 5e-3


def test_closed_and_open_chains_are_told_apart() -> None:
    closed = {"romanian-deadlift", "hip-thrust", "back-squat", "single-leg-bridge", "step-up", "walking-lunge", "single-leg-stance"}
    open_ = {"side-lying-leg-lift", "clam", "oyster", "bird-dog", "prone-hip-extension-knee-straight", "standing-leg-lift"}
    assert {name for name in closed | open_ if chain_of(shipped(name)) == "closed"} == closed


def test_what_follows_from_the_motion_is_what_people_say_of_it() -> None:
    thrust, lift = (described(demand_of(shipped(name), samples=8, frames=15)) for name in ("hip-thrust", "side-lying-leg-lift"))
    assert "anteroposterior" in thrust.lines_of_pull
    assert "extension" in thrust.hip_movements
    assert {"concentric", "eccentric"} <= set(thrust.contraction_modes)
    assert "mediolateral" in lift.lines_of_pull
    assert "abduction" in lift.hip_movements
    assert "side-lying" in lift.contra_tags


def test_a_load_that_an_exercise_does_not_have_is_refused() -> None:
    with pytest.raises(ModelError, match="is done without a load"):
        demand_of(shipped("clam"), load_kg=10.0, samples=2, frames=3)


def test_the_same_seed_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for _ in range(2):
        assert main(["demand", "clam", "--mass-kg", "60", "--samples", "4", "--json"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert json.loads(shown[0])["person"]["mass_kg"] == 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demand"], "NAME: no exercise is named"),
        (["demand", "clam", "--all"], "clam: stands beside --all"),
        (["demand", "clamm"], "near are clam"),
        (["demand", "clam", "--mass-kg", "5"], "mass"),
        (["demand", "clam", "--load", "5"], "without a load"),
        (["demand", "nowhere.toml"], "cannot be read"),
        (["exercises", "list", "--position", "flying"], "--position: 'flying' is no position"),
        (["exercises", "list", "--equipment", "spade"], "--equipment: 'spade' is not known"),
        (["exercises", "new", "Hip Thrust"], "is no name for an exercise"),
        (["exercises", "new", "hip-thrust"], "is in the catalogue already"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.startswith("hipspine: ")
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.out == ""
