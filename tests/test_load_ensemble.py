"""Load sharing is said with its range: what is the same for every draw, what is drawn, and what must come out of geometry alone."""

import json
from dataclasses import replace

import numpy as np
import published_sets
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.cli import main
from hipspine.errors import ModelError
from hipspine.mechanics.hip_tasks import TASKS, Task
from hipspine.mechanics.load_ensemble import LoadEnsemble, Spread, load_ensemble
from hipspine.terms import Side
from hipspine.workflows.body_load import load_document

UPPER, MIDDLE, LOWER = (f"gluteus_maximus/{region}" for region in ("upper", "middle", "lower"))


@pytest.fixture(scope="module")
def ensemble() -> LoadEnsemble:
    return load_ensemble(BodyModel(), samples=60, seed=1)


def place(name: str) -> int:
    return next(k for k, task in enumerate(TASKS) if name in task.name)


def test_every_member_is_proven_and_needs_next_to_no_reserve(ensemble: LoadEnsemble) -> None:
    assert ensemble.residual.max() < 1e-8
    assert np.isfinite(ensemble.activation).all()
    assert np.median(ensemble.reserve_nm) < 1.0


def test_activations_are_shares_of_capacity(ensemble: LoadEnsemble) -> None:
    assert ensemble.activation.min() >= ensemble.spread.floor[0] - 1e-9
    assert ensemble.activation.max() <= 1 + 1e-9


def test_at_90_degrees_only_the_lower_region_turns_the_thigh_outwards(ensemble: LoadEnsemble) -> None:
    at = place("flexed 90, external rotation")  # Delp 1999: the others turn inwards there
    assert ensemble.agreement(LOWER, UPPER)[at] >= 0.8
    assert ensemble.agreement(LOWER, MIDDLE)[at] >= 0.8


def test_extension_of_a_flexed_hip_asks_every_region(ensemble: LoadEnsemble) -> None:
    at = place("flexed 90, extension")
    for region in (UPPER, MIDDLE, LOWER):
        _, low, _ = ensemble.range_of(region)
        assert low[at] > ensemble.spread.floor[1]


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    one, again, other = (load_ensemble(BodyModel(), TASKS[:2], samples=5, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.activation, again.activation)
    assert not np.array_equal(one.activation, other.activation)


def test_both_legs_share_alike() -> None:
    right, left = (load_ensemble(BodyModel(), TASKS[:3], samples=4, side=side) for side in Side)
    np.testing.assert_allclose(right.activation, left.activation, atol=1e-6)


def test_with_nothing_unknown_but_the_curve_and_the_field_the_range_is_narrower(ensemble: LoadEnsemble) -> None:
    sure = Spread(force=(1.0, 1.0), exponent=(2.0, 2.0), floor=(0.01, 0.01), fibre=(1.0, 1.0), place_m=0.0, joint_m=0.0)
    narrow = load_ensemble(BodyModel(), samples=60, seed=1, spread=sure)

    def width(one: LoadEnsemble) -> float:
        _, low, high = one.range_of("gluteus_medius")
        return float(np.mean(high - low))

    assert width(narrow) < width(ensemble)


def test_an_order_of_two_groups_is_agreed_on_by_at_most_all_members(ensemble: LoadEnsemble) -> None:
    for one, other in ((UPPER, LOWER), (MIDDLE, LOWER)):
        assert np.all(ensemble.agreement(one, other) + ensemble.agreement(other, one) <= 1)
    assert np.all(np.abs(ensemble.rank_stability(("gluteus_maximus", "gluteus_medius", "hamstrings"))) <= 1 + 1e-12)


@pytest.mark.skipif(not published_sets.ANATOMY.is_dir(), reason="no shared anatomy tables beside the checkout")
@pytest.mark.parametrize("name", ["hip_davis2026.csv", "hip_gait2392.csv", "hip_rajagopal_lai_uhlrich_2023.csv"])
def test_with_the_other_muscles_of_a_published_set_the_firm_order_stays(name: str) -> None:
    body = published_sets.hip_body(name)
    body = replace(body, lines=tuple(line for line in body.lines if line.muscle != "gluteus_maximus"))
    found = load_ensemble(body, samples=40)
    assert found.agreement(LOWER, UPPER)[place("flexed 90, external rotation")] >= 0.8


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"samples": 1}, "a range needs 2 samples"),
        ({"tasks": ()}, "0 tasks"),
        ({"seed": -1}, "seed of 0 or more"),
        ({"tasks": (Task("misspelt", {"hip_flexion_deg": 0}, {"hip_flexon": -60}),)}, "hip_flexon"),
        ({"tasks": (Task("too far", {"hip_flexion_deg": 140}, {"hip_flexion": 1}),)}, "hip_flexion_deg is 140"),
    ],
)
def test_what_cannot_be_drawn_is_told(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        load_ensemble(BodyModel(), **({"tasks": TASKS[:1], "samples": 3} | wrong))  # type: ignore[arg-type]


def test_a_group_that_there_is_not_is_told() -> None:
    found = load_ensemble(BodyModel(), TASKS[:1], samples=2)
    with pytest.raises(ModelError, match="no muscle group 'glute'"):
        found.range_of("glute")


def test_a_claim_is_made_only_where_four_in_five_agree() -> None:
    document = load_document(samples=20)
    claims = [claim for task in document["tasks"] for claim in task["claims"]]
    left = [claim for task in document["tasks"] for claim in task["not_claimed"]]
    assert len(claims) + len(left) == 3 * len(TASKS)
    assert all(claim["agreement"] >= 0.8 for claim in claims)
    assert all(claim["agreement"] < 0.8 and "open" in claim["sentence"] for claim in left)


def test_the_command_gives_the_same_bytes_twice(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert main(["body", "load", "--hip-flexion-deg", "90", "--hip-flexion-nm=-60", "--samples", "5", "--json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert json.loads(said[0])["tasks"][0]["moments_nm"]["hip_flexion"] == -60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hip-flexion-deg", "90"], "no moment is asked for"),
        (["--hip-flexion-nm", "nan"], "--hip-flexion-nm is nan"),
        (["--hip-flexion-nm=-6000"], "give -500 to 500"),
        (["--hip-rotation-deg", "70", "--hip-flexion-nm=-60"], "hip_rotation_deg is 70"),
    ],
)
def test_a_load_that_cannot_be_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["body", "load", *words, "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err


def test_what_the_form_of_the_field_leaves_open_widens_mixed_postures_and_no_others() -> None:
    turn = {"hip_rotation": -15.0}
    tasks = (Task("plain", {"hip_flexion_deg": 60}, turn), Task("mixed", {"hip_flexion_deg": 60, "hip_adduction_deg": -24}, turn))
    sure = Spread(force=(1.0, 1.0), exponent=(2.0, 2.0), floor=(0.01, 0.01), fibre=(1.0, 1.0), place_m=0.0, joint_m=0.0)
    closed, left = (load_ensemble(BodyModel(), tasks, samples=60, spread=replace(sure, form_m=form)) for form in (0.0, 0.02))
    np.testing.assert_array_equal(closed.of(LOWER)[:, 0], left.of(LOWER)[:, 0])
    assert left.of(LOWER)[:, 1].std() > 1.2 * closed.of(LOWER)[:, 1].std()
