"""The reporting checklist: what others need to know to judge or repeat an EMG recording, filled in from the file.

Items follow the ISEK standards for reporting EMG data (Merletti 1999) and the CEDE matrices for electrodes and for amplitude
normalisation (Besomi 2019, 2020). The list is ours: the text of the later CEDE reporting checklist was not available to us,
so an item says which of the three it comes from, and the report claims no more. An answer always says where it came from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hipspine.report import words
from hipspine.report.report_input import ReportInput
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import OnsetStatus, StreamKind

_CEDE = (
    "Besomi M and others ({year}). Consensus for experimental design in electromyography (CEDE) project: {what}. {where}. Abstract read."
)
SOURCES = {
    "ISEK 1999": (
        "Merletti R (1999). Standards for reporting EMG data. J Electromyogr Kinesiol 9(1):III-IV. "
        "Read at isek-online.org (electrodes, detection, filtering)."
    ),
    "CEDE 2019": _CEDE.format(year=2019, what="electrode selection matrix", where="J Electromyogr Kinesiol 48:128-144"),
    "CEDE 2020": _CEDE.format(year=2020, what="amplitude normalization matrix", where="J Electromyogr Kinesiol 53:102438"),
}


class Origin(StrEnum):
    """Where an answer came from."""

    FILE = "stated in the file"
    MEASURED = "measured from the recording"
    LABELS = "read from the channel labels"
    CHOSEN = "chosen for this analysis"
    HIPSPINE = "how hipspine works"
    ABSENT = words.NOT_STATED


@dataclass(frozen=True, slots=True)
class Answer:
    """One item of the checklist with what we know."""

    group: str
    item: str
    asked_by: str  # key of SOURCES, or "hipspine"
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked, and where an answer can come from."""

    group: str
    item: str
    asked_by: str
    keys: tuple[str, ...]  # of Recording.about, letters and digits only
    measured: Callable[[ReportInput], str] | None = None
    ours: str = ""
    how: Origin = Origin.MEASURED  # where the measured answer comes from


def checklist(report: ReportInput) -> tuple[Answer, ...]:
    """Every item in a fixed order: the file's own words first, then what was measured, else "not stated in the file"."""
    said = {re.sub(r"[\W_]+", "", key).lower(): value.strip() for key, value in report.recording.about.items() if value.strip()}
    return tuple(_answer(item, said, report) for item in ITEMS)


def _answer(item: Item, said: dict[str, str], report: ReportInput) -> Answer:
    stated = "; ".join(dict.fromkeys(said[key] for key in item.keys if key in said))
    if stated:
        return Answer(item.group, item.item, item.asked_by, stated, Origin.FILE)
    if item.measured is not None and (measured := item.measured(report)):
        return Answer(item.group, item.item, item.asked_by, measured, item.how)
    if item.ours:
        return Answer(item.group, item.item, item.asked_by, item.ours, Origin.HIPSPINE)
    return Answer(item.group, item.item, item.asked_by, words.NOT_STATED, Origin.ABSENT)


def _protocol(report: ReportInput) -> str:
    return report.title or words.plain(report.assessment.protocol)


def _sampling(report: ReportInput) -> str:
    rates = dict.fromkeys(stream.rate_hz for stream in report.recording.of_kind(StreamKind.EMG))
    return " and ".join(f"{rate:g} Hz" for rate in rates)


def _muscles(report: ReportInput) -> str:
    channels = [one.channel for one in report.channels]
    return "; ".join(f"{c.label}: {words.muscle(c.muscle, c.side) if c.muscle else 'muscle not known'}" for c in channels)


def _spread(values: list[float], unit: str, *, decimals: int = 0) -> str:
    """The range over channels, or the one value."""
    if not values:
        return ""
    low, high = words.number(min(values), decimals=decimals), words.number(max(values), decimals=decimals)
    counted = "1 channel" if len(values) == 1 else f"{len(values)} channels"
    return f"{low} {unit} ({counted})" if low == high else f"{low} to {high} {unit} ({counted})"


def _snr(report: ReportInput) -> str:
    return _spread([one.quality.snr_db for one in report.channels if one.quality.snr_db is not None], "dB")


def _mains(report: ReportInput) -> str:
    lines = [one.quality for one in report.channels if one.quality.mains_ratio is not None and one.quality.mains_hz is not None]
    if not lines:
        return ""
    found = " and ".join(f"{hz:g} Hz" for hz in dict.fromkeys(q.mains_hz for q in lines))
    return f"{found}; {_spread([100 * (q.mains_ratio or 0.0) for q in lines], '% of the other power')}"


def _ecg(report: ReportInput) -> str:
    with_beats = [one for one in report.channels if one.quality.beats]
    if with_beats:
        beats = _spread([float(one.quality.beats) for one in with_beats], "beats")
        return f"heart beats found and subtracted by template: {beats}"
    return "no train of heart beats found" if any(one.quality.ecg_ratio is not None for one in report.channels) else ""


def _crosstalk(report: ReportInput) -> str:
    found = [one.quality.crosstalk_index for one in report.channels if one.quality.crosstalk_index is not None]
    return (
        f"largest index per channel {words.number(min(found), decimals=2)} to {words.number(max(found), decimals=2)} (0 none, 1 a copy)"
        if found
        else ""
    )


def _refused(report: ReportInput) -> str:
    refused = [one for one in report.channels if one.status is not OnsetStatus.OK]
    return "; ".join(_reason(one) for one in refused) if refused else ("none" if report.channels else "")


def _reason(one: ChannelOnsets) -> str:
    return f"{one.channel.label}: {one.reason or words.STATUSES[one.status]}"


def _repetitions(report: ReportInput) -> str:
    sides = [one.side for one in report.assessment.repetitions]
    return ", ".join(f"{sides.count(s)} {s.value if s else 'without a side'}" for s in dict.fromkeys(sides))


_ENGINE = "see the documentation of hipspine at the version named below"
_CAUSAL = f"causal filters only, so that nothing is smeared before an onset; {_ENGINE}"
_POSTERIOR = f"posterior over the onset time, with 95 % intervals; {_ENGINE}"
_PLACE = ("electrodelocation", "electrodeplacement", "placement", "electrodeorientation")
_FILTERS = ("filters", "filter", "highpass", "lowpass", "bandpass", "highpasshz", "lowpasshz", "notch")
_TYPE = ("electrodetype", "electrodes", "electrodeconfiguration", "sensor", "sensors")
_DISTANCE = ("interelectrodedistance", "electrodedistance", "ied")
ITEMS = (
    Item("Person and task", "Task and protocol", "hipspine", ("protocol", "task"), _protocol, how=Origin.CHOSEN),
    Item("Person and task", "Verbal cue given", "hipspine", ("cue", "verbalcue", "instruction")),
    Item("Person and task", "Repetitions per side", "hipspine", ("repetitions",), _repetitions),
    Item("Person and task", "Position and support", "hipspine", ("position", "posture")),
    Item("Electrodes", "Muscles and sides", "ISEK 1999", ("muscles",), _muscles, how=Origin.LABELS),
    Item("Electrodes", "Type and configuration", "CEDE 2019", _TYPE),
    Item("Electrodes", "Material", "ISEK 1999", ("electrodematerial",)),
    Item("Electrodes", "Shape and size", "ISEK 1999", ("electrodeshape", "electrodesize", "electrodediameter")),
    Item("Electrodes", "Distance between electrodes", "ISEK 1999", _DISTANCE),
    Item("Electrodes", "Place and orientation", "ISEK 1999", _PLACE),
    Item("Electrodes", "Skin preparation", "ISEK 1999", ("skinpreparation", "skin")),
    Item("Electrodes", "Reference electrode", "hipspine", ("referenceelectrode", "reference")),
    Item("Detection", "Device", "hipspine", ("device", "manufacturer", "amplifier", "system", "software")),
    Item("Detection", "Mode (monopolar, differential, ...)", "ISEK 1999", ("mode", "detectionmode", "montage")),
    Item("Detection", "Input impedance", "ISEK 1999", ("inputimpedance",)),
    Item("Detection", "Common mode rejection ratio", "ISEK 1999", ("cmrr", "commonmoderejectionratio")),
    Item("Detection", "Gain", "ISEK 1999", ("gain", "gainrange")),
    Item("Detection", "Signal-to-noise ratio (burst over rest)", "ISEK 1999", (), _snr),
    Item("Detection", "Sampling rate", "hipspine", (), _sampling),
    Item("Detection", "Resolution", "hipspine", ("bits", "adcbits", "resolution")),
    Item("Filters", "Filters of the device: type and cut-offs", "ISEK 1999", _FILTERS),
    Item("Filters", "Filters in the analysis", "ISEK 1999", (), ours=_CAUSAL),
    Item("Analysis", "Onset method", "hipspine", (), ours=_POSTERIOR),
    Item("Analysis", "Mains", "hipspine", (), _mains),
    Item("Analysis", "Heart (ECG)", "hipspine", (), _ecg),
    Item("Analysis", "Crosstalk", "hipspine", (), _crosstalk),
    Item("Analysis", "Amplitude normalisation", "CEDE 2020", ("normalisation", "normalization", "mvic", "mvc")),
    Item("Analysis", "Channels without a time, and why", "hipspine", (), _refused),
)
