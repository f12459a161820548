"""What is read of every real file in a folder, beside what its SOURCES.md says: ``python benchmarks/real_files.py [FOLDER] [--markdown]``.

A line of SOURCES.md that names the file and says ``36 pts @50.0Hz x89, 16 analog @200.0Hz`` is compared by itself; so is every sha256.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from hipspine.errors import FormatError
from hipspine.signals.recording import Recording
from hipspine.terms import StreamKind
from hipspine.workflows.reading import open_recording

_FACTS = re.compile(r"(\d+) (?:pts|points) @([\d.]+)Hz x(\d+), ([\d.]+) analog @([\d.]+)Hz")
_ENTRY = re.compile(r"^- `([^`]+)` \((\d+) B\)(.*)\n(?:\s+sha256 ([0-9a-f]{64}))?", re.MULTILINE)
_HEADING = re.compile(r"^## (\(made here\)|several models|\S+)", re.MULTILINE)
_REFUSED = re.compile(r"^.*?: ")  # the file's name in front of a sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One file."""

    path: str
    origin: str  # the public repository that it comes from
    said: str  # what its SOURCES.md states in numbers
    read: str  # what was read, or the sentence of the refusal
    opened: bool
    agrees: bool | None  # None: nothing to compare with but the hash


def rows_of(folder: Path) -> list[Row]:
    """Every file that a SOURCES.md under this folder lists, in order."""
    rows = []
    for page in sorted(folder.rglob("SOURCES.md")):
        text = page.read_text(encoding="utf-8")
        for match in _ENTRY.finditer(text):
            origin = _HEADING.findall(text[: match.start()])[-1]
            rows.append(_row(folder, page.parent / match[1], origin, match[3], match[4]))
    return rows


def _row(folder: Path, path: Path, origin: str, said: str, sha256: str) -> Row:
    name = str(path.relative_to(folder))
    facts = _FACTS.search(said)
    stated = facts[0] if facts else ""
    try:
        recording = open_recording(path)
    except FormatError as error:
        return Row(name, origin, stated, str(error), False, None)
    agrees = recording.sha256 == sha256 if sha256 else None
    if facts:
        agrees = agrees is not False and _agrees(recording, facts)
    return Row(name, origin, stated, summary(recording), True, agrees)


def _agrees(recording: Recording, facts: "re.Match[str]") -> bool:
    """Points, point rate, frames, analog channels and their rate; a rate of zero channels says nothing."""
    points, rate, frames, analog, analog_rate = int(facts[1]), float(facts[2]), int(facts[3]), int(float(facts[4])), float(facts[5])
    spatial = [s for s in recording.streams if s.channels[0].label.endswith(".x")]
    other = [s for s in recording.streams if s not in spatial]
    return (
        sum(len(s.channels) for s in spatial) == 3 * points
        and all((s.rate_hz, s.values.shape[1]) == (rate, frames) for s in spatial)
        and sum(len(s.channels) for s in other) == analog
        and all(s.rate_hz == analog_rate for s in other)
    )


def summary(recording: Recording) -> str:
    """Format, streams, muscles and events in one line."""
    streams = ", ".join(
        f"{len(s.channels)} {s.kind.value} {s.rate_hz:.6g} Hz x {s.values.shape[1]}" + (f" from {s.start_s:g} s" if s.start_s else "")
        for s in recording.streams
    )
    emg = [c for s in recording.of_kind(StreamKind.EMG) for c in s.channels]
    muscles = f"; {sum(c.muscle is not None for c in emg)} of {len(emg)} EMG channels named" if emg else ""
    events = f"; {len(recording.events)} events" if recording.events else ""
    return f"{recording.format}: {streams}{muscles}{events}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    rows = rows_of(given.folder)
    marks = {True: "yes", False: "NO", None: "-"}
    if given.markdown:
        print("| file | from | stated there | read | agrees |\n|---|---|---|---|---|")
    for row in rows:
        read = row.read if row.opened else f"no recording: {_REFUSED.sub('', row.read, count=1)}"
        line = (f"`{row.path}`", row.origin, row.said, read.replace("|", "\\|"), marks[row.agrees])
        print("| " + " | ".join(line) + " |" if given.markdown else "\n    ".join(line))
    return 1 if any(row.agrees is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
