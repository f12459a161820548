"""Labels of real recordings against what they mean there: the table beside this file, read set by set."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipspine.anatomy.assignments import NOT_A_MUSCLE, assignment_of
from hipspine.anatomy.muscle_name import MuscleName
from hipspine.anatomy.names import muscles, resolve_all
from hipspine.formats.channels import kind_of
from hipspine.terms import ChannelStatus, StreamKind

TABLE = tomllib.loads((Path(__file__).parent / "muscle_labels.toml").read_text(encoding="utf-8"))
STATUSES = {"empty": ChannelStatus.EMPTY, "not_emg": ChannelStatus.NOT_EMG, "unnamed": ChannelStatus.UNNAMED}
ASKED = (ChannelStatus.AMBIGUOUS, ChannelStatus.UNNAMED)


@dataclass(frozen=True)
class Reading:
    """A label, what it means in its recording, and how it was read."""

    label: str
    meaning: str
    name: MuscleName

    @property
    def verdict(self) -> str:
        """right, asked (nothing claimed), or wrong (muscle, side, region or status)."""
        if self.meaning in STATUSES:
            other = self.meaning == "not_emg" and kind_of(self.label, "", self.name) not in (StreamKind.EMG,)
            return "right" if self.name.status is STATUSES[self.meaning] or (other and self.name.muscle is None) else "wrong"
        if self.meaning == "?":
            return "right" if self.name.status in ASKED else "wrong"
        if self.name.muscle is None:
            return "asked"
        region = f"/{self.name.region.value}" if self.name.region else ""
        side = f":{self.name.side.value}" if self.name.side else ""
        return "right" if f"{self.name.muscle}{region}{side}" == self.meaning else "wrong"


def readings(known: dict[str, Any]) -> list[Reading]:
    labels = [label for label, _ in known["labels"]]
    return [Reading(label, meaning, name) for (label, meaning), name in zip(known["labels"], resolve_all(labels), strict=True)]


ALL = [reading for known in TABLE["sets"] for reading in readings(known)]


def test_the_table_is_large_and_says_where_each_set_is_from() -> None:
    assert len(ALL) >= 1200
    assert all(known["source"] for known in TABLE["sets"])
    assert len({known["name"] for known in TABLE["sets"]}) == len(TABLE["sets"])
    assert sum(len(known["labels"]) for known in TABLE["sets"] if known.get("held_out")) >= len(ALL) / 3


def test_every_meaning_in_the_table_is_one_that_can_be_read() -> None:
    for reading in ALL:
        if reading.meaning not in STATUSES and reading.meaning != "?":
            stated = assignment_of(reading.meaning)
            assert stated.muscle in muscles()
            assert stated.text() == reading.meaning
            assert stated.muscle != NOT_A_MUSCLE


def test_no_label_of_the_table_is_read_wrongly() -> None:
    wrong = [(r.label, r.meaning, r.name.muscle, r.name.side, r.name.status) for r in ALL if r.verdict == "wrong"]
    assert wrong == []


def test_nearly_all_labels_are_read_right_and_the_rest_is_asked_with_a_reason() -> None:
    counts = Counter(reading.verdict for reading in ALL)
    assert counts["right"] >= 0.97 * len(ALL)
    assert all(reading.name.reason for reading in ALL)


@pytest.mark.parametrize("least", [0.9, 0.85, 0.8, 0.7, 0.6])
def test_a_confidence_is_borne_out_by_the_share_that_is_right(least: float) -> None:
    claimed = [reading for reading in ALL if reading.name.muscle is not None and reading.name.confidence >= least]
    right = sum(reading.verdict == "right" for reading in claimed)
    assert len(claimed) > 100
    assert right / len(claimed) >= max(least, 0.99 if least == 0.9 else 0.0)


@pytest.mark.parametrize("known", TABLE["sets"], ids=lambda known: known["name"])
def test_the_order_of_the_channels_does_not_matter(known: dict[str, Any]) -> None:
    labels = [label for label, _ in known["labels"]]
    forward = dict(zip(labels, resolve_all(labels), strict=True))
    assert forward == dict(zip(labels[::-1], resolve_all(labels[::-1]), strict=True))


@pytest.mark.parametrize("known", TABLE["sets"], ids=lambda known: known["name"])
def test_devices_and_spare_channels_around_a_set_do_not_change_its_muscles(known: dict[str, Any]) -> None:
    labels = [label for label, _ in known["labels"]]
    alone = resolve_all(labels)
    beside = resolve_all([*labels, "Trigger", "Spare 7", "EMG 23", "Fz9", "Acc 31.X", ""])[: len(labels)]
    assert [(n.muscle, n.side, n.region) for n in beside] == [(n.muscle, n.side, n.region) for n in alone]
