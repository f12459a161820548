"""The way of one line in one posture: its points, and where it touches and leaves surfaces, for Numba."""

import math

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.curves import value_and_slope
from hipspine.mechanics.paths.soft_surfaces import over_surface, way
from hipspine.mechanics.paths.surfaces import FREE, INSIDE, MAY, MUST, Wrapped
from hipspine.mechanics.paths.tables import Tables, Work

COMPILED_IN = "c0eb6ed0"  # of the text of the files that kernels and constants come from: see compiling

ROUNDS = 100  # several surfaces touch each other's tangents; the rounds end when none moves
FREE_ROUNDS = 8  # as many as OpenSim takes; after them each surface keeps its stretch, for two may lift off or overtake each other in turn
STILL_M = 1e-11
_RANGE_SLACK = 1e-5  # OpenSim keeps a conditional point this far beyond its range


@kernel
def route(t: Tables, line: int, w: Work) -> int:
    """Fill the nodes of ``w`` with the way of ``line`` and give their number.

    Surfaces are taken in turn, each between the tangents of the others, as OpenSim does; but until the tangents stand still, not for
    eight rounds: then the way is shortest and its pulls are the exact derivative of its length.
    """
    count = _points(t, line, w)
    first_use, uses = t.lines[line]["use"], t.lines[line + 1]["use"] - t.lines[line]["use"]
    for u in range(uses):
        w.uses[u]["order"], w.uses[u]["status"] = u, FREE
        for i in range(6):
            w.uses[u]["touch"][6 + i] = 0.0
    for turn in range(1 if uses == 1 else ROUNDS):
        moved = 0.0
        for k in range(uses):
            u = w.uses[k]["order"]
            before = _position_of(u, count, w)
            if before >= 0:
                count = _take_out(before, count, w)
            elif turn >= FREE_ROUNDS:
                continue
            at = _best(t, line, u, first_use, count, before - 1 if turn >= FREE_ROUNDS else -1, w)
            if at + 1 != max(before, 0):  # laid, lifted off, or laid between others
                moved = 1.0
            if at >= 0:
                for i in range(6):
                    moved = max(moved, abs(w.uses[u]["touch"][i] - w.uses[u]["touch"][6 + i]))
                    w.uses[u]["touch"][6 + i] = w.uses[u]["touch"][i]
                count = _put_in(t.uses[first_use + u]["place"], u, at, count, w)
        if moved < STILL_M:
            break
        if turn == 0 and uses > 1 and w.uses[0]["status"] == FREE and w.uses[1]["status"] == INSIDE:
            w.uses[0]["order"], w.uses[1]["order"] = 1, 0  # the second may free itself once the first is laid after it
    return count


@kernel
def _points(t: Tables, line: int, w: Work) -> int:
    count = 0
    for p in range(t.lines[line]["point"], t.lines[line + 1]["point"]):
        q = t.points[p]["only"]
        if q >= 0 and not (t.points[p]["range"][0] - _RANGE_SLACK <= w.coordinates[q]["value"] <= t.points[p]["range"][1] + _RANGE_SLACK):
            continue
        x, y, z = t.points[p]["position"][0], t.points[p]["position"][1], t.points[p]["position"][2]
        m = t.points[p]["moves"]
        if m >= 0:
            x = value_and_slope(t.curves, t.moving[m]["curve"][0], w.coordinates[t.moving[m]["coordinate"][0]]["value"])[0]
            y = value_and_slope(t.curves, t.moving[m]["curve"][1], w.coordinates[t.moving[m]["coordinate"][1]]["value"])[0]
            z = value_and_slope(t.curves, t.moving[m]["curve"][2], w.coordinates[t.moving[m]["coordinate"][2]]["value"])[0]
        s = t.place_segment[t.lines[line]["place"] + t.points[p]["place"]]
        for i in range(3):
            r = w.segments[s]["rotation"][i]
            w.nodes[count]["at"][i] = w.segments[s]["position"][i] + r[0] * x + r[1] * y + r[2] * z
        w.nodes[count]["place"], w.nodes[count]["use"], w.nodes[count]["point"] = t.points[p]["place"], -1, p
        count += 1
    return count


@kernel
def _position_of(u: int, count: int, w: Work) -> int:
    for i in range(count):
        if w.nodes[i]["use"] == u:
            return i
    return -1


@kernel
def _take_out(at: int, count: int, w: Work) -> int:
    for i in range(at, count - 2):
        for k in range(3):
            w.nodes[i]["at"][k] = w.nodes[i + 2]["at"][k]
        w.nodes[i]["place"], w.nodes[i]["use"], w.nodes[i]["point"] = (
            w.nodes[i + 2]["place"],
            w.nodes[i + 2]["use"],
            w.nodes[i + 2]["point"],
        )
    return count - 2


@kernel
def _put_in(place: int, u: int, at: int, count: int, w: Work) -> int:
    """The two touching points of use ``u`` after node ``at``."""
    for i in range(count - 1, at, -1):
        for k in range(3):
            w.nodes[i + 2]["at"][k] = w.nodes[i]["at"][k]
        w.nodes[i + 2]["place"], w.nodes[i + 2]["use"], w.nodes[i + 2]["point"] = (
            w.nodes[i]["place"],
            w.nodes[i]["use"],
            w.nodes[i]["point"],
        )
    for i in range(2):
        for k in range(3):
            w.nodes[at + 1 + i]["at"][k] = w.uses[u]["touch"][3 * i + k]
        w.nodes[at + 1 + i]["place"], w.nodes[at + 1 + i]["use"], w.nodes[at + 1 + i]["point"] = place, u, -1
    return count + 2


@kernel
def _best(t: Tables, line: int, u: int, first_use: int, count: int, only: int, w: Work) -> int:
    """The node after which use ``u`` wraps, -1 for none; its touching points and arc are left in ``w``.

    Of the stretches in its range the first that pierces the surface; else the one whose length changes least. ``only`` names the one
    stretch that is looked at (-1: all).
    """
    use = first_use + u
    start, end = count, -1
    for i in range(count):
        p = w.nodes[i]["point"]
        if p >= 0 and t.uses[use]["first"] <= p - t.lines[line]["point"] <= t.uses[use]["last"]:
            start, end = min(start, i), max(end, i)
    if only >= 0:
        start, end = only, only + 1
    at, least = -1, math.inf
    for i in range(start, end):
        if w.nodes[i]["use"] >= 0 and w.nodes[i + 1]["use"] >= 0:
            a, b = w.nodes[i]["use"], w.nodes[i + 1]["use"]
            if a == b or t.uses[first_use + a]["wrap"] == t.uses[first_use + b]["wrap"]:
                continue
        found = _over(t, use, i, w)
        w.uses[u]["status"] = found[0]
        if found[0] < MAY:
            continue
        change = _detour(found, w)
        if found[0] == MUST or change < least:
            at, least = i, change
            _keep(t.uses[use]["wrap"], u, found, w)
            if found[0] == MUST:
                break
    return at


@kernel
def into_surface(k: int, first: int, second: int, w: Work) -> None:
    """``w.ends``: two nodes as the surface ``k`` sees them."""
    r, p = w.wraps[k]["rotation"], w.wraps[k]["position"]
    for half in range(2):
        at = w.nodes[second if half else first]["at"]
        x, y, z = at[0] - p[0], at[1] - p[1], at[2] - p[2]
        for i in range(3):
            w.ends[half, i] = r[0, i] * x + r[1, i] * y + r[2, i] * z


@kernel
def _over(t: Tables, use: int, i: int, w: Work) -> Wrapped:
    """From node ``i`` to the next over the surface of ``use``, in the surface's frame."""
    k = t.uses[use]["wrap"]
    into_surface(k, i, i + 1, w)
    return over_surface(t, use, w.ends)


@kernel
def _detour(found: Wrapped, w: Work) -> float:
    """How much longer the way over the surface is than the straight one."""
    a, b = w.ends[0], w.ends[1]
    return way(found, w.ends) - math.sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2 + (b[2] - a[2]) ** 2)


@kernel
def _keep(k: int, u: int, found: Wrapped, w: Work) -> None:
    w.uses[u]["arc"] = found[7]
    for i in range(3):
        r = w.wraps[k]["rotation"][i]
        w.uses[u]["touch"][i] = w.wraps[k]["position"][i] + r[0] * found[1] + r[1] * found[2] + r[2] * found[3]
        w.uses[u]["touch"][3 + i] = w.wraps[k]["position"][i] + r[0] * found[4] + r[1] * found[5] + r[2] * found[6]
