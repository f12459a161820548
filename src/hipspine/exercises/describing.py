"""What follows from an exercise's motion and demand: lines of pull, hip movements, modes of contraction, regions, what to be careful of.

Nothing here is typed in an exercise's file; a value set by hand (`Exercise.by_hand`) replaces a computed one only with its reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.exercises.demand import GLUTEUS_MAXIMUS, REGIONS, Demand, largest
from hipspine.exercises.exercise import Base, Exercise
from hipspine.exercises.geometry import middle
from hipspine.exercises.loading import HANGING, force_and_point
from hipspine.exercises.motion import Motion
from hipspine.exercises.stretching import WORKS, kind
from hipspine.exercises.vocabulary import CONTRA_TAGS
from hipspine.mechanics.rigid import Placed, Rigid, placed
from hipspine.terms import Floats

STANDS = 0.20  # median peak activation from which gluteus maximus counts as working at a hip that stands; at one that moves, `WORKS`
BESIDE = 0.6  # of the hardest working region, from which another region counts, too
LEANS = 0.5  # of a direction (cosine), from which a pull counts as along an axis
MOMENT_NM, MOMENT_SHARE, SLIGHT_NM = (
    20.0,
    0.4,
    3.0,
)  # for 75 kg: a moment that counts; its share of the largest; one that counts with movement
MOVES_RAD = np.radians(10.0)
LENGTH = 0.03  # of optimal fibre length: shortening or lengthening that counts
HOLDS_S = 2.0
PRESSED_N = 2000.0  # on the lowest disc, for 75 kg: about four times what standing asks
_MOVEMENTS = (("flexion", "extension"), ("adduction", "abduction"), ("internal-rotation", "external-rotation"))


@dataclass(frozen=True, slots=True)
class Described:
    """What was worked out; an empty list has its reason."""

    lines_of_pull: tuple[str, ...]
    hip_movements: tuple[str, ...]
    contraction_modes: tuple[str, ...]
    regions: tuple[str, ...]
    contra_tags: tuple[str, ...]
    length: Mapping[str, tuple[str, float]]  # region: long, mid or short while it works hardest, and the share of the bodies that agree
    ranges: Mapping[str, tuple[float, float]]  # degrees that each joint of the working side goes through, for the instruction
    reasons: Mapping[str, str]  # of empty lists, of values set by hand


def described(demand: Demand) -> Described:
    """All of it."""
    motion, exercise = demand.motion, demand.motion.exercise
    rigid = Rigid.of(motion.body, limits=False)
    where = placed(rigid, motion.q)
    found = {
        "lines_of_pull": lines_of_pull(demand, rigid, where),
        "hip_movements": hip_movements(demand, rigid),
        "contraction_modes": contraction_modes(demand),
        "regions": regions(demand),
        "contra_tags": tuple(tag for tag in CONTRA_TAGS if tag in {*exercise.contra_tags, *_tags(demand, rigid, where)}),
    }
    reasons = {name: _WHY[name] for name, given in found.items() if not given}
    for name, given in exercise.by_hand.items():
        found[name], reasons[name] = given, f"set by hand: {exercise.overrides[name]}"
    return Described(**found, length=lengths(demand), ranges=ranges(motion, rigid), reasons=reasons)


_WHY = {
    "lines_of_pull": "nothing pulls in one clear direction",
    "hip_movements": "the hips make no moment worth naming",
    "contraction_modes": "no muscle changes its length or holds for two seconds or more",
    "regions": f"gluteus maximus works below {WORKS:.0%} of its capacity, at a hip that stands below {STANDS:.0%} (model estimate)",
    "contra_tags": "nothing in the motion asks for special care",
}


def lines_of_pull(demand: Demand, rigid: Rigid, where: Placed) -> tuple[str, ...]:
    """Directions of the resistance in the pelvis' axes over the harder half of the repetition.

    Axial, front to back, back to front, sideways; torsional where the trunk must be kept from turning.
    """
    motion = demand.motion
    turn = where.rotation[:, rigid.segment("pelvis")]
    pull = np.einsum("fji,fj->fi", turn, _resistance(motion, rigid, where))
    hard = _hard(demand)
    found = []
    for name, along in (("axial", np.abs(pull[:, 1])), ("anteroposterior", -pull[:, 0]), ("posteroanterior", pull[:, 0]),
                        ("mediolateral", np.abs(pull[:, 2]))):  # fmt: skip
        if hard.any() and along[hard].max() >= LEANS + 0.1 * (name == "axial"):
            found.append(name)
    twist = np.nanmax(np.abs(middle(demand.lumbar_nm)), axis=0, initial=0.0)
    if twist[2] >= 10.0 and twist[2] >= 0.25 * twist.max():
        found.append("torsional")
    return tuple(found)


def hip_movements(demand: Demand, rigid: Rigid) -> tuple[str, ...]:
    """Moments that the muscles of the working hip make: those that are large, and smaller ones in the direction of a movement."""
    motion = demand.motion
    moment = np.nan_to_num(middle(demand.hip_nm))
    scale = demand.person.mass_kg / 75.0
    top = float(np.abs(moment).max(initial=0.0))
    found = []
    for axis, names in enumerate(_MOVEMENTS):
        angle = motion.q[:, rigid.coordinates.index(f"hip_{('flexion', 'adduction', 'rotation')[axis]}:{motion.side}")]
        moved = float(np.ptp(angle))
        for sign, name in zip((1, -1), names, strict=True):
            size = float((sign * moment[:, axis]).max(initial=0.0))
            if size >= max(MOMENT_NM * scale, MOMENT_SHARE * top) or (moved >= MOVES_RAD and size >= max(SLIGHT_NM * scale, 0.15 * top)):
                found.append(name)
    if demand.chain == "closed" and _one_foot(motion) and -moment[:, 1].min(initial=0.0) >= MOMENT_NM * scale:
        found.append("pelvic-control")
    return tuple(found)


def contraction_modes(demand: Demand) -> tuple[str, ...]:
    """How gluteus maximus works, or, where it hardly does, how the muscles of the moving joints do."""
    motion, exercise = demand.motion, demand.motion.exercise
    found = []
    moves = len(exercise.poses) > 1 and float(np.ptp(motion.q, axis=0)[6:].max()) >= MOVES_RAD
    column = demand.groups.index(GLUTEUS_MAXIMUS)
    if regions(demand) and moves:
        length, drive = demand.fibre_norm[:, column], np.nan_to_num(middle(demand.column(GLUTEUS_MAXIMUS)))
        step, works = np.diff(length), drive[1:] >= 0.03
        found += ["concentric"] * bool(-step[(step < 0) & works].sum() >= LENGTH) + ["eccentric"] * bool(
            step[(step > 0) & works].sum() >= LENGTH
        )
    if moves and not found:  # its length hardly changes: the muscles of the joints that move
        found += ["concentric", "eccentric"]
    if len(exercise.poses) == 1 or max(pose.hold_s for pose in exercise.poses) >= HOLDS_S or exercise.dosing.hold_s >= HOLDS_S or not found:
        found.append("isometric")
    if exercise.flight_s > 0:
        found.append("plyometric")
    return tuple(found)


def regions(demand: Demand) -> tuple[str, ...]:
    """Regions of gluteus maximus that work, by the median of the bodies.

    Where the working hip moves, or nothing moves, little is enough (people drive the muscle above what a load asks); where only arms or
    trunk move, the muscle must do a good share to count.
    """
    peaks = {name: peak.median for name in REGIONS if (peak := demand.peak(name)) is not None}
    top = max(peaks.values(), default=0.0)
    rigid = Rigid.of(demand.motion.body, limits=False)
    hips = [k for k, name in enumerate(rigid.coordinates) if name.startswith("hip_") and name.endswith(demand.motion.side)]
    moves = float(np.ptp(demand.motion.q[:, hips], axis=0).max()) >= MOVES_RAD or len(demand.motion.exercise.poses) == 1
    least = WORKS if moves else STANDS
    return tuple(name.partition("/")[2] for name, peak in peaks.items() if peak >= least and peak >= BESIDE * top)


def lengths(demand: Demand) -> dict[str, tuple[str, float]]:
    """Where in its length each region works hardest (long, mid, short, see `stretching.kind`) in most bodies, and their share."""
    found = {}
    for number, name in enumerate(REGIONS):
        drive = np.nan_to_num(demand.column(name), nan=-1.0)
        where = demand.gluteus_norm[np.arange(len(drive)), drive.argmax(axis=1), number]
        kinds = [kind(float(one)) for one in where]
        names, counts = np.unique(kinds, return_counts=True)
        found[name.partition("/")[2]] = (str(names[counts.argmax()]), float(counts.max() / len(kinds)))
    return found


def ranges(motion: Motion, rigid: Rigid) -> dict[str, tuple[float, float]]:
    """Degrees from the first pose to the one farthest from it, of all joints that move by 5 or more.

    A joint of the side that does not work is called ``joint:other``, and is left out where it moves with the working side.
    """
    found: dict[str, tuple[float, float]] = {}
    working = {name.partition(":")[0]: k for k, name in enumerate(rigid.coordinates) if not name.endswith(f":{motion.side.other}")}
    for column, name in enumerate(rigid.coordinates):
        joint, _, side = name.partition(":")
        course = np.degrees(motion.poses[:, column])
        far = float(course[int(np.argmax(np.abs(course - course[0])))])
        alike = np.abs(course - np.degrees(motion.poses[:, working[joint]])).max() < 5.0
        other = side == motion.side.other
        if not name.startswith("pelvis") and abs(far - course[0]) >= 5.0 and not (other and alike):
            found[f"{joint}:other" if other else joint] = (float(round(course[0])), float(round(far)))
    return found


def _tags(demand: Demand, rigid: Rigid, where: Placed) -> Iterator[str]:
    motion, exercise = demand.motion, demand.motion.exercise
    angle = {name: np.degrees(motion.q[:, k]) for k, name in enumerate(rigid.coordinates)}

    def of(name: str) -> Floats:
        return np.stack([angle[f"{name}:right"], angle[f"{name}:left"]])

    press = largest(demand.compression_n)
    pressed = float(np.nanmedian(press)) if np.isfinite(press).any() else 0.0
    loaded = pressed >= 1000.0
    bears = [one for pose in exercise.poses for one in pose.contacts if not one.rests]
    shouldered = any(one.at in ("back", "front", "shoulders") and one.kind in HANGING for one in exercise.loads)
    if pressed >= PRESSED_N * demand.person.mass_kg / 75.0 or shouldered:
        yield "spinal-load"
    if loaded and angle["lumbar_flexion"].max() >= 20.0:
        yield "spinal-flexion-load"
    if angle["lumbar_flexion"].min() <= -10.0:
        yield "spinal-extension"
    if np.abs(angle["lumbar_rotation"]).max() >= 10.0:
        yield "spinal-rotation"
    if of("hip_flexion").min() <= -15.0:
        yield "hip-extension-end-range"
    if of("hip_flexion").max() >= 100.0:
        yield "deep-hip-flexion"
    if of("hip_adduction").max() >= 15.0:
        yield "hip-adduction-end-range"
    if demand.chain == "closed" and of("knee_flexion").max() >= 100.0 and exercise.base not in (Base.SUPINE, Base.SIDE):
        yield "deep-knee-flexion"
    if any(one.place in ("knee", "shin") for one in bears):
        yield "kneeling"
    if exercise.flight_s > 0 or exercise.explosive:
        yield "impact" if exercise.flight_s > 0 else "high-effort"
    if _one_foot(motion):
        yield "single-leg-balance"
    hands, head = (
        (where.position_m[:, rigid.segment(f"hand:{side}"), 1] for side in ("right", "left")),
        where.position_m[:, rigid.segment("thorax")],
    )
    upright = np.asarray(where.rotation[:, rigid.segment("thorax"), 1, 1] > 0.5)
    top = head[:, 1] + 0.42 * where.rotation[:, rigid.segment("thorax"), 1, 1]
    if any((hand > top)[upright].any() for hand in hands):
        yield "overhead"
    if any(one.place in ("hand", "forearm", "elbow") for one in bears):
        yield "arm-support"
    if any(one.place == "grip" for one in bears):
        yield "hanging" if exercise.base is Base.HANG else "arm-support"
    lying = {Base.PRONE: "prone-lying", Base.SUPINE: "supine-lying", Base.SIDE: "side-lying"}
    if exercise.base in lying:
        yield lying[exercise.base]
    strings = demand.groups.index("hamstrings")
    drive = np.nan_to_num(middle(demand.column("hamstrings")))
    if ((drive >= 0.2) & (demand.fibre_norm[:, strings] >= 1.2)).any():
        yield "hamstring-stretch"
    if any(one.at.startswith("hand") and one.kind in HANGING and one.body_mass_share >= 0.4 for one in exercise.loads):
        yield "grip"
    if (where.rotation[:, rigid.segment("thorax"), 1, 1] < -0.35).any():
        yield "head-down"


def _resistance(motion: Motion, rigid: Rigid, where: Placed) -> Floats:
    """(frame, 3) direction of what resists, in the room: the pull of cables, bands and hands where there is one, else weight."""
    pulls = force_and_point(rigid, motion.loads, where)
    total = np.sum([force for force, _ in pulls], axis=0) if pulls else np.zeros((len(motion.q), 3))
    size = np.linalg.norm(total, axis=1, keepdims=True)
    down = np.array([0.0, -1.0, 0.0])
    return np.asarray(np.where(size > 1.0, total / np.maximum(size, 1e-9), down))


def _hard(demand: Demand) -> NDArray[np.bool_]:
    """(frame,) frames in which the hips and the trunk work at half of their hardest or more."""
    effort = np.linalg.norm(np.nan_to_num(middle(demand.hip_nm)), axis=1) + np.linalg.norm(np.nan_to_num(middle(demand.lumbar_nm)), axis=1)
    return np.asarray((effort >= 0.5 * effort.max(initial=0.0)) & ~demand.left_out)


def _one_foot(motion: Motion) -> bool:
    """Whether one foot alone carries the body at some time."""
    feet = ("sole", "forefoot", "heel")
    for row in motion.active:
        bears = {(one.place in feet, one.side) for one, on in zip(motion.contacts, row.tolist(), strict=True) if on and not one.rests}
        if len(bears) == 1 and next(iter(bears))[0]:
            return True
    return False


def default_words(exercise: Exercise, mass_kg: float) -> str:
    """The exercise's own load in words, for a person of this mass."""
    parts = [
        f"{one.kind.value.replace('-', ' ')} {one.body_mass_share * mass_kg:.0f} kg at {one.at.replace(':', ', ').replace('_', ' ')}"
        for one in exercise.loads
        if one.body_mass_share > 0
    ]
    return "; ".join(parts) or "body weight"
