"""What was published of an exercise: rows are found by its keys, means and peaks stay apart, and what is inferred never counts."""

import math
from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import ModelError
from hipspine.evidence.emg import emg_row
from hipspine.evidence.tables import Reading
from hipspine.exercises.exercise import EmgKey
from hipspine.exercises.published import (
    PublishedEmg,
    components,
    published_by,
    range_among,
    stand_for,
    study_noise,
    targets,
)


def only(rows, group, statistic="mean", source=None):
    return [row for row in rows if (row.group, row.statistic) == (group, statistic) and source in (None, row.source)]


def made(level, *, exercise="x", sd=0.4, review=False, pooled=1, source="a2000", statistic="mean", reading=Reading.ABSTRACT):
    return PublishedEmg(exercise, "gluteus_maximus", statistic, level, level, level, sd, 10, source, reading, review, pooled, ("E0",))


def test_means_and_peaks_of_one_study_stay_apart():
    rows = published_by("hip-thrust", [EmgKey("hip_thrust", loads=("estimated 10RM",))])
    (mean,), (peak,) = (only(rows, "gluteus_maximus/upper", kind) for kind in ("mean", "peak"))
    assert (mean.level, peak.level) == (0.695, 1.72)
    assert set(mean.rows).isdisjoint(peak.rows)


def test_the_whole_of_gluteus_maximus_is_the_mean_of_its_regions_where_a_study_gives_no_whole():
    rows = published_by("back-squat", [EmgKey("back_squat", loads=("estimated 10RM",))])
    (whole,), (upper,), (lower,) = (only(rows, f"gluteus_maximus{part}") for part in ("", "/upper", "/lower"))
    assert whole.level == pytest.approx((upper.level + lower.level) / 2)
    assert (whole.low, whole.high) == (upper.level, lower.level)


def test_only_the_variants_and_loads_of_the_key_count():
    deep = published_by("single-leg-bridge-knee-135", [EmgKey("single_leg_bridge", variants=("knee 135 deg flexion",))])
    assert only(deep, "hamstrings", source="lehecka2017")[0].level == pytest.approx(emg_row("E0094").value)
    heavy = published_by("prone-hip-extension", [EmgKey("prone_hip_extension", loads=("10RM",))])
    assert [row.level for row in only(heavy, "gluteus_maximus")] == [emg_row("E0050").value]


def test_what_was_measured_with_a_load_is_told_from_what_was_measured_without():
    key = EmgKey("prone_hip_extension", variants=("", "plain"))
    free, heavy, both = (published_by("prone-hip-extension", [key], loaded=loaded) for loaded in (False, True, None))
    assert {emg_row(name).load for row in free for name in row.rows} == {"bodyweight"}
    assert [row.level for row in only(heavy, "gluteus_maximus")] == [emg_row("E0050").value]
    assert {name for row in both for name in row.rows} == {name for row in (*free, *heavy) for name in row.rows}


def test_whole_repetitions_come_before_their_phases():
    rows = published_by("single-leg-deadlift", [EmgKey("single_leg_deadlift", loads=("8RM",))])
    assert only(rows, "gluteus_maximus", source="diamant2021")[0].level == pytest.approx(emg_row("E0137").value)


def test_what_the_quoting_text_inferred_never_counts():
    rows = published_by("hip-thrust", [EmgKey("hip_thrust", variants=None)])
    assert "collazogarcia2020" not in {row.source for row in rows}
    assert not any(emg_row(name).reading is Reading.SECONDARY_UNCERTAIN for row in rows for name in row.rows)


def test_only_shares_of_a_maximal_voluntary_contraction_count():
    rows = published_by("romanian-deadlift", [EmgKey("romanian_deadlift", variants=None)])
    assert rows
    assert {emg_row(name).normalisation for row in rows for name in row.rows} == {"mvic"}


def test_the_other_leg_is_asked_for_by_name():
    key = EmgKey("standing_hip_abduction")
    lifting, standing = (published_by("standing-leg-lift", [key], other_leg=other) for other in (False, True))
    assert only(lifting, "gluteus_medius", source="bolgla2005")[0].level == emg_row("E0103").value
    assert only(standing, "gluteus_medius", source="bolgla2005")[0].level == emg_row("E0104").value


def test_a_study_that_was_read_at_second_hand_has_twice_the_deviation():
    noise = study_noise()
    for row in published_by("clam", [EmgKey("clam", variants=None)]):
        factor = 2.0 if row.reading is Reading.SECONDARY else 1.0
        assert row.sd_ln == pytest.approx(factor * noise.sd_ln(n=row.n, studies=row.pooled))


def test_many_people_and_many_studies_make_a_value_more_certain():
    noise = study_noise()
    assert noise.sd_ln(n=100) < noise.sd_ln(n=10) == noise.sd_ln(n=None)
    assert noise.sd_ln(n=10, studies=5) < noise.sd_ln(n=10)


def test_the_noise_of_studies_recomputed_from_the_table_agrees_with_the_prototypes_figure():
    noise = study_noise()  # the prototype found .36 with 9 degrees of freedom; its interval by chi square is .26 to .60
    assert 0.26 < noise.total < 0.60
    assert noise.study < noise.total
    assert noise.freedom >= 9


def test_the_page_on_evidence_says_todays_noise():
    noise, page = study_noise(), (Path(__file__).parents[1] / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert f"{noise.total:.2f} in this table, {noise.freedom} degrees of freedom" in " ".join(page.split())
    assert f"factor of about {math.exp(noise.total):.1f}" in " ".join(page.split())


def test_a_key_without_rows_in_the_table_is_said_in_one_sentence():
    with pytest.raises(ModelError, match="my-exercise: no row of emg_exercises is about 'handstand'"):
        published_by("my-exercise", [EmgKey("handstand")])


def test_a_key_that_fits_no_variant_or_load_says_which_there_are():
    with pytest.raises(
        ModelError, match=r"clam: no row about 'clam' has .* there are .*variant '30 deg hip flexion' with load 'bodyweight'"
    ):
        published_by("clam", [EmgKey("clam", variants=("on a horse",))])


def test_variance_components_are_found_again_in_data_made_with_them():
    rng = np.random.default_rng(3)
    groups = [mean + 0.4 * rng.normal(size=rng.integers(1, 6)) for mean in 0.7 * rng.normal(size=2000)]
    found = components(groups)
    assert found.within == pytest.approx(0.4, rel=0.03)
    assert found.between == pytest.approx(0.7, rel=0.05)
    assert found.reliability == pytest.approx(0.49 / 0.65, rel=0.05)


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0], [2.0], [3.0]]])
def test_without_repeated_groups_there_are_no_components(groups):
    assert components(groups) is None


def test_values_that_are_all_the_same_have_no_variance_and_lose_nothing():
    found = components([[1.0, 1.0], [1.0, 1.0]])
    assert (found.within, found.between, found.perfect) == (0.0, 0.0, 1.0)


def test_studies_count_by_their_certainty():
    level, sd = targets([made(0.2, sd=0.3), made(0.8, sd=0.6, source="b2000")], "gluteus_maximus")["x"]
    assert math.log(level) == pytest.approx((4 * math.log(0.2) + math.log(0.8)) / 5)
    assert sd == pytest.approx((1 / 0.09 + 1 / 0.36) ** -0.5)


def test_a_review_and_its_studies_never_count_together():
    study, review = made(0.3, sd=0.4), made(0.6, sd=0.1, review=True, pooled=8, source="r2010")
    assert stand_for([study, review]) == [review]
    assert stand_for([study, made(0.6, sd=0.1, review=True, source="r2010")]) == [study]  # quotes one study, perhaps this one
    assert stand_for([made(0.6, review=True)]) == [made(0.6, review=True)]


def test_a_range_says_means_before_peaks_and_who_was_read_at_second_hand():
    found = range_among([made(0.9, statistic="peak"), made(0.3), made(0.5, source="b2000")])
    assert (found.statistic, found.low, found.high) == ("mean", 0.3, 0.5)
    assert found.sentence == "Two studies report 30 to 50 % of a maximal voluntary contraction (a2000, b2000)."
    peak = range_among([made(0.9, statistic="peak", reading=Reading.SECONDARY)])
    assert "90 % of a maximal voluntary contraction at the peak (a2000); read only in texts that quote" in peak.sentence
    assert range_among([]) is None
