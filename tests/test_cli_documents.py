"""Answers as documents: JSON without NaN, and files that are whole or absent."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hipspine.errors import InputError
from hipspine.terms import Side
from hipspine.workflows.documents import plain, require_folder, require_writable, write_whole

values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.sampled_from(Side),
    lambda inner: some.lists(inner) | some.tuples(inner) | some.dictionaries(some.text(), inner),
)


@given(values)
def test_whatever_is_made_plain_is_json_without_nan(value: object) -> None:
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == plain(value)


@given(some.lists(some.floats()))
def test_finite_numbers_are_not_rounded_and_others_become_null(numbers: list[float]) -> None:
    assert plain(np.array(numbers, dtype=float)) == [number if math.isfinite(number) else None for number in numbers]


def test_a_value_without_a_place_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match="no place in a JSON document"):
        plain({"where": object()})


def test_a_written_file_is_complete_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "out.html", b"old")
    write_whole(tmp_path / "out.html", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.html": b"new"}


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write_whole(tmp_path / "out.html", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"out\.html: cannot be written \(No space left on device\)"):
        write_whole(tmp_path / "out.html", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.html": b"old"}


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no /dev/null on this system")
def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "nowhere"
    link.symlink_to("/dev/null")
    require_writable({"--report": link})
    write_whole(link, b"gone")
    assert not Path("/dev/null").is_file()
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("outputs", "inputs", "said"),
    [
        ({"--report": "."}, [], "is a folder"),
        ({"--pdf": "no/such/out.pdf"}, [], "does not exist"),
        ({"--report": "same", "--pdf": "same"}, [], "is given to --report too"),
        ({"--report": "trial.c3d"}, ["trial.c3d"], "is the recording itself"),
    ],
)
def test_an_output_that_cannot_be_is_refused_with_its_option(
    outputs: dict[str, str], inputs: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said) as refused:
        require_writable({option: Path(path) for option, path in outputs.items()}, inputs=[Path(path) for path in inputs])
    assert str(refused.value).startswith("--")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match=r"--out: .*cannot be used as a folder"):
        require_folder(tmp_path / "taken", option="--out")


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    require_folder(tmp_path / "a" / "b", option="--out")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_link_that_leads_to_itself_gives_way_to_the_answer(tmp_path: Path) -> None:
    (tmp_path / "loop.html").symlink_to(tmp_path / "loop.html")
    require_writable({"--report": tmp_path / "loop.html"}, inputs=[tmp_path / "trial.c3d"])
    write_whole(tmp_path / "loop.html", b"answer")
    assert (tmp_path / "loop.html").read_bytes() == b"answer"


def test_a_name_that_is_too_long_is_refused_before_any_computing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^--report: .*too long"):
        require_writable({"--report": tmp_path / ("x" * 300)})


def test_a_link_to_the_recording_is_the_recording(tmp_path: Path) -> None:
    (tmp_path / "trial.c3d").write_bytes(b"recorded")
    (tmp_path / "out.html").symlink_to(tmp_path / "trial.c3d")
    with pytest.raises(InputError, match="is the recording itself"):
        require_writable({"--report": tmp_path / "out.html"}, inputs=[tmp_path / "trial.c3d"])
