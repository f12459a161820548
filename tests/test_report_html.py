"""The page: self-contained, readable by ear, on a phone and in the dark, and the same bytes every time."""

import html
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hipspine.assessment.protocol import Assessment
from hipspine.report import paint, words
from hipspine.report.checklist import ITEMS, Origin, checklist
from hipspine.report.example import example
from hipspine.report.html import render_html
from hipspine.report.quality import quality_rows
from hipspine.signals.recording import Channel
from hipspine.terms import Side

VOID = {"meta", "link", "br", "hr", "img"}
WORDS_WE_DO_NOT_SAY = ("inhibited", "dysfunction", "diagnosis", "abnormal", "normal range", "cut-off for")
EXAMPLES = {
    "both sides": example(),
    "one side, one repetition": example(sides=(Side.LEFT,), repetitions=1, refused=0),
    "no order, many refused": example(refused=9, consistent=False),
    "20 repetitions": example(sides=(Side.RIGHT,), repetitions=20),
}


class Page(HTMLParser):
    """Every tag with its attributes and its path, and the visible text."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text, self.unclosed = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def of(self, name):
        return [attributes for tag, attributes, _ in self.tags if tag == name]


@pytest.fixture(scope="module", params=EXAMPLES)
def rendered(request):
    report = EXAMPLES[request.param]
    page = render_html(report)
    return report, page, Page(page)


def test_the_same_input_gives_the_same_bytes(rendered):
    report, page, _ = rendered
    assert render_html(report) == page


def test_every_element_is_closed_and_every_id_is_used_once(rendered):
    _, _, page = rendered
    assert page.unclosed == []
    assert page.open == []
    ids = [attributes["id"] for _, attributes, _ in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_asks_for_nothing_outside_and_runs_nothing(rendered):
    _, text, page = rendered
    assert not page.of("script")
    assert not re.search(r"https?://|//cdn|@import|url\((?!#)", text)
    for tag, attributes, _ in page.tags:
        assert not any(name == "style" or name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:,")), (tag, attributes)


def test_the_pages_own_policy_allows_its_style_and_nothing_else(rendered):
    _, text, page = rendered
    policy = next(a["content"] for a in page.of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert text.count("<style>") == 1


def test_every_link_inside_the_page_has_its_target(rendered):
    _, _, page = rendered
    ids = {attributes.get("id") for _, attributes, _ in page.tags}
    assert {a["href"][1:] for a in page.of("a")} <= ids
    assert page.of("a")[0]["href"] == "#main"


def test_landmarks_language_headings_and_title_are_there(rendered):
    _, _, page = rendered
    tags = [tag for tag, _, _ in page.tags]
    assert page.of("html")[0]["lang"] == "en"
    for landmark in ("header", "main", "nav", "footer", "title", "h1"):
        assert tags.count(landmark) == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_drawing_has_words_or_is_decoration(rendered):
    _, _, page = rendered
    for attributes in page.of("svg"):
        assert attributes.get("aria-hidden") == "true" or len(attributes.get("aria-label", "")) > 20
    assert sum(attributes.get("role") == "img" for attributes in page.of("svg")) >= 6


def test_every_table_has_a_caption_and_headings_with_their_scope(rendered):
    _, text, page = rendered
    assert len(page.of("table")) >= 4
    assert text.count("<caption>") == len(page.of("table"))
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.of("th"))


def test_the_sentences_of_all_findings_stand_in_the_page_word_for_word(rendered):
    report, _, page = rendered
    said = "".join(page.text)
    for finding in report.assessment.findings:
        assert finding.sentence in said
    for warning in report.assessment.warnings:
        assert warning in said
    for sentence in (words.STANDING, words.INTENDED_USE, report.recording.sha256, report.recording.name, report.version):
        assert sentence in said


def test_a_simulated_recording_says_so_and_a_real_one_does_not():
    report = example()
    real = replace(report, recording=replace(report.recording, about={"cue": "lift"}))
    assert "This recording is simulated." in render_html(report)
    assert "This recording is simulated." not in render_html(real)


def test_sides_are_named_by_word_letter_and_shape(rendered):
    report, text, _ = rendered
    for side in {one.side for one in report.assessment.repetitions}:
        shape = "circle" if side is Side.LEFT else "rect"
        shape = rf"<svg[^>]*><{shape}[^>]*></{shape}><text[^>]*>{words.SIDES[side][0]}</text></svg>"
        mark = rf'<span class="side {side.value}">{shape}{words.SIDES[side]}</span>'
        assert re.search(mark, text)


def test_the_page_never_uses_the_words_we_do_not_say(rendered):
    _, _, page = rendered
    said = "".join(page.text).lower()
    assert [word for word in WORDS_WE_DO_NOT_SAY if word in said] == []


def test_words_from_a_file_cannot_become_markup():
    report = example(sides=(Side.LEFT,), repetitions=1)
    bad = '<script>alert(1)</script>" onload="x'
    channels = (replace(report.channels[0], channel=Channel(bad, "gluteus_maximus", Side.LEFT, unit="V")), *report.channels[1:])
    page = Page(
        render_html(replace(report, recording=replace(report.recording, name=bad, about={"cue": bad}), channels=channels, title=bad))
    )
    assert not page.of("script")
    assert not any(name.startswith("on") for _, attributes, _ in page.tags for name in attributes)
    assert "".join(page.text).count(bad) >= 4


def cells_of(p, *, settled):
    """The first row of a matrix of two muscles, and its second row."""
    report = example(sides=(Side.LEFT,))
    chances = np.array([[np.nan, p], [1.0 - p, np.nan]])
    order = replace(report.assessment.orders[0], muscles=("a_b", "c_d"), p_before=chances, settled=settled)
    page = render_html(replace(report, assessment=replace(report.assessment, orders=(order,))))
    return re.findall(r'<td class="(h\d|tie)"><span aria-hidden="true">([^<]*)</span><span class="vh">([^<]*)</span></td>', page)


def test_a_pair_for_which_the_verdict_says_no_order_is_outlined_and_not_coloured():
    assert cells_of(0.96, settled=0.975) == [("tie", "96", "96 %, no consistent order"), ("tie", "4", "4 %, no consistent order")]
    assert cells_of(0.98, settled=0.975) == [("h4", "98", "98 %"), ("h0", "2", "2 %")]
    assert cells_of(0.8, settled=0.8) == [("h4", "80", "80 %"), ("h1", "20", "20 %")]
    assert [kind for kind, _, _ in cells_of(0.79, settled=0.8)] == ["tie", "tie"]


def test_no_chance_is_shown_as_certain():
    assert cells_of(0.9999, settled=0.975) == [("h4", "&gt;99", "more than 99 %"), ("h0", "&lt;1", "less than 1 %")]


def test_an_assessment_without_anything_still_says_why_and_shows_the_quality():
    report = example()
    page = Page(render_html(replace(report, assessment=Assessment("contact", ()))))
    said = "".join(page.text)
    assert "This recording gives no finding" in said
    assert "nothing rises above the noise in the whole recording" in said


def test_a_report_without_any_channel_is_a_page_too():
    report = example()
    said = "".join(Page(render_html(replace(report, channels=(), assessment=Assessment("contact", ())))).text)
    assert "No EMG channel was analysed." in said


def test_a_source_without_a_citation_is_shown_by_its_key_not_dropped():
    report = replace(example(), citations={})
    assert ">[1]</span><span>lewis2009 " in render_html(report)


def test_the_date_is_given_never_taken_from_a_clock():
    assert "Prepared on" not in render_html(example())
    assert "<dt>Prepared on</dt><dd>22 November 2026</dd>" in render_html(replace(example(), prepared_on="22 November 2026"))


def test_a_refused_channel_keeps_its_reason_in_the_quality_table():
    refused = quality_rows(example(refused=2).channels)[-1]
    assert not refused.timed
    assert refused.status == "No activity found: nothing rises above the noise in the whole recording"


def test_the_checklist_takes_the_files_own_words_first_and_says_what_is_missing():
    answers = {answer.item: answer for answer in checklist(example())}
    assert answers["Verbal cue given"].text == "lift your leg when you are ready"
    assert answers["Verbal cue given"].origin is Origin.FILE
    assert answers["Sampling rate"].origin is Origin.MEASURED
    assert answers["Input impedance"].text == words.NOT_STATED
    assert answers["Heart (ECG)"].text == "heart beats found and subtracted by template: 21 beats (2 channels)"


def test_keys_of_a_file_are_understood_however_they_are_spelled():
    report = example()
    for key in ("CMRR", "common mode rejection ratio", "common_mode_rejection_ratio"):
        told = checklist(replace(report, recording=replace(report.recording, about={key: "110 dB"})))
        assert next(answer for answer in told if answer.item == "Common mode rejection ratio").text == "110 dB"


def tokens(sheet):
    light, dark = sheet.split("@media screen and (prefers-color-scheme: dark)")[:2]
    return [dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", part.split("color-scheme: light dark")[0] if i == 0 else part.split("* {")[0]))
            for i, part in enumerate((light, dark))]  # fmt: skip


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_contrast_on_every_surface_in_both_themes():
    sheet = files("hipspine.report").joinpath("data/report.css").read_text(encoding="utf-8")
    for theme in tokens(sheet):
        for ink in ("ink", "ink2", "ink3", "accent-ink", "left", "right"):
            for surface in ("bg", "surface", "sunk"):
                assert contrast(theme[ink], theme[surface]) >= 4.5, (ink, surface)
        for step in range(5):
            text = theme["on-m-low"] if step < 3 else theme["on-m-high"]
            assert contrast(text, theme[f"m{step}"]) >= 4.5


def test_the_drawings_colours_for_paper_are_those_of_the_light_page():
    light, _ = tokens(files("hipspine.report").joinpath("data/report.css").read_text(encoding="utf-8"))
    assert {name: light[name] for name in paint.COLOURS} == paint.COLOURS


@pytest.mark.needs("browser")
def test_no_page_is_wider_than_a_phone_and_no_drawing_is_scaled(tmp_path):
    long = example(
        repetitions=4, refused=3, extra_muscles=("latissimus_dorsi contralateral lower fibres", "averylongmusclenamewithoutanyblankatall")
    )
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render_html(long))
    widths = (305, 397, 412, 720, 1160, 1240)
    frames = "".join(f'<iframe width="{width}" height="500" srcdoc="{html.escape(page, quote=True)}"></iframe>' for width in widths)
    script = """<script>onload = () => { document.documentElement.dataset.seen = [...document.querySelectorAll("iframe")].map(f => {
      const d = f.contentDocument.documentElement
      const shown = [...d.querySelectorAll("svg.chart")].filter(s => s.getClientRects().length)
      const scaled = shown.filter(s => s.getBoundingClientRect().width < s.getAttribute("width") - 0.5)
      return `${f.width} ${d.scrollWidth} ${d.clientWidth} ${scaled.length}` }).join(";") }</script>"""
    outer = tmp_path / "frames.html"
    outer.write_text(f"<!doctype html>{frames}{script}", encoding="utf-8")
    browser = next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))
    quiet = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [browser, "--headless", "--no-sandbox", *quiet, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", outer.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    seen = re.search(r'data-seen="([^"]*)"', shown)
    assert seen is not None
    for row in seen[1].split(";"):
        width, content, room, scaled = map(int, row.split())
        assert content <= room, f"at {width} px the page is {content} px wide and has {room}"
        assert scaled == 0, f"at {width} px {scaled} drawings are scaled down"


def test_the_page_about_the_report_lists_every_key_of_the_checklist():
    page = (Path(__file__).parents[1] / "docs" / "report.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| ([^|]+) \|$", page.split("| item | keys |")[1], re.MULTILINE)
    documented = {item: {re.sub(r"[\W_]+", "", key) for key in keys.split(",")} for item, keys in rows}
    assert documented == {item.item: set(item.keys) for item in ITEMS if item.keys}
