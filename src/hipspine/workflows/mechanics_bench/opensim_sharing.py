"""OpenSim's StaticOptimization on a recorded movement, and the problem that it solved, so that ours can be given the same one."""

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from hipspine.errors import InputError
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.peers import quiet

FEET = {"r": "calcn_r", "l": "calcn_l"}
BEGIN, EVERY_S, MANY, FEW = 1 / 9, 0.05, 14, 4  # share of the recording that is passed over; time between frames; frames of the two runs
CRITERION = 1e-6  # OpenSim's usual one; at 1e-9 it gave up early in some frames, up to 0.04 from the optimum at a higher cost
_ROOT_N, _ARM_NM, _OTHER_NM = 1000.0, 50.0, 1.0  # optimal forces of the reserves


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What OpenSim solved, what it found, and how long it took."""

    muscles: list[str]
    coordinates: list[str]
    moments: Floats  # (frame, coordinate) that muscles and reserves make together
    arms_force: Floats  # (frame, muscle, coordinate) moment arm times greatest force
    optimal: Floats  # (coordinate,) of the reserves
    activation: Floats  # (frame, muscle)
    reserves: Floats  # (frame, coordinate) moments of the reserves
    frame_s: float  # seconds of the processor per frame
    arms_s: float  # of which its moment arms would take this much, asked one by one


def recording(walk: Path) -> tuple[Path, Path, Path]:
    """The model, the coordinates and the ground reactions of a folder.

    Raises:
        InputError: one of them is missing.
    """
    found = []
    for what, pattern in (("model", "*.osim"), ("table of coordinates", "coordinates.*"), ("table of ground reactions", "grf*.*")):
        files = sorted(walk.glob(pattern)) if walk.is_dir() else []
        if len(files) != 1:
            raise InputError(f"--walk: {walk} holds {len(files)} files {pattern}; give a folder with exactly one {what}.")
        found.append(files[0])
    return found[0], found[1], found[2]


def static_optimization(opensim: Any, model: Path, walk: Path) -> Solved:
    """Run it twice on a movement, with many and with few frames: the difference is the time per frame, without opening the model.

    The muscles of the model with one reserve for each free coordinate, ground reactions on the feet, no muscle physiology, exponent 2.

    Raises:
        InputError: a recording that is too short, or a model without feet of these names.
    """
    _, coordinates, ground = recording(walk)
    with tempfile.TemporaryDirectory() as name, quiet():
        folder, here = Path(name), Path.cwd()
        optimal = _prepare(opensim, model, ground, folder)
        from_s, step, row_s = _window(opensim, coordinates)
        try:
            os.chdir(folder)  # OpenSim writes beside where it is called
            runs = [_run(opensim, coordinates, folder, from_s, from_s + frames * step * row_s, step) for frames in (FEW, MANY)]
        finally:
            os.chdir(here)
        answer = opensim.TimeSeriesTable(str(folder / "so_StaticOptimization_activation.sto"))
        times, columns, values = np.array(answer.getIndependentColumn()), list(answer.getColumnLabels()), answer.getMatrix().to_numpy()
        muscles, free, arms, arms_s = _arms(opensim, folder, times)
    activation = values[:, [columns.index(one) for one in muscles]]
    size = np.array([optimal[one] for one in free])
    reserves = values[:, [columns.index(f"reserve_{one}") for one in free]] * size
    moments = np.einsum("fjc,fj->fc", arms, activation) + reserves
    return Solved(muscles, free, moments, arms, size, activation, reserves, (runs[1] - runs[0]) / (MANY - FEW), arms_s / times.size)


def _window(opensim: Any, coordinates: Path) -> tuple[float, int, float]:
    """Where to begin, every which row, and the time between two rows."""
    times = np.array(opensim.TimeSeriesTable(str(coordinates)).getIndependentColumn())
    row_s = float(np.median(np.diff(times)))
    step, first = max(1, round(EVERY_S / row_s)), round(times.size * BEGIN)
    if first + MANY * step >= times.size:
        needed = (MANY + 1) * EVERY_S / (1 - BEGIN)
        raise InputError(f"{coordinates.name}: lasts {times[-1] - times[0]:.3g} s; the bench needs {needed:.2g} s or more.")
    return float(times[first]), step, row_s


def _prepare(opensim: Any, path: Path, ground: Path, folder: Path) -> dict[str, float]:
    """Write the model with one actuator per free coordinate, and the ground reactions; return optimal forces by coordinate."""
    model = opensim.Model(str(path))
    forces = model.updForceSet()
    for i in reversed(range(forces.getSize())):
        if forces.get(i).getConcreteClassName() == "CoordinateActuator":
            forces.remove(i)
    state = model.initSystem()
    bodies = model.getBodySet()
    if missing := [foot for foot in FEET.values() if not bodies.contains(foot)]:
        raise InputError(f"{path.name}: has no body {missing[0]!r} for the ground reaction; give a model with {', '.join(FEET.values())}.")
    optimal = {}
    every = [model.getCoordinateSet().get(i) for i in range(model.getCoordinateSet().getSize())]
    for name in [coordinate.getName() for coordinate in every if not coordinate.isConstrained(state)]:
        arm = name.startswith(("arm", "elbow", "pro"))
        optimal[name] = _ROOT_N if name.startswith("pelvis") else _ARM_NM if arm else _OTHER_NM
        actuator = opensim.CoordinateActuator(name)
        actuator.setName(f"reserve_{name}")
        actuator.setOptimalForce(optimal[name])
        actuator.setMinControl(-1e6)
        actuator.setMaxControl(1e6)
        model.addForce(actuator)
    model.finalizeConnections()
    model.printToXML(str(folder / "model.osim"))
    (folder / "loads.xml").write_text(_loads(ground), encoding="utf-8")
    return optimal


def _loads(ground: Path) -> str:
    one = (
        '<ExternalForce name="{0}"><applied_to_body>{1}</applied_to_body><force_expressed_in_body>ground</force_expressed_in_body>'
        "<point_expressed_in_body>ground</point_expressed_in_body><force_identifier>ground_force_{0}_v</force_identifier>"
        "<point_identifier>ground_force_{0}_p</point_identifier><torque_identifier>ground_torque_{0}_</torque_identifier></ExternalForce>"
    )
    loads = "".join(one.format(side, foot) for side, foot in FEET.items())
    return (
        f'<?xml version="1.0"?><OpenSimDocument Version="40000"><ExternalLoads name="ground"><objects>{loads}</objects><groups/>'
        f"<datafile>{escape(str(ground.resolve()))}</datafile></ExternalLoads></OpenSimDocument>"
    )


def _run(opensim: Any, coordinates: Path, folder: Path, from_s: float, until_s: float, step: int) -> float:
    """Seconds of the processor that the tool took."""
    tool = opensim.AnalyzeTool()
    tool.setName("so")
    tool.setModelFilename(str(folder / "model.osim"))
    tool.setCoordinatesFileName(str(coordinates.resolve()))
    tool.setExternalLoadsFileName(str(folder / "loads.xml"))
    tool.setLowpassCutoffFrequency(-1)
    tool.setInitialTime(from_s)
    tool.setFinalTime(until_s)
    tool.setResultsDir(str(folder))
    analysis = opensim.StaticOptimization()
    analysis.setStepInterval(step)
    analysis.setUseModelForceSet(True)
    analysis.setUseMusclePhysiology(False)
    analysis.setActivationExponent(2)
    analysis.setConvergenceCriterion(CRITERION)
    analysis.setMaxIterations(500)
    for one in (analysis, opensim.StatesReporter()):
        one.setStartTime(from_s)
        one.setEndTime(until_s)
        tool.getAnalysisSet().cloneAndAppend(one)
    tool.printToXML(str(folder / "analyze.xml"))
    ready = opensim.AnalyzeTool(str(folder / "analyze.xml"))
    began = time.process_time()
    ready.run()
    return time.process_time() - began


def _arms(opensim: Any, folder: Path, times_s: Floats) -> tuple[list[str], list[str], Floats, float]:
    """Muscles, free coordinates, (frame, muscle, coordinate) arm times greatest force in the states that the tool used; seconds."""
    model = opensim.Model(str(folder / "model.osim"))
    state = model.initSystem()
    table = opensim.TimeSeriesTable(str(folder / "so_StatesReporter_states.sto"))
    labels, values, when = list(table.getColumnLabels()), table.getMatrix().to_numpy(), np.array(table.getIndependentColumn())
    every = [model.getCoordinateSet().get(i) for i in range(model.getCoordinateSet().getSize())]
    free = [one for one in every if not one.isConstrained(state)]
    muscles = [model.getMuscles().get(i) for i in range(model.getMuscles().getSize())]
    columns = {one.getName(): _ending(labels, f"/{one.getName()}/value") for one in every}
    arms, took = np.zeros((times_s.size, len(muscles), len(free))), 0.0
    for f, moment in enumerate(times_s):
        row = values[int(np.argmin(np.abs(when - moment)))]
        for one in every:
            one.setValue(state, float(row[columns[one.getName()]]), False)
        model.realizePosition(state)
        began = time.process_time()
        for j, muscle in enumerate(muscles):
            for i, one in enumerate(free):
                if not one.getName().startswith("pelvis"):  # a muscle does not move the whole body
                    arms[f, j, i] = muscle.computeMomentArm(state, one) * muscle.getMaxIsometricForce()
        took += time.process_time() - began
    return [one.getName() for one in muscles], [one.getName() for one in free], arms, took


def _ending(labels: Iterable[str], end: str) -> int:
    return next(i for i, label in enumerate(labels) if label.endswith(end))
