"""Which parts of an XDF file's XML speak of how was measured, and which may point at a person.

The measuring is a list of known words (LSL's meta-data recommendations and what devices write beside them); whatever is not on it may be a
name, a note or a code, and counts as pointing at a person.
"""

import re
from collections.abc import Iterable, Iterator

from hipspine.formats.xdf.xml import Node

_PEOPLE = frozenset(
    """
    subject participant patient person people proband client athlete user volunteer experimenter experimentor operator technician
    examiner investigator physician clinician therapist researcher author owner contact institution hospital clinic laboratory lab
    affiliation
    """.split()  # noqa: SIM905 - a list of words reads as a text
)
_OF_STREAMS = """
    info desc type version channel_count nominal_srate channel_format created_at v4data_port v4service_port v6data_port v6service_port
    """
_OF_CHANNELS = """
    channels channel label unit units gain offset scale scaling scaling_factor factor range minimum maximum min max
    resolution bits bit_depth precision order axis
    side muscle placement electrode electrodes material coupling impedance index coordinate_system
    """
_OF_DEVICES = """
    acquisition setup amplifier device hardware sensor sensors manufacturer model firmware firmware_version sampling_rate rate srate
    compensated_lag power_line true_sampling_rate cap size labelscheme
    """
_OF_FILTERS = """
    filtering filters filter highpass lowpass notch bandpass design lower upper low high cutoff lowercutoff uppercutoff stopband
    montage reference ground common_average location_measurement location fiducials fiducial x y z objects object markers marker cameras
    """
_OF_CLOCKS = """
    synchronization time_source offset_mean offset_rms offset_median offset_5_centile offset_95_centile can_drop_samples
    inlet_processing_options outlet_processing_options outlet_drift_coeffificent outlet_jitter_coeffificent
    writer first_timestamp last_timestamp sample_count measured_srate clock_offsets time value
    """
_TECHNICAL = frozenset(" ".join((_OF_STREAMS, _OF_CHANNELS, _OF_DEVICES, _OF_FILTERS, _OF_CLOCKS)).split())
_CANONICAL = (
    (r"(birth|\bdob\b)", "birth date"),
    (r"(sex|gender)", "sex"),
    (r"\bage\b", "age"),
    (r"(experiment|operator|technician|examiner|investigator|physician|clinician|therapist|researcher)", "technician"),
    (r"(institution|hospital|clinic|laborator)", "hospital"),
    (r"^(datetime|date|recording date|start date|measurement date)$", "recording date"),
    (r"(subject|participant|patient|person|proband|client|athlete)s?( first| last| full)? ?name$", "name"),
    (r"(subject|participant|patient|person|proband|client|athlete)s?( id| code| number)$", "code"),
)
_NOT_IDENTIFYING = {"sex", "age"}
_LEAF = re.compile(r"<([A-Za-z_][\w.-]*)[^<>]*>([^<>]*[^<>\s][^<>]*)<")


def is_technical(path: tuple[str, ...]) -> bool:
    """Whether the text at this place says how was measured.

    >>> is_technical(("desc", "channels", "channel", "label")), is_technical(("desc", "subject", "label")), is_technical(("hostname",))
    (True, False, False)
    """
    if any(_PEOPLE & set(re.split(r"[_\-. ]+", name)) for name in path):
        return False
    if path[:1] == ("hipspine",):
        return True
    if path[-1:] == ("name",):
        return path == ("name",) or path[-2:] == ("channel", "name") or path[-2:] == ("marker", "name")
    return bool(path) and path[-1] in _TECHNICAL


def personal(root: Node) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text, with the names that lead to it, that may point at a person."""
    for path, node in root.walk():
        if path == ("hipspine", "person", "entry") and node.first("value"):  # what we wrote ourselves: a word of ours and what it means
            yield ("hipspine", "person", node.first("key")), node.first("value")
        if path[:3] == ("hipspine", "person", "entry"):
            continue
        if node.text.strip() and not is_technical(path) and path:
            yield path, node.text.strip()
        for name, text in node.attributes.items():
            if text.strip() and not is_technical((*path, name.lower())):
                yield (*path, name.lower()), text.strip()


def person_of(roots: Iterable[Node]) -> dict[str, str]:
    """What a file says of people: its own words as keys, or ours where they mean the same."""
    found: dict[str, str] = {}
    for root in roots:
        for path, text in personal(root):
            key = _key(path)
            name, number = key, 2
            while found.get(name, text) != text and number < 100:
                name, number = f"{key} ({number})", number + 1
            if len(found) < 500:
                found[name] = text
    return found


def torn_texts(data: bytes) -> list[tuple[tuple[str, ...], str]]:
    """What can still be told from XML that cannot be read: each text with the name before it, as of a person where that may be.

    >>> torn_texts(b"<subject><id>P7</id><name>Anna</name></sobject><type>EMG</type>")
    [(('subject', 'id'), 'P7'), (('subject', 'name'), 'Anna')]
    """
    pairs = _LEAF.findall(data.decode("utf-8", "replace"))
    named = [("subject", name.lower()) if name.lower() == "name" else (name.lower(),) for name, _ in pairs]
    return [(("subject", *path[-1:]), text.strip()) for path, (_, text) in zip(named, pairs, strict=True) if not is_technical(path)]


def identifying(roots: Iterable[Node], torn: Iterable[bytes] = ()) -> tuple[str, ...]:
    """Texts that would point at the person wherever else they stand, the longest first: names, codes, dates, addresses, and their words."""
    texts: set[str] = set()
    found = [pair for root in roots for pair in personal(root)] + [pair for data in torn for pair in torn_texts(data)]
    for path, text in found:
        if path[:2] == ("hipspine", "person"):
            path = ("subject", path[-1])
        if path:
            key = _key(path)
            if key in _NOT_IDENTIFYING or path[-1] in ("group", "handedness", "hand", "height", "weight", "session", "run", "trial"):
                continue
            texts.add(text)
            if key in ("name", "technician") or "name" in path[-1]:
                texts.update(re.split(r"[\s,;_]+", text))
    return tuple(sorted((text for text in texts if _tells(text)), key=lambda text: (-len(text), text)))


def _tells(text: str) -> bool:
    """Long enough that striking it out elsewhere hits the person and not a word of the measuring."""
    return len(text) >= 3 and text.lower() not in _COMMON and not re.fullmatch(r"[\d.]{1,5}", text)


_COMMON = frozenset(
    """
    emg eeg ecg imu acc left right gluteus maximus medius lsl lab labrecorder opensignals unknown none anonymous anonymized yes no
    true false default localhost test the and for und der die male female windows linux
    """.split()  # noqa: SIM905 - a list of words reads as a text
)


def _key(path: tuple[str, ...]) -> str:
    words = " ".join(part for part in path if part not in ("desc", "info")).replace("_", " ").replace("-", " ")
    for pattern, name in _CANONICAL:
        if re.search(pattern, words):
            return name
    return words
