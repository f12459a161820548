"""Findings as lines for people: sentences first, then published values beside them, then how far to trust each channel."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hipspine.cli.layout import bullets, heading, table, wrapped
from hipspine.cli.streams import of_recording, status, to_note
from hipspine.report.words import INTENDED_USE, muscle, number, plain, quantity, true_minus

_SIDES = (("left", "Left"), ("right", "Right"), (None, "Both sides"))


def of_assessment(document: Mapping[str, Any], *, written: Sequence[Path] = ()) -> str:
    """What ``hipspine assess`` says."""
    lines = [document["title"], "=" * len(document["title"]), *of_recording(document["recording"])]
    for side, title in _SIDES:
        said = list(_sentences(document, side))
        lines += [*heading(title), *bullets(map(true_minus, said))] if said else []
    lines += [*_published(document["findings"]), *_channels(document["channels"]), *to_note(document["warnings"])]
    lines += [*heading("How it was read"), *bullets(document["information"])] if document["information"] else []
    lines += ["", wrapped(document["note"]), wrapped(INTENDED_USE), *(f"Written: {path}" for path in written)]
    return "\n".join(lines)


def of_demo(document: Mapping[str, Any], *, folder: Path) -> str:
    """What ``hipspine demo`` says: the main sentences of each test; the reports hold the rest."""
    lines = [wrapped("A simulated person does two tests. SIMULATED: these numbers come from a program, not from a person.")]
    for assessment in document["assessments"]:
        lines += heading(assessment["title"])
        for side, title in _SIDES:
            said = [finding["sentence"] for finding in assessment["findings"] if finding["side"] == side and _leads(finding)]
            lines += [f"  {title}", *bullets(map(true_minus, said))] if said else []
    lines += [*heading("Against the truth that the simulation was made from"), *bullets(map(true_minus, document["truth"]))]
    lines += [*heading(f"Written into {folder}"), *(f"  {name}" for name in document["files"])]
    lines += ["", wrapped(document["note"]), wrapped(INTENDED_USE)]
    return "\n".join(lines)


def _leads(finding: Mapping[str, Any]) -> bool:
    """Whether a sentence stands in the short answer: the order, gluteus maximus, the sides compared, and published ratios and shares."""
    measure, published = finding["measure"], _references(finding)
    if measure == "order" or measure.endswith("side_difference") or (measure.startswith("gluteus_maximus") and published):
        return True
    return "hamstrings" not in measure and any(one["value"] is not None for one in published)


def _sentences(document: Mapping[str, Any], side: str | None) -> Iterator[str]:
    """Every finding of one side, and the verdicts on the order that no finding says already."""
    said = [finding["sentence"] for finding in document["findings"] if finding["side"] == side]
    yield from said
    for order in document["orders"]:
        if order["side"] == side and not any(order["verdict"] in sentence for sentence in said):
            yield order["verdict"][:1].upper() + order["verdict"][1:]


def _published(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every published number beside what was found; directions without a number are named, not left out."""
    lines: list[str] = []
    directions: dict[str, None] = {}
    for measure in dict.fromkeys(finding["measure"] for finding in findings):
        same = [finding for finding in findings if finding["measure"] == measure]
        references = {(one["value"], one["source"], one["note"]): one for finding in same for one in _references(finding)}
        directions.update((one["source"], None) for one in references.values() if one["value"] is None)
        numbers = [one for one in references.values() if one["value"] is not None]
        if numbers:
            lines.append(wrapped(f"{plain(measure)}: {'; '.join(map(_found, same))}", indent="      ", first="  "))
            lines += [
                wrapped(f"published {_value(one, same[0]['unit'])}: {_whose(one)}", indent="        ", first="    ") for one in numbers
            ]
    if directions:
        named = f"Published directions without a number, the conflicting ones too: {', '.join(directions)}."
        lines.append(wrapped(f"{named} The report and --json say what each found.", indent="  "))
    return [*heading("Beside published values"), *lines] if lines else []


def _references(finding: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in (finding["reference"], *finding["other_references"]) if one is not None]


def _found(finding: Mapping[str, Any]) -> str:
    shown = quantity(finding["value"], finding["unit"], low=finding["low"], high=finding["high"])
    return f"{finding['side']} {shown}" if finding["side"] else shown


def _value(reference: Mapping[str, Any], unit: str) -> str:
    if reference["spread"] is None:
        return quantity(reference["value"], unit)
    return f"{quantity(reference['value'], unit)} ± {number(reference['spread'], decimals=0 if unit in ('ms', '%') else 1)}"


def _whose(reference: Mapping[str, Any]) -> str:
    """In whom, and what exactly was measured: the first two clauses of the note."""
    return f"{'; '.join(reference['note'].split('; ')[:2])} ({reference['source']})"


def _channels(channels: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [
            channel["label"],
            muscle(channel["muscle"]) if channel["muscle"] else "",
            channel["side"] or "",
            "" if channel["quality"]["snr_db"] is None else f"{number(channel['quality']['snr_db'], decimals=0)} dB",
            status(channel),
        ]
        for channel in channels
    ]
    return [*heading("Channels"), *table(["label", "muscle", "side", "signal", "status"], rows)] if rows else []
