"""The catalogue beside free-exercise-db (public domain): every entry for glutes, hamstrings or lower back has an answer.

The table holds that collection's ids and our own words, nothing else of it. `same`: the same movement with the same kind of load;
`variant`: one of our exercises with another implement, stance or guidance; `not`: left out, and why.
"""

import csv
import json
from collections import Counter
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from hipspine.exercises import catalogue

COLLECTION = Path(__file__).parents[1].parent / "shared" / "data" / "exercises" / "free_exercise_db.json"
MUSCLES = {"glutes", "hamstrings", "lower back"}
LOADS: dict[str, set[str]] = {"barbell": {"barbell"}, "dumbbell": {"dumbbell"}, "kettlebells": {"kettlebell"}, "bands": {"band"},
                              "cable": {"cable"}, "body only": set()}  # fmt: skip


@cache
def rows() -> tuple[dict[str, str], ...]:
    text = (resources.files("hipspine.exercises") / "comparison.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def entries() -> dict[str, set[str]]:
    """Muscles of each entry of the collection, by its id."""
    if not COLLECTION.exists():
        pytest.skip(f"the collection is not here ({COLLECTION.name}): the table cannot be compared with it")
    read = json.loads(COLLECTION.read_text(encoding="utf-8"))
    return {one["id"]: {*one["primaryMuscles"], *one["secondaryMuscles"]} for one in read}


def test_no_entry_of_the_collection_for_these_muscles_is_missing() -> None:
    asked = {name for name, muscles in entries().items() if muscles & MUSCLES}
    assert len(asked) > 300
    assert sorted(asked - {row["free_exercise_db_id"] for row in rows()}) == []


def test_the_table_speaks_of_no_entry_that_the_collection_does_not_have() -> None:
    assert sorted({row["free_exercise_db_id"] for row in rows()} - set(entries())) == []


def test_each_entry_is_answered_once() -> None:
    assert [name for name, times in Counter(row["free_exercise_db_id"] for row in rows()).items() if times > 1] == []


def test_every_match_is_in_the_catalogue() -> None:
    shipped = set(catalogue.names())
    assert sorted({row["match"] for row in rows() if row["match"]} - shipped) == []


def test_every_row_says_what_it_is_and_why() -> None:
    for row in rows():
        assert row["kind"] in ("same", "variant", "not"), row
        assert len(row["reason"].split()) >= 2, row
        assert bool(row["match"]) == (row["kind"] != "not"), row


def test_two_entries_are_the_same_as_one_exercise_only_where_they_are_twins() -> None:
    twins = Counter(row["match"] for row in rows() if row["kind"] == "same")
    assert {name for name, times in twins.items() if times > 1} <= {"box-squat", "front-squat", "sled-push"}


def test_what_is_called_the_same_is_loaded_by_the_same_thing() -> None:
    """Only where the collection names the load, and only for exercises that are shipped (the test above asks for all of them)."""
    entries()
    kinds = {one["id"]: one["equipment"] for one in json.loads(COLLECTION.read_text(encoding="utf-8"))}
    for row in rows():
        load = LOADS.get(kinds[row["free_exercise_db_id"]] or "")
        if row["kind"] != "same" or load is None or row["match"] not in catalogue.names():
            continue
        ours = {str(one.kind) for one in catalogue.shipped(row["match"]).loads}
        assert ours == load, f"{row['free_exercise_db_id']} is called the same as {row['match']}"
