"""The catalogue for people and programs: entries, figures, a new exercise, and what is wrong with one (`hipspine exercises`)."""

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from hipspine import __version__
from hipspine.anatomy.person import Person
from hipspine.errors import FormatError, InputError, ModelError
from hipspine.exercises import atlas
from hipspine.exercises.catalogue import catalogue, find, names
from hipspine.exercises.checking import faults_of_motion
from hipspine.exercises.demand import demand_of
from hipspine.exercises.describing import default_words, described
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.files import exercise_of, faults_of
from hipspine.exercises.motion import FRAMES, motion_of
from hipspine.report.exercise_figure import figure_svg
from hipspine.terms import Side
from hipspine.workflows.demand import computed
from hipspine.workflows.documents import require_writable, write_whole

LARGEST_BYTES = 200_000
QUICK_SAMPLES, QUICK_FRAMES = 24, 31  # for what is computed of an exercise that the atlas does not hold
Progress = Callable[[float], None] | None


def resolve(name: str, *, sound: bool = True) -> Exercise:
    """An exercise by any of its names, or read from a file of one's own (a name that ends with .toml).

    Args:
        name: of the catalogue, or a path.
        sound: refuse a file whose exercise cannot be done as it is written.

    Raises:
        InputError: nothing is called so, or the file is not an exercise; the sentence says what to do.
    """
    if not name.endswith(".toml"):
        return find(name)
    exercise = exercise_of(_text(Path(name)), name=Path(name).stem, where=Path(name).name)
    if sound and (faults := faults_of_motion(exercise)):
        more = f" And {len(faults) - 1} more: 'hipspine exercises check' says all." if len(faults) > 1 else ""
        raise InputError(f"{Path(name).name}: {faults[0]}{more}")
    return exercise


def list_document(
    *, position: str | None = None, equipment: Sequence[str] | None = None, region: str | None = None, level: int | None = None
) -> dict[str, Any]:
    """All entries of the catalogue, or those that fit.

    Args:
        position: base position.
        equipment: what is at hand; an exercise fits if it needs nothing else.
        region: of gluteus maximus, that works.
        level: the hardest.
    """
    entries = [entry(one) for one in catalogue().values()]
    kept = [
        one
        for one in entries
        if (position is None or one["position"] == position)
        and (equipment is None or set(one["equipment"]) <= set(equipment))
        and (region is None or region in one["regions"])
        and (level is None or one["level"] <= level)
    ]
    return {"exercises": kept, "count": len(kept), "of": len(entries), "hipspine": __version__}


def entry(exercise: Exercise) -> dict[str, Any]:
    """One exercise with everything that is written and computed of it; no key is null."""
    kept = atlas.entry(exercise)
    computed = kept["computed"] if kept is not None else _computed(exercise)
    evidence = [
        *(f"emg_exercises:{key.exercise}" for key in exercise.evidence.emg),
        *(f"article_claims:{one}" for one in exercise.evidence.claims),
        *(f"interventions:{one}" for one in exercise.evidence.interventions),
    ]
    reasons = dict(computed["reasons"])
    given: dict[str, Sequence[str]] = {
        "equipment": exercise.equipment, "prerequisites": exercise.prerequisites, "aliases": exercise.aliases, "evidence": evidence
    }  # fmt: skip
    none = {
        "equipment": "needs nothing but room", "prerequisites": "nothing has to come first",
        "aliases": "known by this name only", "evidence": exercise.evidence.none,
    }  # fmt: skip
    reasons |= {name: none[name] for name, values in given.items() if not values}
    dosing = exercise.dosing
    return {
        "name": exercise.name,
        "title": dict(exercise.title),
        "aliases": list(exercise.aliases),
        "position": exercise.base.value,
        "lines_of_pull": computed["lines_of_pull"],
        "hip_movements": computed["hip_movements"],
        "contraction_modes": computed["contraction_modes"],
        "regions": computed["regions"],
        "equipment": list(exercise.equipment),
        "unilateral": exercise.unilateral,
        "sides": exercise.sides.value,
        "isolated": exercise.isolated,
        "explosive": exercise.explosive,
        "level": exercise.level,
        "space": exercise.space,
        "prerequisites": list(exercise.prerequisites),
        "contra_tags": computed["contra_tags"],
        "purpose": exercise.purpose,
        "instructions": instructions(computed["ranges_deg"]),
        "cues": list(exercise.cues),
        "breathing": exercise.breathing,
        "faults": list(exercise.faults),
        "easier": exercise.easier,
        "harder": exercise.harder,
        "load": default_words(exercise, Person().mass_kg),
        "dosing": {
            "sets": dosing.sets, "repetitions": dosing.repetitions, "hold_s": dosing.hold_s, "rest_s": dosing.rest_s,
            "effort": dosing.effort, "tempo_s": [[pose.name, pose.move_s, pose.hold_s] for pose in exercise.poses],
            "source": list(dosing.source), "why": dosing.why,
        },
        "evidence": evidence,
        "reasons": reasons,
        "sha256": exercise.sha256,
    }  # fmt: skip


def instructions(ranges_deg: Mapping[str, Sequence[float]]) -> list[str]:
    """What moves, in numbers that come from the motion itself.

    >>> instructions({"hip_flexion": (72.0, 0.0)})[0]
    'Hips from 72 to 0 degrees of flexion.'
    """
    said = []
    for name, (start, end) in ranges_deg.items():
        joint, _, other = name.partition(":")
        part, plus, minus = _JOINTS[joint]
        if other:
            part = f"{part.removesuffix('s')} of the other side"
        words = plus if max(start, end, key=abs) >= 0 else minus
        first, last = (round(start), round(end)) if words == plus else (round(-start), round(-end))
        if words in ("adduction", "abduction", "flexion", "extension") and first * last < 0:
            said.append(f"{part} from {abs(first)} degrees of {minus if words == plus else plus} to {abs(last)} of {words}.")
        else:
            said.append(f"{part} from {first} to {last} degrees of {words}.")
    return said or ["Hold the position; nothing moves."]


_JOINTS = {
    "hip_flexion": ("Hips", "flexion", "extension"),
    "hip_adduction": ("Hips", "adduction", "abduction"),
    "hip_rotation": ("Hips", "internal rotation", "external rotation"),
    "knee_flexion": ("Knees", "flexion", "extension"),
    "ankle_dorsiflexion": ("Ankles", "dorsiflexion", "plantar flexion"),
    "lumbar_flexion": ("Lower back", "flexion", "extension"),
    "lumbar_bending": ("Lower back", "bending to the working side", "bending to the other side"),
    "lumbar_rotation": ("Trunk", "rotation to the other side", "rotation to the working side"),
    "shoulder_flexion": ("Shoulders", "flexion", "extension"),
    "shoulder_adduction": ("Shoulders", "adduction", "abduction"),
    "shoulder_rotation": ("Shoulders", "internal rotation", "external rotation"),
    "elbow_flexion": ("Elbows", "flexion", "extension"),
}


def draw(name: str, *, svg: Path, side: str = Side.RIGHT, still: bool = False, width_px: int = 400) -> dict[str, Any]:
    """Write the figure of an exercise.

    Raises:
        InputError: the exercise is not known, or the file cannot be written.
    """
    exercise = resolve(name, sound=False)
    require_writable({"--svg": svg}, inputs=[Path(name)] if name.endswith(".toml") else [])
    shown = tints(exercise)
    text = figure_svg(motion_of(exercise, side=Side(side)), shown, width_px=width_px, still=still)
    write_whole(svg, text.encode())
    return {
        "name": exercise.name,
        "file": str(svg),
        "bytes": len(text.encode()),
        "demand": "atlas" if shown else "not in the atlas: no muscle is tinted",
    }


def figure(name: str, *, frames: int = FRAMES) -> str:
    """The figure of an exercise of the catalogue as SVG, tinted by what it asks.

    Raises:
        InputError: there is none of that name.
    """
    exercise = find(name)
    return figure_svg(motion_of(exercise, frames=frames), tints(exercise))


def tints(exercise: Exercise) -> dict[str, float] | None:
    """Share of capacity by region and muscle, for the figure; None where the atlas holds nothing of the exercise."""
    kept = atlas.entry(exercise)
    if kept is None:
        return None
    ranges = {f"gluteus_maximus/{region}": one for region, one in kept["regions"].items()} | dict(kept["muscles"])
    return {name: one["median"] for name, one in ranges.items() if one["median"] is not None}


def check(files: Sequence[str], *, progress: Progress = None) -> dict[str, Any]:
    """What is wrong with exercises: files of one's own, or names of the catalogue; one sentence each.

    Raises:
        InputError: a file cannot be read at all.
    """
    found = {}
    for number, name in enumerate(files):
        if progress is not None:
            progress(number / len(files))
        if name.endswith(".toml"):
            path = Path(name)
            text = _text(path)
            faults = list(faults_of(text, name=path.stem, where=path.name))
            exercise = None if faults else exercise_of(text, name=path.stem, where=path.name)
        else:
            faults, exercise = [], find(name)
        if exercise is not None:
            faults += faults_of_motion(exercise, known=[*names(), exercise.name])
        found[name] = faults
    return {"checked": len(found), "sound": all(not faults for faults in found.values()), "faults": found}


def new(name: str, *, out: Path, like: str = "bodyweight-squat") -> dict[str, Any]:
    """Write a file to start from: a copy of an exercise of the catalogue under a new name.

    Raises:
        InputError: the name is taken or cannot be one, or the file is there already.
    """
    if name in names():
        raise InputError(f"{name}: is in the catalogue already; take another name.")
    if name != name.lower() or not all(part.isalnum() for part in name.split("-")):
        raise InputError(f"{name!r}: is no name for an exercise; use small letters, numbers and hyphens, such as my-bridge.")
    path = out / f"{name}.toml"
    if path.exists():
        raise InputError(f"{path}: is there already; move it, or take another name.")
    pattern = find(like)
    text = (resources.files("hipspine.exercises") / "data" / f"{pattern.name}.toml").read_text(encoding="utf-8")
    require_writable({"--out": path}, inputs=[])
    head = f"# {name}: started from {pattern.name}. Change what differs, then: hipspine exercises check {name}.toml\n"
    write_whole(path, (head + text).encode())
    return {"name": name, "file": str(path), "like": pattern.name}


def _computed(exercise: Exercise) -> dict[str, Any]:
    try:
        made = described(demand_of(exercise, samples=QUICK_SAMPLES, frames=QUICK_FRAMES))
    except ModelError as error:
        raise ModelError(f"{exercise.name}: {error}") from error
    return computed(made)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    if len(content) > LARGEST_BYTES:
        raise FormatError(f"{path}: has {len(content) / 1e6:.1f} MB; an exercise file has a few kB. Is it another file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not text in UTF-8 (byte {error.start}); save it as UTF-8.") from error
