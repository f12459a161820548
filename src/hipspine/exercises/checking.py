"""Whether an exercise can be done as it is written: what its contacts, joints and balance say, one sentence each."""

from collections.abc import Callable, Collection, Iterator

import numpy as np

from hipspine.evidence import tables
from hipspine.evidence.emg import emg
from hipspine.exercises.chain import touch_of
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.loading import loads_of
from hipspine.exercises.motion import Motion, motion_of
from hipspine.exercises.places import points_of
from hipspine.exercises.shape import lowest, shape
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.resting import resting
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.terms import Floats

CONTACT_M, BALANCE_M, MISSED_RAD, SINKS_M, LIMIT_RAD = 0.002, 0.005, np.radians(6.0), 0.020, np.radians(1.0)
"""How far a motion may stand from what is written before it is a fault."""
CARRIES = 25.0  # [N, N m] of the whole body that contacts may leave over in a pose before we say that it would fall


def faults_of_motion(
    exercise: Exercise, *, known: Collection[str] = (), frames: int = 41, carries: bool = True, motion: Motion | None = None
) -> tuple[str, ...]:
    """What cannot be done as it is written; nothing where all is well.

    Args:
        known: names of the catalogue, for the names that the exercise refers to; none are looked up where none are given.
        frames: of the repetition that is looked at.
        motion: of the exercise, where it was worked out already.
        carries: also ask whether the contacts can hold the body up in each pose.
    """
    done = motion_of(exercise, frames=frames) if motion is None else motion
    looks: list[Callable[[], Iterator[str]]] = [
        lambda: _names(exercise, known),
        lambda: _evidence(exercise),
        lambda: _written(done),
        lambda: _frames(done),
    ]
    if carries and not exercise.explosive:
        looks.append(lambda: _held(done))
    return tuple(f"{exercise.name}: {sentence}" for look in looks for sentence in look())


def _names(exercise: Exercise, known: Collection[str]) -> Iterator[str]:
    said = [("prerequisites", name) for name in exercise.prerequisites]
    said += [(key, name) for key, name in (("easier", exercise.easier), ("harder", exercise.harder)) if " " not in name]
    for key, name in said:
        if known and name not in known:
            yield f"{key} names {name!r}, which is not in the catalogue; take a name that 'hipspine exercises list' shows."
        if name == exercise.name:
            yield f"{key} names the exercise itself; leave it out."


def _evidence(exercise: Exercise) -> Iterator[str]:
    rows = emg()
    for key in exercise.evidence.emg:
        of = [row for row in rows if row.exercise == key.exercise]
        if not of:
            yield f"evidence.emg names the exercise {key.exercise!r}, which the table emg_exercises does not have."
            continue
        for word, given, there in (("variant", key.variants, {row.variant for row in of}), ("load", key.loads, {row.load for row in of})):
            for one in given or ():
                if one not in there:
                    yield f"evidence.emg of {key.exercise!r} names the {word} {one!r}; the table has {', '.join(map(repr, sorted(there)))}."
    for table, given in (("dosing", exercise.dosing.source), ("interventions", exercise.evidence.interventions)):
        rows_there = rows_of(table)
        for name in given:
            if name not in rows_there:
                yield f"names the row {name!r}, which the table {table} does not have."
    claims = rows_of("article_claims")
    for one in exercise.evidence.claims:
        if one not in claims:
            yield f"evidence.claims name {one!r}, which the table article_claims does not have."


def rows_of(table: str) -> frozenset[str]:
    """Names of the rows of an evidence table."""
    return frozenset(row.row for row in tables.load(table) if not isinstance(row, tables.Citation))


def _written(motion: Motion) -> Iterator[str]:
    names = Rigid.of(motion.body, limits=False).coordinates
    for number, pose in enumerate(motion.exercise.poses):
        if not pose.contacts and not motion.exercise.flight_s:
            yield f"pose {pose.name!r}: nothing holds the body; add contacts."
        if motion.pose_error_m[number] > CONTACT_M:
            yield (
                f"pose {pose.name!r}: a contact is {motion.pose_error_m[number] * 1e3:.0f} mm from where it must be; "
                "write fewer angles, or angles that let all contacts hold."
            )
        if motion.missed_rad[number] > MISSED_RAD:
            name = motion.missed[number]
            written = pose.angles_rad.get(name, pose.angles_rad.get(name.partition(":")[0], 0.0))
            reached = motion.poses[number][names.index(name)]
            yield (
                f"pose {pose.name!r}: {name} is written as {np.degrees(written):.0f} deg, contacts and balance let it be "
                f"{np.degrees(reached):.0f}; change it, or leave out the angle that must follow."
            )


def _frames(motion: Motion) -> Iterator[str]:
    rigid = Rigid.of(motion.body, limits=False)

    def where(frame: int) -> str:
        return f"at {motion.time_s[frame]:.1f} s, {_phase(motion, frame)}"

    worst = int(np.argmax(motion.contact_error_m))
    if motion.contact_error_m[worst] > CONTACT_M:
        yield (
            f"{where(worst)}: a contact is {motion.contact_error_m[worst] * 1e3:.0f} mm from where it must be; "
            "the angles do not let all contacts hold: write fewer of them."
        )
    worst = int(np.argmax(motion.balance_error_m))
    if motion.balance_error_m[worst] > BALANCE_M:
        away = motion.balance_error_m[worst] * 1e3
        yield f"{where(worst)}: the weight is {away:.0f} mm away from the feet; leave an ankle or the trunk free."
    q = motion.q
    low, high = (np.array([getattr(one, end) for one in rigid.free]) for end in ("low", "high"))
    beyond = np.maximum(low - q, q - high)
    worst, column = (int(one) for one in np.unravel_index(int(np.argmax(beyond)), beyond.shape))
    if beyond[worst, column] > LIMIT_RAD:
        one = rigid.free[column]
        yield (
            f"{where(worst)}: {one.name} is {np.degrees(q[worst, column]):.0f} deg; "
            f"a joint goes from {np.degrees(one.low):.0f} to {np.degrees(one.high):.0f}."
        )
    if not any(one.kind in ("ball", "roller") for one in motion.exercise.surfaces.values()):
        bends = ("neck", "jaw", "skull")  # this body's neck does not bend; a person's does, and the figure's
        under = lowest([one for one in shape(motion.body) if one.name not in bends], placed(rigid, q))
        frame = int(np.argmin(under))
        if under[frame] < -SINKS_M:
            yield f"{where(frame)}: the body is {-under[frame] * 1e3:.0f} mm below the floor; lift what sinks."


def _held(motion: Motion) -> Iterator[str]:
    """Whether the contacts hold the body up in each pose; resting limbs press with their own weight only."""
    rigid = Rigid.of(motion.body, limits=False)
    for number, pose in enumerate(motion.exercise.poses):
        if not pose.contacts:
            continue
        q = motion.poses[number : number + 1]
        owners = [(one, point) for one in pose.contacts for point in points_of(motion.body, one.place, one.side)]
        touches = [touch_of(motion.exercise, one, *point) for one, point in owners]
        touches = list(resting(rigid, q, touches, [one.rests for one, _ in owners]))
        loads = loads_of(motion.body, rigid, motion.exercise, placed(rigid, q))
        answer = carried(motion.body, q, touches=touches, loads=loads)
        left = _root(answer.shared.reserve[0], answer.shared.coordinates)
        if left > CARRIES:
            yield (
                f"pose {pose.name!r}: contacts leave {left:.0f} N (or N m) of the body's weight and loads unheld; "
                "move the weight over the contacts or add one."
            )


def _root(reserve: Floats, coordinates: tuple[str, ...]) -> float:
    return float(max(abs(value) for value, name in zip(reserve, coordinates, strict=True) if name.startswith("pelvis_")))


def _phase(motion: Motion, frame: int) -> str:
    one = motion.phases[int(motion.phase[frame])]
    return f"{'holding' if one.holds else 'on the way to'} {one.name!r}"
