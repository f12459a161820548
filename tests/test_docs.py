"""The documentation is true: pages build, load nothing from outside, leave nothing out, and their examples run."""

import doctest
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

import hipspine.formats
from hipspine import plugins
from hipspine.cli import app, main
from hipspine.evidence import tables
from hipspine.workflows.assessing import protocols
from hipspine.workflows.simulating import KINDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


class Loads(HTMLParser):
    """Every address that a browser would fetch by itself when it opens the page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        fetched_link = tag == "link" and (given.get("rel") or "") not in ("canonical", "next", "prev", "alternate")
        for name in ("src", "srcset", "data", "poster", "action", *(["href"] if fetched_link or tag in ("use", "image") else [])):
            if value := given.get(name):
                self.addresses.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.needs("docs")
def test_built_pages_load_nothing_from_outside(site: Path) -> None:
    fetched = []
    for page in site.rglob("*.html"):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        fetched += loads.addresses
    assert len(fetched) > 10
    assert [address for address in fetched if re.match(r"(https?:)?//", address)] == []
    styles = "".join(style.read_text(encoding="utf-8") for style in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']*", styles) == []


@pytest.mark.needs("docs")
def test_each_command_and_protocol_and_source_stands_in_the_pages(site: Path) -> None:
    commands = (site / "commands.html").read_text(encoding="utf-8")
    measured = (site / "measures.html").read_text(encoding="utf-8")
    evidence = (site / "evidence.html").read_text(encoding="utf-8")
    assert [
        path for path in leaves(typer.main.get_command(app)) if f"hipspine {path}</h2>" not in re.sub(r"<a class.*?</a>", "", commands)
    ] == []
    assert [name for name in protocols() if name not in measured] == []
    assert [measure for protocol in protocols().values() for measure in protocol.measures if measure not in measured] == []
    assert [text.key for text in tables.load("references") if isinstance(text, tables.Citation) and text.key not in evidence] == []
    assert "generated:" not in commands + measured + evidence


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("protocols.md", sorted(protocols())),
        ("simulator.md", sorted(KINDS)),
        ("formats.md", sorted(plugins.find(hipspine.formats, "READER", group="hipspine.readers"))),
    ],
)
def test_each_part_has_its_place_in_the_page_of_its_kind(page: str, names: list[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8").lower()
    assert [name for name in names if name.lower() not in text] == []


def test_every_suffix_that_is_read_or_written_stands_in_the_page_of_formats() -> None:
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    readers = plugins.find(hipspine.formats, "READER", group="hipspine.readers").values()
    writers = plugins.find(hipspine.formats, "WRITER", group="hipspine.writers")
    rows = {cells[1].strip(): cells for line in text.splitlines() if len(cells := line.split("|")) == 6}
    assert [(r.name, suffix) for r in readers for suffix in r.suffixes if f"`{suffix}`" not in rows[r.name][2]] == []
    assert [(name, suffix) for name, w in writers.items() for suffix in w.suffixes if f"`{suffix}`" not in rows[name][4]] == []
    assert [name for name, cells in rows.items() if "`." in cells[4] and name not in writers] == []


def test_every_page_and_decision_is_in_the_table_of_contents() -> None:
    listed = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} == listed
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    assert [path.name for path in (DOCS / "decisions").glob("0*.md") if path.name not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def blocks(page: Path, language: str) -> list[str]:
    """The contents of a page's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def command_lines(page: Path) -> list[str]:
    """Command lines in ``console`` blocks of a page."""
    return [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("page", [page for page in PAGES if command_lines(page)], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_in_the_pages_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in command_lines(page):
        program, *arguments = shlex.split(line, comments=True)
        assert program == "hipspine", f"{line}: only hipspine commands run from the pages"
        assert main(arguments) == 0, line
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for block in blocks(page, "python"):
        runner.run(doctest.DocTestParser().get_doctest(block, {}, page.name, str(page), 0))
    assert runner.summarize(verbose=False).failed == 0


def test_every_page_with_python_examples_is_among_those_that_run() -> None:
    assert [page for page in PAGES if any(">>>" in block for block in blocks(page, "python")) and not command_lines(page)] == []


def test_the_readme_has_exactly_the_two_commands_of_a_newcomer() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [line for block in blocks for line in block.splitlines()] == ["pip install -q uv && uv run hipspine demo", "uv run pytest"]


def leaves(command: object, path: str = "") -> list[str]:
    below = getattr(command, "commands", None)
    return [path] if below is None else [leaf for name, child in below.items() for leaf in leaves(child, f"{path} {name}".strip())]
