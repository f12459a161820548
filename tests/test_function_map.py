"""Figures of what each region does: they say what the muscle does, hold their text, and are read without colour."""

import csv
import dataclasses
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus
from hipspine.anatomy.gluteus_maximus import members as shipped
from hipspine.errors import ModelError
from hipspine.mechanics.arms import moment_arms, regional
from hipspine.mechanics.extrapolation import extrapolated
from hipspine.mechanics.field_ensemble import ensemble_arms
from hipspine.mechanics.posture import Posture
from hipspine.report.function_map import COURSES, Published, function_figure
from hipspine.report.function_map_cells import MINUS_TO_PLUS, crossings_deg, map_figure, shade, signed
from hipspine.report.paint import text_width
from hipspine.report.svg import Element, write
from hipspine.terms import Region

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
WIDTHS = (234.0, 321.0, 504.0, 760.0, 1030.0)


def every(item: Element | str, tag: str) -> list[Element]:
    if isinstance(item, str):
        return []
    return ([item] if item.tag == tag else []) + [found for child in item.children for found in every(child, tag)]


def flat_field() -> LineField:
    """A muscle whose lines run straight to points on the femur: its arms are known without the fit."""
    field = gluteus_maximus()
    straight = np.zeros_like(field.coefficients_m2)
    straight[:, 0] = (field.origin_m**2).sum(axis=1) + 0.01  # |A|^2 + |P|^2 - 2 n . P, with P straight below the hip
    straight[:, 2] = 2 * 0.1 * 0.14
    return dataclasses.replace(field, coefficients_m2=straight)


def members(count: int) -> list[LineField]:
    rng = np.random.default_rng(5)
    best = gluteus_maximus()
    return [
        dataclasses.replace(best, coefficients_m2=best.coefficients_m2 * (1 + 0.02 * rng.standard_normal((1, 16)))) for _ in range(count)
    ]


def test_the_words_name_the_angle_where_the_rotation_arm_turns():
    field = gluteus_maximus()
    flexion = np.linspace(0, 120, 61)
    arms = moment_arms(field, {"hip_flexion_deg": flexion}).m
    said = function_figure(field).alt
    line = next(part for part in said.split("while") if "turns out" in part and part.startswith(" the hip flexes"))
    for region in Region:
        turns = crossings_deg(flexion, regional(field, arms, region)[:, 2])
        told = re.search(rf"{region.value} [^;.]*", line)
        assert told is not None
        assert ("sign changes" in told[0]) == bool(turns)
        for at in turns:
            assert f"{round(at)}°" in told[0]


def test_a_muscle_of_straight_lines_is_drawn_with_the_arms_of_straight_lines():
    field = flat_field()
    figure = function_figure(field)
    for region in Region:
        chosen = field.of_region(region)
        a = field.origin_m[chosen]
        lengths = np.linalg.norm(a - (0.0, -0.1, 0.0), axis=1)
        extension = -1e3 * (0.1 * a[:, 0] / lengths) @ field.max_force_n[chosen] / field.max_force_n[chosen].sum()
        # pull on the femur at P = (0, -0.1, 0) towards A: moment about z is x*uy - y*ux = 0.1 * ux
        assert f"{region.value} {signed(-extension)} mm" in figure.alt.split("Rotation arm")[0]


def test_bands_are_drawn_only_with_members_and_hold_the_middle_of_them():
    alone, together = (function_figure(gluteus_maximus(), members=one) for one in ([], members(12)))
    assert "best fit alone" in alone.caption
    assert "90 %" in together.caption
    bands = [
        len([path for path in every(figure.draw(760.0, "x"), "path") if dict(path.attributes).get("fill-opacity")])
        for figure in (alone, together)
    ]
    assert bands == [0, len(COURSES) * len(Region)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("figure", [function_figure(gluteus_maximus()), map_figure(gluteus_maximus())], ids=["curves", "map"])
def test_no_text_leaves_the_drawing_at_any_width(figure, width):
    drawing = figure.draw(width, "x")
    assert dict(drawing.attributes)["width"] == f"{width:.0f}"

    def walk(item: Element, shift: float) -> None:
        moved = re.match(r"translate\(([\d.]+)", dict(item.attributes).get("transform", ""))
        shift += float(moved[1]) if moved else 0.0
        if item.tag == "text":
            at = dict(item.attributes)
            wide = text_width(str(item.children[0]), size=float(at["font-size"])) * 0.88  # the measure is for a clearly wide font
            start = shift + float(at["x"]) - {"start": 0.0, "middle": wide / 2, "end": wide}[at.get("text-anchor", "start")]
            assert start >= -1.0, item.children
            assert start + wide <= width + 1.0, item.children
        for child in item.children:
            if isinstance(child, Element):
                walk(child, shift)

    walk(drawing, 0.0)


def test_the_map_hatches_plus_numbers_every_cell_and_marks_each_change_of_sign():
    field = gluteus_maximus()
    drawing = map_figure(field, arm="hip_rotation").draw(760.0, "m")
    numbers = [str(item.children[0]) for item in every(drawing, "text") if re.fullmatch(r"[+−]?\d+", str(item.children[0]))]
    flexion, adduction = np.arange(0, 121, 20.0), np.arange(-40, 41, 20.0)[::-1]
    wanted = []
    for region in Region:
        for a in adduction:
            arms = moment_arms(field, {"hip_flexion_deg": flexion, "hip_adduction_deg": a}).m
            wanted += [signed(1e3 * mm) for mm in regional(field, arms, region)[:, 2]]
    assert numbers == wanted
    hatched = [rect for rect in every(drawing, "rect") if dict(rect.attributes)["fill"] == "url(#m-plus)"]
    assert len(hatched) == sum(one.startswith("+") for one in wanted)


def test_the_drawn_band_is_the_range_that_the_command_says():
    field, course = gluteus_maximus(), COURSES[-1]
    others = [gluteus_maximus(member=k) for k in range(shipped())]
    drawing = function_figure(field, members=others).draw(760.0, "x")
    bands = [path for path in every(drawing, "path") if dict(path.attributes).get("fill-opacity")][-len(Region) :]
    seen = ensemble_arms(Posture.of(hip_rotation_deg=np.linspace(course.low_deg, course.high_deg, 61)))
    for at, band in enumerate(bands):
        heights = np.array([float(one) for one in re.findall(r"[-\d.]+", dict(band.attributes)["d"])])[1::2]
        low, high = 1e3 * seen.low_m[:, at, 2], 1e3 * seen.high_m[:, at, 2]
        said = np.r_[low, high[::-1]]
        slope, offset = np.polyfit(said, heights, 1)
        assert np.abs(slope * said + offset - heights).max() < 0.1  # pixels; the path is rounded to a tenth or less


def test_map_and_curves_name_the_same_angle_where_the_rotation_arm_turns():
    curves, cells = function_figure(gluteus_maximus()).alt, map_figure(gluteus_maximus(), arm="hip_rotation").alt
    line = next(part for part in curves.split("while") if "turns out" in part and part.startswith(" the hip flexes"))
    told = re.findall(r"(?:upper|middle|lower) [^;.]*sign changes at (\d+)°", line)
    assert told
    assert re.findall(r"sign changes at flexion (\d+)°", cells) == told


def test_the_map_frames_the_cells_that_no_measurement_covers():
    flexion, adduction = (angles.ravel() for angles in np.meshgrid(np.arange(0, 121, 20.0), np.arange(-40, 41, 20.0)))
    beyond = extrapolated(Posture.of(hip_flexion_deg=flexion, hip_adduction_deg=adduction))
    assert 0 < beyond.sum() < beyond.size
    figure = map_figure(gluteus_maximus(), arm="hip_rotation")
    framed = [one for one in every(figure.draw(760.0, "m"), "rect") if dict(one.attributes).get("stroke-dasharray")]
    assert len(framed) == len(Region) * beyond.sum()
    assert "Dotted frame: extrapolated" in figure.caption
    assert f"{round(100 * beyond.mean())} % of the cells are extrapolated" in figure.alt


def test_more_of_an_arm_is_darker_on_both_sides_of_zero():
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    white = luminance("#FFFFFF")
    for mm in [*np.arange(-80.0, -42.9, 0.1), *np.arange(-38.0, 0.5, 0.1)]:  # the number stands on the colour itself
        ground, ink = luminance(shade(mm)), white if mm <= -43 else luminance("#231A17")
        assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 4.5, mm
    for sign in (-1, 1):
        steps = [luminance(shade(sign * mm)) for mm in range(0, 61, 5)]
        assert all(lighter > darker for lighter, darker in pairwise(steps))


def test_the_page_and_the_paper_use_the_same_colours_for_minus_and_plus():
    sheet = files("hipspine.report").joinpath("data/body_view.css").read_text(encoding="utf-8")
    light = sheet.split(":root[data-theme=dark]")[0]
    named = [re.search(rf"--{name}:(#[0-9A-F]{{6}})", light) for name in ("minus", "minus-mid", "zero", "plus-mid", "plus")]
    assert tuple(found[1] for found in named if found) == MINUS_TO_PLUS


def test_the_same_muscle_gives_the_same_drawing():
    first, second = (write(function_figure(gluteus_maximus(), members=members(3)).draw(504.0, "x"), standalone=True) for _ in range(2))
    assert first == second


def test_published_values_stand_in_the_key_and_only_where_they_belong():
    angles = np.linspace(0, 90, 10)
    band = Published("A long name of a study that measured a band of fibres in several cadavers long ago", "hip_flexion", "hip_flexion",
                     angles, np.full(10, -60.0), np.full(10, -20.0))  # fmt: skip
    curve = Published("A curve", "hip_flexion", "hip_flexion", angles, np.full(10, -50.0), np.full(10, -50.0))
    figure = function_figure(gluteus_maximus(), published=[band, curve])
    drawing = figure.draw(321.0, "p")
    hatched = [path for path in every(drawing, "path") if dict(path.attributes).get("fill") == "url(#p-hatch)"]
    broken = [path for path in every(drawing, "path") if dict(path.attributes).get("stroke-dasharray")]
    assert (len(hatched), len(broken)) == (3, 4)  # one for each region, and the curve's key
    assert "Hatched: A long name" in figure.caption


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [([1.0, 2.0], [3.0], "different numbers"), ([1.0, np.nan], [3.0, 4.0], "missing"), ([5.0, 5.0], [3.0, 4.0], "above its high")],
)
def test_published_values_that_do_not_fit_together_are_refused(low, high, said):
    with pytest.raises(ModelError, match=said):
        Published("Study", "hip_flexion", "hip_flexion", np.array([0.0, 1.0]), np.array(low), np.array(high))


@pytest.mark.parametrize(
    ("arm", "across", "said"), [("knee_flexion", "hip_flexion", "no angle of the hip"), ("hip_flexion", "hip_adduction", "two")]
)
def test_a_map_of_other_angles_is_refused(arm, across, said):
    with pytest.raises(ModelError, match=said):
        map_figure(gluteus_maximus(), arm=arm, across=across)


def test_the_published_band_of_extension_holds_the_curves_as_drawn():
    path = SHARED / "anatomy" / "blemker2005_glmax_moment_arm_bands.csv"
    if not path.is_file():
        pytest.skip(f"no {path.name} beside the checkout")
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["angle_type"] == row["moment_arm_type"] == "hip_flexion"]
    by_angle: dict[float, list[float]] = {}
    for row in rows:
        by_angle.setdefault(float(row["angle_deg"]), []).append(10 * float(row["moment_arm_cm"]))
    angles = np.array(sorted(by_angle))
    low, high = (np.array([end(by_angle[angle]) for angle in angles]) for end in (min, max))
    field = gluteus_maximus()
    arms = moment_arms(field, {"hip_flexion_deg": angles}).m
    for region in Region:
        mm = 1e3 * regional(field, arms, region)[:, 0]
        assert ((mm >= low - 1e-9) & (mm <= high + 1e-9)).mean() >= 0.95
