"""Simulated people: the recording follows the truth that is told beside it."""

import json
from functools import cache

import numpy as np
import pytest
from scipy import signal

from hipspine.errors import InputError
from hipspine.signals.recording import Recording
from hipspine.signals.simulation.movements import minimum_jerk, thigh_acceleration
from hipspine.signals.simulation.people import bursts, gait, noise, prone_hip_extension, trunk_flexion_extension
from hipspine.signals.simulation.trials import in_band
from hipspine.terms import ChannelStatus, Side, StreamKind


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def channel(recording: Recording, label: str) -> np.ndarray:
    for stream in recording.streams:
        for one, values in zip(stream.channels, stream.values, strict=True):
            if one.label == label:
                return values
    raise AssertionError(f"no channel {label}")


def told(truth: dict, label: str) -> dict:
    return next(one for one in truth["channels"] if one["label"] == label)


@pytest.fixture(scope="module")
def lying() -> tuple[Recording, dict]:
    return prone_hip_extension(rng(1), accelerometer=True, events=True)


@pytest.fixture(scope="module")
def bending() -> tuple[Recording, dict]:
    return trunk_flexion_extension(rng(1))


@pytest.fixture(scope="module")
def walking() -> tuple[Recording, dict]:
    return gait(rng(1))


MUTE = {f"{muscle}_{side}": "noise only" for muscle in ("GMAX", "ST", "BF", "ES") for side in "LR"}  # where only the plan is looked at
SMALL = {
    "prone": lambda seed: prone_hip_extension(rng(seed), repetitions=1),
    "trunk": lambda seed: trunk_flexion_extension(rng(seed), repetitions=1),
    "gait": lambda seed: gait(rng(seed), strides=2),
    "bursts": lambda seed: bursts(rng(seed), count=2),
    "noise": lambda seed: noise(rng(seed), duration_s=3.0),
}


@cache
def made(kind: str, seed: int) -> tuple[Recording, dict]:
    return SMALL[kind](seed)


@pytest.mark.parametrize("kind", SMALL)
def test_every_recording_says_that_it_is_simulated_and_its_truth_is_ready_for_json(kind: str) -> None:
    recording, truth = made(kind, 5)
    assert recording.about["simulated"] == "yes"
    assert json.loads(json.dumps(truth, allow_nan=False)) == truth
    assert truth["simulated"] is True
    for one in recording.of_kind(StreamKind.EMG)[0].channels:
        assert one.muscle
        assert one.side
        assert one.unit == "V"


@pytest.mark.parametrize("kind", SMALL)
def test_same_seed_same_samples_and_another_seed_others(kind: str) -> None:
    one, again, other = (pair[0].streams[0].values for pair in (made(kind, 5), SMALL[kind](5), SMALL[kind](6)))
    np.testing.assert_array_equal(one, again)
    assert one.shape != other.shape or not np.array_equal(one, other)


def test_a_fault_of_one_channel_leaves_the_others_as_they_are() -> None:
    plain, broken = (prone_hip_extension(rng(2), repetitions=1, faults=faults)[0] for faults in (None, {"ST_L": "knocked"}))
    assert not np.array_equal(channel(plain, "ST_L"), channel(broken, "ST_L"))
    for label in ("GMAX_L", "GMAX_R", "BF_L", "ES_R", "hip_flexion_l"):
        np.testing.assert_array_equal(channel(plain, label), channel(broken, label))


def test_crosstalk_makes_neighbouring_electrodes_alike() -> None:
    likeness = []
    for share in (0.0, 0.5):
        recording, _ = prone_hip_extension(rng(6), repetitions=1, crosstalk=share)
        one, other = (in_band(channel(recording, label), rate_hz=2000.0) for label in ("ST_L", "BF_L"))
        likeness.append(
            np.max(np.abs(signal.correlate(one, other, "same"))[one.size // 2 - 10 : one.size // 2 + 11])
            / (np.linalg.norm(one) * np.linalg.norm(other))
        )
    assert likeness[0] < 0.15
    assert likeness[1] > 0.35
    with pytest.raises(InputError, match="crosstalk is 2"):
        prone_hip_extension(rng(6), repetitions=1, crosstalk=2.0)


def test_each_fault_is_what_its_name_says() -> None:
    faults = {"GMAX_L": "silent", "GMAX_R": "noise only", "ST_L": "clipped", "ST_R": "gap", "BF_L": "mains"}
    recording, truth = prone_hip_extension(rng(2), repetitions=1, faults=faults, ecg=False)
    assert np.ptp(channel(recording, "GMAX_L")) == 0.0
    assert np.std(in_band(channel(recording, "GMAX_R"), rate_hz=2000.0)) < 5e-6
    railed = np.abs(channel(recording, "ST_L"))
    assert np.sum(railed == railed.max()) > 100
    assert np.isnan(channel(recording, "ST_R")).sum() == 1000
    hz, power = signal.welch(channel(recording, "BF_L"), 2000.0, nperseg=4000)
    assert hz[np.argmax(power)] == 50.0
    assert told(truth, "GMAX_R")["bursts"] == []
    statuses = {one.label: one.status for one in recording.streams[0].channels}
    assert (statuses["GMAX_L"], statuses["ST_R"], statuses["BF_L"]) == (ChannelStatus.FLAT, ChannelStatus.GAPS, ChannelStatus.OK)


def test_unknown_names_and_faults_are_refused_with_what_is_allowed() -> None:
    for wrong in ({"delays_ms": {"glute": 1.0}}, {"snr_db": {"GMAX": 3.0}}, {"onsets_ms": {"ES": 0.0}}, {"faults": {"GMAX": "gap"}}):
        with pytest.raises(InputError, match="is not part of this recording; use one of"):
            prone_hip_extension(rng(), repetitions=1, **wrong)
    with pytest.raises(InputError, match="choose one of silent"):
        prone_hip_extension(rng(), repetitions=1, faults={"GMAX_L": "broken"})
    with pytest.raises(InputError, match="repetitions must be 1 or more"):
        prone_hip_extension(rng(), repetitions=0)


# ---------------------------------------------------------------------------------------------------------------- lying prone


def test_the_leg_stays_until_its_movement_starts_and_then_extends(lying: tuple[Recording, dict]) -> None:
    recording, truth = lying
    for repetition in truth["repetitions"]:
        angle_deg = np.degrees(channel(recording, f"hip_flexion_{repetition['side'][0]}"))
        start, top = (int(repetition[key] * 100) for key in ("movement_start_s", "movement_top_s"))
        assert np.abs(angle_deg[start - 100 : start + 1]).max() < 0.5
        assert -17.5 < angle_deg[top + 20] < -12.5  # extension is negative
        other = np.degrees(channel(recording, f"hip_flexion_{'r' if repetition['side'] == 'left' else 'l'}"))
        assert np.abs(other[start : top + 20]).max() < 0.6


def test_onsets_stand_where_the_published_means_and_the_delay_put_them() -> None:
    _, truth = prone_hip_extension(rng(3), repetitions=25, delays_ms={"gluteus_maximus left": 80.0}, ecg=False, faults=MUTE)
    mean_ms: dict[tuple[str, str], float] = {}
    for side in ("left", "right"):
        of_side = [r["onsets_to_movement_ms"] for r in truth["repetitions"] if r["side"] == side]
        assert len(of_side) == 25
        for muscle in of_side[0]:
            mean_ms[muscle, side] = np.mean([r[muscle] for r in of_side])
    assert mean_ms["semitendinosus", "left"] == pytest.approx(-195.5, abs=15.0)
    assert mean_ms["biceps_femoris", "right"] == pytest.approx(-100.2, abs=15.0)
    assert mean_ms["gluteus_maximus", "right"] == pytest.approx(-11.5, abs=15.0)
    assert mean_ms["gluteus_maximus", "left"] == pytest.approx(68.5, abs=15.0)


def test_drive_onsets_in_the_channels_are_those_of_the_repetitions(lying: tuple[Recording, dict]) -> None:
    _, truth = lying
    for side in ("left", "right"):
        starts = [
            r["movement_start_s"] + r["onsets_to_movement_ms"]["semitendinosus"] / 1e3 for r in truth["repetitions"] if r["side"] == side
        ]
        found = [burst["on_s"] for burst in told(truth, f"ST_{side[0].upper()}")["bursts"]]
        np.testing.assert_allclose(found, starts, atol=1e-9)
    assert len(told(truth, "ES_L")["bursts"]) == 12  # both sides of the back work in every lift


def test_a_muscle_is_quiet_before_its_onset_and_loud_after(lying: tuple[Recording, dict]) -> None:
    recording, truth = lying
    for label in ("GMAX_L", "GMAX_R", "ST_L", "BF_R"):
        within = in_band(channel(recording, label), rate_hz=2000.0)
        one = told(truth, label)
        for burst in one["bursts"]:
            on, off = (int(burst[key] * 2000) for key in ("on_s", "off_s"))
            ratio = np.mean(within[on + 400 : off - 500] ** 2) / np.mean(within[on - 2000 : on - 20] ** 2) - 1.0
            assert 10 * np.log10(ratio) == pytest.approx(burst["snr_db"], abs=3.5)
            assert burst["on_s"] <= burst["first_potential_s"] < burst["on_s"] + 0.04


def test_ecg_is_strong_on_the_trunk_and_absent_from_the_hamstrings() -> None:
    with_heart, truth = prone_hip_extension(rng(4), repetitions=1)
    without, _ = prone_hip_extension(rng(4), repetitions=1, ecg=False)
    assert [told(truth, label)["heart_uv"] for label in ("ES_L", "GMAX_L", "ST_L")] == pytest.approx([45.0, 6.0, 0.0])
    assert len(truth["heart_beats_s"]) > 10
    beats = (np.array(truth["heart_beats_s"]) * 2000).astype(int)
    beats = beats[(beats > 50) & (beats < with_heart.streams[0].values.shape[1] - 50)]
    peaks = [np.ptp(channel(with_heart, "ES_L")[beat - 40 : beat + 60]) for beat in beats]
    quiet = [np.ptp(channel(without, "ES_L")[beat - 40 : beat + 60]) for beat in beats if beat < 4000]
    assert np.median(peaks) > 40e-6 > np.median(quiet)


def test_the_cue_is_said_and_moves_the_mean_onsets() -> None:
    cued, truth = prone_hip_extension(rng(5), repetitions=1, cue="glutes", between_sd_ms=0.0, delays_ms={}, faults=MUTE)
    plain, _ = prone_hip_extension(rng(5), repetitions=1, faults=MUTE)
    assert cued.about["cue"] == "glutes"
    assert plain.about["cue"] == "none"
    assert truth["repetitions"][0]["onsets_to_movement_ms"]["gluteus_maximus"] == pytest.approx(-45.1)


def test_movement_start_events_carry_the_side(lying: tuple[Recording, dict]) -> None:
    recording, truth = lying
    assert [(e.label, e.time_s, e.side) for e in recording.events] == [
        ("movement start", r["movement_start_s"], Side(r["side"])) for r in truth["repetitions"]
    ]


def test_the_accelerometer_feels_gravity_turn_with_the_leg(lying: tuple[Recording, dict]) -> None:
    recording, truth = lying
    repetition = truth["repetitions"][0]
    held = int((repetition["movement_top_s"] + 0.5) * 100)
    tilt = np.arctan2(channel(recording, "acc_thigh_l_x")[held], channel(recording, "acc_thigh_l_z")[held])
    assert np.degrees(tilt) == pytest.approx(-np.degrees(channel(recording, "hip_flexion_l")[held]), abs=1.5)
    assert channel(recording, "acc_thigh_l_z")[0] == pytest.approx(9.81, abs=0.2)


def test_a_turning_limb_feels_the_acceleration_of_its_path() -> None:
    times_s = np.arange(0.0, 2.0, 0.001)
    angle = 0.5 * np.sin(3.0 * times_s)
    along, outwards = thigh_acceleration(angle, rate_hz=1000.0, radius_m=0.3)
    velocity, acceleration = 1.5 * np.cos(3.0 * times_s), -4.5 * np.sin(3.0 * times_s)
    inner = slice(5, -5)
    np.testing.assert_allclose(along[inner], (9.80665 * np.sin(angle) - 0.3 * velocity**2)[inner], atol=1e-3)
    np.testing.assert_allclose(outwards[inner], (9.80665 * np.cos(angle) + 0.3 * acceleration)[inner], atol=1e-3)


def test_the_path_of_least_jerk_is_smooth_at_both_ends() -> None:
    share = np.linspace(0.0, 1.0, 2001)
    way = minimum_jerk(share)
    speed, change = np.gradient(way, share), np.gradient(np.gradient(way, share), share)
    assert np.all(np.diff(way) >= 0)
    assert abs(speed[0]) + abs(speed[-1]) < 1e-3
    assert abs(change[1]) + abs(change[-2]) < 0.1
    assert speed.max() == pytest.approx(1.875, rel=1e-4)  # 15/8, known from the polynomial


# ------------------------------------------------------------------------------------------------------------------- bending


def test_lumbar_and_hip_share_the_movement_as_told(bending: tuple[Recording, dict]) -> None:
    recording, truth = bending
    trunk, pelvis = channel(recording, "trunk_flexion"), channel(recording, "pelvis_flexion")
    first = truth["repetitions"][0]
    down = slice(int(first["flexion_start_s"] * 100), int(first["flexion_end_s"] * 100))
    lumbar = np.interp(np.linspace(0.0, 1.0, 5), trunk[down] / trunk[down].max(), (trunk - pelvis)[down])
    np.testing.assert_allclose(np.diff(lumbar) / (np.radians(100.0) / 4), truth["lumbar_share_by_quarter"], atol=0.03)
    np.testing.assert_allclose(channel(recording, "hip_flexion_l"), pelvis, atol=np.radians(1.2))


def hold_over_extension(recording: Recording, truth: dict) -> float:
    """RMS of the left erector spinae in full flexion over that in extension."""
    within = in_band(channel(recording, "ES_L"), rate_hz=2000.0)
    held, risen = [], []
    for r in truth["repetitions"]:
        held.append(within[int((r["flexion_end_s"] + 0.5) * 2000) : int((r["extension_start_s"] - 0.5) * 2000)])
        risen.append(within[int((r["extension_start_s"] + 0.8) * 2000) : int((r["extension_end_s"] - 0.8) * 2000)])
    return float(np.std(np.concatenate(held)) / np.std(np.concatenate(risen)))


def test_erector_spinae_falls_silent_in_full_flexion_unless_told_otherwise() -> None:
    silent, active = (trunk_flexion_extension(rng(2), relaxation=relaxation, ecg=False) for relaxation in (True, False))
    assert hold_over_extension(*silent) < 0.12
    assert hold_over_extension(*active) > 0.25


def test_a_short_glute_works_less_long_and_ends_earlier() -> None:
    def glute(*, short: bool) -> tuple[float, float]:
        _, truth = trunk_flexion_extension(rng(2), glute_short=short, ecg=False, between_sd_ms=5.0)
        flexion, extension = [], []
        for r, down, up in zip(
            truth["repetitions"], told(truth, "GMAX_L")["bursts"][::2], told(truth, "GMAX_L")["bursts"][1::2], strict=True
        ):
            flexion.append((down["off_s"] - down["on_s"]) / (r["flexion_end_s"] - r["flexion_start_s"]))
            extension.append((up["off_s"] - r["extension_start_s"]) / (r["extension_end_s"] - r["extension_start_s"]))
        return float(np.mean(flexion)), float(np.mean(extension))

    assert glute(short=False) == pytest.approx((0.6, 0.85), abs=0.02)
    assert glute(short=True) == pytest.approx((0.35, 0.6), abs=0.02)


def test_back_and_biceps_start_together_before_the_glute(bending: tuple[Recording, dict]) -> None:
    _, truth = bending
    starts = {label: np.array([b["on_s"] for b in told(truth, label)["bursts"][::2]]) for label in ("ES_L", "BF_L", "GMAX_L")}
    assert abs(np.mean(starts["ES_L"] - starts["BF_L"])) < 0.06
    assert np.all(starts["GMAX_L"] - starts["BF_L"] > 0.05)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        trunk_flexion_extension(rng(), lumbar_share=(1.4, 0.2))


# ------------------------------------------------------------------------------------------------------------------- walking


def test_contacts_alternate_and_hamstrings_and_glutes_come_before_them(walking: tuple[Recording, dict]) -> None:
    recording, truth = walking
    strikes = [event for event in recording.events if event.label == "foot strike"]
    assert len(strikes) == 20
    assert [event.side for event in strikes] == [Side.LEFT, Side.RIGHT] * 10
    for side in ("left", "right"):
        contacts = np.array(truth["contacts_s"][side])
        lead_ms = {
            name: 1e3 * (contacts - [burst["on_s"] for burst in told(truth, f"{name}_{side[0].upper()}")["bursts"]])
            for name in ("ST", "GMAX")
        }
        assert np.all(lead_ms["GMAX"] > 0)
        assert np.all(lead_ms["ST"] > lead_ms["GMAX"])


def test_every_strike_has_its_toe_off_and_all_lie_in_the_record(walking: tuple[Recording, dict]) -> None:
    recording, _ = walking
    for side in Side:
        strikes = [e.time_s for e in recording.events if e.label == "foot strike" and e.side is side]
        offs = [e.time_s for e in recording.events if e.label == "foot off" and e.side is side]
        assert all(0.4 < off - strike < 1.0 for strike, off in zip(strikes, offs, strict=True))
        assert 0 < strikes[0] < offs[-1] < recording.duration_s


def test_hip_angle_peaks_near_contact(walking: tuple[Recording, dict]) -> None:
    recording, truth = walking
    angle = channel(recording, "hip_flexion_l")
    at_contact = [angle[int(t * 100)] for t in truth["contacts_s"]["left"]]
    half_later = [angle[int((t + 0.575) * 100)] for t in truth["contacts_s"]["left"]]
    assert np.degrees(np.mean(at_contact)) == pytest.approx(30.0, abs=1.5)
    assert np.degrees(np.mean(half_later)) == pytest.approx(-10.0, abs=1.5)


def test_impossible_strides_are_refused() -> None:
    with pytest.raises(InputError, match="stride_s lie between"):
        gait(rng(), stride_s=0.2)


# ------------------------------------------------------------------------------------------------------- one muscle, nobody


def test_bursts_of_one_muscle_have_the_asked_ratio() -> None:
    recording, truth = bursts(rng(3), count=8, snr_db=15.0)
    within = in_band(channel(recording, "GMAX_L"), rate_hz=2000.0)
    times_s = np.arange(within.size) / 2000.0
    loud = np.any([(times_s > b["on_s"] + 0.1) & (times_s < b["off_s"] - 0.1) for b in told(truth, "GMAX_L")["bursts"]], axis=0)
    calm = ~np.any([(times_s > b["on_s"] - 0.1) & (times_s < b["off_s"] + 0.2) for b in told(truth, "GMAX_L")["bursts"]], axis=0)
    assert 10 * np.log10(np.mean(within[loud] ** 2) / np.mean(within[calm] ** 2) - 1.0) == pytest.approx(15.0, abs=0.7)
    assert len(told(truth, "GMAX_L")["bursts"]) == 8


def test_noise_is_nothing_but_noise() -> None:
    recording, truth = noise(rng(), duration_s=20.0)
    assert all(one["bursts"] == [] for one in truth["channels"])
    for values in recording.streams[0].values:
        seconds = in_band(values, rate_hz=2000.0).reshape(20, -1).std(axis=1)
        assert seconds.max() < 1.25 * seconds.min()
        assert seconds.mean() == pytest.approx(4e-6, rel=0.2)
    with pytest.raises(InputError, match="'glute' is not part of this recording"):
        noise(rng(), muscles=("glute",))
    with pytest.raises(InputError, match="above 0 s"):
        noise(rng(), duration_s=0.0)
