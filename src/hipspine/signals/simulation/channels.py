"""One EMG channel of a simulated person: what the muscle does, what the electrode adds, and the truth about both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.signals.simulation.artefacts import (
    amplifier_noise,
    baseline_drift,
    cable_knock,
    clipped,
    crosstalk,
    draw_projection,
    heart_trace,
    mains_hum,
    quantised,
    with_gap,
)
from hipspine.signals.simulation.pools import add_up, arrivals_s, discharge, draw_pool
from hipspine.signals.simulation.potentials import Electrode
from hipspine.signals.simulation.trials import in_band, sample_times, white_noise
from hipspine.terms import ChannelStatus, Floats, Side, StreamKind

DRIVE_HZ = 4000.0
CROSSTALK_S = 0.002
STEP_V = 0.1e-6  # of the converter
FAULTS = ("silent", "noise only", "clipped", "gap", "mains", "knocked")
LABELS = {"gluteus_maximus": "GMAX", "semitendinosus": "ST", "biceps_femoris": "BF", "erector_spinae": "ES", "gluteus_medius": "GMED"}


@dataclass(frozen=True, slots=True)
class Burst:
    """One activation of a muscle: the drive rises from ``on_s``, stands, and is back at rest at ``off_s``."""

    on_s: float
    off_s: float
    rise_s: float
    drive: float  # share of maximal drive between rise and fall
    fall_s: float | None = None  # None: like the rise


@dataclass(frozen=True, slots=True)
class Muscle:
    """One muscle of a simulated person and how well its electrode hears it."""

    name: str
    side: Side
    snr_db: float = 18.0
    heart_v: float = 0.0  # height of the R wave at this electrode
    fat_mm: float = 5.0
    tonic: float = 0.0  # drive between bursts
    units: int = 120
    fault: str | None = None  # one of FAULTS

    def __post_init__(self) -> None:
        if self.fault is not None and self.fault not in FAULTS:
            raise InputError(f"fault {self.fault!r} of {self.label} is not known; choose one of {', '.join(FAULTS)}")

    @property
    def label(self) -> str:
        """Label of its channel, such as GMAX_L."""
        return f"{LABELS.get(self.name, self.name)}_{self.side.value[0].upper()}"

    @property
    def key(self) -> str:
        """Name with side, such as "gluteus_maximus left": how options speak of one muscle."""
        return f"{self.name} {self.side.value}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all electrodes of one recording share."""

    duration_s: float
    rate_hz: float = 2000.0
    noise_v: float = 4e-6  # RMS of the sensor noise between 20 and 450 Hz
    beats_s: Floats = field(default_factory=lambda: np.zeros(0))
    mains_v: float = 0.0
    mains_hz: float = 50.0

    @property
    def samples(self) -> int:
        """Samples of each EMG channel."""
        return round(self.duration_s * self.rate_hz)


def record_muscle(
    rng: np.random.Generator, muscle: Muscle, emg_v: Floats, bursts_truth: list[dict[str, float]], around: Surroundings
) -> tuple[Channel, Floats, dict[str, object]]:
    """Channel, its samples [V], and its truth ready for JSON: what the electrode adds to the EMG, and what is wrong with it."""
    sensor_v = around.noise_v * white_noise(rng, around.samples, rate_hz=around.rate_hz)
    sensor_v += 0.5 * around.noise_v * amplifier_noise(rng, around.samples, rate_hz=around.rate_hz, corner_hz=5.0)
    sensor_v += 2.0 * around.noise_v * baseline_drift(rng, around.samples, rate_hz=around.rate_hz)
    heart_v = np.zeros(around.samples)
    if muscle.heart_v and around.beats_s.size:
        view = draw_projection(rng)
        heart_v = muscle.heart_v * heart_trace(rng, around.beats_s, samples=around.samples, rate_hz=around.rate_hz, projection=view).trace
    mains_v = around.mains_v if muscle.fault != "mains" else 3.0 * around.noise_v * 10.0 ** (muscle.snr_db / 20.0)
    hum_v = mains_v * mains_hum(rng, around.samples, rate_hz=around.rate_hz, mains_hz=around.mains_hz) if mains_v else 0.0
    samples_v = _with_fault(rng, quantised(emg_v + sensor_v + heart_v + hum_v, step=STEP_V), muscle, around)
    status = {"silent": ChannelStatus.FLAT, "gap": ChannelStatus.GAPS}.get(muscle.fault or "", ChannelStatus.OK)
    channel = Channel(muscle.label, muscle.name, muscle.side, unit="V", status=status, reason="simulated")
    truth: dict[str, object] = {
        "label": muscle.label,
        "muscle": muscle.name,
        "side": muscle.side.value,
        "snr_db": muscle.snr_db,
        "noise_uv": around.noise_v * 1e6,
        "heart_uv": muscle.heart_v * 1e6 if around.beats_s.size else 0.0,
        "mains_uv": mains_v * 1e6,
        "tonic_drive": muscle.tonic,
        "motor_units": muscle.units,
        "fat_mm": muscle.fat_mm,
        "fault": muscle.fault,
        "bursts": bursts_truth,
    }
    return channel, samples_v, truth


def drive_of(bursts: Sequence[Burst], times_s: Floats, *, tonic: float = 0.0) -> Floats:
    """Drive over time: each burst a trapezoid on top of the tonic level; where bursts overlap the stronger one counts."""
    drive = np.full_like(times_s, tonic)
    for burst in bursts:
        first, last = np.searchsorted(times_s, [burst.on_s, burst.off_s])
        at_s = times_s[first:last]
        up = (at_s - burst.on_s) / max(burst.rise_s, 1e-9)
        down = (burst.off_s - at_s) / max(burst.rise_s if burst.fall_s is None else burst.fall_s, 1e-9)
        share = np.clip(np.minimum(up, down), 0.0, 1.0)
        drive[first:last] = np.maximum(drive[first:last], tonic + share * (burst.drive - tonic))
    return drive


def assemble(
    rng: np.random.Generator,
    *,
    kind: str,
    activity: Mapping[Muscle, Sequence[Burst]],
    around: Surroundings,
    streams: Sequence[Stream] = (),
    events: Sequence[Event] = (),
    about: Mapping[str, str] | None = None,
    neighbours: Mapping[str, str] | None = None,
    crosstalk_share: float = 0.0,
    truth: Mapping[str, object],
) -> tuple[Recording, dict[str, object]]:
    """Recording of a simulated person and its truth, with one EMG channel for each muscle in ``activity``.

    Args:
        neighbours: label of an electrode -> label of the muscle that it hears as well, at ``crosstalk_share`` and 2 ms later.
    """
    if not 0.0 <= crosstalk_share <= 1.0:
        raise InputError(f"crosstalk is {crosstalk_share:g}; give the share of a neighbour's EMG that is heard, between 0 and 1")
    dice = spawn(rng, [muscle.label for muscle in activity])
    done = {m.label: muscle_activity(dice[m.label], m, bursts, around) for m, bursts in activity.items()}
    recorded = []
    for muscle in activity:
        emg_v, bursts_truth = done[muscle.label]
        if crosstalk_share and (source := (neighbours or {}).get(muscle.label)):
            emg_v = emg_v + crosstalk(done[source][0], share=crosstalk_share, delay_s=CROSSTALK_S, rate_hz=around.rate_hz)
        recorded.append(record_muscle(dice[muscle.label], muscle, emg_v, bursts_truth, around))
    emg = Stream(StreamKind.EMG, around.rate_hz, 0.0, tuple(c for c, _, _ in recorded), np.stack([v for _, v, _ in recorded]), "EMG")
    recording = Recording(
        name=f"simulated-{kind}",
        format="simulated",
        streams=(emg, *streams),
        events=tuple(sorted(events, key=lambda event: event.time_s)),
        about={"simulated": "yes", "protocol": kind, "device": "hipspine simulator", **(about or {})},
    )
    whole: dict[str, object] = {
        "kind": kind,
        "simulated": True,
        "emg_rate_hz": around.rate_hz,
        "duration_s": around.duration_s,
        "heart_beats_s": [round(float(beat), 6) for beat in around.beats_s if 0.0 <= beat < around.duration_s],
        **truth,
        "channels": [channel_truth for _, _, channel_truth in recorded],
    }
    return recording, whole


def angle_stream(
    rng: np.random.Generator, angles_rad: Mapping[str, Floats], *, rate_hz: float, noise_rad: float, sides: Mapping[str, Side] | None = None
) -> Stream:
    """Stream of joint angles [rad] with white sensor noise; flexion is positive."""
    channels = tuple(Channel(label, side=(sides or {}).get(label), unit="rad", reason="simulated") for label in angles_rad)
    values = np.stack(list(angles_rad.values()))
    return Stream(StreamKind.ANGLE, rate_hz, 0.0, channels, values + noise_rad * rng.standard_normal(values.shape), "angles")


def require_known(option: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse names that belong to nothing in this recording.

    Raises:
        InputError: names the first unknown one and what is allowed.
    """
    names = sorted(allowed)
    for name in given:
        if name not in names:
            raise InputError(f"{option}: {name!r} is not part of this recording; use one of {', '.join(names)}")


def spawn(rng: np.random.Generator, names: Sequence[str]) -> Mapping[str, np.random.Generator]:
    """One independent generator per name, so that a change in one channel leaves the others as they are."""
    return dict(zip(names, rng.spawn(len(names)), strict=True))


def muscle_activity(
    rng: np.random.Generator, muscle: Muscle, bursts: Sequence[Burst], around: Surroundings
) -> tuple[Floats, list[dict[str, float]]]:
    """EMG of the muscle alone [V] and the truth of each burst, in order of time.

    The EMG is scaled so that the mean power between the rises and falls of all bursts stands ``snr_db`` above the sensor noise within
    20-450 Hz; tonic activity, heart, mains and neighbours are not part of that ratio. The truth tells what each single burst came to.
    """
    for burst in bursts:
        if not 0.0 <= burst.on_s < burst.off_s <= around.duration_s:
            raise InputError(f"{muscle.label}: a burst from {burst.on_s:g} to {burst.off_s:g} s lies outside 0 .. {around.duration_s:g} s")
    quiet = np.zeros(around.samples)
    if muscle.fault in ("silent", "noise only") or (not bursts and muscle.tonic == 0.0):
        return quiet, []
    pool = draw_pool(rng, units=muscle.units, electrode=Electrode(fat_mm=muscle.fat_mm))
    times_s = sample_times(duration_s=around.duration_s, rate_hz=DRIVE_HZ)
    fired = discharge(rng, pool, drive_of(bursts, times_s, tonic=muscle.tonic), rate_hz=DRIVE_HZ)
    emg = add_up(fired, pool, samples=around.samples, rate_hz=around.rate_hz)
    within = in_band(emg, rate_hz=around.rate_hz)
    standing = [_standing(burst, around) for burst in bursts]
    powers = [float(np.mean(within[part] ** 2)) for part in standing]
    power = float(np.average(powers, weights=[part.stop - part.start for part in standing])) if bursts else float(np.mean(within**2))
    if power == 0.0:
        raise InputError(f"{muscle.label}: no motor unit fires; raise the drive of its bursts or make them longer")
    gain = around.noise_v * 10.0 ** (muscle.snr_db / 20.0) / np.sqrt(power)
    begins_s = np.sort(arrivals_s(fired, pool) + pool.begins_s[fired.unit])
    truth = [
        {
            "on_s": burst.on_s,
            "off_s": burst.off_s,
            "rise_s": burst.rise_s,
            "fall_s": burst.rise_s if burst.fall_s is None else burst.fall_s,
            "drive": burst.drive,
            "snr_db": muscle.snr_db + 10.0 * float(np.log10(max(its_power, 1e-9 * power) / power)),
            "first_potential_s": _first_seen(burst, begins_s) if muscle.tonic == 0.0 else burst.on_s,
        }
        for burst, its_power in zip(bursts, powers, strict=True)
    ]
    return gain * emg, sorted(truth, key=lambda one: one["on_s"])


def _standing(burst: Burst, around: Surroundings) -> slice:
    """Samples between the rise and the fall of a burst, at least one."""
    fall_s = burst.rise_s if burst.fall_s is None else burst.fall_s
    first = min(int((burst.on_s + burst.rise_s) * around.rate_hz), around.samples - 1)
    return slice(first, max(first + 1, int((burst.off_s - fall_s) * around.rate_hz)))


def _first_seen(burst: Burst, begins_s: Floats) -> float:
    """Moment at which the first potential of a burst begins; the start of the drive where none does."""
    seen = begins_s[np.searchsorted(begins_s, burst.on_s) :]
    return float(seen[0]) if seen.size and seen[0] < burst.off_s else burst.on_s


def _with_fault(rng: np.random.Generator, samples_v: Floats, muscle: Muscle, around: Surroundings) -> Floats:
    """Samples after what goes wrong on this channel."""
    size_v = around.noise_v * 10.0 ** (muscle.snr_db / 20.0)
    third_s = around.duration_s / 3.0
    if muscle.fault == "silent":
        return np.zeros_like(samples_v)
    if muscle.fault == "clipped":
        return clipped(samples_v, rail=float(np.rint(1.2 * size_v / STEP_V)) * STEP_V)
    if muscle.fault == "gap":
        return with_gap(samples_v, start_s=third_s, stop_s=third_s + 0.5, rate_hz=around.rate_hz)
    if muscle.fault == "knocked":
        knocks_s = rng.uniform(0.1, 0.9, 6) * around.duration_s
        knocks = sum((cable_knock(rng, samples_v.size, rate_hz=around.rate_hz, at_s=at) for at in knocks_s), np.zeros_like(samples_v))
        return np.asarray(samples_v + 20.0 * size_v * knocks)
    return samples_v
