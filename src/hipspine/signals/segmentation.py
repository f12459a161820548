"""Where the bursts are: an exact two-spectrum segmentation that learns both spectra from the record itself.

Rest and burst differ in power and in spectrum (muscle 60-120 Hz, amplifier noise white). Each block of the record is scored under
the spectrum of rest and under a ladder of burst levels; the best path through rest and levels is found exactly (Viterbi), the
spectra are learned anew from it, and so on until nothing changes. Blocks carry their lagged products, from which the likelihood
under any autoregressive spectrum is one scalar product, so the rounds cost little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.signals.kernels import Samples, best_path, block_lag_products, levinson, residual_energy
from hipspine.terms import Floats

BLOCK_S = 0.01
LOWEST_DB = 2.5  # the lowest burst level over rest: at least this, and where rest itself is uneven
LOWEST_SPREADS, LOWEST_SHARE = 3.0, 0.7  # so many of its SDs, but never further than this share of the mean burst [dB]
LADDER_DB = (4.5, 6.5, 9.0, 12.0, 15.5, 19.5, 24.0, 30.0, 38.0, 48.0, 60.0, 75.0, 90.0)  # burst and rest together over rest
SWITCH = 12.0  # nats for entering or leaving rest
STEP = 6.0  # nats for changing the level inside a burst
EVIDENCE = 30.0  # nats that a burst must bring against rest, from three blocks at least: an hour of noise brings none, nor does a spike
SHORTEST_BURST_S = 0.03
SHORTEST_REST_S = 0.06  # a shorter gap lies inside a burst: a muscle does not stop and start so fast
FAINTEST_DB = 2.0  # over the rest beside it
ROUNDS = 5
SILENCE = 1e-9  # of the loudest power is added to rest: exact zeros have no spectrum
WINDOW_BLOCKS = 3  # energy over 30 ms tells how far samples are from independent
WIDEST_SPREAD = 30.0  # a larger one tells of a level that changes, not of few motor units
CLEAR_BLOCKS = 5  # at either end of a run are left out of that
DRIFT_S = 1.5  # the floor of rest is followed over this time to either side

Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """A record cut into rest and bursts, in whole blocks."""

    block: int  # samples
    lag: Floats  # (block, ORDER + 1) lagged products
    start: Indices  # (burst,) first block
    stop: Indices  # (burst,) block after the last
    r0: Floats  # (ORDER + 1,) autocovariance of rest
    dispersion: float  # variance of block energies over that of independent Gaussian samples, at least 1

    @property
    def blocks(self) -> int:
        """How many blocks."""
        return int(self.lag.shape[0])

    def backwards(self) -> "Segmentation":
        """The same with time running the other way."""
        return Segmentation(
            self.block, self.lag[::-1], (self.blocks - self.stop)[::-1], (self.blocks - self.start)[::-1], self.r0, self.dispersion
        )


def segment(x: Samples, *, rate_hz: float) -> Segmentation | None:
    """Rest and bursts of one filtered channel, or None where nothing stands out of rest.

    Where rest is so uneven that its spectrum explains nothing (movement, a low level that comes and goes), rest and burst are told
    apart by level alone, under the one spectrum that they share.

    Args:
        x: (n,) EMG after a causal high-pass, in any unit.
    """
    block = max(4, round(BLOCK_S * rate_hz))
    lag = block_lag_products(x, block)
    if lag.shape[0] < 30 or not lag[:, 0].any():
        return None
    power = _smooth(lag[:, 0], 3) / block
    power += power.max() * SILENCE
    return _cut(x, lag, power, rate_hz=rate_hz, by_spectrum=True) or _cut(x, lag, power, rate_hz=rate_hz, by_spectrum=False)


def _cut(x: Samples, lag: Floats, power: Floats, *, rate_hz: float, by_spectrum: bool) -> Segmentation | None:
    """Learn and cut in turns until nothing changes. power: (block,) over 30 ms."""
    block, level = max(4, round(BLOCK_S * rate_hz)), np.log(power)
    low, high = np.percentile(level, [20, 97])
    active = level > low + max(0.8, 0.35 * (high - low))
    gain, dispersion, lowest_db, r0, floor = np.zeros(0), 1.0, LOWEST_DB, lag[0], np.ones(power.size)
    everywhere = _shape(lag, 1.0 / power)
    for round_ in range(ROUNDS):
        if not _enough(active):
            return None
        rest, relative = ~active, level - np.log(floor)
        if by_spectrum:
            r0 = (rest / floor) @ lag / (rest.sum() * block)
            r0[0] += power.max() * SILENCE
            r1 = _shape(lag, active / power) * np.exp(relative[active].mean())
        else:
            r0, r1 = (everywhere * np.exp(relative[mask].mean()) for mask in (rest, active))
        ratio = float(r1[0] / r0[0])
        if ratio < 1.1:
            return None
        # never down again: it would eat the rest
        lowest_db = max(lowest_db, _lowest_db(relative[rest], ratio=ratio))
        levels = _ladder(lowest_db, top=float((power / floor).max() / r0[0]))
        faint = r0 + min(1.0, (levels[0] - 1) / (ratio - 1)) * (r1 - r0)  # near rest a burst is a mixture, further up it hides rest
        filters, variances = zip(*(levinson(r) for r in (r0, faint, r1)), strict=True)
        energy = residual_energy(x, block, np.stack(filters), np.array(variances)) / floor
        dispersion = float(np.sqrt(_spread(energy[0], rest, block) * _spread(energy[2], active, block)))
        own = (levels > np.sqrt(levels[0] * ratio)).astype(np.int64)
        scale = levels / np.array([faint[0] / r0[0], ratio])[own]
        ratios = np.stack([scale, scale * np.array(variances[1:])[own] / variances[0]], 1)
        path, gain = best_path(energy[0], energy[1:], own, ratios, block, dispersion, SWITCH, STEP)
        new = _tidy(path > 0, rate_hz=rate_hz, block=block)
        moved, active = np.count_nonzero(new != active), new
        if round_ and moved <= runs(new)[0].size:  # half a block at each end: the edges are timed later
            break
        floor = _floor(lag[:, 0], ~active, reach=round(DRIFT_S * rate_hz / block))
    start, stop = runs(active)
    evidence = [np.minimum(gain[a:b], EVIDENCE / 2).sum() for a, b in zip(start, stop, strict=True)]
    kept = [i for i in range(start.size) if evidence[i] > EVIDENCE and _stands_out(lag[:, 0], start, stop, i)]
    return Segmentation(block, lag, start[kept], stop[kept], r0, dispersion) if kept else None


def _shape(lag: Floats, weight: Floats) -> Floats:
    """(ORDER + 1,) mean autocorrelation of blocks; weighted by one over their power, each counts the same however loud it is."""
    total = weight @ lag
    return np.asarray(total / total[0])


def runs(mask: Mask) -> tuple[Indices, Indices]:
    """First index, and index after the last, of each run of True.

    >>> runs(np.array([True, False, True, True]))
    (array([0, 2]), array([1, 4]))
    """
    turns = np.diff(np.r_[0, mask.astype(np.int8), 0])
    return np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)


def _enough(active: Mask) -> bool:
    """Three blocks of burst and a tenth of a second of rest: less teaches no spectrum."""
    count = int(active.sum())
    return count >= 3 and active.size - count >= 10


def _lowest_db(log_power: Floats, *, ratio: float) -> float:
    """Lowest burst level over rest that rest itself, as uneven as it is, does not reach [dB]. ratio: mean burst power over rest."""
    low, high = np.percentile(log_power, [16, 84])
    sd_db = float(high - low) / 2 * 10 / np.log(10)
    return float(min(LOWEST_SPREADS * sd_db, LOWEST_SHARE * 10 * np.log10(ratio)))


def _smooth(x: Floats, width: int) -> Floats:
    """Moving mean; shorter at the ends."""
    ones = np.ones(width)
    return np.asarray(np.convolve(x, ones, "same") / np.convolve(np.ones(x.size), ones, "same"))


def _ladder(lowest_db: float, *, top: float) -> Floats:
    """Burst levels over rest, as ratios of power, from the lowest to beyond the loudest block of the record."""
    ratios = 10 ** (np.array([lowest_db, *(db for db in LADDER_DB if db > lowest_db)]) / 10)
    return np.asarray(ratios[: 1 + int(np.searchsorted(ratios, 2 * top))])


def _tidy(active: Mask, *, rate_hz: float, block: int) -> Mask:
    """Close gaps and drop bursts that are too short to be either."""
    active = active.copy()
    for start, stop in zip(*runs(~active), strict=True):
        if start > 0 and stop < active.size and (stop - start) * block < SHORTEST_REST_S * rate_hz:
            active[start:stop] = True
    for start, stop in zip(*runs(active), strict=True):
        if (stop - start) * block < SHORTEST_BURST_S * rate_hz:
            active[start:stop] = False
    return active


def _floor(energy: Floats, rest: Mask, *, reach: int) -> Floats:
    """(block,) power of rest around each block over its mean; 1 throughout where it hardly moves."""
    summed = np.r_[0.0, np.cumsum(np.where(rest, energy, 0.0))]
    counted = np.r_[0, np.cumsum(rest)]
    at = np.arange(energy.size)
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, energy.size)
    count = counted[high] - counted[low]
    total = summed[-1] / max(counted[-1], 1)
    known = count >= min(30, reach)
    local = np.where(known, (summed[high] - summed[low]) / np.maximum(count, 1), total)
    if not known.any() or local.max() < 1.5 * local[local > 0].min(initial=local.max()):
        return np.ones(energy.size)
    return np.asarray(np.maximum(local, 1e-6 * total) / total)


def _spread(energy: Floats, mask: Mask, block: int) -> float:
    """How much more the energies of neighbouring windows differ than those of independent Gaussian samples would.

    Few motor units, or a spiky background, make neighbouring samples dependent; the likelihood is tempered by this factor
    (a quasi-likelihood). Neighbours inside one run, clear of its ends, so that a level that moves slowly does not count.
    """
    squares, pairs = 0.0, 0
    summed = np.concatenate([[0.0], np.cumsum(energy)])
    for start, stop in zip(*runs(mask), strict=True):
        edges = summed[start + CLEAR_BLOCKS : stop - CLEAR_BLOCKS + 1 : WINDOW_BLOCKS]
        mean = (edges[-1] - edges[0]) / (edges.size - 1) if edges.size > 2 else 0.0
        if mean > 0.0:
            steps = np.diff(edges, 2)  # of the energies of neighbouring windows
            squares += float(steps @ steps) / 2 / mean**2
            pairs += steps.size
    return min(max(squares / pairs * (WINDOW_BLOCKS * block) / 2, 1.0), WIDEST_SPREAD) if pairs >= 6 else 1.0


def _stands_out(energy: Floats, start: Indices, stop: Indices, i: int) -> bool:
    """Whether a burst is louder than the rest beside it (up to half a second before and after)."""
    before = energy[max(stop[i - 1] if i else 0, start[i] - 50) : max(start[i] - 3, 0)]
    after = energy[stop[i] + 3 : min(start[i + 1] if i + 1 < start.size else energy.size, stop[i] + 50)]
    beside = [side.mean() for side in (before, after) if side.size >= 5]
    return not beside or float(energy[start[i] : stop[i]].mean()) > 10 ** (FAINTEST_DB / 10) * min(beside)
