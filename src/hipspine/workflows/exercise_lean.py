"""How pelvis and trunk would stand at least effort in the poses of an exercise (`hipspine exercises lean`)."""

from collections.abc import Callable
from typing import Any

from hipspine.exercises.leaning import HABIT, lean
from hipspine.workflows.exercises import resolve

NOTE = "What least effort says, to be written into the file by hand; where people were measured, write what was measured."


def leaned(name: str, *, habit: float = HABIT, progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """For each pose the angles as written and at least effort, and what that changes.

    Raises:
        InputError: nothing is called so.
        ModelError: a pose in which nothing can be searched.
    """
    exercise = resolve(name, sound=False)
    found = []
    for number, pose in enumerate(exercise.poses):
        if progress is not None:
            progress(number / len(exercise.poses))
        one = lean(exercise, number, habit=habit)
        found.append(
            {
                "pose": pose.name,
                "written_deg": {key: round(angle, 1) for key, angle in one.written_deg.items()},
                "least_effort_deg": {key: round(angle, 1) for key, angle in one.found_deg.items()},
                "cost_share": round(one.cost_share, 3),
                "hip_bw": {"written": round(one.hip_bw[0], 2), "least_effort": round(one.hip_bw[1], 2)},
                "at_bounds": list(one.at_bounds),
            }
        )
    return {"exercise": exercise.name, "habit": habit, "poses": found, "note": NOTE}
