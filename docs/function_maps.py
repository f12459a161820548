"""The pictures of what each region of gluteus maximus does, for the documentation, and the part of its page that shows them.

``uv run python docs/function_maps.py docs/images [FOLDER WITH THE PUBLISHED CURVES]``
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from hipspine.anatomy.gluteus_maximus import gluteus_maximus, members
from hipspine.report.figures import Figure
from hipspine.report.function_map import Published, function_figure
from hipspine.report.function_map_cells import map_figure
from hipspine.report.paint import COLOURS
from hipspine.report.svg import Element, drawing, element, write

WIDTH, MARGIN = 800.0, 20.0
PAGE = "gluteus_maximus.md"  # beside the folder of the pictures; what stands between the marks is written anew
BEGIN, END = "<!-- pictures -->", "<!-- end of pictures -->"
BLEMKER = "Blemker & Delp 2005: band of all fibres, digitised by Davis 2026 (MIT)"
NEMETH = "Németh & Ohlsén 1985: whole muscle, regression curve (table: Modenese & Kohout 2020)"


def published(folder: Path) -> list[Published]:
    """The reference bands and the curve from their tables; none where the folder does not hold them."""
    bands, curve = folder / "blemker2005_glmax_moment_arm_bands.csv", folder / "nemeth_ohlsen1985_glmax_flexion.csv"
    found: list[Published] = []
    if bands.is_file():
        values: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in _rows(bands):
            if row["angle_type"] == row["moment_arm_type"]:
                values[row["angle_type"]][float(row["angle_deg"])].append(10 * float(row["moment_arm_cm"]))
        for name, at in values.items():
            angles = np.array(sorted(at))
            low, high = (np.array([end(at[angle]) for angle in angles]) for end in (min, max))
            found.append(Published(BLEMKER, name, name, angles, low, high))
    if curve.is_file():
        rows = _rows(curve)
        arm = np.array([-float(row["glmax_extension_moment_arm_mm"]) for row in rows])  # extension is minus
        found.append(Published(NEMETH, "hip_flexion", "hip_flexion", np.array([float(row["hip_flexion_deg"]) for row in rows]), arm, arm))
    return found


def picture(figure: Figure) -> Element:
    """A figure on white, so that it can be read on dark pages too."""
    drawn = figure.draw(WIDTH - 2 * MARGIN, figure.key)
    height = float(dict(drawn.attributes)["height"]) + 2 * MARGIN
    ground = element("rect", x=0, y=0, width=WIDTH, height=height, rx=8, fill=COLOURS["surface"])
    return drawing(ground, element("g", drawn, transform=f"translate({MARGIN} {MARGIN})"), width=WIDTH, height=height, label=figure.alt)


def main(out: Path, tables: Path) -> None:
    best, others = gluteus_maximus(), [gluteus_maximus(member=k) for k in range(members())]
    figures = {"function_curves": function_figure(best, members=others, published=published(tables))}
    figures |= {
        f"function_map_{arm.removeprefix('hip_')}": map_figure(best, arm=arm) for arm in ("hip_rotation", "hip_adduction", "hip_flexion")
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        (out / f"{name}.svg").write_text(write(picture(figure), standalone=True) + "\n", encoding="utf-8")
    page = out.parent / PAGE
    if page.is_file():
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, mark, after = rest.partition(END)
        if mark:
            shown = "\n\n".join(shown_in_page(name, figure) for name, figure in figures.items())
            page.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}", encoding="utf-8")


def shown_in_page(name: str, figure: Figure) -> str:
    """The picture, which opens larger, its caption, and what it shows in words for those who do not see it."""
    image = f"images/{name}.svg"
    words = figure.alt.replace(". ", ".\n- ")
    return f"### {figure.title}\n\n[![{figure.title}; in words below]({image})]({image})\n\n{figure.caption}\n\nIn words:\n\n- {words}"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "."))
