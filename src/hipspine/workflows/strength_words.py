"""How strong the drawn bodies are about each joint, angle by angle, beside people in a dynamometer: a table for the pages (Markdown)."""

from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.generic_values import value
from hipspine.anatomy.person import Person
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY
from hipspine.mechanics.spread import range_over_members
from hipspine.mechanics.strength import joint_strength
from hipspine.mechanics.torque_by_angle import torques

SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """One direction of one joint."""

    words: str
    coordinate: str
    direction: int
    angles_deg: tuple[float, ...]  # of the coordinate, or of hip flexion where people were measured at several
    rest_deg: tuple[tuple[str, float], ...] = ()
    by_hip_flexion: bool = False


_BENT, _SEATED, _SQUARE = (("knee_flexion:right", 45.0),), (("hip_flexion:right", 75.0),), (("knee_flexion:right", 90.0),)
COMPARED = (
    Compared("hip extension, knee at 90", "hip_flexion:right", -1, (0, 30, 53, 75, 90, 105), _SQUARE),
    Compared("hip extension, knee at 15", "hip_flexion:right", -1, (0, 30, 53, 75, 90), (("knee_flexion:right", 15.0),)),
    Compared("hip flexion", "hip_flexion:right", 1, (0, 30, 60), _BENT),
    Compared("hip abduction", "hip_adduction:right", -1, (0,)),
    Compared("hip adduction", "hip_adduction:right", 1, (0,)),
    Compared("external rotation, by hip flexion", "hip_rotation:right", -1, (10, 40, 90), _SQUARE, True),
    Compared("internal rotation, by hip flexion", "hip_rotation:right", 1, (10, 40, 90), _SQUARE, True),
    Compared("knee extension", "knee_flexion:right", -1, (20, 60, 100), _SEATED),
    Compared("knee flexion", "knee_flexion:right", 1, (20, 60, 80), _SEATED),
    Compared("plantar flexion", "ankle_dorsiflexion:right", -1, (-10, 0, 10), (("knee_flexion:right", 20.0),)),
    Compared("dorsiflexion", "ankle_dorsiflexion:right", 1, (-20, 0), (("knee_flexion:right", 20.0),)),
    Compared("back extension", "lumbar_flexion", -1, (0, 20, 50)),
    Compared("trunk flexion", "lumbar_flexion", 1, (0, 20)),
    Compared("trunk rotation", "lumbar_rotation", 1, (0,)),
)


def strength_table(*, samples: int = SAMPLES) -> list[str]:
    """Each direction and angle: bodies with the range of 90 % of them, people with theirs, and how many times people the bodies are."""
    body = BodyModel()
    man = Person(height_m=value("reference", "height"), mass_kg=value("reference", "body_mass"), sex="male")
    lines = ["| about | at [deg] | bodies [N m] | people [N m] | bodies over people |", "| --- | --- | --- | --- | --- |"]
    for one in COMPARED:
        rest = {name: float(np.radians(held)) for name, held in one.rest_deg}
        made = torques(
            body,
            one.coordinate,
            one.direction,
            np.radians(one.angles_deg).tolist(),
            rest_rad=rest,
            turned="hip_flexion:right" if one.by_hip_flexion else None,
            samples=samples,
        )
        middle, low, high = range_over_members(made)
        at = np.zeros(len(one.angles_deg)) if one.by_hip_flexion else np.radians(one.angles_deg)
        people = joint_strength(one.coordinate, one.direction, at, man)
        for k, angle in enumerate(one.angles_deg):
            theirs = f"{people.value_nm[k]:.0f} [{people.low_nm[k]:.0f}, {people.high_nm[k]:.0f}]"
            ours = f"{middle[k]:.0f} [{low[k]:.0f}, {high[k]:.0f}]"
            lines.append(f"| {one.words if k == 0 else ''} | {angle:g} | {ours} | {theirs} | {middle[k] / people.value_nm[k]:.1f} |")
    return [*lines, "", _shape(body, samples)]


def _shape(body: BodyModel, samples: int) -> str:
    """Hip extension at 90 degrees against that at 53, with and without what is added in flexion, and of people."""
    angles, knee = np.radians([53.0, 90.0]), {"knee_flexion:right": float(np.pi / 2)}
    plain = replace(WHOLE_BODY, by_angle=(0.0, 0.0))
    found = [
        torques(body, "hip_flexion:right", -1, angles.tolist(), rest_rad=knee, samples=samples, spread=one) for one in (plain, WHOLE_BODY)
    ]
    (without, *_), (middle, low, high) = (range_over_members(made[:, 1] / made[:, 0]) for made in found)
    men, women = (joint_strength("hip_flexion", -1, angles, Person(sex=sex)).value_nm for sex in ("male", "female"))
    return (
        f"Hip extension at 90 degrees of flexion is {middle:.2f} [{low:.2f}, {high:.2f}] of that at 53 degrees in the bodies, "
        f"{men[1] / men[0]:.2f} in men and {women[1] / women[0]:.2f} in women; of the lines alone it would be {without:.2f}."
    )
