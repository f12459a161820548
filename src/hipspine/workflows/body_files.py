"""A body from an OpenSim file: what it holds, and lengths and moment arms of its lines in postures that are asked for."""

import math
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from hipspine import __version__
from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine
from hipspine.errors import FormatError, InputError
from hipspine.formats.osim import read_osim
from hipspine.formats.osim.values import listed as some_of
from hipspine.mechanics.fibre import Fibre, fibre
from hipspine.mechanics.hip_regions import PLANES, HipRegions, hip_regions
from hipspine.mechanics.paths import Paths, compiled, lengths_and_arms
from hipspine.terms import Floats, Region, Side

MM = 1e3
MOST_POSTURES = 10_000
MOST_LINES = 1_000_000  # of all postures together; 1.4 GB of answer
MOST_ARMS = 50_000_000  # of all lines in all postures
_UNITS = {"deg": (math.radians(1), False), "rad": (1.0, False), "m": (1.0, True), "mm": (1e-3, True)}  # factor, is a length
_SLACK = 1e-9  # of a limit, for values that were rounded

Crossed = list[tuple[int, str]]


def osim_document(
    path: str | Path, *, coordinates: Sequence[str] = (), muscle: str = "*", progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """What `hipspine body --osim FILE` answers: bodies, joints, coordinates, muscles, and lengths and arms in each posture.

    An arm stands in ``arms_mm`` of a line where the line crosses the coordinate's joint; where none stands, there is none. ``hips`` answers
    for the three planes of each hip and the regions of gluteus maximus, in our signs.

    Args:
        path: an OpenSim model.
        coordinates: ``NAME=VALUE`` or ``NAME=VALUE,VALUE,...`` in degrees or metres, or with the unit in the name, ``NAME_rad=0.5``;
            lists of one length, single values are repeated. What is not named stands at the file's default.
        muscle: which muscles to show: a name, a part of one, or a pattern such as ``glmax*``; muscles of our lexicon too.
        progress: told the share that is read, 0-1.

    Raises:
        FormatError: the file is no model that can be read, or a muscle has no finite length.
        InputError: a coordinate or value that the body does not have, or no muscle of that name.
    """
    body = read_osim(path, progress)
    shown = _shown(body, muscle)
    values = coordinate_postures(body, coordinates)
    hips, without = [], []
    for side in Side:
        hip, why = hip_regions(body, side)
        hips.extend([hip] if hip else [])
        without.extend([] if hip else [f"{side.value} hip: {why}."])
    wanted = {line.name for line in shown} | {name for hip in hips for name in hip.lines}
    lines = [line for line in body.lines if line.name in wanted]
    _require_bearable(len(values), len(lines), len(body.coordinates))
    paths = compiled(body, lines=[line.name for line in lines], like_opensim=True) if lines else None
    postures = [_posture(body, row) for row in values]
    if paths is not None:
        lengths, arms = lengths_and_arms(paths, values)
        _require_lengths(body, paths, lengths, arms)
        state = _fibres(lines, lengths)
        crossed = _crossed(body, paths, arms)
        places = {name: at for at, name in enumerate(paths.lines)}
        for k, posture in enumerate(postures):
            posture["lines"] = [_line(paths, crossed[places[line.name]], lengths, arms, state, k, places[line.name]) for line in shown]
            posture["hips"] = [_hip(hip, paths, lengths, arms, state, lines, values[k], body, k) for hip in hips]
    return {
        "model": body.name,
        "file": body.about["file"],
        "sha256": body.about["sha256"],
        "osim_version": int(body.about["version"]),
        "bodies": [
            {"name": s.name, "mass_kg": s.mass_kg, "mass_centre_m": list(s.mass_centre_m), "inertia_kg_m2": list(s.inertia_kg_m2)}
            for s in body.segments
        ],
        "joints": [_joint(joint) for joint in body.joints],
        "coordinates": [_coordinate(one) for one in body.coordinates],
        "muscles": [_muscle(line) for line in shown],
        "postures": postures,
        "left_out": [*body.left_out, *without],
        "claim": "geometry",
        "signs": "coordinates keep the file's; arms are minus the derivative of the length; hips: + flexion, adduction, internal rotation",
        "sources": [text for key in ("credits", "publications") if (text := body.about.get(key))],
        "version": __version__,
    }


def coordinate_postures(body: BodyModel, given: Sequence[str]) -> Floats:
    """(posture, coordinate) values [rad or m] of assignments as they are typed; what is not named stands at its default.

    Raises:
        InputError: no such coordinate, one that is locked or follows another, no number, a value outside the file's range, or lists of
            different lengths.
    """
    named: dict[str, Floats] = {}
    for text in given:
        coordinate, values = _assigned(body, text)
        if coordinate.name in named:
            raise InputError(f"--coordinate: {coordinate.name} is given twice; give all its values in one list, such as 0,30,60.")
        named[coordinate.name] = values
    sizes = {values.size for values in named.values()} - {1}
    if len(sizes) > 1:
        said = ", ".join(f"{name} has {values.size}" for name, values in named.items())
        raise InputError(f"--coordinate: different numbers of values ({said}); give lists of one length, or one value each.")
    size = sizes.pop() if sizes else 1
    if size > MOST_POSTURES:
        raise InputError(f"--coordinate: {size} postures; give at most {MOST_POSTURES} at once.")
    rows = np.array([[one.default for one in body.coordinates]] * size, dtype=np.float64).reshape(size, len(body.coordinates))
    for k, one in enumerate(body.coordinates):
        if one.name in named:
            rows[:, k] = named[one.name]
    return rows


def _assigned(body: BodyModel, text: str) -> tuple[Coordinate, Floats]:
    name, equals, listed = (part.strip() for part in text.partition("="))
    by_name = {one.name: one for one in body.coordinates}
    stem, _, unit = name.rpartition("_")
    found = by_name.get(name) or (by_name.get(stem) if unit in _UNITS else None)
    if not equals or not name:
        raise InputError(f"--coordinate: {text[:40]!r} is no assignment; give NAME=VALUE, such as hip_flexion_r=30.")
    if found is None:
        near = [one for one in by_name if name.split("_")[0] in one] or list(by_name)
        raise InputError(f"--coordinate: the body has no coordinate {name[:40]!r}; it has {some_of(near, 8)}.")
    factor, is_length = _UNITS[unit] if found.name != name else _UNITS["m" if found.is_length else "deg"]
    if is_length is not found.is_length:
        raise InputError(f"--coordinate: {found.name} is {'a length' if found.is_length else 'an angle'}; {unit} is not its unit.")
    if found.follows is not None:
        raise InputError(f"--coordinate: {found.name} follows {found.follows[0]}; give that one.")
    try:
        values = np.array([float(part) for part in listed.split(",")]) * factor
    except ValueError:
        raise InputError(f"--coordinate: {name}={listed[:40]!r} is no number or list of numbers; give one such as 30 or 0,30,60.") from None
    _require_reachable(found, values)
    return found, values


def _require_reachable(one: Coordinate, values: Floats) -> None:
    factor, unit = (1.0, "m") if one.is_length else (math.degrees(1), "deg")
    low, high = (one.default, one.default) if one.locked else (one.low, one.high)
    outside = ~((values >= low - _SLACK) & (values <= high + _SLACK))
    if outside.any():
        allowed = f"locks it at {low * factor:g}" if one.locked else f"allows {low * factor:g} to {high * factor:g}"
        raise InputError(f"--coordinate: {one.name} is {values[outside][0] * factor:g} {unit}; the file {allowed} {unit}.")


def _shown(body: BodyModel, pattern: str) -> list[MuscleLine]:
    wanted = pattern.strip().lower()
    whole = any(sign in wanted for sign in "*?[")
    shown = [
        line
        for line in body.lines
        if (
            fnmatchcase(line.name.lower(), wanted) or fnmatchcase(line.muscle, wanted)
            if whole
            else wanted in line.name.lower() or wanted == line.muscle
        )
    ]
    if not shown and not (wanted == "*" and not body.lines):
        some = some_of([line.name for line in body.lines], 6)
        raise InputError(f"--muscle: no muscle fits {pattern[:40]!r}; the body has {some or 'none'}.")
    return shown


def _require_bearable(postures: int, lines: int, coordinates: int) -> None:
    most = min(MOST_LINES // max(lines, 1), MOST_ARMS // max(lines * coordinates, 1))
    if postures > most:
        raise InputError(
            f"--coordinate: {postures} postures of {lines} muscles with {coordinates} coordinates; give at most {most} postures at once, "
            "or name fewer muscles with --muscle."
        )


def _require_lengths(body: BodyModel, paths: Paths, lengths: Floats, arms: Floats) -> None:
    bad = ~(np.isfinite(lengths) & np.isfinite(arms).all(axis=2)).all(axis=0)
    if bad.any():
        name = paths.lines[int(np.flatnonzero(bad)[0])]
        said = f"muscle {name!r} has no finite length in a posture; check the curves and sizes it depends on."
        raise FormatError(f"{body.about['file']}: {said}")


def _fibres(lines: Sequence[MuscleLine], lengths: Floats) -> Fibre:
    with np.errstate(over="ignore"):  # passive force of fibres that a file stretches beyond all measure; it is not shown
        return fibre(
            lengths,
            optimal_fibre_m=[line.optimal_fibre_m for line in lines],
            slack_m=[line.tendon_slack_m for line in lines],
            pennation_rad=[line.pennation_rad for line in lines],
            max_force_n=[line.max_force_n for line in lines],
        )


def _posture(body: BodyModel, row: Floats) -> dict[str, Any]:
    free = [(one, value) for one, value in zip(body.coordinates, row, strict=True) if one.follows is None]
    return {"coordinates": {one.name: float(_at_door(one, value)) for one, value in free}, "lines": [], "hips": []}


def _crossed(body: BodyModel, paths: Paths, arms: Floats) -> list[tuple[Crossed, Crossed]]:
    """(line,) the angles, and the shifts, by which its length changes in any of the postures: where each stands and its name."""
    turns = {one.name for one in body.coordinates if not one.is_length}
    places = [[(int(k), paths.about[k]) for k in np.flatnonzero(row)] for row in np.any(arms, axis=0)]
    return [([one for one in row if one[1] in turns], [one for one in row if one[1] not in turns]) for row in places]


def _line(
    paths: Paths, crossed: tuple[Crossed, Crossed], lengths: Floats, arms: Floats, state: Fibre, posture: int, at: int
) -> dict[str, Any]:
    turns, shifts = crossed
    return {
        "name": paths.lines[at],
        "length_mm": float(lengths[posture, at] * MM),
        "arms_mm": {name: float(arms[posture, at, k] * MM) for k, name in turns},
        "shortening_per_shift": {name: float(arms[posture, at, k]) for k, name in shifts},
        "length_norm": float(state.norm[posture, at]),
        "capacity_n": float(state.active_n[posture, at]),
    }


def _hip(
    hip: HipRegions,
    paths: Paths,
    lengths: Floats,
    arms: Floats,
    state: Fibre,
    lines: Sequence[MuscleLine],
    row: Floats,
    body: BodyModel,
    k: int,
) -> dict[str, Any]:
    names = [one.name for one in body.coordinates]
    angles = {f"hip_{plane}_deg": math.degrees(sign * row[names.index(name)]) for plane, (name, sign) in hip.planes.items()}
    places = [paths.lines.index(name) for name in hip.lines]
    signed = np.array([[sign * arms[k, at, paths.about.index(name)] for name, sign in hip.planes.values()] for at in places])
    force = np.array([line.max_force_n for line in lines])[places]
    each = [
        {
            "name": name,
            "region": region.value,
            "insertion": insertion,
            **{f"{plane}_mm": float(arm * MM) for plane, arm in zip(PLANES, row_of, strict=True)},
            "length_mm": float(lengths[k, at] * MM),
            "length_norm": float(state.norm[k, at]),
            "capacity_n": float(state.active_n[k, at]),
        }
        for name, region, insertion, at, row_of in zip(hip.lines, hip.region, hip.insertion, places, signed, strict=True)
    ]
    regions: dict[str, Any] = {}
    for region in Region:
        mine = np.array([one is region for one in hip.region])
        if mine.any():
            weight = force[mine] / force[mine].sum()
            norm, newtons = state.norm[k, places][mine], state.active_n[k, places][mine]
            regions[region.value] = {
                **{f"{plane}_mm": float(weight @ signed[mine, axis] * MM) for axis, plane in enumerate(PLANES)},
                "length_norm": float(weight @ norm),
                "capacity_n": float(newtons.sum()),
            }
    planes = {plane: {"coordinate": name, "sign": sign} for plane, (name, sign) in hip.planes.items()}
    return {
        "side": hip.side.value,
        "joint": hip.joint,
        "planes": planes,
        "order": list(hip.order),
        **angles,
        "regions": regions,
        "lines": each,
    }


def _at_door(one: Coordinate, value: float) -> float:
    return value if one.is_length else math.degrees(value)


def _joint(joint: Joint) -> dict[str, Any]:
    names = list(dict.fromkeys(motion.coordinate for motion in joint.motions if motion.coordinate))
    return {"name": joint.name, "parent": joint.parent, "child": joint.child, "coordinates": names}


def _coordinate(one: Coordinate) -> dict[str, Any]:
    return {
        "name": one.name,
        "low": _at_door(one, one.low),
        "high": _at_door(one, one.high),
        "default": _at_door(one, one.default),
        "unit": "m" if one.is_length else "deg",
        "locked": one.locked,
        "follows": one.follows[0] if one.follows else "",
    }


def _muscle(line: MuscleLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "muscle": line.muscle,
        "side": line.side.value if line.side else "",
        "max_force_n": line.max_force_n,
        "optimal_fibre_m": line.optimal_fibre_m,
        "tendon_slack_m": line.tendon_slack_m,
        "pennation_deg": math.degrees(line.pennation_rad),
        "points": len(line.points),
        "wraps": [use.wrap for use in line.wraps],
    }
