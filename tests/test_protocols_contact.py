"""Timing against foot contact: from events or a force plate, and an honest refusal of envelopes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipspine.assessment.contact import assess, contacts, evaluate
from hipspine.errors import ProtocolError
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.signals.simulation import people
from hipspine.signals.timing import Burst, ChannelOnsets, Onsets, Quality, TimePosterior
from hipspine.terms import ChannelStatus, OnsetStatus, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data"
STRIKES = (2.0, 3.1, 4.2, 5.3, 6.4, 7.5)


def at(time_s, sd_s=0.004):
    steps = np.arange(-40, 41)
    mass = np.exp(-0.5 * (steps / 10.0) ** 2)
    return TimePosterior(time_s - 4 * sd_s, sd_s / 10.0, mass / mass.sum())


def channel(muscle, side, on_s, *, length_s=0.35, status=ChannelStatus.OK):
    found = Onsets.of([Burst(at(on), at(on + length_s), 0.05, 18.0) for on in on_s])
    ok = OnsetStatus.OK if on_s else OnsetStatus.REFUSED
    return ChannelOnsets(Channel(muscle, muscle, side, unit="V", status=status), ok, "" if on_s else "no", Quality(snr_db=18.0), found)


def walk(side=Side.RIGHT, *, streams=(), strikes=STRIKES):
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("x", unit="V"),), np.zeros((1, 9000)))
    return Recording("walk.csv", "text", (emg, *streams), tuple(Event("foot strike", t, side) for t in strikes))


def finding(result, measure, side=Side.RIGHT):
    return next(f for f in result.findings if f.measure == measure and f.side is side)


def test_onsets_before_contact_are_negative_and_counted():
    glute = channel("gluteus_maximus", Side.RIGHT, [t - 0.09 for t in STRIKES])
    hams = channel("semitendinosus", Side.RIGHT, [t - 0.23 for t in STRIKES])
    result = evaluate(walk(), (glute, hams))
    found = finding(result, "gluteus_maximus_onset_to_contact")
    assert found.value == pytest.approx(-90.0, abs=2.0)
    assert "before foot contact (6 contacts, scatter" in found.sentence
    share = finding(result, "gluteus_maximus_contacts_preceded")
    assert (share.value, share.high) == (100.0, 100.0)
    assert 50.0 < share.low < 90.0
    assert result.orders[0].verdict.startswith("medial hamstrings, then gluteus maximus")


def test_a_contact_whose_burst_has_no_time_for_its_start_is_left_out_and_not_counted_against_it():
    glute = channel("gluteus_maximus", Side.RIGHT, [t - 0.09 for t in STRIKES])
    starts = glute.onsets.on_s.copy()
    starts[[1, 4]] = np.nan  # as the gate leaves moments whose interval is too wide
    unsure = evaluate(walk(), (replace(glute, onsets=replace(glute.onsets, on_s=starts)),))
    share = finding(unsure, "gluteus_maximus_contacts_preceded")
    assert share.value == 100.0
    assert "starts before 4 of 4 contacts (2 contacts left out: no time for the start there)." in share.sentence
    silent = evaluate(walk(), (channel("gluteus_maximus", Side.RIGHT, [t - 0.09 for t in STRIKES[:4]]),))
    assert "starts before 4 of 6 contacts." in finding(silent, "gluteus_maximus_contacts_preceded").sentence


def test_a_muscle_that_starts_after_contact_is_positive_and_precedes_none():
    result = evaluate(walk(), (channel("gluteus_maximus", Side.RIGHT, [t + 0.06 for t in STRIKES]),))
    assert finding(result, "gluteus_maximus_onset_to_contact").value == pytest.approx(60.0, abs=2.0)
    assert finding(result, "gluteus_maximus_contacts_preceded").value == 0.0


def test_the_burst_that_is_on_at_contact_wins_over_an_earlier_one_and_far_ones_are_not_taken():
    ons = sorted([*(t - 0.5 for t in STRIKES), *(t - 0.1 for t in STRIKES)])
    result = evaluate(walk(), (channel("gluteus_maximus", Side.RIGHT, ons, length_s=0.2),))
    assert finding(result, "gluteus_maximus_onset_to_contact").value == pytest.approx(-100.0, abs=2.0)
    far = evaluate(walk(), (channel("gluteus_maximus", Side.RIGHT, [t + 0.4 for t in STRIKES], length_s=0.1),))
    assert finding(far, "gluteus_maximus_onset_to_contact").value is None


def test_each_foot_has_its_own_contacts_and_muscles():
    left = [t + 0.55 for t in STRIKES]
    recording = walk().with_events(tuple(Event("foot strike", t, Side.LEFT) for t in left))
    result = evaluate(recording, (
        channel("gluteus_maximus", Side.RIGHT, [t - 0.09 for t in STRIKES]),
        channel("gluteus_maximus", Side.LEFT, [t - 0.04 for t in left]),
    ))  # fmt: skip
    assert finding(result, "gluteus_maximus_onset_to_contact").value == pytest.approx(-90.0, abs=2.0)
    assert finding(result, "gluteus_maximus_onset_to_contact", Side.LEFT).value == pytest.approx(-40.0, abs=2.0)


def test_contacts_without_a_side_are_taken_for_the_side_of_the_channels_and_that_is_said():
    result = evaluate(walk(side=None), (channel("gluteus_maximus", Side.RIGHT, [t - 0.09 for t in STRIKES]),))
    assert finding(result, "gluteus_maximus_onset_to_contact").value == pytest.approx(-90.0, abs=2.0)
    assert any("taken for the right foot" in warning for warning in result.warnings)


def test_a_force_plate_gives_the_contacts_where_none_is_marked():
    t = np.arange(9000) / 1000.0
    load = sum(np.where((t > s) & (t < s + 0.6), np.minimum((t - s) / 0.02, 1.0) * 800.0, 0.0) for s in STRIKES)
    noisy = load + np.random.default_rng(0).normal(0.0, 2.0, t.size)
    for values, label in ((noisy, "ground_force_r_vy"), (-noisy, "Fz1")):
        plate = Stream(StreamKind.FORCE, 1000.0, 0.0, (Channel(label, side=Side.RIGHT, unit="N"),), values[None])
        found = contacts(walk(streams=(plate,), strikes=()))
        assert [contact.side for contact in found] == [Side.RIGHT] * 6
        np.testing.assert_allclose([contact.time_s for contact in found], STRIKES, atol=0.003)


def test_without_a_gluteus_channel_the_hamstrings_are_reported_and_the_gluteus_says_why_not():
    result = evaluate(walk(), (channel("semitendinosus", Side.RIGHT, [t - 0.2 for t in STRIKES]),))
    assert finding(result, "gluteus_maximus_onset_to_contact").value is None
    assert "no channel of this muscle" in finding(result, "gluteus_maximus_onset_to_contact").sentence
    assert finding(result, "medial_hamstrings_onset_to_contact").value == pytest.approx(-200.0, abs=2.0)


def test_one_contact_has_no_consistency():
    result = evaluate(walk(strikes=STRIKES[:1]), tuple(channel(m, Side.RIGHT, [1.9]) for m in ("gluteus_maximus", "semitendinosus")))
    assert finding(result, "order_consistency").value is None
    assert "a single contact" in finding(result, "gluteus_maximus_onset_to_contact").sentence


def envelope(strikes):
    t = np.arange(9000) / 1000.0
    values = 0.1 + sum(np.exp(-0.5 * ((t - s - 0.11) / 0.06) ** 2) for s in STRIKES)
    seen = Channel("GMAX", "gluteus_maximus", Side.RIGHT, status=ChannelStatus.ENVELOPE)
    events = tuple(Event("foot strike", s, Side.RIGHT) for s in strikes)
    return Recording("envelope.sto", "opensim", (Stream(StreamKind.EMG, 1000.0, 0.0, (seen,), values[None]),), events)


def test_an_envelope_is_refused_for_onsets_and_told_what_is_possible_instead():
    with pytest.raises(ProtocolError, match=r"envelope\.sto: the EMG channel is an envelope.*no onset can be timed.*possible instead"):
        assess(envelope(()))


def test_an_envelope_with_contacts_gives_the_place_of_its_peak_and_no_onset():
    result = assess(envelope(STRIKES))
    onset = finding(result, "gluteus_maximus_onset_to_contact")
    assert onset.value is None
    assert "no onset can be timed" in onset.sentence
    assert finding(result, "gluteus_maximus_envelope_peak").value == pytest.approx(10.0, abs=0.5)


def test_a_simulated_walk_is_found_as_made():
    recording, _ = people.gait(np.random.default_rng(5))
    result = assess(recording)
    for side in Side:
        glute, hams = (finding(result, f"{m}_onset_to_contact", side) for m in ("gluteus_maximus", "medial_hamstrings"))
        assert hams.high < 0.0
        assert hams.value < glute.value


def treadmill():
    folder = DATA / "emg_gait_treadmill"
    if not (folder / "ID0012_TW_01_emg.csv").is_file():
        pytest.skip(f"the shared recordings are not beside the checkout ({folder})")
    names = {"ME": "gluteus_medius", "MA": "gluteus_maximus", "ST": "semitendinosus", "BF": "biceps_femoris", "TA": "tibialis_anterior"}
    with (folder / "ID0012_TW_01_emg.csv").open(encoding="utf-8") as text:
        header = text.readline().strip().split(",")
    rows = np.loadtxt(folder / "ID0012_TW_01_emg.csv", delimiter=",", skiprows=1)
    steps = np.loadtxt(folder / "ID0012_TW_01_cycles.csv", delimiter=",", skiprows=1)
    values = np.array([rows[:, header.index(code)] * 1e-6 for code in names])
    stream = Stream(StreamKind.EMG, 1000.0, float(rows[0, 0]), tuple(Channel(c, m, None, unit="V") for c, m in names.items()), values)
    return Recording("treadmill.csv", "text", (stream,), tuple(Event("foot strike", float(t)) for t in steps[:, 0]))


def test_on_a_real_treadmill_walk_hamstrings_then_both_glutes_start_before_all_six_touchdowns():
    result = assess(treadmill())
    roles = ("medial_hamstrings", "lateral_hamstrings", "gluteus_medius", "gluteus_maximus")
    by_role = {role: finding(result, f"{role}_onset_to_contact", None) for role in roles}
    assert all(finding(result, f"{role}_contacts_preceded", None).value == 100.0 for role in roles)
    assert all(found.high < 0.0 for found in by_role.values())
    assert max(by_role[role].value for role in roles[:2]) < min(by_role[role].value for role in roles[2:])
    assert set(result.orders[0].muscles[:2]) == set(roles[:2])
    assert len(result.repetitions) == 6
