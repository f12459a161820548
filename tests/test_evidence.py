"""Published values: each has a unit and a source that exists, and what others report of a study never leads."""

import csv
import io
from importlib import resources

import pytest

from hipspine.assessment.findings import beside, grade_of
from hipspine.errors import InputError
from hipspine.evidence import tables
from hipspine.evidence.dosing import dose, doses
from hipspine.evidence.emg import MEANS, PEAKS, emg, emg_row
from hipspine.terms import Grade


def test_the_tables_have_no_problems():
    assert tables.problems() == ()


@pytest.mark.parametrize("name", tables.TABLES)
def test_every_row_of_a_table_is_read(name):
    text = resources.files("hipspine.evidence").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len(tables.load(name)) == len(lines) - 1 > 0
    assert all(len(line) == len(lines[0]) for line in lines)


@pytest.mark.parametrize("column", ["unit", "ref_key", "read_via_key", "confidence_grade"])
def test_a_row_without_unit_or_source_is_refused(column):
    line = {**tables.value("T0061").fields, column: ""}
    with pytest.raises(InputError, match=f"timing.csv: row T0061: {column} is empty"):
        tables.published(line, table="timing")


@pytest.mark.parametrize(("row", "table", "unit"), [
    ("E0068", "emg_exercises", "normalisation"), ("D0015", "dosing", "unit"),
    ("I0015", "interventions", "effect_unit"), ("J0003", "joint_loads", "unit"),
])  # fmt: skip
def test_the_same_holds_for_every_table_of_values(row, table, unit):
    for column in (unit, "ref_key", "read_via_key", "confidence_grade"):
        with pytest.raises(InputError, match=f"{table}.csv: row {row}: {column} is empty"):
            tables.published({**tables.value(row).fields, column: ""}, table=table)


def test_a_row_that_says_nothing_is_refused():
    line = {**tables.value("E0068").fields, "emg_value_pct": "", "emg_min_pct": "", "emg_max_pct": ""}
    with pytest.raises(InputError, match="row E0068: there is neither a value nor a range nor words"):
        tables.published(line, table="emg_exercises")


def test_a_rule_in_words_needs_no_unit_but_a_dose_does():
    assert dose("D0043").value is None
    assert "systematically" in dose("D0043").rule
    with pytest.raises(InputError, match="row D0043: unit is empty"):
        tables.published({**tables.value("D0043").fields, "value": "3"}, table="dosing")


def test_muscle_activity_comes_in_shares_with_its_unit_in_the_list():
    assert (emg_row("E0068").value, emg_row("E0068").sd) == (0.81, 0.42)
    assert tables.value("E0068").unit == "% MVIC"
    assert tables.value("E0260").words == "42 to 81 % MVIC"
    assert emg_row("E0285").level is None  # only an upper bound was seen
    assert len({row.row for row in emg()}) == len(emg()) == len(tables.load("emg_exercises"))


def test_no_level_of_muscle_activity_lies_outside_its_own_range():
    for row in emg():
        if row.low is not None and row.high is not None:
            assert row.low <= row.high, row.row
            if row.value is not None:
                assert row.low <= row.value <= row.high, row.row
        if row.normalisation == "mvic" and row.statistic in MEANS | PEAKS and row.level is not None:
            assert 0.0 < row.level < 3.0, row.row


def test_doses_are_found_by_topic():
    assert {one.topic for one in doses("strength")} == {"strength"}
    assert len(doses()) > len(doses("strength")) > 0
    assert doses("no such topic") == ()


def test_an_unknown_grade_is_refused_with_the_allowed_ones():
    with pytest.raises(InputError, match="'rumour'; allowed are full_table, abstract"):
        tables.published({**tables.value("T0061").fields, "confidence_grade": "rumour"}, table="timing")


@pytest.mark.parametrize(("call", "said"), [
    (lambda: tables.load("moment_arms"), "evidence table 'moment_arms' does not exist"),
    (lambda: tables.value("T9999"), "evidence row 'T9999' does not exist"),
    (lambda: tables.claim("A99"), "claim 'A99' does not exist"),
    (lambda: tables.reference("nobody1900"), "source 'nobody1900' is not in references.csv"),
])  # fmt: skip
def test_what_does_not_exist_is_said_in_one_sentence(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_differences_of_published_means_agree_with_the_means():
    medial, lateral, gluteus, shift, cued = (tables.value(row).value for row in ("T0059", "T0060", "T0061", "T0066", "T0005"))
    assert tables.value("T0062").value == pytest.approx(medial - gluteus)
    assert tables.value("T0063").value == pytest.approx(lateral - gluteus)
    assert shift == pytest.approx(cued - gluteus)
    lumbar, hip, share = (tables.value(row).value for row in ("T0076", "T0077", "T0078"))
    assert share == pytest.approx(100 * lumbar / (lumbar + hip), abs=0.05)


def test_what_others_report_of_a_study_may_not_lead_and_says_so():
    secondary = [row for name in tables.VALUE_TABLES for row in tables.load(name) if row.reading.value.startswith("secondary")]
    assert secondary
    assert not any(row.may_lead for row in secondary)
    assert "as reported by bending_speed2017" in beside("T0079").note


def test_a_reference_carries_value_spread_source_and_whom_it_was_measured_in():
    reference = beside("T0061", factor=-1.0)
    assert (reference.value, reference.spread, reference.source) == (-11.5, 81.9, "lewis2009")
    assert "healthy women" in reference.note
    counted = beside("T0039", direction_only=True)
    assert counted.value is None
    assert "no difference" in counted.note


def test_a_citation_is_one_line_with_authors_year_title_and_a_way_to_the_text():
    for text in tables.load("references"):
        line = tables.cite(text.key)
        assert "\n" not in line
        assert text.title.rstrip(".") in line
        assert "doi" in line or "Read at" in line


def test_grades_come_from_the_verdicts_on_the_article():
    assert grade_of("A08") is Grade.CONTESTED
    assert grade_of("A13") is Grade.NOT_SUPPORTED
    assert grade_of("A05") is Grade.SUPPORTED
