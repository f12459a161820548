"""The validation page, made from the same figures that the tests judge, so that nobody types a number.

uv run python benchmarks/validation_page.py > docs/validation.md
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests"))

from validity import PUBLIC, Figure, figures  # noqa: E402

from hipspine.evidence.tables import cite  # noqa: E402

HEAD = """# Validation

Every figure of the literature that hipspine claims to meet is a test (`tests/test_validity.py`); this page prints the same figures.
`met` says that
the asked tolerance holds, `not asked` that the figure is only reported. Public line sets are asked in the same way, by the same
program, on the points and surfaces
that their authors published. Made by `python benchmarks/validation_page.py`.

Two tiers: **geometry** (lengths, moment arms) is checked against measurements on people, cadavers and images. **Load** (activations,
joint forces) can hardly be checked:
nobody has measured how muscles share a moment, and the few measured joint forces come from some patients with implants.
"""

REST = """## What is not met, or could not be asked

- **Nemeth & Ohlsen and Blemker & Delp contradict each other** at 0 degrees (77 mm against a band that ends at 66 mm); the field stays
  inside the band.
- **Outside the single planes nothing was measured.** There the ensemble is the only guide, its ranges are widened, and the posture is
  marked as extrapolated.
  How well hidden measurements are foretold: [blind check](gluteus_maximus.md#blind-check). It foretells two of three bands, and neither
  the curve of
  Nemeth & Ohlsen nor the turn of the middle region.
- **The tracts of Eng 2015** contradict Blemker & Delp in part; our tract lines keep to the latter
  ([table](gluteus_maximus.md#against-the-tracts-of-eng-2015)).
- **The direction of the fibres at the sacrum** is steeper than in cadavers; forces on the sacroiliac joint therefore use the cadavers'
  direction ([Sacroiliac joint](sacroiliac.md)).
- **Pel 2008** (compression of the sacroiliac joint when it carries less vertical shear: +70 %, then +400 %): the pattern comes out of our
  pelvic ring, the percentages lie inside its wide ranges and not in their middle ([table](sacroiliac.md)). Only the pattern may be
  quoted.
- **Hip force on one leg** is above that of four people with implants; why is said by `hipspine body stand --one-leg right`.
- **Gluteus medius** turns the thigh inwards less than in Dostal's single skeleton of straight lines; its course over flexion is the same.
- Moment arms of single compartments (Delp 1999), friction and shape of the sacroiliac joint: no numbers were found that could be read.
- **Strength by angle** stands beside people on the page [The body](body.md#how-strong-it-is); hip extension keeps the measured shape in
  deep flexion by a factor ([decision 9](decisions/0009-strength-by-angle.md)).

## Two roads to each number

| number | first road | second road | difference | test |
|---|---|---|---|---|
| arms of the field | compiled kernel | slope of the length from the definition | < 1e-9 m | `tests/test_gluteus_maximus.py` |
| lengths and arms over surfaces | compiled paths | MuJoCo, cylinders and spheres | < 0.0005 mm, < 0.005 mm | `tests/test_paths.py` |
| lengths of two published models | compiled paths | OpenSim 4.6 | p95 < 0.001 mm | `tests/test_paths_models.py`, with OpenSim |
| load sharing | dual Newton | bounded least squares of SciPy | < 1e-8 | `tests/test_sharing.py` |
| joint moments | MuJoCo | Newton-Euler in NumPy | < 1e-8 | `tests/test_rigid.py` |
| joint moments of a recorded walk | MuJoCo | OpenSim's inverse dynamics | < 0.6 % of the peak | `tests/test_rigid_walk.py` |
| joint forces | balance of the part beyond | locked slides in MuJoCo | < 1e-6 N | `tests/test_joint_forces.py`, `tests/test_carrying.py` |
| sacroiliac projection | vectors | virtual displacement | rounding | `tests/test_sacroiliac.py` |

Speed beside OpenSim and MuJoCo: [the mechanics bench](bench_mechanics.md).
"""


def row(figure: Figure) -> list[str]:
    """One line of the table."""
    held = {True: "met", False: "**not met**", None: "not asked"}[figure.holds]
    return [figure.what, figure.published, figure.ours, f"{held}: {figure.criterion}" if figure.criterion else held]


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def page() -> str:
    """The whole page."""
    found = list(figures())
    beside = [figure for figure in found if figure.others]
    sources = "\n".join(f"- {cite(key)}" for key in dict.fromkeys(figure.source for figure in found))
    return "\n".join(
        [
            HEAD,
            "## Figures of the literature\n",
            table(["what", "published", "ours", "asked"], [row(figure) for figure in found]),
            f"\n{sources}\n",
            "## The same figures in public line sets\n",
            table(["what", "ours", *PUBLIC], [[one.what, one.ours, *(one.others[name] for name in PUBLIC)] for one in beside]),
            "\nPublic sets bring no insertion into the iliotibial tract (Rajagopal, gait2392); lines jump where a cylinder is left:"
            " [smoothness](gluteus_maximus.md#smoothness).\n",
            REST,
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
