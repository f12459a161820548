"""What a posture or a movement asks of the whole body, in many bodies that differ in what is unknown: medians, ranges, agreement.

Geometry is worked out once (`carrying_ready`): the arms of each drawn body are sums of what is ready. The line field of gluteus maximus is
not shifted: its members are all the fields that the measured arms accept. Each body goes through all frames by itself.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.person import Person
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Touch, situation
from hipspine.mechanics.carrying_drawn import drawn_bodies
from hipspine.mechanics.carrying_effort import Effort
from hipspine.mechanics.carrying_member import Drawn, by_region, carry, held, lengths, others, told
from hipspine.mechanics.fibre import Curve
from hipspine.mechanics.levels import LOWEST, LUMBAR
from hipspine.mechanics.posture import HIP
from hipspine.mechanics.rigid import Postures
from hipspine.mechanics.rigid_loads import Load
from hipspine.mechanics.sharing import EXPONENTS, LOWEST_FLOOR
from hipspine.mechanics.spread import Spread, agreement, range_over_members, rank_stability
from hipspine.mechanics.strength_by_angle import SHARES
from hipspine.terms import Floats, Side

WHOLE_BODY = Spread(floor=(0.001, 0.05), floor_in_log=True, curves=(Curve.THELEN,), by_angle=SHARES)
"""How much every muscle works along is of unknown order of magnitude, and joints feel the sum of all of it: from next to none to 5 %.
The wider curve of force over length alone: in deep flexion the narrower one leaves still less of what people have. Muscles behind the
hip keep as much of it as men or women do, see `strength_by_angle`.
"""


@dataclass(frozen=True, slots=True, eq=False)
class CarriedEnsemble:
    """The same postures in many bodies; NaN where a member found no proof. Side: right, left."""

    groups: tuple[str, ...]
    activation: Floats  # (member, posture, side, group)
    hip_bw: Floats  # (member, posture, side)
    compression_n: Floats  # (member, posture) of L5/S1
    shear_n: Floats  # (member, posture) of L5/S1, forward
    sij_normal_n: Floats  # (member, posture, side)
    sij_shear_n: Floats  # (member, posture, side) size
    floor: Floats  # (member,) what every muscle works along
    reserve: Floats  # (member, posture) largest share of its optimal moment that a reserve carries
    residual: Floats  # (member, posture) of the conditions of an optimum
    coordinates: tuple[str, ...]  # those that muscles and contacts balance
    muscle_nm: Floats  # (member, posture, coordinate) moment of all muscles
    left_nm: Floats  # (member, posture, coordinate) moment that nothing but a reserve carries
    held: tuple[str, ...]  # coordinates of shoulders and elbows
    held_nm: Floats  # (member, posture, held) moment that all muscles there must make, whatever their number
    contact_n: Floats  # (member, posture, touch, 3) on the body, ground's axes
    fibre_norm: (
        Floats  # (posture, side, group) fibre length over optimal length: geometry, of the body itself; NaN where a side has no line
    )
    gluteus_norm: Floats  # (member, posture, side, region) the same of the regions of gluteus maximus
    seed: int
    spread: Spread = field(default_factory=lambda: WHOLE_BODY)

    def of(self, group: str, side: Side) -> Floats:
        """(member, posture) activation of one group of one side."""
        if group not in self.groups:
            raise ModelError(f"there is no muscle group {group!r}; there are {', '.join(self.groups)}.")
        return np.asarray(self.activation[:, :, SIDES.index(side), self.groups.index(group)])

    def range_of(self, group: str, side: Side) -> tuple[Floats, Floats, Floats]:
        """(posture,) median, low and high end of 90 % of the members."""
        return range_over_members(self.of(group, side))

    def agreement(self, more: str, less: str, side: Side) -> Floats:
        """(posture,) share of the members in which ``more`` works harder than ``less``."""
        return agreement(self.of(more, side), self.of(less, side))

    def rank_stability(self, groups: Sequence[str], side: Side) -> Floats:
        """(posture,) see `spread.rank_stability`."""
        return rank_stability(np.stack([self.of(group, side) for group in groups], axis=-1))

    @property
    def moments_nm(self) -> Floats:
        """(member, posture, side, 3) moment of all muscles about hip flexion, adduction and internal rotation."""
        columns = [[self.coordinates.index(f"{name}:{side}") for name in HIP] for side in SIDES]
        return np.asarray(self.muscle_nm[:, :, columns])

    @property
    def lumbar_nm(self) -> Floats:
        """(member, posture, 3) moment of all muscles about L5/S1: flexion, bending, rotation; of the whole spine where it has no discs."""
        names = [next(one for one in self.coordinates if one in (f"{bend}:{LOWEST}", bend)) for bend in LUMBAR]
        return np.asarray(self.muscle_nm[:, :, [self.coordinates.index(name) for name in names]])

    @property
    def unproven(self) -> NDArray[np.bool_]:
        """(posture,) where no member found a proof: everything there is NaN."""
        return np.asarray(np.isnan(self.reserve).all(axis=0))

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know: postures without any answer, and such that muscles cannot hold."""
        said, (members, count), lost = [], self.reserve.shape, self.unproven
        if lost.any():
            said.append(
                f"Sharing found no certified answer in any of {members} bodies for {int(lost.sum())} of {count} postures "
                f"(first {int(np.argmax(lost))}); they are left out."
            )
        some = int((np.isnan(self.reserve) & ~lost).sum())
        if some:
            said.append(f"{some} of {members * count} answers found no certificate; they count nowhere.")
        weak = np.nan_to_num(self.reserve) > 1
        if weak.any():
            member, posture = np.unravel_index(int(np.argmax(np.nan_to_num(self.reserve))), self.reserve.shape)
            missing = np.abs(self.left_nm[member, posture])
            worst = int(np.argmax(missing))
            said.append(
                f"Muscles cannot hold {int(weak.any(axis=0).sum())} of {count} postures in {100 * weak.any(axis=1).mean():.0f} % of the "
                f"bodies; at worst {missing[worst]:.3g} N m or N about {self.coordinates[worst]} is left over (posture {posture})."
            )
        return tuple(said)


def carried_ensemble(
    body: BodyModel,
    q: Postures,
    *,
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    active: ArrayLike | None = None,
    passive: bool = False,
    efforts: Sequence[Effort] = (),
    person: Person | None = None,
    samples: int = 200,
    seed: int = 0,
    spread: Spread | None = None,
    partly: bool = False,
    workers: int = 1,
) -> CarriedEnsemble:
    """What postures ask of every muscle group and joint, in ``samples`` bodies.

    Args:
        body, q, touches, loads, velocities, accelerations, active, passive: as `carrying.carried`.
        efforts: muscles that a person drives harder than the task needs.
        person: whose size the body was given; every field of the ensemble gets it too.
        samples: bodies that are drawn, 2 or more.
        seed: the same seed gives the same numbers.
        spread: what is drawn, and how widely; `WHOLE_BODY` unless given.
        partly: leave postures for which no body has an answer as NaN, and let `CarriedEnsemble.sentences` say so, rather than refuse all.
        workers: threads among which the bodies are shared out; the numbers are the same with any number.

    Raises:
        ModelError: fewer than 2 samples, a seed below 0, a posture without any answer (unless ``partly``), or as `carrying.carried`.
    """
    if samples < 2 or seed < 0:
        raise ModelError(
            f"samples is {samples} and seed {seed}; a range needs 2 samples or more (200 for a table) and a seed of 0 or more."
        )
    if person is None and "height_m" in body.about:
        raise ModelError(f"{body.name} was scaled to a person; give that person, too, so that every line field gets the same size.")
    spread = spread or WHOLE_BODY
    _look_at(spread)
    at = situation(
        body, q, touches=touches, loads=loads, velocities=velocities, accelerations=accelerations, active=active, passive=passive
    )
    many = drawn_bodies(at, body, spread=spread, samples=samples, seed=seed, person=person, efforts=efforts)
    made, bodies, groups = many.made, many.bodies, many.groups
    with ThreadPoolExecutor(max(workers, 1)) as threads:
        found = list((threads.map if workers > 1 else map)(lambda one: carry(at, made, one), bodies))
    each = [told(at, one, result) for one, result in zip(bodies, found, strict=True)]
    stacked = {name: np.stack([one[name] for one in each]) for name in each[0]}
    stacked["activation"] = stacked["activation"].reshape(samples, len(at.q), len(SIDES), len(groups))
    stacked["held_nm"] = held(at, made, stacked["contact_n"])
    stacked["gluteus_norm"] = by_region(many.fields, stacked.pop("norm"), np.stack([one.glutei.force_n for one in bodies]))
    if not partly:
        _look_at_answers(stacked["reserve"], bodies)
    return CarriedEnsemble(
        groups=tuple(groups),
        coordinates=tuple(at.rigid.coordinates[k] for k in at.rows),
        held=tuple(at.rigid.coordinates[k] for k in others(at)),
        fibre_norm=lengths(at, body, groups),
        seed=seed,
        spread=spread,
        **stacked,
    )


def _look_at(spread: Spread) -> None:
    if spread.exponent[1] > 2 and spread.floor[0] < LOWEST_FLOOR:
        raise ModelError(f"the floor is drawn from {spread.floor[0]:g}; with exponents above 2 let it begin at {LOWEST_FLOOR} or more.")
    if not EXPONENTS[0] <= spread.exponent[0] <= spread.exponent[1] <= EXPONENTS[1]:
        raise ModelError(f"the exponent is drawn from {spread.exponent}; give {EXPONENTS[0]:g} to {EXPONENTS[1]:g}.")
    if not spread.friction[0] >= 0:
        raise ModelError(f"friction is drawn from {spread.friction[0]:g}; give a number of at least 0.")


def _look_at_answers(reserve: Floats, bodies: Sequence[Drawn]) -> None:
    """Refuse postures for which no body has an answer."""
    lost = np.isnan(reserve).all(axis=0)
    if not lost.any():
        return
    posture = int(np.argmax(lost))
    if not any(one.glutei.pulls[posture] for one in bodies):
        raise ModelError(f"posture {posture}: gluteus maximus has no pull with its moment arms; use postures inside the range of a hip.")
    raise ModelError(
        f"posture {posture}: sharing found no certified answer in any of {len(bodies)} bodies; "
        "the load is far beyond what muscles can do. Take less, or lean less."
    )
