"""One repetition of an exercise by one body: postures in time that keep every contact."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.exercises.exercise import Exercise
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid_loads import Load
from hipspine.terms import Floats, Side

FRAMES = 101


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a repetition: a move from one pose to the next, or a hold."""

    name: str  # of the pose that is reached or held
    start_s: float
    end_s: float
    holds: bool
    poses: tuple[int, int]  # from, to


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A repetition of ``exercise`` by ``body``."""

    exercise: Exercise
    body: BodyModel
    side: Side  # that works
    time_s: Floats  # (frame,)
    q: Floats  # (frame, coordinate) free coordinates of the body in the order of `Rigid`
    phase: NDArray[np.int64]  # (frame,) number of its phase
    phases: tuple[Phase, ...]
    touches: tuple[Touch, ...]
    active: NDArray[np.bool_]  # (frame, touch) whether the place touches
    loads: tuple[Load, ...]
    load_kg: float  # all loads together, in kilograms or the kilograms that their pull would lift
    velocities: Floats | None  # (frame, coordinate) where the movement's own dynamics count
    accelerations: Floats | None
    contact_error_m: Floats  # (frame,) farthest that a contact place is from where it must be
    missed_rad: Floats  # (frame,) farthest that a joint is from the angle that was written
    balance_error_m: Floats  # (frame,) how far the weight is from where it should stand; 0 where nothing is balanced
