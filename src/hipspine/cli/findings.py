"""Findings as lines for people: sentences first, then the numbers beside published ones, then how far to trust them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hipspine.cli.words import bullets, heading, measured, muscle, number, of_recording, of_warnings, table, wrapped

_SIDES = (("left", "Left"), ("right", "Right"), (None, "Both sides"))


def of_assessment(document: Mapping[str, Any], *, written: Sequence[Path] = ()) -> str:
    """The answer of ``hipspine assess``."""
    lines = [document["title"], "=" * len(document["title"]), *of_recording(document["recording"])]
    for side, title in _SIDES:
        found = [finding for finding in document["findings"] if finding["side"] == side]
        orders = [order["verdict"] for order in document["orders"] if order["side"] == side]
        if found or orders:
            lines += heading(title)
            lines += bullets([*(finding["sentence"] for finding in found), *orders])
    lines += heading("Numbers [95 % interval]")
    lines += table(["measure", "side", "value", "published"], [_row(finding) for finding in document["findings"]])
    lines += heading("Channels")
    lines += table(["label", "muscle", "side", "signal", "status"], [_channel(channel) for channel in document["channels"]])
    lines += of_warnings(document["warnings"])
    lines += ["", wrapped(document["note"]), *(f"Written: {path}" for path in written)]
    return "\n".join(lines)


def _row(finding: Mapping[str, Any]) -> list[str]:
    value = measured(finding["value"], finding["low"], finding["high"], finding["unit"])
    return [muscle(finding["measure"]), finding["side"] or "", value, _published(finding)]


def _published(finding: Mapping[str, Any]) -> str:
    reference = finding["reference"]
    if reference is None or reference["value"] is None:
        return "–"
    spread = "" if reference["spread"] is None else f" ± {number(reference['spread'], finding['unit'])}"
    return f"{number(reference['value'], finding['unit'])}{spread}"


def _channel(channel: Mapping[str, Any]) -> list[str]:
    snr = channel["quality"]["snr_db"]
    said = "ok" if channel["status"] == "ok" else f"{channel['status'].replace('_', ' ')}: {channel['reason']}"
    return [channel["label"], muscle(channel["muscle"]), channel["side"] or "", "–" if snr is None else f"{number(snr, 'dB')} dB", said]


def of_demo(document: Mapping[str, Any], *, folder: Path) -> str:
    """The answer of ``hipspine demo``."""
    lines = []
    for assessment in document["assessments"]:
        lines += [of_assessment(assessment), ""]
    lines += [*heading("Against the known truth of the simulation"), *bullets(document["truth"])]
    lines += [*heading(f"Written into {folder}"), *(f"  {name}" for name in document["files"])]
    return "\n".join(lines)
