"""The most that a body can hold in a posture: the largest multiple of a load that muscles and contacts balance.

A linear programme (HiGHS, through SciPy): activations between 0 and 1, contacts inside their friction pyramids, reserves up to their
optimal moment, all moments balanced, the multiple as large as it goes. Exact for the model: no cost, no choice. A person stops earlier:
nobody drives every muscle fully, and pain, balance and skill are not in here. For loads that are told as a share of the greatest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import FRICTION, RESERVE_NM, Situation, Touch, grounded, reserves, situation
from hipspine.mechanics.carrying_lines import Lines, joined, of_gluteus_maximus
from hipspine.mechanics.contacts import Contacts
from hipspine.mechanics.fibre import Curve, fibre
from hipspine.mechanics.rigid import Postures
from hipspine.mechanics.rigid_dynamics import dynamics
from hipspine.mechanics.rigid_loads import Load
from hipspine.mechanics.strength_by_angle import added_force
from hipspine.terms import Floats

_OPTIMAL, _INFEASIBLE, _UNBOUNDED = 0, 2, 3  # SciPy's words for how a programme ended
_GAIN = 1e-9  # of a multiple; less is rounding


@dataclass(frozen=True, slots=True)
class Limit:
    """What keeps the load from being larger."""

    name: str  # gluteus_maximus right; foot:right 1; knee_flexion:right
    gain: float  # of the multiple for each unit by which its strength grows: 1 per cent stronger, a hundredth of it


@dataclass(frozen=True, slots=True, eq=False)
class MostLoad:
    """The largest multiple of a load that a body can hold in each posture."""

    multiple: Floats  # (posture,) inf: no multiple is too large; 0 where even without the load nothing holds
    can: NDArray[np.bool_]  # (posture,) whether any multiple, 0 or more, can be held
    limits: tuple[tuple[Limit, ...], ...]  # (posture,) what is at its limit and matters, the most important first

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know."""
        said = []
        if not self.can.all():
            said.append(f"Muscles and contacts cannot hold posture {int(np.argmin(self.can))} with any multiple of the load.")
        if np.isinf(self.multiple).any():
            posture = int(np.argmax(np.isinf(self.multiple)))
            said.append(f"No multiple of the load is too large in posture {posture}: nothing that can give way holds it.")
        return tuple(said)


def most_load(
    body: BodyModel,
    q: Postures,
    *,
    multiplied: Sequence[Load],
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    active: ArrayLike | None = None,
    joints: Mapping[str, tuple[float, float]] | None = None,
    curve: Curve = Curve.THELEN,
    friction: ArrayLike = FRICTION,
    reserve_nm: float = RESERVE_NM,
) -> MostLoad:
    """The largest multiple of the loads ``multiplied`` that can be held.

    Args:
        body, q, touches, loads, velocities, accelerations, active, curve, friction: as `carrying.carried`; ``loads`` stay as they are.
        multiplied: loads that grow together: weights by their mass, forces, cables and bands by their pull.
        joints: what shoulders and elbows can make, least and greatest moment [N m] by coordinate; one that is not named holds anything.
        reserve_nm: what each joint holds beside its muscles, either way; 0 or more.

    Raises:
        ModelError: no load to multiply, a joint that muscles balance already, or as `carrying.carried`.
    """
    if not multiplied:
        raise ModelError("there is no load to multiply; give at least one.")
    at = situation(body, q, touches=touches, loads=loads, velocities=velocities, accelerations=accelerations, active=active)
    heavier = dynamics(at.rigid, at.q, at.velocities, at.accelerations, loads=[*loads, *multiplied])
    each = heavier.moments - at.needed.moments
    lines = joined([at.lines, *(of_gluteus_maximus(at.rigid, at.where, at.q, field) for field in body.fields)])
    state = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=lines.max_force_n,
        curve=curve,
    )
    able = state.active_n * (1.0 + added_force(lines.muscles, lines.sides, at.rigid.coordinates, at.q))
    strength = lines.arms_m * able[..., None]
    return largest(
        at.needed.moments[:, at.rows],
        each[:, at.rows],
        strength[:, :, at.rows],
        names=_names(lines),
        reserve=_reserves(at, reserve_nm),
        coordinates=[at.rigid.coordinates[k] for k in at.rows],
        contacts=grounded(at, friction) if touches else None,
        held=None if joints is None else _held(at, each, joints, friction),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Moments that are not shared among muscles but may not pass what a joint can make."""

    moments: Floats  # (posture, joint)
    each: Floats  # (posture, joint) more for each multiple
    contact_arms: Floats  # (posture, edge, joint)
    least: Floats  # (joint,)
    most: Floats
    names: tuple[str, ...]


def largest(
    moments: ArrayLike,
    each: ArrayLike,
    arms_force: ArrayLike,
    *,
    names: Sequence[str],
    reserve: ArrayLike = 0.0,
    coordinates: Sequence[str] = (),
    contacts: Contacts | None = None,
    held: Held | None = None,
) -> MostLoad:
    """The same from plain numbers.

    Args:
        moments: (posture, coordinate) what must be made without the load.
        each: (posture, coordinate) what each multiple adds.
        arms_force: (posture, line, coordinate) moment of each line at activation 1.
        names: (line,) of what each line belongs to, for `Limit`; equal names count together.
        reserve: one number or (coordinate,) moment that is held beside the muscles, either way.
        coordinates: names.
        contacts, held: points that push; joints with limits.

    >>> largest([[0.0]], [[25.0]], [[[50.0]]], names=["quadriceps"]).multiple
    array([2.])
    """
    tau, more, arms = (np.asarray(one, dtype=np.float64) for one in (moments, each, arms_force))
    if tau.shape != more.shape or tau.ndim != 2 or arms.shape != (len(tau), len(names), tau.shape[1]):
        raise ModelError(
            f"moments have shape {tau.shape}, each {more.shape}, arms_force {arms.shape}; "
            f"expected (posture, coordinate) twice and (posture, {len(names)}, coordinate)."
        )
    if not all(np.isfinite(one).all() for one in (tau, more, arms)):
        raise ModelError("moments and arms must be finite numbers; a posture or a load is out of range.")
    spare = np.array(np.broadcast_to(np.asarray(reserve, dtype=np.float64), tau.shape[1]))
    if not (np.isfinite(spare) & (spare >= 0)).all():
        raise ModelError(f"reserve is {reserve!r}; give finite moments of 0 or more.")
    found = [_solve(k, tau, more, arms, names, spare, tuple(coordinates), contacts, held) for k in range(len(tau))]
    return MostLoad(np.array([one[0] for one in found]), np.array([one[1] for one in found], dtype=bool), tuple(one[2] for one in found))


def _solve(
    k: int,
    tau: Floats,
    more: Floats,
    arms: Floats,
    names: Sequence[str],
    spare: Floats,
    coordinates: tuple[str, ...],
    contacts: Contacts | None,
    held: Held | None,
) -> tuple[float, bool, tuple[Limit, ...]]:
    """One posture. Unknowns: activations, edge forces, reserves, the multiple; the multiple's negative is made least."""
    lines, n = arms.shape[1:]
    edges = np.zeros((0, n)) if contacts is None else contacts.arms[k]
    touches, each = (0, 1) if contacts is None else (len(contacts.names), contacts.edges)
    count = lines + len(edges) + n + 1
    balance = np.concatenate([arms[k], edges, np.eye(n), -more[k][None]]).T
    upper = np.concatenate([np.ones(lines), np.full(len(edges), np.inf), spare, [np.inf]])
    lower = np.concatenate([np.zeros(lines + len(edges)), -spare, [0.0]])
    # at most: a touch's limit, and what a joint can make either way
    limit = np.full(touches, np.inf) if contacts is None else contacts.limit_n
    bounded = np.flatnonzero(np.isfinite(limit))
    total = np.zeros((touches, count))
    for c in range(touches):
        total[c, lines + each * c : lines + each * (c + 1)] = 1.0
    rows = [total[bounded]]
    right, told = [limit[bounded]], [] if contacts is None else [contacts.names[c] for c in bounded]
    if held is not None:
        made = np.zeros((len(held.names), count))
        made[:, lines : lines + len(edges)] = -held.contact_arms[k].T
        made[:, -1] = held.each[k]
        rows += [made, -made]
        right += [held.most - held.moments[k], held.moments[k] - held.least]
        told += [*held.names, *held.names]
    cost = np.zeros(count)
    cost[-1] = -1.0
    found = linprog(
        cost,
        A_ub=np.concatenate(rows),
        b_ub=np.concatenate(right),
        A_eq=balance,
        b_eq=tau[k],
        bounds=list(zip(lower.tolist(), upper.tolist(), strict=True)),
        method="highs",
    )
    if found.status == _UNBOUNDED:
        return float("inf"), True, ()
    if found.status == _INFEASIBLE:
        return 0.0, False, ()
    if found.status != _OPTIMAL:
        raise ModelError(f"the largest load of posture {k} was not found: {found.message}")
    from_below, from_above, at_limit = (np.asarray(one.marginals) for one in (found.lower, found.upper, found.ineqlin))
    gains: dict[str, float] = {}
    for name, price in zip(names, from_above[:lines], strict=True):
        gains[name] = gains.get(name, 0.0) - float(price)
    for name, price, at_most in zip(told, at_limit, np.concatenate(right), strict=True):
        gains[name] = gains.get(name, 0.0) - float(price * at_most)
    for name, price, room in zip(coordinates, (from_below - from_above)[-n - 1 : -1], spare, strict=bool(coordinates)):
        gains[f"{name} (reserve)"] = float(price) * room
    order = sorted((name for name, gain in gains.items() if gain > _GAIN), key=lambda name: (-gains[name], name))
    return float(np.asarray(found.x)[-1]), True, tuple(Limit(name, gains[name]) for name in order)


def _names(lines: Lines) -> list[str]:
    """Whole muscle and side of each line."""
    return [f"{muscle.partition('/')[0]}{f' {side}' if side else ''}" for muscle, side in zip(lines.muscles, lines.sides, strict=True)]


def _reserves(at: Situation, reserve_nm: float) -> Floats:
    if not (np.isfinite(reserve_nm) and reserve_nm >= 0):
        raise ModelError(f"reserve_nm is {reserve_nm}; give a finite moment of 0 or more.")
    return np.array(reserves(at, reserve_nm))


def _held(at: Situation, each: Floats, joints: Mapping[str, tuple[float, float]], friction: ArrayLike) -> Held:
    names = tuple(joints)
    others = [name for k, name in enumerate(at.rigid.coordinates) if k not in set(at.rows.tolist())]
    if wrong := [name for name in names if name not in others]:
        raise ModelError(f"{wrong[0]!r} is no joint that is held without muscles; limits are for {', '.join(others)}.")
    columns = [at.rigid.coordinates.index(name) for name in names]
    least, most = (np.array([joints[name][end] for name in names], dtype=np.float64) for end in (0, 1))
    if not (np.isfinite(least) & np.isfinite(most) & (least <= most)).all():
        raise ModelError(f"limits of joints are {dict(joints)}; give a least and a greatest moment of each, both finite.")
    arms = np.zeros((len(at.q), 0, len(names)))
    if at.touches:
        directions = grounded(at, friction).directions.reshape(len(at.q), len(at.touches), -1, 3)
        pushed = np.einsum("qtac,qtea->qtec", (at.jacobians * at.active[..., None, None])[..., columns], directions)
        arms = pushed.reshape(len(at.q), -1, len(names))
    return Held(at.needed.moments[:, columns], each[:, columns], arms, least, most, names)
