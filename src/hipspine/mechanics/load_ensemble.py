"""How the muscles of a hip share a moment: never one answer, always all the answers that what is unknown allows (`spread`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus
from hipspine.errors import ModelError
from hipspine.mechanics.arms import moment_arms, rotations
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, OF_A_HIP
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.field_ensemble import mixture
from hipspine.mechanics.hip_tasks import TASKS, Task, posture_of
from hipspine.mechanics.paths import Paths, compiled, coordinate_values, lengths_and_arms, pulls, segment_frames
from hipspine.mechanics.posture import HIP, KNEE, hip_postures
from hipspine.mechanics.sharing import Status, share, volumes
from hipspine.mechanics.spread import (
    AGREED,
    LEVEL,
    MARGIN,
    Draw,
    Spread,
    agreement,
    draw,
    kinds_of,
    range_over_members,
    rank_stability,
)
from hipspine.mechanics.whole_body import hip_and_knee
from hipspine.terms import Floats, Region, Side

__all__ = ["AGREED", "LEVEL", "MARGIN", "LoadEnsemble", "Spread", "load_ensemble"]


@dataclass(frozen=True, slots=True, eq=False)
class LoadEnsemble:
    """Activations of each group of lines in each task, member by member."""

    tasks: tuple[Task, ...]
    groups: tuple[str, ...]  # gluteus_maximus/upper, ..., gluteus_maximus, gluteus_medius, ...
    activation: Floats  # (member, task, group) mean of the group's lines, counted by capacity; NaN where a member found no proof
    reserve_nm: Floats  # (member, task) largest moment that no muscle could make
    residual: Floats  # (member, task) of the conditions of an optimum
    seed: int
    spread: Spread = field(default_factory=Spread)

    def of(self, group: str) -> Floats:
        """(member, task) activation of one group.

        Raises:
            ModelError: there is no such group.
        """
        if group not in self.groups:
            raise ModelError(f"there is no muscle group {group!r}; there are {', '.join(self.groups)}.")
        return np.asarray(self.activation[:, :, self.groups.index(group)])

    def range_of(self, group: str) -> tuple[Floats, Floats, Floats]:
        """(task,) median, low and high end of 90 % of the members."""
        return range_over_members(self.of(group))

    def agreement(self, more: str, less: str) -> Floats:
        """(task,) share of the members in which ``more`` works harder than ``less`` by at least `MARGIN`."""
        return agreement(self.of(more), self.of(less))

    def rank_stability(self, groups: Sequence[str]) -> Floats:
        """(task,) mean rank correlation of the members' orders of ``groups`` with the order of their medians; 1: always the same."""
        return rank_stability(np.stack([self.of(group) for group in groups], axis=-1))


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """What the lines of one leg are before anything is drawn: from the paths, then from the field."""

    groups: tuple[str, ...]  # muscle, for gluteus maximus with its region
    length_m: Floats  # (task, line)
    arms_m: Floats  # (task, line, 4)
    max_force_n: Floats
    optimal_fibre_m: Floats
    slack_m: Floats
    pennation_rad: Floats


def load_ensemble(
    body: BodyModel,
    tasks: Sequence[Task] = TASKS,
    *,
    samples: int = 200,
    seed: int = 0,
    side: Side = Side.RIGHT,
    spread: Spread | None = None,
) -> LoadEnsemble:
    """How hard each region and muscle works in each task, in ``samples`` bodies that differ in what is unknown.

    Args:
        body: hipspine's own, or one of its shape: with ``hip_flexion:right`` and a line field of gluteus maximus.
        tasks: postures and moments of one leg.
        samples: bodies that are drawn, 2 or more.
        seed: the same seed gives the same numbers.
        side: of the leg.
        spread: what is drawn, and how widely.

    Raises:
        ModelError: fewer than 2 samples, a seed below 0, no task, a moment that is none of this leg, a body without this leg, or a
            posture that no hip can reach.
    """
    if samples < 2 or seed < 0 or not tasks:
        raise ModelError(
            f"{samples} samples of {len(tasks)} tasks with seed {seed}; a range needs 2 samples or more (200 for a table), one task, "
            "and a seed of 0 or more."
        )
    spread, dice = spread or Spread(), np.random.default_rng(seed)
    axes = hip_and_knee(side)
    for task in tasks:
        if unknown := [name for name in task.moments_nm if f"{name}:{side}" not in axes]:
            raise ModelError(f"task {task.name!r} asks for a moment {unknown[0]!r}; give {', '.join((*HIP, KNEE))}.")
    moments = np.array([[task.moments_nm.get(axis.partition(":")[0], 0.0) for axis in axes] for task in tasks])
    turns = rotations(hip_postures(posture_of(tasks)))[1]
    mixed = mixture(posture_of(tasks))
    fixed, pull = _of_paths(body, tasks, axes)
    kinds, muscles = len(set(fixed.groups)), len({*fixed.groups, GLUTEUS_MAXIMUS})
    fields: dict[int | None, _Lines] = {}
    found, left, proof = [], [], []
    for _ in range(samples):
        drawn = draw(spread, dice, kinds=kinds, muscles=muscles)
        if drawn.field not in fields:
            fields[drawn.field] = _of_field(gluteus_maximus(member=drawn.field, side=side), tasks)
        lines = _joined(_drawn(fixed, pull, turns, drawn), _formed(fields[drawn.field], drawn, mixed))
        activation, reserve, residual = _shared(lines, moments, drawn, spread.reserve_nm)
        found.append(activation)
        left.append(reserve)
        proof.append(residual)
    groups = tuple(found[0])
    activations = np.stack([np.stack([one[group] for group in groups], axis=-1) for one in found])
    return LoadEnsemble(tuple(tasks), groups, activations, np.stack(left), np.stack(proof), seed, spread)


def _of_paths(body: BodyModel, tasks: Sequence[Task], axes: Sequence[str]) -> tuple[_Lines, Floats]:
    """Lines of one leg over bones, and (task, line, 3) the pull of each on the thigh."""
    everything = compiled(body)
    if missing := [axis for axis in axes if axis not in everything.coordinates]:
        raise ModelError(f"{body.name} has no coordinate {missing[0]!r}; give a body with {', '.join(axes)}.")
    values = coordinate_values(everything, posture_of(tasks, axes[0].partition(":")[2]))
    _, arms = lengths_and_arms(everything, values)
    crosses = np.abs(arms[..., [everything.about.index(axis) for axis in axes]]).max(axis=(0, 2)) > 1e-9
    paths = compiled(body, lines=[name for name, yes in zip(everything.lines, crosses, strict=True) if yes], about=axes)
    length, arm = lengths_and_arms(paths, values)
    by_name = {line.name: line for line in body.lines}
    chosen = [by_name[name] for name in paths.lines]

    def of_each(name: str) -> Floats:
        return np.array([getattr(line, name) for line in chosen], dtype=np.float64)

    sizes = (of_each("max_force_n"), of_each("optimal_fibre_m"), of_each("tendon_slack_m"), of_each("pennation_rad"))
    side = axes[0].partition(":")[2]
    mirror = [1.0, 1.0, 1.0 if side == Side.RIGHT else -1.0]  # so that both legs are drawn alike
    return _Lines(tuple(line.muscle for line in chosen), length, arm, *sizes), _on_thigh(paths, values, side) * mirror


def _on_thigh(paths: Paths, values: Floats, side: str) -> Floats:
    """(task, line, 3) force of unit tension on the leg below the hip, in the axes of the pelvis when it stands upright."""
    rotation, _ = segment_frames(paths, values)
    leg = {f"{name}:{side}" for name in ("thigh", "shank", "foot")}
    found = pulls(paths, values)
    total = np.zeros((values.shape[0], len(paths.lines), 3))
    for place, (line, segment) in enumerate(zip(found.line, found.segment, strict=True)):
        if paths.segments[segment] in leg:
            total[:, line] += np.einsum("qij,qj->qi", rotation[:, segment], found.force[:, place])
    return total


def _of_field(muscle: LineField, tasks: Sequence[Task]) -> _Lines:
    arms = moment_arms(muscle, posture_of(tasks))
    return _Lines(
        tuple(f"{GLUTEUS_MAXIMUS}/{region}" for region in muscle.region),
        arms.length_m,
        np.concatenate([arms.m, arms.knee_m[..., None]], axis=-1),
        muscle.max_force_n,
        muscle.optimal_fibre_m,
        muscle.slack_m,
        muscle.pennation_rad,
    )


def _drawn(lines: _Lines, pull: Floats, axes: Floats, drawn: Draw) -> _Lines:
    """The same lines with the hip centre, the course of each muscle and its fibres as drawn.

    A line that lies elsewhere by a shift turns the hip by that shift times its pull; a joint that lies elsewhere by the opposite.
    """
    which = kinds_of(lines.groups)[1]
    shift = drawn.shift_m[which] - drawn.joint_m
    arms = lines.arms_m.copy()
    arms[..., :3] += np.einsum("tki,tli->tlk", axes, np.cross(shift[None], pull))
    return replace(lines, arms_m=arms, optimal_fibre_m=lines.optimal_fibre_m * drawn.fibre[which])


def _formed(muscle: _Lines, drawn: Draw, mixed: Floats) -> _Lines:
    """Gluteus maximus with what the form of its field leaves open: the more mixed the posture, the more its regions' arms may differ."""
    regions = [f"{GLUTEUS_MAXIMUS}/{region}" for region in Region]
    shift = drawn.form_m[[regions.index(group) for group in muscle.groups]]
    arms = muscle.arms_m.copy()
    arms[..., :3] += mixed[:, None, None] * shift
    return replace(muscle, arms_m=arms)


def _joined(one: _Lines, other: _Lines) -> _Lines:
    parts = [(getattr(one, name), getattr(other, name)) for name in _Lines.__slots__]
    return _Lines(parts[0][0] + parts[0][1], *(np.concatenate(pair, axis=min(pair[0].ndim - 1, 1)) for pair in parts[1:]))


def _shared(lines: _Lines, moments: Floats, drawn: Draw, reserve_nm: float) -> tuple[dict[str, Floats], Floats, Floats]:
    """Activation of each group (task,), the largest reserve (task,), and the residual (task,) of one member."""
    muscles = [group.partition("/")[0] for group in lines.groups]
    strength = drawn.force[kinds_of(muscles)[1]]
    state = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=lines.max_force_n * strength,
        curve=drawn.curve,
    )
    answer = share(
        moments,
        lines.arms_m * state.active_n[..., None],
        volume=volumes(lines.max_force_n * strength, lines.optimal_fibre_m),
        reserve=np.full(moments.shape[1], reserve_nm),
        exponent=drawn.exponent,
        floor=drawn.floor,
    )
    activation = np.where((answer.status == Status.STOPPED)[:, None], np.nan, answer.activation)
    members_of = {name: (name,) for name in [*lines.groups, *muscles]} | OF_A_HIP
    found = {}
    for name, parts in members_of.items():
        chosen = np.array([group in parts or muscle in parts for group, muscle in zip(lines.groups, muscles, strict=True)])
        if not chosen.any():
            continue
        weight = (lines.max_force_n * strength)[chosen]
        found[name] = activation[:, chosen] @ weight / weight.sum()
    return found, np.abs(answer.reserve).max(axis=1), answer.residual
