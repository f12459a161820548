"""Models that contradict themselves, are damaged, or mean harm: one sentence each, which names the file and the element."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osim_examples import (
    CYLINDER,
    ELLIPSOID,
    FORCE,
    LINEAR,
    SPHERE,
    TORUS,
    axis,
    body,
    chain,
    constraints,
    coordinate,
    coupler,
    joint,
    muscle,
    new_leg,
    new_model,
    offset,
    old_leg,
    point,
    wrap,
)

from hipspine.errors import FormatError
from hipspine.formats.osim import read_osim
from hipspine.formats.osim.reader import LARGEST

PIN = joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")])
LINE = point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0")


def refusal(folder: Path, text: str | bytes) -> str:
    path = folder / "leg.osim"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FormatError) as caught:
        read_osim(path)
    said = str(caught.value)
    assert said.startswith("leg.osim: ")
    assert "\n" not in said
    assert len(said) < 400
    assert said.endswith((".", ")"))
    assert "cannot be read as OpenSim model" not in said  # the last line of defence was not needed
    return said


def one_body(wraps: str = "", forces: str = "", **change: str) -> str:
    return new_model(body("a", wraps=wraps), change.get("joints", PIN), forces, more=change.get("more", ""))


def custom(transform: str) -> str:
    return one_body(joints=joint("CustomJoint", "j", "/ground", "/bodyset/a", [coordinate("q")], transform=transform))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("hip,knee\n1,2\n", "is no well-formed XML"),
        ("\x00\x01\x02" * 50, "is no well-formed XML"),
        (new_leg()[: len(new_leg()) // 2], "cut off"),
        ("<html><body/></html>", "holds 'html', no OpenSim model"),
        ('<OpenSimDocument Version="40000"><InverseKinematicsTool name="ik"/></OpenSimDocument>', "holds 'InverseKinematicsTool'"),
        ('<OpenSimDocument Version="40000"/>', "holds 'OpenSimDocument', no OpenSim model"),
        (new_leg().replace("40000", "four"), "its version is 'four'"),
        (new_leg().replace("40000", "10600"), "of version 10600; versions 2 to 4"),
        (new_leg().replace("40000", "50000"), "of version 50000; versions 2 to 4"),
        ('<Model name="m"><dynamics_engine><SimbodyEngine/></dynamics_engine></Model>', "of version before 2"),
        (new_leg().replace("<length_units>meters", "<length_units>inches"), "length_units: is 'inches'"),
        (new_leg().replace("<force_units>N", "<force_units>lbf"), "force_units: is 'lbf'"),
        (new_leg().replace("<BodySet>", '<BodySet file="bodies.xml">'), "BodySet: its content stands in another file, 'bodies.xml'"),
    ],
)
def test_a_file_that_is_no_readable_model_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_entity_bombs_are_refused_before_they_grow(tmp_path: Path) -> None:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12))]
    bomb = f"<?xml version='1.0'?><!DOCTYPE m [{''.join(lines)}]><OpenSimDocument><Model>&a11;</Model></OpenSimDocument>"
    assert "document type or entities" in refusal(tmp_path, bomb)
    outside = "<!DOCTYPE m SYSTEM 'file:///etc/hostname'><OpenSimDocument><Model name='m'/></OpenSimDocument>"
    assert "document type or entities" in refusal(tmp_path, outside)


def test_bottomless_nesting_and_floods_of_elements_are_refused(tmp_path: Path) -> None:
    assert "100 levels" in refusal(tmp_path, "<OpenSimDocument>" + "<a>" * 5000)
    assert "400000 elements" in refusal(tmp_path, "<OpenSimDocument>" + "<a/>" * 400_001)
    assert "at most 2000 are read" in refusal(tmp_path, new_model("".join(body(f"b{k}") for k in range(2001)), PIN))
    assert "at most 1000 are read" in refusal(tmp_path, new_leg().replace("0.1339 0.0351", "1 " * 1001))


def test_a_file_of_100_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "leg.osim"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(FormatError, match=f"has 100 MB; a model has at most {LARGEST // 1_000_000} MB"):
        read_osim(path)


@pytest.mark.parametrize(("make", "says"), [(Path.mkdir, "is a folder"), (lambda path: None, "there is no such file")])
def test_what_is_no_file_is_refused(tmp_path: Path, make: object, says: str) -> None:
    place = tmp_path / "model.osim"
    make(place)  # type: ignore[operator]
    with pytest.raises(FormatError, match=says):
        read_osim(place)


JOINT = '<{kind} name="k">{ends}</{kind}>'
ONLY, MOVES = {"kind": "ConditionalPathPoint"}, {"kind": "MovingPathPoint"}
AROUND = joint("PinJoint", "j", "f", "/bodyset/a", [coordinate("q")], frames=offset("f", "g") + offset("g", "f"))
SAME = PIN + joint("PinJoint", "k", "/bodyset/a", "/bodyset/b", [coordinate("q")])
TWICE = joint("PinJoint", "k", "/ground", "/bodyset/a", [coordinate("r")])
CIRCLE = joint("PinJoint", "x", "/bodyset/a", "/bodyset/b", [coordinate("q1")]) + joint(
    "PinJoint", "y", "/bodyset/b", "/bodyset/a", [coordinate("q2")]
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (new_leg().replace("/bodyset/femur_r", "/bodyset/thigh"), "is fixed to 'thigh', which does not exist"),
        (one_body(joints=PIN + TWICE), "joint 'k': holds 'a', which joint 'j' holds already"),
        (new_model(body("a") + body("b"), CIRCLE), "stands in a circle of joints ("),
        (one_body(joints=joint("PinJoint", "j", "/bodyset/a", "/ground", [coordinate("q")])), "joint 'j': holds the ground as its child"),
        (one_body(joints=joint("PinJoint", "j", "/bodyset/a", "/bodyset/a", [coordinate("q")])), "PinJoint 'j': joins 'a' to itself"),
        (one_body(joints=joint("PinJoint", "j", "", "/bodyset/a")), "PinJoint 'j': does not say which body it is fixed to"),
        (one_body(joints=joint("BallJoint", "j", "/ground", "/bodyset/a", [coordinate("q")])), "has 1 coordinates; a BallJoint has 3"),
        (one_body(joints=""), "holds no body that a joint leads to from the ground"),
        (new_model(body("a") + body("a"), PIN), "body 'a': stands twice"),
        (new_model(body("a") + body("b"), PIN + PIN.replace("/bodyset/a", "/bodyset/b")), "joint 'j': stands twice"),
        (new_model(body("a") + body("b"), SAME), "coordinate 'q': stands twice"),
        (one_body(joints=AROUND), "circle of offset frames"),
        (one_body(joints=PIN.replace("-1.5 1.5", "1.5 -1.5")), "Coordinate 'q' of PinJoint 'j': its range is 1.5 -1.5"),
        (one_body(joints=PIN.replace("-1.5 1.5", "-inf inf")), "Coordinate 'q' of PinJoint 'j': range holds '-inf'"),
        (one_body(joints=PIN.replace("<default_value>0.0", "<default_value>nan")), "default_value holds 'nan'"),
        (one_body(joints=PIN.replace("<default_value>0.0", "<default_value>zero")), "holds 'zero', which is no number"),
        (custom(axis("rotation1", "0 0 0", "q")),
         "CustomJoint 'j': the axis of rotation1 is 0 0 0"),
        (custom(axis("rotation1", "0 0 1", "s")),
         "follows the coordinate 's', which the joint does not have (it has q)"),
        (custom(axis("rotation1", "0 0 1", "", LINEAR)),
         "rotation1 has a LinearFunction but no coordinate"),
        (new_leg().replace("-2.1 -1.2 -0.6 0 0.2", "-2.1 -2.1 -0.6 0 0.2"), "the x of a SimmSpline do not rise"),
        (new_leg().replace("-2.1 -1.2 -0.6 0 0.2", "-2.1 -1.2"), "a SimmSpline has 2 x and 5 y"),
        (one_body(more=constraints(coupler("c", "q", "nobody"))), "couples the coordinate 'nobody', which does not exist"),
        (one_body(more=constraints(coupler("c", "q", "q"))), "coordinate 'q': follows itself"),
    ],
)  # fmt: skip
def test_joints_and_coordinates_that_cannot_be_are_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<mass>-1</mass>", "Body 'a': its mass is -1 kg"),
        ("<mass>nan</mass>", "Body 'a': mass holds 'nan'"),
        ("<mass>1e999</mass>", "Body 'a': mass holds '1e999'"),
        ("<mass>1</mass><inertia>1 1</inertia>", "Body 'a': its inertia is"),
        ("<mass>1</mass><inertia>-1 1 1 0 0 0</inertia>", "Body 'a': its inertia is"),
        ("<mass>1</mass><mass_center>0 0</mass_center>", "Body 'a': mass_center holds 2 numbers; give three"),
        ("<mass>0</mass>", "Model 'leg': all of its bodies have mass 0"),
    ],
)
def test_masses_that_cannot_be_are_refused(tmp_path: Path, inside: str, says: str) -> None:
    assert says in refusal(tmp_path, new_model(f'<Body name="a">{inside}</Body>', PIN))


@pytest.mark.parametrize(
    ("surface", "says"),
    [
        (CYLINDER.replace("<radius>0.04", "<radius>0"), "WrapCylinder 'gmax_at_pelvis' of Body 'a': its size (radius, length) holds 0"),
        (CYLINDER.replace("<radius>0.04", "<radius>-0.04"), "holds -0.04; a surface that lines wrap over bulges outwards"),
        (CYLINDER.replace("<radius>0.04</radius>", ""), "its size (radius, length) has 1 numbers, 2 are needed"),
        (CYLINDER.replace("+x", "north"), "its quadrant is 'north'"),
        (SPHERE.replace("0.02", "nan"), "WrapSphere 'condyles' of Body 'a': radius holds 'nan'"),
        (
            ELLIPSOID.replace("0.03 0.02 0.05", "0.03 -0.02 0.05"),
            "WrapEllipsoid 'psoas_at_brim' of Body 'a': its size (dimensions) holds -0.02",
        ),
        (ELLIPSOID.replace("0.03 0.02 0.05", "0.03 0.02"), "has 2 numbers, 3 are needed"),
        (TORUS.replace("0.01", "0.04"), "WrapTorus 'sling' of Body 'a': its inner radius 0.04 is not below its outer radius 0.03"),
    ],
)
def test_surfaces_that_nothing_can_wrap_over_are_refused(tmp_path: Path, surface: str, says: str) -> None:
    assert says in refusal(tmp_path, one_body(wraps=surface))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (muscle("m", LINE, wraps=wrap("nowhere")), "Thelen2003Muscle 'm': wraps over 'nowhere', which does not exist"),
        (muscle("m", LINE, wraps=wrap("condyles", "1 3")), "wraps over 'condyles' between points (1.0, 3.0); it has points 1 to 2"),
        (muscle("m", LINE, wraps=wrap("condyles", method="shortest")), "wraps over 'condyles' by 'shortest'"),
        (muscle("m", point("p", "/bodyset/a", "0 1 0")), "its path has 1 points"),
        (muscle("m", LINE.replace("/bodyset/a", "/bodyset/b")), "Thelen2003Muscle 'm': is fixed to 'b', which does not exist"),
        (muscle("m", LINE.replace("0 1 0", "0 inf 0")), "PathPoint 'p' of Thelen2003Muscle 'm': location holds 'inf'"),
        (muscle("m", LINE.replace("0 1 0", "0 120 0")), "point 'p' lies 120 m from the origin of a; lengths are in metres"),
        (muscle("m", LINE) + muscle("m", LINE), "Thelen2003Muscle 'm': stands twice"),
        (muscle("", LINE), "Thelen2003Muscle: has no name"),
        ('<Thelen2003Muscle name="m"/>', "has no GeometryPath"),
        (muscle("m", LINE, force=FORCE.format(-5, 0.1, 0.2, 0)), "max_isometric_force is -5"),
        (muscle("m", LINE, force=FORCE.format(5, 0, 0.2, 0)), "optimal_fiber_length is 0"),
        (muscle("m", LINE, force=FORCE.format(5, 0.1, -0.2, 0)), "tendon_slack_length is -0.2"),
        (muscle("m", LINE, force=FORCE.format(5, 0.1, 0.2, 1.6)), "pennation_angle_at_optimal is 1.6"),
        (muscle("m", LINE + point("c", "/ground", "0 0 0", **ONLY, more="<range>0 1</range><coordinate>r</coordinate>")),
         "point 'c' follows the coordinate 'r', which does not exist"),
        (muscle("m", LINE + point("c", "/ground", "0 0 0", **ONLY, more="<range>1 0</range><coordinate>q</coordinate>")),
         "the range of point 'c' is (1.0, 0.0)"),
        (muscle("m", LINE + point("c", "/ground", "0 0 0", **MOVES)), "point 'c' does not say how its x moves"),
    ],
)  # fmt: skip
def test_lines_that_lead_nowhere_are_refused(tmp_path: Path, line: str, says: str) -> None:
    assert says in refusal(tmp_path, one_body(wraps=SPHERE, forces=line))


def test_a_line_over_a_name_that_two_surfaces_have_is_refused(tmp_path: Path) -> None:
    pins = PIN + joint("PinJoint", "k", "/bodyset/a", "/bodyset/b", [coordinate("r")])
    both = body("a", wraps=SPHERE) + body("b", wraps=SPHERE)
    assert "a name that several surfaces have" in refusal(tmp_path, new_model(both, pins, muscle("m", LINE, wraps=wrap("condyles"))))


def test_a_tower_of_frames_and_knots_at_one_place_are_refused(tmp_path: Path) -> None:
    frames = "".join(offset(f"f{k}", f"/bodyset/a/f{k - 1}" if k else "/bodyset/a", "0 0 0.001") for k in range(900))
    tower = body("a").replace("</Body>", f"<components>{frames}</components></Body>")
    assert "or in more than 50; fix it to a body" in refusal(tmp_path, new_model(tower, PIN))
    near = new_leg().replace("-2.1 -1.2 -0.6 0 0.2", "-1e-320 -1e-321 0 1e-321 1e-320")
    assert "do not rise by 1e-09 or more" in refusal(tmp_path, near)


_TEXTS = (old_leg(), new_leg(), chain())
_VALUES = ("nan", "inf", "-1", "0", "1e400", "", "abc", "1 2", "true", "1_0", "/ground", "s1", "femur_r", "knee_angle_r", "../..", "\u0007")


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_in_a_model_it_is_read_or_refused_in_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_TEXTS))
    elements = list(re.finditer(r"<(\w+)([^<>]*)>([^<>]*)</\1>", text))
    one = elements[data.draw(st.integers(0, len(elements) - 1))]
    how = data.draw(st.sampled_from(["value", "drop", "double", "cut"]))
    if how == "value":
        text = text[: one.start(3)] + data.draw(st.sampled_from(_VALUES)) + text[one.end(3) :]
    elif how == "drop":
        text = text[: one.start()] + text[one.end() :]
    elif how == "double":
        text = text[: one.end()] + one.group() + text[one.end() :]
    else:
        text = text[: one.start()]
    path = tmp_path / "leg.osim"
    path.write_text(text, encoding="utf-8")
    try:
        model = read_osim(path)
    except FormatError as error:
        said = str(error)
        assert said.startswith("leg.osim: ")
        assert said.isprintable()
        assert "cannot be read as OpenSim model" not in said
    else:
        assert model.segments[0].name == "ground"
        assert {end for one in model.joints for end in (one.parent, one.child)} == {one.name for one in model.segments}
