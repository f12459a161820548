"""What touches at each moment of a quick movement: heels that lift and come down within a phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.exercises.chain import Chain, Clock, Phase, touch_of
from hipspine.exercises.conditions import FEET, contact_rows, hand_rows
from hipspine.exercises.exercise import Contact
from hipspine.exercises.places import points_of
from hipspine.exercises.rows import Row, Rows
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import placed
from hipspine.terms import Floats

_LIFTS = 0.6  # of the time of a phase in which a heel lifts, it still presses: our assumption


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a phase in which the same places touch."""

    start_s: float
    end_s: float
    contacts: tuple[Contact, ...]

    def touches(self, chain: Chain) -> tuple[Touch, ...]:
        """Their points."""
        return tuple(touch_of(chain.exercise, own, *point) for own in self.contacts for point in points_of(chain.body, own.place, own.side))


def stretches(chain: Chain, phase: Phase) -> tuple[Stretch, ...]:
    """A phase in parts: a heel (or ball) that lifts presses for `_LIFTS` of the time, one that comes down for as long."""
    both, _ = chain.during(phase)
    early, late = (_kept(chain.stops[k].contacts, both) for k in phase.poses)
    if phase.holds or early == late == both:
        return (Stretch(phase.start_s, phase.end_s, both),)
    length = phase.end_s - phase.start_s
    share = 0.5 if early != both and late != both else _LIFTS
    lifts, lands = (share if early != both else 0.0), (1.0 - share if late != both else 1.0)
    cuts = [phase.start_s, phase.start_s + lifts * length, phase.start_s + lands * length, phase.end_s]
    found = zip(cuts[:-1], cuts[1:], (early, both, late), strict=True)
    return tuple(Stretch(start, end, contacts) for start, end, contacts in found if end > start)


def touching(chain: Chain, clock: Clock) -> tuple[tuple[Touch, ...], NDArray[np.bool_], tuple[Contact, ...]]:
    """As `Chain.touching`, with heels and balls of feet that press for a part of a phase."""
    each = [stretches(chain, one) for one in clock.phases]
    every = dict.fromkeys(contact for parts in each for one in parts for contact in one.contacts)
    there = [
        next(one for one in each[number] if time <= one.end_s + 1e-9 or one is each[number][-1])
        for time, number in zip(clock.time_s, clock.phase, strict=True)
    ]
    touches, active, owners = [], [], []
    for contact in every:
        for segment, at in points_of(chain.body, contact.place, contact.side):
            touches.append(touch_of(chain.exercise, contact, segment, at))
            active.append([contact in one.contacts for one in there])
            owners.append(contact)
    return tuple(touches), np.array(active, dtype=bool).reshape(len(touches), clock.phase.size).T, tuple(owners)


def off_m(chain: Chain, phase: Phase, time_s: Floats, q: Floats) -> Floats:
    """(frame,) farthest that a contact place of a phase is from where it must be."""
    found = np.zeros(len(q))
    for one in stretches(chain, phase):
        here = (time_s >= one.start_s - 1e-9) & (time_s <= one.end_s + 1e-9)
        rows = [row for row in rows_of(chain, phase, one.contacts) if row.what == "contact"]
        if rows and here.any():
            off = np.abs(Rows.of(rows).off(chain.rigid, placed(chain.rigid, q[here]))).max(axis=1)
            found[here] = np.maximum(found[here], off)
    return found


def _kept(contacts: Sequence[Contact], both: Sequence[Contact]) -> tuple[Contact, ...]:
    """Those of a pose that stay wholly or in part."""
    parts = {(one.side, one.surface) for one in both if one.place in FEET}
    return tuple(one for one in contacts if one in both or (one.place == "sole" and (one.side, one.surface) in parts))


def rows_of(chain: Chain, phase: Phase, contacts: Sequence[Contact]) -> list[Row]:
    """What holds while these places touch, without balance."""
    pins = chain.pins[phase.poses[0]] | chain.pins[phase.poses[1]]
    return [*contact_rows(chain.body, contacts, chain.exercise.surfaces, pins), *hand_rows(chain.body, chain.during(phase)[1])]
