"""Building the demand atlas: in parts, the same on every engine, gone on with after a stop."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipspine.cli import main
from hipspine.errors import InputError
from hipspine.exercises import atlas
from hipspine.exercises.catalogue import shipped
from hipspine.exercises.studies import conditions
from hipspine.workflows.atlas import build

CHOSEN = ("clam", "double-leg-bridge")


def parts(folder: Path) -> dict[str, str]:
    """Name and hash of what the parts hold."""
    found = {}
    for path in sorted((folder / "parts").glob("*.npz")):
        with np.load(path) as held:
            found[path.name] = hashlib.sha256(b"".join(held[name].tobytes() for name in sorted(held))).hexdigest()
    return found


def test_a_build_goes_on_where_it_stopped_and_mends_what_was_cut_off(tmp_path: Path) -> None:
    chosen = [shipped(name) for name in CHOSEN]
    assert build(tmp_path, only=chosen[:1], samples=3, frames=5)["worked_out"] == 1
    assert build(tmp_path, only=chosen, samples=3, frames=5)["worked_out"] == 1
    whole = parts(tmp_path)
    cut = next((tmp_path / "parts").glob("clam*.npz"))
    cut.write_bytes(cut.read_bytes()[:500])
    assert build(tmp_path, only=chosen, samples=3, frames=5)["worked_out"] == 1
    assert parts(tmp_path) == whole
    assert build(tmp_path, only=chosen, samples=4, frames=5)["worked_out"] == 2  # other numbers are other parts


def test_processes_and_one_thread_give_the_same_bytes(tmp_path: Path) -> None:
    chosen = [shipped(name) for name in CHOSEN]
    for engine in ("inline", "processes"):
        build(tmp_path / engine, only=chosen, samples=3, frames=5, engine=engine)
    assert parts(tmp_path / "inline") == parts(tmp_path / "processes")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["atlas", "build", "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_conditions_of_studies_name_exercises_and_rows() -> None:
    assert len(conditions()) >= 50
    assert sum(one.first for one in conditions().values()) >= 30
    assert [name for name, one in conditions().items() if not (one.rows or one.first_rows)] == []


def test_what_an_exercise_asks_does_not_depend_on_its_words() -> None:
    clam = shipped("clam")
    assert replace(clam, purpose="Other words.", cues=("One.", "Two.")).asks_sha256 == clam.asks_sha256
    assert replace(clam, effort=0.3).asks_sha256 != clam.asks_sha256


def test_an_old_atlas_is_not_taken_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert atlas.entry(shipped("clam")) is not None
    monkeypatch.setattr(atlas, "METHOD", atlas.METHOD + 1)
    assert atlas.entry(shipped("clam")) is None


def test_a_damaged_atlas_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / atlas.FILE).write_text("{", encoding="utf-8")
    monkeypatch.setattr(atlas.resources, "files", lambda _: tmp_path)
    atlas.atlas.cache_clear()
    try:
        with pytest.raises(InputError, match="damaged"):
            atlas.atlas()
    finally:
        atlas.atlas.cache_clear()


def test_the_atlas_says_how_it_was_made() -> None:
    kept = atlas.atlas()
    assert (kept["samples"], kept["frames"]) == (200, 101)
    one = kept["exercises"]["clam"]["method"]
    assert one["inputs_sha256"] == atlas.inputs_hash(shipped("clam"), samples=200, frames=101, seed=kept["seed"])
    assert json.dumps(kept, allow_nan=False)
