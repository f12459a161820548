"""Load sharing: time per frame, and the same problem solved by OpenSim's StaticOptimization where `opensim` is installed.

    uv run python benchmarks/load_sharing.py                        ours alone, on 92 made-up lines and 23 coordinates
    uv run --group peers python benchmarks/load_sharing.py --peer   with OpenSim, on the walk beside this checkout (2 minutes)

The peer's run: the model's muscles with one actuator for each free coordinate, ground reactions applied, no muscle physiology,
exponent 2. Times are those of the processor; the peer's per frame is the difference of a run of many and of few frames, so that loading
the model does not count. Ours is given what the peer itself worked with: its moment arms times its forces, and the moments that its own
answer makes.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.mechanics.sharing import share
from hipspine.terms import Floats

WALK = Path(__file__).parents[1].parent / "shared" / "data" / "walk_rajagopal"
FEET = {"r": "calcn_r", "l": "calcn_l"}
FROM_S, STEP, MANY, FEW = 0.6, 50, 14, 4  # rows of the file lie 1 ms apart
CRITERION = 1e-6  # of the peer; at 1e-9 it gave up early in some frames, with answers up to 0.04 from the optimum at a higher cost


def main() -> None:
    """Run what was asked for and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="also run OpenSim")
    parser.add_argument("--walk", type=Path, default=WALK, help="folder with the model, its coordinates and ground reactions")
    asked = parser.parse_args()
    found: dict[str, Any] = {"ours": [ours(exponent) for exponent in (2.0, 3.0, 4.0)]}
    if asked.peer:
        found["opensim"] = beside_opensim(asked.walk)
    print(json.dumps(found, indent=1))


def made_up(frames: int, *, lines: int = 92, seed: int = 0) -> tuple[Floats, Floats, Floats, Floats]:
    """Moments, arms times force, volumes, reserves: 6 of a free body, then two legs and a trunk whose lines know nothing of each other."""
    rng = np.random.default_rng(seed)
    first, size = np.array([6, 11, 16, 19]), np.array([5, 5, 3, 4])
    arms = np.zeros((lines, 23))
    for line in range(lines):
        part = rng.integers(4)
        crossed = first[part] + rng.choice(size[part], size=rng.integers(1, size[part]), replace=False)
        arms[line, crossed] = rng.normal(0, 50, crossed.size)
    when = np.arange(frames)[:, None] * 0.01
    moments = np.zeros((frames, 23))
    moments[:, 6:] = 10 * np.sin(when * rng.uniform(0.5, 1, 17) + rng.uniform(0, 6, 17))
    swing = 1 + 0.2 * np.sin(when)[:, :, None]
    return moments, np.asarray(arms * swing), rng.uniform(0.2, 3, lines), np.r_[np.full(6, 1000.0), np.full(17, 1.0)]


def ours(exponent: float, frames: int = 2000) -> dict[str, Any]:
    """Microseconds per frame of a movement, of one frame after another of it, and of frames without neighbours."""
    moments, arms, volume, reserve = made_up(frames)
    mixed = np.random.default_rng(1).permutation(frames)
    row: dict[str, Any] = {"exponent": exponent, "lines": arms.shape[1], "coordinates": arms.shape[2]}
    for name, order in (("movement", np.arange(frames)), ("mixed_frames", mixed)):
        chosen = np.ascontiguousarray(moments[order]), np.ascontiguousarray(arms[order])
        share(chosen[0][:2], chosen[1][:2], volume=volume, reserve=reserve, exponent=exponent)
        took = np.inf
        for _ in range(3):
            began = time.process_time()
            shared = share(*chosen, volume=volume, reserve=reserve, exponent=exponent)
            took = min(took, time.process_time() - began)
        row[name] = {
            "us_per_frame": 1e6 * took / frames,
            "steps": float(shared.iterations.mean()),
            "most_steps": int(shared.iterations.max()),
            "worst_residual": float(shared.residual.max()),
            "not_solved": int((~shared.solved).sum()),
            "left_to_reserves": int((shared.status == 1).sum()),
        }
    row["cold_us_per_frame"] = 1e6 * cold(moments, arms, volume, reserve, exponent)
    return row


def cold(moments: Floats, arms: Floats, volume: Floats, reserve: Floats, exponent: float) -> float:
    """Seconds per frame where every frame begins from nothing: runs of frames, each before one that is asked for no moment at all."""
    chosen = np.random.default_rng(2).permutation(len(moments))[:200]
    silent = np.zeros_like(moments[:1])
    pairs = (
        np.concatenate([np.stack([silent[0], moments[f]]) for f in chosen]),
        np.concatenate([np.stack([arms[f] * 0, arms[f]]) for f in chosen]),
    )
    share(*pairs, volume=volume, reserve=reserve, exponent=exponent)
    began = time.process_time()
    share(*pairs, volume=volume, reserve=reserve, exponent=exponent)
    return (time.process_time() - began) / len(chosen)


def beside_opensim(walk: Path) -> dict[str, Any]:
    """OpenSim's answer to a walk, ours to the same problem, how far they differ, and both times."""
    import opensim

    opensim.Logger.setLevelString("Off")
    with tempfile.TemporaryDirectory() as folder:
        optimal = _prepared(opensim, walk, Path(folder))
        few, _ = _static_optimization(opensim, walk, Path(folder), FEW)
        many, answer = _static_optimization(opensim, walk, Path(folder), MANY)
        times_s, columns, values = answer
        names, free, arms, arms_s = _arms(opensim, Path(folder), times_s)
    muscles = values[:, [columns.index(name) for name in names]]
    reserves = np.array([optimal[name] for name in free])
    moments = np.einsum("fjc,fj->fc", arms, muscles) + values[:, [columns.index(f"reserve_{name}") for name in free]] * reserves
    ones = np.ones(len(names))
    shared = share(moments, arms, volume=ones, reserve=reserves, coordinates=free)
    rest = ((moments - np.einsum("fjc,fj->fc", arms, muscles)) / reserves) ** 2
    theirs = (muscles**2).sum(axis=1) / 2 + rest.sum(axis=1) / 2
    repeated = np.random.default_rng(0).permutation(np.tile(np.arange(len(moments)), 40))
    began = time.process_time()
    share(np.ascontiguousarray(moments[repeated]), np.ascontiguousarray(arms[repeated]), volume=ones, reserve=reserves)
    ours_s = (time.process_time() - began) / repeated.size
    frame_s = (many - few) / (MANY - FEW)
    difference = np.abs(shared.activation - muscles)
    dearer = theirs / shared.cost - 1
    return {
        "opensim": opensim.GetVersion(),
        "frames": len(moments),
        "muscles": len(names),
        "coordinates": len(free),
        "opensim_ms_per_frame": 1e3 * frame_s,
        "of_which_arms_as_asked_one_by_one_ms": 1e3 * arms_s / len(moments),
        "ours_us_per_frame_mixed": 1e6 * ours_s,
        "times_faster": frame_s / ours_s,
        "activation_difference": {
            "median": float(np.median(difference)),
            "p99": float(np.percentile(difference, 99)),
            "largest": float(difference.max()),
            "where": names[int(np.unravel_index(difference.argmax(), difference.shape)[1])],
        },
        "largest_difference_by_frame": np.round(difference.max(axis=1), 6).tolist(),
        "opensim_costs_more_by": [float(dearer.min()), float(dearer.max())],
        "worst_residual": float(shared.residual.max()),
        "largest_reserve_nm": float(np.abs(shared.reserve[:, 6:]).max()),
    }


def _prepared(opensim: Any, walk: Path, folder: Path) -> dict[str, float]:
    """Write the model with one actuator per free coordinate, and the ground reactions; return optimal forces by coordinate."""
    model = opensim.Model(str(walk / "subject_walk_scaled.osim"))
    forces = model.updForceSet()
    for i in reversed(range(forces.getSize())):
        if forces.get(i).getConcreteClassName() == "CoordinateActuator":
            forces.remove(i)
    state = model.initSystem()
    coordinates = model.getCoordinateSet()
    optimal = {}
    for name in [c.getName() for c in (coordinates.get(i) for i in range(coordinates.getSize())) if not c.isConstrained(state)]:
        optimal[name] = 1000.0 if name.startswith("pelvis") else 50.0 if name.startswith(("arm", "elbow", "pro")) else 1.0
        actuator = opensim.CoordinateActuator(name)
        actuator.setName(f"reserve_{name}")
        actuator.setOptimalForce(optimal[name])
        actuator.setMinControl(-1e6)
        actuator.setMaxControl(1e6)
        model.addForce(actuator)
    model.finalizeConnections()
    model.printToXML(str(folder / "model.osim"))
    one = (
        '<ExternalForce name="{0}"><applied_to_body>{1}</applied_to_body><force_expressed_in_body>ground</force_expressed_in_body>'
        "<point_expressed_in_body>ground</point_expressed_in_body><force_identifier>ground_force_{0}_v</force_identifier>"
        "<point_identifier>ground_force_{0}_p</point_identifier><torque_identifier>ground_torque_{0}_</torque_identifier></ExternalForce>"
    )
    loads = "".join(one.format(side, foot) for side, foot in FEET.items())
    (folder / "loads.xml").write_text(
        f'<?xml version="1.0"?><OpenSimDocument Version="40000"><ExternalLoads name="ground"><objects>{loads}</objects><groups/>'
        f"<datafile>{walk / 'grf_walk.mot'}</datafile></ExternalLoads></OpenSimDocument>"
    )
    return optimal


def _static_optimization(opensim: Any, walk: Path, folder: Path, frames: int) -> tuple[float, tuple[Floats, list[str], Floats]]:
    """Seconds that the tool took, and its answer: times, names of columns, activations."""
    until = FROM_S + frames * STEP * 1e-3
    tool = opensim.AnalyzeTool()
    tool.setName("so")
    tool.setModelFilename(str(folder / "model.osim"))
    tool.setCoordinatesFileName(str(walk / "coordinates.sto"))
    tool.setExternalLoadsFileName(str(folder / "loads.xml"))
    tool.setLowpassCutoffFrequency(-1)
    tool.setInitialTime(FROM_S)
    tool.setFinalTime(until)
    tool.setResultsDir(str(folder))
    analysis = opensim.StaticOptimization()
    analysis.setStartTime(FROM_S)
    analysis.setEndTime(until)
    analysis.setStepInterval(STEP)
    analysis.setUseModelForceSet(True)
    analysis.setUseMusclePhysiology(False)
    analysis.setActivationExponent(2)
    analysis.setConvergenceCriterion(CRITERION)
    analysis.setMaxIterations(500)
    tool.getAnalysisSet().cloneAndAppend(analysis)
    states = opensim.StatesReporter()
    states.setStartTime(FROM_S)
    states.setEndTime(until)
    tool.getAnalysisSet().cloneAndAppend(states)
    tool.printToXML(str(folder / "analyze.xml"))
    here = Path.cwd()
    os.chdir(folder)
    began = time.process_time()
    opensim.AnalyzeTool(str(folder / "analyze.xml")).run()
    took = time.process_time() - began
    os.chdir(here)
    table = opensim.TimeSeriesTable(str(folder / "so_StaticOptimization_activation.sto"))
    return took, (np.array(table.getIndependentColumn()), list(table.getColumnLabels()), table.getMatrix().to_numpy())


def _arms(opensim: Any, folder: Path, times_s: Floats) -> tuple[list[str], list[str], Floats, float]:
    """Muscles, free coordinates, (frame, muscle, coordinate) moment arm times greatest force in the states that the tool used; seconds."""
    model = opensim.Model(str(folder / "model.osim"))
    state = model.initSystem()
    table = opensim.TimeSeriesTable(str(folder / "so_StatesReporter_states.sto"))
    labels, values, when = list(table.getColumnLabels()), table.getMatrix().to_numpy(), np.array(table.getIndependentColumn())
    every = [model.getCoordinateSet().get(i) for i in range(model.getCoordinateSet().getSize())]
    free = [c for c in every if not c.isConstrained(state)]
    muscles = [model.getMuscles().get(i) for i in range(model.getMuscles().getSize())]
    columns = {c.getName(): next(i for i, label in enumerate(labels) if label.endswith(f"/{c.getName()}/value")) for c in every}
    arms = np.zeros((times_s.size, len(muscles), len(free)))
    took = 0.0
    for f, moment in enumerate(times_s):
        row = values[int(np.argmin(np.abs(when - moment)))]
        for c in every:
            c.setValue(state, float(row[columns[c.getName()]]), False)
        model.realizePosition(state)
        began = time.perf_counter()
        for j, muscle in enumerate(muscles):
            for i, c in enumerate(free):
                if i >= 6:  # a muscle does not move the whole body
                    arms[f, j, i] = muscle.computeMomentArm(state, c) * muscle.getMaxIsometricForce()
        took += time.perf_counter() - began
    return [m.getName() for m in muscles], [c.getName() for c in free], arms, took


if __name__ == "__main__":
    main()
