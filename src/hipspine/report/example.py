"""An example of a report's input, for tests and the documentation. It is simulated and says so; its numbers are invented."""

from collections.abc import Sequence

import numpy as np

from hipspine.assessment.protocol import Assessment, Finding, Mark, Order, Reference, Repetition
from hipspine.report.report_input import ReportInput
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.signals.timing import ChannelOnsets, Onsets, Quality
from hipspine.terms import Certainty, Floats, Grade, OnsetStatus, Side, StreamKind

_RATE_HZ, _EVERY_S = 1000.0, 3.0
_LEWIS = (
    "Lewis CL, Sahrmann SA (2009). Muscle activation and movement patterns during prone hip extension exercise in women. "
    "J Athl Train 44:238-248."
)
_TIMES = ("on_s", "on_low_s", "on_high_s", "off_s", "off_low_s", "off_high_s")
_STARTS_MS = {"semitendinosus": -190.0, "biceps_femoris": -100.0, "erector_spinae": -120.0, "gluteus_maximus": 12.0}


def example(*, seed: int = 0, sides: Sequence[Side] = (Side.LEFT, Side.RIGHT), repetitions: int = 6, refused: int = 1,
            extra_muscles: Sequence[str] = (), consistent: bool = True) -> ReportInput:  # fmt: skip
    """A simulated prone hip extension: the left gluteus maximus starts late, the right one does not.

    Args:
        seed: of the example's dice.
        refused: how many further channels without a time.
        extra_muscles: more muscles, such as one with a long name.
        consistent: whether the order of the muscles is the same in all repetitions.
    """
    rng = np.random.default_rng(seed)
    starts = {**_STARTS_MS, **dict.fromkeys(extra_muscles, 60.0)}
    moments = [(n, side, 1.5 + _EVERY_S * (k * repetitions + n - 1)) for k, side in enumerate(sides) for n in range(1, repetitions + 1)]
    made = tuple(_repetition(rng, n, side, at, starts, spread=15.0 if consistent else 120.0) for n, side, at in moments)
    channels = [Channel(f"{name[:12].upper()}_{side.value[0].upper()}", name, side, unit="V") for side in sides for name in starts]
    length = int(_RATE_HZ * (_EVERY_S * len(made) + 1.5))
    values = np.array([_emg(rng, channel, made, length) for channel in channels])
    silent = [Channel(f"SPARE_{k + 1}", None, None, unit="V") for k in range(refused)]
    values = np.vstack([values, 1e-6 * rng.standard_normal((refused, length))]) if refused else values
    stream = Stream(StreamKind.EMG, _RATE_HZ, 0.0, (*channels, *silent), values)
    about = {"simulated": "yes", "cue": "lift your leg when you are ready", "device": "simulator", "filters": "10-450 Hz, 4th order"}
    recording = Recording("example.c3d", "c3d", (stream,), sha256="0f" * 32, about=about)
    found = (*(_channel(one, made) for one in channels), *(_refused(one) for one in silent))
    assessment = Assessment(
        "prone-hip-extension", tuple(f for side in sides for f in _findings(side, made, starts)) + _difference(sides),
        orders=tuple(_order(side, tuple(starts), repetitions, consistent=consistent) for side in sides), repetitions=made,
        loops={f"{one.side.value if one.side else ''} repetition {one.number}": _loop(rng) for one in made},
        warnings=("The gluteus maximus signal is 12 dB weaker than that of the hamstrings; a weaker signal widens the interval.",),
    )  # fmt: skip
    citations = {"lewis2009": _LEWIS}
    return ReportInput(recording, found, assessment, citations, "0.1.0", title="Prone hip extension")


def _repetition(rng: np.random.Generator, number: int, side: Side, at: float, starts: dict[str, float], *, spread: float) -> Repetition:
    late = 85.0 if side is Side.LEFT else 0.0
    marks = []
    for name, ms in starts.items():
        on = at + 1e-3 * (ms + (late if name == "gluteus_maximus" else 0.0) + spread * rng.standard_normal())
        label = f"{name[:12].upper()}_{side.value[0].upper()}"
        wide = 0.012 if name == "gluteus_maximus" else 0.005
        marks.append(Mark(name, label, side, on, on - wide, on + wide, on + 1.2, on + 1.16, on + 1.25))
    return Repetition(number, side, at, at + 1.0, tuple(marks), at - 0.01, at + 0.012)


def _emg(rng: np.random.Generator, channel: Channel, made: tuple[Repetition, ...], length: int) -> Floats:
    times = np.arange(length) / _RATE_HZ
    level = np.full(length, 4e-6)
    for mark in (mark for one in made for mark in one.marks if mark.label == channel.label):
        level[(times >= (mark.on_s or 0.0)) & (times <= (mark.off_s or 0.0))] = 2e-5 if channel.muscle == "gluteus_maximus" else 8e-5
    return level * rng.standard_normal(length)


def _channel(channel: Channel, made: tuple[Repetition, ...]) -> ChannelOnsets:
    marks = [mark for one in made for mark in one.marks if mark.label == channel.label]
    columns = {name: np.array([getattr(mark, name) for mark in marks], dtype=np.float64) for name in _TIMES}
    blank = np.full(len(marks), 0.05)
    onsets = Onsets(**columns, rise_s=blank, level_db=blank, on=(None,) * len(marks), off=(None,) * len(marks))
    heart, beats = (0.04, 21) if channel.muscle == "erector_spinae" else (0.0, 0)
    snr = 14.0 if channel.muscle == "gluteus_maximus" else 26.0
    quality = Quality(snr, 0.0, 0.012, 50.0, heart, beats, 0.002, 0.03, 0.11)
    return ChannelOnsets(channel, OnsetStatus.OK, "", quality, onsets)


def _refused(channel: Channel) -> ChannelOnsets:
    none = np.zeros(0)
    onsets = Onsets(none, none, none, none, none, none, none, none, (), ())
    return ChannelOnsets(
        channel, OnsetStatus.NO_SIGNAL, "nothing rises above the noise in the whole recording", Quality(flat_s=0.001), onsets
    )


def _findings(side: Side, made: tuple[Repetition, ...], starts: dict[str, float]) -> tuple[Finding, ...]:
    of_side = [one for one in made if one.side is side]
    source = Reference(11.5, 81.9, "lewis2009", "11 women, no cue; here negated: their values are before the movement")
    cued = Reference(45.1, 93.4, "lewis2009", "the same women with the cue to use the glutes")
    findings = []
    for name in starts:
        at = np.array([1e3 * (m.on_s - one.start_s) for one in of_side for m in one.marks if m.muscle == name and m.on_s is not None])
        mean, half = float(at.mean()), 2.0 * float(at.std()) / np.sqrt(at.size) + 5.0
        said = f"On the {side.value}, {name.replace('_', ' ')} starts {abs(mean):.0f} ms {'after' if mean > 0 else 'before'} the movement."
        grade, beside, others = (Grade.CONTESTED, source, (cued,)) if name == "gluteus_maximus" else (Grade.MEASUREMENT, None, ())
        measure, low, high = f"{name}_onset_to_movement", mean - half, mean + half
        findings.append(Finding(measure, side, mean, "ms", low, high, beside, grade, Certainty.MODERATE, said, others))
    delay = 85.0 if side is Side.LEFT else 20.0
    sentence = (
        "Gluteus maximus starts late by 85 ms [60, 110] against the hamstrings."
        if side is Side.LEFT
        else "No consistent order: 20 ms [-10, 55]."
    )
    late = Finding(
        "gluteus_maximus_delay_to_hamstrings",
        side,
        delay,
        "ms",
        delay - 25,
        delay + 30,
        source,
        Grade.CONTESTED,
        Certainty.HIGH,
        sentence,
        (cued,),
    )
    return (late, *findings)


def _difference(sides: Sequence[Side]) -> tuple[Finding, ...]:
    if len(sides) == 2:
        said = "The left gluteus maximus starts later than the right by 65 ms [25, 105]."
        return (
            Finding("gluteus_maximus_side_difference", None, 65.0, "ms", 25.0, 105.0, None, Grade.MEASUREMENT, Certainty.MODERATE, said),
        )
    said = "The sides cannot be compared: only one side was recorded."
    return (Finding("gluteus_maximus_side_difference", None, None, "ms", None, None, None, Grade.MEASUREMENT, Certainty.NONE, said),)


def _order(side: Side, muscles: tuple[str, ...], repetitions: int, *, consistent: bool) -> Order:
    n = len(muscles)
    rank = np.arange(n)
    p = 1.0 / (1.0 + np.exp((rank[:, None] - rank[None, :]) * (2.2 if consistent else 0.3)))
    verdict = "semitendinosus before gluteus maximus (98 %)" if consistent else "no consistent order"
    return Order(
        side, muscles, np.where(np.eye(n) > 0, np.nan, p), (0.86 if consistent else 0.12) if repetitions > 1 else None, verdict, repetitions
    )


def _loop(rng: np.random.Generator) -> Floats:
    share = (1.0 - np.cos(np.linspace(0.0, 2.0 * np.pi, 200))) / 2.0
    hip, lumbar = np.radians(55.0 + 4.0 * rng.standard_normal()), np.radians(42.0 + 4.0 * rng.standard_normal())
    lag = 0.05 * np.sin(np.linspace(0.0, 2.0 * np.pi, 200))
    return np.array([hip * share, lumbar * np.clip(share + lag, 0.0, None)])
