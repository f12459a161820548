"""Fibres: what a line can pull at its length, with the shapes that two papers publish."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipspine.errors import ModelError
from hipspine.mechanics.fibre import Curve, active_share, fibre, normalised, passive_share, velocity_share

LINE = {"optimal_fibre_m": [0.15], "slack_m": [0.12], "pennation_rad": [0.35], "max_force_n": [1000.0]}
CURVES = list(Curve)


@pytest.mark.parametrize("curve", CURVES)
def test_a_muscle_is_strongest_at_its_optimal_length(curve: Curve) -> None:
    norm = np.linspace(0.3, 1.8, 1501)
    share = active_share(norm, curve)
    assert norm[share.argmax()] == pytest.approx(1.0, abs=0.02)
    assert share.max() == pytest.approx(1.0, abs=0.002)
    assert (np.diff(share[norm < 0.98]) > 0).all()
    assert (np.diff(share[norm > 1.02]) < 0).all()


def test_the_narrow_curve_lies_inside_the_broad_one() -> None:
    norm = np.r_[np.linspace(0.2, 0.7, 50), np.linspace(1.15, 2, 50)]
    assert (active_share(norm, Curve.DE_GROOTE) < active_share(norm, Curve.THELEN)).all()


@pytest.mark.parametrize("curve", CURVES)
def test_passive_force_grows_with_stretch_and_never_pushes(curve: Curve) -> None:
    norm = np.linspace(0, 1.8, 1801)
    share = passive_share(norm, curve)
    assert (share >= 0).all()
    assert (np.diff(share) >= 0).all()
    assert passive_share(1.6, curve) == pytest.approx(1.0)
    assert passive_share(1.0, curve) < 0.02


@pytest.mark.parametrize("curve", CURVES)
def test_curves_do_not_jump(curve: Curve) -> None:
    norm = np.linspace(0, 1.6, 160001)
    for share in (active_share(norm, curve), passive_share(norm, curve)):
        assert np.abs(np.diff(share)).max() < 1e-4  # per 1e-5 of length: slopes stay below 10


def test_speed_weakens_a_shortening_and_strengthens_a_lengthening_fibre() -> None:
    speed = np.linspace(-1, 1, 201)
    share = velocity_share(speed)
    assert (np.diff(share) >= 0).all()
    assert velocity_share(0.0) == pytest.approx(1.0, abs=1e-3)
    assert share[0] == pytest.approx(0.0, abs=1e-3)
    assert 1.3 < share[-1] < 1.8


@given(length=st.floats(0.0, 0.5), pennation=st.floats(0, 1.4))
def test_fibres_keep_their_thickness(length: float, pennation: float) -> None:
    norm, cosine = normalised(length, optimal_fibre_m=0.15, slack_m=0.12, pennation_rad=pennation)
    if length > 0.12:
        assert norm * 0.15 * np.sqrt(1 - cosine**2) == pytest.approx(0.15 * np.sin(pennation), abs=1e-8)
        assert norm * 0.15 * cosine == pytest.approx(length - 0.12, abs=1e-12)
    else:
        assert cosine == 0.0


def test_at_the_optimal_length_the_line_pulls_with_the_cosine_of_pennation() -> None:
    state = fibre([[0.12 + 0.15 * np.cos(0.35)]], **LINE)  # type: ignore[arg-type]
    assert state.norm.item() == pytest.approx(1.0)
    assert state.active_n.item() == pytest.approx(1000 * np.cos(0.35))
    assert state.passive_n.item() == pytest.approx(0.0)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("pennation", [0.0, 0.35])
def test_a_line_shorter_than_its_tendon_has_no_force_and_no_nan(curve: Curve, pennation: float) -> None:
    state = fibre([[0.0], [0.119], [0.12]], **(LINE | {"pennation_rad": [pennation]}), curve=curve)
    assert state.active_n.ravel().tolist() == [0.0, 0.0, 0.0]
    assert state.passive_n.ravel().tolist() == [0.0, 0.0, 0.0]


@given(factor=st.floats(0.1, 10), length=st.floats(0.13, 0.4))
def test_a_body_of_another_size_has_the_same_shares(factor: float, length: float) -> None:
    small = fibre([[length]], **LINE)  # type: ignore[arg-type]
    large = fibre([[factor * length]], **(LINE | {"optimal_fibre_m": [0.15 * factor], "slack_m": [0.12 * factor]}))  # type: ignore[arg-type]
    assert large.active_n.item() == pytest.approx(small.active_n.item(), rel=1e-9, abs=1e-9)
    assert large.passive_n.item() == pytest.approx(small.passive_n.item(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"optimal_fibre_m": [0.0]}, "optimal_fibre_m holds 0.0; give lengths above 0"),
        ({"max_force_n": [-1.0]}, "max_force_n holds -1.0; give finite forces of at least 0"),
        ({"pennation_rad": [1.6]}, "pennation_rad holds 1.6"),
        ({"slack_m": [float("nan")]}, "slack_m holds nan"),
    ],
)
def test_impossible_fibres_are_refused_in_one_sentence(change: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        fibre([[0.3]], **(LINE | change))  # type: ignore[arg-type]


def test_impossible_lengths_and_speeds_are_refused() -> None:
    with pytest.raises(ModelError, match="length_m holds inf"):
        fibre([[np.inf]], **LINE)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"speed holds 1.5; give a share of the greatest speed, -1 to 1"):
        velocity_share([0.0, 1.5])
