"""One drawn body through all frames of a movement, for Numba; plain Python underneath. In words: `mechanics.carrying_ensemble`.

What no draw changes stands ready (`Plan`, `Frames`: see `carrying_ready`), so that a frame is a few thousand sums: the arms of the drawn
body, what its fibres can pull, the sharing of the moments, its certificate, and the forces that follow. A line knows only the
coordinates that it crosses, a touch those that move it. One thread, no fast-math: the same input gives the same bytes.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hipspine.mechanics.sharing_certificate import certificate
from hipspine.mechanics.sharing_kernel import share_frame
from hipspine.mechanics.sharing_rows import Ints, kernel
from hipspine.terms import Floats

COMPILED_IN = "6a1469cf"  # of the text of sharing_certificate.py, sharing_kernel.py


class Plan(NamedTuple):
    """What belongs to what: the same in all frames and all drawn bodies. Lines over bones come first, gluteus maximus last."""

    start: Ints  # (line + 1,) first entry of each line; an entry is one line across one balanced coordinate
    row: Ints  # (entry,) the balanced coordinate, rising within a line
    owner: Ints  # (entry,) the line
    field: Ints  # (line of gluteus maximus,) number of its field
    reach_start: Ints  # (touch + 1,) the same for touches
    reach_row: Ints  # (reach,)
    normal: Floats  # (edge, 3) of friction pyramids
    tangent: Floats  # (edge, 3)
    above: Floats  # (part, touch) 1 where a touch pushes on what hip right, hip left, disc carry
    press_line: Ints  # (press,) which lines over bones press on which part
    press_part: Ints  # hip right, hip left, disc, sacrum: towards the right leg, the left leg, neither
    glute_hip: Ints  # (line of gluteus maximus,) part
    glute_sacrum: Ints
    slot_start: Ints  # (line + 1,) which slots of the read-out each line belongs to
    slot: Ints
    slots: int  # side x group


class Frames(NamedTuple):
    """What no draw changes, frame by frame; ``term``: for each metre that a line, the hip centres, the lumbar joints are shifted."""

    length: Floats  # (frame, line over bones)
    arm: Floats  # (frame, 10, entry of a line over bones) arm, and its change by the 9 terms
    reach: Floats  # (frame, 3, 7, reach) Jacobian, and its change by the last 6 terms
    active: NDArray[np.bool_]  # (frame, touch)
    needed: Floats  # (frame, 7, coordinate)
    press: Floats  # (frame, press, 3) at unit tension, pelvis's axes
    carries: Floats  # (frame, 3, 3) what hip right, hip left, disc must hold with muscles and contacts, pelvis's axes
    turn: Floats  # (frame, 3, 3) pelvis in the ground
    mixture: Floats  # (frame, field)
    added: Floats  # (frame, line) force in flexion beyond the line's own, as a share of it


class Field(NamedTuple):
    """Gluteus maximus of all sides of one drawn body."""

    length: Floats  # (frame, line)
    arm: Floats  # (frame, entry)
    unit: Floats  # (frame, line, 3) on the thigh, pelvis's axes
    sacral: Floats  # (line,)


class Member(NamedTuple):
    """One drawn body and its way of choosing."""

    shift: Floats  # (3, entry of a line over bones)
    joints: Floats  # (6,) hip centre, lumbar joints
    form: Floats  # (entry of gluteus maximus,)
    optimal: Floats  # (line,)
    slack: Floats
    thick: Floats  # (line,) optimal length times the sine of pennation
    force: Floats  # (line,) greatest
    by_angle: float  # how much of the added force
    bells: bool  # which curve of force over length
    weight: Floats  # (line,) in the cost
    exponent: float
    low: Floats  # (frame or 1, line) least activation
    friction: float
    reserve: Floats  # (coordinate,)
    cost: Floats  # (touch,)
    limit: Floats


class Found(NamedTuple):
    """What is filled, frame by frame."""

    activation: Floats  # (frame, slot)
    norm: Floats  # (frame, line of gluteus maximus) fibre length over optimal length
    part: Floats  # (frame, 6, 3) forces of hips and disc on what they carry, pulls on the sacrum; pelvis's axes
    made: Floats  # (frame, coordinate) by muscles
    left: Floats  # (frame, coordinate) to reserves
    contact: Floats  # (frame, touch, 3) on the body, ground's axes
    residual: Floats  # (frame,) of the certificate; inf where a number is not finite
    iterations: Ints


@kernel
def _capacities(length: Floats, first: int, one: Member, bells: Floats, width: float, out: Floats, norms: Floats) -> None:
    """Fill ``out`` and ``norms`` from line ``first`` on with greatest forces and normalised fibre lengths: as `fibre.fibre`."""
    slack, thick, optimal, force = one.slack, one.thick, one.optimal, one.force
    for k in range(length.size):
        j = first + k
        along = max(length[k] - slack[j], 0.0)
        whole = math.sqrt(along * along + thick[j] * thick[j])
        norms[j] = norm = whole / optimal[j]
        share = 0.0
        if one.bells:
            for i in range(bells.shape[0]):
                spread = bells[i, 2] + bells[i, 3] * norm
                if spread > 0.0:  # where the width is 0 or less the bell has ended
                    away = (norm - bells[i, 1]) / spread
                    share += bells[i, 0] * math.exp(-0.5 * away * away)
        else:
            share = math.exp(-((norm - 1.0) * (norm - 1.0)) / width)
        out[j] = share * force[j] * along / whole if whole > 0.0 else 0.0


@kernel
def _edges(f: int, plan: Plan, frames: Frames, one: Member, lines: int, start: Ints, index: Ints, value: Floats) -> None:
    """Append the edges of all touches to the packed rows; a touch that is off has empty ones, which carry nothing."""
    at, touches = start[lines], plan.reach_start.size - 1
    each = plan.normal.shape[0] // max(touches, 1)
    pull = np.empty((3, plan.reach_row.size))
    for c in range(3):
        for k in range(plan.reach_row.size):
            pull[c, k] = frames.reach[f, c, 0, k]
        for term in range(6):
            shift = one.joints[term]
            for k in range(plan.reach_row.size):
                pull[c, k] += shift * frames.reach[f, c, 1 + term, k]
    for t in range(touches):
        for e in range(each * t, each * (t + 1)):
            if frames.active[f, t]:
                x, y, z = plan.normal[e] + one.friction * plan.tangent[e]
                for k in range(plan.reach_start[t], plan.reach_start[t + 1]):
                    index[at] = plan.reach_row[k]
                    value[at] = x * pull[0, k] + y * pull[1, k] + z * pull[2, k]
                    at += 1
            start[lines + e + 1] = at


@kernel
def _forces(f: int, plan: Plan, frames: Frames, field: Field, one: Member, tension: Floats, edge: Floats, found: Found) -> None:
    """Forces of touches, and what they and the muscles leave to hips and disc; pulls on the sacrum."""
    over, part, touches = frames.length.shape[1], found.part[f], plan.reach_start.size - 1
    each, pushed, turned = plan.normal.shape[0] // max(touches, 1), np.zeros((3, 3)), np.empty(3)
    part[:] = 0.0
    for t in range(touches):
        for c in range(3):
            total = 0.0
            for e in range(each * t, each * (t + 1)):
                total += edge[e] * (plan.normal[e, c] + one.friction * plan.tangent[e, c])
            found.contact[f, t, c] = total
            for p in range(3):
                pushed[p, c] += plan.above[p, t] * total
    for k in range(plan.press_line.size):
        p, pull = plan.press_part[k], tension[plan.press_line[k]]
        for c in range(3):
            part[p, c] += frames.press[f, k, c] * pull
    for j in range(field.sacral.size):
        pull, hip, sacrum = tension[over + j], plan.glute_hip[j], plan.glute_sacrum[j]
        for c in range(3):
            part[hip, c] += field.unit[f, j, c] * pull
            part[sacrum, c] -= field.unit[f, j, c] * pull * field.sacral[j]
    for p in range(3):
        for c in range(3):
            turned[c] = frames.turn[f, 0, c] * pushed[p, 0] + frames.turn[f, 1, c] * pushed[p, 1] + frames.turn[f, 2, c] * pushed[p, 2]
            part[p, c] = frames.carries[f, p, c] - part[p, c] - turned[c]


@kernel
def carry_frames(
    plan: Plan, frames: Frames, field: Field, one: Member, bells: Floats, width: float, tolerance: float, most_steps: Ints, found: Found
) -> None:
    """Fill ``found`` for one drawn body, one frame after another; each starts from the multipliers of the one before.

    ``bells`` and ``width`` are those of `fibre`; ``tolerance`` and ``most_steps`` as in `sharing_kernel.share_frames`.
    """
    over, lines, n = frames.length.shape[1], plan.start.size - 1, one.reserve.size
    own, entries, edges = plan.start[over], plan.start[lines], plan.normal.shape[0]
    touches = plan.reach_start.size - 1
    each = edges // max(touches, 1)
    group = np.arange(touches + 1) * each
    start, force = np.empty(lines + edges + 1, np.int64), np.empty(lines + edges)
    index, value = np.empty(entries + each * plan.reach_row.size, np.int64), np.empty(entries + each * plan.reach_row.size)
    start[: lines + 1], index[:entries] = plan.start, plan.row
    capacity, norm, tension = np.empty(lines), np.empty(lines), np.empty(lines)
    tau, rest, now = np.empty(n), np.empty(n), np.zeros(n)
    before = np.zeros(n)
    muscle, total = np.empty((5, lines)), np.zeros(plan.slots)
    for j in range(lines):
        muscle[0, j], muscle[1, j], muscle[2, j], muscle[3, j], muscle[4, j] = one.weight[j], np.nan, 1.0, 0.0, one.weight[j]
        for k in range(plan.slot_start[j], plan.slot_start[j + 1]):
            total[plan.slot[k]] += one.force[j]
    for f in range(frames.length.shape[0]):
        least = one.low[min(f, one.low.shape[0] - 1)]
        for j in range(lines):
            if least[j] != muscle[1, j]:
                muscle[1, j], muscle[3, j] = least[j], one.weight[j] * least[j] ** (one.exponent - 1.0)
        _capacities(frames.length[f], 0, one, bells, width, capacity, norm)
        _capacities(field.length[f], over, one, bells, width, capacity, norm)
        for j in range(lines):
            capacity[j] *= 1.0 + one.by_angle * frames.added[f, j]
        found.norm[f] = norm[over:]
        for e in range(own):
            moved = frames.arm[f, 0, e]
            moved += frames.arm[f, 1, e] * one.shift[0, e] + frames.arm[f, 2, e] * one.shift[1, e] + frames.arm[f, 3, e] * one.shift[2, e]
            value[e] = moved
        for term in range(6):
            shift = one.joints[term]
            for e in range(own):
                value[e] += shift * frames.arm[f, 4 + term, e]
        for e in range(own, entries):
            value[e] = field.arm[f, e - own] + frames.mixture[f, plan.field[plan.owner[e] - over]] * one.form[e - own]
        for e in range(entries):
            value[e] *= capacity[plan.owner[e]]
        _edges(f, plan, frames, one, lines, start, index, value)
        for i in range(n):
            tau[i] = frames.needed[f, 0, i]
            for term in range(6):
                tau[i] += one.joints[term] * frames.needed[f, 1 + term, i]
        far, size = 0.0, 0.0
        for i in range(n):
            far += abs(now[i] - before[i])
            size += abs(now[i])
        ahead = 1.0 if f > 1 and far < 0.1 * size else 0.0  # a movement that goes on: so do its multipliers
        for i in range(n):
            last = now[i]
            now[i] += ahead * (now[i] - before[i])
            before[i] = last
        taken, worst = share_frame(
            tau, start, index, value, muscle, one.exponent, one.reserve, group, one.cost, one.limit, tolerance, most_steps, now, force
        )
        for i in range(n):
            found.made[f, i] = 0.0
            rest[i] = tau[i]
        for j in range(lines):
            tension[j] = force[j] * capacity[j]
            for k in range(start[j], start[j + 1]):
                found.made[f, index[k]] += value[k] * force[j]
        for j in range(lines, lines + edges):
            for k in range(start[j], start[j + 1]):
                rest[index[k]] -= value[k] * force[j]
        for i in range(n):
            rest[i] -= found.made[f, i]
            found.left[f, i] = rest[i]
        found.residual[f] = certificate(
            tau, start, index, value, muscle, one.exponent, one.reserve, group, one.cost, one.limit, force, now, rest
        )
        found.iterations[f] = taken
        if not worst <= tolerance:
            now[:] = 0.0
        found.activation[f] = 0.0
        for j in range(lines):
            for k in range(plan.slot_start[j], plan.slot_start[j + 1]):
                found.activation[f, plan.slot[k]] += force[j] * one.force[j] / total[plan.slot[k]]
        _forces(f, plan, frames, field, one, tension, force[lines:], found)
