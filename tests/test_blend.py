"""The blend of model and evidence: closed form, each side with the weight that it earned, and intervals that cover on made truths."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hipspine.errors import ModelError
from hipspine.evidence.tables import Reading
from hipspine.exercises.blend import CENTRE, ERRORS, Scale, blend, left_out, of_a_study, tune
from hipspine.exercises.published import PublishedEmg
from hipspine.exercises.validity import coverage

GROUPS = ("gluteus_maximus", "gluteus_medius", "hamstrings")
STUDY = 0.36


def seen(exercise, group, level, *, source="a2000", sd=STUDY, statistic="mean"):
    return PublishedEmg(exercise, group, statistic, level, level, level, sd, 12, source, Reading.ABSTRACT, False, 1, ("E0",))


def world(*, exercises=30, slope=0.6, offset=-0.9, error=0.3, spread=0.15, members=40, seed=0, studies=1):
    """Predictions and published rows of exercises whose levels follow the model's activations as `blend` assumes; and the levels."""
    rng = np.random.default_rng(seed)
    predicted, rows, truth = {}, [], {}
    for i in range(exercises):
        name = f"exercise-{i:03d}"
        predicted[name] = {}
        for k, group in enumerate(GROUPS):
            x = CENTRE + 0.7 * rng.normal()
            predicted[name][group] = np.exp(x + spread * rng.normal(size=members))
            ln_level = offset + 0.2 * (k - 1) + slope * (x - CENTRE) + error * rng.normal()
            truth[name, group] = math.exp(ln_level)
            rows += [seen(name, group, math.exp(ln_level + STUDY * rng.normal()), source=f"study{j}") for j in range(studies)]
    return predicted, rows, truth


def known(error=0.5):
    return Scale(("gluteus_maximus",), np.array([0.0, 1.0, 0.0]), np.zeros((3, 3)), error, ())


def test_slope_offset_and_error_are_found_again():
    predicted, rows, _ = world(exercises=150, studies=2)
    scale = tune(predicted, rows, among=set(predicted))
    assert scale.mean[1] == pytest.approx(0.6, abs=0.1)
    assert scale.mean[0] + scale.mean[2:].mean() == pytest.approx(-0.9 - CENTRE, abs=0.1)
    assert scale.error == pytest.approx(0.3, abs=0.08)


def test_few_exercises_shrink_the_scale_towards_level_is_activation():
    predicted, rows, _ = world(exercises=150, slope=0.0)
    few = sorted(predicted)[:3]
    assert abs(tune(predicted, rows, among=set(predicted)).mean[1]) < 0.15
    assert tune({name: {"hamstrings": predicted[name]["hamstrings"]} for name in few}, rows, among=few).mean[1] > 0.3


def test_only_the_exercises_that_may_be_tuned_on_are_looked_at():
    predicted, rows, _ = world()
    some = sorted(predicted)[:20]
    changed = [row if row.exercise in some else seen(row.exercise, row.group, 2.0) for row in rows]
    a, b = tune(predicted, rows, among=some), tune(predicted, changed, among=some)
    np.testing.assert_array_equal(a.mean, b.mean)
    assert a.error == b.error
    assert set(a.exercises) == set(some)


def test_the_scale_is_the_posterior_of_a_linear_model_worked_out_the_long_way():
    predicted, rows, _ = world(exercises=8, seed=2)
    scale = tune(predicted, rows, among=set(predicted))
    x = np.array([np.log(predicted[row.exercise][row.group]).mean() for row in rows])
    spread = np.array([np.log(predicted[row.exercise][row.group]).std(ddof=1) for row in rows])
    y = np.log([row.level for row in rows]) - CENTRE
    design = np.column_stack([np.ones_like(x), x - CENTRE, *(np.array([row.group == group for row in rows], float) for group in GROUPS)])
    prior, start = np.diag([1.0, 0.25, 0.25, 0.25, 0.25]), np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    density, means, second = [], [], []
    for error in ERRORS:
        joint = design @ prior @ design.T + np.diag(STUDY**2 + spread**2 + error**2)
        density.append(multivariate_normal(design @ start, joint).pdf(y) * math.exp(-0.5 * error**2))
        gain = prior @ design.T @ np.linalg.inv(joint)
        means.append(start + gain @ (y - design @ start))
        second.append(prior - gain @ design @ prior + np.outer(means[-1], means[-1]))
    weight = np.array(density) / np.sum(density)
    mean = weight @ np.array(means)
    np.testing.assert_allclose(scale.mean, mean, rtol=1e-9)
    np.testing.assert_allclose(scale.covariance, np.tensordot(weight, second, 1) - np.outer(mean, mean), rtol=1e-7, atol=1e-10)
    assert scale.error == pytest.approx(math.sqrt(weight @ ERRORS**2))


def test_the_posterior_is_the_product_of_two_normals():
    found = blend("x", "gluteus_maximus", np.array([0.4]), [seen("x", "gluteus_maximus", 0.1, sd=0.25)], known(error=0.5))
    grid = np.linspace(-6.0, 2.0, 200_001)
    log_density = -0.5 * ((grid - math.log(0.4)) / 0.5) ** 2 - 0.5 * ((grid - math.log(0.1)) / 0.25) ** 2
    density = np.exp(log_density - log_density.max())
    below = np.cumsum(density) / density.sum()
    quantiles = [math.exp(grid[np.searchsorted(below, share)]) for share in (0.05, 0.5, 0.95)]
    assert [found.low, found.median, found.high] == pytest.approx(quantiles, rel=1e-3)
    assert found.model_weight == pytest.approx(0.5**-2 / (0.5**-2 + 0.25**-2))


def test_evidence_read_at_second_hand_moves_the_answer_less():
    first, second = (
        blend("x", "gluteus_maximus", np.array([0.4]), [seen("x", "gluteus_maximus", 0.1, sd=sd)], known()) for sd in (0.36, 0.72)
    )
    assert first.median < second.median < 0.4
    assert first.model_weight < second.model_weight


def test_without_evidence_the_model_stands_alone_and_without_a_model_the_evidence():
    rows = [seen("x", "gluteus_maximus", 0.3)]
    alone = blend("x", "gluteus_maximus", np.array([0.4]), [], known())
    assert (alone.median, alone.model_weight, alone.studies) == (pytest.approx(0.4), 1.0, ())
    assert "no study that we read measured it" in alone.sentence
    read = blend("x", "gluteus_maximus", None, rows, known())
    assert (read.median, read.model_weight, read.studies) == (pytest.approx(0.3), 0.0, ("a2000",))
    assert "the model has no answer" in read.sentence
    with pytest.raises(ModelError, match="neither the model nor a study says anything about hamstrings"):
        blend("x", "hamstrings", None, rows, known())


def test_rows_of_other_exercises_groups_and_statistics_do_not_count():
    others = [seen("y", "gluteus_maximus", 0.9), seen("x", "hamstrings", 0.9), seen("x", "gluteus_maximus", 0.9, statistic="peak")]
    a, b = (blend("x", "gluteus_maximus", np.array([0.4]), [seen("x", "gluteus_maximus", 0.3), *more], known()) for more in ([], others))
    assert a == b


def test_a_sentence_never_names_a_level_without_its_interval():
    found = blend("x", "gluteus_maximus/upper", np.array([0.4]), [seen("x", "gluteus_maximus/upper", 0.3)], known())
    assert found.sentence.startswith("Upper gluteus maximus probably works at ")
    assert f"{100 * found.median:.0f} % [{100 * found.low:.0f}, {100 * found.high:.0f}]" in found.sentence
    assert found.sentence.endswith(".")


def test_a_muscle_that_was_not_tuned_on_gets_a_wider_answer():
    predicted, rows, _ = world()
    scale = tune(predicted, rows, among=set(predicted))
    activation = predicted["exercise-000"]["hamstrings"]
    assert scale.prior("latissimus_dorsi", activation)[1] > scale.prior("hamstrings", activation)[1]
    assert scale.prior("gluteus_maximus/upper", activation) == scale.prior("gluteus_maximus", activation)


def test_intervals_of_left_out_exercises_cover_as_often_as_they_say():
    covered = [
        left_out(predicted, rows, among=set(predicted))[0] for predicted, rows, _ in (world(exercises=12, seed=seed) for seed in range(12))
    ]
    right, count = sum(one.right for one in covered), sum(one.count for one in covered)
    assert count == 12 * 12 * 3
    assert right / count == pytest.approx(0.90, abs=0.045)


def test_left_out_differences_are_standard_normal():
    predicted, rows, _ = world(exercises=60, seed=3)
    _, z = left_out(predicted, rows, among=set(predicted))
    values = np.array(list(z.values()))
    assert values.mean() == pytest.approx(0.0, abs=0.2)
    assert values.std() == pytest.approx(1.0, abs=0.15)


def test_the_blend_covers_the_truth_and_its_band_for_a_study_covers_the_next_study():
    predicted, rows, truth = world(exercises=80, seed=5)
    scale = tune(predicted, rows, among=set(predicted))
    answers = {(name, group): blend(name, group, predicted[name][group], rows, scale) for name, group in truth}
    inside = np.mean([answer.low <= truth[key] <= answer.high for key, answer in answers.items()])
    assert inside == pytest.approx(0.90, abs=0.05)
    rng = np.random.default_rng(11)
    new = [seen(*key, level * math.exp(STUDY * rng.normal()), source="new2030") for key, level in truth.items()]
    assert coverage({key: of_a_study(answer, STUDY) for key, answer in answers.items()}, new).value == pytest.approx(0.90, abs=0.05)


def test_the_blend_is_nearer_to_the_truth_than_model_or_evidence_alone():
    predicted, rows, truth = world(exercises=80, seed=6)
    scale = tune(predicted, rows, among=set(predicted))
    off = {"blend": [], "model": [], "evidence": []}
    for name, group in truth:
        activation, own = predicted[name][group], [row for row in rows if row.exercise == name]
        for kind, given in (("blend", (activation, own)), ("model", (activation, [])), ("evidence", (None, own))):
            off[kind].append((math.log(blend(name, group, given[0], given[1], scale).median) - math.log(truth[name, group])) ** 2)
    assert np.mean(off["blend"]) < min(np.mean(off["model"]), np.mean(off["evidence"]))


def test_too_little_to_tune_on_and_broken_activations_are_said():
    predicted, rows, _ = world()
    with pytest.raises(ModelError, match="0 published levels belong to a prediction"):
        tune(predicted, rows, among=())
    with pytest.raises(ModelError, match="one finite number from 0 for each member"):
        blend("x", "gluteus_maximus", np.array([0.1, np.nan]), [], known())
