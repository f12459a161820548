"""Reading an exercise from its TOML file; whatever is wrong is said in one sentence each.

The format has its page in the documentation (exercise_files). Angles are in degrees, for the right side as the working side.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.exercises.conditions import HANDS
from hipspine.exercises.exercise import (
    FLOOR,
    Base,
    Contact,
    Dosing,
    EmgKey,
    Evidence,
    Exercise,
    LoadKind,
    LoadSpec,
    Pose,
    Sides,
    Surface,
)
from hipspine.exercises.fields import Fields, nearest
from hipspine.exercises.places import CARRIED, PLACES, SIDED
from hipspine.exercises.vocabulary import CONTRA_TAGS, EQUIPMENT, SPACES, WRITTEN_TAGS
from hipspine.terms import Side

ANGLES = (
    "pelvis_tilt", "pelvis_list", "pelvis_rotation", "lumbar_flexion", "lumbar_bending", "lumbar_rotation", "hip_flexion", "hip_adduction",
    "hip_rotation", "knee_flexion", "ankle_dorsiflexion", "shoulder_flexion", "shoulder_adduction", "shoulder_rotation", "elbow_flexion",
)  # fmt: skip
PAIRED = tuple(name for name in ANGLES if name.startswith(("hip", "knee", "ankle", "shoulder", "elbow")))
SURFACE_KINDS = ("mat", "bench", "box", "step", "wall", "pad", "roller", "bar", "carriage", "ball", "rail", "chair")
WHO = {"working": Side.RIGHT, "other": Side.LEFT}
BY_HAND = ("lines_of_pull", "hip_movements", "contraction_modes", "regions", "contra_tags")


def exercise_of(text: str, *, name: str, where: str = "") -> Exercise:
    """The exercise that a file's text describes.

    Args:
        name: of the exercise: the file's name without its ending.
        where: for the sentence when something is wrong; ``name`` unless given.

    Raises:
        InputError: the first thing that is wrong; `faults_of` gives all.
    """
    for fault in faults_of(text, name=name, where=where):
        raise InputError(fault)
    fields = Fields(tomllib.loads(text), where or name)
    return _exercise(fields, name, text)


def faults_of(text: str, *, name: str, where: str = "") -> tuple[str, ...]:
    """All that is wrong with the writing of an exercise, one sentence each; nothing if it can be used."""
    where = where or name
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (f"{where}: is not TOML: {error}; mend that line.",)
    fields = Fields(table, where)
    if name != name.lower() or not all(part.isalnum() for part in name.split("-")):
        fields.say("name", f"is {name!r}; name the file with small letters, numbers and hyphens, such as hip-thrust.toml")
    _exercise(fields, name, text)
    return tuple(fields.faults)


def _exercise(fields: Fields, name: str, text: str) -> Exercise:
    base = Base(fields.word("base", [one.value for one in Base]))
    surfaces = {FLOOR: Surface(FLOOR, FLOOR)} | {key: _surface(key, part) for key, part in fields.tables("surface")}
    contacts = _contacts(fields, "contacts", surfaces, ())
    hands = _hands(fields, "free")
    always = dict(_angles(fields.table("always")))
    poses = tuple(_pose(part, always, contacts, hands, surfaces) for part in fields.list_of_tables("pose"))
    if not poses:
        fields.say("pose", "is missing; write at least one [[pose]] with its angles")
    elif sum(one.hold_s for one in poses) + sum(one.move_s for one in poses[1:]) <= 0:
        fields.say("pose", "takes no time; give move_s of the second pose, or hold_s")
    feet = all(one.place in ("sole", "forefoot") for pose in poses for one in pose.contacts if not one.rests)
    diagonal = base in (Base.QUADRUPED, Base.PLANK) and all(sum(not one.rests for one in pose.contacts) == 2 for pose in poses)
    balanced = (base in (Base.STAND, Base.SINGLE_LEG, Base.SPLIT) and feet) or diagonal
    share = 0.6 if base is Base.SPLIT else 0.5
    by_hand = fields.table("by_hand")
    exercise = Exercise(
        name=name,
        title=fields.texts("title", needed=("en",)),
        aliases=fields.words("aliases"),
        base=base,
        sides=Sides(fields.word("sides", [one.value for one in Sides])),
        poses=poses,
        returns=fields.flag("returns", True),
        surfaces=surfaces,
        loads=tuple(_load(part) for part in fields.list_of_tables("load")),
        balance=fields.number("weight_on_working", 0.0, 1.0, share) if fields.flag("balance", balanced) else None,
        explosive=fields.flag("explosive", False),
        flight_s=fields.number("flight_s", 0.0, 1.5, 0.0),
        effort=fields.number("effort", 0.0, 1.0, 0.0),
        equipment=fields.words("equipment", allowed=EQUIPMENT),
        space=fields.word("space", list(SPACES)),
        level=int(fields.number("level", 1, 5, whole=True)),
        prerequisites=fields.words("prerequisites"),
        contra_tags=fields.words("contra_tags", allowed={tag: CONTRA_TAGS[tag] for tag in WRITTEN_TAGS}),
        isolated=fields.flag("isolated"),
        purpose=fields.text("purpose"),
        cues=fields.words("cues", least=2, free=True),
        breathing=fields.text("breathing"),
        faults=fields.words("faults", least=1, free=True),
        easier=fields.text("easier"),
        harder=fields.text("harder"),
        dosing=_dosing(fields.table("dosing", needed=True)),
        evidence=_evidence(fields.table("evidence", needed=True)),
        overrides={key: part.text("why") for key, part in by_hand.tables() if key in BY_HAND},
        by_hand={key: part.words("value", free=True) for key, part in by_hand.tables() if key in BY_HAND},
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    for number, one in enumerate(poses):
        if one.weight_on_working is not None and exercise.balance is None:
            fields.say(
                f"pose {number + 1}", "has weight_on_working, but nothing is balanced here; leave it out or take away balance = false"
            )
    for key, _ in by_hand.tables():
        if key not in BY_HAND:
            by_hand.say(key, f"cannot be set by hand; only {', '.join(BY_HAND)} can")
    fields.finish()
    return exercise


def _surface(name: str, part: Fields) -> Surface:
    kind = part.word("kind", SURFACE_KINDS)
    upright = kind == "wall"
    height = part.number("height_m", -0.5, 3.0, 0.0)
    normal = part.vector("normal", (1.0, 0.0, 0.0) if upright else (0.0, 1.0, 0.0))
    length = float(np.linalg.norm(normal))
    if length < 1e-6:
        part.say("normal", "has no length; give a direction such as [0, 1, 0]")
        length = 1.0
    unit = (normal[0] / length, normal[1] / length, normal[2] / length)
    return Surface(name, kind, unit, part.number("offset_m", -3.0, 3.0, height * unit[1]))


def _pose(part: Fields, always: Mapping[str, float], contacts: tuple[Contact, ...], hands: str, surfaces: Mapping[str, Surface]) -> Pose:
    return Pose(
        name=part.text("name"),
        angles_rad={**always, **dict(_angles(part))},
        move_s=part.number("move_s", 0.0, 60.0, 1.5),
        hold_s=part.number("hold_s", 0.0, 120.0, 0.0),
        contacts=_contacts(part, "contacts", surfaces, contacts),
        hands=_hands(part, hands),
        travel_m=_travel(part),
        weight_on_working=part.number("weight_on_working", 0.0, 1.0) if "weight_on_working" in part else None,
    )


def _travel(part: Fields) -> tuple[float, float]:
    given = part.raw("travel_m")
    if given is None:
        return 0.0, 0.0
    if not isinstance(given, list) or len(given) != 2:
        part.say("travel_m", f"is {given!r}; give two numbers: forward and right, such as [0.8, 0]")
        return 0.0, 0.0
    forward, right = (part.as_number("travel_m", one, -3.0, 3.0) for one in given)
    return forward, right


def _angles(part: Fields) -> Iterator[tuple[str, float]]:
    """Angles [rad] by coordinate of the body; a sided one goes to right (working) and left (other)."""
    for name in ANGLES:
        key = f"{name}_deg"
        if key not in part:
            continue
        given = part.raw(key)
        if isinstance(given, Mapping):
            if name not in PAIRED:
                part.say(key, "has sides, but the body has one of it; give one number")
                continue
            for who in given:
                if who not in WHO:
                    part.say(key, f"has {who!r}; give working, other, or one number for both")
            for who, side in WHO.items():
                if who in given:
                    yield f"{name}:{side}", float(np.radians(part.as_number(key, given[who], -190.0, 190.0)))
        else:
            angle = float(np.radians(part.as_number(key, given, -190.0, 190.0)))
            yield from ((f"{name}:{side}", angle) for side in WHO.values()) if name in PAIRED else ((name, angle),)


def _contacts(part: Fields, key: str, surfaces: Mapping[str, Surface], default: tuple[Contact, ...]) -> tuple[Contact, ...]:
    if key not in part:
        return default
    found: list[Contact] = []
    for text in part.words(key, free=True):
        words = text.split()
        place, _, who = words.pop(0).partition(":") if words else ("", "", "")
        surface = FLOOR
        if words[:1] == ["on"]:
            surface, words = (words[1] if len(words) > 1 else ""), words[2:]
        slides, rests = "sliding" in words, "resting" in words
        if rest := [word for word in words if word not in ("sliding", "resting")]:
            part.say(key, f"has {text!r} with {rest[0]!r}; write PLACE:working|other|both [on SURFACE] [sliding] [resting]")
        if place not in PLACES:
            part.say(key, f"has the place {place!r}; {nearest(place, PLACES)}")
            continue
        if surface not in surfaces:
            part.say(key, f"has the surface {surface!r}; {nearest(surface, surfaces)}, or add [surface.{surface}]")
            continue
        if who not in ("working", "other", "both", "") or (not who and PLACES[place].segment in SIDED):
            part.say(key, f"has {text!r}; write {place}:working, {place}:other or {place}:both")
            continue
        sides: Sequence[Side | None] = [None] if not who else [*WHO.values()] if who == "both" else [WHO[who]]
        found += [Contact(place, side, surface, slides, rests) for side in sides]
    return tuple(found)


def _hands(part: Fields, default: str) -> str:
    if "hands" not in part:
        return default
    given = part.text("hands")
    for one in given.split("/"):
        if one not in HANDS:
            part.say("hands", f"is {one!r}; {nearest(one, HANDS)}; two sides are written working/other")
            return default
    return given


def _load(part: Fields) -> LoadSpec:
    at = part.text("at")
    place, _, who = at.partition(":")
    single = place.removesuffix("s") if place.endswith("s") and place not in CARRIED else place
    if single not in CARRIED and place != "hands":
        part.say("at", f"is {at!r}; {nearest(place, ['hands', *CARRIED])}")
    if who and who not in WHO:
        part.say("at", f"is {at!r}; write {place}:working or {place}:other")
    share, effort = part.number("body_mass_share", 0.0, 5.0, 0.0), part.number("effort", 0.0, 1.0, 0.0)
    if (share > 0) == (effort > 0):
        part.say("body_mass_share", "and effort: give exactly one of them, above 0")
    anchor = part.vector("anchor_m") if "anchor_m" in part else None
    other = part.text("anchor_place") if "anchor_place" in part else None
    direction = part.vector("direction") if "direction" in part else None
    kind = LoadKind(part.word("kind", [one.value for one in LoadKind]))
    pulls = kind in (LoadKind.BAND, LoadKind.CABLE, LoadKind.MACHINE, LoadKind.SPRING, LoadKind.MANUAL)
    if pulls and sum(one is not None for one in (anchor, other, direction)) != 1:
        part.say("kind", f"is {kind}, which pulls: give one of anchor_m, anchor_place, direction")
    return LoadSpec(
        kind=kind,
        at=_who(at),
        body_mass_share=share,
        effort=effort,
        anchor_m=anchor,
        anchor_place=None if other is None else _who(other),
        direction=direction,
        turns_with_segment=part.flag("turns_with_segment", False),
        rest_share=part.number("rest_share", 0.0, 1.0, 0.8),
    )


def _who(text: str) -> str:
    place, _, who = text.partition(":")
    return f"{place}:{WHO[who]}" if who in WHO else text


def _dosing(part: Fields) -> Dosing:
    return Dosing(
        sets=int(part.number("sets", 1, 10, whole=True)),
        repetitions=int(part.number("repetitions", 1, 100, whole=True)),
        hold_s=part.number("hold_s", 0.0, 300.0, 0.0),
        rest_s=part.number("rest_s", 0.0, 600.0),
        effort=part.text("effort"),
        source=part.words("source", free=True),
        why=part.text("why"),
    )


def _evidence(part: Fields) -> Evidence:
    keys = tuple(
        EmgKey(one.text("exercise"), _all_or(one, "variants", ("",)), _all_or(one, "loads", None)) for one in part.list_of_tables("emg")
    )
    found = Evidence(keys, part.words("claims"), part.words("interventions"), part.text("none") if "none" in part else "")
    if not keys and not found.none:
        part.say("none", "is missing; without [[evidence.emg]] say why, such as 'no published EMG was found'")
    return found


def _all_or(part: Fields, key: str, default: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if key not in part:
        return default
    given: Any = part.raw(key)
    return None if given == "all" else part.words(key, free=True)
