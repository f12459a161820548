"""The sheet: tagged, titled, with words for every figure, and the same bytes every time."""

import io
import re
import subprocess
from dataclasses import replace

import pytest
from pypdf import PdfReader

from hipspine.assessment.protocol import Assessment
from hipspine.errors import HipspineError
from hipspine.report import words
from hipspine.report.contents import contents
from hipspine.report.example import example
from hipspine.report.pdf import render_pdf
from hipspine.terms import Side


def read(data):
    return PdfReader(io.BytesIO(data))


def said(reader):
    """All text with single blanks, as a reader copies it."""
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def structure(reader):
    """Every element of the tag tree."""
    found, waiting = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            item = kid.get_object()
            if hasattr(item, "get") and "/S" in item:
                waiting.append(item)
    return found


@pytest.fixture(scope="module")
def report():
    return example()


@pytest.fixture(scope="module")
def sheet(report):
    return render_pdf(report)


def test_the_same_input_gives_the_same_bytes(report, sheet):
    assert render_pdf(report) == sheet


def test_the_file_is_tagged_pdf_ua_with_title_and_language(sheet):
    reader = read(sheet)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata.title == "Prone hip extension: report on example.c3d"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert (
        b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().replace(b" ", b"")
        or b'pdfuaid:part="1"' in root["/Metadata"].get_data()
    )


def test_every_figure_has_words_for_people_who_do_not_see_it(report, sheet):
    figures = [node for node in structure(read(sheet)) if node.get("/S") == "/Figure"]
    told = contents(report)
    alts = {node.get("/Alt") for node in figures}
    assert {figure.alt for figure in (*told.rasters, *told.traces, *told.loops)} <= alts


def test_tables_and_headings_are_tagged_as_such(sheet):
    kinds = [node.get("/S") for node in structure(read(sheet))]
    assert kinds.count("/Table") >= 6
    assert kinds.count("/TH") >= 30
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") >= 8


def test_the_sentences_of_all_findings_stand_on_paper(report, sheet):
    text = said(read(sheet)).replace("−", "-")
    for finding in report.assessment.findings:
        assert finding.sentence in text
    for sentence in (words.STANDING, words.INTENDED_USE, report.recording.sha256, report.recording.name, *report.citations.values()):
        assert sentence in text


def test_a_simulated_recording_says_so(sheet):
    assert "This recording is simulated." in said(read(sheet))


def test_a_report_without_findings_figures_or_channels_is_set_too(report):
    text = said(read(render_pdf(replace(report, channels=(), assessment=Assessment("contact", ())))))
    assert "This recording gives no finding" in text
    assert "No EMG channel was analysed." in text


def test_no_figure_is_higher_than_a_sheet():
    many = example(
        sides=(Side.LEFT,), repetitions=20, refused=14, extra_muscles=[f"muscle_with_a_long_name_that_is_number_{n}" for n in range(8)]
    )
    titles = [figure.title for figure in contents(many).traces]
    assert "The whole recording, part 1 of 3" in titles
    text = said(read(render_pdf(many)))
    assert all(title in text for title in titles)


def test_characters_that_no_font_has_are_spelled_out_and_never_vanish(report):
    odd = replace(report, recording=replace(report.recording, name="left \U0010fffd\x00 #strong[x] Größe.c3d"))
    text = said(read(render_pdf(odd)))
    assert "[U+10FFFD]" in text
    assert "#strong[x] Größe.c3d" in text.replace("# strong", "#strong")


def test_words_from_a_file_cannot_become_typesetting(report):
    odd = replace(report, recording=replace(report.recording, about={"cue": "#pagebreak() $x$ *b* \\u{41}"}))
    assert "#pagebreak() $x$ *b* \\u{41}" in said(read(render_pdf(odd))).replace("# page", "#page")


def test_a_failure_of_the_typesetter_is_one_clear_error(report, monkeypatch):
    monkeypatch.setattr("hipspine.report.pdf._lacking", lambda message, text: set())
    odd = replace(report, recording=replace(report.recording, name="\U0010fffd.c3d"))
    with pytest.raises(HipspineError, match="could not be set"):
        render_pdf(odd)


@pytest.mark.needs("pdf_tools")
def test_no_text_on_paper_is_smaller_than_seven_and_a_half_points(sheet, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(sheet)
    boxes = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">(\w{3,})<', boxes)
    assert len(rows) > 500
    assert min(float(bottom) - float(top) for top, bottom, _ in rows) >= 7.5
