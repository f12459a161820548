"""The report on paper: a tagged PDF (PDF/UA-1) set by typst from the same contents and drawings as the page.

Only the fonts inside typst are used and no time stands in the file, so the same input gives the same bytes everywhere. Where
these fonts lack a character (a file name in another script) the fonts of this computer help; what they lack as well is shown
by its code, such as [U+1F9B5]: nothing vanishes.
"""

import json
import re
from importlib.resources import files
from typing import Any

import typst

from hipspine.errors import HipspineError
from hipspine.report import words
from hipspine.report.contents import Contents, Published, contents, published_once
from hipspine.report.figures import Figure, captioned
from hipspine.report.quality import COLUMNS, EXPLAINED
from hipspine.report.report_input import ReportInput
from hipspine.report.svg import visible, write
from hipspine.terms import Grade, Side

_FULL_PX, _HALF_PX = 660.0, 318.0  # what A4 leaves at 96 px per inch: the whole width, and half of it
_LACKING = re.compile(r'the text `"(?P<text>.*)"` could not be displayed', re.DOTALL)


def render_pdf(report: ReportInput) -> bytes:
    """The whole report as the bytes of a PDF; the same input gives the same bytes.

    Raises:
        HipspineError: typst could not set the report; the message is its own.
    """
    told = contents(report)
    text = json.dumps(_visible(_data(report, told)), ensure_ascii=False, allow_nan=False)
    return _set(text, own_fonts_only=True)


def _set(text: str, *, own_fonts_only: bool) -> bytes:
    """Set the report; on a character without a glyph try the computer's fonts, then spell the character out."""
    template = files("hipspine.report").joinpath("data/report.typ").read_bytes()
    while True:
        try:
            made = typst.compile(
                template, sys_inputs={"data": text}, pdf_standards=["ua-1"], ignore_system_fonts=own_fonts_only, timestamp=0
            )
        except typst.TypstError as error:
            lacking = _lacking(str(error), text)
            if not lacking:
                raise HipspineError(
                    f"the PDF of the report could not be set: {error}; please report this with the recording's format."
                ) from error
            if own_fonts_only:
                own_fonts_only = False
                continue
            text = "".join(f"[U+{ord(sign):04X}]" if sign in lacking else sign for sign in text)
        else:
            return bytes(made)


def _lacking(message: str, text: str) -> set[str]:
    """The characters that no font has, from typst's message; empty when the message is about something else."""
    found = _LACKING.search(message)
    if found is None:
        return set()
    plain = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), found["text"])
    return {sign for sign in plain if ord(sign) > 126 and sign in text}


def _visible(data: Any) -> Any:
    """The data with every text as it can be shown."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {key: _visible(value) for key, value in data.items()}
    return [_visible(value) for value in data] if isinstance(data, list | tuple) else data


def _data(report: ReportInput, told: Contents) -> dict[str, Any]:
    """The report as plain data for the template."""
    sides = dict.fromkeys(one.side for one in told.statements)
    claims = dict.fromkeys(one.grade for one in told.statements if one.grade is not Grade.MEASUREMENT)
    sha = report.recording.sha256
    return {
        "title": told.title, "document_title": f"{told.title}: report on {report.recording.name}", "subtitle": told.subtitle,
        "made_by": f"hipspine {report.version}", "prepared_on": report.prepared_on,
        "published_intro": words.PUBLISHED, "checklist_intro": words.CHECKLIST, "matrix_intro": words.MATRIX,
        "hash_short": f"Input SHA-256 {sha[:12]}." if sha else "",
        "intended_use": words.INTENDED_USE, "standing": words.STANDING, "no_side": words.NO_SIDE, "no_cut_off": words.NO_CUT_OFF,
        "statements": [
            {"side": _side(side), "sentences": [_parts(one.sentence) for one in told.statements if one.side is side]} for side in sides
        ],
        "claims": [_grade(grade) for grade in claims],
        "notes": [*((told.simulated,) if told.simulated else ()), *told.warnings],
        "rasters": _figures(told.rasters, _FULL_PX), "loops": _figures(told.loops, _HALF_PX if len(told.loops) > 1 else _FULL_PX * 0.75),
        "traces": _figures(told.traces, _FULL_PX), "key_to_muscles": told.key_to_muscles,
        **_tables(told),
    }  # fmt: skip


def _tables(told: Contents) -> dict[str, Any]:
    return {
        "orders": [
            {"side": _side(o.side), "short": o.short, "verdict": o.verdict, "agreement": o.agreement, "rows": [
                {"name": name, "cells": [{"text": cell.text, "kind": cell.kind} for cell in cells]}
                for name, cells in zip(o.short, o.cells, strict=True)
            ]} for o in told.orders
        ],
        "findings": [
            {"measure": f.measure, "side": _side(f.side), "value": f.value, "sentence": f.sentence, "grade": _grade(f.grade),
             "certainty": words.CERTAINTIES[f.certainty], "published": _numbered(f.published)}
            for f in told.findings
        ],
        "published": [
            {"text": p.text, "note": p.note or "–", "number": p.number, "source": p.source, "measures": "; ".join(measures)}
            for p, measures in published_once(told.findings)
        ],
        "quality_columns": COLUMNS, "quality_explained": EXPLAINED,
        "quality": [
            {"label": q.label, "muscle": q.muscle, "side": _side(q.side), "status": q.status, "cells": q.cells} for q in told.quality
        ],
        "checklist": [
            {"item": a.item, "text": a.text, "origin": "–" if a.text == a.origin else a.origin, "asked_by": a.asked_by}
            for a in told.checklist
        ],
        "sources": [{"number": i, "text": text, "key": key} for i, (key, text) in enumerate(told.sources, 1)],
        "inputs": [{"name": name, "value": value} for name, value in told.inputs],
    }  # fmt: skip


def _numbered(published: tuple[Published, ...]) -> list[str]:
    """Values with the numbers of their sources, those that say the same together: "direction only [3, 4]"."""
    sources: dict[str, dict[int, None]] = {}
    for one in published:
        sources.setdefault(one.text, {})[one.number] = None
    return [f"{text} [{', '.join(map(str, numbers))}]" for text, numbers in sources.items()]


def _figures(figures: tuple[Figure, ...], width: float) -> list[dict[str, Any]]:
    return [_figure(figure, width, caption=caption) for figure, caption in captioned(figures)]


def _figure(figure: Figure, width: float, *, caption: str) -> dict[str, Any]:
    drawn = figure.draw(width, figure.key)
    height = float(dict(drawn.attributes)["height"])
    return {
        "title": figure.title, "side": _side(figure.side), "alt": figure.alt, "caption": caption, "width": width, "height": height,
        "svg": write(drawn, standalone=True),
    }  # fmt: skip


def _parts(sentence: str) -> list[dict[str, str]]:
    return [{"text": text, "kind": kind} for text, kind in words.sentence_parts(sentence)]


def _grade(grade: Grade) -> dict[str, Any]:
    return {"bars": words.GRADE_BARS[grade], "word": words.GRADES[grade]}


def _side(side: Side | None) -> str | None:
    return None if side is None else side.value
