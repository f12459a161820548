"""Peak memory of our engine on a long record, as a multiple of the record; run as a process of its own, because peaks only grow.

python -m hipspine.workflows.bench.memory
"""

import sys
from pathlib import Path

import numpy as np

from hipspine.signals.onsets import detect_onsets
from hipspine.signals.simulation.trials import gaussian_trial
from hipspine.terms import Floats

RATE_HZ = 2000.0
MINUTES = 60


def peak_bytes() -> int:
    """The largest resident memory of this process so far (Linux: /proc; 0 where the system does not tell)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def records_at_peak() -> float:
    """Peak while detecting, minus the memory just before (which holds the record), over the record's size, plus the record itself."""
    detect_onsets(_minute(0), rate_hz=RATE_HZ)  # compile
    record = np.empty(int(MINUTES * 60 * RATE_HZ))  # filled in place, so that making it leaves no higher peak behind
    for number, minute in enumerate(np.split(record, MINUTES)):
        minute[:] = _minute(number)  # each its own: what repeats exactly looks like hum
    before = peak_bytes()
    if before == 0:
        raise SystemExit("this system does not tell the peak memory of a process")
    detect_onsets(record, rate_hz=RATE_HZ)
    return 1.0 + (peak_bytes() - before) / record.nbytes


def _minute(number: int) -> Floats:
    return gaussian_trial(np.random.default_rng([5, number]), snr_db=15.0, rate_hz=RATE_HZ, duration_s=60.0, bursts=14).emg


if __name__ == "__main__":
    sys.stdout.write(f"{records_at_peak()}\n")
