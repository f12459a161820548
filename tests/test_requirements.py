"""A part that a machine lacks is skipped with its reason, and is a failure where HIPSPINE_REQUIRE names it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDY = 'import pytest\n\n@pytest.mark.needs("browser")\ndef test_page():\n    assert True\n'


def outcome(folder: Path, *, path: str, required: str) -> subprocess.CompletedProcess[str]:
    """How a test that needs a browser ends, with this PATH and this HIPSPINE_REQUIRE."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder / "conftest.py")
    (folder / "test_needy.py").write_text(NEEDY, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)],
        env={**os.environ, "PATH": path, "HIPSPINE_REQUIRE": required}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_absent_part_is_skipped_with_its_reason(tmp_path: Path) -> None:
    done = outcome(tmp_path, path="", required="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no Chromium on PATH" in done.stdout
    assert "1 skipped" in done.stdout


def test_an_absent_part_that_is_required_is_a_failure(tmp_path: Path) -> None:
    done = outcome(tmp_path, path="", required="browser")
    assert done.returncode == 1
    assert "browser is required here: no Chromium on PATH" in done.stdout


def test_a_part_that_is_there_is_used(tmp_path: Path) -> None:
    (tmp_path / "chromium").touch(mode=0o755)
    done = outcome(tmp_path, path=str(tmp_path), required="browser")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_misspelt_requirement_is_refused(tmp_path: Path) -> None:
    done = outcome(tmp_path, path="", required="browsr")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "HIPSPINE_REQUIRE names browsr" in done.stdout + done.stderr
