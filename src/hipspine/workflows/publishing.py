"""Published values as documents: which there are, what one says and rests on, and whether the tables can be relied on."""

from typing import Any

from hipspine import __version__
from hipspine.errors import InputError
from hipspine.evidence import tables

DETAILS = ("variant", "load", "phase", "muscle_region", "side", "electrode", "n_participants", "sex", "method", "rule_text")
"""Columns that some tables have, and that say which of several alike a row is."""


def every_value() -> dict[str, Any]:
    """The JSON of ``hipspine evidence list``: each published value, each claim of the article, each source."""
    return {
        "values": [_value(row, table) for table in tables.VALUE_TABLES for row in _values(table)],
        "claims": [_claim(claim) for claim in tables.load("article_claims")],
        "sources": [{"key": text.key, "citation": tables.cite(text.key)} for text in tables.load("references")],
        "version": __version__,
    }


def shown(name: str) -> dict[str, Any]:
    """The JSON of ``hipspine evidence show``: rows of a table, a source, a task or an exercise, or one row or claim.

    Raises:
        InputError: nothing is called that; the message says what can be shown.
    """
    everything = every_value()
    values = [row for row in everything["values"] if name in (row["row"], row["table"], row["topic"], row["source"], row["read_via"])]
    claims = [row for row in everything["claims"] if name in (row["row"], "article_claims", *row["sources"])]
    keys = {key for row in values for key in (row["source"], row["read_via"])} | {key for row in claims for key in row["sources"]} | {name}
    sources = [text for text in everything["sources"] if text["key"] in keys or name == "references"]
    if not (values or claims or sources):
        raise InputError(
            f"NAME: nothing is called {name!r}; give a table ({', '.join(tables.TABLES)}), a row such as T0001, a claim such as A01, "
            "a source such as lewis2009, or an exercise of emg_exercises such as clam; hipspine evidence list shows them all."
        )
    return {"name": name, "values": values, "claims": claims, "sources": sources, "version": __version__}


def checked() -> dict[str, Any]:
    """The JSON of ``hipspine evidence check``: how much there is, and every fault of the tables as a sentence."""
    faults = list(tables.problems())
    counts = {} if faults else {table: len(tables.load(table)) for table in tables.TABLES}
    return {"sound": not faults, "faults": faults, "rows": counts, "version": __version__}


def _values(table: str) -> list[tables.Published]:
    return [row for row in tables.load(table) if isinstance(row, tables.Published)]


def _value(row: tables.Published, table: str) -> dict[str, Any]:
    return {
        "row": row.row,
        "table": table,
        "topic": row.topic,
        "quantity": row.quantity,
        "muscle": row.muscle or None,
        "value": row.words if row.value is None else row.value,
        "spread": row.spread,
        "low": row.low,
        "high": row.high,
        "unit": row.unit,
        "source": row.source,
        "read_via": row.read_via,
        "grade": row.reading.value,
        "population": row.population or None,
        "note": row.note or None,
        "details": {key: row.fields[key] for key in DETAILS if row.fields.get(key)},
    }


def _claim(claim: tables.Claim) -> dict[str, Any]:
    return {
        "row": claim.row,
        "sentence": claim.sentence,
        "verdict": claim.verdict,
        "sources": list(claim.sources),
        "reason": claim.reason,
        "wording": claim.wording,
    }
