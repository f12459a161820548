"""Findings as lines for people: sentences first, then the numbers beside published ones, then how far to trust them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hipspine.cli.layout import bullets, heading, table, wrapped
from hipspine.cli.streams import of_recording, plain, status, to_note
from hipspine.report.words import muscle, number, quantity

_SIDES = (("left", "Left"), ("right", "Right"), (None, "Both sides"))


def of_assessment(document: Mapping[str, Any], *, written: Sequence[Path] = ()) -> str:
    """What ``hipspine assess`` says."""
    lines = [document["title"], "=" * len(document["title"]), *of_recording(document["recording"])]
    for side, title in _SIDES:
        said = [finding["sentence"] for finding in document["findings"] if finding["side"] == side]
        said += [order["verdict"] for order in document["orders"] if order["side"] == side]
        lines += [*heading(title), *bullets(dict.fromkeys(said))] if said else []
    lines += heading("Numbers [95 % interval]")
    lines += table(["measure", "side", "value", "published"], [_numbers(finding) for finding in document["findings"]])
    lines += heading("Channels")
    lines += table(["label", "muscle", "side", "signal", "status"], [_channel(channel) for channel in document["channels"]])
    lines += to_note(document["warnings"])
    lines += ["", wrapped(document["note"]), *(f"Written: {path}" for path in written)]
    return "\n".join(lines)


def of_demo(document: Mapping[str, Any], *, folder: Path) -> str:
    """What ``hipspine demo`` says."""
    lines: list[str] = []
    for assessment in document["assessments"]:
        lines += [of_assessment(assessment), ""]
    lines += [*heading("Against the truth that the simulation was made from")[1:], *bullets(document["truth"])]
    lines += [*heading(f"Written into {folder}"), *(f"  {name}" for name in document["files"])]
    return "\n".join(lines)


def _numbers(finding: Mapping[str, Any]) -> list[str]:
    value = quantity(finding["value"], finding["unit"], low=finding["low"], high=finding["high"])
    return [plain(finding["measure"]), finding["side"] or "", plain(value), _published(finding)]


def _published(finding: Mapping[str, Any]) -> str:
    reference = finding["reference"]
    if reference is None:
        return ""
    if reference["value"] is None:
        return str(reference["source"])
    spread = "" if reference["spread"] is None else f" ± {number(reference['spread'], decimals=0 if finding['unit'] in ('ms', '%') else 1)}"
    return f"{quantity(reference['value'], finding['unit'])}{spread}"


def _channel(channel: Mapping[str, Any]) -> list[str]:
    snr = channel["quality"]["snr_db"]
    signal = "" if snr is None else f"{number(snr, decimals=0)} dB"
    return [channel["label"], muscle(channel["muscle"]) if channel["muscle"] else "", channel["side"] or "", signal, status(channel)]
