"""Loads that are given as a share of what a person can do: how large they are for one body.

The most is found by linear programming in the posture that is held longest (`hipspine.mechanics.strongest`), every muscle at full drive.
It is a model estimate; a measured maximum of the person replaces it.
"""

from dataclasses import replace

import numpy as np

from hipspine.errors import ModelError
from hipspine.exercises.chain import Chain, touch_of
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.loading import loads_of
from hipspine.exercises.places import points_of
from hipspine.mechanics.rigid import placed
from hipspine.mechanics.strongest import most_load
from hipspine.terms import Floats


def with_effort(exercise: Exercise, chain: Chain, poses: Floats) -> Exercise:
    """The exercise with every load that is given as an effort in kilograms for each kilogram of the person.

    Raises:
        ModelError: the model finds no most: nothing gives way, or nothing can be held at all.
    """
    number = int(np.argmax([pose.hold_s for pose in exercise.poses]))
    unit = replace(exercise, loads=tuple(replace(one, body_mass_share=1.0 if one.effort else 0.0, effort=0.0) for one in exercise.loads))
    where = placed(chain.rigid, poses[number : number + 1])
    grows = loads_of(chain.body, chain.rigid, unit, where)
    fixed = loads_of(chain.body, chain.rigid, exercise, where)
    touches = [
        touch_of(exercise, contact, segment, at)
        for contact in exercise.poses[number].contacts
        for segment, at in points_of(chain.body, contact.place, contact.side)
    ]
    found = float(most_load(chain.body, poses[number : number + 1], multiplied=grows, touches=touches, loads=fixed).multiple[0])
    if not 0.0 < found < np.inf:
        raise ModelError(
            f"{exercise.name}: the most that can be held is {found:g} times the body's weight, so no share of it can be taken; "
            "write body_mass_share, or add contacts."
        )
    return replace(
        exercise,
        loads=tuple(replace(one, body_mass_share=one.effort * found, effort=0.0) if one.effort else one for one in exercise.loads),
    )
