"""Commands that read a recording: what it holds, when muscles switch on, what a protocol finds."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hipspine import __version__
from hipspine.cli.door import about, announce_kernels, note, send, send_json, use
from hipspine.cli.progress import progress
from hipspine.errors import InputError

File = Annotated[Path, typer.Argument(metavar="FILE", help="The recording, in any format that hipspine reads.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines for people.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="LABEL=MUSCLE", help="What a label means: muscle[/region][:side], or none; may be given again."),
]
KeepMap = Annotated[bool, typer.Option("--keep-map", help="Keep what --map says beside the recording, for all in its folder.")]


def read(
    file: File,
    map_: Map = None,
    keep_map: KeepMap = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for each label that is not clear, and keep the answers.")] = False,
    person: Annotated[bool, typer.Option("--person", help="Show what the file says of people: names, dates, codes.")] = False,
    json: Json = False,
) -> None:
    """Say what a recording holds: streams, channels, muscles, events.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine read bursts.c3d
    """
    reading, labels = use("hipspine.workflows.reading"), use("hipspine.workflows.labels")
    if ask and (json or not at_terminal()):
        raise InputError("--ask: questions need a terminal, and no --json; give the answers with --map instead.")
    with about(file):
        recording = opened(file, map_ or [], keep_map=keep_map, person=True)
        if ask and (answers := _asked(labels.questions(recording, unnamed=True))):
            note(f"hipspine: kept in {labels.keep(file, answers)}")
            recording = opened(file, map_ or [], person=True)
        document = {"name": file.name, **reading.describe(recording), "version": __version__}
        document["warnings"] += [question.text() for question in labels.questions(recording)]
    document |= {"person": dict(recording.person)} if person else {"personal_fields": len(recording.person)}
    send_json(document) if json else send(use("hipspine.cli.streams").of_streams(document))


def at_terminal() -> bool:
    """Whether a person sits there who can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def opened(file: Path, said: Sequence[str], *, keep_map: bool = False, **options: Any) -> Any:
    """The recording in a file, with what was said of its labels; a slow one shows at a terminal how far it has come."""
    reading, labels = use("hipspine.workflows.reading"), use("hipspine.workflows.labels")
    meanings = labels.said_of(said)
    if keep_map and not meanings:
        raise InputError("--keep-map: there is nothing to keep; say with --map what a label means.")
    with progress(f"reading {file.name}") as tell:
        recording = reading.open_recording(file, labels=meanings, progress=tell, **options)
    labels.require_known(recording, meanings)
    if keep_map:
        note(f"hipspine: kept in {labels.keep(file, meanings)}")
    return recording


def _asked(questions: Sequence[Any]) -> dict[str, Any]:
    """The answers of a person at the terminal; a blank one leaves a label as it is."""
    labels = use("hipspine.workflows.labels")
    answers: dict[str, Any] = {}
    for question in questions:
        fitting = " / ".join(labels.choices(question))
        while answer := typer.prompt(f"{question.label}: which muscle[:side]? ({fitting})", default="", show_default=False).strip():
            try:
                answers |= labels.said_of([f"{question.label}={answer}"])
                break
            except InputError as error:
                send(str(error))
    return answers


def onsets(
    file: File,
    channel: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Only this channel; may be given again.")] = None,
    map_: Map = None,
    keep_map: KeepMap = False,
    json: Json = False,
) -> None:
    """Say when each muscle switches on and off, with 95 % intervals.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine onsets bursts.c3d
    """
    timing, labels = use("hipspine.workflows.timing_onsets"), use("hipspine.workflows.labels")
    with about(file):
        recording = opened(file, map_ or [], keep_map=keep_map)
        timing.require_emg(recording)
        announce_kernels()
        document = timing.time_onsets(recording, channel or [])
        document["warnings"] += [
            question.text() for question in labels.questions(recording) if question.label in (channel or [question.label])
        ]
    send_json(document) if json else send(use("hipspine.cli.streams").of_onsets(document))


def assess(
    file: File,
    protocol: Annotated[str, typer.Option(metavar="NAME", help="contact, prone-hip-extension or trunk-flexion-extension.")],
    report: Annotated[Path | None, typer.Option(metavar="OUT.html", help="Also write the report as one HTML file.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="OUT.pdf", help="Also write the report as a PDF.")] = None,
    cue: Annotated[str | None, typer.Option(metavar="TEXT", help="The verbal cue that was given; it shifts the gluteus maximus.")] = None,
    movement_start: Annotated[
        list[str] | None,
        typer.Option(metavar="[SIDE:]S,S,...", help="Movement starts [s] instead of those found, such as left:1.2,4.5."),
    ] = None,
    map_: Map = None,
    keep_map: KeepMap = False,
    json: Json = False,
) -> None:
    """Turn a recording into findings, each with its interval and its source.

    \b
    Example:
      hipspine simulate prone-hip-extension --out trial.c3d
      hipspine assess trial.c3d --protocol prone-hip-extension --report trial.html
    """
    assessing, documents = (use(f"hipspine.workflows.{name}") for name in ("assessing", "documents"))
    chosen = assessing.protocol_named(protocol)
    documents.require_writable({"--report": report, "--pdf": pdf}, inputs=[file])
    with about(file, *(path for path in (report, pdf) if path is not None)):
        recording = opened(file, map_ or [], keep_map=keep_map)
        recording = assessing.with_movement_starts(assessing.with_cue(recording, cue), movement_start or [])
        announce_kernels()
        assessment, channels = assessing.assess_timed(recording, chosen)
        document = assessing.as_json(recording, chosen, assessment, channels)
        written = []
        if report or pdf:
            reporting = use("hipspine.workflows.reporting")
            content = reporting.report_input(recording, chosen, assessment, channels)
            written = reporting.write_reports(content, {"html": report, "pdf": pdf})
    send_json(document) if json else send(use("hipspine.cli.findings").of_assessment(document, written=written))
