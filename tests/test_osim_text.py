"""What we write for OpenSim is the same body: read back by us, and opened by OpenSim itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, MuscleLine, PathPoint, Segment, Shape, Wrap, WrapUse
from hipspine.errors import ModelError
from hipspine.formats.osim import read_osim
from hipspine.formats.osim_text import osim_text
from hipspine.mechanics.paths import compiled, lengths_and_arms
from hipspine.workflows.mechanics_bench.opensim_model import OpensimModel, with_followers

ONE = Curve(Course.LINEAR, (1.0, 0.0))
INERTIA = (0.1, 0.1, 0.1, 0.0, 0.0, 0.0)
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
CURVES = {
    "linear": Curve(Course.LINEAR, (0.8, 0.05)),
    "scaled": Curve(Course.LINEAR, (0.5, 0.0), factor=-0.4),
    "polynomial": Curve(Course.POLYNOMIAL, (0.1, -0.05, 0.2, 0.0)),
    "spline": Curve(Course.SPLINE, (0.0, 0.02, 0.01, 0.03), (-1.0, 0.0, 0.6, 1.2)),
    "piecewise": Curve(Course.PIECEWISE, (0.0, 0.02, 0.01), (-1.0, 0.0, 1.2)),
}
WRAPS = (
    Wrap("rod", Shape.CYLINDER, "root", (-0.03, -0.05, 0.0), (0.2, 0.1, 0.3), (0.02, 0.5), "-x"),
    Wrap("ball", Shape.SPHERE, "limb", (0.0, -0.02, 0.0), (0.0, 0.0, 0.0), (0.02,)),
    Wrap("egg", Shape.ELLIPSOID, "root", (-0.02, -0.03, 0.01), (0.3, 0.2, 0.1), (0.02, 0.03, 0.025)),
    Wrap("ring", Shape.TORUS, "root", (0.02, -0.05, 0.0), (1.4, 0.1, 0.0), (0.005, 0.03)),
)


def limb(motions: tuple[Motion, ...], *coordinates: Coordinate, wraps: tuple[Wrap, ...] = ()) -> BodyModel:
    """A segment on one joint, a line over each of the surfaces and one past them all."""
    points = (PathPoint("root", (-0.06, 0.05, 0.01)), PathPoint("limb", (-0.03, -0.15, 0.02)))
    names: list[str | None] = [None, *(wrap.name for wrap in wraps)]
    lines = [
        MuscleLine(f"line {name}:right", "m", None, points, 120.5, 0.081, 0.043, 0.2, (WrapUse(name, method="midpoint"),) if name else ())
        for name in names
    ]
    return BodyModel(
        name="limb", segments=(Segment("root", 2.0, X, INERTIA), Segment("limb", 1.0, (0.0, -0.1, 0.0), INERTIA)),
        joints=(Joint("base", "ground", "root", ()), Joint("joint", "root", "limb", motions, (0.01, -0.06, 0.0), (0.1, 0.2, 0.3))),
        coordinates=coordinates, lines=tuple(lines), wraps=wraps, fields=(),
    )  # fmt: skip


A, B = Coordinate("a", -0.9, 1.1), Coordinate("b", -1.0, 1.0)
SHIFTS = Coordinate("a", -0.1, 0.1, is_length=True), Coordinate("b", 0.0, 0.1, is_length=True)
LED = (
    Coordinate("whole:right", -0.9, 1.1),
    Coordinate("a", -2.0, 2.0, follows=("whole:right", CURVES["linear"])),
    Coordinate("b", -2.0, 2.0, follows=("whole:right", CURVES["scaled"])),
)
BODIES = {
    **{f"{name} course": limb((Motion(Z, ONE, "a", True), Motion(X, curve, "a", False)), A) for name, curve in CURVES.items()},
    **{wrap.shape.value: limb((Motion(Z, ONE, "a", True),), A, wraps=(wrap,)) for wrap in WRAPS},
    "axis that points back": limb((Motion((0.0, 0.0, -1.0), ONE, "a", True),), A),
    "two skew axes": limb((Motion((0.6, 0.0, 0.8), ONE, "a", True), Motion(Y, ONE, "b", True)), A, B),
    "shifts alone": limb((Motion(Y, ONE, "a", False), Motion(X, ONE, "b", False)), *SHIFTS),
    "leader that moves nothing itself": limb((Motion(Z, ONE, "a", True), Motion(X, ONE, "b", True)), *LED),
    "the body that hipspine ships": BodyModel(),
}


def written(name: str) -> str:
    return name.replace(":", ".").replace("/", ".").replace(" ", "_")


def both(name: str, folder: Path) -> tuple[BodyModel, BodyModel]:
    path = folder / "body.osim"
    path.write_text(osim_text(BODIES[name]), encoding="utf-8")
    return BODIES[name], read_osim(path)


def random_values(body: BodyModel, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    low, high = (np.array([max(-np.pi, one.low) if end == 0 else min(np.pi, one.high) for one in body.coordinates]) for end in (0, 1))
    return with_followers(body, low + (high - low) * rng.random((count, low.size)))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_reads_back_with_the_same_lengths_and_arms(name: str, tmp_path: Path) -> None:
    body, again = both(name, tmp_path)
    values = random_values(body, 20)
    here, there = compiled(body), compiled(again)
    order = [[written(one) for one in here.coordinates].index(coordinate) for coordinate in there.coordinates]
    lines = [[written(one) for one in here.lines].index(line) for line in there.lines]
    length, arm = lengths_and_arms(here, values)
    again_length, again_arm = lengths_and_arms(there, np.ascontiguousarray(values[:, order]))
    assert again.left_out == ()
    assert len(there.lines) == len(here.lines) > 0
    np.testing.assert_allclose(again_length, length[:, lines], rtol=0, atol=1e-14)
    np.testing.assert_allclose(again_arm, arm[:, lines][..., order], rtol=0, atol=1e-13)
    assert np.abs(arm).max() > 1e-3


@pytest.mark.parametrize("name", BODIES)
def test_masses_limits_and_forces_read_back(name: str, tmp_path: Path) -> None:
    body, again = both(name, tmp_path)
    segments = {one.name: one for one in again.segments}
    for segment in body.segments:
        assert segments[written(segment.name)] == replace(segment, name=written(segment.name))
    limits = {one.name: (one.low, one.high, one.default, one.locked, one.is_length) for one in again.coordinates}
    for one in body.coordinates:
        assert limits[written(one.name)] == (one.low, one.high, one.default, one.locked, one.is_length)
    lines = {one.name: one for one in again.lines}
    for line in body.lines:
        found = lines[written(line.name)]
        assert (found.max_force_n, found.optimal_fibre_m) == (line.max_force_n, line.optimal_fibre_m)
        assert (found.tendon_slack_m, found.pennation_rad) == (line.tendon_slack_m, line.pennation_rad)


def test_a_handle_adds_next_to_no_mass(tmp_path: Path) -> None:
    body, again = both("the body that hipspine ships", tmp_path)
    assert sum(one.mass_kg for one in again.segments) == pytest.approx(sum(one.mass_kg for one in body.segments), abs=1e-4)


def test_line_fields_are_left_out_and_the_text_says_so() -> None:
    text = osim_text(BodyModel())
    assert text.count("hipspine line field is left out.") == 2
    assert "gluteus_maximus" not in text.replace("gluteus_maximus is", "")


def test_what_the_format_has_no_form_for_is_refused() -> None:
    four = tuple(Motion(axis, ONE, "a", True) for axis in (X, Y, Z, X))
    with pytest.raises(ModelError, match="joint joint has 4 rotations; OpenSim has three"):
        osim_text(limb(four, Coordinate("a", -1.0, 1.0)))
    body = BODIES["axis that points back"]
    line = replace(body.lines[0], points=(body.lines[0].points[0], replace(body.lines[0].points[1], only=("a", 0.0, 1.0))))
    with pytest.raises(ModelError, match="point 2 comes and goes or moves"):
        osim_text(replace(body, lines=(line,)))


@pytest.mark.needs("opensim")
@pytest.mark.parametrize("name", BODIES)
def test_opensim_opens_it_and_gives_our_lengths(name: str, tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    opensim.Logger.setLevelString("Off")
    _, again = both(name, tmp_path)
    paths = compiled(again, like_opensim=True)
    values = random_values(again, 20)
    model = OpensimModel(opensim, tmp_path / "body.osim", again, paths.lines)
    theirs = np.stack([model.lengths(row) for row in values])
    # over an ellipsoid or through a ring OpenSim searches, and stops before it has found the shortest way
    within = 5e-4 if name in ("ellipsoid", "torus") else 1e-9
    np.testing.assert_allclose(lengths_and_arms(paths, values)[0], theirs, rtol=0, atol=within)
