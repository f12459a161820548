"""Hot loops of conditioning (heart beats, mains), for Numba; plain Python underneath (``NUMBA_DISABLE_JIT=1``).

All arrays are float64 and C-contiguous. One thread, no fast-math: the same input gives the same bytes. The second road,
plain NumPy written independently, lives in the tests of `ecg` and `mains`.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hipspine.terms import Floats

Indices = NDArray[np.int64]
P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """The compiled function with the types of its source (Numba's own decorator carries none)."""
    return cast(Callable[P, R], njit(cache=True, nogil=True)(function))


@kernel
def thin_out(x: Floats, step: int) -> Floats:
    """(n // step - 1,) weighted means over triangles of ``2 step - 1`` samples, one per ``step``; centred on ``step (m + 1) - 1``.

    The triangle holds back what would fold into the lowest tenth of the new band by more than 50 dB.
    """
    count = x.size // step
    out = np.empty(max(0, count - 1))
    scale = 1.0 / (step * step)
    rising = 0.0  # weights 1..step over the block before, of which the rest, step-1..0, lies over this block
    for m in range(count):
        block = x[m * step : (m + 1) * step]
        flat = 0.0
        ramp = 0.0
        if step == 4:  # the usual case, written out for the processor's sake
            flat = (block[0] + block[1]) + (block[2] + block[3])
            ramp = (block[0] + 2 * block[1]) + (3 * block[2] + 4 * block[3])
        else:
            for j in range(step):
                flat += block[j]
                ramp += block[j] * (j + 1)
        if m > 0:
            out[m - 1] = (rising + step * flat - ramp) * scale
        rising = ramp
    return out


@kernel
def moving_sum(x: Floats, weights: Floats) -> Floats:
    """(n,) centred moving sum, ``out[i] = sum_k weights[k] x[i + half - k]``, with an odd count of weights.

    Beyond its ends ``x`` goes on as its outermost samples.
    """
    half = weights.size // 2
    padded = np.empty(x.size + 2 * half)
    padded[:half] = x[0]
    padded[half : half + x.size] = x
    padded[half + x.size :] = x[-1]
    out = np.empty(x.size)
    chunk = 512  # stays in the fastest memory while all weights pass over it
    for first in range(0, x.size, chunk):
        part = out[first : first + chunk]
        part[:] = 0.0
        for k in range(weights.size):
            weight = weights[weights.size - 1 - k]
            moved = padded[first + k : first + k + part.size]
            for i in range(part.size):
                part[i] += weight * moved[i]
    return out


@kernel
def tapered_pieces(x: Floats, at: Indices, between: Floats, taper: Floats) -> Floats:
    """(centre, taper.size) pieces of ``x`` around ``at + between`` times ``taper``; zeros beyond its ends. Between samples: a cubic."""
    out = np.empty((at.size, taper.size))
    reach = taper.size // 2
    for m in range(at.size):
        a = between[m]
        c0, c1 = -a * (a - 1) * (a - 2) / 6, (a + 1) * (a - 1) * (a - 2) / 2
        c2, c3 = -(a + 1) * a * (a - 2) / 2, (a + 1) * a * (a - 1) / 6
        first = at[m] - reach - 1
        if first >= 0 and first + taper.size + 3 <= x.size:
            part = x[first : first + taper.size + 3]
        else:
            part = np.zeros(taper.size + 3)
            for j in range(max(0, -first), min(part.size, x.size - first)):
                part[j] = x[first + j]
        for j in range(taper.size):
            out[m, j] = (c0 * part[j] + c1 * part[j + 1] + c2 * part[j + 2] + c3 * part[j + 3]) * taper[j]
    return out


@kernel
def drawn_out(level: Floats, first: float, hop: float, size: int) -> Floats:
    """(size,) straight lines between ``level`` at samples ``first``, ``first + hop``, ...; level before and after."""
    out = np.empty(size)
    k = 0
    for i in range(size):
        place = (i - first) / hop
        if place <= 0.0 or level.size == 1:
            out[i] = level[0]
        elif place >= level.size - 1:
            out[i] = level[-1]
        else:
            k = int(place)
            out[i] = level[k] + (place - k) * (level[k + 1] - level[k])
    return out


@kernel
def highest_peaks(x: Floats, reach: int, floor: float) -> Indices:
    """Indices of samples above ``floor`` that no sample within ``reach`` exceeds (of equal neighbours the first)."""
    n = x.size
    found = np.empty(n // max(1, reach) + 2, np.int64)
    count = 0
    i = 0
    while i < n:
        if not x[i] > floor:
            i += 1
            continue
        best = i
        stop = min(n, i + reach + 1)
        for j in range(i + 1, stop):
            if x[j] > x[best]:
                best = j
        if best > i:
            i = best  # something higher follows within reach: go on from there
            continue
        low = True
        for j in range(max(0, i - reach), i):
            if x[j] >= x[i]:
                low = False
                break
        if low:
            found[count] = i
            count += 1
        i += 1
    return found[:count]


@kernel
def follow_rhythm(
    at: Indices, evidence: Floats, shortest: float, ratio: float, tempi: int, change: float, cap: float, miss: float
) -> Indices:
    """Positions in ``at`` of the best train of beats: most evidence, steadiest tempo, by dynamic programming.

    A state is a candidate with the interval that led to it, in ``tempi`` bins from ``shortest`` samples by factors of ``ratio``. An
    interval of twice a bin counts as one missed beat at the cost ``miss``. A change by k bins costs ``change k^2``, at most ``cap``.
    """
    n = at.size
    best = np.empty(tempi)  # of the present candidate, by tempo
    eased = np.empty((n, tempi))  # best after paying for the change into each tempo
    eased_from = np.zeros((n, tempi), np.uint8)
    came = np.full((n, tempi), -1, np.int32)  # candidate before
    came_tempo = np.zeros((n, tempi), np.uint8)  # and its tempo
    longest = 2.0 * shortest * ratio ** (tempi - 0.5)
    bins = 1.0 / np.log(ratio)
    octaves = np.log(np.arange(int(longest) + 2) / shortest) * bins + 0.5  # tempo of every possible interval
    reach = int(np.sqrt(cap / change))
    first = 0
    top = -1e300
    end = -1
    end_tempo = 0
    for i in range(n):
        while at[i] - at[first] > longest:
            first += 1
        best[:] = evidence[i]  # a train may begin anywhere
        for j in range(first, i):
            octave = octaves[at[i] - at[j]]
            for missed in range(2):
                k = int(np.floor(octave - missed * np.log(2.0) * bins))
                if k < 0 or k >= tempi:
                    continue
                value = eased[j, k] + evidence[i] - missed * miss
                if value > best[k]:
                    best[k] = value
                    came[i, k] = j
                    came_tempo[i, k] = eased_from[j, k]
        peak = int(np.argmax(best))
        for k in range(tempi):
            eased[i, k] = best[peak] - cap
            eased_from[i, k] = peak
            for other in range(max(0, k - reach), min(tempi, k + reach + 1)):
                value = best[other] - change * (k - other) * (k - other)
                if value > eased[i, k]:
                    eased[i, k] = value
                    eased_from[i, k] = other
        if best[peak] > top:
            top = best[peak]
            end = i
            end_tempo = peak
    train = np.empty(n, np.int64)
    count = 0
    while end >= 0:
        train[count] = end
        count += 1
        before = int(came[end, end_tempo])
        end_tempo = int(came_tempo[end, end_tempo])
        end = before
    return train[:count][::-1].copy()


@kernel
def highest_between(x: Floats, at: Indices, guard: int) -> Floats:
    """(at.size + 1,) highest ``|x|`` before, between and after ``at``, ``guard`` samples kept clear; 0 where there is no room."""
    out = np.zeros(at.size + 1)
    for m in range(at.size + 1):
        first = 0 if m == 0 else at[m - 1] + guard + 1
        stop = x.size if m == at.size else at[m] - guard
        for j in range(first, stop):
            value = abs(x[j])
            if value > out[m]:
                out[m] = value
    return out


@kernel
def best_shifts(x: Floats, at: Indices, shape: Floats, reach: int) -> Indices:
    """(beat,) samples in ``-reach .. reach`` by which ``shape``, centred on ``at``, must move to fit ``x`` best; ``x`` ends in zeros."""
    half = shape.size // 2
    out = np.zeros(at.size, np.int64)
    for m in range(at.size):
        top = -1e300
        for shift in range(-reach, reach + 1):
            start = at[m] + shift - half
            total = 0.0
            for j in range(max(0, -start), min(shape.size, x.size - start)):
                total += shape[j] * x[start + j]
            if total > top:
                top = total
                out[m] = shift
    return out


@kernel
def mean_pieces(x: Floats, at: Indices, weights: Floats, before: int, after: int) -> Floats:
    """(2, before + 1 + after) weighted means of the pieces around every second of ``at``, from the first and from the second on.

    Beyond its ends ``x`` goes on as its outermost samples.
    """
    out = np.zeros((2, before + 1 + after))
    total = np.zeros(2)
    for m in range(at.size):
        if weights[m] > 0.0:
            half = m % 2
            total[half] += weights[m]
            start = at[m] - before
            for j in range(out.shape[1]):
                out[half, j] += weights[m] * x[min(max(start + j, 0), x.size - 1)]
    for half in range(2):
        if total[half] > 0.0:
            out[half] /= total[half]
    return out


@kernel
def roughness(x: Floats, at: Indices, first: int, stop: int, lag: int) -> Floats:
    """(beat,) mean square of ``x[i] - x[i - lag]``, i from ``at + first`` until ``at + stop``; infinite where less than half is seen."""
    out = np.empty(at.size)
    for m in range(at.size):
        low, high = max(lag, at[m] + first), min(x.size, at[m] + stop)
        total = 0.0
        for i in range(low, high):
            total += (x[i] - x[i - lag]) ** 2
        out[m] = total / (high - low) if 2 * (high - low) >= stop - first else np.inf
    return out


@kernel
def take_away(x: Floats, first: Indices, shapes: Floats, gains: Floats, start: int, stop: int) -> float:
    """Subtract, in place, ``gains[m] @ shapes`` from ``x`` beginning at sample ``first[m]``, for every m; gives the energy taken away.

    Only the first kind of shape reaches beyond ``start .. stop``.
    """
    energy = 0.0
    kinds, length = shapes.shape
    for m in range(first.size):
        low, high = max(0, -first[m]), min(length, x.size - first[m])
        near, far = min(max(start, low), high), max(min(stop, high), low)
        height = gains[m, 0]
        for j in range(low, near):
            value = height * shapes[0, j]
            x[first[m] + j] -= value
            energy += value * value
        for j in range(near, far):
            value = height * shapes[0, j]
            for k in range(1, kinds):
                value += gains[m, k] * shapes[k, j]
            x[first[m] + j] -= value
            energy += value * value
        for j in range(max(near, far), high):
            value = height * shapes[0, j]
            x[first[m] + j] -= value
            energy += value * value
    return energy


@kernel
def take_away_line(x: Floats, cycles: float, real: Floats, imaginary: Floats, knots: Floats) -> None:
    """Subtract, in place, a sinusoid of ``cycles`` per sample; its complex height runs straight between ``knots`` and is level outside."""
    segments = knots.size + 1
    edges = np.empty(segments + 1, np.int64)
    edges[0], edges[segments] = 0, x.size
    for s in range(knots.size):
        edges[s + 1] = min(x.size, max(0, int(np.ceil(knots[s]))))
    turns = 2 * np.pi * ((cycles * np.arange(np.max(np.diff(edges)))) % 1.0)
    wave_re, wave_im = np.cos(turns), np.sin(turns)  # of a segment that begins at phase 0
    for s in range(segments):
        first, stop = edges[s], edges[s + 1]
        if stop <= first:
            continue
        if s == 0 or s == knots.size:
            edge = 0 if s == 0 else knots.size - 1
            re, im, re_step, im_step = real[edge], imaginary[edge], 0.0, 0.0
        else:
            width = knots[s] - knots[s - 1]
            re_step = (real[s] - real[s - 1]) / width
            im_step = (imaginary[s] - imaginary[s - 1]) / width
            re = real[s - 1] + (first - knots[s - 1]) * re_step
            im = imaginary[s - 1] + (first - knots[s - 1]) * im_step
        phase = 2 * np.pi * ((cycles * first) % 1.0)  # height and its slope take the turn of the segment's beginning
        turn_re, turn_im = np.cos(phase), np.sin(phase)
        re, im = re * turn_re - im * turn_im, re * turn_im + im * turn_re
        re_step, im_step = re_step * turn_re - im_step * turn_im, re_step * turn_im + im_step * turn_re
        part = x[first:stop]
        for j in range(part.size):
            part[j] -= (re + j * re_step) * wave_re[j] - (im + j * im_step) * wave_im[j]
