"""What comes along with an import: the command line must open quickly, and the public names must lead somewhere."""

import json
import subprocess
import sys

import pytest

import hipspine

HEAVY = {"numpy", "scipy", "numba", "llvmlite", "ezc3d", "c3d", "typst", "rich", "asyncio"}
OF_TYPER = {"pydantic"}  # comes with the parsing of options; neither an import nor the first help may wait for it


def modules_after(code: str) -> set[str]:
    """Names of the top-level modules that a fresh interpreter holds after this code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import hipspine", HEAVY | OF_TYPER | {"typer"}),
        ("import hipspine.cli", HEAVY | OF_TYPER),
        ("import hipspine.cli; hipspine.cli.main(['--help'])", HEAVY | OF_TYPER),
        ("import hipspine.cli; hipspine.cli.main(['assess', '--help'])", HEAVY),
        ("import hipspine.cli; hipspine.cli.main(['--version'])", HEAVY),
    ],
)
def test_help_and_import_bring_no_science_along(code: str, unwanted: set[str]) -> None:
    assert modules_after(code) & unwanted == set()


def test_the_check_would_notice_a_heavy_import() -> None:
    assert "numpy" in modules_after("import hipspine.signals.recording")


@pytest.mark.parametrize("name", hipspine.__all__)
def test_each_public_name_leads_to_something(name: str) -> None:
    assert getattr(hipspine, name) is not None


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = hipspine.reed
