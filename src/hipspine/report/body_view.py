"""``hipspine body show``: gluteus maximus in three dimensions as one HTML file that answers while a slider is dragged.

The file stands alone: no other origin, nothing evaluated, one style block and one script that its own security policy names by their
hashes. The script computes with the same polynomial as `mechanics.field_kernel`, from the coefficients in the file.
"""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.gluteus_maximus import TRACT, LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import monomials
from hipspine.mechanics.extrapolation import AGREED_M, MIXED, MODELLED_DEG
from hipspine.mechanics.field_ensemble import FORM_HALF_RANGE_M, MEASURED_DEG
from hipspine.mechanics.posture import HIP
from hipspine.report import words
from hipspine.report.body_view_bones import HIP_CENTRE_M, KNEE_CENTRE_M, bones
from hipspine.report.svg import escape
from hipspine.terms import Floats, Region

LITTLE_MM: Final = 5.0  # an arm below it is said as "hardly": about what two published line sets differ by
FULL_MM: Final = 60.0  # full colour
BONE_STEP_M: Final = 2e-5  # bones are stored in steps of it
SCRIPTS: Final = (
    "body_view_mechanics.js",
    "body_view_shapes.js",
    "body_view_draw.js",
    "body_view_words.js",
    "body_view_scene.js",
    "body_view.js",
)
SOURCE: Final = "The muscle is hipspine's line field, fitted to published moment arms; the bones are our own simple forms."


def show_document(
    field: LineField,
    *,
    version: str,
    sheet: LineField | None = None,
    members: Sequence[LineField] = (),
    demand: Sequence[Mapping[str, Any]] = (),
    plain_canvas: bool = False,
) -> bytes:
    """The page as bytes; the same input gives the same bytes.

    Args:
        field: whose regions are told in numbers.
        version: of hipspine, named on the page.
        sheet: the lines that are drawn; the more of them, the smoother the muscle. None draws those of ``field``.
        members: other fields that the data accept alike, with the lines of ``field``; they give the 90 % intervals, widened as in
            `mechanics.field_ensemble`, and say with it which postures are extrapolated.
        demand: exercises as ``hipspine demand`` gives them (name, and for each region a median, low and high share of capacity).
        plain_canvas: draw without WebGL, as a browser that has none.

    Raises:
        ModelError: a member has other lines, or a demand is no share of capacity.
    """
    sheet = sheet or field
    if any(member.names != field.names for member in members):
        raise ModelError("members of the ensemble have other lines than the field; ask for both with the same number of lines.")
    content = {
        "field": _packed(_records(field), "<f8"),
        "region_of": [list(Region).index(region) for region in field.region],
        "members": _packed(np.concatenate([_records(member) for member in members]), "<f4") if members else None,
        "sheet": _packed(_records(sheet), "<f8"),
        "sheet_lines": sheet.u.size // 2,
        "bones": _bones(),
        "bone_step_m": BONE_STEP_M,
        "hip_centre_m": HIP_CENTRE_M,
        "knee_centre_m": KNEE_CENTRE_M,
        "little_mm": LITTLE_MM,
        "full_mm": FULL_MM,
        "demand": [_demand(one) for one in demand],
        "covered": _covered(),
        "force_plain": plain_canvas,
    }
    style = _text("body_view.css")
    script = '"use strict"\n' + "".join(_text(name) for name in SCRIPTS)
    allowed = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    filled = {
        "policy": policy, "version": escape(version), "style": style, "script": script, "source": SOURCE, "little": f"{LITTLE_MM:.0f}",
        "intended": words.INTENDED_USE, "standing": escape(words.STANDING),
        "data": json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    }  # fmt: skip
    pieces = _text("body_view.html").split("{{")
    return "".join([pieces[0], *(filled[key] + rest for key, _, rest in (piece.partition("}}") for piece in pieces[1:]))]).encode()


def _covered() -> dict[str, Any]:
    """What `mechanics.field_ensemble` and `mechanics.extrapolation` go by, so that page and command mark and widen alike."""
    return {
        "measured_deg": [MEASURED_DEG[name] for name in HIP],
        "modelled_deg": [MODELLED_DEG[name] for name in HIP],
        "mixed": MIXED,
        "agreed_mm": 1e3 * AGREED_M,
        "form_mm": 1e3 * FORM_HALF_RANGE_M,
    }


def _records(field: LineField) -> Floats:
    """(line, 33) origin, polynomial, force, optimal fibre, pennation, slack, and the tract's stretch over the knee (zeros: none)."""
    forces = np.stack([field.max_force_n, field.optimal_fibre_m, field.pennation_rad, field.slack_m], axis=-1)
    there = np.array([one == TRACT for one in field.insertion])[:, None]
    knee = [np.where(there, field.knee_end_m - field.knee_centre_m, 0.0), np.where(there, field.tibia_end_m, 0.0)]
    return np.concatenate([field.origin_m, monomials(field.coefficients_m2).T, forces, *knee], axis=-1)


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def _bones() -> dict[str, dict[str, str]]:
    return {
        name: {"points": _packed(np.rint(mesh.points_m / BONE_STEP_M), "<i2"), "triangles": _packed(mesh.triangles, "<u2")}
        for name, mesh in bones().items()
    }


def _demand(one: Mapping[str, Any]) -> dict[str, Any]:
    name = one.get("name")
    if not isinstance(name, str) or not isinstance(regions := one.get("regions"), Mapping):
        raise ModelError(f"a demand needs a name and regions; found {sorted(map(str, one))}; hand over what hipspine demand --json prints.")
    return {"name": words.plain(name), "regions": {region.value: _shares(name, region, regions.get(region.value)) for region in Region}}


def _shares(name: str, region: Region, given: object) -> dict[str, float]:
    found = {key: given.get(key) for key in ("median", "low", "high")} if isinstance(given, Mapping) else {}
    numbers = {key: float(value) for key, value in found.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    if len(numbers) < 3 or not all(math.isfinite(value) and 0 <= value <= 1 for value in numbers.values()):
        raise ModelError(f"demand of {name}, {region.value}: found {given!r}; give median, low and high as shares of capacity from 0 to 1.")
    return numbers


def _text(name: str) -> str:
    return files("hipspine.report").joinpath(f"data/{name}").read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
