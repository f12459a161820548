"""Figures of exercises: drawn from the motion, well-formed, small, with the right side near; the flesh agrees with the places."""

import gzip
import itertools
import re
import statistics
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.person import Person as Adult
from hipspine.anatomy.person import scaled
from hipspine.errors import InputError, ModelError
from hipspine.exercises.catalogue import shipped
from hipspine.exercises.motion import Motion, motion_of
from hipspine.exercises.places import PLACES, points_of
from hipspine.exercises.shape import ends, lowest, overlaps, radii, shape
from hipspine.mechanics.rigid import Rigid, placed, points
from hipspine.report.exercise_figure import figure_svg, grouped, scene_of, stills
from hipspine.report.exercise_figure_body import Person
from hipspine.report.exercise_figure_camera import VIEWS, camera
from hipspine.report.exercise_figure_looks import DARK, LIGHT, figure_css
from hipspine.report.exercise_figure_paths import key_frames, path, rounded
from hipspine.report.exercise_figure_pieces import Outline, Piece
from hipspine.report.exercise_figure_sheet import contact_sheet
from hipspine.report.exercise_figure_words import from_where
from hipspine.terms import Side
from hipspine.workflows.exercise_sheet import sheet

NAMES = ("hip-thrust", "side-lying-leg-lift", "romanian-deadlift", "bird-dog", "walking-lunge")
DEMAND = {"gluteus_maximus/upper": 0.3, "gluteus_maximus/middle": 0.5, "gluteus_maximus/lower": 0.9, "hamstrings": 0.4}
FRAMES = 21
VIEWED = {
    "isometric-clam": {"back-from-above"}, "clam-hips-60": {"back-from-above"}, "pallof-press": {"front", "three-quarter-back"},
    "side-kick": {"back-from-high"}, "romanian-deadlift": {"side"}, "bent-knee-fallout": {"front-from-high"},
}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


@cache
def motion(name: str, side: Side = Side.RIGHT, frames: int = FRAMES) -> Motion:
    return motion_of(shipped(name), side=side, frames=frames)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("still", [False, True])
def test_a_figure_is_well_formed_and_asks_nothing_of_the_outside(name: str, still: bool) -> None:
    text = figure_svg(motion(name), DEMAND, still=still)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "g",
        "path",
        "animate",
        "animateTransform",
    }
    assert not re.search(r"nan|inf|href|url\(|<script|\son\w+=", text)
    said = [root.findtext(f"{SVG}{tag}") or "" for tag in ("title", "desc")]
    assert all(said)
    idents = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(idents) == len(set(idents)) == 3
    assert root.get("aria-labelledby", "").split() == idents[1:]
    assert ("animate" in text) is not still


def test_the_same_motion_gives_the_same_bytes() -> None:
    assert figure_svg(motion_of(shipped("romanian-deadlift"), frames=FRAMES), DEMAND) == figure_svg(motion("romanian-deadlift"), DEMAND)


def test_figures_are_a_few_kilobytes() -> None:
    packed = [len(gzip.compress(figure_svg(motion(name), DEMAND).encode(), mtime=0)) for name in NAMES]
    assert statistics.median(packed) <= 4500
    assert max(packed) <= 12000
    assert statistics.median(len(figure_svg(motion(name), DEMAND)) for name in NAMES) <= 12000


def test_a_page_that_forbids_inline_style_gets_classes_only() -> None:
    text = figure_svg(motion("hip-thrust"), DEMAND, style=False)
    used = {look for one in ET.fromstring(text).iter() for look in one.get("class", "").split()}
    assert "style" not in text
    rules = figure_css(themed=True)
    assert {one for one in used if f".{one}" not in rules} <= {"hf-moves", "hf-arm"}
    assert "[data-theme=dark]" in rules


def test_colours_are_those_of_the_tokens() -> None:
    text = figure_svg(motion("hip-thrust"), DEMAND)
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= {*LIGHT.values(), *DARK.values()}
    assert "hf-m1" in text
    assert "hf-m2" in text
    assert "hf-m4" in text


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_the_ramp_goes_away_from_the_stage_step_by_step(tokens: dict[str, str]) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ramp = [abs(luminance(tokens[f"m{k}"]) - luminance(tokens["stage"])) for k in range(5)]
    assert ramp == sorted(ramp)
    ink, stage = sorted((luminance(tokens["ink2"]), luminance(tokens["stage"])))
    assert (stage + 0.05) / (ink + 0.05) > 4.5  # arrows and loads


@pytest.mark.parametrize("view", VIEWS)
def test_cameras_are_turned_not_mirrored_and_those_of_the_left_are_the_mirror_of_the_right(view: str) -> None:
    right, left = (camera(view, side).axes for side in (Side.RIGHT, Side.LEFT))
    for axes in (right, left):
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(axes) == pytest.approx(1.0)
    mirror = np.diag([1.0, 1.0, -1.0])
    np.testing.assert_allclose(left, np.diag([-1.0, 1.0, 1.0]) @ right @ mirror, atol=1e-9)


def test_seen_from_the_side_the_working_leg_is_near_and_the_right_one_faces_right() -> None:
    for side, sign in ((Side.RIGHT, 1.0), (Side.LEFT, -1.0)):
        seen = camera("side", side)
        at = {name: np.array([0.0, 0.0, z]) for name, z in ((Side.RIGHT, 0.08), (Side.LEFT, -0.08))}
        assert seen.depth(at[side]) > seen.depth(at[side.other])
        assert seen.seen(np.array([1.0, 0.0, 0.0]))[0] == pytest.approx(sign)


def test_lying_on_the_right_side_and_seen_from_behind_the_head_is_on_the_right() -> None:
    behind = camera("back", Side.LEFT)  # the left leg works, so the person lies on the right side: the head is at +z
    assert behind.seen(np.array([0.0, 0.0, 1.0]))[0] == pytest.approx(1.0)
    lift = motion("side-lying-leg-lift")
    rigid = Rigid.of(lift.body, limits=False)
    where = placed(rigid, lift.q)
    thigh = {side: where.position_m[:, rigid.segment(f"shank:{side}"), 1] for side in Side}
    assert (thigh[Side.RIGHT] > thigh[Side.LEFT]).all()  # the working leg is the upper one


def test_the_left_figure_is_the_mirror_of_the_right() -> None:
    right, left = (scene_of(motion("romanian-deadlift", side), view="side") for side in (Side.RIGHT, Side.LEFT))
    for a, b in zip(right.pieces, left.pieces, strict=True):
        assert a.look == b.look
        for one, other in zip(a.outlines, b.outlines, strict=True):
            spans = [np.array([points.points_m.min(axis=(0, 1)), points.points_m.max(axis=(0, 1))]) for points in (one, other)]
            np.testing.assert_allclose(spans[0], _mirrored(spans[1]), atol=2e-3)


def _mirrored(span: np.ndarray) -> np.ndarray:
    return np.array([[-span[1, 0], span[0, 1]], [-span[0, 0], span[1, 1]]])


@pytest.mark.parametrize("name", ["romanian-deadlift", "hip-thrust"])
def test_shoes_that_stand_do_not_move(name: str) -> None:
    root = ET.fromstring(figure_svg(motion(name), DEMAND))
    shoes = [one for one in root.iter(f"{SVG}path") if one.get("class") == "hf-shoe"]
    assert shoes
    assert all(len(one) == 0 for one in shoes)


@pytest.mark.parametrize("name", [*NAMES, "transverse-lunge"])
def test_between_its_key_moments_a_figure_is_nearer_than_three_pixels(name: str) -> None:
    scene = scene_of(motion(name), DEMAND)
    px = scene.box[2] / 400
    time = scene.motion.time_s
    kinds = set()
    for group, turned in grouped(scene.pieces, scene.motion, px):
        every = np.concatenate(
            [np.broadcast_to(rounded(one), (len(time), *rounded(one).shape[1:])) for p in group for one in p.outlines], 1
        )
        keys = key_frames(group, scene.motion, within_units=2.5 * px) if turned is None else turned.keys
        if len(keys.moments) == 1:
            continue
        kinds.add(turned.kind if turned else "shape")
        for k, at in enumerate(time):
            j = max(i for i, one in enumerate(keys.moments[:-1]) if one.time_s <= at + 1e-9)
            a, b = keys.moments[j : j + 2]
            share = _played(keys.eases[j], (at - a.time_s) / (b.time_s - a.time_s))
            if turned is None:
                shown = every[a.frame] + share * (every[b.frame] - every[a.frame])
            else:
                first, last = (np.array([float(one) for one in turned.course[i].split()]) for i in (j, j + 1))
                base = np.concatenate([rounded(one)[0] for p in turned.pieces for one in p.outlines])
                shown = _transformed(base, first + share * (last - first))
            assert np.abs(shown - every[k]).max() < 3.0 * px, (group[0].look, at)
    assert kinds >= {"rotate", "shape"}


def _played(ease: tuple[float, float, float, float], at: float) -> float:
    """A timing curve as a player solves it: first for its parameter, then for its share."""
    x1, y1, x2, y2 = ease
    s = np.linspace(0, 1, 1001)
    return float(
        np.interp(
            at, 3 * x1 * s * (1 - s) ** 2 + 3 * x2 * s**2 * (1 - s) + s**3, 3 * y1 * s * (1 - s) ** 2 + 3 * y2 * s**2 * (1 - s) + s**3
        )
    )


def _transformed(at: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Points under SVG's translate(x y) or rotate(degrees x y)."""
    if len(numbers) == 2:
        return np.asarray(at + numbers)
    c, s = np.cos(np.radians(numbers[0])), np.sin(np.radians(numbers[0]))
    return np.asarray((at - numbers[1:]) @ np.array([[c, s], [-s, c]]) + numbers[1:])


def test_written_paths_pass_through_the_points_between_control_points() -> None:
    square = Outline(np.array([[[0.0, 0.0], [0.1, 0.0], [0.1, -0.1], [0.0, -0.1]]]))
    words = path(Piece("hf-skin", (square,), 0.0), 0)
    assert words == "M0 30q0-30 30-30t30 30-30 30-30-30"


def test_reduced_motion_and_paper_get_stills() -> None:
    text = figure_svg(motion("hip-thrust"), DEMAND)
    root = ET.fromstring(text)
    groups = {one.get("class"): one for one in root.findall(f"{SVG}g")}
    assert set(groups) == {"hf-moves", "hf-still"}
    assert not list(groups["hf-still"].iter(f"{SVG}animate"))
    assert "prefers-reduced-motion:reduce" in text
    assert len(ET.fromstring(figure_svg(motion("hip-thrust"), still=True)).findall(f"{SVG}g")) == len(stills(motion("hip-thrust"))) == 2


def test_a_still_shows_the_pose_farthest_from_the_start() -> None:
    jump, lunge = motion("squat-jump"), motion("walking-lunge")
    height = Rigid.of(jump.body, limits=False).coordinates.index("pelvis_ty")
    assert max(jump.q[frame, height] for frame in stills(jump)) == pytest.approx(jump.q[:, height].max(), abs=0.1)
    assert min(lunge.q[frame, height] for frame in stills(lunge)) == pytest.approx(lunge.q[:, height].min(), abs=0.02)
    assert stills(motion("met-leg-press")) == (0,)  # a hold has one


def test_the_panels_of_a_still_lie_side_by_side() -> None:
    root = ET.fromstring(figure_svg(motion("walking-lunge"), still=True))
    left, _, width, _ = (float(one) for one in root.get("viewBox", "").split())
    edges = []
    for panel in root.findall(f"{SVG}g"):
        shift = float(re.findall(r"-?\d+", panel.get("transform", "translate(0)"))[0])
        floor = next(one.get("d", "") for one in panel if one.get("class") == "hf-floor")
        x, long = (float(one) for one in re.findall(r"^M(-?\d+) 0l(\d+)", floor)[0])
        edges.append((x + shift, x + shift + long))
    assert len(edges) > 1
    assert left <= edges[0][0]
    assert edges[-1][1] <= left + width
    assert all(a[1] < b[0] for a, b in itertools.pairwise(edges))


def test_what_goes_on_elsewhere_rests_and_fades_before_it_begins_anew() -> None:
    root = ET.fromstring(figure_svg(motion("walking-lunge")))
    every = list(root.iter(f"{SVG}animate"))
    fades = [one for one in every if one.get("attributeName") == "opacity"]
    assert len(fades) == 1
    assert len({one.get("dur") for one in every}) == 1
    assert float(every[0].get("dur", "").rstrip("s")) == pytest.approx(motion("walking-lunge").time_s[-1] + 0.6)
    for one in every:
        times, values = (one.get(name, "").split(";") for name in ("keyTimes", "values"))
        assert len(times) == len(values)
        assert (times[0], times[-1]) == ("0", "1")
        if one not in fades:
            assert values[-1] == values[-2]
            assert len(one.get("keySplines", "").split(";")) == len(times) - 1
    assert "opacity" not in {one.get("attributeName") for one in ET.fromstring(figure_svg(motion("hip-thrust"))).iter(f"{SVG}animate")}


def test_a_bar_lies_under_feet_that_stay_and_only_there() -> None:
    def bars(name: str) -> int:
        return sum("hf-fixed" in one.look for one in scene_of(motion(name), view="side").pieces)

    assert bars("romanian-deadlift") == 1
    assert bars("walking-lunge") == bars("squat-jump") == 0


def test_fingers_and_toes_do_not_sink_into_the_floor() -> None:
    for name in NAMES:
        one = motion(name)
        rigid = Rigid.of(one.body, limits=False)
        who = Person.of(one, rigid, placed(rigid, one.q), camera("side", Side.RIGHT))
        low = {part.name: float((who.ends_m[:, k, :, 1] - who.radii_m[k]).min()) for k, part in enumerate(who.capsules) if part.gives}
        assert min(low.values()) > -0.05, name


@pytest.mark.parametrize(("name", "ones"), VIEWED.items())
def test_the_view_shows_what_the_exercise_is_about(name: str, ones: set[str]) -> None:
    assert scene_of(motion(name, frames=9)).view in ones


def test_a_wall_stands_upright_from_whichever_side_it_is_leant_on() -> None:
    walls = [one for one in scene_of(motion("wall-press", frames=9)).pieces if one.look == "hf-prop"]
    points_m = np.concatenate([one.points_m.reshape(-1, 2) for piece in walls for one in piece.outlines])
    assert np.ptp(points_m[:, 1]) > 1.5 > 0.5 > np.ptp(points_m[:, 0])


def test_limbs_of_the_side_that_rests_are_paler() -> None:
    scene = scene_of(motion("side-lying-leg-lift"))
    assert scene.view == "back"
    legs = {one.look: max(float(part.points_m[..., 1].max()) for part in one.outlines) for one in scene.pieces if "hf-shoe" in one.look}
    assert legs["hf-shoe"] > legs["hf-shoe hf-far"] + 0.2  # the upper leg works


def test_own_hands_hold_the_thigh_against_its_push() -> None:
    looks = [one.look for one in scene_of(motion("met-leg-press")).pieces]
    assert {"hf-pull", "hf-push"} <= set(looks)
    rules = figure_css()
    assert ".hf-push{stroke:var(--hf-m3)" in rules
    assert "hf-helper" not in looks
    assert "hf-helper" in [one.look for one in scene_of(motion("prone-hip-extension-isometric", frames=9)).pieces]


def test_the_description_says_the_angles_of_the_motion() -> None:
    said = ET.fromstring(figure_svg(motion("hip-thrust"))).findtext(f"{SVG}desc") or ""
    thrust = motion("hip-thrust")
    hip = np.degrees(thrust.poses[:, Rigid.of(thrust.body, limits=False).coordinates.index("hip_flexion:right")])
    assert f"Both hips from {hip[0]:.0f} to {abs(hip[1]):.0f} degrees" in said


def test_from_where_one_looks_is_told_from_how_the_person_is_turned() -> None:
    for name, view, said in (
        ("wall-press", "side", "from behind"), ("hip-thrust", "side", "from the side"),
        ("hip-thrust", "front-from-high", "from the feet and high above"),
        ("side-lying-leg-lift", "back", "from behind"), ("bird-dog", "back", "from behind"),
    ):  # fmt: skip
        assert from_where(motion(name), view) == said, name


@pytest.mark.parametrize("view", ["side", "three-quarter-front", "front"])
def test_a_dumbbell_is_seen_from_wherever_one_looks(view: str) -> None:
    scene = scene_of(motion("half-kneeling-overhead-press", frames=9), view=view)
    heads = [one for piece in scene.pieces if piece.look == "hf-weight" for one in piece.outlines]
    assert len(heads) == 2
    assert all(float(np.ptp(one.points_m, axis=1).min()) > 0.08 for one in heads)


def test_an_unknown_view_is_told() -> None:
    with pytest.raises(ModelError, match="the view is 'above'; give auto, side"):
        figure_svg(motion("hip-thrust"), view="above")


def test_a_contact_sheet_holds_every_figure() -> None:
    page = contact_sheet([(name, figure_svg(motion(name))) for name in NAMES])
    assert page.count("<figcaption>") == page.count("<svg") == len(NAMES)


def test_one_command_draws_the_figures_of_a_position_on_one_page(tmp_path: Path) -> None:
    page = tmp_path / "sheet.html"
    document = sheet(page, base="hang", still=True)
    text = page.read_text(encoding="utf-8")
    assert document["figures"] == text.count("<figcaption>") >= 3
    assert "Dead hang" in text
    assert text.count("<style>") == 1
    with pytest.raises(InputError, match="--position: 'floating' is no position"):
        sheet(page, base="floating")


# ---- the flesh


@pytest.mark.parametrize("height", [1.5, 1.95])
def test_places_that_touch_lie_on_the_skin(height: float) -> None:
    body = scaled(BodyModel(), Adult(height_m=height, mass_kg=22 * height**2))
    rigid = Rigid.of(body)
    standing = placed(rigid, {})
    capsules = [one for one in shape(body) if not one.gives]
    axis = ends(capsules, standing)[0]
    share = np.linspace(0, 1, 101)[:, None]
    for name in PLACES.keys() - {"hand", "grip", "ankle"}:  # inside a fist; inside a cuff
        for segment, at in points_of(body, name, Side.RIGHT):
            here = points(rigid, standing, [(segment, at)])[0, 0]
            near = []
            for (start, end), one in zip(axis, capsules, strict=True):
                if one.segment == segment:
                    thick = one.start_radius_m + share[:, 0] * (one.end_radius_m - one.start_radius_m)
                    near.append((np.linalg.norm(here - start - share * (end - start), axis=1) - thick).min())
            assert abs(min(near)) < 0.0165, f"{name} is {1000 * min(near):.0f} mm off the skin"


def test_limbs_weigh_about_what_the_body_says() -> None:
    body = BodyModel()
    mass = {one.name: one.mass_kg for one in body.segments}
    for segment in ("thigh:right", "shank:right", "upper_arm:right", "forearm:right"):
        volume = 0.0
        for one in (one for one in shape(body) if one.segment == segment):
            a, b = one.start_radius_m, one.end_radius_m
            volume += np.pi / 3 * float(np.linalg.norm(np.subtract(one.end_m, one.start_m))) * (a * a + a * b + b * b)
        assert 1050 * volume == pytest.approx(mass[segment], rel=0.35)  # drawn, not measured


def test_a_standing_body_stands_on_the_floor_and_overlaps_nothing() -> None:
    body = BodyModel()
    rigid = Rigid.of(body)
    standing = placed(rigid, {})
    capsules = shape(body)
    sole = points_of(body, "sole", Side.RIGHT)[0]
    floor = standing.position_m[0, rigid.segment(sole[0]), 1] + sole[1][1]
    assert lowest(capsules, standing)[0] == pytest.approx(floor, abs=0.004)
    crossed = placed(rigid, {"hip_adduction": [0.0, np.radians(20)]})
    depth, pairs = overlaps(capsules, crossed, standing=standing)
    assert depth[0].max() == 0.0
    deep = {name.partition(":")[0] for k in np.flatnonzero(depth[1] > 0.03) for name in pairs[k]}
    assert deep
    assert deep <= {"thigh", "lower_thigh", "calf", "lower_shank"}


def test_the_depth_of_two_balls_is_that_of_their_distance() -> None:
    body = BodyModel()
    rigid = Rigid.of(body)
    capsules = tuple(one for one in shape(body) if one.name in ("lower_shank:right", "lower_shank:left"))
    crossed = placed(rigid, {"hip_adduction:right": np.radians(12)})
    depth, _ = overlaps(capsules, crossed, standing=placed(rigid, {}))
    at, size = ends(capsules, crossed)[0], radii(capsules)
    u = np.linspace(0, 1, 201)
    axes = [at[k, 0] + u[:, None] * (at[k, 1] - at[k, 0]) for k in range(2)]
    apart = np.linalg.norm(axes[0][:, None] - axes[1][None], axis=-1)
    i, j = np.unravel_index(np.argmin(apart), apart.shape)
    thick = size[0, 0] + u[i] * (size[0, 1] - size[0, 0]) + size[1, 0] + u[j] * (size[1, 1] - size[1, 0])
    assert depth[0, 0] == pytest.approx(max(thick - apart.min(), 0.0), abs=2e-3)


def test_balls_of_one_segment_keep_their_distance_in_three_dimensions() -> None:
    for name in NAMES:
        one = motion(name)
        rigid = Rigid.of(one.body, limits=False)
        where = placed(rigid, one.q)
        who = Person.of(one, rigid, where, camera("side", Side.RIGHT))
        long = np.linalg.norm(who.ends_m[:, :, 1] - who.ends_m[:, :, 0], axis=-1)
        rest = [k for k, part in enumerate(who.capsules) if part.name not in ("neck",)]
        np.testing.assert_allclose(long[:, rest], np.broadcast_to(long[:1, rest], long[:, rest].shape), atol=1e-6)


def test_a_body_of_another_making_has_no_flesh() -> None:
    lone = BodyModel(name="one bone", segments=BodyModel().segments[:1], joints=(), coordinates=(), lines=(), wraps=(), fields=())
    with pytest.raises(ModelError, match="only bodies made from BodyModel"):
        shape(lone)
