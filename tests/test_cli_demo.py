"""The demonstration: the whole way on a simulated person, near the truth that it was made from, and the same each time."""

import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

import hipspine
from hipspine.cli import main
from hipspine.workflows.demo import TESTS, true_delay_ms


@dataclass(frozen=True)
class Run:
    """One run of the demonstration."""

    folder: Path
    out: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


def run_in(folder: Path) -> Run:
    """The demonstration's files in a folder, and its JSON."""
    with redirect_stdout(StringIO()) as out:
        assert main(["demo", "--out", str(folder), "--json"]) == 0
    return Run(folder, out.getvalue())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_in(tmp_path_factory.mktemp("demo") / "made" / "by-demo")


def test_a_second_run_gives_the_same_bytes(demo: Run, tmp_path: Path) -> None:
    again = run_in(tmp_path)
    assert again.out == demo.out
    assert [path.name for path in sorted(demo.folder.iterdir()) if path.read_bytes() != (tmp_path / path.name).read_bytes()] == []


def test_the_files_that_are_named_are_the_files_that_are_there(demo: Run) -> None:
    assert sorted(demo.document["files"]) == sorted(path.name for path in demo.folder.iterdir())


def test_every_number_says_that_it_is_simulated(demo: Run) -> None:
    assert demo.document["simulated"] is True
    assert all(assessment["recording"]["simulated"] for assessment in demo.document["assessments"])
    for name in TESTS:
        assert "simulated" in (demo.folder / f"{name}.html").read_text(encoding="utf-8").lower()
        first_page = pypdf.PdfReader(demo.folder / f"{name}.pdf").pages[0].extract_text()
        assert "simulated" in first_page.lower()
        assert hipspine.open_recording(demo.folder / f"{name}.c3d").about["simulated"] == "yes"


def test_the_delays_found_are_near_the_delays_made_and_the_left_leg_is_the_later_one(demo: Run) -> None:
    truth = json.loads((demo.folder / f"{TESTS[0]}.c3d.truth.json").read_text(encoding="utf-8"))
    found = {f["side"]: f for f in demo.document["assessments"][0]["findings"] if f["measure"] == "gluteus_maximus_delay_to_hamstrings"}
    for side, finding in found.items():
        assert abs(finding["value"] - true_delay_ms(truth, side)) < finding["high"] - finding["low"]
    assert found["left"]["low"] > found["right"]["value"]
    assert len(demo.document["truth"]) == 2


def test_both_tests_give_findings_with_their_sources(demo: Run) -> None:
    assert [assessment["protocol"] for assessment in demo.document["assessments"]] == list(TESTS)
    assert all(assessment["findings"] and assessment["sources"] for assessment in demo.document["assessments"])
