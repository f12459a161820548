"""What a figure shows, in one or two sentences, for people who do not see it; every number comes from the motion."""

import numpy as np

from hipspine.exercises.exercise import Base, Sides
from hipspine.exercises.motion import Motion
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.report.exercise_figure_camera import camera
from hipspine.terms import Side

_SHOWN_DEG = 8.0  # a joint that moves less is not named
_MOST = 5
_LIES = 0.75  # a pelvis whose front looks so much up or down: what lies ahead is where the head is
_BESIDE, _ALONG = 0.3, 0.87  # cosines of the angle between the line of sight and what lies ahead
_ABOVE, _HIGH = 0.3, 0.7  # sines of the angle from above
_JOINTS = {
    "hip_flexion": ("hip", "flexion", "extension"), "hip_adduction": ("hip", "adduction", "abduction"),
    "hip_rotation": ("hip", "internal rotation", "external rotation"), "knee_flexion": ("knee", "flexion", "extension"),
    "ankle_dorsiflexion": ("ankle", "dorsiflexion", "plantar flexion"), "lumbar_flexion": ("lumbar spine", "flexion", "extension"),
    "lumbar_bending": ("lumbar spine", "bending to the right", "bending to the left"),
    "lumbar_rotation": ("lumbar spine", "rotation to the left", "rotation to the right"),
    "shoulder_flexion": ("shoulder", "flexion", "extension"), "shoulder_adduction": ("shoulder", "adduction", "abduction"),
    "elbow_flexion": ("elbow", "flexion", "extension"),
}  # fmt: skip


def title(motion: Motion) -> str:
    """Name of the exercise and, where sides take turns, the working side."""
    sided = f", {motion.side} side" if motion.exercise.sides is not Sides.BOTH else ""
    return f"{motion.exercise.title['en']}{sided}"


def description(motion: Motion, view: str) -> str:
    """From where it is seen, what moves from how many to how many degrees, and how long a repetition takes."""
    seen = f"Seen {from_where(motion, view)}"
    start, end = motion.poses[0], motion.poses[_farthest(motion)]
    moves = _moves(motion, np.degrees(start), np.degrees(end))
    if not moves:
        return f"{seen}; a position that is held for {motion.time_s[-1]:g} s."
    back = " and back" if motion.exercise.returns else ""
    return f"{seen}. {_listed(moves)}{back}; {motion.time_s[-1]:.2g} s."


def from_where(motion: Motion, view: str) -> str:
    """From where the person is seen, told from how the person is turned: a view of the room's side may be the person's back."""
    rigid = Rigid.of(motion.body, limits=False)
    pelvis = placed(rigid, motion.q).rotation[:, rigid.segment("pelvis")].mean(axis=0)
    lies = abs(float(pelvis[1, 0])) > _LIES
    ahead = pelvis[:, 1 if lies else 0] * [1.0, 0.0, 1.0]
    towards = camera(view, motion.side).axes[2]
    flat = towards * [1.0, 0.0, 1.0]
    share = float(flat @ ahead / max(float(np.linalg.norm(flat) * np.linalg.norm(ahead)), 1e-9))
    fore, aft = ("the head end", "the feet") if lies else ("the front", "behind")
    if lies and motion.exercise.base not in (Base.SUPINE, Base.PRONE):
        fore, aft = "the front", "behind"
    end = fore if share > 0 else aft
    said = f"from {end}" if abs(share) > _ALONG else "from the side"
    if _BESIDE < abs(share) <= _ALONG:
        said += f" and somewhat {'in front' if end == 'the front' else end if end == 'behind' else f'from {end}'}"
    return said + (" and high above" if towards[1] > _HIGH else " and above" if towards[1] > _ABOVE else "")


def _farthest(motion: Motion) -> int:
    away = np.abs(motion.poses - motion.poses[0]).max(axis=1)
    return int(np.argmax(away))


def _moves(motion: Motion, start: np.ndarray, end: np.ndarray) -> list[str]:
    names_ = Rigid.of(motion.body, limits=False).coordinates
    change = {name: (float(start[k]), float(end[k])) for k, name in enumerate(names_) if name.partition(":")[0] in _JOINTS}
    found: list[tuple[float, str]] = []
    for name, (first, last) in change.items():
        joint, _, side = name.partition(":")
        if abs(last - first) < _SHOWN_DEG:
            continue
        other = change.get(f"{joint}:{Side(side).other}") if side else None
        alike = other is not None and abs(other[0] - first) < 2 and abs(other[1] - last) < 2
        if alike and side == Side.LEFT:
            continue
        part, plus, minus = _JOINTS[joint]
        who = f"both {part}s" if alike else f"{side} {part}" if side else part
        found.append((-abs(last - first), f"{who} from {_angle(first, last, plus, minus)}"))
    return [words for _, words in sorted(found)[:_MOST]]


def _angle(first: float, last: float, plus: str, minus: str) -> str:
    a, b = round(first), round(last)
    if a >= 0 and b >= 0:
        return f"{a} to {b} degrees of {plus}"
    if a <= 0 and b <= 0:
        return f"{-a} to {-b} degrees of {minus}"
    return f"{abs(a)} degrees of {plus if a > 0 else minus} to {abs(b)} degrees of {plus if b > 0 else minus}"


def _listed(parts: list[str]) -> str:
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]
