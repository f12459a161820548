"""The README's picture: when the muscles of the demonstration's simulated person start, left and right. ``make picture``."""

import sys
import tempfile
from pathlib import Path

from hipspine.report import raster
from hipspine.report.paint import filled, text
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import Element, drawing, element, write
from hipspine.terms import Side
from hipspine.workflows.assessing import assess, protocol_named, timed_channels
from hipspine.workflows.demo import make_recording
from hipspine.workflows.reporting import report_input

WIDTH, MARGIN, TOP = 760.0, 20.0, 64.0


def picture(report: ReportInput) -> Element:
    """Both rasters of a report, one above the other, on white so that it can be read on dark pages too."""
    made = {side: raster.rows(report, side) for side in Side}
    spans = [raster.axis_range(rows) for rows in made.values()]
    span = (min(low for low, _ in spans), max(high for _, high in spans))
    zero = raster.zero_name(report)
    parts: list[Element] = [
        text(MARGIN, 28, "When each muscle starts, with 95 % intervals", size=17, colour="ink", bold=True),
        text(MARGIN, 48, f"A simulated person lifts one leg after the other; milliseconds from {zero}", size=13),
    ]
    y = TOP
    for side, rows in made.items():
        inner = WIDTH - 2 * MARGIN
        label = raster.in_words(side, rows, zero=zero)
        drawn = raster.draw(rows, span=span, side=side, zero=zero, width=inner, ident=f"picture-{side.value}", label="")
        parts.append(text(MARGIN, y + 16, f"{side.value.capitalize()} leg", size=15, colour="ink", bold=True))
        parts.append(element("g", drawn, transform=f"translate({MARGIN} {y + 22})", role="img", aria_label=label))
        y += 22 + float(dict(drawn.attributes)["height"]) + 14
    ground = element("rect", x=0, y=0, width=WIDTH, height=y, rx=8, **{**filled("surface"), "class_": None})
    said = "Onsets of a simulated person lying prone and lifting each leg, left above right"
    return drawing(ground, *parts, width=WIDTH, height=y, label=said)


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording, _ = make_recording("prone-hip-extension", Path(folder))
    protocol = protocol_named("prone-hip-extension")
    report = report_input(recording, protocol, assess(recording, protocol), timed_channels(recording))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(write(picture(report), standalone=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
