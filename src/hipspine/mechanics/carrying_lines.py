"""All muscle lines of a body in given postures, as load sharing needs them: lengths, arms, sizes, and what each does to each segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import field_arms
from hipspine.mechanics.joint_forces import for_paths, leg_of, pulls_of_field, pulls_of_paths
from hipspine.mechanics.paths import lengths_and_arms, pulls
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid import Placed, Rigid
from hipspine.mechanics.whole_body import field_names, hip_and_knee, paths_of
from hipspine.terms import Floats, Side

GLUTEUS_MAXIMUS = "gluteus_maximus"
OF_A_HIP = {
    "hamstrings": ("biceps_femoris", "semimembranosus", "semitendinosus"),
    "adductors": ("adductor_brevis", "adductor_longus", "adductor_magnus", "gracilis", "pectineus"),
    "deep_rotators": ("piriformis", "gemellus", "obturator_internus", "obturator_externus", "quadratus_femoris"),
    "hip_flexors": ("iliopsoas", "iliacus", "psoas", "rectus_femoris", "sartorius", "tensor_fasciae_latae"),
}
"""Muscles of a hip that are also read as one."""
TOGETHER = OF_A_HIP | {
    "quadriceps": ("rectus_femoris", "vastus_medialis", "vastus_intermedius", "vastus_lateralis"),
    "calf": ("gastrocnemius_lateralis", "gastrocnemius_medialis", "soleus"),
    "erector_spinae": ("longissimus", "iliocostalis", "multifidus"),
    "abdominals": ("rectus_abdominis", "external_oblique", "internal_oblique", "transversus_abdominis"),
}
"""The same for the whole body."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Muscle lines in postures."""

    names: tuple[str, ...]
    muscles: tuple[str, ...]  # (line,) of gluteus maximus with its region
    sides: tuple[Side | None, ...]
    length_m: Floats  # (posture, line)
    arms_m: Floats  # (posture, line, coordinate) in the order of the rigid body's coordinates
    pull: Floats  # (posture, line, segment, 3) on each segment at unit tension, ground's axes
    max_force_n: Floats  # (line,)
    optimal_fibre_m: Floats
    slack_m: Floats
    pennation_rad: Floats

    def groups(self) -> Mapping[str, NDArray[np.bool_]]:
        """Which lines belong to each group: regions, muscles, and muscles that are read as one."""
        return groups_of(self.muscles)


def groups_of(muscles: Sequence[str]) -> Mapping[str, NDArray[np.bool_]]:
    """Which of the lines, of which the muscles are named, belong to each group.

    >>> [name for name, lines in groups_of(["psoas", "soleus"]).items() if lines[1]]
    ['soleus', 'calf']
    """
    whole = [name.partition("/")[0] for name in muscles]
    parts = {name: (name,) for name in sorted({*muscles, *whole})} | TOGETHER
    found = {
        name: np.array([muscle in chosen or one in chosen for muscle, one in zip(muscles, whole, strict=True)])
        for name, chosen in parts.items()
    }
    return {name: lines for name, lines in found.items() if lines.any()}


def over_bones(body: BodyModel, rigid: Rigid, where: Placed, q: Floats) -> Lines:
    """The lines of ``body`` that run over bones, in postures ``q`` (posture, coordinate) of ``rigid``."""
    paths = paths_of(body)
    values = for_paths(rigid, paths, q)
    length, arms = lengths_and_arms(paths, values)
    sizes = (
        np.array([getattr(line, name) for line in body.lines], dtype=np.float64)
        for name in ("max_force_n", "optimal_fibre_m", "tendon_slack_m", "pennation_rad")
    )
    return Lines(
        paths.lines,
        tuple(line.muscle for line in body.lines),
        tuple(line.side for line in body.lines),
        length,
        arms[:, :, [paths.about.index(name) for name in rigid.coordinates]],
        pulls_of_paths(rigid, where, paths, pulls(paths, values)),
        *sizes,
    )


def of_gluteus_maximus(rigid: Rigid, where: Placed, q: Floats, field: LineField) -> Lines:
    """The lines of one gluteus maximus.

    Raises:
        ModelError: the body has no such leg, or a posture lies outside the range of a hip.
    """
    named = hip_and_knee(field.side)
    if missing := [name for name in named if name not in rigid.coordinates]:
        raise ModelError(f"the body has no coordinate {missing[0]!r}; a line field of gluteus maximus needs {', '.join(named)}.")
    columns = [rigid.coordinates.index(name) for name in named]
    length, hip, knee = field_arms(field, np.ascontiguousarray(q[:, columns[:3]]), q[:, columns[3]])
    arms = np.zeros((*length.shape, len(rigid.coordinates)))
    arms[..., columns] = np.concatenate([hip, knee[..., None]], axis=-1)
    leg = leg_of(Posture({name: q[:, k] for k, name in enumerate(rigid.coordinates)}), field.side)
    return Lines(
        tuple(field_names(field)),
        tuple(f"{GLUTEUS_MAXIMUS}/{region}" for region in field.region),
        (field.side,) * field.u.size,
        length,
        arms,
        pulls_of_field(rigid, where, field, leg),
        field.max_force_n,
        field.optimal_fibre_m,
        field.slack_m,
        field.pennation_rad,
    )


def joined(parts: Sequence[Lines]) -> Lines:
    """Lines of several makers as one set."""
    names, muscles, sides = (tuple(one for part in parts for one in getattr(part, name)) for name in ("names", "muscles", "sides"))
    by_posture = (np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("length_m", "arms_m", "pull"))
    sizes = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("max_force_n", "optimal_fibre_m", "slack_m", "pennation_rad")
    )
    return Lines(names, muscles, sides, *by_posture, *sizes)
