"""Simulated recordings as files: the truth lies beside them, the same seed gives the same bytes, and they read back."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import InputError
from hipspine.signals.simulation.people import prone_hip_extension
from hipspine.terms import Side, StreamKind
from hipspine.workflows.reading import open_recording
from hipspine.workflows.simulating import KINDS, simulate

SMALL: dict[str, dict[str, float]] = {
    "prone-hip-extension": {"repetitions": 1},
    "trunk-flexion-extension": {"repetitions": 1},
    "contact": {"strides": 2},
    "gait": {"strides": 2},
    "bursts": {"count": 1},
    "noise": {"duration_s": 2.0},
}


def test_every_kind_is_tried_here() -> None:
    assert set(SMALL) == set(KINDS)


@pytest.mark.parametrize("suffix", [".c3d", ".csv"])
@pytest.mark.parametrize("kind", ["prone-hip-extension", "contact", "noise"])
def test_the_same_seed_gives_the_same_bytes_and_the_truth_beside_them(kind: str, suffix: str, tmp_path: Path) -> None:
    files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        out = tmp_path / folder / f"trial{suffix}"
        truth = simulate(kind, out=out, seed=11, **SMALL[kind])
        beside = out.with_name(out.name + ".truth.json")
        assert json.loads(beside.read_text(encoding="utf-8")) == truth
        files.append((out.read_bytes(), beside.read_bytes()))
    assert files[0] == files[1]
    assert truth["seed"] == 11
    simulate(kind, out=out, seed=12, **SMALL[kind])
    assert out.read_bytes() != files[0][0]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_was_written_reads_back_with_its_muscles_and_says_that_it_is_simulated(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "trial.c3d"
    truth = simulate(kind, out=out, seed=4, **SMALL[kind])
    recording = open_recording(out)
    assert recording.about["simulated"] == "yes"
    emg = recording.of_kind(StreamKind.EMG)[0]
    assert [(one.label, one.muscle, str(one.side)) for one in emg.channels] == [
        (c["label"], c["muscle"], c["side"]) for c in truth["channels"]
    ]
    assert emg.rate_hz == truth["emg_rate_hz"]
    assert np.std(emg.values[0]) < 1e-3  # volts


@pytest.mark.parametrize("suffix", [".c3d", ".csv"])
def test_samples_angles_and_events_come_back_on_one_clock(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"lying{suffix}"
    simulate("prone-hip-extension", out=out, seed=9, repetitions=1, events=True)
    made, _ = prone_hip_extension(np.random.default_rng(9), repetitions=1, events=True)
    read = open_recording(out)
    for kind in (StreamKind.EMG, StreamKind.ANGLE):
        one, other = made.of_kind(kind)[0], read.of_kind(kind)[0]
        assert (other.rate_hz, other.start_s) == (one.rate_hz, one.start_s)
        assert [c.label for c in other.channels] == [c.label for c in one.channels]
        np.testing.assert_allclose(other.values, one.values, rtol=1e-6, atol=1e-6 * np.abs(one.values).max())
    assert [(e.label, e.side) for e in read.events] == [("movement start", Side.LEFT), ("movement start", Side.RIGHT)]
    np.testing.assert_allclose([e.time_s for e in read.events], [e.time_s for e in made.events], atol=1e-5)


def test_an_unknown_kind_is_refused_with_the_kinds(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="kind 'sprint' is not known; choose one of prone-hip-extension, "):
        simulate("sprint", out=tmp_path / "x.c3d")


def test_an_unknown_option_is_refused_with_the_options(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="noise has no option 'repetitions'; it takes duration_s, muscles"):
        simulate("noise", out=tmp_path / "x.c3d", repetitions=3)


def test_a_suffix_seed_or_place_that_cannot_be_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    for out, seed, said in (
        (tmp_path / "x.docx", 0, "found '.docx'"),
        (tmp_path / "x", 0, "found 'no suffix'"),
        (tmp_path / "x.c3d", -1, "seed is -1"),
        (tmp_path / "nowhere" / "x.c3d", 0, "cannot be written"),
    ):
        with pytest.raises(InputError) as refused:
            simulate("noise", out=out, seed=seed, duration_s=2.0)
        assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_each_kind_describes_itself_in_a_clause() -> None:
    assert all(20 < len(kind.description) < 120 for kind in KINDS.values())


@pytest.mark.parametrize("blocked", ["trial.c3d", "trial.c3d.truth.json"])
def test_no_recording_is_left_without_its_truth(blocked: str, tmp_path: Path) -> None:
    (tmp_path / blocked).mkdir()
    with pytest.raises(InputError, match=blocked):
        simulate("noise", out=tmp_path / "trial.c3d", **SMALL["noise"])
    assert not (tmp_path / "trial.c3d").is_file()


def test_a_failed_write_leaves_the_recording_before_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "trial.c3d"
    simulate("noise", out=out, seed=1, **SMALL["noise"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        simulate("noise", out=out, seed=2, **SMALL["noise"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
