"""The onset bench is fair, repeatable, and says what it could not run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from hipspine.errors import InputError
from hipspine.signals.simulation.trials import Trial
from hipspine.terms import Floats
from hipspine.workflows.bench import cells, classical, runs, scores
from hipspine.workflows.bench.bound import BOUNDS, best_guesses
from hipspine.workflows.bench.figure import figure
from hipspine.workflows.bench.kept import Kept
from hipspine.workflows.bench.methods import Method, Peer, attempt, catalogue, methods, missing, our_method, tuned_parameters
from hipspine.workflows.bench.scores import Detected, outcome, summary
from hipspine.workflows.bench.tuning import tune
from hipspine.workflows.benching import bench_onset, page, table, write_bench

GRID = ["step", "ramp 10 dB", "ramp 15 dB", "ramp 20 dB"]


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return bench_onset(trials=2, peers="paper", cells=[*GRID, "ecg 20 dB", "laws"], seed=1)


def found(*on_s: float) -> Detected:
    return Detected(np.array(on_s), np.array(on_s) + 1.0)


def method(detect: Any, **more: Any) -> Method:
    return Method("stand-in", "nobody", "1", detect, **more)


def truths(*on_s: float) -> list[Trial]:
    return [Trial(np.zeros(8000), 2000.0, at := np.array([one]), at + 1.0, 0.0, at, at + 1.0) for one in on_s]


def without_run(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "run"}


# scoring


def test_the_nearest_detection_counts_and_the_far_ones_are_false() -> None:
    one = outcome(found(0.3, 1.52, 1.9), on_s=1.5, off_s=2.5)
    assert one.on_error_s == pytest.approx(0.02)
    assert one.false == 2


def test_nothing_detected_costs_half_a_second() -> None:
    assert scores.absolute_error_s(outcome(scores.NOTHING, on_s=1.5, off_s=2.5)) == 0.5


def test_an_onset_left_open_is_a_false_one() -> None:
    one = outcome(Detected(np.array([np.nan, 1.5]), np.array([0.4, 2.5])), on_s=1.5, off_s=2.5)
    assert (one.on_error_s, one.false) == (0.0, 1)


def test_means_carry_their_standard_errors() -> None:
    outcomes = [outcome(found(1.5 + error), on_s=1.5, off_s=2.5) for error in (0.01, -0.01, 0.03, -0.2)]
    row = summary(outcomes, rate_hz=2000.0)
    assert row["mean_abs_ms"] == pytest.approx((10 + 10 + 30 + 200) / 4)
    assert row["mean_abs_ms_se"] == pytest.approx(np.std([10, 10, 30, 200], ddof=1) / 2)
    assert row["bias_ms"] == pytest.approx(10.0)  # the one 200 ms away is false, not biased
    assert (row["found_percent"], row["clean25_percent"], row["false_per_trial"]) == (75.0, 50.0, 0.25)


def test_an_interval_covers_the_truth_or_it_does_not() -> None:
    def with_interval(low: float, high: float) -> scores.Outcome:
        return outcome(Detected(np.array([1.5]), np.array([2.5]), np.array([[low, high]])), on_s=1.5, off_s=2.5)

    row = summary(
        [with_interval(1.49, 1.51), with_interval(1.51, 1.52), with_interval(1.48, 1.499), with_interval(1.4, 1.6)], rate_hz=2000.0
    )
    assert row["coverage_percent"] == 50.0
    assert row["width_ms"] == pytest.approx(19.5)
    assert "off_coverage_percent" not in row


def test_a_method_that_says_nothing_of_its_intervals_gets_no_coverage() -> None:
    assert "coverage_percent" not in summary([outcome(found(1.5), on_s=1.5, off_s=2.5)], rate_hz=2000.0)


# fairness


def test_tuning_never_sees_a_scored_trial() -> None:
    scored = {cells.digest([one]) for cell in cells.CELLS[:8] for one in cells.trials_of(cell, seed=0, trials=3)}
    tuned = {cells.digest([one]) for cell in cells.CELLS[:8] for one in cells.trials_of(cell, seed=0, trials=3, purpose=cells.TUNING)}
    assert len(scored) == len(tuned) == 24
    assert not scored & tuned


def test_the_first_rest_that_peers_are_told_is_really_rest() -> None:
    for cell in cells.CELLS:
        assert all(one.on_s[0] > cells.REST_S + 0.1 for one in cells.trials_of(cell, seed=0, trials=2)), cell.name


def test_tuning_makes_no_peer_worse_on_its_own_trials() -> None:
    tuned = tuned_parameters()
    assert len(tuned) >= 10
    assert [name for name, row in tuned.items() if row["cost_ms"] > row["default_cost_ms"]] == []
    by_name = {peer.name: peer for peer in catalogue()}
    assert [name for name, row in tuned.items() if row["parameters"] not in by_name[name].candidates()] == []


def test_tuning_finds_the_best_of_the_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(module: Any, emg: Floats, rate_hz: float, rest_s: float, *, by_s: float) -> Detected:
        edge = np.flatnonzero(np.abs(emg) > 0.5)[0] / rate_hz
        return Detected(np.array([edge + by_s]), np.array([edge + 1.0]))

    def spike(cell: cells.Cell, **_: Any) -> list[Trial]:
        (one,) = truths(1.5)
        emg = np.zeros(8000)
        emg[3000] = 1.0
        return [Trial(emg, 2000.0, one.on_s, one.off_s, 0.0, one.on_s, one.off_s)]

    peer = Peer("late", "paper", classical.__name__, late, {"by_s": 0.2}, {"by_s": (0.1, 0.0, 0.05)})
    monkeypatch.setattr("hipspine.workflows.bench.tuning.catalogue", lambda: (peer,))
    monkeypatch.setattr("hipspine.workflows.bench.tuning.trials_of", spike)
    best = tune(trials=1)["peers"]["late"]
    assert best["parameters"] == {"by_s": 0.0}
    assert (best["cost_ms"], best["default_cost_ms"]) == (pytest.approx(0.0), pytest.approx(205.0))


def test_the_bound_is_honest_about_its_own_uncertainty() -> None:
    """Its 95 % intervals hold the truth in about 95 % of trials, whether it knows the rise or not: its model is that of the trials."""
    for name in ("step 10 dB", "ramp 10 dB"):
        (cell,) = (cell for cell in cells.CELLS if cell.name == name)
        assert cell.told is not None
        held = {0: 0, 1: 0}
        for one in cells.trials_of(cell, seed=4, trials=60):
            for which, guess in enumerate(best_guesses(one, cell.told)):
                assert guess.on_interval_s is not None
                low, high = guess.on_interval_s[0]
                held[which] += bool(low - 0.0005 <= one.on_s[0] <= high + 0.0005)
        assert min(held.values()) >= 52  # 95 % of 60 is 57, three standard errors less is 52


def test_nobody_beats_the_observer_that_is_told_everything(small: dict[str, Any]) -> None:
    best = min(small["headline"], key=lambda row: row["mean_abs_ms"])
    assert best["method"] == BOUNDS[0]


# peers that are absent, noisy or broken


def test_a_peer_that_is_not_installed_is_reported() -> None:
    absent = Peer("ghost rule", "no-such-package", "no_such_module", classical.hodges_bui)
    assert missing(absent) == "not installed"


def test_every_known_peer_runs_or_says_why_not() -> None:
    ready, absent = methods("all")
    named = {one.name for one in ready} | {row["name"] for row in absent}
    assert {peer.name for peer in catalogue()} <= named
    assert all(row["status"] for row in absent)


def test_an_error_of_a_peer_is_a_miss_and_counted() -> None:
    def broken(emg: Floats, rate_hz: float, rest_s: float) -> Detected:
        raise KeyError("var")

    outcomes = [
        outcome(said, on_s=1.5, off_s=2.5, problem=problem)
        for said, problem in [attempt(method(broken), np.zeros(10), rate_hz=2000.0, rest_s=0.8)] * 2
    ]
    row = summary(outcomes, rate_hz=2000.0)
    assert (row["errors"], row["mean_abs_ms"], row["found_percent"]) == (2, 500.0, 0.0)
    assert row["first_error"] == "KeyError: 'var'"


def test_what_a_peer_prints_and_warns_stays_out(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(emg: Floats, rate_hz: float, rest_s: float) -> Detected:
        print("hello")
        return found(float(np.log(np.zeros(1))[0]))

    said, problem = attempt(method(chatty), np.zeros(10), rate_hz=2000.0, rest_s=0.8)
    assert (problem, said.on_s.tolist()) == ("", [-np.inf])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"peers": "neurokit3"}, "neurokit3 is not known to the onset bench; choose all, none, or from"),
        ({"peers": ","}, "nothing is not known"),
        ({"cells": ["stepp"]}, "'stepp' is not part of the onset bench; choose from step, ramp"),
        ({"trials": 1}, "trials is 1; a mean with its standard error needs 2 or more"),
    ],
)
def test_a_wrong_question_gets_one_clear_sentence(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        bench_onset(**asked)


# the document


def test_the_same_seed_gives_the_same_document(small: dict[str, Any]) -> None:
    again = bench_onset(trials=2, peers="paper", cells=[*GRID, "ecg 20 dB", "laws"], seed=1)
    assert json.dumps(without_run(again)) == json.dumps(without_run(small))
    other = bench_onset(trials=2, peers="none", cells=["step 20 dB"], seed=2)
    assert other["cells"][0]["results"][0]["mean_abs_ms"] != small["cells"][3]["results"][0]["mean_abs_ms"]


def test_the_document_holds_no_number_that_is_not_one(small: dict[str, Any]) -> None:
    assert json.loads(json.dumps(small, allow_nan=False)) == small


def test_durations_stand_only_under_run(small: dict[str, Any]) -> None:
    assert small["run"]["seconds"] > 0
    assert "seconds" not in json.dumps(without_run(small))


def test_the_headline_is_the_mean_of_its_six_conditions(small: dict[str, Any]) -> None:
    by_cell = {cell["name"]: {row["method"]: row for row in cell["results"]} for cell in small["cells"]}
    for row in small["headline"]:
        assert row["mean_abs_ms"] == pytest.approx(np.mean([by_cell[name][row["method"]]["mean_abs_ms"] for name in cells.HEADLINE]))
    assert small["headline"][0]["method"] == "hipspine"
    assert small["headline"][0]["times_ours"] == 1.0
    assert bench_onset(trials=2, peers="none", cells=["step 20 dB"])["headline"] == []


def test_each_failure_can_be_made_again_from_its_seed(small: dict[str, Any]) -> None:
    one = cells.trial_of("step 20 dB", seed=1, number=1)
    again = cells.CELLS[3].make(np.random.default_rng(cells.key_of("step 20 dB", seed=1, number=1)))
    np.testing.assert_array_equal(one.emg, again.emg)
    assert all(row["seed"] == list(cells.key_of(row["cell"], seed=1, number=row["number"])) for row in small["failures"])


def test_a_heart_brings_the_high_passed_variants_and_only_there(small: dict[str, Any]) -> None:
    by_cell = {cell["name"]: [row["method"] for row in cell["results"]] for cell in small["cells"]}
    assert "Teager-Kaiser 30 Hz" in by_cell["ecg 20 dB"]
    assert "Teager-Kaiser 30 Hz" not in by_cell["step 20 dB"]


def test_ours_keeps_the_laws(small: dict[str, Any]) -> None:
    rows = {row["law"]: row for row in small["laws"] if row["method"] == "hipspine"}
    assert [law for law in ("x 1e-6", "x 1e-3", "x 1e3", "x 1e6", "polarity") if not rows[law]["holds"]] == []
    assert all(row["trials"] == 6 and row["lost"] == 0 for row in rows.values())


def test_silence_counts_every_onset_as_false() -> None:
    heard = runs._all_false(method(lambda emg, rate_hz, rest_s: found(0.5, 1.5)), truths(1.5))
    assert runs._per_hour(heard, hours=0.5) == {"hours": 0.5, "onsets": 2, "onsets_per_hour": 4.0, "errors": 0}


def test_a_false_delay_is_the_difference_of_the_mean_errors() -> None:
    row = runs._difference(np.array([0.001, 0.003]), np.array([0.051, 0.053]))
    assert row["false_delay_ms"] == pytest.approx(50.0)
    assert runs._difference(np.array([0.001]), np.array([0.05, 0.06]))["false_delay_ms"] is None


# what people see


def test_the_table_fits_a_terminal_and_names_every_method(small: dict[str, Any]) -> None:
    text = table(small)
    assert max(map(len, text.splitlines())) <= 100
    assert all(row["method"] in text for row in small["headline"])
    assert f"{small['headline'][0]['mean_abs_ms']:.1f} ±" in text


def test_the_figure_is_a_drawing_with_words_and_without_scripts(small: dict[str, Any]) -> None:
    drawn = figure(small)
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "hipspine" in (root.get("aria-label") or "")
    assert any(f">{peer.name}{tuned}</text>" in drawn for peer in catalogue() for tuned in ("", " tuned"))
    assert "script" not in drawn
    assert "needs the conditions" in figure(bench_onset(trials=2, peers="none", cells=["ecg 20 dB"]))


def test_files_and_page_carry_the_same_numbers(small: dict[str, Any], tmp_path: Path) -> None:
    paths = write_bench(small, tmp_path / "new")
    assert [path.name for path in paths] == ["bench_onset.json", "bench_onset.txt", "bench_onset.svg"]
    assert json.loads(paths[0].read_text(encoding="utf-8")) == small
    assert paths[1].read_text(encoding="utf-8").strip() in page(small)


# a run that is stopped and taken up again


def test_kept_results_are_used_again_only_for_the_same_signals(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> list[scores.Outcome]:
        made.append("made")
        return [outcome(found(1.5), on_s=1.5, off_s=2.5)]

    path, peer = tmp_path / "kept.jsonl", method(None, parameters={"k_sd": 3.0})
    first = Kept(path).outcomes(peer, signals="a", make=make)
    path.write_text(path.read_text(encoding="utf-8") + '{"key": "torn', encoding="utf-8")
    assert Kept(path).outcomes(peer, signals="a", make=make) == first
    assert len(made) == 1
    Kept(path).outcomes(peer, signals="b", make=make)
    Kept(path).outcomes(method(None, parameters={"k_sd": 2.0}), signals="a", make=make)
    assert len(made) == 3


def test_our_own_results_are_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HOUR_S", 24.0)
    bench_onset(trials=2, peers="paper", cells=["step 20 dB", "delay", "noise"], out=tmp_path)
    kept = (tmp_path / "kept.jsonl").read_text(encoding="utf-8")
    assert "Hodges-Bui 1996" in kept
    assert f'[\\"{our_method().name}\\"' not in kept


def test_progress_names_each_part_in_order() -> None:
    told: list[tuple[int, int, str]] = []
    bench_onset(trials=2, peers="none", cells=["step 20 dB", "step 10 dB"], progress=lambda *what: told.append(what))
    assert told == [(0, 2, "step 10 dB"), (1, 2, "step 20 dB")]
