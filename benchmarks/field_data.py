"""Published values for gluteus maximus, and the lines of published models in any posture of the hip (closed form, NumPy).

Reads the tables of ``../shared/data/anatomy`` (or another folder with ``--data``). Metres and radians inside.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hipspine.mechanics.arms import rotations
from hipspine.terms import Floats

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "anatomy"
HIP = np.array([-0.056276, -0.07849, 0.07726])  # hip centre in the pelvis of Davis 2026
PLANES = ("hip_flexion", "hip_adduction", "hip_rotation")
BOX_DEG = np.array([[-30.0, 130.0], [-50.0, 40.0], [-50.0, 50.0]])
EVERYDAY_DEG = np.array([[-30.0, 120.0], [-50.0, 30.0], [-40.0, 40.0]])  # joint limits of the Rajagopal model


@dataclass(frozen=True)
class Band:
    """Edges of the arms of all fibres along one axis, the other two angles 0 (Blemker & Delp 2005, digitised)."""

    axis: int
    angle: Floats  # [rad]
    low: Floats  # [m]
    high: Floats

    def postures(self, number: int) -> tuple[Floats, Floats, Floats]:
        """(number, 3) angles over the whole digitised range, and both edges there."""
        grid = np.linspace(self.angle[0], self.angle[-1], number)
        angles = np.zeros((number, 3))
        angles[:, self.axis] = grid
        return angles, np.interp(grid, self.angle, self.low), np.interp(grid, self.angle, self.high)


@dataclass(frozen=True)
class PublicLine:
    """One published line: the part between pelvis and femur, straight or over one cylinder on the pelvis."""

    name: str
    pelvis: Floats  # last point on the pelvis
    femur: Floats  # first point on the femur
    hip: Floats  # hip centre in the pelvis
    force: float
    optimal: float
    centre: Floats | None
    turn: Floats  # cylinder axes (columns) in the pelvis
    radius: float
    sided: float  # -1, +1: the side (x of the cylinder) on which the line has to pass; 0: any
    neutral_norm: float  # normalised fibre length in neutral, straight between all points
    first: Floats  # first point on the pelvis: the bone

    def at(self, angles: Floats) -> tuple[Floats, Floats, Floats]:
        """(posture,) length of the moving part, (posture, 3) arms, (posture, 3) moment of a unit pull about the hip."""
        rotation, axes = rotations(angles)
        seen = rotation @ self.femur
        start = np.broadcast_to(self.pelvis - self.hip, seen.shape)
        length = np.linalg.norm(start - seen, axis=1)
        target = start.copy()
        if self.centre is not None:
            wraps, wrapped, touch = self._over_cylinder(seen)
            length[wraps], target[wraps] = wrapped[wraps], touch[wraps]
        pull = target - seen
        moment = np.cross(seen, pull / np.linalg.norm(pull, axis=1)[:, None])
        return length, np.einsum("qi,qki->qk", moment, axes), moment

    def _over_cylinder(self, seen: Floats) -> tuple[NDArray[np.bool_], Floats, Floats]:
        """Whether each path wraps, its length, and where it leaves the cylinder towards the femur (from the hip)."""
        centre = np.asarray(self.centre) - self.hip
        a, b, r = (self.pelvis - self.hip - centre) @ self.turn, (seen - centre) @ self.turn, self.radius
        run = b[:, :2] - a[:2]
        along = -(run @ a[:2]) / np.einsum("qi,qi->q", run, run)
        near = a[:2] + along[:, None] * run
        hit = (np.einsum("qi,qi->q", near, near) < r * r) & (along > 0) & (along < 1)
        far_a, far_b = float(np.hypot(a[0], a[1])), np.hypot(b[:, 0], b[:, 1])
        outside = (far_a > r) & (far_b > r)
        safe = np.maximum(far_b, r)
        lift = np.sqrt(max(far_a**2 - r * r, 0.0)), np.sqrt(safe**2 - r * r)
        arcs, leaves = [], []
        for side in (1.0, -1.0):
            begin = np.arctan2(a[1], a[0]) + side * np.arccos(min(1.0, r / far_a))
            end = np.arctan2(b[:, 1], b[:, 0]) - side * np.arccos(r / safe)
            arcs.append((side * (end - begin)) % (2 * np.pi))
            leaves.append((begin, end))
        if self.sided:
            beyond = ((a[0] * self.sided < 0) | (b[:, 0] * self.sided < 0)) & (near[:, 0] * self.sided < 0)
            right = [np.cos(leaves[k][0] + s * arcs[k] / 2) * self.sided > 0 for k, s in ((0, 1.0), (1, -1.0))]
            wraps = (hit | beyond) & (right[0] | right[1])
            left = ~right[0] | (right[1] & (arcs[1] < arcs[0]))
        else:
            wraps, left = hit, a[0] * run[:, 1] - a[1] * run[:, 0] <= 0
        arc = np.where(left, arcs[1], arcs[0])
        arc[arc > 1.9 * np.pi] = 0.0
        end = np.where(left, leaves[1][1], leaves[0][1])
        flat = lift[0] + lift[1] + r * arc
        height = a[2] + (b[:, 2] - a[2]) * (lift[0] + r * arc) / flat
        touch = centre + np.stack([r * np.cos(end), r * np.sin(end), height], axis=1) @ self.turn.T
        return wraps & outside, np.hypot(flat, b[:, 2] - a[2]), touch


def bands(data: Path = DATA) -> tuple[Band, ...]:
    """Flexion, adduction, rotation; which of the two digitised curves is the lower one changes along the way."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in _rows(data / "blemker2005_glmax_moment_arm_bands.csv"):
        found.setdefault((row["angle_type"], row["bound_type"]), []).append((float(row["angle_deg"]), float(row["moment_arm_cm"]) * 1e-2))
    out = []
    for axis, plane in enumerate(PLANES):
        one, two = (np.array(sorted(found[plane, edge])) for edge in ("lower", "upper"))
        out.append(Band(axis, np.radians(one[:, 0]), np.minimum(one[:, 1], two[:, 1]), np.maximum(one[:, 1], two[:, 1])))
    return tuple(out)


def nemeth(data: Path = DATA) -> Floats:
    """(91, 2) flexion [deg] and extension arm of the whole muscle [m] (Nemeth & Ohlsen 1985)."""
    rows = _rows(data / "nemeth_ohlsen1985_glmax_flexion.csv")
    return np.array([(float(row["hip_flexion_deg"]), float(row["glmax_extension_moment_arm_mm"]) * 1e-3) for row in rows])


def tract_bands(data: Path = DATA) -> dict[tuple[str, str], tuple[Floats, Floats, Floats]]:
    """(tract, angle) -> angle [rad], low, high [m]: cadaver bands of Eng and others 2015, gluteus maximus 1 (upper) to 4."""
    found: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in _rows(data / "eng2015_itb_moment_arm_bands.csv"):
        key = (row["muscle"], row["angle_type"], row["bound_type"])
        found.setdefault(key, []).append((float(row["angle_deg"]), float(row["moment_arm_cm"]) * 1e-2))
    out = {}
    for muscle, angle, edge in found:
        if edge == "lower" and muscle.startswith("gmax"):
            one, two = (np.array(sorted(found[muscle, angle, side])) for side in ("lower", "upper"))
            out[muscle, angle] = (np.radians(one[:, 0]), np.minimum(one[:, 1], two[:, 1]), np.maximum(one[:, 1], two[:, 1]))
    return out


def public_lines(model: str, data: Path = DATA) -> tuple[PublicLine, ...]:
    """Lines of the model whose name begins so: RajagopalLai, gait2392, Davis2026."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in _rows(data / "glmax_lines.csv"):
        if row["model"].startswith(model):
            found.setdefault(row["muscle"], []).append(row)
    return tuple(_line(name, sorted(rows, key=lambda row: int(row["point"]))) for name, rows in found.items())


def box(number: int, degrees: Floats, rng: np.random.Generator) -> Floats:
    """(number, 3) random angles [rad] within limits [deg]."""
    low, high = np.radians(degrees).T
    return np.asarray(low + (high - low) * rng.random((number, 3)))


def _line(name: str, rows: list[dict[str, str]]) -> PublicLine:
    point = [np.array([float(row[f"{c}_m"]) for c in "xyz"]) for row in rows]
    ground = [np.array([float(row[f"ground_{c}_neutral"]) for c in "xyz"]) for row in rows]
    pelvis = max(k for k, row in enumerate(rows) if row["body"] == "pelvis")
    femur = min(k for k, row in enumerate(rows) if row["body"].startswith("femur"))
    wrap = json.loads(rows[0]["wraps_json"])[0] if rows[0]["wraps_json"] else None
    optimal, slack = float(rows[0]["opt_fibre_length_m"]), float(rows[0]["tendon_slack_m"])
    straight = sum(float(np.linalg.norm(b - a)) for a, b in pairwise(ground))
    height = optimal * np.sin(np.radians(float(rows[0]["pennation_deg"])))
    return PublicLine(
        name=name,
        pelvis=point[pelvis],
        femur=point[femur],
        hip=(ground[femur] - point[femur]) - (ground[pelvis] - point[pelvis]),
        force=float(rows[0]["Fmax_N"]),
        optimal=optimal,
        centre=None if wrap is None else np.array(wrap["translation"]),
        turn=np.eye(3) if wrap is None else _fixed_xyz(wrap["xyz_body_rotation"]),
        radius=0.0 if wrap is None else float(wrap["dims"].split()[1]),
        sided=-1.0 if wrap is not None and wrap["quadrant"] == "-x" else 0.0,
        neutral_norm=float(np.hypot(straight - slack, height) / optimal),
        first=point[0],
    )


def _fixed_xyz(angles: Iterable[float]) -> Floats:
    (cx, cy, cz), (sx, sy, sz) = np.cos(list(angles)), np.sin(list(angles))
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(x @ y @ z)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tract_ends(data: Path = DATA) -> list[tuple[float, Floats, Floats]]:
    """Place across the sheet, last femur point and shin point of the two tract lines of Davis 2026 (each in its own segment)."""
    found: dict[str, dict[str, Floats]] = {}
    for row in _rows(data / "glmax_lines.csv"):
        if row["model"].startswith("Davis2026") and "ITB" in row["muscle"]:
            found.setdefault(row["muscle"], {})[row["body"][:5]] = np.array([float(row[f"{c}_m"]) for c in "xyz"])  # the last one stays
    return [(place, ends["femur"], ends["tibia"]) for place, ends in zip((1 / 6, 5 / 6), found.values(), strict=True)]
