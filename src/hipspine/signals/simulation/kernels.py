"""Compiled loops of the simulator: when motor units fire, and adding up their potentials.

Each has a plain NumPy twin in the tests. No chance in here: the random intervals come in as an array.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hipspine.terms import Floats


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]  # numba's decorators carry no types
def fire_units(
    excitation: Floats,
    boost_hz: Floats,
    thresholds: Floats,
    slowest_hz: Floats,
    fastest_hz: Floats,
    gain_hz: float,
    intervals: Floats,
    underway: Floats,
    waits_s: Floats,
    rate_hz: float,
) -> tuple[NDArray[np.int64], Floats]:
    """Units and times of all discharges, unit by unit [s from the first sample].

    A unit discharges when the excitation has crossed its threshold and a short random wait is over, and then whenever its phase, the
    integral of its rate, has grown by the next of its ``intervals`` (unit, number), which have mean 1. After a pause it goes on where its
    recovery from the last discharge has come to, so noise around a threshold makes no doublets. Units that are above threshold at the
    first sample have been firing before: they begin at the share ``underway`` of an interval.

    Args:
        excitation: (sample,) net excitation in the unit of ``thresholds``.
        boost_hz: (sample,) rate added to every active unit while excitation rises steeply.
        gain_hz: rate per unit of excitation above threshold.
        underway: (unit,) between 0 and 1.
        waits_s: (unit, episode) between the crossing of the threshold and the first discharge; used again from the start when exhausted.
    """
    units = np.empty(intervals.size, np.int64)
    times = np.empty(intervals.size, np.float64)
    count = 0
    for u in range(thresholds.size):
        active = False
        phase, number, episode = 0.0, 0, 0
        due = -1.0  # earliest sample of the next discharge
        wanted = 0.0  # a unit that never fired is ready at once
        if excitation[0] >= thresholds[u]:
            active = True
            wanted = intervals[u, 0]
            phase = underway[u] * wanted
            number = 1
        for i in range(excitation.size):
            above = excitation[i] - thresholds[u]
            if above < 0.0:
                active = False
                phase += slowest_hz[u] / rate_hz
                continue
            step = (min(fastest_hz[u], slowest_hz[u] + gain_hz * above) + boost_hz[i]) / rate_hz
            if not active:
                active = True
                crossed = float(i)
                if i > 0 and excitation[i] > excitation[i - 1]:
                    crossed = i - min(1.0, above / (excitation[i] - excitation[i - 1]))
                due = crossed + waits_s[u, episode % waits_s.shape[1]] * rate_hz
                episode += 1
                phase += (i - crossed) * step
            else:
                phase += step
            if i >= due and phase >= wanted and number < intervals.shape[1]:
                moment = max(due, i - min(1.0, (phase - wanted) / step))
                units[count] = u
                times[count] = moment / rate_hz
                count += 1
                phase = (i - moment) * step
                wanted = intervals[u, number]
                number += 1
                due = -1.0
    return units[:count], times[:count]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def add_potentials(trace: Floats, units: NDArray[np.int64], starts: Floats, potentials: Floats) -> None:
    """Add to ``trace`` the potential of each discharge, in place.

    Args:
        starts: start of each potential in samples of the trace, fractions allowed; parts outside the trace are cut off.
        potentials: (unit, phase, sample): row p holds the potential as samples see it that starts p/phases of a sample after one.
    """
    phases, length = potentials.shape[1], potentials.shape[2]
    for j in range(units.size):
        first = int(np.floor(starts[j]))
        p = int(np.rint((starts[j] - first) * phases))
        if p == phases:
            first += 1
            p = 0
        row = potentials[units[j], p]
        for n in range(max(0, -first), min(length, trace.size - first)):
            trace[first + n] += row[n]
