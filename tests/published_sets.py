"""Published muscle lines as bodies, read from the shared tables: the judges that are not shipped, for tests and for the validation page."""

import csv
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import (
    Coordinate,
    Course,
    Curve,
    Joint,
    Motion,
    MuscleLine,
    PathPoint,
    Segment,
    Shape,
    Wrap,
    WrapUse,
)
from hipspine.terms import Side

ANATOMY = Path(__file__).parents[1].parent / "shared" / "data" / "anatomy"
STRAIGHT = Curve(Course.LINEAR, (1.0, 0.0))
SEGMENTS = {"pelvis": "pelvis", "femur_r": "thigh:right", "tibia_r": "shank:right"}
AXES = {"flexion": (0.0, 0.0, 1.0), "adduction": (1.0, 0.0, 0.0), "rotation": (0.0, 1.0, 0.0)}
SHAPES = {"WrapCylinder": Shape.CYLINDER, "WrapSphere": Shape.SPHERE, "WrapEllipsoid": Shape.ELLIPSOID, "WrapTorus": Shape.TORUS}


def table(name: str, model: str = "") -> dict[str, list[dict[str, str]]]:
    """Rows of one table by line, those of models whose name begins with ``model``."""
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    with open(ANATOMY / name, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["model"].startswith(model):
                lines[row["muscle"]].append(row)
    return {muscle: sorted(rows, key=lambda row: int(row["point"])) for muscle, rows in lines.items()}


def hip_body(name: str, model: str = "", groups: tuple[str, ...] = ()) -> BodyModel:
    """The right hip of a published set: pelvis, femur and shin, with the knee as a hinge where its table puts the shin.

    Lines whose points lie elsewhere (patella, torso) are left out, and so are points that come and go.
    """
    lines = {
        muscle: rows
        for muscle, rows in table(name, model).items()
        if {row["body"] for row in rows} <= set(SEGMENTS)
        and sum(row["point_type"] == "PathPoint" for row in rows) > 1
        and (not groups or rows[0]["group"] in groups)
    }
    offset: dict[str, Any] = {"pelvis": np.zeros(3)}
    for rows in lines.values():
        for row in rows:
            offset.setdefault(row["body"], _offset(row))
    pelvis = next(_offset(row) for rows in lines.values() for row in rows if row["body"] == "pelvis")
    hip = offset["femur_r"] - pelvis
    knee = offset.get("tibia_r", offset["femur_r"] + [0.0, -0.4, 0.0]) - offset["femur_r"]
    wraps, uses = _wraps(lines)
    return BodyModel(
        name=f"{name} {model}".strip(),
        segments=tuple(Segment(one, 1.0, (0.0, 0.0, 0.0), (0.1, 0.1, 0.1, 0.0, 0.0, 0.0)) for one in SEGMENTS.values()),
        joints=(
            Joint("root", "ground", "pelvis", ()),
            Joint("hip", "pelvis", "thigh:right", tuple(Motion(AXES[k], STRAIGHT, f"hip_{k}:right", True) for k in AXES), tuple(hip)),
            Joint("knee", "thigh:right", "shank:right", (Motion((0.0, 0.0, -1.0), STRAIGHT, "knee_flexion:right", True),), tuple(knee)),
        ),
        coordinates=(*(Coordinate(f"hip_{k}:right", -math.pi, math.pi) for k in AXES), Coordinate("knee_flexion:right", -0.2, 2.6)),
        lines=tuple(_line(muscle, rows, uses.get(muscle, ())) for muscle, rows in lines.items()),
        wraps=wraps,
        fields=(),
    )


def _offset(row: dict[str, str]) -> Any:
    here, there = ([float(row[key.format(axis)]) for axis in "xyz"] for key in ("{}_m", "ground_{}_neutral"))
    return np.subtract(there, here)


def _line(muscle: str, rows: list[dict[str, str]], uses: tuple[WrapUse, ...]) -> MuscleLine:
    first = rows[0]
    points = [row for row in rows if row["point_type"] == "PathPoint"]
    return MuscleLine(
        muscle,
        first["group"],
        Side.RIGHT,
        tuple(PathPoint(SEGMENTS[row["body"]], (float(row["x_m"]), float(row["y_m"]), float(row["z_m"]))) for row in points),
        float(first["Fmax_N"]),
        float(first["opt_fibre_length_m"]),
        float(first["tendon_slack_m"]),
        math.radians(float(first["pennation_deg"])),
        uses,
        first["model"],
        first["licence"],
    )


def _wraps(lines: dict[str, list[dict[str, str]]]) -> tuple[tuple[Wrap, ...], dict[str, tuple[WrapUse, ...]]]:
    wraps: dict[str, Wrap] = {}
    uses: dict[str, tuple[WrapUse, ...]] = {}
    for muscle, rows in lines.items():
        for wrap in json.loads(rows[0]["wraps_json"] or "[]"):
            name = f"{wrap['name']}@{wrap['body']}"
            size = [float(word) for word in wrap["dims"].split() if word[0].isdigit()]
            wraps[name] = Wrap(
                name, SHAPES[wrap["type"]], SEGMENTS[wrap["body"]], tuple(wrap["translation"]), tuple(wrap["xyz_body_rotation"]),
                tuple((*size, 0.0, 0.0)[:3]), wrap["quadrant"].removeprefix("+"),
            )  # fmt: skip
            first, last = (None if end < 0 else int(end) for end in wrap["range"])
            uses[muscle] = (*uses.get(muscle, ()), WrapUse(name, first, last, wrap["method"]))
    return tuple(wraps.values()), uses


def bands() -> dict[str, Any]:
    """Blemker & Delp 2005: plane -> (angle [deg], lower edge, upper edge [mm])."""
    edges: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with open(ANATOMY / "blemker2005_glmax_moment_arm_bands.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            edges[row["angle_type"], row["bound_type"]].append((float(row["angle_deg"]), 10 * float(row["moment_arm_cm"])))
    found = {}
    for plane in ("hip_flexion", "hip_adduction", "hip_rotation"):
        one, two = (np.array(sorted(edges[plane, bound])) for bound in ("lower", "upper"))
        found[plane] = (one[:, 0], np.minimum(one[:, 1], two[:, 1]), np.maximum(one[:, 1], two[:, 1]))
    return found


def nemeth() -> Any:
    """Nemeth & Ohlsen 1985: (91, 2) hip flexion [deg] and extension arm of the whole muscle [mm]."""
    with open(ANATOMY / "nemeth_ohlsen1985_glmax_flexion.csv", encoding="utf-8") as file:
        return np.array([(float(r["hip_flexion_deg"]), float(r["glmax_extension_moment_arm_mm"])) for r in csv.DictReader(file)])
