"""How the arms of muscle lines change when lines or joints are shifted, for Numba; plain Python underneath. In words: `carrying_ready`."""

import numpy as np
from numpy.typing import NDArray

from hipspine.mechanics.sharing_rows import Ints, kernel
from hipspine.terms import Floats


@kernel
def levers(
    pull: Floats, start: Ints, segment: Ints, turning: Floats, axis: Floats, inside: NDArray[np.bool_], term: Ints, mirror: Floats,
    mirrored: Floats, turn: Floats, line: Ints, column: Ints, out: Floats,
) -> None:  # fmt: skip
    """Fill ``out[:, 1:]`` with the change of each arm for each metre of shift, pelvis's axes.

    Args:
        pull: (posture, line, segment, 3) at unit tension, ground's axes.
        start, segment: packed, the segments that each line pulls.
        turning: (posture, segment, coordinate, 3) axes, ground's.
        axis: (posture, joint, coordinate, 3) how each joint that is shifted turns.
        inside: (joint, segment) what it carries.
        term, mirror: (joint,) 0 for hips, 1 for lumbar joints; -1 for the left one.
        mirrored: (line,) -1 for the lines of the left side.
        turn: (posture, 3, 3) pelvis in the ground.
        line, column: (entry,) the line and its coordinate.
        out: (posture, 10, entry) arm, then 3 for the line's own shift, 3 for hips, 3 for lumbar joints.
    """
    change, beyond = np.empty(3), np.empty(3)
    for q in range(pull.shape[0]):
        for e in range(line.size):
            j, c = line[e], column[e]
            change[:] = 0.0
            for k in range(start[j], start[j + 1]):
                _add_cross(pull[q, j, segment[k]], turning[q, segment[k], c], 1.0, change)
            for i in range(9):
                out[q, 1 + i, e] = 0.0
            _add_turned(turn[q], change, mirrored[j], out[q, 1:4, e])
            for joint in range(term.size):
                beyond[:], crosses = 0.0, False
                for k in range(start[j], start[j + 1]):
                    if inside[joint, segment[k]]:
                        crosses = True
                        for i in range(3):
                            beyond[i] += pull[q, j, segment[k], i]
                if crosses:
                    change[:] = 0.0
                    _add_cross(beyond, axis[q, joint, c], -1.0, change)
                    _add_turned(turn[q], change, mirror[joint], out[q, 4 + 3 * term[joint] : 7 + 3 * term[joint], e])


@kernel
def _add_cross(a: Floats, b: Floats, factor: float, out: Floats) -> None:
    out[0] += factor * (a[1] * b[2] - a[2] * b[1])
    out[1] += factor * (a[2] * b[0] - a[0] * b[2])
    out[2] += factor * (a[0] * b[1] - a[1] * b[0])


@kernel
def _add_turned(turn: Floats, change: Floats, mirror: float, out: Floats) -> None:
    """Add a change in the ground's axes as one in the pelvis's, whose third is mirrored on the left."""
    for i in range(3):
        value = turn[0, i] * change[0] + turn[1, i] * change[1] + turn[2, i] * change[2]
        out[i] += value * mirror if i == 2 else value
