"""The volume conductor against closed forms and against a second, slower road."""

import numpy as np
import pytest

from hipspine.errors import InputError
from hipspine.signals.simulation.potentials import (
    Electrode,
    Fibres,
    action_potential_slope,
    bipolar_slope,
    monopolar_potential,
    unit_potentials,
)

POINTS = Electrode(fat_mm=0.0, diameter_mm=0.0, along_s_per_m=0.1, across_s_per_m=0.1)


def one_fibre(*, depth_mm: float = 8.0, aside_mm: float = 0.0, plate_mm: float = -30.0, half_mm: float = 65.0) -> Fibres:
    return Fibres(
        unit=np.array([0]),
        weight=np.array([1.0]),
        depth_mm=np.array([depth_mm]),
        aside_mm=np.array([aside_mm]),
        plate_mm=np.array([plate_mm]),
        tendons_mm=np.array([[plate_mm - half_mm, plate_mm + half_mm]]),
        diameter_um=np.array([50.0]),
    )


def seen(fibres: Fibres, *, electrode: Electrode, velocity: float = 4.0, rate_hz: float = 16000.0) -> np.ndarray:
    return unit_potentials(fibres, units=1, velocity_m_per_s=np.array([velocity]), rate_hz=rate_hz, electrode=electrode)[0]


@pytest.mark.parametrize(("along", "across"), [(0.1, 0.1), (0.5, 0.1)])
def test_without_fat_the_potential_is_that_of_a_point_source_below_an_insulator(along: float, across: float) -> None:
    depths, asides, places = np.array([4.0, 10.0, 20.0]), np.array([0.0, 6.0, 15.0]), np.array([0.0, 5.0, 20.0, 40.0])
    found = monopolar_potential(depths, asides, places, electrode=Electrode(0.0, 20.0, 0.0, along, across))
    reach_m = 1e-3 * np.sqrt((depths[:, None, None] ** 2 + asides[:, None] ** 2) * along / across + places**2)
    theory = 2.0 / (4.0 * np.pi * across * reach_m)
    drop, expected = found - found[:1, :1, :1], theory - theory[:1, :1, :1]  # up to a constant
    np.testing.assert_allclose(drop.ravel()[1:], expected.ravel()[1:], atol=0.01 * theory.max())


def test_fat_of_the_conductivity_of_muscle_is_only_more_distance() -> None:
    places = np.array([0.0, 10.0, 30.0])
    near = bipolar_slope(np.array([5.0]), np.array([0.0]), places, electrode=Electrode(6.0, 20.0, 10.0, 0.1, 0.1, 0.1))
    far = bipolar_slope(np.array([11.0]), np.array([0.0]), places, electrode=Electrode(0.0, 20.0, 10.0, 0.1, 0.1, 0.1))
    np.testing.assert_allclose(near, far, rtol=1e-6)


def test_membrane_currents_added_up_one_by_one_give_the_same_potential() -> None:
    fibres, v, dz = one_fibre(), 4.0, 0.02
    z = np.arange(-100.0, 60.0, dz)
    sites_mm, near_m = np.array([10.0, -10.0]), 8.0e-3

    def at_electrodes(t_ms: float) -> float:
        total = 0.0
        for direction, end in ((1.0, 35.0), (-1.0, -95.0)):
            behind = v * t_ms - direction * (z - -30.0)
            alive = (direction * (z - -30.0) >= 0) & (direction * (end - z) >= 0)
            slope = -direction * action_potential_slope(behind) * alive  # dV/dz of this wave, nothing beyond plate and tendon
            current = np.gradient(slope, dz) * dz * 1.01 * np.pi / 4 * (50e-6) ** 2 * 1e3  # A at each place, ends included
            for sign, site in zip((1.0, -1.0), sites_mm, strict=True):
                total += sign * float(np.sum(current / (2 * np.pi * 0.1 * np.hypot((z - site) * 1e-3, near_m))))
        return total

    times_ms = np.arange(0.5, 24.0, 0.75)
    slow = np.array([at_electrodes(t) for t in times_ms])
    fast = np.interp(times_ms / 1e3, np.arange(seen(fibres, electrode=POINTS).size) / 16000.0, seen(fibres, electrode=POINTS))
    assert np.abs(slow).max() > 1e-9
    np.testing.assert_allclose(fast, slow, atol=0.03 * np.abs(slow).max())


def test_the_wave_passes_two_electrode_places_at_the_velocity_of_conduction() -> None:
    first, second = (seen(one_fibre(plate_mm=plate, half_mm=80.0), electrode=Electrode(fat_mm=2.0)) for plate in (-25.0, -40.0))
    lag_s = (np.argmax(np.abs(second)) - np.argmax(np.abs(first))) / 16000.0
    assert 0.015 / lag_s == pytest.approx(4.0, rel=0.08)


def test_the_end_of_the_fibre_is_seen_everywhere_at_once() -> None:
    half_mm = 50.0
    gone = [seen(one_fibre(plate_mm=plate, half_mm=half_mm), electrode=Electrode()) for plate in (-60.0, -75.0)]
    late = [np.abs(trace[int(0.0115 * 16000) :]) for trace in gone]
    peaks_s = [0.0115 + np.argmax(trace) / 16000.0 for trace in late]
    assert peaks_s[0] == pytest.approx(peaks_s[1], abs=0.0006)
    assert peaks_s[0] == pytest.approx(half_mm / 4000.0, abs=0.002)


def test_nothing_is_left_when_both_waves_are_gone() -> None:
    trace = seen(one_fibre(), electrode=Electrode())
    assert np.abs(trace[int((65.0 + 15.0) / 4000.0 * 16000) :]).max(initial=0.0) < 1e-4 * np.abs(trace).max()


def test_a_mirrored_fibre_gives_the_opposite_potential() -> None:
    right, left = seen(one_fibre(plate_mm=-30.0), electrode=Electrode()), seen(one_fibre(plate_mm=30.0), electrode=Electrode())
    np.testing.assert_allclose(right, -left, atol=1e-9 * np.abs(right).max())


def test_fat_and_depth_make_potentials_smaller_and_slower() -> None:
    def width_s(trace: np.ndarray) -> float:
        return float(np.sum(np.abs(trace)) / np.abs(trace).max() / 16000.0)

    traces = [seen(one_fibre(depth_mm=depth), electrode=Electrode(fat_mm=fat)) for depth, fat in ((3.0, 2.0), (3.0, 10.0), (15.0, 10.0))]
    assert np.abs(traces[0]).max() > np.abs(traces[1]).max() > np.abs(traces[2]).max()
    assert width_s(traces[0]) < width_s(traces[1]) < width_s(traces[2])


def test_impossible_tissue_is_refused() -> None:
    with pytest.raises(InputError, match="fat_mm is -1"):
        Electrode(fat_mm=-1.0)
    with pytest.raises(InputError, match="above 0"):
        Electrode(fat_s_per_m=0.0)
