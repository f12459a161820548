"""The bodies of the whole-body ensemble, drawn for a situation and made ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.anatomy.person import Person
from hipspine.mechanics.carrying import SIDES, Situation
from hipspine.mechanics.carrying_effort import Effort, floors
from hipspine.mechanics.carrying_glutei import fields_of, glutei, mixtures
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, groups_of
from hipspine.mechanics.carrying_member import Drawn, member
from hipspine.mechanics.carrying_ready import Ready, ready
from hipspine.mechanics.spread import Spread, draw, draw_trunk

_OF_ANGLE = 53  # beside the seed, for dice of its own


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBodies:
    """Many bodies in one situation."""

    groups: Mapping[str, NDArray[np.bool_]]  # which lines belong to each
    fields: tuple[LineField, ...]  # of the first body, one of each side: all have the same lines
    made: Ready
    bodies: tuple[Drawn, ...]


def drawn_bodies(
    at: Situation, body: BodyModel, *, spread: Spread, samples: int, seed: int, person: Person | None = None, efforts: Sequence[Effort] = ()
) -> DrawnBodies:
    """``samples`` bodies; arguments as in `carrying_ensemble.carried_ensemble`, which asks them all the same."""
    dice, kinds = np.random.default_rng(seed), set(at.lines.muscles)
    drawn = [
        (draw(spread, dice, kinds=len(kinds), muscles=len({*kinds, GLUTEUS_MAXIMUS})), draw_trunk(spread, dice)) for _ in range(samples)
    ]
    by_angle = np.random.default_rng([seed, _OF_ANGLE]).uniform(*spread.by_angle, samples)  # dice of its own: the others fall as before
    pool = sorted({one.field for one, _ in drawn}, key=lambda number: -1 if number is None else number)
    fields = fields_of(body, pool, person)
    of_member = dict(zip(pool, glutei(at, fields), strict=True))
    muscles = (*at.lines.muscles, *(f"{GLUTEUS_MAXIMUS}/{region}" for one in fields[0] for region in one.region))
    sides = (*at.lines.sides, *(one.side for one in fields[0] for _ in one.region))
    groups = groups_of(muscles)
    slots = [lines & np.array([one is side for one in sides]) for side in SIDES for lines in groups.values()]
    made = ready(at, fields[0], slots, mixtures(at))
    least = floors(efforts, groups, sides, len(at.q), samples, seed)
    bodies = tuple(
        Drawn(one, trunk, of_member[one.field], member(at, made, muscles, of_member[one.field], one, trunk, spread, low, float(share)))
        for (one, trunk), low, share in zip(drawn, least, by_angle, strict=True)
    )
    return DrawnBodies(groups, fields[0], made, bodies)
