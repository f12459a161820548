"""The drawings: what must be true of every figure, and of the writer under them."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipspine.errors import ModelError
from hipspine.report import loops, paint, raster, traces, words
from hipspine.report.contents import contents
from hipspine.report.example import example
from hipspine.report.svg import element, line_through, write
from hipspine.signals.recording import Stream
from hipspine.terms import Side

WIDTHS = (234.0, 321.0, 590.0, 1030.0)
LONG_NAMES = (
    "latissimus_dorsi contralateral lower fibres",
    "quadratus_lumborum_pars_iliocostalis",
    "averylongmusclenamewithoutanyblankatall",
)
NAME_SPACE = "{http://www.w3.org/2000/svg}"


def all_figures(report):
    told = contents(report)
    return (*told.rasters, *told.traces, *told.loops)


def parsed(figure, width):
    return ET.fromstring(write(figure.draw(width, figure.key), standalone=True))


def path_numbers(path):
    return [float(number) for number in path.get("d").replace("M", " ").replace("L", " ").replace("V", " ").replace("H", " ").split()]


@given(st.text(), st.text())
def test_whatever_a_file_calls_its_channels_the_drawing_is_one_well_formed_document(words_inside, label):
    drawn = element("svg", element("text", words_inside, x=1), aria_label=label)
    root = ET.fromstring(write(drawn, standalone=True))
    assert len(root) == 1
    assert "<" not in (root[0].text or "") or "<" in words_inside


@pytest.mark.parametrize("attributes", [{"style": "fill:red"}, {"onclick": "x()"}, {"x": float("nan")}, {"y": float("inf")}])
def test_the_writer_refuses_inline_looks_handlers_and_numbers_that_are_not_finite(attributes):
    with pytest.raises(ModelError):
        element("rect", **attributes)


def test_the_writer_refuses_scripts_and_text_too_small_to_read():
    with pytest.raises(ModelError, match="script"):
        element("script")
    with pytest.raises(ModelError, match="too small"):
        element("text", "x", font_size=11)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("extra", [(), LONG_NAMES])
def test_nothing_in_a_figure_leaves_it_at_any_width(width, extra):
    for figure in all_figures(example(extra_muscles=extra, repetitions=3)):
        root = parsed(figure, width)
        assert root.get("aria-label") == figure.alt
        height = float(root.get("height"))
        for item in root.iter():
            if item.tag == f"{NAME_SPACE}text":
                wide = paint.text_width(item.text, size=float(item.get("font-size")))
                anchor = {"middle": 0.5, "end": 1.0}.get(item.get("text-anchor"), 0.0)
                left = float(item.get("x")) - anchor * wide
                assert left >= -12.0, (figure.key, item.text)
                assert left + wide <= width + 12.0, (figure.key, item.text)
                assert 0 < float(item.get("y")) <= height
                assert float(item.get("font-size")) >= 12.0
            for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
                if item.get(name) is not None and item.tag != f"{NAME_SPACE}text":
                    assert -0.6 <= float(item.get(name)) <= most + 0.6, (figure.key, item.attrib)


@pytest.mark.parametrize("width", WIDTHS[:3])
def test_names_above_narrow_rows_do_not_run_into_the_row_above(width):
    figure = contents(example(extra_muscles=LONG_NAMES)).rasters[0]
    root = parsed(figure, width)
    names = [item for item in root.iter(f"{NAME_SPACE}text") if item.get("font-weight") == "700"]
    heights = sorted(float(item.get("y")) for item in names)
    assert min(np.diff(heights)) >= 15.0


def test_the_glute_stands_last_in_the_raster_and_is_drawn_larger():
    rows = raster.rows(example(), Side.LEFT)
    assert rows[-1].muscle == "gluteus_maximus"
    middles = [row.middle for row in rows[:-1]]
    assert middles == sorted(middles)
    drawn = parsed(contents(example()).rasters[0], 590.0)
    sizes = {item.text: float(item.get("font-size")) for item in drawn.iter(f"{NAME_SPACE}text")}
    assert sizes["Gluteus maximus, left"] > sizes["Semitendinosus, left"]


def test_left_repetitions_are_circles_and_right_repetitions_are_squares():
    left, right = contents(example(repetitions=5)).rasters
    for figure, shape in ((left, "circle"), (right, "rect")):
        marks = [item for item in parsed(figure, 590.0).iter() if "open" in (item.get("class") or "")]
        assert len(marks) == 5 * 4
        assert {item.tag for item in marks} == {NAME_SPACE + shape}


def test_both_legs_share_one_axis_so_that_they_can_be_compared():
    left, right = (parsed(figure, 590.0) for figure in contents(example()).rasters)
    ticks = [
        {item.text: item.get("x") for item in root.iter(f"{NAME_SPACE}text") if item.get("text-anchor") == "middle"}
        for root in (left, right)
    ]
    assert len(ticks[0]) > 3
    assert ticks[0] == ticks[1]


def test_a_pooled_interval_is_drawn_only_where_the_assessment_gives_one():
    full = example()
    bare = replace(full, assessment=replace(full.assessment, findings=()))
    assert all(row.pooled is not None for row in raster.rows(full, Side.LEFT))
    assert all(row.pooled is None for row in raster.rows(bare, Side.LEFT))
    assert "95 % interval of the typical repetition" not in contents(bare).rasters[0].caption


def test_a_muscle_that_never_starts_is_named_not_left_out():
    report = example(repetitions=3)
    silent = tuple(
        replace(one, marks=tuple(replace(mark, on_s=None) if mark.muscle == "gluteus_maximus" else mark for mark in one.marks))
        for one in report.assessment.repetitions
    )
    rows = raster.rows(replace(report, assessment=replace(report.assessment, repetitions=silent, findings=())), Side.LEFT)
    assert rows[-1].middle is None
    assert "no start found in 3 repetitions" in raster.in_words(Side.LEFT, rows, zero="movement start")


def test_the_decimated_signal_keeps_its_highest_and_lowest_sample():
    values = np.zeros((1, 20_000))
    values[0, 7_777], values[0, 15_000] = 1.0, -0.5
    report = example(sides=(Side.LEFT,), repetitions=1, refused=0)
    stream = report.recording.streams[0]
    spiky = Stream(stream.kind, 2000.0, 0.0, stream.channels[:1], values)
    rows = traces.whole_rows(replace(report, recording=replace(report.recording, streams=(spiky,))))
    root = ET.fromstring(write(traces.draw_whole(report, rows, width=590.0, label="x"), standalone=True))
    signal = max((path for path in root.iter(f"{NAME_SPACE}path")), key=lambda path: len(path.get("d")))
    strokes = np.array(path_numbers(signal)).reshape(-1, 3)
    middle, half = (strokes[0, 1] + strokes[0, 2]) / 2, 17.0
    assert strokes[:, 1].min() == pytest.approx(middle - half, abs=0.6)
    assert strokes[:, 2].max() == pytest.approx(middle + half / 2, abs=0.6)


def test_a_gap_in_the_signal_stays_a_gap():
    report = example(sides=(Side.LEFT,), repetitions=1, refused=0)
    stream = report.recording.streams[0]
    values = stream.values.copy()
    values[0, 1000:3000] = np.nan
    gapped = replace(report, recording=replace(report.recording, streams=(replace(stream, values=values),)))
    whole = next(figure for figure in contents(gapped).traces if figure.key.startswith("whole"))
    root = parsed(whole, 590.0)
    signals = sorted((path for path in root.iter(f"{NAME_SPACE}path")), key=lambda path: -len(path.get("d")))[: len(stream.channels)]
    widest = {max(np.diff(np.array(path_numbers(path)).reshape(-1, 3)[:, 0])) > 50 for path in signals}
    assert widest == {True, False}


def test_the_typical_repetition_is_the_one_nearest_to_the_median_glute_start():
    report = example(repetitions=5)
    chosen = traces.typical(report, Side.LEFT)
    late = [
        m.on_s - one.start_s
        for one in report.assessment.repetitions
        if one.side is Side.LEFT
        for m in one.marks
        if m.muscle == "gluteus_maximus"
    ]
    own = next(m.on_s - chosen.start_s for m in chosen.marks if m.muscle == "gluteus_maximus")
    assert own == pytest.approx(np.median(late))


def test_quarter_marks_lie_where_hip_and_spine_together_have_gone_a_quarter():
    share = np.linspace(0.0, 1.0, 401)
    made = loops.loops({"left repetition 1": np.radians(np.array([60.0 * share, 40.0 * share]))})
    signs = {sign: (hip, lumbar) for sign, hip, lumbar in loops.quarters(made[0])}
    assert signs["¼"] == pytest.approx((15.0, 10.0), abs=0.3)
    assert signs["¾"] == pytest.approx((45.0, 30.0), abs=0.3)


def test_a_loop_with_a_gap_or_without_movement_is_not_drawn_as_one():
    still, gapped = np.zeros((2, 50)), np.full((2, 50), np.nan)
    assert loops.loops({"left gapped": gapped}) == ()
    assert loops.quarters(loops.loops({"left still": still})[0]) == ()


@given(low=st.floats(-1e4, 1e4), wide=st.floats(1e-2, 1e4), about=st.integers(2, 12))
def test_ticks_are_round_inside_the_range_and_not_too_many(low, wide, about):
    found = paint.ticks(low, low + wide, about=about)
    assert all(low - 1e-6 * wide <= value <= low + wide * (1 + 1e-6) for value in found)
    assert len(found) <= about + 2


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1), st.floats(40.0, 400.0)
)
def test_wrapping_loses_no_letter_and_fits(word, width):
    lines = paint.wrapped(f"{word} and {word}", width=width)
    assert "".join(lines).replace(" ", "") == f"{word}and{word}"


@given(st.floats(-1e5, 1e5), st.sampled_from(["ms", "deg", "%", "ratio", "s", "1"]))
def test_numbers_use_true_minus_signs_and_never_a_minus_zero(value, unit):
    said = words.quantity(value, unit, low=value - 1.0, high=value + 1.0)
    assert "-" not in said
    assert not any(part.strip("−0.") == "" and part.startswith("−") for part in said.replace("[", " ").replace(",", " ").split())


def test_a_line_is_drawn_through_its_points_in_order():
    assert line_through([(0.0, 1.0), (2.0, 3.04)]) == "M0 1L2 3"


def test_of_two_bursts_in_one_repetition_the_raster_shows_the_first_and_the_close_up_both():
    report = example(repetitions=1)
    one = report.assessment.repetitions[0]
    again = replace(one.marks[-1], on_s=one.start_s + 0.9, on_low_s=one.start_s + 0.88, on_high_s=one.start_s + 0.92)
    twice = replace(one, marks=(*one.marks, again))
    told = replace(report, assessment=replace(report.assessment, repetitions=(twice,)))
    row = raster.rows(told, Side.LEFT)[-1]
    assert len(row.starts) == 1
    assert row.starts[0][0] < 800.0
    assert "(1 of 1)" not in row.name
    assert len(traces.close_rows(told, twice)[-1].marks) == 2


def test_where_no_movement_was_timed_the_raster_says_what_its_zero_is():
    report = example(repetitions=2)
    assert raster.zero_name(report) == "movement start"
    unknown = tuple(replace(f, value=None, low=None, high=None) for f in report.assessment.findings)
    bursts_only = tuple(replace(one, start_low_s=None, start_high_s=None) for one in report.assessment.repetitions)
    assessment = replace(report.assessment, findings=unknown, repetitions=bursts_only)
    assert raster.zero_name(replace(report, assessment=assessment)) == "first activity of the leg"
    assert raster.zero_name(replace(report, assessment=replace(assessment, protocol="contact", findings=()))) == "foot contact"


def test_a_curve_that_names_both_sides_or_none_belongs_to_neither():
    report = example(repetitions=1)
    curve = next(iter(report.assessment.loops.values()))
    curves = {"left_1": curve, "cycle 1": curve, "left and right": curve}
    figures = contents(replace(report, assessment=replace(report.assessment, loops=curves))).loops
    assert [(figure.side, "over 2 repetitions" in figure.alt) for figure in figures] == [(Side.LEFT, False), (None, True)]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_axis_of_time_says_its_unit_once(width):
    told = contents(example(repetitions=2))
    for figure in (*told.rasters, *told.traces):
        labels = [item.text for item in parsed(figure, width).iter(f"{NAME_SPACE}text")]
        assert sum(label.endswith(("\u00a0ms", "\u00a0s")) for label in labels) == 1, (figure.key, labels)
