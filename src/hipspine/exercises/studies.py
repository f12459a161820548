"""The conditions under which studies measured: an exercise with the load that people had, for comparing the model with what they saw.

How a load is known, in this order (a rule about knowledge: written down and applied before any error was looked at):

1. the exercise is done with the body's own weight, or the study states kilograms or a share of body mass;
2. the study states a share of a maximum, or a repetition maximum (10RM = 75 %, 6RM = 85 %, straight lines between 65 % for 15 and 95 %
   for 2), and the maximum of that lift for people of that sex against body mass was published (``lift_strength.csv``);
3. otherwise the load is unknown, and what was measured is compared only with what the same study measured: a level is the exercise's
   level at a load, and ranks across studies would compare loads. A review's mean over several loads has none.

Conditions marked ``first`` were fixed, with their loads, before any prediction was compared with EMG (loads in body masses were assumed).
They stay as they were for that one comparison (`Condition.first_rows`); elsewhere each published value counts once, at the load that is
known of it (`Condition.rows`). Boxes, tempo and depth are those of our exercise unless they are said to differ.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources

from hipspine.exercises.catalogue import catalogue, shipped
from hipspine.exercises.exercise import EmgKey, Exercise, LoadKind, LoadSpec
from hipspine.exercises.published import PublishedEmg, published, published_by


class Basis(StrEnum):
    """How the load of a condition is known."""

    BODY_WEIGHT = "body weight"
    KILOGRAMS = "kilograms"  # stated, with the body mass
    SHARE_OF_BODY_MASS = "share of body mass"  # stated
    LIFT = "lift"  # a share of a maximum, times a published maximum against body mass
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Lift:
    """The most that people lift in one way."""

    lift: str
    people: str
    of: str  # 1RM, 3RM, 6RM
    body_mass_share: float
    source: str
    reading: str
    note: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One exercise as studies had people do it."""

    name: str
    exercise: Exercise
    first: bool  # fixed before the first comparison
    rows: tuple[PublishedEmg, ...]  # each published value in one condition
    first_rows: tuple[PublishedEmg, ...] = ()  # of a first condition: what stood there at the first comparison, at its assumed load
    basis: Basis = Basis.BODY_WEIGHT
    load_share: float | None = None  # of body mass; None: the exercise's own
    how: str = ""  # how the load is known, or why not
    source: str = ""  # of the load

    @property
    def known(self) -> bool:
        """Whether what was measured may be ranked with other studies."""
        return self.basis is not Basis.UNKNOWN


@cache
def lifts() -> Mapping[str, Lift]:
    """Published maxima, by lift, people and repetitions.

    >>> lifts()["deadlift/men/1RM"].body_mass_share
    2.06
    """
    return {f"{line['lift']}/{line['people']}/{line['of']}": _lift(line) for line in _lines("lift_strength.csv")}


@cache
def conditions() -> Mapping[str, Condition]:
    """All conditions by name."""
    found = {line["condition"]: _condition(line) for line in _lines("study_conditions.csv")}
    taken = {(row.rows, row.group) for one in found.values() if not one.first for row in one.rows}
    for name, one in found.items():
        if one.first:
            left = tuple(row for row in one.first_rows if not _among(row, taken))
            found[name] = replace(one, rows=left)
    there = {one.exercise.name for one in found.values()}
    for exercise in catalogue().values():
        if exercise.name not in there and exercise.evidence.emg:
            rows = published(exercise, alike=True)
            if rows:
                basis = Basis.UNKNOWN if exercise.loads else Basis.BODY_WEIGHT
                how = "the load was not looked for" if exercise.loads else ""
                found[exercise.name] = Condition(exercise.name, exercise, False, rows, basis=basis, how=how)
    return found


def _lift(line: Mapping[str, str]) -> Lift:
    share, source, reading = float(line["body_mass_share"]), line["ref_key"], line["confidence_grade"]
    return Lift(line["lift"], line["people"], line["of"], share, source, reading, line["note"])


def _condition(line: Mapping[str, str]) -> Condition:
    basis = Basis(line["basis"])
    share = _share(line, basis)
    exercise = _loaded(shipped(line["exercise"]), line, share)
    key = EmgKey(line["emg_exercise"], _several(line["variants"]), _several(line["loads"]))
    sources = line["sources"].split("|") if line["sources"] else []
    rows = tuple(row for row in published_by(line["condition"], [key]) if not sources or row.source in sources)
    first = line["set"] == "first"
    source = line["load_source"]
    if basis is Basis.LIFT:
        source = "; ".join(dict.fromkeys((source, lifts()[line["lift"]].source)))
    return Condition(line["condition"], exercise, first, rows, rows if first else (), basis, share, line["how"], source)


def _share(line: Mapping[str, str], basis: Basis) -> float | None:
    """Kilograms as a share of body mass; None: the exercise's own load, or none."""
    if basis is Basis.LIFT:
        return float(line["of_max"]) * lifts()[line["lift"]].body_mass_share
    return float(line["load_share"]) if line["load_share"] else None


def _loaded(exercise: Exercise, line: Mapping[str, str], share: float | None) -> Exercise:
    """The exercise with a load of ``share`` body masses: of the kind that the line says, else of its own kinds."""
    if share is None:
        return exercise
    if line["load_kind"]:
        return replace(exercise, loads=(LoadSpec(LoadKind(line["load_kind"]), line["load_at"], body_mass_share=share),))
    whole = sum(one.body_mass_share for one in exercise.loads)
    return replace(exercise, loads=tuple(replace(one, body_mass_share=share * one.body_mass_share / whole) for one in exercise.loads))


def _among(row: PublishedEmg, taken: set[tuple[tuple[str, ...], str]]) -> bool:
    return any(row.group == group and set(row.rows) <= set(rows) for rows, group in taken)


def _lines(name: str) -> list[dict[str, str]]:
    text = (resources.files("hipspine.exercises") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _several(text: str) -> tuple[str, ...] | None:
    return None if text == "all" else tuple(text.split("|"))
