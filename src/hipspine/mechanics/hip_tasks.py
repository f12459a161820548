"""Tasks of one hip: a posture, and the moments that its muscles make in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hipspine.mechanics.posture import Posture


@dataclass(frozen=True, slots=True)
class Task:
    """Moments that the muscles of one leg make in a posture; + flexion, adduction, internal rotation, knee flexion."""

    name: str
    angles_deg: Mapping[str, float]
    moments_nm: Mapping[str, float]  # hip_flexion, hip_adduction, hip_rotation, knee_flexion; 0 where not named


def _task(name: str, flexion: float, knee: float, **moments: float) -> Task:
    return Task(name, {"hip_flexion_deg": flexion, "knee_flexion_deg": knee}, moments)


TASKS = (
    _task("standing, extension 60 N m", 0, 0, hip_flexion=-60),
    _task("standing, extension 40 and abduction 40", 0, 0, hip_flexion=-40, hip_adduction=-40),
    _task("standing, extension 40 and adduction 30", 0, 0, hip_flexion=-40, hip_adduction=30),
    _task("standing, abduction 30 and external rotation 15", 0, 0, hip_adduction=-30, hip_rotation=-15),
    _task("clam: flexed 45, abduction 30 and external rotation 15", 45, 45, hip_adduction=-30, hip_rotation=-15),
    _task("flexed 90, extension 60", 90, 90, hip_flexion=-60),
    _task("flexed 90, external rotation 15", 90, 90, hip_rotation=-15),
    _task("leg 10 behind, extension 60", -10, 0, hip_flexion=-60),
)
"""The tasks on which published line sets disagree most; moments and postures are ours."""


def posture_of(tasks: Sequence[Task], side: str = "") -> Posture:
    """The postures of all tasks, for one leg of a body where a side is given."""
    names = sorted({name for task in tasks for name in task.angles_deg})
    return Posture.of(**{f"{name}:{side}" if side else name: [task.angles_deg.get(name, 0.0) for task in tasks] for name in names})
