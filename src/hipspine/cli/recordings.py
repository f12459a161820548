"""Commands that read a recording: what it holds, when muscles switch on, what a protocol finds."""

from pathlib import Path
from typing import Annotated

import typer

from hipspine import __version__
from hipspine.cli.door import about, announce_kernels, send, send_json, use

File = Annotated[Path, typer.Argument(metavar="FILE", help="The recording: C3D, delimited text, or OpenSim .mot/.sto.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines for people.")]


def read(file: File, json: Json = False) -> None:
    """Say what a recording holds: streams, channels, muscles, events.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine read bursts.c3d
    """
    reading = use("hipspine.workflows.reading")
    with about(file):
        document = {"name": file.name, **reading.describe(reading.open_recording(file)), "version": __version__}
    send_json(document) if json else send(use("hipspine.cli.streams").of_streams(document))


def onsets(
    file: File,
    channel: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Only this channel; may be given again.")] = None,
    json: Json = False,
) -> None:
    """Say when each muscle switches on and off, with 95 % intervals.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine onsets bursts.c3d
    """
    reading, timing = use("hipspine.workflows.reading"), use("hipspine.workflows.timing_onsets")
    with about(file):
        recording = reading.open_recording(file)
        timing.require_emg(recording)
        announce_kernels()
        document = timing.time_onsets(recording, channel or [])
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
    json: Json = False,
) -> None:
    """Turn a recording into findings, each with its interval and its source.

    \b
    Example:
      hipspine simulate prone-hip-extension --out trial.c3d
      hipspine assess trial.c3d --protocol prone-hip-extension --report trial.html
    """
    reading, assessing, documents = (use(f"hipspine.workflows.{name}") for name in ("reading", "assessing", "documents"))
    chosen = assessing.protocol_named(protocol)
    documents.require_writable({"--report": report, "--pdf": pdf}, inputs=[file])
    with about(file, *(path for path in (report, pdf) if path is not None)):
        recording = reading.open_recording(file)
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
