"""A quick movement in balance: one smooth course of all coordinates for which the floor can give what the movement asks of it.

Written poses alone say nothing of the turning of the body as a whole: on the ground the pressure may have to lie outside the feet, in the
air the angular momentum would change. So from rest to rest all coordinates are splines of fifth degree over time, and their coefficients
are least squares over time: written angles weigh one at their pose, contacts a million, and what contacts cannot give of the force and
moment that the whole body asks (`unheld`) weighs so much that a few newtons remain. In the air there is no contact: gravity's parabola
and a constant angular momentum are the same condition. Everything is smooth to the acceleration, so feet touch down and leave without a
blow; a real landing has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import solve_triangular, solveh_banded
from threadpoolctl import threadpool_limits

from hipspine.exercises.chain import ARMS, Chain, Clock
from hipspine.exercises.places import points_of
from hipspine.exercises.rows import Rows
from hipspine.exercises.stretches import rows_of, stretches
from hipspine.exercises.unheld import SPREAD, Left, asked, burdened, crossing, edges_of, given
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import GRAVITY_M_S2, Point, Rigid, placed, point_jacobians, points
from hipspine.mechanics.rigid_loads import Load
from hipspine.terms import Floats, Side

_DEGREE = 5
_KNOT_S = 0.045  # between knots of a phase, but for those that last long
_KNOTS = (3, 14)  # fewest and most stretches of a phase
_GAUSS = 0.5 + np.array([-1.0, 0.0, 1.0]) * np.sqrt(0.15)  # of a stretch: where all is looked at
_UNHELD_N = (100.0, 10.0, 3.0)  # [N, N m] of the whole body that weighs as much as a radian of a written angle: in turn
_POSE = 10.0  # weight of angles in a pose
_ON_THE_WAY = 0.1  # weight of angles between poses
_PUSH = 1.0  # weight of the square of what contacts push over a phase, in body weights
_JERK = 3e-5  # weight of the square of the third derivative over a phase, in units of its length
_CONTACT = 0.1  # of the strengths that postures are closed with, at each of the many times
_ARMS = 0.1  # weight of arms on the way that nobody wrote: else they would be flung about to hold the balance
_FLOOR, _LIMIT = 1e4, 1e4  # strength of what must not sink and of joint limits
_SINKS_M = 0.01  # that soles may: an edge of a foot that stands on its middle
_FREELY = 2.0  # times what a contact gives may be added or taken away in a step
_NONE = np.zeros((0, 0, 0))
_STEPS, _STILL = 40, 3e-3


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """Coordinates over time."""

    course: BSpline  # (time) -> (coordinate)
    unheld: Floats  # (time,) largest force or moment that contacts cannot give, at the times that were looked at [N, N m]

    low: Floats  # (coordinate,) limits of joints, onto which rounding and compromise are laid
    high: Floats

    def at(self, time_s: Floats) -> tuple[Floats, Floats, Floats]:
        """(frame, coordinate) values, speeds, accelerations."""
        first, second, third = (np.asarray(self.course(time_s, nu)) for nu in range(3))
        return np.clip(first, self.low, self.high), second, third


def moving(chain: Chain, poses: Floats, clock: Clock, numbers: Sequence[int], loads: Sequence[Load] = ()) -> Moving:
    """One course through phases that follow each other without a hold, from rest in the first pose to rest in the last.

    Args:
        poses: (pose, coordinate) of the exercise, closed; the first and the last of the course are reached exactly.
        clock: of the repetition; its courses are where the search begins.
        numbers: of the phases.
    """
    with threadpool_limits(limits=1):  # sums in another order lead elsewhere: the same bytes on any number of cores, and quicker on few
        return _searched(chain, poses, clock, numbers, loads)


def _searched(chain: Chain, poses: Floats, clock: Clock, numbers: Sequence[int], loads: Sequence[Load]) -> Moving:
    task = _Task.of(chain, poses, clock, numbers)
    which = np.searchsorted([clock.phases[number].end_s for number in numbers[:-1]], task.time_s)
    near, _ = chain.frames(poses, replace(clock, time_s=task.time_s, phase=np.array(numbers)[which]), loads)
    q, damping = task.start(near), 1e-4
    for unheld in _UNHELD_N:
        task, growth, small = replace(task, unheld_n=unheld), 2.0, 0
        cost, gradient, hessian = task.look(q)
        for _ in range(_STEPS):
            step = _step(hessian, gradient, damping, (_DEGREE + 1) * q.shape[1])
            trial = q + step.reshape(q.shape)
            gained = cost - task.cost(trial)
            if gained <= 0:
                damping, growth = damping * growth, growth * 2.0
                continue
            share = gained / max(-2.0 * float(gradient @ step) - float(step @ np.einsum("ij,j->i", hessian, step)), 1e-300)
            damping, growth = max(damping * max(0.2, 1.0 - (2.0 * share - 1.0) ** 3), 1e-9), 2.0
            q = trial
            small = small + 1 if gained < _STILL * cost else 0
            if small == 2:
                break
            cost, gradient, hessian = task.look(q)
    return Moving(task.course(q), task.unheld(q), *task.limits)


def _step(hessian: Floats, gradient: Floats, damping: float, width: int) -> Floats:
    """The damped step; coefficients that stand ``width`` or more apart have nothing to do with each other."""
    banded = np.zeros((width, len(hessian)))
    for k in range(min(width, len(hessian))):
        banded[k, : len(hessian) - k] = np.diagonal(hessian, -k)
    banded[0] += damping * np.maximum(banded[0], 1e-9)
    return -np.asarray(solveh_banded(banded, gradient, lower=True, check_finite=False))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A phase of the course, and the times at which it is looked at."""

    at: slice
    mix: Floats  # (row, point, 3) of all points of the task
    target_m: Floats  # (row,)
    strength: Floats  # (row,) its root
    touches: tuple[Touch, ...]
    touching: tuple[int, ...]  # their numbers among all points

    @classmethod
    def of(cls, at: slice, rows: Rows, touches: tuple[Touch, ...], named: tuple[Point, ...]) -> "_Part":
        mix = np.zeros((len(rows.what), len(named), 3))
        mix[:, [named.index(one) for one in rows.points]] = rows.mix[:, :, None] * rows.axis[:, None]
        touching = tuple(named.index((one.segment, one.at_m)) for one in touches)
        return cls(at, mix, rows.target_m, np.sqrt(_CONTACT * rows.strength), touches, touching)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    chain: Chain
    rigid: Rigid  # with the loads as masses of the segments that carry them
    knots: Floats
    basis: tuple[Floats, ...]  # of value, speed, acceleration, jerk: (time, coefficient)
    parts: tuple[_Part, ...]
    wanted: Floats  # (time, coordinate)
    weight: Floats  # (time, coordinate)
    time_s: Floats  # (time,)
    smoothly: Floats  # (time,) weight of the third derivative
    ends: tuple[Floats, Floats]
    points: tuple[Point, ...]  # all that rows, touches and soles name; the soles, which must not sink, come first
    soles: int
    calmly: Floats  # (time,) root of the weight of what contacts push [1/N]
    unheld_n: float  # [N, N m] of the whole body that weighs as much as a radian of a written angle

    @classmethod
    def of(cls, chain: Chain, poses: Floats, clock: Clock, numbers: Sequence[int]) -> "_Task":
        inner: list[Floats] = []
        times: list[Floats] = []
        equals, smoothly, wanted, weight, todo = [], [], [], [], []
        phases = [clock.phases[number] for number in numbers]
        for number, phase in zip(numbers, phases, strict=True):
            first, last = phase.poses
            arms = np.array([_ARMS if name.startswith(ARMS) else 0.0 for name in chain.names])
            own = np.maximum.reduce([*(chain.wanted(chain.stops[k], None)[1] for k in (first, last)), arms])
            whole = phase.end_s - phase.start_s
            for one in stretches(chain, phase):
                length = one.end_s - one.start_s
                count = int(np.clip(round(length / _KNOT_S), *_KNOTS))
                cuts = np.linspace(0.0, 1.0, count + 1)
                share = np.concatenate([[0.0], (cuts[:-1, None] + _GAUSS / count).ravel(), [1.0]])
                equal = np.concatenate([[0.0], np.full(3 * count, 1.0 / (3 * count)), [0.0]]) * length / whole
                begin, rows = sum(len(each) for each in times), Rows.of(rows_of(chain, phase, one.contacts))
                todo.append((slice(begin, begin + share.size), rows, one.touches(chain)))
                times.append(one.start_s + length * share)
                along = clock.course(number)((times[-1] - phase.start_s) / whole)
                wanted.append(poses[first] + along[:, None] * (poses[last] - poses[first]))
                weight.append(np.outer(_ON_THE_WAY * equal, own))
                equals.append(equal)
                smoothly.append(_JERK * whole**6 * equal)
                inner += [one.start_s + length * cuts[1:-1], np.full(2, one.end_s)]
            weight[-1][-1] = _POSE * chain.wanted(chain.stops[last], None)[1]
        inner.pop()
        knots = np.concatenate([np.full(_DEGREE + 1, phases[0].start_s), *inner, np.full(_DEGREE + 1, phases[-1].end_s)])
        at = np.concatenate(times)
        bases = BSpline(knots, np.eye(knots.size - _DEGREE - 1), _DEGREE)
        basis = tuple(np.asarray(bases(at, nu)) for nu in range(4))
        soles = tuple(point for side in Side for point in points_of(chain.body, "sole", side))
        others = {one for _, rows, _ in todo for one in rows.points}
        others |= {(one.segment, one.at_m) for _, _, touches in todo for one in touches}
        named = (*soles, *sorted(others - set(soles)))
        parts = tuple(_Part.of(*one, named) for one in todo)
        rigid = Rigid.of(burdened(chain.body, chain.hung), limits=False)
        return cls(
            chain, rigid, knots, basis, parts, np.concatenate(wanted), np.concatenate(weight), at, np.concatenate(smoothly),
            (poses[phases[0].poses[0]], poses[phases[-1].poses[1]]), named, len(soles),
            np.sqrt(_PUSH * np.concatenate(equals)) / (rigid.mass_kg * -GRAVITY_M_S2[1]), _UNHELD_N[0],
        )  # fmt: skip

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """(coordinate,) of the joints."""
        low, high = (np.array([getattr(one, end) for one in self.rigid.free]) for end in ("low", "high"))
        return low, high

    def start(self, near: Floats) -> Floats:
        """(coefficient, coordinate) of a smooth course near (time, coordinate) postures."""
        basis, jerk = self.basis[0], self.basis[3]
        smoothly = self.smoothly[:, None]
        hessian = basis.T @ basis + jerk.T @ (smoothly * jerk)
        fixed = self._all(np.zeros((basis.shape[1] - 6, near.shape[1])))
        return np.asarray(np.linalg.solve(hessian[3:-3, 3:-3], (basis.T @ near - hessian @ fixed)[3:-3]))

    def course(self, q: Floats) -> BSpline:
        """The spline of these inner coefficients: at rest, without acceleration, at both ends."""
        return BSpline(self.knots, self._all(q), _DEGREE)

    def cost(self, q: Floats) -> float:
        """What is left of all conditions."""
        moved = self._moves(q)
        at = points(self.rigid, placed(self.rigid, moved[0]), self.points)
        held = sum(float((off**2).sum()) for _, off, _ in self._conditions(at, None))
        return self._own(q)[0] + held + self._left(moved, at, None).cost(self.unheld_n)

    def look(self, q: Floats) -> tuple[float, Floats, Floats]:
        """Cost, half its gradient and half its curvature (Gauss and Newton's) over all inner coefficients."""
        n, count = q.shape[1], q.shape[0]
        moved = self._moves(q)
        at, shifts = points(self.rigid, placed(self.rigid, moved[0]), self.points), point_jacobians(self.rigid, moved[0], self.points)
        cost, own, slope = self._own(q)
        blocks = np.zeros((count, n, count, n))
        for c in range(n):
            blocks[:, c, :, c] = own[c]
        hessian = blocks.reshape(count * n, count * n)
        gradient = slope.ravel()
        left = self._left(moved, at, shifts)
        cost += left.cost(self.unheld_n)
        rows: list[list[tuple[Floats, Floats]]] = [[] for _ in at]
        for when, off, slopes in self._conditions(at, shifts):
            cost += float((off**2).sum())
            for k, one, jacobian in zip(range(when.start, when.stop), off, slopes, strict=True):
                rows[k].append((one, jacobian))
        for k in range(len(at)):
            local = np.flatnonzero(np.any([basis[k, 3:-3] != 0 for basis in self.basis[:3]], axis=0))
            if not local.size:
                continue
            index = (local[:, None] * n + np.arange(n)).ravel()
            mixed = np.einsum("drc,dj->rjc", left.slopes[k], [basis[k, 3:-3][local] for basis in self.basis[:3]]) / self.unheld_n
            root = np.linalg.cholesky(left.freely[k])
            calmer = np.einsum("drc,dj->rjc", left.pushing[k], [basis[k, 3:-3][local] for basis in self.basis[:3]])
            parts = [solve_triangular(root, mixed.reshape(6, index.size), lower=True), calmer.reshape(3, index.size)]
            offs = [root.T @ left.n[k] / self.unheld_n, left.push[k]]
            for one, jacobian in rows[k]:
                parts.append(np.einsum("rc,j->rjc", jacobian, self.basis[0][k, 3:-3][local]).reshape(one.size, index.size))
                offs.append(one)
            jacobian, off = np.concatenate(parts), np.concatenate(offs)
            hessian[np.ix_(index, index)] += np.einsum("ri,rj->ij", jacobian, jacobian)
            gradient[index] += jacobian.T @ off
        return cost, gradient, hessian

    def unheld(self, q: Floats) -> Floats:
        """(time,) see `Moving`."""
        moved = self._moves(q)
        return np.asarray(np.abs(self._left(moved, points(self.rigid, placed(self.rigid, moved[0]), self.points), None).n).max(axis=1))

    def _all(self, q: Floats) -> Floats:
        first, last = self.ends
        return np.concatenate([np.tile(first, (3, 1)), q, np.tile(last, (3, 1))])

    def _moves(self, q: Floats) -> tuple[Floats, Floats, Floats]:
        every = self._all(q)
        value, speed, rise = (np.asarray(basis @ every) for basis in self.basis[:3])
        return value, speed, rise

    def _own(self, q: Floats) -> tuple[float, Floats, Floats]:
        """Of what each coordinate wants by itself: cost, curvature (coordinate, coefficient, coefficient), gradient."""
        every, basis, jerk = self._all(q), self.basis[0][:, 3:-3], self.basis[3][:, 3:-3]
        value, third = self.basis[0] @ every, self.basis[3] @ every
        low, high = self.limits
        beyond = np.where(value > high, value - high, np.where(value < low, value - low, 0.0))
        off = value - self.wanted
        smoothly = self.smoothly
        cost = float((self.weight * off**2).sum() + _LIMIT * (beyond**2).sum() + (smoothly[:, None] * third**2).sum())
        counts = self.weight + _LIMIT * (beyond != 0)
        hessian = np.einsum("kc,ki,kj->cij", counts, basis, basis, optimize=True) + (jerk.T * smoothly) @ jerk
        return cost, hessian, basis.T @ (self.weight * off + _LIMIT * beyond) + (jerk.T * smoothly) @ third

    def _conditions(self, at: Floats, by: Floats | None) -> list[tuple[slice, Floats, Floats]]:
        """Contacts and hands of each part, and what must not sink: times, (time, row) how far off, (time, row, coordinate) slopes."""
        found: list[tuple[slice, Floats, Floats]] = []
        for one in self.parts:
            off = (np.einsum("rpi,kpi->kr", one.mix, at[one.at]) - one.target_m) * one.strength
            slopes = _NONE if by is None else np.einsum("rpi,kpic->krc", one.mix, by[one.at], optimize=True) * one.strength[:, None]
            found.append((one.at, off, slopes))
        height, root = at[:, : self.soles, 1] + _SINKS_M, np.sqrt(_FLOOR)
        slopes = _NONE if by is None else by[:, : self.soles, 1] * root * (height < 0)[..., None]
        found.append((slice(0, len(at)), root * np.minimum(height, 0.0), slopes))
        return found

    def _left(self, moved: tuple[Floats, Floats, Floats], at: Floats, shifts: Floats | None) -> "Left":
        needed, by = asked(self.rigid, *moved, slopes=shifts is not None)
        push, pushing = needed[:, :3] * self.calmly[:, None], by[:, :, :3] * self.calmly[:, None, None, None]
        freely, spread = np.tile(np.eye(6), (len(at), 1, 1)), np.zeros(len(at))
        for part in self.parts:
            if not part.touches:
                continue
            touching = list(part.touching)
            for k in range(part.at.start, part.at.stop):
                ways, edges = edges_of(part.touches, at[k, touching])
                forces = given(edges, needed[k])
                needed[k] -= edges @ forces
                spread[k] = SPREAD * float(forces @ forces)
                if shifts is None:
                    continue
                pushes = np.einsum("te,tei->ti", forces.reshape(len(ways), -1), ways)  # on the same points, elsewhere
                by[k, 0, 3:] += np.einsum("tij,tjc->ic", crossing(pushes), shifts[k, touching])
                freely[k] += edges @ ((_FREELY * forces / self.unheld_n) ** 2 * edges).T
        return Left(needed, spread, by, freely, push, pushing)
