"""Commands that show published values, each with its source and grade."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from hipspine.cli.door import send, send_json, use
from hipspine.cli.layout import bullets, heading, wrapped
from hipspine.cli.recordings import Json

USUAL = ("full_rep", "whole")  # not worth a word

app = typer.Typer(help="Published values, each with its source and grade.", rich_markup_mode=None)


@app.callback()
def about_evidence() -> None:
    """Published values, each with its source and grade."""


@app.command("list")
def list_values(json: Json = False) -> None:
    """List every published value and every claim of the article.

    \b
    Example:
      hipspine evidence list
    """
    document = use("hipspine.workflows.publishing").every_value()
    lines = [*heading("Published values"), *map(_value_line, document["values"])]
    lines += [*heading("What the article says"), *map(_claim_line, document["claims"])]
    lines += ["", f"{len(document['sources'])} sources. More of a row, claim or source: hipspine evidence show NAME"]
    send_json(document) if json else send("\n".join(lines[1:]))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A row, a claim, a source, a table or an exercise of emg_exercises.")],
    json: Json = False,
) -> None:
    """Show one value, claim, source or table, with everything that it rests on.

    \b
    Example:
      hipspine evidence show lewis2009
    """
    document = use("hipspine.workflows.publishing").shown(name)
    lines: list[str] = []
    for row in document["values"]:
        notes = [row["population"], row["note"], None if row["read_via"] == row["source"] else f"read in {row['read_via']}"]
        lines += [_value_line(row), *(wrapped(note, indent="    ") for note in notes if note)]
    for claim in document["claims"]:
        lines += [_claim_line(claim), *(wrapped(text, indent="    ") for text in (claim["reason"], f"We say: {claim['wording']}"))]
    lines += (
        [*heading("Sources"), *bullets(f"{text['key']}: {text['citation']}" for text in document["sources"])] if document["sources"] else []
    )
    send_json(document) if json else send("\n".join(lines))


@app.command()
def check(json: Json = False) -> None:
    """Check that every published value has a unit, a known source and a grade.

    \b
    Example:
      hipspine evidence check
    """
    document = use("hipspine.workflows.publishing").checked()
    counted = ", ".join(f"{rows} rows in {table}" for table, rows in document["rows"].items())
    lines = ["Some rows cannot be relied on.", *bullets(document["faults"])] if document["faults"] else [wrapped(f"Sound: {counted}.")]
    send_json(document) if json else send("\n".join(lines))
    if not document["sound"]:
        raise typer.Exit(2)


def _value_line(row: Mapping[str, Any]) -> str:
    value = row["value"] if isinstance(row["value"], str) else f"{row['value']:g} {row['unit']}".replace("-", "−", 1)
    which = (row["details"].get(key) for key in ("variant", "load", "phase", "muscle_region"))
    named = (word for word in which if word and word not in USUAL)
    what = ", ".join(_plain(word) for word in (row["topic"], row["quantity"], row["muscle"], *named) if word)
    return wrapped(f"{row['row']}  {value}: {what} ({row['source']}, {_plain(row['grade'])})", indent="       ", first="")


def _claim_line(claim: Mapping[str, Any]) -> str:
    return wrapped(f"{claim['row']}  {claim['verdict']}: {claim['sentence']}", indent="     ", first="")


def _plain(name: str) -> str:
    return name.replace("_", " ")
