"""What gluteus maximus does in a posture, region by region and line by line: the documents behind `hipspine body`."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hipspine import __version__
from hipspine.anatomy.gluteus_maximus import LINES, LineField, gluteus_maximus
from hipspine.errors import ModelError
from hipspine.mechanics.arms import MomentArms, capacity, fibre_length, moment_arms, regional
from hipspine.mechanics.extrapolation import extrapolated
from hipspine.mechanics.field_ensemble import RegionalRange, ensemble_arms
from hipspine.mechanics.posture import HIP, KNEE, Posture
from hipspine.terms import Floats, Region, Side

POSTURES: Mapping[str, Mapping[str, ArrayLike]] = {
    "standing": {},
    "leg behind the body, 10 deg": {"hip_flexion_deg": -10},
    "sitting": {"hip_flexion_deg": 90, "knee_flexion_deg": 90},
    "bottom of a deep squat": {"hip_flexion_deg": 115, "hip_adduction_deg": -15, "knee_flexion_deg": 120},
    "clam, knees apart": {"hip_flexion_deg": 45, "hip_adduction_deg": -25, "hip_rotation_deg": -20, "knee_flexion_deg": 90},
    "leg lift lying on the side": {"hip_adduction_deg": -30},
    "bottom of a Romanian deadlift": {"hip_flexion_deg": 80, "knee_flexion_deg": 15},
}
"""Postures that `hipspine body functions` shows when none is asked for; their angles are ours."""

PLANES = (
    ("flexion", "hip_flexion", "flexes", "extends"),
    ("adduction", "hip_adduction", "adducts", "abducts"),
    ("rotation", "hip_rotation", "turns in", "turns out"),
)
SOURCES = ("blemker2005", "nemeth1985", "delp1999", "davis2026")
MM = 1e3
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)  # neither 1_0 nor inf, which Python reads too


def arms_document(posture: Posture, *, lines: int = LINES, side: str = Side.RIGHT, member: int | None = None) -> dict[str, Any]:
    """Moment arms, normalised length and capacity of each region and line in each posture, with the range of all fields that fit.

    Raises:
        ModelError: an angle that no hip can reach, or a number of lines that the field does not give.
    """
    field = gluteus_maximus(lines=lines, member=member, side=Side(side))
    seen, beyond = _seen(field, posture), extrapolated(posture)
    lines_of = [{"name": name, "region": region.value, "insertion": insertion}
                for name, region, insertion in zip(field.names, field.region, field.insertion, strict=True)]  # fmt: skip
    return {
        "model": _model(field),
        "postures": [
            {
                **_angles(posture, place),
                "extrapolated": bool(beyond[place]),
                "regions": {region.value: _region(seen, region, place) for region in Region},
                "lines": [{**line, **_line(seen, place, number)} for number, line in enumerate(lines_of)],
            }
            for place in range(posture.size)
        ],
        **_about(),
    }


def functions_document(named: Mapping[str, Posture] | None = None, *, side: str = Side.RIGHT) -> dict[str, Any]:
    """What each region does in the three planes of some postures, in words and numbers; well-known postures unless others are given.

    A function is said only where 90 % of the fields that fit the data agree on its sign; otherwise its words say that it is open.
    """
    named = {name: Posture.of(**angles) for name, angles in POSTURES.items()} if named is None else named
    field = gluteus_maximus(side=Side(side))
    rest = _seen(field, Posture.of()).region_norm[0]
    found = []
    for name, posture in named.items():
        seen, beyond = _seen(field, posture), extrapolated(posture)
        for place in range(posture.size):
            regions = {}
            for at, region in enumerate(Region):
                one = _region(seen, region, place)
                lengthening = one["length_norm"] - float(rest[at])
                functions = [_function(one, plane) for plane in PLANES]
                regions[region.value] = {
                    **one,
                    "lengthening": lengthening,
                    "functions": functions,
                    "sentence": _sentence(region, functions, one, lengthening),
                }
            found.append({"name": name, **_angles(posture, place), "extrapolated": bool(beyond[place]), "regions": regions})
    return {"model": _model(field), "postures": found, **_about()}


def postures_of(**angles: str | None) -> Posture:
    """Postures from comma lists as they are typed, such as ``hip_flexion_deg="0,90"``; one value is used for all.

    Raises:
        ModelError: a list that holds something else than numbers.
    """
    read: dict[str, list[float]] = {}
    for name, text in angles.items():
        if text is None:
            continue
        option = "--" + name.replace("_", "-")
        parts = [part.strip() for part in text.split(",")]
        wrong = next((part for part in parts if not _NUMBER.fullmatch(part)), None)
        if wrong is not None:
            raise ModelError(f"{option}: {wrong[:40]!r} is no angle; give one or several with commas, such as 0,45,90.")
        read[name] = [float(part) for part in parts]
    return Posture.of(**read)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """All numbers of a field in some postures, so that ten thousand postures are counted together."""

    arms: MomentArms
    norm: Floats  # (posture, line) normalised fibre length
    newtons: Floats  # (posture, line) capacity
    region_m: Floats  # (posture, region, axis) arms, weighted by force
    region_norm: Floats  # (posture, region)
    region_n: Floats  # (posture, region)
    ranges: RegionalRange


def _seen(field: LineField, posture: Posture) -> _Seen:
    arms = moment_arms(field, posture)
    norm, newtons = fibre_length(field, arms.length_m), capacity(field, arms.length_m)
    return _Seen(
        arms=arms,
        norm=norm,
        newtons=newtons,
        region_m=np.stack([regional(field, arms.m, region) for region in Region], axis=1),
        region_norm=np.stack([regional(field, norm, region) for region in Region], axis=1),
        region_n=np.stack([newtons[:, field.of_region(region)].sum(axis=1) for region in Region], axis=1),
        ranges=ensemble_arms(posture),
    )


def _region(seen: _Seen, region: Region, place: int) -> dict[str, Any]:
    at = list(Region).index(region)
    return {
        **{f"{plane}_mm": float(seen.region_m[place, at, axis] * MM) for axis, (plane, *_) in enumerate(PLANES)},
        "length_norm": float(seen.region_norm[place, at]),
        "capacity_n": float(seen.region_n[place, at]),
        "range_90": {
            f"{plane}_mm": [float(seen.ranges.low_m[place, at, axis] * MM), float(seen.ranges.high_m[place, at, axis] * MM)]
            for axis, (plane, *_) in enumerate(PLANES)
        },
    }


def _line(seen: _Seen, place: int, number: int) -> dict[str, float]:
    return {
        **{f"{plane}_mm": float(seen.arms.m[place, number, axis] * MM) for axis, (plane, *_) in enumerate(PLANES)},
        "knee_flexion_mm": float(seen.arms.knee_m[place, number] * MM),
        "length_mm": float(seen.arms.length_m[place, number] * MM),
        "length_norm": float(seen.norm[place, number]),
        "capacity_n": float(seen.newtons[place, number]),
    }


def _function(region: Mapping[str, Any], plane: tuple[str, str, str, str]) -> dict[str, Any]:
    name, _, positive, negative = plane
    arm, (low, high) = region[f"{name}_mm"], region["range_90"][f"{name}_mm"]
    settled = low > 0 or high < 0
    return {
        "plane": name,
        "arm_mm": arm,
        "low_mm": low,
        "high_mm": high,
        "moment_nm": arm / MM * region["capacity_n"],
        "does": (positive if arm > 0 else negative) if settled else None,
        "words": f"{positive if arm > 0 else negative} {abs(arm):.0f} mm" if settled else f"{name}: open ({low:.0f} to {high:.0f} mm)",
    }


def _sentence(region: Region, functions: Sequence[Mapping[str, Any]], one: Mapping[str, Any], lengthening: float) -> str:
    does = ", ".join(function["words"] for function in sorted(functions, key=lambda f: -abs(f["arm_mm"])))
    percent = round(100 * lengthening)
    stretch = f"{abs(percent)} % {'longer' if percent > 0 else 'shorter'} than when standing" if percent else "as long as when standing"
    return f"The {region.value} region: {does}; fibres {stretch}, capacity {one['capacity_n']:.0f} N."


def _angles(posture: Posture, place: int) -> dict[str, float]:
    """The angles as they were asked for: the way to radians and back would make 60 into 59.99999999999999."""
    return {f"{name}_deg": round(float(np.degrees(posture[name][place])), 10) for name in (*HIP, KNEE)}


def _model(field: LineField) -> dict[str, Any]:
    table = resources.files("hipspine.anatomy").joinpath("data", "gluteus_maximus.json").read_bytes()
    return {"name": field.name, "side": field.side.value, "member": field.member, "sha256": hashlib.sha256(table).hexdigest()}


def _about() -> dict[str, Any]:
    return {
        "signs": "+ flexion, adduction, internal rotation; femur in pelvis = Rz(flexion) Rx(adduction) Ry(rotation)",
        "claim": "geometry",
        "sources": list(SOURCES),
        "version": __version__,
    }
