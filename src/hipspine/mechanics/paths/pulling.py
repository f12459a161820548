"""What a line of unit tension does to the segments it touches, and with it its moment arms, for Numba.

A stretched line pulls each of its points along the line. A surface over which it lies on a shortest path feels the pulls at the two
points where the line touches and leaves, as if they were pinned there: a shortest path does not change its length to first order when
those points slide. So the derivative of the length by any coordinate is minus the work of these pulls, and no more is needed.
"""

import math

from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.curves import value_and_slope
from hipspine.mechanics.paths.kinematics import place_segments
from hipspine.mechanics.paths.routing import into_surface, route
from hipspine.mechanics.paths.soft_surfaces import soft_slope
from hipspine.mechanics.paths.tables import SHIFT, Tables, Work
from hipspine.terms import Floats

COMPILED_IN = "937546ab"  # of the text of the files that kernels and constants come from: see compiling


@kernel
def fill_lengths_and_arms(t: Tables, given: Floats, w: Work, lengths: Floats, arms: Floats) -> None:
    """Fill ``lengths`` (posture, line) [m] and ``arms`` (posture, line, column), which come in as zeros."""
    for q in range(given.shape[0]):
        place_segments(t, given[q], w)
        for line in range(t.lines.size - 1):
            count = route(t, line, w)
            lengths[q, line] = _pull(t, line, count, w, arms[q, line])
            _work_of_joints(t, line, w, arms[q, line])


@kernel
def fill_pulls(t: Tables, given: Floats, w: Work, forces: Floats, moments: Floats) -> None:
    """Fill ``forces`` and ``moments`` (posture, place, 3): of each line on each of its places, in the frame of the place's segment."""
    for q in range(given.shape[0]):
        place_segments(t, given[q], w)
        for line in range(t.lines.size - 1):
            _pull(t, line, route(t, line, w), w, w.none)
            first = t.lines[line]["place"]
            for k in range(t.lines[line + 1]["place"] - first):
                r, p = w.segments[t.place_segment[first + k]]["rotation"], w.segments[t.place_segment[first + k]]["position"]
                f, m = w.places[k]["force"], w.places[k]["moment"]
                x = m[0] - (p[1] * f[2] - p[2] * f[1])
                y = m[1] - (p[2] * f[0] - p[0] * f[2])
                z = m[2] - (p[0] * f[1] - p[1] * f[0])
                for i in range(3):
                    forces[q, first + k, i] = r[0, i] * f[0] + r[1, i] * f[1] + r[2, i] * f[2]
                    moments[q, first + k, i] = r[0, i] * x + r[1, i] * y + r[2, i] * z


@kernel
def fill_frames(t: Tables, given: Floats, w: Work, rotations: Floats, positions: Floats) -> None:
    """Fill ``rotations`` (posture, segment, 3, 3) and ``positions`` (posture, segment, 3) of every segment."""
    for q in range(given.shape[0]):
        place_segments(t, given[q], w)
        for s in range(w.segments.size):
            for i in range(3):
                positions[q, s, i] = w.segments[s]["position"][i]
                for k in range(3):
                    rotations[q, s, i, k] = w.segments[s]["rotation"][i, k]


@kernel
def _pull(t: Tables, line: int, count: int, w: Work, arms: Floats) -> float:
    """Length of the way in ``w``; its pulls on the line's places; into ``arms`` the share of points that move in their segment.

    ``arms`` may be empty: then the pulls alone are wanted.
    """
    for k in range(t.lines[line + 1]["place"] - t.lines[line]["place"]):
        for i in range(3):
            w.places[k]["force"][i] = w.places[k]["moment"][i] = 0.0
    length = 0.0
    done = 0
    for i in range(count - 1):
        u = w.nodes[i + 1]["use"]
        if i < done:
            continue
        if u >= 0 and u != w.nodes[i]["use"] and t.uses[t.lines[line]["use"] + u]["soft"] > 0:
            length += _pull_over_soft(t, line, i, w, arms)
            done = i + 3
        elif u >= 0 and u == w.nodes[i]["use"]:
            length += w.uses[u]["arc"]
        else:
            a, b = w.nodes[i]["at"], w.nodes[i + 1]["at"]
            x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            reach = math.sqrt(x * x + y * y + z * z)
            length += reach
            if reach > 0.0:
                x, y, z = x / reach, y / reach, z / reach
                _at_node(t, line, i, x, y, z, w, arms)
                _at_node(t, line, i + 1, -x, -y, -z, w, arms)
    return length


@kernel
def _at_node(t: Tables, line: int, i: int, x: float, y: float, z: float, w: Work, arms: Floats) -> None:
    """Add the pull (x, y, z) at node ``i`` to its place, and its work where the node moves in its segment."""
    k = w.nodes[i]["place"]
    a, b, c = w.nodes[i]["at"][0], w.nodes[i]["at"][1], w.nodes[i]["at"][2]
    w.places[k]["force"][0] += x
    w.places[k]["force"][1] += y
    w.places[k]["force"][2] += z
    w.places[k]["moment"][0] += b * z - c * y
    w.places[k]["moment"][1] += c * x - a * z
    w.places[k]["moment"][2] += a * y - b * x
    p = w.nodes[i]["point"]
    if p < 0 or t.points[p]["moves"] < 0 or arms.size == 0:
        return
    m = t.points[p]["moves"]
    r = w.segments[t.place_segment[t.lines[line]["place"] + k]]["rotation"]
    for axis in range(3):
        q = t.moving[m]["coordinate"][axis]
        column = t.coordinates[t.coordinates[q]["root"]]["column"]
        if column >= 0:
            slope = value_and_slope(t.curves, t.moving[m]["curve"][axis], w.coordinates[q]["value"])[1]
            arms[column] += (r[0, axis] * x + r[1, axis] * y + r[2, axis] * z) * slope * w.coordinates[q]["gain"]


@kernel
def _pull_over_soft(t: Tables, line: int, i: int, w: Work, arms: Floats) -> float:
    """The same for a surface whose way is no shortest path: the pulls are minus the derivative of its length by its two ends."""
    use = t.lines[line]["use"] + w.nodes[i + 1]["use"]
    k = t.uses[use]["wrap"]
    into_surface(k, i, i + 3, w)
    length = soft_slope(t, use, w.ends, w.slope)
    r, place = w.wraps[k]["rotation"], w.nodes[i + 1]["place"]
    for half in range(2):
        node = i + 3 * half
        x = -(r[0, 0] * w.slope[half, 0] + r[0, 1] * w.slope[half, 1] + r[0, 2] * w.slope[half, 2])
        y = -(r[1, 0] * w.slope[half, 0] + r[1, 1] * w.slope[half, 1] + r[1, 2] * w.slope[half, 2])
        z = -(r[2, 0] * w.slope[half, 0] + r[2, 1] * w.slope[half, 1] + r[2, 2] * w.slope[half, 2])
        a, b, c = w.nodes[node]["at"][0], w.nodes[node]["at"][1], w.nodes[node]["at"][2]
        _at_node(t, line, node, x, y, z, w, arms)
        w.places[place]["force"][0] -= x
        w.places[place]["force"][1] -= y
        w.places[place]["force"][2] -= z
        w.places[place]["moment"][0] -= b * z - c * y
        w.places[place]["moment"][1] -= c * x - a * z
        w.places[place]["moment"][2] -= a * y - b * x
    return length


@kernel
def _work_of_joints(t: Tables, line: int, w: Work, arms: Floats) -> None:
    """Add the work of the line's pulls for a unit of each motion of each joint between its places."""
    places = t.lines[line + 1]["place"] - t.lines[line]["place"]
    for e in range(t.lines[line]["reach"], t.lines[line + 1]["reach"]):
        j = t.reaches[e]["joint"]
        fx = fy = fz = mx = my = mz = 0.0
        for k in range(places):
            if (t.reaches[e]["beyond"] >> k) & 1:
                fx += w.places[k]["force"][0]
                fy += w.places[k]["force"][1]
                fz += w.places[k]["force"][2]
                mx += w.places[k]["moment"][0]
                my += w.places[k]["moment"][1]
                mz += w.places[k]["moment"][2]
        cx, cy, cz = w.centre[j, 0], w.centre[j, 1], w.centre[j, 2]
        mx -= cy * fz - cz * fy
        my -= cz * fx - cx * fz
        mz -= cx * fy - cy * fx
        for m in range(t.joints[j]["first"], t.joints[j]["last"]):
            q = t.motions[m]["coordinate"]
            if q < 0:
                continue
            column = t.coordinates[t.coordinates[q]["root"]]["column"]
            if column >= 0:
                d = w.motions[m]["direction"]
                work = d[0] * fx + d[1] * fy + d[2] * fz if t.motions[m]["kind"] == SHIFT else d[0] * mx + d[1] * my + d[2] * mz
                arms[column] += work * w.motions[m]["rate"]
