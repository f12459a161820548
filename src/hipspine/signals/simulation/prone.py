"""A simulated person lying prone who lifts one straight leg after the other.

When each muscle starts against the movement is set after Lewis and Sahrmann 2009 (J Athl Train 44:238, 11 women; read in an abstract):
medial hamstrings 195.5, lateral hamstrings 100.2 and gluteus maximus 11.5 ms before it, and with the cue "glutes" 131.3, 38.8 and 45.1.
Erector spinae stands between hamstrings and gluteus, as in Sakamoto 2009; how much, and every scatter between repetitions, is our choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.signals.simulation.artefacts import heart_beats
from hipspine.signals.simulation.channels import Burst, Muscle, Surroundings, angle_stream, assemble, require_known
from hipspine.signals.simulation.movements import lift_and_lower, thigh_acceleration
from hipspine.signals.simulation.trials import sample_times
from hipspine.terms import Floats, Side, StreamKind

ONSETS_MS: Mapping[str, float] = {
    "semitendinosus": -195.5,
    "biceps_femoris": -100.2,
    "gluteus_maximus": -11.5,
    "erector_spinae ipsilateral": -110.0,
    "erector_spinae contralateral": -120.0,
}
CUED_ONSETS_MS: Mapping[str, float] = {**ONSETS_MS, "semitendinosus": -131.3, "biceps_femoris": -38.8, "gluteus_maximus": -45.1}
SNR_DB: Mapping[str, float] = {
    "gluteus_maximus left": 12.0,
    "gluteus_maximus right": 16.0,
    "semitendinosus": 20.0,
    "biceps_femoris": 19.0,
    "erector_spinae": 15.0,
}
FAT_MM = {"gluteus_maximus": 12.0, "semitendinosus": 5.0, "biceps_femoris": 5.0, "erector_spinae": 6.0}
HEART_V = {"gluteus_maximus": 6e-6, "erector_spinae": 45e-6}
ANGLE_NOISE_DEG = 0.1
DRIVE = {"gluteus_maximus": 0.25, "semitendinosus": 0.3, "biceps_femoris": 0.3, "erector_spinae": 0.2}


@dataclass(frozen=True, slots=True)
class Lift:
    """One repetition: a leg goes up along a path of least jerk, stays, and comes down again."""

    number: int
    side: Side
    start_s: float
    lift_s: float
    hold_s: float
    lower_s: float

    @property
    def end_s(self) -> float:
        """The leg lies again."""
        return self.start_s + self.lift_s + self.hold_s + self.lower_s


def prone_hip_extension(
    rng: np.random.Generator,
    *,
    repetitions: int = 6,
    delays_ms: Mapping[str, float] | None = None,
    onsets_ms: Mapping[str, float] | None = None,
    snr_db: Mapping[str, float] | None = None,
    between_sd_ms: float = 25.0,
    rise_ms: float = 100.0,
    ecg: bool = True,
    cue: str | None = None,
    excursion_deg: float = 15.0,
    events: bool = False,
    angle: bool = True,
    accelerometer: bool = False,
    mains_uv: float = 0.5,
    crosstalk: float = 0.0,
    faults: Mapping[str, str] | None = None,
    rate_hz: float = 2000.0,
    angle_rate_hz: float = 100.0,
) -> tuple[Recording, dict[str, object]]:
    """Recording and truth of prone hip extension: ``repetitions`` lifts of the left leg, then as many of the right.

    By default the left gluteus maximus starts 80 ms later than the right one, its channel is the noisiest, and ECG lies on the trunk's.

    Args:
        delays_ms: extra delay of single muscles, by "muscle side" such as ``{"gluteus_maximus left": 80.0}``; {} for none.
        onsets_ms: mean onset against the start of the movement, positive = later; keys as in ONSETS_MS. What is not named keeps the
            published mean of the cue.
        snr_db: by muscle or "muscle side"; what is not named keeps SNR_DB.
        between_sd_ms: SD of each muscle's onset between repetitions.
        cue: verbal cue that was given; "glutes" moves the mean onsets as published. None: no cue was given, and the file says so.
        crosstalk: share of each hamstring's EMG that the electrode on the other hamstring of that leg hears, 2 ms later.
        events: mark each "movement start" with its side.
        faults: what is wrong with single channels, by label: ``{"GMAX_R": "clipped"}``; one of channels.FAULTS.
    """
    if repetitions < 1 or between_sd_ms < 0 or rise_ms < 0:
        raise InputError(
            f"repetitions must be 1 or more, between_sd_ms and rise_ms 0 or more; found {repetitions}, {between_sd_ms}, {rise_ms}"
        )
    means_ms = {**(CUED_ONSETS_MS if cue == "glutes" else ONSETS_MS), **(onsets_ms or {})}
    extra_ms = {"gluteus_maximus left": 80.0} if delays_ms is None else dict(delays_ms)
    muscles = _muscles(snr_db={**SNR_DB, **(snr_db or {})}, faults=faults or {})
    keys = {*FAT_MM, *(muscle.key for muscle in muscles)}
    require_known("delays_ms", extra_ms, keys)
    require_known("snr_db", snr_db or {}, keys)
    require_known("onsets_ms", onsets_ms or {}, ONSETS_MS)
    require_known("faults", faults or {}, [muscle.label for muscle in muscles])
    lifts = _lifts(rng, repetitions)
    duration_s = float(np.ceil(lifts[-1].end_s + 2.0))
    beats_s = heart_beats(rng, duration_s=duration_s) if ecg else np.zeros(0)
    activity: dict[Muscle, list[Burst]] = {muscle: [] for muscle in muscles}
    told = [
        _activate(rng, activity, lift, means_ms=means_ms, extra_ms=extra_ms, between_sd_ms=between_sd_ms, rise_s=rise_ms / 1e3)
        for lift in lifts
    ]
    return assemble(
        rng,
        kind="prone-hip-extension",
        activity=activity,
        around=Surroundings(duration_s, rate_hz, beats_s=beats_s, mains_v=mains_uv * 1e-6),
        streams=_movement(rng, lifts, duration_s, np.radians(excursion_deg), angle_rate_hz, angle=angle, accelerometer=accelerometer),
        events=[Event("movement start", lift.start_s, lift.side) for lift in lifts] if events else (),
        about={"cue": cue or "none"},
        neighbours={f"{one}_{side}": f"{other}_{side}" for one, other in (("ST", "BF"), ("BF", "ST")) for side in "LR"},
        crosstalk_share=crosstalk,
        truth={
            "parameters": {
                "repetitions": repetitions,
                "delays_ms": extra_ms,
                "onsets_ms": means_ms,
                "between_sd_ms": between_sd_ms,
                "rise_ms": rise_ms,
                "ecg": ecg,
                "cue": cue,
                "crosstalk": crosstalk,
                "excursion_deg": excursion_deg,
                "angle_rate_hz": angle_rate_hz,
                "angle_noise_deg": ANGLE_NOISE_DEG,
            },
            "repetitions": told,
        },
    )


def _muscles(*, snr_db: Mapping[str, float], faults: Mapping[str, str]) -> list[Muscle]:
    """Eight muscles with the most specific signal-to-noise ratio that was given for each."""
    plain = [Muscle(name, side) for name in FAT_MM for side in Side]
    return [
        Muscle(
            muscle.name,
            muscle.side,
            snr_db=snr_db.get(muscle.key, snr_db.get(muscle.name, 18.0)),
            heart_v=HEART_V.get(muscle.name, 0.0),
            fat_mm=FAT_MM[muscle.name],
            fault=faults.get(muscle.label),
        )
        for muscle in plain
    ]


def _lifts(rng: np.random.Generator, repetitions: int) -> list[Lift]:
    """All lifts of the left leg, then all of the right, with 2.6 to 3.4 s of rest before each."""
    lifts, clock_s = [], 0.0
    for side in Side:
        for number in range(1, repetitions + 1):
            start_s = clock_s + float(rng.uniform(2.6, 3.4))
            lift = Lift(number, side, start_s, float(rng.uniform(0.9, 1.2)), float(rng.uniform(1.2, 1.6)), float(rng.uniform(0.9, 1.2)))
            lifts.append(lift)
            clock_s = lift.end_s
        clock_s += 3.0  # the other leg is prepared
    return lifts


def _activate(
    rng: np.random.Generator,
    activity: Mapping[Muscle, list[Burst]],
    lift: Lift,
    *,
    means_ms: Mapping[str, float],
    extra_ms: Mapping[str, float],
    between_sd_ms: float,
    rise_s: float,
) -> dict[str, object]:
    """Add the bursts of one lift to ``activity``; gives the truth of the repetition."""
    onsets_ms: dict[str, float] = {}
    for muscle, bursts in activity.items():
        role = muscle.name
        if role == "erector_spinae":
            role += " ipsilateral" if muscle.side is lift.side else " contralateral"
        elif muscle.side is not lift.side:
            continue
        scatter_ms = between_sd_ms * float(np.clip(rng.standard_normal(), -2.5, 2.5))
        extra = extra_ms.get(muscle.key, extra_ms.get(muscle.name, 0.0))
        onsets_ms[role] = means_ms[role] + extra + scatter_ms
        bursts.append(
            Burst(
                on_s=lift.start_s + onsets_ms[role] / 1e3,
                off_s=lift.end_s + float(rng.normal(-0.05, 0.03)),
                rise_s=rise_s,
                drive=DRIVE[muscle.name] * float(rng.uniform(0.85, 1.15)),
                fall_s=0.2,
            )
        )
    return {
        "number": lift.number,
        "side": lift.side.value,
        "movement_start_s": lift.start_s,
        "movement_top_s": lift.start_s + lift.lift_s,
        "movement_end_s": lift.end_s,
        "onsets_to_movement_ms": onsets_ms,
    }


def _movement(
    rng: np.random.Generator,
    lifts: Sequence[Lift],
    duration_s: float,
    excursion_rad: float,
    rate_hz: float,
    *,
    angle: bool,
    accelerometer: bool,
) -> list[Stream]:
    """Hip angles of both sides (flexion positive, so a lift is negative), and what sensors on both thighs feel."""
    times_s = sample_times(duration_s=duration_s, rate_hz=rate_hz)
    extension: dict[Side, Floats] = {side: np.zeros_like(times_s) for side in Side}
    for lift in lifts:
        shape = lift_and_lower(times_s, start_s=lift.start_s, lift_s=lift.lift_s, hold_s=lift.hold_s, lower_s=lift.lower_s)
        extension[lift.side] += excursion_rad * float(rng.uniform(0.9, 1.1)) * shape
    streams = []
    if angle:
        angles = {f"hip_flexion_{side.value[0]}": -extension[side] for side in Side}
        sides = {f"hip_flexion_{side.value[0]}": side for side in Side}
        streams.append(angle_stream(rng, angles, rate_hz=rate_hz, noise_rad=float(np.radians(ANGLE_NOISE_DEG)), sides=sides))
    if accelerometer:
        felt = np.concatenate([thigh_acceleration(extension[side], rate_hz=rate_hz) for side in Side])
        channels = tuple(Channel(f"acc_thigh_{s.value[0]}_{axis}", side=s, unit="m/s^2", reason="simulated") for s in Side for axis in "xz")
        streams.append(Stream(StreamKind.IMU, rate_hz, 0.0, channels, felt + 0.03 * rng.standard_normal(felt.shape), "thigh"))
    return streams
