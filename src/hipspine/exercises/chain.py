"""The chain of an exercise's poses by one body: each pose closed after the one before, and the frames between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.exercises.closing import Closed, closed
from hipspine.exercises.conditions import (
    FEET,
    balance_rows,
    base_angles,
    contact_rows,
    hand_rows,
    line_row,
    mass_centre_parts,
    pinned,
    shared,
)
from hipspine.exercises.exercise import Base, Contact, Exercise, Pose
from hipspine.exercises.flight import Course
from hipspine.exercises.loading import force_and_point, weights
from hipspine.exercises.mirror import mirrored_angles
from hipspine.exercises.places import points_of
from hipspine.exercises.rows import STAYS, Row, Rows
from hipspine.exercises.shifting import BALANCE_M, CONTACT_M, SHIFT, THERE_M, Way, alike, bearing, flat, led, near, ways
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import GRAVITY_M_S2, Point, Rigid, placed, points
from hipspine.mechanics.rigid_loads import Load
from hipspine.terms import Floats

_WRITTEN = 1.0
_LEFT_OPEN = {
    "pelvis_tx": 1e-6, "pelvis_ty": 1e-6, "pelvis_tz": 1e-6, "pelvis_tilt": 1e-3, "pelvis": 0.3, "lumbar": 0.3,
    "hip_flexion": 1e-3, "hip": 0.1, "knee": 1e-3, "ankle": 1e-3,
}  # fmt: skip
_ON_THE_SIDE = {"pelvis_tilt": 0.3} | {name: weight for name, weight in _LEFT_OPEN.items() if name != "pelvis_tilt"}
_FROZEN = 1e5
ARMS = ("shoulder", "elbow")
SLIDES = 0.05  # of usual friction, where a place slides: carriages, sliders, balls that roll; our assumption
_ELSE = 1e-2  # shoulders, elbows
"""How much a coordinate that is not written is held where it was: hardly, where a closed chain must find its way; the spine more."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a repetition: a move from one pose to the next, or a hold."""

    name: str  # of the pose that is reached or held
    start_s: float
    end_s: float
    holds: bool
    poses: tuple[int, int]  # from, to; numbers beyond those of the exercise's poses are shifts of the weight between them


def smooth(share: Floats) -> Floats:
    """From 0 to 1 with no speed and no acceleration at either end.

    >>> smooth(np.array([0.0, 0.5, 1.0]))
    array([0. , 0.5, 1. ])
    """
    return np.asarray(share**3 * (share * (6.0 * share - 15.0) + 10.0))


def touch_of(exercise: Exercise, contact: Contact, segment: str, at: Vector) -> Touch:
    """A contact's point as something that pushes."""
    return Touch(segment, at, exercise.surfaces[contact.surface].normal, grip=SLIDES if contact.slides else 1.0)


def _fixed(shift: Floats) -> Callable[[Floats], Floats]:
    return lambda _: shift


def _open(name: str, base: Base) -> float:
    held = _ON_THE_SIDE if base in (Base.SIDE, Base.SIDE_PLANK) else _LEFT_OPEN
    return next((weight for start, weight in held.items() if name.startswith(start)), _ELSE)


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """When what happens in a repetition."""

    time_s: Floats  # (frame,)
    phase: NDArray[np.int64]  # (frame,) number of its phase
    phases: tuple[Phase, ...]
    courses: Mapping[int, Course]  # of phases that do not run smoothly from rest to rest
    thrown: Mapping[int, Callable[[Floats], Floats]]  # of phases in the air: seconds from their start to (time, 3) of the mass centre

    def course(self, number: int) -> Course:
        """How a phase runs."""
        return self.courses.get(number, smooth)


class Chain:
    """The solving of one exercise by one body."""

    def __init__(self, exercise: Exercise, body: BodyModel) -> None:
        self.exercise, self.body = exercise, body
        self.rigid = Rigid.of(body, limits=False)
        self.names = self.rigid.coordinates
        self.hung = weights(body, exercise, self.rigid.mass_kg)
        self.pins: list[dict[tuple[Contact, int], Floats]] = []
        self.stops: list[Pose] = list(exercise.poses)  # the poses, and the shifts of weight between them
        self.ways: dict[tuple[int, int], Way] = {}  # by their ends: those on which the weight is led along a path
        self.pose_off_m: list[float] = []  # farthest that a contact of each pose is from its surface

    def wanted(self, pose: Pose, before: Floats | None) -> tuple[Floats, Floats]:
        """(coordinate,) what a pose asks, and how much each counts; what it does not say stays as it was."""
        default = base_angles(self.exercise.base)
        if self.exercise.mirrored:
            default = mirrored_angles(default)
        q = np.zeros(len(self.names)) if before is None else before.copy()
        weight = np.array([_open(name, self.exercise.base) for name in self.names])
        for k, name in enumerate(self.names):
            short = name.partition(":")[0]
            written = pose.angles_rad.get(name, pose.angles_rad.get(short))
            if written is not None:
                q[k], weight[k] = written, _WRITTEN
            elif before is None:
                q[k] = default.get(name, default.get(short, 0.0))
        q[self.names.index("pelvis_tx")] += pose.travel_m[0]
        q[self.names.index("pelvis_tz")] += pose.travel_m[1]
        return q, weight

    def rows(self, contacts: Sequence[Contact], hands: str, pins: dict[tuple[Contact, int], Floats]) -> list[Row]:
        """All that must hold while these places touch, but for the weight."""
        return [*contact_rows(self.body, contacts, self.exercise.surfaces, pins), *hand_rows(self.body, hands)]

    def balance(self, contacts: Sequence[Contact], *of: Pose, on_ball: float = 0.5) -> list[Row]:
        """The weight over the feet that touch, in the share that these poses give on average."""
        shares = [self.exercise.balance if one.weight_on_working is None else one.weight_on_working for one in of]
        told = [one for one in shares if one is not None]
        on_right = sum(told) / len(told) if told else None
        return balance_rows(self.rigid, self.body, self.exercise, contacts, self.hung, on_right=on_right, on_ball=on_ball)

    def on_a_line(self, contacts: Sequence[Contact], q: Floats) -> list[Row]:
        """Balance on two places that are not both feet."""
        feet = all(one.place in FEET for one in contacts if not one.rests)
        if feet or self.exercise.balance is None:
            return []
        return line_row(self.rigid, self.body, contacts, self.hung, q)

    def poses(self, loads: Sequence[Load]) -> Floats:
        """(stop, coordinate) the poses, closed in their order, then the shifts of weight between them."""
        self.pins, self.pose_off_m, self.stops, self.ways = [], [], list(self.exercise.poses), {}
        found: list[Floats] = []
        for number, pose in enumerate(self.exercise.poses):
            before = self.pins[-1] if self.pins else {}
            if number and self._lands_where_it_began():
                before = self.pins[0] | before
            kept = {key: pin for key, pin in before.items() if key[0] in pose.contacts}
            wanted, weight = self.wanted(pose, found[-1] if found else None)
            rows = self.rows(pose.contacts, pose.hands, kept) + self.balance(pose.contacts, pose)
            start = wanted if found else self.laid(wanted, pose)
            done = self.close(wanted[None], weight, rows, loads, start=start[None])
            q = done.q[0]
            if line := self.on_a_line(pose.contacts, q):
                done = self.close(wanted[None], weight, [*rows, *line], loads, start=q[None])
                q = done.q[0]
            self.pose_off_m.append(
                max((abs(float(one)) for one, row in zip(done.off_m[0], done.rows, strict=True) if row.what == "contact"), default=0.0)
            )
            if number == 0:
                q = self._in_the_middle(q, pose)
            found.append(q)
            self.pins.append(pinned(self.body, self.rigid, placed(self.rigid, q[None]), pose.contacts) | kept)
        self._shift_between(found, loads)
        return np.array(found)

    def _lands_where_it_began(self) -> bool:
        return self.exercise.flight_s > 0 and self.exercise.returns and not any(any(pose.travel_m) for pose in self.exercise.poses)

    def _shift_between(self, found: list[Floats], loads: Sequence[Load]) -> None:
        """Postures in which the weight stands over what touches all the way, for ways on which something lifts or lands."""
        shifted: dict[tuple[int, frozenset[Contact]], int | None] = {}
        for ends in ways(self.exercise):
            first, last = (self.exercise.poses[k] for k in ends)
            stands = flat(first.contacts, last.contacts), flat(last.contacts, first.contacts)
            both = shared(*stands)
            moves = bearing(first.contacts) != bearing(last.contacts)
            if not (moves or first.weight_on_working != last.weight_on_working) or (moves and self.exercise.explosive):
                continue
            if not all(self.balance(contacts) for contacts in (both, first.contacts, last.contacts)):
                continue
            between: list[int | None] = []
            for number, other, contacts in zip(ends, ends[::-1], stands, strict=True):
                pose = self.exercise.poses[number]
                key = number, bearing(both)
                if bearing(pose.contacts) == key[1]:
                    shifted[key] = None
                elif key not in shifted:
                    shift = replace(pose, name=SHIFT, angles_rad=alike(pose, self.exercise.poses[other]), contacts=contacts)
                    pins = self.pins[other] | self.pins[number]
                    q = self._over(both, shift, pins, found[number], loads)
                    if q is None:
                        break
                    there = q is found[number] and contacts == pose.contacts
                    shifted[key] = None if there else len(found)
                    if not there:
                        found.append(q)
                        self.stops.append(shift)
                        self.pins.append(pins)
                between.append(shifted[key])
            else:
                self.ways[ends] = Way(ends, *between)

    def _over(
        self, feet: Sequence[Contact], shift: Pose, pins: dict[tuple[Contact, int], Floats], q: Floats, loads: Sequence[Load]
    ) -> Floats | None:
        """(coordinate,) the posture with the weight over these feet: ``q`` where it stands there already, nothing where none is near."""
        heel, ball = (self._away(self.balance(feet, shift, on_ball=share), q, loads) for share in (0.0, 1.0))
        length = float(((ball - heel) ** 2).sum())
        on_ball = float(np.clip(heel @ (heel - ball) / length, 0.0, 1.0)) if length > THERE_M**2 else 0.5  # no farther than it must
        over = self.balance(feet, shift, on_ball=on_ball)
        met = [row for row in self.rows(shift.contacts, "free", pins) if row.what == "contact"]
        if np.abs(self._away(over, q, loads)).max() < THERE_M and np.abs(self._away(met, q, loads)).max(initial=0.0) < CONTACT_M:
            return q
        weight = self.wanted(shift, q)[1]
        done = self.close(q[None], weight, [*self.rows(shift.contacts, shift.hands, pins), *over], loads)
        good = all(
            abs(float(off)) < (CONTACT_M if row.what == "contact" else BALANCE_M)
            for off, row in zip(done.off_m[0], done.rows, strict=True)
            if row.what in ("contact", "balance")
        )
        return np.asarray(done.q[0]) if good and near(done.q[0], q) else None

    def _away(self, rows: Sequence[Row], q: Floats, loads: Sequence[Load]) -> Floats:
        """(row,) how far a posture is from what rows ask [m]."""
        lean = self.leaning(rows, loads)
        off = Rows.of(rows).off(self.rigid, placed(self.rigid, q[None]))[0]
        return off if lean is None else np.asarray(off - lean(q[None])[0])

    def frames(self, poses: Floats, clock: "Clock", loads: Sequence[Load]) -> tuple[Floats, dict[str, Floats]]:
        """(frame, coordinate) the whole repetition, and what is left of contacts and balance."""
        q = np.empty((clock.time_s.size, poses.shape[1]))
        off = {what: np.zeros(clock.time_s.size) for what in ("contact", "balance")}
        for number, one in enumerate(clock.phases):
            here = np.flatnonzero(clock.phase == number)
            if here.size == 0:
                continue
            within = clock.time_s[here] - one.start_s
            share = np.ones(here.size) if one.holds else clock.course(number)(within / (one.end_s - one.start_s))
            aim = clock.thrown.get(number)
            found = self.between(poses, one, share, loads, aim=None if aim is None else aim(within))
            q[here] = found.q
            for what, worst in off.items():
                chosen = [k for k, row in enumerate(found.rows) if row.what == what]
                worst[here] = np.abs(found.off_m[:, chosen]).max(axis=1, initial=0.0)
        return q, off

    def between(self, poses: Floats, phase: Phase, share: Floats, loads: Sequence[Load], *, aim: Floats | None = None) -> Closed:
        """Frames of one phase at shares of its way; in the air ``aim`` (frame, 3) is where the mass centre must be."""
        first, last = phase.poses
        wanted = poses[first] + share[:, None] * (poses[last] - poses[first])
        stops = [self.stops[k] for k in phase.poses]
        weight = np.maximum(*(self.wanted(one, None)[1] for one in stops))
        contacts, hands = self.during(phase)
        rows = self.rows(contacts, hands, self.pins[first] | self.pins[last])
        if aim is None and not phase.holds and any(phase.poses in self._pairs(way) for way in self.ways.values()):
            return self._led(poses, phase, share, wanted, weight, rows)
        if phase.holds or bearing(stops[0].contacts) == bearing(stops[1].contacts) or self.exercise.flight_s > 0:
            rows += self.balance(contacts, *stops) + self.on_a_line(contacts, poses[last])
        if aim is None:  # where the weight moves from one support to the next and no path leads it, nothing is balanced
            return self.close(wanted, weight, rows, loads)
        rows += [Row(self.centre(), axis, 0.0, STAYS, "flight") for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
        shift = np.zeros((len(share), len(rows)))
        shift[:, -3:] = aim
        return closed(self.rigid, wanted, weight, rows, shift=_fixed(shift))

    def _led(self, poses: Floats, phase: Phase, share: Floats, wanted: Floats, weight: Floats, rows: list[Row]) -> Closed:
        """Frames of a phase in which the weight moves straight from where it stands first to where it stands last."""
        start, end = self.centre_m(poses[list(phase.poses)])
        aim = (start + share[:, None] * (end - start))[:, [0, 2]]
        return self.close(wanted, weight, [*led(self.centre()), *rows], (), aim=aim)

    @staticmethod
    def _pairs(way: Way) -> set[tuple[int, int]]:
        return {ends for _, _, ends in way.legs("", 1.0)}

    def centre(self) -> tuple[tuple[Point, float], ...]:
        """The mass centre of the body and of what hangs on it, as a sum of points."""
        return mass_centre_parts(self.rigid, self.hung)

    def centre_m(self, q: Floats) -> Floats:
        """(posture, 3) where it is."""
        parts = self.centre()
        at = points(self.rigid, placed(self.rigid, q), [point for point, _ in parts])
        return np.asarray(np.einsum("p,qpi->qi", [share for _, share in parts], at))

    def close(
        self,
        wanted: Floats,
        weight: Floats,
        rows: Sequence[Row],
        loads: Sequence[Load],
        *,
        start: Floats | None = None,
        aim: Floats | None = None,
    ) -> Closed:
        """Legs and trunk first, then the arms for hands that hold something of the body, in turn: hands must not pull the body about.

        Args:
            aim: (frame, row) targets of the first rows, where they change from frame to frame.
        """
        held = [row for row in rows if row.what == "holding"]
        rest = [row for row in rows if row.what != "holding"]
        arms = np.array([name.startswith(ARMS) for name in self.names])
        shift = self.leaning(rest, loads)
        if aim is not None:
            shift = _fixed(np.pad(aim, ((0, 0), (0, len(rest) - aim.shape[1]))))
        found = closed(self.rigid, wanted, weight, rest, start=start, shift=shift)
        for _ in range(2 if held else 0):
            off = found.off_m
            with_arms = closed(self.rigid, np.where(arms, wanted, found.q), np.where(arms, 1e-3, _FROZEN), held, start=found.q)
            kept = np.where(arms, with_arms.q, wanted)
            found = closed(self.rigid, kept, np.where(arms, _FROZEN, weight), rest, start=with_arms.q, shift=shift)
            if np.abs(found.off_m - off).max(initial=0.0) < 1e-9:
                break
        return replace(found, rows=tuple(rest))

    def laid(self, wanted: Floats, pose: Pose) -> Floats:
        """The first pose as a stiff whole, laid on its surfaces: a beginning from which the joints can give way."""
        rows = [row for row in contact_rows(self.body, pose.contacts, self.exercise.surfaces, {}) if row.what != "resting"]
        stiff = np.array([1e-4 if name.startswith("pelvis_t") else 1e-1 if name.startswith("pelvis") else _FROZEN for name in self.names])
        return np.asarray(closed(self.rigid, wanted[None], stiff, rows).q[0])

    def during(self, phase: Phase) -> tuple[tuple[Contact, ...], str]:
        """What touches in a phase, and where the hands are."""
        first, last = (self.stops[k] for k in phase.poses)
        both = last.contacts if phase.holds else shared(first.contacts, last.contacts)
        return both, last.hands if phase.holds or first.hands == last.hands else "free"

    def touching(self, clock: "Clock") -> tuple[tuple[Touch, ...], NDArray[np.bool_], tuple[Contact, ...]]:
        """All places that touch at some time, as points, and when."""
        each = [self.during(one)[0] for one in clock.phases]
        every = list(dict.fromkeys(contact for contacts in each for contact in contacts))
        touches, active, owners = [], [], []
        for contact in every:
            for segment, at in points_of(self.body, contact.place, contact.side):
                touches.append(touch_of(self.exercise, contact, segment, at))
                active.append(np.array([contact in each[number] for number in clock.phase]))
                owners.append(contact)
        return tuple(touches), np.array(active, dtype=bool).reshape(len(touches), clock.phase.size).T, tuple(owners)

    def missed(self, number: int, q: Floats) -> tuple[float, str]:
        """How far a pose is from what was written, and where."""
        wanted, weight = self.wanted(self.exercise.poses[number], None)
        away = np.where(weight == _WRITTEN, np.abs(q - wanted), 0.0)
        worst = int(np.argmax(away))
        return float(away[worst]), self.names[worst]

    def leaning(self, rows: Sequence[Row], loads: Sequence[Load]) -> Callable[[Floats], Floats] | None:
        """How far the weight must stand aside for the pull of cables and hands to be held [m]."""
        at = [k for k, row in enumerate(rows) if row.what == "balance"]
        sideways = force_and_point(self.rigid, loads, placed(self.rigid, np.zeros((1, len(self.names))))) if loads else []
        if not at or not sideways:
            return None
        under = tuple((point, -share) for point, share in rows[at[0]].parts if share < 0)
        two = (
            len({segment for (segment, _), _ in under}) > 1
        )  # against a pull from the side, weight goes to the other foot; one foot must lean
        weight = (self.rigid.mass_kg + sum(mass for _, mass in self.hung)) * -GRAVITY_M_S2[1]

        def shift(q: Floats) -> Floats:
            where = placed(self.rigid, q)
            foot = np.einsum("p,qpi->qi", [share for _, share in under], points(self.rigid, where, [point for point, _ in under]))
            moment = np.zeros((len(q), 3))
            for force, place in force_and_point(self.rigid, loads, where):
                moment += np.cross(place - foot, force)
            found = np.zeros((len(q), len(rows)))
            found[:, at] = np.stack([moment[:, 2], np.zeros(len(q)) if two else -moment[:, 0]], axis=1) / weight
            return found

        return shift

    def _in_the_middle(self, q: Floats, pose: Pose) -> Floats:
        """The room's origin lies on the floor under the middle of the first pose's contacts."""
        if not pose.contacts:
            return q
        at = [point for contact in pose.contacts for point in points_of(self.body, contact.place, contact.side)]
        middle = points(self.rigid, placed(self.rigid, q[None]), at)[0].mean(axis=0)
        q = q.copy()
        for name, axis in (("pelvis_tx", 0), ("pelvis_tz", 2)):
            if not any(abs(self.exercise.surfaces[one.surface].normal[axis]) > 0.1 for one in pose.contacts):
                q[self.names.index(name)] -= middle[axis]
        return q
