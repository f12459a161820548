"""Angles, the start of movements, and how hip and lumbar spine share a trunk movement."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from hipspine.assessment.angles import angles, forwards, pick, said
from hipspine.assessment.movement import cycles, excursions, least_jerk, main_axis, raised_cosine, tilt
from hipspine.assessment.rhythm import QUARTERS, bending, relative_phase, shares
from hipspine.assessment.trunk_flexion_extension import assess
from hipspine.errors import ProtocolError
from hipspine.formats.opensim.reader import READER
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.signals.simulation import people
from hipspine.terms import Certainty, ChannelStatus, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data"
RATE = 100.0
OPENSIM = READER.name


def recording(curves, *, file_format="text", unit="rad", rate=RATE):
    channels = tuple(Channel(label, unit=unit) for label in curves)
    return Recording(
        "file.csv", file_format, (Stream(StreamKind.ANGLE, rate, 0.0, channels, np.array(list(curves.values()), dtype=float)),)
    )


def up_and_down(start_s, rise_s=0.9, stay_s=1.0, length_s=8.0, shape=least_jerk):
    """A movement of size one that starts at a known time."""
    t = np.arange(0.0, length_s, 1.0 / RATE)
    back = start_s + rise_s + stay_s
    return shape(np.clip((t - start_s) / rise_s, 0.0, 1.0)) - shape(np.clip((t - back) / rise_s, 0.0, 1.0))


# ------------------------------------------------------------------------------------------------------------------ angles


@pytest.mark.parametrize(("label", "file_format", "quantity", "side", "sign"), [
    ("hip_flexion_r", OPENSIM, "hip_flexion", Side.RIGHT, 1.0),
    ("/jointset/hip_l/hip_flexion_l/value", OPENSIM, "hip_flexion", Side.LEFT, 1.0),
    ("LHipAngles.x", "c3d", "hip_flexion", Side.LEFT, 1.0),
    ("hip_extension_left_deg", "text", "hip_flexion", Side.LEFT, -1.0),
    ("lumbar_extension", OPENSIM, "lumbar_flexion", None, -1.0),
    ("pelvis_tilt", OPENSIM, "pelvis_flexion", None, -1.0),
    ("pelvis_tilt_deg", "text", "pelvis_flexion", None, 1.0),
    ("trunk_flexion", "text", "trunk_flexion", None, 1.0),
    ("LT Hip Flexion", "text", "hip_flexion", Side.LEFT, 1.0),
    ("Hip Flexion RT (deg)", "text", "hip_flexion", Side.RIGHT, 1.0),
    ("hip_flexion_gauche", "text", "hip_flexion", Side.LEFT, 1.0),
    ("RSpineAngles.x", "c3d", "lumbar_flexion", Side.RIGHT, 1.0),
    ("LPelvisAngles.x", "c3d", "pelvis_flexion", Side.LEFT, 1.0),
])  # fmt: skip
def test_an_angle_is_known_by_its_label_with_flexion_positive(label, file_format, quantity, side, sign):
    (found,) = angles(recording({label: [0.1, 0.2]}, file_format=file_format))
    assert (found.quantity, found.side) == (quantity, side)
    np.testing.assert_allclose(found.rad, sign * np.array([0.1, 0.2]))
    assert repr(label) in said(found)


@pytest.mark.parametrize("label", ["LHipAngles.y", "hip_adduction_r", "hip_rotation_l", "knee_angle_r", "pelvis_list", "LHipPower.x"])
def test_other_angles_are_left_alone(label):
    assert angles(recording({label: [0.1, 0.2]})) == ()


def test_degrees_without_a_unit_are_taken_as_degrees_and_that_is_said():
    (found,) = angles(recording({"trunk_flexion": [0.0, 90.0]}, unit=""))
    assert found.rad[1] == pytest.approx(math.pi / 2)
    assert "taken as degrees" in said(found)


def test_an_open_sign_is_settled_by_the_hips_and_said():
    known = angles(recording({"pelvis_tilt": [0.0, -0.2, -0.4, 0.0], "hip_flexion_l": [0.0, 0.3, 0.6, 0.0]}))
    turned = forwards(pick(known, "pelvis_flexion"), pick(known, "hip_flexion"))
    np.testing.assert_allclose(turned.rad, [0.0, 0.2, 0.4, 0.0])
    assert "turned because it moves against hip_flexion_l" in said(turned)


# ------------------------------------------------------------------------------------------------------- start of movement


@pytest.mark.parametrize(("noise_deg", "rise_s", "shape"), [(0.05, 0.8, least_jerk), (0.2, 0.8, least_jerk), (0.1, 1.2, raised_cosine)])
def test_the_start_of_a_movement_lies_in_its_interval_and_not_at_a_threshold(noise_deg, rise_s, shape):
    rng = np.random.default_rng(4)
    errors, held = [], 0
    for _ in range(25):
        start = 2.0 + rng.uniform(0.0, 0.5)
        x = -20.0 * up_and_down(start, rise_s, shape=shape) + rng.normal(0.0, noise_deg, 800)
        (found,) = excursions(np.radians(x), rate_hz=RATE, start_s=0.0, smallest=0.05)
        low, middle, high = (found.start.quantile(q) for q in (0.025, 0.5, 0.975))
        errors.append(middle - start)
        held += low - 0.003 <= start <= high + 0.003
    assert abs(np.mean(errors)) < 0.025  # a threshold of 3 SD would be 60 to 110 ms late
    assert held >= 21


def test_the_start_follows_the_clock_and_ignores_gain_and_offset():
    x = 0.3 * up_and_down(2.2) + np.random.default_rng(1).normal(0.0, 0.002, 800)
    (here,) = excursions(x, rate_hz=RATE, start_s=0.0, smallest=0.05)
    (there,) = excursions(2.0 * x + 1.0, rate_hz=RATE, start_s=100.0, smallest=0.05)
    assert there.start.quantile(0.5) - 100.0 == pytest.approx(here.start.quantile(0.5), abs=1e-6)
    assert there.size == pytest.approx(2.0 * here.size, rel=1e-6)


def test_rest_and_noise_hold_no_repetition_and_a_gap_costs_only_its_own():
    rng = np.random.default_rng(2)
    assert excursions(rng.normal(0.0, 0.002, 800), rate_hz=RATE, start_s=0.0, smallest=0.05) == ()
    assert excursions(np.full(800, np.nan), rate_hz=RATE, start_s=0.0, smallest=0.05) == ()
    x = np.concatenate([0.3 * up_and_down(2.2), 0.3 * up_and_down(2.2)]) + rng.normal(0.0, 0.002, 1600)
    assert len(excursions(x, rate_hz=RATE, start_s=0.0, smallest=0.05)) == 2
    x[300:310] = np.nan
    assert len(excursions(x, rate_hz=RATE, start_s=0.0, smallest=0.05)) == 1


def test_the_phases_of_a_cycle_are_found_where_they_are():
    t = np.arange(0.0, 14.0, 1.0 / RATE)
    trunk = 1.6 * (least_jerk(np.clip((t - 2.0) / 3.0, 0, 1)) - least_jerk(np.clip((t - 8.0) / 3.0, 0, 1)))
    (found,) = cycles(trunk + np.random.default_rng(3).normal(0.0, 0.002, t.size), rate_hz=RATE, start_s=0.0, smallest=0.05)
    np.testing.assert_allclose([found.start.quantile(0.5), found.top_s, found.leave_s, found.end_s], [2.0, 5.0, 8.0, 11.0], atol=0.06)


def test_a_movement_without_a_stay_turns_at_its_peak():
    t = np.arange(0.0, 10.0, 1.0 / RATE)
    trunk = 0.8 * (1.0 - np.cos(2.0 * np.pi * np.clip((t - 2.0) / 5.0, 0.0, 1.0)))
    (found,) = cycles(trunk + np.random.default_rng(3).normal(0.0, 0.001, t.size), rate_hz=RATE, start_s=0.0, smallest=0.05)
    assert found.leave_s - found.top_s < 0.9
    assert found.top_s <= 4.6 <= found.leave_s + 0.2


def test_a_marker_moves_along_its_main_axis_and_an_accelerometer_tilts():
    up = up_and_down(2.0)
    moved = main_axis(np.stack([0.1 * up, 0.0 * up, 0.3 * up]))
    assert np.ptp(moved) == pytest.approx(np.hypot(0.1, 0.3), rel=1e-6)
    angle = 0.25 * up
    sensor = 9.81 * np.stack([np.sin(angle), 0.0 * angle, np.cos(angle)])
    np.testing.assert_allclose(np.abs(tilt(sensor, rate_hz=RATE)), angle, atol=1e-6)


# ------------------------------------------------------------------------------------------------------------------ rhythm


def bend(lumbar_share=(0.65, 0.35), *, sign=1.0, extra=None, size=1.6):
    """Three cycles whose lumbar share falls linearly with the angle of the trunk."""
    t = np.arange(0.0, 33.0, 1.0 / RATE)
    b = sum(least_jerk(np.clip((t - s) / 3.0, 0, 1)) - least_jerk(np.clip((t - s - 5.0) / 3.0, 0, 1)) for s in (2.0, 12.0, 22.0))
    first, last = lumbar_share
    lumbar = size * (first * b + (last - first) * b**2 / 2.0)
    rng = np.random.default_rng(7)
    curves = {"trunk_flexion": size * b, "pelvis_tilt": sign * (size * b - lumbar)}
    return recording({name: curve + rng.normal(0.0, 0.001, t.size) for name, curve in {**curves, **(extra or {})}.items()})


def test_shares_by_quarter_are_those_that_were_made_there_and_back():
    bent = bending(bend())
    for cycle in bent.cycles:
        down, up = shares(bent, cycle, rising=False), shares(bent, cycle, rising=True)
        for quarter in QUARTERS:
            made = 0.65 - 0.30 * (2 * quarter - 1) / 8.0
            assert down[f"q{quarter}"] == pytest.approx(made, abs=0.03)
            assert up[f"q{5 - quarter}"] == pytest.approx(made, abs=0.03)
        assert down["all"] == pytest.approx(0.5, abs=0.01)


def test_a_constant_share_has_no_relative_phase_and_an_early_spine_leads_down_and_follows_up():
    together = bending(bend((0.5, 0.5)))
    early = bending(bend((0.8, 0.2)))
    for bent, leads in ((together, False), (early, True)):
        for cycle in bent.cycles:
            down, up = relative_phase(bent, cycle, rising=False), relative_phase(bent, cycle, rising=True)
            if leads:
                assert down > math.radians(5.0)
                assert up < -math.radians(5.0)
            else:
                assert abs(down) < math.radians(1.0)
                assert abs(up) < math.radians(1.0)


def test_relative_phase_of_shifted_sines_is_their_shift():
    t = np.arange(0.0, 40.0, 1.0 / RATE)
    bent = bending(bend())
    shift = math.radians(25.0)
    swing = 2.0 * np.pi * t / 8.0
    swaying = dataclasses.replace(bent, lumbar=0.3 * np.cos(swing), hip=0.6 * np.cos(swing - shift))
    cycle = dataclasses.replace(bent.cycles[0], top_s=15.0, leave_s=25.0, end_s=33.0)
    assert relative_phase(swaying, cycle, rising=False) == pytest.approx(shift, abs=0.06)


def test_the_sign_of_the_pelvis_does_not_matter_where_the_trunk_tells_it():
    a, b = bending(bend()), bending(bend(sign=-1.0))
    np.testing.assert_allclose(shares(a, a.cycles[0], rising=False)["all"], shares(b, b.cycles[0], rising=False)["all"], atol=0.01)
    assert any("sign was turned" in note for note in b.doubts)


def test_without_emg_the_rhythm_is_given_and_the_muscles_say_why_not():
    result = assess(bend())
    total = next(f for f in result.findings if f.measure == "lumbar_share_flexion")
    assert total.low <= 50.0 <= total.high + 1.0
    assert total.reference.source == "esola1996"
    quarter = next(f for f in result.findings if f.measure == "lumbar_share_flexion_q1")
    assert quarter.reference is None
    assert "as reported by bending_speed2017" in quarter.other_references[0].note
    muscle = next(f for f in result.findings if f.measure == "gluteus_maximus_active_in_flexion")
    assert muscle.certainty is Certainty.NONE
    assert muscle.sentence.startswith("No EMG channel")
    assert any("Trunk flexion was read from" in said_of for said_of in result.information)
    assert not any("was read from" in warning for warning in result.warnings)
    assert len(result.loops) == 3


def test_a_trunk_that_hardly_bends_and_a_missing_trunk_angle_are_refused():
    with pytest.raises(ProtocolError, match=r"travels over 1[12] deg and needs at least 20 deg"):
        bending(bend(size=0.2))
    with pytest.raises(ProtocolError, match="no trunk angle; found hip_flexion_l"):
        bending(recording({"hip_flexion_l": np.zeros(500)}))


def test_a_gap_in_an_angle_costs_its_cycle_and_is_said():
    whole = bend()
    values = whole.streams[0].values.copy()
    values[0, 1300:1320] = np.nan
    bent = bending(dataclasses.replace(whole, streams=(dataclasses.replace(whole.streams[0], values=values),)))
    assert len(bent.cycles) == 2
    assert any("gaps" in note for note in bent.doubts)


def test_a_squat_is_told_apart_from_a_trunk_flexion():
    path = DATA / "squat_opencap" / "squats1_videoAndMocap.mot"
    if not path.is_file():
        pytest.skip(f"the shared recordings are not beside the checkout ({path})")
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(i for i, text in enumerate(lines) if text.startswith("time"))
    names, rows = lines[at].split(), np.array([[float(x) for x in text.split()] for text in lines[at + 1 :] if text.strip()])
    wanted = ("pelvis_tilt", "hip_flexion_r", "hip_flexion_l", "lumbar_extension")
    bent = bending(recording({name: np.radians(rows[:, names.index(name)]) for name in wanted}, file_format=OPENSIM))
    assert len(bent.cycles) >= 4
    assert any("looks like a squat" in note for note in bent.doubts)


# -------------------------------------------------------------------------------------------------------- with the muscles


@pytest.fixture(scope="module")
def people_bending():
    made = {"usual": {}, "other": {"relaxation": False, "glute_short": True}}
    return {name: people.trunk_flexion_extension(np.random.default_rng(3), repetitions=4, **given) for name, given in made.items()}


@pytest.fixture(scope="module")
def assessed(people_bending):
    return {name: assess(made) for name, (made, _) in people_bending.items()}


def value(result, measure, side=None):
    return next(f.value for f in result.findings if f.measure == measure and f.side is side)


@pytest.mark.parametrize(("name", "active", "end"), [("usual", 60.0, 85.0), ("other", 35.0, 60.0)])
def test_the_activity_of_gluteus_maximus_is_as_long_as_made(assessed, name, active, end):
    for side in Side:
        assert value(assessed[name], "gluteus_maximus_active_share_of_flexion", side) == pytest.approx(active, abs=8.0)
        assert value(assessed[name], "gluteus_maximus_end_share_of_extension", side) == pytest.approx(end, abs=6.0)


def test_back_and_hamstrings_start_before_gluteus_maximus_in_early_flexion(assessed):
    for order in assessed["usual"].orders:
        assert order.muscles[-1] == "gluteus_maximus"
        assert "then gluteus maximus" in order.verdict


def test_a_back_that_falls_silent_has_higher_relaxation_ratios(assessed):
    for side in Side:
        for ratio in ("flexion_relaxation_ratio", "extension_relaxation_ratio"):
            assert value(assessed["usual"], ratio, side) > 1.5 * value(assessed["other"], ratio, side)


def test_relaxation_ratios_stand_beside_the_published_ones(assessed):
    found = next(f for f in assessed["usual"].findings if f.measure == "extension_relaxation_ratio")
    assert (found.reference.source, found.reference.value) == ("gouteron2022", 4.07)
    assert "95 % interval 2.08 to 6.07" in found.reference.note


def test_a_silent_or_clipped_channel_gives_a_reason_and_the_others_stay(people_bending):
    made, _ = people_bending["usual"]
    emg = made.of_kind(StreamKind.EMG)[0]
    labels = [channel.label for channel in emg.channels]
    values = emg.values.copy()
    values[labels.index("ES_L")] = 0.0
    channels = tuple(dataclasses.replace(c, status=ChannelStatus.FLAT) if c.label == "ES_L" else c for c in emg.channels)
    others = tuple(stream for stream in made.streams if stream is not emg)
    result = assess(dataclasses.replace(made, streams=(dataclasses.replace(emg, values=values, channels=channels), *others)))
    silent = next(f for f in result.findings if f.measure == "flexion_relaxation_ratio" and f.side is Side.LEFT)
    assert silent.value is None
    assert "'ES_L' cannot be used" in silent.sentence
    assert value(result, "flexion_relaxation_ratio", Side.RIGHT) > 1.0


def test_a_signal_of_two_levels_with_nothing_between_them_is_read():
    steps = np.r_[np.zeros(49), np.full(900, 1.0), np.zeros(51)]
    (found,) = excursions(steps, rate_hz=RATE, start_s=0.0, smallest=0.05)
    assert found.start.quantile(0.5) == pytest.approx(0.49, abs=0.05)
    assert found.size == pytest.approx(1.0)


def test_a_very_slow_movement_at_a_high_rate_takes_no_longer_than_others():
    t = np.arange(0.0, 60.0, 1e-3)
    slow = 0.5 * least_jerk(np.clip((t - 5.0) / 40.0, 0.0, 1.0)) + np.random.default_rng(0).normal(0.0, 1e-3, t.size)
    (found,) = excursions(slow, rate_hz=1000.0, start_s=0.0, smallest=0.05)
    assert found.start.quantile(0.025) - 0.2 <= 5.0 <= found.start.quantile(0.975) + 0.2
    assert found.start.mass.size < 1000
