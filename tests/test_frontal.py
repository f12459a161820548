"""The frontal plane is set as cheaply as muscles allow."""

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.exercises.catalogue import shipped
from hipspine.exercises.leaning import lean
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.frontal import least_effort
from hipspine.terms import Side

BEND = (np.radians(-10), np.radians(20))


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


@pytest.fixture(scope="module")
def leaning(body):
    """Postures on the right leg by the trunk's bend: balance is solved at three, and the foot is wide enough for those between."""
    bends = np.array([BEND[0], 0.0, BEND[1]])
    solved = np.vstack([standing(body, on=Side.RIGHT, bend_rad=float(bend)).q for bend in bends])
    return lambda bend: np.array([[np.interp(bend, bends, column) for column in solved.T]])


def test_on_one_leg_the_trunk_leans_over_it_as_a_grid_says(body, leaning) -> None:
    """The second road: every 5 degrees. With a habit it stays nearer to upright."""
    touches = standing(body, on=Side.RIGHT).touches
    found, again, used = (
        least_effort(body, lambda one: leaning(float(one[0])), bounds=[BEND], touches=touches, start=[0.0], habit=habit, most=14)
        for habit in (0.0, 0.0, 0.5)
    )
    grid = np.radians(np.arange(0, 21, 5.0))
    costs = np.array([carried(body, leaning(float(bend)), touches=touches).shared.cost.sum() for bend in grid])
    assert found.numbers[0] == pytest.approx(grid[costs.argmin()], abs=np.radians(5))
    assert found.cost <= costs.min() * (1 + 1e-2)
    assert found.cost < found.cost_before == pytest.approx(costs[grid == 0.0].item())
    assert np.degrees(found.numbers[0]) > 10
    assert again.numbers.tolist() == found.numbers.tolist()
    assert 0 < used.numbers[0] < 0.8 * found.numbers[0]


def test_numbers_without_a_posture_are_gone_round_and_bounds_are_told(body, leaning) -> None:
    touches = standing(body, on=Side.RIGHT).touches

    def only_small(numbers: np.ndarray) -> np.ndarray:
        if numbers[0] > np.radians(3):
            raise ModelError("too far")
        return leaning(float(numbers[0]))

    found = least_effort(body, only_small, bounds=[BEND], touches=touches, start=[0.0], most=14)
    assert found.numbers[0] <= np.radians(3)
    assert found.cost < found.cost_before
    narrow = least_effort(body, only_small, bounds=[(0.0, np.radians(2))], touches=touches, most=14)
    assert narrow.at_bounds == (True,)


@pytest.mark.parametrize(
    ("bounds", "start", "said"),
    [
        ([], None, "bounds are"),
        ([(0.1, 0.1)], None, "bounds are"),
        ([(0.0, np.nan)], None, "bounds are"),
        ([(0.0, 0.1)], [0.5], "the search starts at"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(body, bounds, start, said) -> None:
    stand = standing(body, on=Side.RIGHT)
    with pytest.raises(ModelError, match=said):
        least_effort(body, lambda numbers: stand.q, bounds=bounds, touches=stand.touches, start=start)


def test_an_author_is_told_how_the_pelvis_stands_at_least_effort() -> None:
    found = lean(shipped("single-leg-stance"), 0, most=12)
    assert 0 <= found.found_deg["pelvis_list"] < 6  # near to level, the free side not below what is written
    assert found.found_deg["pelvis_list"] > found.written_deg["pelvis_list"] - 0.5
    assert found.cost_share < 1
    assert found.hip_bw[1] < found.hip_bw[0]
    assert found.at_bounds == ()
    with pytest.raises(ModelError, match=r"has 1 poses; there is none with number 3"):
        lean(shipped("single-leg-stance"), 3)
    with pytest.raises(ModelError, match="given as an effort"):
        lean(shipped("met-leg-press"), 0)
