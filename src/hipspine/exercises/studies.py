"""The conditions under which studies measured: an exercise with the load that people had, for comparing the model with what they saw.

Conditions marked ``first`` were fixed, with their loads, before any prediction was compared with EMG (studies state shares of a maximum;
loads in body masses are assumed). Every other exercise with published EMG is a condition as it is written.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from hipspine.exercises.catalogue import catalogue, shipped
from hipspine.exercises.exercise import EmgKey, Exercise, LoadKind, LoadSpec
from hipspine.exercises.published import PublishedEmg, published, published_by


@dataclass(frozen=True, slots=True)
class Condition:
    """One exercise as studies had people do it."""

    name: str
    exercise: Exercise
    first: bool  # fixed before the first comparison
    rows: tuple[PublishedEmg, ...]


@cache
def conditions() -> Mapping[str, Condition]:
    """All conditions by name."""
    text = (resources.files("hipspine.exercises") / "data" / "study_conditions.csv").read_text(encoding="utf-8")
    found = {line["condition"]: _condition(line) for line in csv.DictReader(io.StringIO(text))}
    there = {one.exercise.name for one in found.values()}
    for exercise in catalogue().values():
        if exercise.name not in there and exercise.evidence.emg:
            rows = published(exercise, alike=True)
            if rows:
                found[exercise.name] = Condition(exercise.name, exercise, False, rows)
    return found


def _condition(line: Mapping[str, str]) -> Condition:
    exercise = shipped(line["exercise"])
    if line["load_share"]:
        load = LoadSpec(LoadKind(line["load_kind"]), line["load_at"], body_mass_share=float(line["load_share"]))
        exercise = replace(exercise, loads=(load,))
    key = EmgKey(line["emg_exercise"], _several(line["variants"]), _several(line["loads"]))
    return Condition(line["condition"], exercise, line["set"] == "first", published_by(line["condition"], [key]))


def _several(text: str) -> tuple[str, ...] | None:
    return None if text == "all" else tuple(text.split("|"))
