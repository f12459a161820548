"""Published values, each with the study it belongs to, the text it was read in, and how far it may be trusted.

The tables are CSV files in ``evidence/data``: `timing` (onsets, orders, ratios), `tests` (reliability and accuracy of tests),
`emg_exercises` (muscle activity per exercise), `dosing`, `interventions`, `joint_loads` and `strength` (both measured in people;
a few rows of other models say so in their method),
`article_claims` (what the article says and how the evidence stands) and `references`. A row without unit or source is refused. `emg`,
`dosing` and `joint_loads` give the rows of their tables with their own fields.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal, overload

from hipspine.errors import InputError


class Reading(StrEnum):
    """Where in a text a number was seen."""

    FULL_TABLE = "full_table"
    ABSTRACT = "abstract"
    SECONDARY = "secondary"  # in another text that quotes the study
    SECONDARY_UNCERTAIN = "secondary_uncertain"  # inferred by the quoting text
    SOURCE_ARTICLE = "source_article"  # a statement of the project's article, no data


@dataclass(frozen=True, slots=True)
class Citation:
    """One text."""

    key: str
    authors: str
    year: str
    title: str
    journal: str
    doi: str
    address_read: str  # where it was read
    kind: str  # primary_study, systematic_review, guideline, ...


@dataclass(frozen=True, slots=True)
class Published:
    """One published number, or a direction where no number was given."""

    row: str  # such as "T0061": stable
    topic: str  # task or test
    quantity: str
    muscle: str  # empty where it does not apply
    value: float | None  # None: see `words`
    words: str  # the value where it is not a number, otherwise the direction that was found
    spread: float | None  # SD
    low: float | None  # interval or range
    high: float | None
    unit: str
    source: str  # key of the study
    read_via: str  # key of the text it was read in
    reading: Reading
    population: str
    note: str
    fields: Mapping[str, str]  # the whole row as written

    @property
    def may_lead(self) -> bool:
        """Whether the value may stand as the first reference of a finding; what others report of a study may not."""
        return self.reading in (Reading.FULL_TABLE, Reading.ABSTRACT)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the article beside what the evidence says of it."""

    row: str
    sentence: str
    verdict: str  # supported, contested, unsupported
    sources: tuple[str, ...]
    reason: str
    wording: str  # how the product words it


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns of a table hold what every published value has."""

    topic: str
    quantity: str
    value: str = "value"
    spread: str = "sd"
    low: str = "ci_or_range_low"
    high: str = "ci_or_range_high"
    unit: str = "unit"
    words: tuple[str, ...] = ()  # what a row says where it gives no number; the first that is filled
    rule: str = ""  # column whose words may stand without a unit


_COLUMNS = {
    "timing": _Columns("task", "quantity", words=("finding_direction",)),
    "tests": _Columns("test_name", "measure", words=("software_verdict",)),
    "emg_exercises": _Columns(
        "exercise_id", "statistic", value="emg_value_pct", spread="emg_sd_pct", low="emg_min_pct", high="emg_max_pct", unit="normalisation"
    ),
    "dosing": _Columns("topic", "variable", low="value_low", high="value_high", words=("rule_text",), rule="rule_text"),
    "interventions": _Columns(
        "intervention", "outcome", value="effect_value", low="ci_low", high="ci_high", unit="effect_unit",
        words=("result_text", "direction"), rule="direction",
    ),
    "joint_loads": _Columns("task", "quantity"),
    "strength": _Columns("coordinate", "quantity"),
}  # fmt: skip
_UNITS = {
    "mvic": "% MVIC",
    "peak_dynamic": "% of the peak in movement",
    "ivc_submaximal_posture": "% of a submaximal posture",
    "percent_difference_between_exercises": "% more than the other exercise",
    "difference_in_pct_points": "percentage points",
}  # words for people where a table names a way of normalising instead of a unit

VALUE_TABLES = tuple(_COLUMNS)
TABLES = (*VALUE_TABLES, "article_claims", "references")


@overload
def load(
    name: Literal["timing", "tests", "emg_exercises", "dosing", "interventions", "joint_loads", "strength"],
) -> tuple[Published, ...]: ...
@overload
def load(name: Literal["article_claims"]) -> tuple[Claim, ...]: ...
@overload
def load(name: Literal["references"]) -> tuple[Citation, ...]: ...
@overload
def load(name: str) -> tuple[Published | Claim | Citation, ...]: ...
@cache
def load(name: str) -> tuple[Published | Claim | Citation, ...]:
    """All rows of one table, in the order of the file.

    Raises:
        InputError: there is no such table, or a row lacks its unit, its source or a grade that we know.

    >>> [row.value for row in load("timing") if row.quantity == "onset_before_movement_no_cue"]
    [195.5, 100.2, 11.5]
    """
    if name not in TABLES:
        raise InputError(f"evidence table {name!r} does not exist; take one of {', '.join(TABLES)}.")
    lines = _lines(name)
    if name == "references":
        return tuple(_citation(line) for line in lines)
    if name == "article_claims":
        return tuple(_claim(line) for line in lines)
    return tuple(published(line, table=name) for line in lines)


def value(row: str) -> Published:
    """Row of the value tables with this name.

    >>> value("T0061").value, value("T0061").spread, value("T0061").source
    (11.5, 81.9, 'lewis2009')
    """
    found = _by_row().get(row)
    if found is None:
        raise InputError(f"evidence row {row!r} does not exist; `hipspine evidence list` shows the rows that do.")
    return found


def claim(row: str) -> Claim:
    """Claim of the article with this name, such as ``A08``.

    >>> claim("A08").verdict
    'contested'
    """
    found = {one.row: one for one in load("article_claims")}.get(row)
    if found is None:
        raise InputError(f"claim {row!r} does not exist; claims run from A01 on.")
    return found


def reference(key: str) -> Citation:
    """Text behind a source key.

    >>> reference("lewis2009").year
    '2009'
    """
    found = _by_key().get(key)
    if found is None:
        raise InputError(f"source {key!r} is not in references.csv; add the text there first.")
    return found


def cite(key: str) -> str:
    """Text behind a source key as one line for people.

    >>> cite("lamb2014")
    'Lamb PF, Stöckl M (2014). On the use of continuous relative phase: review of current approaches and outline for a new standard.
     Clin Biomech. doi 10.1016/j.clinbiomech.2014.03.008'
    """
    text = reference(key)
    parts = [f"{text.authors} ({text.year.strip('()')})", text.title, text.journal]
    line = ". ".join(part.rstrip(".") for part in parts if part)
    return f"{line}. doi {text.doi}" if text.doi else f"{line}. Read at {text.address_read}"


def problems() -> tuple[str, ...]:
    """Everything that is wrong with the tables, one sentence each; empty when they can be relied on."""
    found: list[str] = []
    for table in TABLES:
        names: set[str] = set()
        for line in _lines(table):
            name = next(iter(line.values()))
            if name in names:
                found.append(f"{table}.csv: {name} stands there twice")
            names.add(name)
            try:
                _check_one(table, line)
            except InputError as error:
                found.append(str(error))
    return tuple(found)


def published(line: Mapping[str, str], *, table: str) -> Published:
    """One row of a value table as typed data.

    Raises:
        InputError: no unit, no source, or an unknown grade.
    """
    name, columns = line.get("row_id", ""), _COLUMNS.get(table, _COLUMNS["timing"])  # tables of other floors have its columns
    found = {key: line.get(getattr(columns, key), "").strip() for key in ("value", "spread", "low", "high", "unit")}
    number, low, high = (_number(found[key]) for key in ("value", "low", "high"))
    bare = bool(columns.rule and line.get(columns.rule, "").strip()) and number is None and low is None and high is None
    for column in ("row_id", *(() if bare else (columns.unit,)), "ref_key", "read_via_key", "confidence_grade"):
        if not line.get(column, "").strip():
            raise InputError(f"{table}.csv: row {name or '(unnamed)'}: {column} is empty; a published value needs its unit and its source.")
    if line["confidence_grade"] not in set(Reading):
        raise InputError(f"{table}.csv: row {name}: confidence_grade is {line['confidence_grade']!r}; allowed are {', '.join(Reading)}.")
    unit = _UNITS.get(found["unit"], found["unit"])
    words = "" if number is not None else found["value"]
    words = words or next((line[key] for key in columns.words if line.get(key)), "")
    if number is None and not words:
        words = _between(low, high, unit) or line.get("note", "")
    if number is None and not words:
        raise InputError(f"{table}.csv: row {name}: there is neither a value nor a range nor words; a row says what was seen.")
    return Published(
        row=name,
        topic=line[columns.topic],
        quantity=line[columns.quantity],
        muscle=line.get("muscle", ""),
        value=number,
        words=words,
        spread=_number(found["spread"]),
        low=low,
        high=high,
        unit=unit,
        source=line["ref_key"],
        read_via=line["read_via_key"],
        reading=Reading(line["confidence_grade"]),
        population=line.get("population", ""),
        note=line.get("note", ""),
        fields=dict(line),
    )


def _between(low: float | None, high: float | None, unit: str) -> str:
    """A range in words where a source gives no single number.

    >>> _between(42.0, 81.0, "% MVIC"), _between(None, 45.0, "% MVIC")
    ('42 to 81 % MVIC', 'at most 45 % MVIC')
    """
    if low is not None and high is not None:
        return f"{low:g} to {high:g} {unit}"
    return f"at least {low:g} {unit}" if low is not None else f"at most {high:g} {unit}" if high is not None else ""


def digest(name: str) -> str:
    """Hash of a table as it is shipped: what a result that was made with it keeps."""
    return hashlib.sha256((resources.files("hipspine.evidence") / "data" / f"{name}.csv").read_bytes()).hexdigest()


@cache
def _lines(name: str) -> tuple[dict[str, str], ...]:
    file = resources.files("hipspine.evidence").joinpath("data", f"{name}.csv")
    return tuple(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


@cache
def _by_row() -> dict[str, Published]:
    return {row.row: row for table in VALUE_TABLES for row in load(table) if isinstance(row, Published)}


@cache
def _by_key() -> dict[str, Citation]:
    return {text.key: text for text in load("references")}


def _citation(line: Mapping[str, str]) -> Citation:
    if not line["ref_key"] or not line["title"] or not line["address_read"]:
        raise InputError(f"references.csv: {line['ref_key'] or '(unnamed)'}: key, title and the place where it was read are needed.")
    return Citation(
        key=line["ref_key"], authors=line["authors"], year=line["year"], title=line["title"], journal=line["journal"],
        doi=line["doi"], address_read=line["address_read"], kind=line["source_kind"],
    )  # fmt: skip


def _claim(line: Mapping[str, str]) -> Claim:
    sources = tuple(key for key in line["ref_keys"].split(";") if key)
    if not sources or not line["verdict"]:
        raise InputError(f"article_claims.csv: {line['claim_id']}: a claim needs a verdict and its sources.")
    return Claim(line["claim_id"], line["article_sentence"], line["verdict"], sources, line["reason"], line["software_wording"])


def _check_one(table: str, line: Mapping[str, str]) -> None:
    if table == "references":
        _citation(line)
        return
    if table == "article_claims":
        row: Claim | Published = _claim(line)
        keys = row.sources if isinstance(row, Claim) else ()
    else:
        row = published(line, table=table)
        keys = (row.source, row.read_via)
    for key in keys:
        if key not in _by_key():
            raise InputError(f"{table}.csv: row {row.row}: source {key!r} is not in references.csv; add the text there.")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
