"""The README's picture: when the muscles of the demonstration's simulated person start, left and right. ``make picture``."""

import sys
import tempfile
from pathlib import Path

from hipspine.report.figures import raster_figures
from hipspine.report.paint import COLOURS, lettered, text
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element, drawing, element, write
from hipspine.workflows.assessing import assess_timed, protocol_named
from hipspine.workflows.demo import make_recording
from hipspine.workflows.reporting import report_input

WIDTH, MARGIN = 760.0, 20.0


def picture(report: ReportInput) -> Element:
    """The report's rasters one above the other, on white so that they can be read on dark pages too."""
    parts: list[Element] = [
        text(MARGIN, 30, "When each muscle starts, with 95 % intervals", size=17, colour="ink", bold=True),
        text(MARGIN, 50, "A simulated person lies prone and lifts one leg after the other; time in milliseconds", size=13),
    ]
    y = 64.0
    for figure in raster_figures(report):
        drawn = figure.draw(WIDTH - 2 * MARGIN, f"picture-{figure.key}")
        if figure.side is not None:
            parts += [
                lettered(figure.side, MARGIN + 8, y + 14),
                text(MARGIN + 24, y + 19, f"{figure.side.value.capitalize()} leg", size=15, colour="ink", bold=True),
            ]
        parts.append(element("g", drawn, transform=f"translate({MARGIN} {y + 26})"))
        y += 26 + float(dict(drawn.attributes)["height"]) + 10
    ground = element("rect", x=0, y=0, width=WIDTH, height=y, rx=8, fill=COLOURS["surface"])
    said = "Starts of the muscles of a simulated person lying prone and lifting each leg, left above right"
    return drawing(ground, *parts, width=WIDTH, height=y, label=said)


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording, _ = make_recording("prone-hip-extension", Path(folder))
    protocol = protocol_named("prone-hip-extension")
    report = report_input(recording, protocol, *assess_timed(recording, protocol))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(write(picture(report), standalone=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
