"""Muscle paths of published models: against OpenSim itself, against their own derivative, and where their geometry jumps."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from paths_leg import leg
from published_sets import hip_body

from hipspine.anatomy.body_model import BodyModel
from hipspine.formats.osim import read_osim
from hipspine.formats.osim_text import osim_text
from hipspine.mechanics.paths import Paths, compiled, lengths_and_arms

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
MODELS = {"walk": SHARED / "walk_rajagopal" / "subject_walk_scaled.osim", "squat": SHARED / "squat_opencap" / "LaiUhlrich2022.osim"}


@cache
def body(name):
    if not MODELS[name].is_file():
        pytest.skip(f"{MODELS[name].name} is not there")
    return read_osim(MODELS[name])


def postures(paths: Paths, count: int, seed: int = 0) -> np.ndarray:
    low, high = np.maximum(paths.low, -math.pi), np.minimum(paths.high, math.pi)
    return low + (high - low) * np.random.default_rng(seed).random((count, low.size))


@pytest.mark.parametrize("name", MODELS)
def test_all_arms_of_a_published_model_are_minus_the_derivative_of_its_lengths(name):
    paths = compiled(body(name))
    assert len(paths.lines) == 80
    q, step = postures(paths, 60), 1e-6
    _, arms = lengths_and_arms(paths, q)
    for k, coordinate in enumerate(paths.coordinates):
        h = np.zeros(q.shape[1])
        h[k] = step
        slope = (lengths_and_arms(paths, q - h)[0] - lengths_and_arms(paths, q + h)[0]) / (2 * step)
        assert arms[..., k] == pytest.approx(slope, abs=1e-6), coordinate


@pytest.mark.parametrize("name", MODELS)
def test_a_length_steps_only_where_a_line_begins_to_wrap_or_changes_its_side(name):
    """Unsided surfaces and ends inside a radius are part of the published geometry: they are counted here, not smoothed away."""
    paths = compiled(body(name))
    q = postures(paths, 1500, seed=4)
    step = np.random.default_rng(5).normal(size=q.shape)
    step[:, [k for k, coordinate in enumerate(paths.coordinates) if coordinate.startswith("pelvis")]] = 0.0
    step *= 2e-3 / np.linalg.norm(step, axis=1, keepdims=True)
    (before, arms), (after, _) = lengths_and_arms(paths, q), lengths_and_arms(paths, q + step)
    beyond = abs(after - before + np.einsum("qlc,qc->ql", arms, step))
    wrapping = np.array([len(line.wraps) > 0 for line in body(name).lines])
    assert beyond[:, ~wrapping].max() < 1e-5  # without surfaces: smooth
    assert (beyond[:, wrapping] > 5e-4).mean() < 2e-3  # with them: steps above 0.5 mm are rare, and not zero in larger samples


@pytest.mark.needs("opensim")
@pytest.mark.parametrize("name", MODELS)
def test_lengths_are_those_of_opensim(name):
    """Every line within 0.05 mm (95 %); on lines over two surfaces OpenSim's points are measured again, see `fresh_length`."""
    opensim = pytest.importorskip("opensim")
    opensim.Logger.setLevelString("Off")
    paths = compiled(body(name), like_opensim=True)
    q = postures(paths, 150, seed=1)
    for k, leader in enumerate(paths.follows):
        if leader is not None:  # both models: the kneecap follows the knee one to one
            q[:, k] = q[:, paths.coordinates.index(leader)]
    model = opensim.Model(str(MODELS[name]))
    state = model.initSystem()
    theirs = np.zeros((len(q), len(paths.lines)))
    for row, found in zip(q, theirs, strict=True):
        for coordinate, value in zip(paths.coordinates, row, strict=True):
            model.getCoordinateSet().get(coordinate).setValue(state, float(value), False)
        model.realizePosition(state)
        found[:] = [fresh_length(opensim, model.getMuscles().get(line), state) for line in paths.lines]
    wrong = abs(lengths_and_arms(paths, q)[0] - theirs) * 1e3
    assert np.percentile(wrong, 95, axis=0).max() < 0.05
    assert np.median(wrong) < 1e-5


@pytest.mark.needs("opensim")
def test_lengths_of_every_kind_of_joint_point_and_surface_are_those_of_opensim(tmp_path):
    opensim = pytest.importorskip("opensim")
    opensim.Logger.setLevelString("Off")
    small = leg()
    (tmp_path / "leg.osim").write_text(opensim_leg(small), encoding="utf-8")
    paths = compiled(small, like_opensim=True)
    q = postures(paths, 200, seed=2)
    knee = q[:, paths.coordinates.index("knee")]
    knee *= 0.4  # beyond, the hamstring may go more than half round the knee; OpenSim 4.6 then takes 2 pi + angle for 2 pi - angle
    q[:, 1] = 0.8 * knee + 0.05
    q[:, 0] = 0.02 * q[:, 1]
    model = opensim.Model(str(tmp_path / "leg.osim"))
    state = model.initSystem()
    theirs = np.zeros((len(q), len(paths.lines)))
    for row, found in zip(q, theirs, strict=True):
        for coordinate, value in zip(paths.coordinates, row, strict=True):
            model.getCoordinateSet().get(coordinate).setValue(state, float(value), False)
        model.realizePosition(state)
        found[:] = [fresh_length(opensim, model.getMuscles().get(line), state) for line in paths.lines]
    wrong = abs(lengths_and_arms(paths, q)[0] - theirs) * 1e3
    for k, name in enumerate(paths.lines):
        assert np.percentile(wrong[:, k], 95) < 0.05, name


@pytest.mark.needs("opensim")
@pytest.mark.parametrize("table", ["hip_rajagopal_lai_uhlrich_2023.csv", "hip_davis2026.csv"])
def test_lengths_of_published_hip_lines_are_those_of_opensim(table, tmp_path):
    opensim = pytest.importorskip("opensim")
    if not (SHARED / "anatomy" / table).is_file():
        pytest.skip(f"{table} is not there")
    opensim.Logger.setLevelString("Off")
    hip = hip_body(table)
    (tmp_path / "hip.osim").write_text(osim_text(hip), encoding="utf-8")
    paths = compiled(hip, like_opensim=True)
    low, high = np.radians([[-30, -50, -40, 0], [120, 30, 40, 120]])
    q = low + (high - low) * np.random.default_rng(3).random((150, 4))
    model = opensim.Model(str(tmp_path / "hip.osim"))
    state = model.initSystem()
    theirs = np.zeros((len(q), len(paths.lines)))
    for row, found in zip(q, theirs, strict=True):
        for coordinate, value in zip(paths.coordinates, row, strict=True):
            model.getCoordinateSet().get(coordinate.replace(":", ".")).setValue(state, float(value), False)
        model.realizePosition(state)
        found[:] = [fresh_length(opensim, model.getMuscles().get(line), state) for line in paths.lines]
    wrong = abs(lengths_and_arms(paths, q)[0] - theirs) * 1e3
    assert np.percentile(wrong, 95, axis=0).max() < 0.05


def opensim_leg(body: BodyModel) -> str:
    """The leg as OpenSim text. `osim_text` writes fixed points only, so the two others are put in their place here."""
    fixed = tuple(replace(one, points=tuple(replace(point, only=None, moves=None) for point in one.points)) for one in body.lines)
    text = osim_text(replace(body, lines=fixed))
    slide = body.joints[0].motions[2].course
    knots = f"<x>{' '.join(map(str, slide.knots))}</x><y>{' '.join(map(str, slide.values))}</y>"
    knee, flexion = "/jointset/knee/knee", "/jointset/hip/flexion"
    linear = "<LinearFunction><coefficients>{}</coefficients></LinearFunction>"
    moves = (
        f"<socket_x_coordinate>{knee}</socket_x_coordinate><socket_y_coordinate>{knee}</socket_y_coordinate>"
        f"<socket_z_coordinate>{knee}</socket_z_coordinate><x_location><SimmSpline>{knots}</SimmSpline></x_location>"
        f"<y_location>{linear.format('0.01 -0.05')}</y_location><z_location>{linear.format('0.004 0.01')}</z_location>"
    )
    only = f"<socket_coordinate>{flexion}</socket_coordinate><range>0.3 1.1</range>"
    for muscle, number, kind, more in (("kneecap", 4, "MovingPathPoint", moves), ("comes_and_goes", 2, "ConditionalPathPoint", only)):
        begin = text.index(f'<PathPoint name="P{number}"', text.index(f'<Thelen2003Muscle name="{muscle}"'))
        end = text.index("</PathPoint>", begin)
        text = f"{text[:begin]}<{kind}{text[begin + len('<PathPoint') : end]}{more}</{kind}>{text[end + len('</PathPoint>') :]}"
    return text


def fresh_length(opensim, muscle, state) -> float:
    """Length of OpenSim's path; on lines over two surfaces measured again, with the touching points where they now are.

    There `getLength` of OpenSim 4.6 uses their places in the ground as they were in the first round: its arcs come out shorter than their
    chords.
    """
    path = muscle.getGeometryPath()
    if path.getWrapSet().getSize() < 2:
        return muscle.getLength(state)
    total, before, points = 0.0, None, path.getCurrentPath(state)
    for k in range(points.getSize()):
        point = points.get(k)
        where = point.getParentFrame().findStationLocationInGround(state, point.getLocation(state))
        here = np.array([where[i] for i in range(3)])
        touching = opensim.PathWrapPoint.safeDownCast(point)
        arc = touching.getWrapLength(state) if touching else 0.0
        if before is not None:
            total += arc if arc > 0 else float(np.linalg.norm(here - before))
        before = here
    return total
