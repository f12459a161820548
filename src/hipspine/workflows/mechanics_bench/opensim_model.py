"""One OpenSim model, asked for lengths and moment arms in postures that we choose."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.formats.osim.curves import value
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.peers import quiet


class OpensimModel:
    """A file opened by OpenSim, with the lines and coordinates of the body that we read from the same file."""

    def __init__(self, opensim: Any, path: Path, body: BodyModel, lines: Sequence[str]) -> None:
        with quiet():
            self.model = opensim.Model(str(path))
            self.state = self.model.initSystem()
        self.lines = tuple(lines)
        self._coordinates = [self.model.getCoordinateSet().get(one.name) for one in body.coordinates]
        self._muscles = [self.model.getMuscles().get(name) for name in lines]
        for coordinate in self._coordinates:
            coordinate.setLocked(self.state, False)

    def place(self, row: Floats) -> None:
        """Set every coordinate, also those that follow others: `setValue` without assembly, which would cost twenty times more."""
        for coordinate, at in zip(self._coordinates, row, strict=True):
            coordinate.setValue(self.state, float(at), False)
        self.model.realizePosition(self.state)

    def lengths(self, row: Floats) -> Floats:
        """(line,) [m]."""
        self.place(row)
        return np.array([muscle.getLength(self.state) for muscle in self._muscles])

    def arms(self, pairs: Iterable[tuple[int, int]]) -> Floats:
        """(pair,) arm of a line about a coordinate [m], in the posture that was set last."""
        return np.array([self._muscles[line].computeMomentArm(self.state, self._coordinates[about]) for line, about in pairs])


def with_followers(body: BodyModel, values: Floats) -> Floats:
    """(posture, coordinate) the same with the values of coordinates that follow others, which OpenSim must be told."""
    names = [one.name for one in body.coordinates]
    filled = values.copy()
    for _ in names:  # a chain of followers is at most so long
        before = filled.copy()
        for k, one in enumerate(body.coordinates):
            if one.follows is not None:
                leader, curve = one.follows
                filled[:, k] = [value(curve, float(at)) for at in filled[:, names.index(leader)]]
        if (filled == before).all():
            break
    return filled
