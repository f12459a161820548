"""A simulated person who walks: bursts around each contact of the foot, with contacts and toe-offs as events.

Hamstrings brake the leg in late swing, gluteus maximus and medius follow just before contact, erector spinae bursts at both contacts. The
mean times are our own round choices in that order, not published norms.
"""

from collections.abc import Mapping

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.recording import Event, Recording
from hipspine.signals.simulation.artefacts import heart_beats
from hipspine.signals.simulation.channels import Burst, Muscle, Surroundings, angle_stream, assemble, require_known
from hipspine.signals.simulation.trials import sample_times
from hipspine.terms import Floats, Side

ANGLE_NOISE_DEG = 0.2
WINDOWS_MS: Mapping[str, tuple[float, float]] = {  # mean start and end against contact
    "semitendinosus": (-230.0, 60.0),
    "biceps_femoris": (-210.0, 90.0),
    "gluteus_maximus": (-80.0, 220.0),
    "gluteus_medius": (-60.0, 380.0),
    "erector_spinae": (-70.0, 130.0),
}
SNR_DB: Mapping[str, float] = {
    "semitendinosus": 19.0,
    "biceps_femoris": 18.0,
    "gluteus_maximus": 13.0,
    "gluteus_medius": 15.0,
    "erector_spinae": 15.0,
}
HEART_V = {"erector_spinae": 35e-6, "gluteus_maximus": 4e-6, "gluteus_medius": 4e-6}


def gait(
    rng: np.random.Generator,
    *,
    strides: int = 10,
    stride_s: float = 1.15,
    delays_ms: Mapping[str, float] | None = None,
    between_sd_ms: float = 15.0,
    rise_ms: float = 60.0,
    snr_db: Mapping[str, float] | None = None,
    ecg: bool = True,
    mains_uv: float = 0.5,
    faults: Mapping[str, str] | None = None,
    rate_hz: float = 2000.0,
    angle_rate_hz: float = 100.0,
) -> tuple[Recording, dict[str, object]]:
    """Recording and truth of walking: EMG of five muscles on both sides, hip angles, "foot strike" and "foot off" events with their side.

    Args:
        strides: contacts of each foot.
        delays_ms: extra delay of single muscles, by muscle or "muscle side".
        between_sd_ms: SD of each muscle's onset, and of its end, between strides.
    """
    if strides < 1 or not 0.7 <= stride_s <= 3.0:
        raise InputError(f"strides must be 1 or more and stride_s lie between 0.7 and 3.0 s; found {strides} and {stride_s:g}")
    plain = [Muscle(name, side) for name in WINDOWS_MS for side in Side]
    keys = {*WINDOWS_MS, *(muscle.key for muscle in plain)}
    require_known("delays_ms", delays_ms or {}, keys)
    require_known("snr_db", snr_db or {}, keys)
    require_known("faults", faults or {}, [muscle.label for muscle in plain])
    ratios, extra_ms = {**SNR_DB, **(snr_db or {})}, dict(delays_ms or {})
    intervals_s = stride_s * np.clip(1.0 + 0.02 * rng.standard_normal(strides), 0.9, 1.1)
    left_s = 1.2 + np.r_[0.0, np.cumsum(intervals_s)[:-1]]
    contacts = {Side.LEFT: left_s, Side.RIGHT: left_s + intervals_s * (0.5 + 0.01 * rng.standard_normal(strides))}
    duration_s = float(np.ceil(contacts[Side.RIGHT][-1] + stride_s + 1.0))
    activity = {}
    for m in plain:
        muscle = Muscle(
            m.name,
            m.side,
            snr_db=ratios.get(m.key, ratios[m.name]),
            heart_v=HEART_V.get(m.name, 0.0),
            fat_mm=12.0 if m.name.startswith("gluteus") else 5.0,
            fault=(faults or {}).get(m.label),
        )
        at_s = np.sort(np.concatenate(list(contacts.values()))) if m.name == "erector_spinae" else contacts[m.side]
        start_ms, stop_ms = (edge + extra_ms.get(m.key, extra_ms.get(m.name, 0.0)) for edge in WINDOWS_MS[m.name])
        scatter_s = between_sd_ms / 1e3 * np.clip(rng.standard_normal((2, at_s.size)), -2.5, 2.5)
        activity[muscle] = [
            Burst(float(t + start_ms / 1e3 + on), float(t + stop_ms / 1e3 + off), rise_ms / 1e3, 0.25, fall_s=0.06)
            for t, on, off in zip(at_s, *scatter_s, strict=True)
        ]
    strikes = [Event("foot strike", float(t), side) for side in Side for t in contacts[side]]
    offs = [Event("foot off", float(t + 0.62 * stride_s), side) for side in Side for t in contacts[side]]
    times_s = sample_times(duration_s=duration_s, rate_hz=angle_rate_hz)
    angles = {f"hip_flexion_{side.value[0]}": _hip(times_s, contacts[side], stride_s=stride_s) for side in Side}
    return assemble(
        rng,
        kind="contact",
        activity=activity,
        around=Surroundings(
            duration_s,
            rate_hz,
            beats_s=heart_beats(rng, duration_s=duration_s, per_minute=85.0) if ecg else np.zeros(0),
            mains_v=mains_uv * 1e-6,
        ),
        streams=[
            angle_stream(
                rng,
                angles,
                rate_hz=angle_rate_hz,
                noise_rad=float(np.radians(ANGLE_NOISE_DEG)),
                sides={f"hip_flexion_{side.value[0]}": side for side in Side},
            )
        ],
        events=[*strikes, *offs],
        about={"cue": "none"},
        truth={
            "parameters": {
                "strides": strides,
                "stride_s": stride_s,
                "windows_ms": {name: list(edges) for name, edges in WINDOWS_MS.items()},
                "delays_ms": extra_ms,
                "between_sd_ms": between_sd_ms,
                "rise_ms": rise_ms,
                "ecg": ecg,
                "angle_rate_hz": angle_rate_hz,
                "angle_noise_deg": ANGLE_NOISE_DEG,
            },
            "contacts_s": {side.value: [float(t) for t in contacts[side]] for side in Side},
        },
    )


def _hip(times_s: Floats, contacts_s: Floats, *, stride_s: float) -> Floats:
    """Hip flexion [rad]: 30 degrees at contact, 10 degrees of extension half a stride later; 0 before walking."""
    strides = np.interp(
        times_s, np.r_[contacts_s, contacts_s[-1] + 2.0 * stride_s], np.r_[np.arange(contacts_s.size), contacts_s.size + 1.0]
    )
    walking = np.interp(times_s, [contacts_s[0] - 0.6, contacts_s[0]], [0.0, 1.0])
    return np.asarray(np.radians(walking * (10.0 + 20.0 * np.cos(2.0 * np.pi * strides))))
