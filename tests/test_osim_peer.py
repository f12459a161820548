"""Against OpenSim itself, where it is installed: bodies, points, masses and parameters of the same files."""

from pathlib import Path

import numpy as np
import pytest
from osim_examples import chain, first_leg, new_leg, odd, old_leg

from hipspine.anatomy.body_model import BodyModel
from hipspine.formats.osim import read_osim
from hipspine.formats.osim.curves import value
from hipspine.mechanics.paths import compiled, segment_frames

DATA = Path(__file__).parents[1].parent / "shared" / "data"
TEXTS = {
    "old leg": old_leg(),
    "old leg 3": old_leg(version="30000"),
    "oldest leg": old_leg(version="10901"),
    "first leg": first_leg(),
    "new leg": new_leg(),
    "new leg 4.6": new_leg(version="40600"),
    "chain": chain(),
    "odd": odd(),
}
MODELS = ("walk_rajagopal/subject_walk_scaled.osim", "squat_opencap/LaiUhlrich2022.osim")
POSTURES = 20


def random_values(model: BodyModel) -> list[dict[str, float]]:
    rng = np.random.default_rng(4)
    rows = []
    for _ in range(POSTURES):
        row = {one.name: one.default if one.locked else rng.uniform(max(one.low, -2), min(one.high, 2)) for one in model.coordinates}
        rows.append(row | {one.name: value(one.follows[1], row[one.follows[0]]) for one in model.coordinates if one.follows})
    return rows


@pytest.mark.needs("opensim")
@pytest.mark.parametrize("name", [*TEXTS, *MODELS])
def test_a_body_is_the_one_that_opensim_reads(tmp_path: Path, name: str) -> None:
    osim = pytest.importorskip("opensim")
    path = DATA / name
    if name in TEXTS:
        path = tmp_path / "model.osim"
        path.write_text(TEXTS[name], encoding="utf-8")
    elif not path.exists():
        pytest.skip(f"no {name} beside the checkout")
    osim.Logger.setLevelString("error")
    model, peer = read_osim(path), osim.Model(str(path))
    state = peer.initSystem()
    coordinates = [peer.getCoordinateSet().get(k) for k in range(peer.getCoordinateSet().getSize())]
    assert [one.getName() for one in coordinates] == [one.name for one in model.coordinates]
    assert [one.getMotionType() == 2 for one in coordinates] == [one.is_length for one in model.coordinates]
    assert [(one.getRangeMin(), one.getRangeMax(), one.getDefaultValue()) for one in coordinates] == [
        (one.low, one.high, one.default) for one in model.coordinates
    ]
    paths, postures = compiled(model), random_values(model)
    rotation, position = segment_frames(paths, [[row[one.name] for one in model.coordinates] for row in postures])
    for k, row in enumerate(postures):
        for one in coordinates:
            one.setLocked(state, False)
            one.setValue(state, row[one.getName()], False)
        peer.realizePosition(state)
        for s, segment in enumerate(paths.segments):
            if segment != "ground":
                place = peer.getBodySet().get(segment).getTransformInGround(state)
                np.testing.assert_allclose(position[k, s], place.p().to_numpy(), atol=1e-12)
                np.testing.assert_allclose(rotation[k, s], [[place.R().get(i, j) for j in range(3)] for i in range(3)], atol=1e-12)
        for line in model.lines:
            for number, point in enumerate(line.points):
                ours = [value(course, row[name]) for name, course in point.moves] if point.moves else point.position_m
                s = paths.segments.index(point.segment)
                theirs = osim.Muscle.safeDownCast(peer.getForceSet().get(line.name)).getGeometryPath().getPathPointSet().get(number)
                np.testing.assert_allclose(position[k, s] + rotation[k, s] @ ours, theirs.getLocationInGround(state).to_numpy(), atol=1e-12)


@pytest.mark.needs("opensim")
@pytest.mark.parametrize("name", [*TEXTS, *MODELS])
def test_masses_and_muscles_are_those_that_opensim_reads(tmp_path: Path, name: str) -> None:
    osim = pytest.importorskip("opensim")
    path = DATA / name
    if name in TEXTS:
        path = tmp_path / "model.osim"
        path.write_text(TEXTS[name], encoding="utf-8")
    elif not path.exists():
        pytest.skip(f"no {name} beside the checkout")
    osim.Logger.setLevelString("error")
    model, peer = read_osim(path), osim.Model(str(path))
    peer.initSystem()
    for segment in model.segments[1:]:
        theirs = peer.getBodySet().get(segment.name)
        assert segment.mass_kg == theirs.getMass()
        np.testing.assert_allclose(segment.mass_centre_m, theirs.getMassCenter().to_numpy())
        np.testing.assert_allclose(segment.inertia_kg_m2, [theirs.get_inertia().get(k) for k in range(6)])
    forces = [osim.Muscle.safeDownCast(peer.getForceSet().get(k)) for k in range(peer.getForceSet().getSize())]
    assert [one.getName() for one in forces if one is not None] == [line.name for line in model.lines]
    for line, muscle in zip(model.lines, [one for one in forces if one is not None], strict=True):
        assert line.max_force_n == muscle.getMaxIsometricForce()
        assert line.optimal_fibre_m == muscle.getOptimalFiberLength()
        assert line.tendon_slack_m == muscle.getTendonSlackLength()
        assert line.pennation_rad == muscle.getPennationAngleAtOptimalFiberLength()
        used = muscle.getGeometryPath().getWrapSet()
        theirs = [used.get(k) for k in range(used.getSize())]
        assert [(one.getWrapObjectName(), one.getMethodName().lower(), one.getStartPoint(), one.getEndPoint()) for one in theirs] == [
            (use.wrap, use.method, use.first or -1, use.last or -1) for use in line.wraps
        ]
