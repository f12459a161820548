"""What channel labels mean where somebody has said it: on the command line, or in a file kept beside the recordings.

One laboratory keeps its labels for years, so what was answered once is written to ``hipspine-labels.toml`` in the folder of the
recordings and reused for each of them; what is said with ``--map`` wins over it.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hipspine.anatomy.assignments import NOT_A_MUSCLE, Assignment, assignment_of
from hipspine.errors import FormatError, InputError
from hipspine.signals.recording import Channel, Recording
from hipspine.terms import ChannelStatus, StreamKind
from hipspine.workflows.documents import write_whole

KEPT = "hipspine-labels.toml"
_LARGEST = 1 << 20  # bytes
_HEADING = "[labels]"
_NEW = f"# What the labels of the recordings in this folder mean; hipspine reads it with each of them.\n{_HEADING}\n"
_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
_ENTRY = re.compile(r"""^\s*(?P<key>"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")


@dataclass(frozen=True, slots=True)
class Question:
    """A label that nobody but a person can explain."""

    label: str
    candidates: tuple[str, ...]  # empty: no muscle could be read from it
    option: str  # what to type

    def text(self) -> str:
        """The sentence that a person reads."""
        if not self.candidates:
            return f"no muscle could be read from {self.label!r}; if it is one, say which: {self.option}"
        fitting = [name.replace("_", " ") for name in self.candidates] + (["no muscle"] if len(self.candidates) == 1 else [])
        return f"{self.label!r} may be {', '.join(fitting[:-1])} or {fitting[-1]}; say which, such as {self.option}"


def said_of(texts: Iterable[str]) -> dict[str, Assignment]:
    """What was said with ``--map``, as label -> meaning.

    >>> said_of(["GM_L=gluteus_medius:left"])["GM_L"].text()
    'gluteus_medius:left'

    Raises:
        InputError: not of that form, or no such muscle, side or region.
    """
    said: dict[str, Assignment] = {}
    for text in texts:
        label, equals, meaning = text.rpartition("=")
        if not equals or not label.strip() or not meaning.strip():
            raise InputError(f"--map: {text[:60]!r} is not of the form LABEL=muscle[/region][:side]; write GM_L=gluteus_medius:left.")
        try:
            said[label.strip()] = assignment_of(meaning)
        except InputError as error:
            raise InputError(f"--map: {text[:60]!r}: {error}") from None
    return said


def kept_beside(recording: str | Path) -> dict[str, Assignment]:
    """What the file beside a recording says of labels; nothing where there is none.

    Raises:
        InputError: the file is damaged, or a meaning in it is none; the message names the line.
    """
    path = Path(recording).parent / KEPT
    text = _text_of(path)
    if text is None:
        return {}
    try:
        labels = tomllib.loads(text).get("labels", {})
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is damaged: {error}; mend that line, or delete the file and give --map again.") from None
    if not isinstance(labels, dict):
        raise InputError(f"{path}: line {_line(text, 'labels')}: 'labels' is no table; write [labels] and below it GM_L = \"muscle:side\".")
    return {label: _meaning(label, meaning, path, text) for label, meaning in labels.items()}


def labels_for(recording: str | Path, said: Mapping[str, Assignment] | None = None) -> dict[str, Assignment]:
    """All that is known of labels for this recording: the kept ones, and over them what was said now."""
    return {**kept_beside(recording), **(said or {})}


def with_note(recording: Recording, kept: Mapping[str, Assignment], said: Mapping[str, Assignment]) -> Recording:
    """The recording with a warning that names the labels whose meaning came from the kept file, or that are not there."""
    known = labels_in(recording)
    used = [label for label in known if label in kept and label not in said]
    idle = [label for label in said if label not in known]
    notes = [f"labels read from {KEPT}: {', '.join(used)}"] if used else []
    notes += [f"no channel that was read is labelled {', '.join(map(repr, idle))}: what was said of it is not used"] if idle else []
    return replace(recording, warnings=(*recording.warnings, *notes)) if notes else recording


def require_known(recording: Recording, said: Iterable[str]) -> None:
    """Refuse a meaning for a label that the recording does not have: it would be ignored in silence."""
    known = labels_in(recording)
    missing = next((label for label in said if label not in known), None)
    if missing is not None:
        listed = ", ".join(known[:40]) + (f" and {len(known) - 40} more" if len(known) > 40 else "")
        raise InputError(f"--map: {recording.name} has no channel labelled {missing!r}; it has {listed}.")


def labels_in(recording: Recording) -> list[str]:
    """Labels of all channels, in file order."""
    return [channel.label for stream in recording.streams for channel in stream.channels]


def questions(recording: Recording, *, unnamed: bool = False) -> list[Question]:
    """Each EMG label that several muscles fit; with ``unnamed`` also those from which none could be read."""
    asked = {ChannelStatus.AMBIGUOUS, *([ChannelStatus.UNNAMED] if unnamed else [])}
    return [
        Question(channel.label, channel.candidates, _option(channel))
        for stream in recording.of_kind(StreamKind.EMG)
        for channel in stream.channels
        if channel.muscle is None and (channel.status in asked or channel.candidates)
    ]


def keep(recording: str | Path, labels: Mapping[str, Assignment]) -> Path:
    """Write these meanings into the file beside the recording, sorted by label; others in it and its comments stay. Gives its path.

    Raises:
        InputError: the file there is damaged, or the folder cannot be written.
    """
    path = Path(recording).parent / KEPT
    whole = {**kept_beside(recording), **labels}
    text = _updated(_text_of(path) or _NEW, labels)
    try:
        same = {label: assignment_of(str(meaning)) for label, meaning in tomllib.loads(text)["labels"].items()} == whole
    except (tomllib.TOMLDecodeError, KeyError, InputError):
        same = False
    if not same:
        raise InputError(f"{path}: cannot be extended without losing what is in it; add the lines under [labels] by hand.")
    write_whole(path, text.encode("utf-8"))
    return path


# ------------------------------------------------------------------------------------------------------------- small parts


def _text_of(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: is larger than 1 MB; it should hold one line for each label. Delete it and give --map again.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text (byte {error.start}); save it as UTF-8, or delete it and give --map again.") from None
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror or error}); check its rights.") from None


def _meaning(label: str, meaning: object, path: Path, text: str) -> Assignment:
    where = f"{path}: line {_line(text, label)}"
    if not isinstance(meaning, str):
        raise InputError(f'{where}: the meaning of {label!r} is no text; write {_key(label)} = "gluteus_medius:left".')
    try:
        return assignment_of(meaning)
    except InputError as error:
        raise InputError(f"{where}: {label!r}: {error}") from None


def _line(text: str, label: str) -> int:
    """The line that speaks of this label, counted from 1."""
    lines = text.split("\n")
    exact = [number for number, line in enumerate(lines, 1) if _label_of(line) == label]
    return [*exact, *(number for number, line in enumerate(lines, 1) if label in line), 1][0]


def _label_of(line: str) -> str | None:
    entry = _ENTRY.match(line)
    if entry is None:
        return None
    try:
        return next(iter(tomllib.loads(f"{entry['key']} = 0")))
    except tomllib.TOMLDecodeError:
        return None


def _updated(text: str, labels: Mapping[str, Assignment]) -> str:
    """The text with these entries in its table of labels, sorted; a comment stays above the entry that it stands over."""
    lines = text.rstrip("\n").split("\n")
    heading = next((number for number, line in enumerate(lines) if line.split("#")[0].strip() == _HEADING), None)
    if heading is None:
        lines += ["", _HEADING]
        heading = len(lines) - 1
    end = next((n for n in range(heading + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    entries: dict[str, list[str]] = {}
    above: list[str] = []
    for line in lines[heading + 1 : end]:
        label = _label_of(line)
        above.append(line)
        if label is not None:
            entries[label], above = above, []
    for label, meaning in labels.items():
        written = f'{_key(label)} = "{meaning.text()}"'
        entries[label] = [*entries.get(label, [""])[:-1], written]
    ordered = [line for label in sorted(entries) for line in entries[label]]
    return "\n".join([*lines[: heading + 1], *ordered, *above, *lines[end:]]) + "\n"


def _key(label: str) -> str:
    """A label as TOML writes a key."""
    if _BARE.match(label):
        return label
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in escaped) + '"'


def _option(channel: Channel) -> str:
    """What to type on the command line for this channel."""
    meaning = Assignment(channel.candidates[0] if channel.candidates else "gluteus_maximus", channel.side).text()
    text = f"{channel.label}={meaning}"
    return f'--map "{text}"' if not set(text) & set('"$`\\!') else "--map '" + text.replace("'", "'\\''") + "'"


def choices(question: Question) -> Sequence[str]:
    """The answers that fit a question best: its candidates, then that it is no muscle."""
    return (*question.candidates, NOT_A_MUSCLE)
