"""The tables of docs/gluteus_maximus.md, made from the fields themselves."""

import field_criteria as fc
import field_data as fd
import numpy as np

from hipspine.anatomy.gluteus_maximus import gluteus_maximus, members
from hipspine.mechanics.arms import moment_arms
from hipspine.mechanics.field_ensemble import ensemble_arms, mixture, whole_arms
from hipspine.mechanics.posture import Posture
from hipspine.terms import Floats

MODELS = ("RajagopalLai", "gait2392", "Davis2026")
SHOWN = {
    "standing": {},
    "flexion 45": {"hip_flexion_deg": 45},
    "flexion 90": {"hip_flexion_deg": 90},
    "abduction 30": {"hip_adduction_deg": -30},
    "internal rotation 30": {"hip_rotation_deg": 30},
    "clam: flexion 45, abduction 25, external rotation 20": {"hip_flexion_deg": 45, "hip_adduction_deg": -25, "hip_rotation_deg": -20},
    "deep squat: flexion 115, abduction 15": {"hip_flexion_deg": 115, "hip_adduction_deg": -15},
    "corner: flexion 120, adduction 30, internal rotation 40": {"hip_flexion_deg": 120, "hip_adduction_deg": 30, "hip_rotation_deg": 40},
}


def criteria() -> str:
    """Ours beside three public line sets."""
    found = [fc.measured(fc.ours(gluteus_maximus()))] + [fc.measured(fc.public(model)) for model in MODELS]
    show = lambda values, digits=0: "/".join(f"{value:.{digits}f}" for value in np.ravel(values))  # noqa: E731
    turn = lambda one: "/".join(", ".join(f"{at:.0f}" for at in part) or "never" for part in one.turns)  # noqa: E731
    rows: list[tuple[str, list[str]]] = []
    for k, plane in enumerate(("flexion", "adduction", "rotation")):
        rows.append(
            (f"in band, {plane}: regions, worst line [%]", [f"{show(m.regions_in_band[k])}, {m.lines_in_band[k].min():.0f}" for m in found])
        )
    rows += [
        ("width of lines / width of band", [show(m.spread, 2) for m in found]),
        ("mean difference to Nemeth & Ohlsen [mm]", [f"{m.nemeth:.1f}" for m in found]),
        ("rotation arm turns internal at [deg of flexion]", [turn(m) for m in found]),
        ("rotation arm at 90 deg [mm]", [show(m.at_90) for m in found]),
        ("adduction arm in neutral [mm]", [show(m.neutral) for m in found]),
        ("whole muscle a flexor: % of range, by at most [mm]", [f"{m.flexes:.2f}, {m.worst_flexor:.0f}" for m in found]),
        ("extension arm at 130 deg: whole, least line [mm]", [f"{m.deep:.0f}, {m.deep_lines:.0f}" for m in found]),
        ("normalised fibre length, everyday range", [f"{m.norm[0]:.2f} to {m.norm[1]:.2f}" for m in found]),
        (
            "change of length, everyday range [mm]",
            [f"{m.excursion[:, 0].min():.0f} to {m.excursion[:, 1].max():.0f}" for m in found],
        ),
        ("lines whose rotation arm moves inward, 0 to 90 deg", [f"{m.inward[0]} of {m.inward[1]}" for m in found]),
    ]
    head = "| | " + " | ".join(("ours", "Rajagopal 2023", "gait2392", "Davis 2026")) + " |\n|---|---|---|---|---|\n"
    return head + "\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)


def widths() -> str:
    """Median and 90 % range of the ensemble."""
    rows = [
        "| posture | all: flexion | adduction | rotation | upper: flexion | adduction | rotation | lower: flexion | adduction | rotation |"
    ]
    rows.append("|---" * 10 + "|")
    for name, angles in SHOWN.items():
        posture = Posture.of(**angles)
        regional, whole = ensemble_arms(posture), whole_arms(posture)
        cells = [_cell(whole.median_m[0, 0, k], whole.low_m[0, 0, k], whole.high_m[0, 0, k]) for k in range(3)]
        for region in (0, 2):
            cells += [
                _cell(one, low, high)
                for one, low, high in zip(*(a[0, region] for a in (regional.median_m, regional.low_m, regional.high_m)), strict=True)
            ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows) + f"\n\n{members()} fields; median and 90 % range [mm]."


def mixed() -> str:
    """How far regional arms lie apart in mixed postures: ours from the public sets, and those from each other."""
    rng = np.random.default_rng(11)
    sets = {"ours": fc.ours(gluteus_maximus())} | {model: fc.public(model) for model in MODELS}
    rows = ["| root mean square difference [mm], regions upper/middle/lower | flexion | adduction | rotation |", "|---|---|---|---|"]
    for words, degrees in (
        ("everyday range", fd.EVERYDAY_DEG),
        ("flexion 0..90, adduction -20..10, rotation -20..20", [[0, 90], [-20, 10], [-20, 20]]),
    ):
        angles = fd.box(3000, np.array(degrees, dtype=np.float64), rng)
        seen = {name: _regional(lines, angles) for name, lines in sets.items()}
        for one, other in (
            ("ours", "Davis2026"),
            ("ours", "RajagopalLai"),
            ("ours", "gait2392"),
            ("RajagopalLai", "Davis2026"),
            ("gait2392", "Davis2026"),
        ):
            apart = 1e3 * np.sqrt(((seen[one] - seen[other]) ** 2).mean(axis=0))
            rows.append(f"| {one} and {other}, {words} | " + " | ".join("/".join(f"{v:.0f}" for v in apart[:, k]) for k in range(3)) + " |")
    return "\n".join(rows)


def form() -> str:
    """How fast ours parts from published lines as postures become mixed."""
    angles = fd.box(6000, fd.EVERYDAY_DEG, np.random.default_rng(0))
    seen = {
        name: _regional(lines, angles) for name, lines in ({"ours": fc.ours(gluteus_maximus())} | {m: fc.public(m) for m in MODELS}).items()
    }
    share = mixture(Posture.of(**{f"{name}_rad": angles[:, k] for k, name in enumerate(fd.PLANES)}))
    rows = ["| mixture | ours from Davis 2026 [mm] | ours from Rajagopal | gait2392 from Davis | Rajagopal from Davis |", "|---" * 5 + "|"]
    pairs = (("ours", "Davis2026"), ("ours", "RajagopalLai"), ("gait2392", "Davis2026"), ("RajagopalLai", "Davis2026"))
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0), (1.0, 1.5)):
        chosen = (share >= low) & (share < high)
        cells = [f"{1e3 * np.sqrt(((seen[a] - seen[b])[chosen] ** 2).mean()):.0f}" for a, b in pairs]
        rows.append(f"| {low} to {high} | {' | '.join(cells)} |")
    return "\n".join(rows)


def tract() -> str:
    """Our tract lines against the cadaver bands of Eng and others 2015, which no fit has seen."""
    body = gluteus_maximus(lines=40)
    rows = [
        "| tract of | angle | range [deg] | in band [%] | outside, mean [mm] | our arm at begin, middle, end [mm] | band [mm] |",
        "|---" * 7 + "|",
    ]
    for (muscle, angle), (grid, low, high) in sorted(fd.tract_bands().items()):
        line = 40 + int((int(muscle[4]) - 0.5) / 4 * 40)
        arms = moment_arms(body, Posture.of(**{f"{angle}_rad": grid}))
        arm = arms.knee_m[:, line] if angle == "knee_flexion" else arms.m[:, line, arms.axes.index(angle)]
        inside = 100 * ((arm >= low) & (arm <= high)).mean()
        outside = 1e3 * (np.maximum(low - arm, 0) + np.maximum(arm - high, 0)).mean()
        at = [0, grid.size // 2, -1]
        edges = ", ".join(f"{1e3 * low[k]:.0f}..{1e3 * high[k]:.0f}" for k in at)
        ours = ", ".join(f"{1e3 * arm[k]:.0f}" for k in at)
        first, last = np.degrees(grid[[0, -1]])
        rows.append(
            f"| gluteus maximus {muscle[4]} | {angle} | {first:.0f} to {last:.0f} | {inside:.0f} | {outside:.0f} | {ours} | {edges} |"
        )
    return "\n".join(rows)


def _regional(lines: fc.Lines, angles: Floats) -> Floats:
    arms = lines.at(angles)[1]
    return np.stack([lines.regional(arms[..., k]) for k in range(3)], axis=-1)


def _cell(median: float, low: float, high: float) -> str:
    return f"{1e3 * median:.0f} ({1e3 * low:.0f} to {1e3 * high:.0f})"


TABLES = {"criteria": criteria, "mixed": mixed, "form": form, "ensemble": widths, "tract": tract}


def filled(page: str) -> str:
    """The page with fresh tables between its marks."""
    for name, table in TABLES.items():
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition(f"<!-- end of {name} -->")
        page = f"{before}<!-- {name} -->\n\n{table()}\n\n<!-- end of {name} -->{after}"
    return page
