"""Reports as files: an assessment becomes one HTML page and one PDF, each written whole or not at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hipspine import __version__
from hipspine.assessment.protocol import Assessment, Protocol
from hipspine.report.html import render_html
from hipspine.report.pdf import render_pdf
from hipspine.report.report_input import ReportInput
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets
from hipspine.workflows.assessing import citations
from hipspine.workflows.documents import write_whole


def report_input(
    recording: Recording, protocol: Protocol, assessment: Assessment, channels: Sequence[ChannelOnsets], *, prepared_on: str | None = None
) -> ReportInput:
    """Everything that a report of this assessment says; without a date the same recording gives the same bytes."""
    return ReportInput(
        recording=recording,
        channels=tuple(channels),
        assessment=assessment,
        citations=citations(protocol, assessment),
        version=__version__,
        prepared_on=prepared_on,
        title=protocol.title,
    )


def write_reports(content: ReportInput, outputs: Mapping[str, Path | None]) -> list[Path]:
    """Write the report in each form asked for, ``"html"`` and ``"pdf"``, and give the paths written."""
    written = []
    for form, path in outputs.items():
        if path is not None:
            write_whole(path, render_html(content).encode() if form == "html" else render_pdf(content))
            written.append(path)
    return written
