"""What the tests share: parts of the machine that may be absent, and a rule for where they may not.

``@pytest.mark.needs("browser")`` skips a test with the reason where no browser is installed. Where ``HIPSPINE_REQUIRE`` names
the part (as CI does: ``browser,postgres``) the same absence is a failure, so that nothing is left out in silence.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

PEERS = ("biosppy", "myonset", "neurokit2", "pyomeca")


def _browser() -> str:
    return "" if shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") else "no Chromium on PATH"


def _pdf_tools() -> str:
    return "" if shutil.which("pdftotext") and shutil.which("pdftoppm") else "no poppler (pdftotext, pdftoppm) on PATH"


def _postgres() -> str:
    return "" if shutil.which("pg_ctl") or list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")) else "no PostgreSQL server programs"


def _peers() -> str:
    missing = [name for name in PEERS if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(missing)} (uv run --group peers)" if missing else ""


def _opensim() -> str:
    return "" if importlib.util.find_spec("opensim") else "not installed: opensim (uv run --group peers)"


def _docs() -> str:
    here = Path(__file__).parents[1] / "mkdocs.yml"
    return "" if here.is_file() and importlib.util.find_spec("mkdocs") else "no mkdocs, or no mkdocs.yml beside the tests"


ABSENT: dict[str, Callable[[], str]] = {
    "browser": _browser, "pdf_tools": _pdf_tools, "postgres": _postgres, "peers": _peers, "opensim": _opensim, "docs": _docs,
}  # fmt: skip


def required_parts(text: str) -> frozenset[str]:
    """The parts that ``HIPSPINE_REQUIRE`` names; a misspelt one is an error, not a silent skip."""
    named = frozenset(part.strip() for part in text.split(",") if part.strip())
    if unknown := named - ABSENT.keys():
        raise pytest.UsageError(f"HIPSPINE_REQUIRE names {', '.join(sorted(unknown))}; the parts are {', '.join(sorted(ABSENT))}")
    return named


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(part): skip with the reason where the part is absent; fail where it is required")
    required_parts(os.environ.get("HIPSPINE_REQUIRE", ""))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            reason = ABSENT[part]()
            if reason and part in required_parts(os.environ.get("HIPSPINE_REQUIRE", "")):
                pytest.fail(f"{part} is required here: {reason}", pytrace=False)
            if reason:
                pytest.skip(reason)
