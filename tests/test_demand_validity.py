"""Measures of validity, each on truths that were made: a perfect prediction is right, noise is as right as its formula says."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from hipspine.errors import ModelError
from hipspine.evidence.tables import Reading, reference
from hipspine.exercises.ordering import agreement, claims_right, least_ratio, measured, ordered_pairs, pairs_right, wrong_claims
from hipspine.exercises.published import PublishedEmg
from hipspine.exercises.studies import Basis, conditions, lifts
from hipspine.exercises.validity import (
    Predicted,
    Share,
    bare,
    calibration,
    ceiling,
    coverage,
    gain,
    rank,
    split,
)
from hipspine.workflows.demand_validity import told_claims
from hipspine.workflows.demand_validity_words import BESIDE, in_people

GROUP = "gluteus_maximus"


def seen(exercise, level, *, source="a2000", statistic="mean", review=False):
    return PublishedEmg(exercise, GROUP, statistic, level, level, level, 0.36, 12, source, Reading.ABSTRACT, review, 1, ("E0",))


def world(*, exercises=24, studies=1, noise=0.0, between=0.6, seed=0):
    """Exercises whose ln level is normal, measured by studies that differ from each other by ``noise``; and the truth."""
    rng = np.random.default_rng(seed)
    truth = {f"exercise-{i:03d}": 0.3 * math.exp(between * rng.normal()) for i in range(exercises)}
    rows = [seen(name, level * math.exp(noise * rng.normal()), source=f"study{j}") for name, level in truth.items() for j in range(studies)]
    return truth, rows


def ensemble(levels, *, members=20, spread=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return {name: {GROUP: level * np.exp(spread * rng.normal(size=members))} for name, level in levels.items()}


def test_a_perfect_prediction_has_rank_one_whatever_its_scale():
    truth, rows = world()
    found = rank({name: {GROUP: np.array([0.1 * level**0.4])} for name, level in truth.items()}, rows, GROUP, seed=1)
    assert (found.rho, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.exercises == tuple(sorted(truth))


def test_rank_is_spearmans_rho_and_its_interval_holds_what_scipy_resamples():
    truth, rows = world(noise=0.5, seed=2)
    found = rank(ensemble(truth), rows, GROUP, seed=1)
    a, b = (np.array(list(one)) for one in (truth.values(), (row.level for row in rows)))
    assert found.rho == pytest.approx(spearmanr(a, b).statistic)
    rng = np.random.default_rng(9)
    drawn = [spearmanr(a[i], b[i]).statistic for i in (rng.integers(0, len(a), len(a)) for _ in range(300))]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.05, 0.95])), abs=0.06)


def test_chance_has_no_rank():
    truth, rows = world(exercises=200)
    rng = np.random.default_rng(5)
    found = rank({name: {GROUP: rng.random(1)} for name in truth}, rows, GROUP, seed=1)
    assert found.low < 0.0 < found.high


def test_classes_of_exercises_are_looked_at_apart_and_too_few_give_nothing():
    truth, rows = world()
    closed = sorted(truth)[:10]
    turned = {name: {GROUP: np.array([level if name in closed else -level + 9.0])} for name, level in truth.items()}
    assert rank(turned, rows, GROUP, seed=1, among=closed).rho == 1.0
    assert rank(turned, rows, GROUP, seed=1, among=set(truth) - set(closed)).rho == -1.0
    assert rank(turned, rows, GROUP, seed=1, among=closed[:3]) is None


def test_the_ceiling_is_what_a_perfect_model_reaches_against_noisy_studies():
    truth, rows = world(exercises=400, studies=2, noise=0.36, between=0.4, seed=4)
    found = ceiling(rows, GROUP, seed=1)
    expected = 0.4 / math.sqrt(0.4**2 + 0.36**2 / 2)
    assert found.parts.perfect == pytest.approx(expected, abs=0.04)
    assert found.low < expected < found.high
    reached = rank(ensemble(truth), rows, GROUP, seed=1).rho
    assert reached == pytest.approx(6 / math.pi * math.asin(found.parts.perfect / 2), abs=0.05)  # Spearman of normal data


def test_without_a_second_study_there_is_no_ceiling():
    assert ceiling(world(noise=0.3)[1], GROUP, seed=1) is None


def test_reviews_count_neither_for_the_ceiling_nor_for_pairs():
    rows = [seen("a", 0.5), seen("b", 0.2), seen("a", 0.9, source="r2010", review=True), seen("b", 0.1, source="r2010", review=True)]
    assert ceiling(rows, GROUP, seed=1) is None
    assert [(pair.study, pair.larger, pair.smaller) for pair in ordered_pairs(rows, GROUP)] == [("a2000", "a", "b")]


def test_pairs_come_from_inside_one_study_and_one_statistic_and_lie_apart():
    rows = [seen("a", 0.5), seen("b", 0.45), seen("c", 0.2), seen("d", 0.1, source="b2000"), seen("c", 0.9, statistic="peak")]
    assert [(pair.larger, pair.smaller) for pair in ordered_pairs(rows, GROUP)] == [("a", "c"), ("b", "c")]


def test_a_perfect_prediction_has_all_pairs_and_all_claims_right_and_its_reverse_none():
    truth, rows = world()
    pairs = ordered_pairs(rows, GROUP)
    good, bad = Predicted(ensemble(truth)), Predicted(ensemble({name: 1 / level for name, level in truth.items()}))
    assert pairs_right(good, pairs).value == claims_right(good, pairs, margin=0.0).made.value == 1.0
    assert pairs_right(bad, pairs).value == claims_right(bad, pairs, margin=0.0).made.value == 0.0


def test_an_ensemble_that_knows_nothing_claims_almost_nothing():
    truth, rows = world()
    pairs = ordered_pairs(rows, GROUP)
    found = claims_right(Predicted(ensemble(dict.fromkeys(truth, 0.3), members=200, spread=1.0)), pairs)
    assert found.made.count == 0
    assert found.undecided == len(pairs)


def test_what_is_claimed_by_a_calibrated_ensemble_is_right_more_often_than_the_rest():
    truth, rows = world(exercises=60, seed=7)
    rng = np.random.default_rng(8)
    off = {name: level * math.exp(0.5 * rng.normal()) for name, level in truth.items()}
    predicted, pairs = Predicted(ensemble(off, members=200, spread=0.5)), ordered_pairs(rows, GROUP)
    found = claims_right(predicted, pairs)
    assert found.made.count + found.undecided == len(pairs)
    assert found.made.value > pairs_right(predicted, pairs).value
    assert found.made.value >= 0.88  # of 80 % agreement or more, so at least about that; the mean agreement is higher


def test_a_claim_may_ask_for_a_least_ratio_of_the_medians():
    rows = [seen("a", 0.5), seen("b", 0.4), seen("c", 0.1)]
    predicted, pairs = Predicted(ensemble({"a": 0.30, "b": 0.33, "c": 0.10})), ordered_pairs(rows, GROUP)
    assert claims_right(predicted, pairs) == claims_right(predicted, pairs, least=1.05)
    assert (claims_right(predicted, pairs).made, claims_right(predicted, pairs, least=1.2).made) == (Share(2, 3), Share(2, 2))
    assert [(pair.larger, pair.smaller) for pair in wrong_claims(predicted, pairs)] == [("a", "b")]
    assert wrong_claims(predicted, pairs, least=1.2) == ()


def test_the_least_ratio_is_the_smallest_that_makes_claims_right():
    truth, rows = world(exercises=40, seed=7)
    rng = np.random.default_rng(8)
    off = {name: level * math.exp(0.4 * rng.normal()) for name, level in truth.items()}
    predicted, pairs = Predicted(ensemble(off)), ordered_pairs(rows, GROUP)
    least = least_ratio(predicted, pairs, goal=0.95)
    assert least > 1.0
    assert claims_right(predicted, pairs, least=least).made.value >= 0.95 > claims_right(predicted, pairs).made.value
    assert least_ratio(Predicted(ensemble(truth)), pairs, goal=0.95) == 1.0
    assert least_ratio(Predicted(ensemble({name: 1.0 / level for name, level in truth.items()})), pairs) is None


def test_a_calibrated_ensemble_is_right_as_often_as_its_members_agree():
    truth, rows = world(exercises=60, seed=3)
    rng = np.random.default_rng(4)
    off = {name: level * math.exp(0.5 * rng.normal()) for name, level in truth.items()}
    pairs = ordered_pairs(rows, GROUP, least=1.0)
    found = agreement(Predicted(ensemble(off, members=400, spread=0.5)), pairs)
    assert [(one.low, one.high) for one in found] == [(0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0)]
    assert sum(one.right.count for one in found) == len(pairs)
    for one in found:
        assert one.right.value == pytest.approx((one.low + one.high) / 2, abs=0.12)


def test_levels_at_unknown_loads_are_compared_inside_their_study_and_not_ranked():
    truth, rows = world()
    known = sorted(truth)[:12]
    found = measured(Predicted(ensemble(truth)), rows, GROUP, seed=1, ranked=known)
    assert found.rank.exercises == tuple(known)
    assert found.pairs.count == len(ordered_pairs(rows, GROUP))


def test_the_order_of_two_means_within_their_errors_is_told_as_noise():
    few, many = (
        ordered_pairs([replace(seen("a", 0.5), error_ln=error), replace(seen("b", 0.4), error_ln=error)], GROUP)[0] for error in (0.3, 0.05)
    )
    assert few.z == pytest.approx(math.log(1.25) / (0.3 * math.sqrt(2)))
    assert few.z < 1.64 < many.z


def test_each_published_value_counts_once_and_at_a_load_that_is_said():
    found = conditions()
    rows = [(row.rows, row.group, row.statistic) for one in found.values() for row in one.rows]
    assert len(rows) == len(set(rows))
    for one in found.values():
        assert one.known or one.how, one.name
        if one.basis is Basis.BODY_WEIGHT:
            assert not one.exercise.loads, one.name
        elif one.known:
            assert one.load_share == pytest.approx(sum(load.body_mass_share for load in one.exercise.loads)), one.name
            assert all(reference(key) for key in one.source.split("; ")), one.name


def test_a_load_told_as_a_share_of_a_maximum_is_that_share_of_a_published_maximum():
    squat = conditions()["back-squat, contreras2015"]
    assert squat.load_share == pytest.approx(0.75 * lifts()["squat/women/1RM"].body_mass_share)
    assert squat.source == "lift_quality2024; squat_standards"
    lunge = conditions()["walking-lunge, bezerra2021"]
    assert (lunge.basis, lunge.load_share) == (Basis.SHARE_OF_BODY_MASS, 0.3)


def test_a_mean_over_several_loads_has_no_load():
    at_first = conditions()["back-squat at RM"]
    assert not at_first.known
    assert {row.source for row in at_first.rows} == {"neto2020"}
    assert {row.source for row in at_first.first_rows} > {"neto2020", "contreras2015"}


def test_what_is_told_of_claims_is_chosen_without_the_held_out_exercises():
    truth, rows = world(exercises=30, seed=7)
    rng = np.random.default_rng(8)
    off = {name: level * math.exp(0.4 * rng.normal()) for name, level in truth.items()}
    out = sorted(truth)[:10]
    wild = off | {name: rng.random() for name in out}  # whatever is predicted for them, the choice stays
    calm, other = (told_claims(Predicted(ensemble(one)), rows, out) for one in (off, wild))
    assert calm["least_ratio"] == other["least_ratio"]
    assert calm["from_least_ratio"]["tuned"] == other["from_least_ratio"]["tuned"]
    for one in calm["any_ratio"].values():
        assert one["count"] + one["undecided"] > 0


def test_forces_stand_beside_what_was_measured_with_how_it_was_read():
    ours = {
        one.exercise: {key: {"median": 3.0, "low": 2.0, "high": 4.0} for key in ("hip_contact_bw", "l5s1_compression_n")} for one in BESIDE
    }
    lines = in_people(ours)
    assert len(lines) == 2 + sum(len(one.rows) for one in BESIDE)
    stance = next(line for line in lines if "standing on one leg" in line)
    assert "3.0 [2.0, 4.0] body weights" in stance
    assert "2.61 body weights" in stance
    assert "10 people (bergmann2016, J0034, read in: secondary)" in stance
    assert stance.endswith("| 1.1 times |")
    assert in_people({}) == lines[:2]


def test_peaks_are_compared_with_peaks():
    rows = [seen("a", 0.5, statistic="peak"), seen("b", 0.2, statistic="peak")]
    mean, peak = ensemble({"a": 0.1, "b": 0.4}), ensemble({"a": 0.6, "b": 0.4})
    assert pairs_right(Predicted(mean, peak), ordered_pairs(rows, GROUP)) == Share(1, 1)
    assert pairs_right(Predicted(mean), ordered_pairs(rows, GROUP)) == Share(0, 0)


def test_bands_of_known_width_cover_as_often_as_they_say():
    truth, rows = world(exercises=2000, noise=0.36, seed=6)
    for level in (0.5, 0.9):
        half = norm.ppf(0.5 + level / 2) * 0.36
        bands = {(name, GROUP): (one * math.exp(-half), one * math.exp(half)) for name, one in truth.items()}
        found = coverage(bands, rows)
        assert found.count == 2000
        assert found.value == pytest.approx(level, abs=0.035)
    assert coverage({("exercise-000", "hamstrings"): (0.0, 1.0)}, rows) == Share(0, 0)


def test_calibration_sees_widths_that_are_too_small_and_means_that_are_off():
    z = np.random.default_rng(2).normal(size=4000)
    good, narrow, off = calibration(z), calibration(2.0 * z), calibration(z + 1.0)
    assert (good.z_mean, good.z_sd) == pytest.approx((0.0, 1.0), abs=0.05)
    assert good.inside[0.8].value == pytest.approx(0.8, abs=0.03)
    assert narrow.z_sd == pytest.approx(2.0, abs=0.1)
    assert off.z_mean == pytest.approx(1.0, abs=0.05)
    assert calibration([0.3]) is None


def test_the_held_out_third_is_a_third_and_stays_when_exercises_are_added():
    names = [f"exercise-{i}" for i in range(300)]
    tuned, held = split(names, seed=1)
    assert sorted(tuned + held) == sorted(names)
    assert 80 <= len(held) <= 120
    assert set(split([*names, "clam", "lunge"], seed=1)[1]) - {"clam", "lunge"} == set(held)
    assert split(names, seed=2)[1] != held


def test_the_gain_over_a_baseline_is_the_difference_of_both_ranks():
    truth, rows = world(noise=0.2)
    muscles = ensemble(truth)
    moments = bare({name: {GROUP: 40.0 * math.sin(17 * i)} for i, name in enumerate(truth)})
    found = gain(muscles, moments, rows, GROUP, seed=1)
    assert found.difference == pytest.approx(rank(muscles, rows, GROUP, seed=1).rho - rank(moments, rows, GROUP, seed=1).rho)
    assert 0.0 < found.low < found.difference < found.high
    assert gain(muscles, muscles, rows, GROUP, seed=1).low == gain(muscles, muscles, rows, GROUP, seed=1).high == 0.0


def test_all_measures_at_once_are_those_one_by_one():
    truth, rows = world(studies=2, noise=0.3, seed=3)
    half = sorted(truth)[:12]
    predicted, moments = Predicted(ensemble(truth, spread=0.2)), bare({name: {GROUP: 10.0} for name in truth})
    found = measured(predicted, rows, GROUP, seed=1, among=half, baseline=moments)
    some = [row for row in rows if row.exercise in half]
    assert found.rank == rank(predicted.mean, rows, GROUP, seed=1, among=half)
    assert found.rank.exercises == tuple(half)
    assert found.gain.difference == found.rank.rho  # equal moments order nothing
    assert found.ceiling == ceiling(some, GROUP, seed=1)
    assert found.pairs == pairs_right(predicted, ordered_pairs(some, GROUP))
    assert measured(predicted, rows, GROUP, seed=1).gain is None


def test_a_prediction_that_is_not_finite_or_of_another_ensemble_is_refused():
    truth, rows = world()
    hole = {**ensemble(truth), "exercise-003": {GROUP: np.array([0.1, np.nan])}}
    with pytest.raises(ModelError, match="exercise-003: the prediction is not one finite number"):
        rank(hole, rows, GROUP, seed=1)
    other = {**ensemble(truth), "exercise-003": {GROUP: np.array([0.1])}}
    with pytest.raises(ModelError, match=r"members and .*; predict both with the same ensemble"):
        claims_right(Predicted(other), ordered_pairs(rows, GROUP))


def test_the_interval_of_a_share_holds_it_and_nothing_counted_is_said_so():
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)
    low, high = Share(9, 10).interval
    assert low < 0.9 < high
    assert Share(90, 100).interval[0] > low
