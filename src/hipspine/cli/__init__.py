"""The command line: words for people and JSON for machines. No science lives here; each command loads its workflow when called."""

import sys
import warnings
from functools import partial
from io import TextIOWrapper
from typing import Annotated

import typer

from hipspine import __version__
from hipspine.cli import benches, body, evidence, exercises, making, recordings
from hipspine.cli.door import run, send

app = typer.Typer(
    name="hipspine",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    making.demo, recordings.read, recordings.onsets, recordings.assess, making.simulate, making.convert, making.anonymise,
    exercises.demand,
):  # fmt: skip
    app.command()(command)
app.add_typer(body.app, name="body")
app.add_typer(exercises.app, name="exercises")
app.add_typer(exercises.atlas, name="atlas")
app.add_typer(benches.app, name="bench")
app.add_typer(evidence.app, name="evidence")


@app.callback(invoke_without_command=True)
def about_hipspine(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """How gluteus maximus and the lower back work together, with honest uncertainty.

    For exercise planning, education and research. Not a medical device.

    \b
    Example:
      hipspine demo
    """
    if version:
        send(f"hipspine {__version__}")
    elif context.invoked_subcommand is None:
        send(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run one command line (the process's own by default) and give its exit code."""
    if arguments is None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a narrow terminal encoding must not stop an answer
        if not sys.warnoptions:
            warnings.simplefilter("ignore")  # a library's warning is no message to a practitioner
    return run(partial(_answer, sys.argv[1:] if arguments is None else arguments))


def _answer(arguments: list[str]) -> None:
    """Parse and call; not by the parser's own ``main``, which would turn a stop or a closed pipe into exit code 1."""
    line = typer.main.get_command(app)
    with line.make_context("hipspine", list(arguments)) as context:
        line.invoke(context)
