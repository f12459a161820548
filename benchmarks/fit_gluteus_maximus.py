"""Fit the gluteus maximus field: the best one, the ensemble, the blind check, the table of the docs.

uv run python benchmarks/fit_gluteus_maximus.py --best                        fit the best field and write it (a few seconds)
uv run python benchmarks/fit_gluteus_maximus.py --members 110 --seed 1        the ensemble (ten minutes)
uv run python benchmarks/fit_gluteus_maximus.py --blind                       fit without one source, and foretell it (half a minute)
uv run python benchmarks/fit_gluteus_maximus.py --table                       the criteria, ours beside three public line sets
uv run python benchmarks/fit_gluteus_maximus.py --docs                        fresh tables into the docs
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import field_criteria as fc
import field_data as fd
import field_fit as ff
import field_members as fm
import field_page as fp
import numpy as np

from hipspine.anatomy import gluteus_maximus as gm
from hipspine.terms import Floats

TABLE = Path(__file__).parents[1] / "src" / "hipspine" / "anatomy" / "data" / "gluteus_maximus.json"
SACRAL_SHARE = 0.70  # of the cross-section crosses the sacroiliac joint: Barker 2014
SACRAL_WIDTH = 0.2  # of u over which the origin passes from ilium to sacrum; ours
KNEE = [0.0036, -0.4061, -0.0003]  # origin of the tibia in the femur of Davis 2026 at 0 deg


def main() -> None:
    asked = arguments()
    if asked.best:
        write(shared(ff.anatomy()), fit_best(), members=[])
    if asked.members:
        grow(asked.members, seed=asked.seed)
    if asked.blind:
        blind()
    if asked.docs:
        page = TABLE.parents[4] / "docs" / "gluteus_maximus.md"
        page.write_text(fp.filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    if asked.table:
        for lines in (*(fc.public(model) for model in ("RajagopalLai", "gait2392", "Davis2026")), fc.ours(gm.gluteus_maximus())):
            say(tell(fc.measured(lines)))
        for number in (3, 4, 9, 50, 1000):
            found = fc.measured(fc.ours(gm.gluteus_maximus(lines=number)), postures=20000 if number < 60 else 2000)
            say(f"{number} lines: {', '.join(found.failures()) or 'all criteria met'}")
        say(f"no line is shorter than {1e3 * fc.least_length(gm.gluteus_maximus(lines=50)):.1f} mm in any rotation (bound)")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--members", type=int, default=0, help="fit that many members of the ensemble and write them beside the best field")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="fit without one of the sources and say how well it is foretold")
    parser.add_argument("--docs", action="store_true", help="fresh tables into docs/gluteus_maximus.md")
    parser.add_argument("--table", action="store_true")
    return parser.parse_args()


def fit_best() -> dict[str, Any]:
    """The field with the middle targets."""
    problem = ff.Problem(ff.anatomy(), data=ff.published())
    x = fitted(problem, ff.Wanted())
    return {"coefficients_m2": coefficients(x)}


def grow(wanted: int, *, seed: int) -> None:
    """The ensemble beside the best field that is stored."""
    table = gm._table()
    best = np.array(table["best"]["coefficients_m2"]).reshape(2, -1) / ff.UNIT
    members: list[dict[str, Any]] = []
    reasons: dict[str, int] = {}
    for number, member, why in fm.gathered(best, wanted=wanted, seed=seed):
        if member is not None:
            members.append(member)
            if len(members) % 10 == 0:
                write(table["shared"], table["best"], members)
        for words in why:
            reasons[words] = reasons.get(words, 0) + 1
        say(f"draw {number}: {len(members)} accepted; {'; '.join(why) or 'kept'}")
    write(table["shared"], table["best"], members)
    say(json.dumps(reasons, indent=1))


def blind() -> None:
    """Fit everything but one source, and measure that one."""
    given = ff.anatomy()
    problem = ff.Problem(given, data=ff.published())
    common = shared(given)
    hidden: dict[str, ff.Wanted] = {plane: ff.Wanted(planes=tuple(k for k in range(3) if fd.PLANES[k] != plane)) for plane in fd.PLANES}
    hidden |= {"Nemeth": ff.Wanted(nemeth=False), "turns": ff.Wanted(turns=False), "nothing": ff.Wanted()}
    for name, wanted in hidden.items():
        x = fitted(problem, wanted)
        found = fc.measured(fc.ours(gm.from_table({**common, "coefficients_m2": coefficients(x)})))
        say(f"hidden: {name}\n{tell(found)}")
    x = fitted(problem, ff.Wanted(planes=(), nemeth=False, turns=False))
    say(f"hidden: all (public lines alone)\n{tell(fc.measured(fc.ours(gm.from_table({**common, 'coefficients_m2': coefficients(x)}))))}")


def fitted(problem: ff.Problem, wanted: ff.Wanted) -> Floats:
    """From straight lines, in three rounds that trust the curve of Nemeth & Ohlsen less and less where it contradicts the bands."""
    x = ff.straight_start(problem.anatomy)
    for limit in (100.0, 15.0, 8.0):
        x, cost = ff.search(problem, replace(wanted, nemeth_limit=limit), x, steps=100)
    say(f"half the sum of squares {cost:.2f}")
    return x


def shared(given: ff.Anatomy) -> dict[str, Any]:
    """What all fields have in common, unless a member says otherwise."""
    rows = fd.tract_ends()
    return {
        "origin_m": rounded(given.origin, 6),
        "region_force_n": rounded(given.force, 2),
        "tract_share": round(given.tract_share, 4),
        "optimal_fibre_m": rounded(given.optimal, 5),
        "pennation_rad": rounded(given.pennation, 5),
        "neutral_length_norm": rounded(given.norm, 4),
        "sacral_from_to_u": sacral_course(given.force),
        "knee_end_m": [{"u": u, "at_m": rounded(end, 5)} for u, end, _ in rows],
        "tibia_end_m": [{"u": u, "at_m": rounded(tip, 5)} for u, _, tip in rows],
        "knee_centre_m": KNEE,
    }


def sacral_course(force: Floats) -> list[float]:
    """From and to which u the origin passes from ilium to sacrum, so that the known share of the force crosses the joint."""
    low, high = SACRAL_WIDTH / 2, 1 - SACRAL_WIDTH / 2
    for _ in range(60):
        middle = (low + high) / 2
        ramp = np.array([middle - SACRAL_WIDTH / 2, middle + SACRAL_WIDTH / 2])
        strips, crossing = gm._strips(300, force, ramp)
        low, high = (middle, high) if (strips * crossing).sum() / strips.sum() > SACRAL_SHARE else (low, middle)
    return rounded(ramp, 4)


def coefficients(x: Floats) -> list[Any]:
    """(layer, knot, harmonic) [m2] to a hundredth of a square millimetre: a thousandth of a millimetre of length."""
    return rounded((x * ff.UNIT).reshape(2, -1, ff.TERMS), 8)


def rounded(values: Floats, digits: int) -> list[Any]:
    return np.round(np.asarray(values), digits).tolist()


def write(common: dict[str, Any], best: dict[str, Any], members: list[dict[str, Any]]) -> None:
    """One line per member, so that a change can be read."""
    head = {
        "made_by": "benchmarks/fit_gluteus_maximus.py",
        "sources": "points, fibres, force: Davis 2026 (MIT); shares of the regions: gait2392 (CC BY 3.0); sacral share: Barker 2014",
        "shared": common,
        "best": best,
    }
    lines = [json.dumps(one, separators=(",", ":")) for one in members]
    text = json.dumps(head, indent=1)[:-2] + ',\n "members": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    TABLE.write_text(text, encoding="utf-8")
    gm._table.cache_clear()


def tell(found: fc.Measured) -> str:
    show = lambda values, digits=0: "/".join(f"{value:.{digits}f}" for value in np.ravel(values))  # noqa: E731
    rows = [
        found.name,
        *(
            f"  in band {plane[4:]:9s} regions {show(r)} %, worst line {one.min():.0f} %, outside {o:.2f} mm, spread {s:.2f}"
            for plane, r, one, o, s in zip(fd.PLANES, found.regions_in_band, found.lines_in_band, found.outside, found.spread, strict=True)
        ),
        f"  Nemeth {found.nemeth:.1f} mm (at 0, 15 .. 90: {show(found.nemeth_curve, 1)})",
        f"  turns {[show(t, 1) or 'never' for t in found.turns]}, at 90 deg {show(found.at_90, 1)}, lower external: {found.lower_external}",
        f"  neutral adduction {show(found.neutral, 1)}; at 130 deg {found.deep:.1f}, least line {found.deep_lines:.1f}",
        f"  whole flexes in {found.flexes:.2f} % of the box (to {found.worst_flexor:.1f} mm), {found.flexes_everyday:.2f} % everyday",
        f"  pull exists in {found.possible:.2f} %; fibres {found.norm[0]:.2f} to {found.norm[1]:.2f}; lines moving inward {found.inward}",
        f"  change of length: shorter by {show(-found.excursion[:, 0])}, longer by {show(found.excursion[:, 1])}",
        f"  fails: {'; '.join(found.failures()) or 'nothing'}",
    ]
    return "\n".join(rows)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
