"""Pages that are written by the program: a line ``<!-- generated: NAME -->`` becomes what NAME says today, so that it cannot drift."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from hipspine.cli import app
from hipspine.evidence import tables
from hipspine.exercises import atlas
from hipspine.workflows.assessing import protocols
from hipspine.workflows.body_load import load_document
from hipspine.workflows.demand_validity_words import in_people, validity_tables
from hipspine.workflows.strength_words import strength_table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
gallery = importlib.import_module("gallery")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page and a figure for each exercise (called by mkdocs)."""
    for name, figure in gallery.figures().items():
        files.append(File.generated(config, f"exercises/{name}.svg", content=figure))
        files.append(File.generated(config, f"exercises/{name}.md", content=gallery.page(name)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with each generated part in its place (called by mkdocs)."""
    for name, write in PARTS.items():
        mark = f"<!-- generated: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, write())
    return markdown


def command_lines() -> list[str]:
    """Each command that does something, as typed: ``demo``, ``bench onset``.

    >>> "bench onset" in command_lines()
    True
    """
    return [path for path, _ in _leaves(typer.main.get_command(app), "")]


def commands() -> str:
    """Each command with the help that the program prints."""
    parts = []
    for path, command in _leaves(typer.main.get_command(app), ""):
        context = command.context_class(command, info_name=f"hipspine {path}", terminal_width=80, max_content_width=80)
        parts.append(f"## hipspine {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def measures() -> str:
    """Each protocol with what it needs, what it measures and what it rests on."""
    parts = []
    for protocol in protocols().values():
        parts += [f"## {protocol.title}\n", f"`hipspine assess FILE --protocol {protocol.name}`\n", "**It needs**\n"]
        parts += [*(f"- {need}" for need in protocol.needs), "\n**It measures**\n", "| measure | what it is |", "|---|---|"]
        parts += [*(f"| `{name}` | {_cell(what)} |" for name, what in protocol.measures.items()), "\n**It rests on**\n"]
        parts += [*(f"- {tables.cite(key)} (`{key}`)" for key in protocol.sources), ""]
    return "\n".join(parts)


def values() -> str:
    """Each published value as a row."""
    parts = []
    for name in tables.VALUE_TABLES:
        title = name.replace("_", " ").capitalize().replace("Emg", "EMG")
        parts += [f"## {title}\n", "| row | what | value | source | read in |", "|---|---|---|---|---|"]
        for row in tables.load(name):
            if isinstance(row, tables.Published):
                what = ", ".join(part.replace("_", " ") for part in (row.topic, row.quantity, row.muscle) if part)
                value = row.words if row.value is None else f"{row.value:g} {row.unit}"
                parts.append(f"| {row.row} | {_cell(what)} | {_cell(value)} | {row.source} | {row.reading.value.replace('_', ' ')} |")
        parts.append("")
    return "\n".join(parts)


def claims() -> str:
    """Each sentence of the article beside what the evidence says."""
    rows = [claim for claim in tables.load("article_claims") if isinstance(claim, tables.Claim)]
    lines = [f"| {claim.row} | {_cell(claim.sentence)} | {claim.verdict} | {_cell(claim.reason)} |" for claim in rows]
    return "\n".join(["| claim | the article says | verdict | reason |", "|---|---|---|---|", *lines])


def sources() -> str:
    """Each source in full."""
    return "\n".join(f"- `{text.key}`: {tables.cite(text.key)}" for text in tables.load("references") if isinstance(text, tables.Citation))


def tasks() -> str:
    """Shares of capacity in the tasks on which published line sets disagree most, and what may be said of them."""
    lines = ["| task | upper | middle | lower | said (bodies that agree) | open |", "|---|---|---|---|---|---|"]
    for task in load_document()["tasks"]:
        shares = [f"{v['median']:.2f} [{v['low']:.2f}, {v['high']:.2f}]" for v in task["regions"].values()]
        said = "; ".join(claim["sentence"] for claim in task["claims"]) or "nothing"
        left = "; ".join(f"{claim['more']} v {claim['less']}".replace("gluteus_maximus/", "") for claim in task["not_claimed"]) or "nothing"
        lines.append(f"| {task['name']} | {' | '.join(shares)} | {said} | {left} |")
    return "\n".join(lines)


def exercises() -> str:
    """All exercises as moving figures."""
    text: str = gallery.gallery()
    return text


def demand_validity() -> str:
    """How well demands foretell published EMG."""
    return "\n".join(validity_tables(atlas.atlas()["validity"]))


def demand_in_people() -> str:
    """Joint loads beside those measured in people."""
    return "\n".join(in_people(atlas.atlas()["exercises"]))


def strength_by_angle() -> str:
    """What the body can make about each joint, beside people."""
    return "\n".join(strength_table())


def changes() -> str:
    """The notes in ``changes/``, newest first."""
    return "\n\n".join(path.read_text(encoding="utf-8").strip() for path in sorted((ROOT / "changes").glob("*.md"), reverse=True))


def _leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from _leaves(child, f"{path} {name}".strip())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        commands, measures, values, claims, sources, tasks, exercises, demand_validity, demand_in_people, strength_by_angle, changes,
    )
}  # fmt: skip
