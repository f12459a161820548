"""Published values, each with the study it belongs to, the text it was read in, and how far it may be trusted.

The tables are CSV files in ``evidence/data``: `timing` (onsets, orders, ratios), `tests` (reliability and accuracy of tests),
`article_claims` (what the article says and how the evidence stands) and `references`. A row without unit or source is refused.
"""

import csv
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


VALUE_TABLES = ("timing", "tests")
TABLES = (*VALUE_TABLES, "article_claims", "references")


@overload
def load(name: Literal["timing", "tests"]) -> tuple[Published, ...]: ...
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
    name = line.get("row_id", "")
    for column in ("row_id", "unit", "ref_key", "read_via_key", "confidence_grade"):
        if not line.get(column, "").strip():
            raise InputError(f"{table}.csv: row {name or '(unnamed)'}: {column} is empty; a published value needs its unit and its source.")
    if line["confidence_grade"] not in set(Reading):
        raise InputError(f"{table}.csv: row {name}: confidence_grade is {line['confidence_grade']!r}; allowed are {', '.join(Reading)}.")
    number = _number(line["value"])
    said = line["value"].strip() if number is None else ""
    return Published(
        row=name,
        topic=line.get("task") or line.get("test_name", ""),
        quantity=line.get("quantity") or line.get("measure", ""),
        muscle=line.get("muscle", ""),
        value=number,
        words=said or line.get("finding_direction", "") or line.get("software_verdict", ""),
        spread=_number(line.get("sd", "")),
        low=_number(line.get("ci_or_range_low", "")),
        high=_number(line.get("ci_or_range_high", "")),
        unit=line["unit"],
        source=line["ref_key"],
        read_via=line["read_via_key"],
        reading=Reading(line["confidence_grade"]),
        population=line.get("population", ""),
        note=line.get("note", ""),
        fields=dict(line),
    )


@cache
def _lines(name: str) -> tuple[dict[str, str], ...]:
    file = resources.files("hipspine.evidence").joinpath("data", f"{name}.csv")
    return tuple(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


@cache
def _by_row() -> dict[str, Published]:
    return {row.row: row for table in ("timing", "tests") for row in load(table) if isinstance(row, Published)}


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
