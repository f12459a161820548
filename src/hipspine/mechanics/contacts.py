"""Contacts with the ground, a bench or another part of the body, as unknowns that load sharing solves together with the muscles.

A contact point pushes along its normal and, up to its friction, along the surface. The cone of these forces is replaced by a pyramid
whose edges lie on the cone: every force that the pyramid allows, the cone allows, too. Each edge carries a force that is not negative.
A surface (the back on a bench) is a handful of points; a foot on the other foot is one point whose Jacobian is the difference of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hipspine.errors import ModelError
from hipspine.terms import Floats

EDGES = 4
EFFORT = 0.005  # our assumption: so small that a contact helps wherever it can, so large that equal contacts share equally


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Contact points of a movement, each as the edges of its friction pyramid."""

    names: tuple[str, ...]  # (contact,)
    arms: Floats  # (frame, edge, coordinate) what one newton of normal force along an edge does to each coordinate [m], [1] for a slide
    directions: Floats  # (frame, edge, 3) force on the body per newton of normal force, in the frame of the Jacobians
    edges: int  # of each contact, one after another
    cost: Floats  # (contact,) of half the square of an edge force [1/N^2]
    limit_n: Floats  # (contact,) largest normal force [N], inf for none

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.arms.ndim != 3 or self.arms.shape[1] != count * self.edges or self.directions.shape != (*self.arms.shape[:2], 3):
            raise ModelError(
                f"contacts have arms of shape {self.arms.shape} and directions of shape {self.directions.shape}; "
                f"expected (frame, {count * self.edges}, coordinate) and (frame, {count * self.edges}, 3)."
            )
        for array in (self.arms, self.directions, self.cost, self.limit_n):
            array.setflags(write=False)


def contacts(
    jacobians: ArrayLike,
    *,
    normals: ArrayLike,
    friction: ArrayLike,
    weight_n: float,
    names: Sequence[str] = (),
    edges: int = EDGES,
    effort: float = EFFORT,
    limits_n: ArrayLike = np.inf,
) -> Contacts:
    """The friction pyramids of contact points.

    Args:
        jacobians: (frame, contact, 3, coordinate) velocity of each point by the speed of each coordinate.
        normals: (contact, 3) or (frame, contact, 3) the way in which the surface pushes the body; any length above 0.
        friction: coefficient, one number or (contact,); at 0 a contact has no force along its surface.
        weight_n: body weight [N]; makes the effort of contacts a pure number.
        names: (contact,) for messages; numbered where none are given.
        edges: of each pyramid, at least 3. Between two edges friction reaches cos(pi / edges) of the cone's.
        effort: cost of a contact that carries the body weight along its normal is half of it, whatever the number of edges.
        limits_n: largest normal force, one number or (contact,).

    Raises:
        ModelError: shapes that do not fit, a normal of no length, a negative friction, a number that is not finite.

    >>> foot = contacts(np.eye(3)[None, None], normals=[[0, 1, 0]], friction=0.5, weight_n=700.0)
    >>> forces(foot, np.array([[350.0, 350.0, 0.0, 0.0]]))[0, 0].round(6).tolist()
    [175.0, 700.0, -175.0]
    """
    points = np.asarray(jacobians, dtype=np.float64)
    if points.ndim != 4 or points.shape[2] != 3 or points.shape[1] == 0:
        raise ModelError(f"contact Jacobians have shape {points.shape}; expected (frame, contact, 3, coordinate).")
    frames, count = points.shape[:2]
    named = tuple(names) or tuple(f"contact {c + 1}" for c in range(count))
    if len(named) != count:
        raise ModelError(f"{len(named)} names for {count} contacts; give one each.")
    if not np.isfinite(points).all():
        raise ModelError(
            f"the Jacobian of {named[int(np.argwhere(~np.isfinite(points))[0, 1])]} holds a value that is not a finite number."
        )
    if edges < 3:
        raise ModelError(f"edges is {edges}; a friction pyramid has 3 or more, such as {EDGES}.")
    for name, value in (("weight_n", weight_n), ("effort", effort)):
        if not (np.isfinite(value) and value > 0):
            raise ModelError(f"{name} is {value}; give a finite number above 0.")
    mu, limit = _each("friction", friction, named, 0.0), _each("limits_n", limits_n, named, 0.0)
    if not np.isfinite(mu).all():
        raise ModelError(f"friction of {named[int(np.argmin(np.isfinite(mu)))]} is infinite; give a finite coefficient, such as 0.8.")
    if (limit == 0).any():
        raise ModelError(f"limits_n of {named[int(np.argmin(limit))]} is 0; leave a contact out that carries nothing.")
    directions = _pyramids(_normals(normals, frames, named), mu, edges)
    arms = np.einsum("fcxq,fcex->fceq", points, directions).reshape(frames, count * edges, points.shape[3])
    cost = np.full(count, effort * edges / weight_n**2)
    return Contacts(named, np.ascontiguousarray(arms), directions.reshape(frames, count * edges, 3), edges, cost, limit)


def forces(contacts: Contacts, edge_forces: Floats) -> Floats:
    """(frame, contact, 3) force of each contact on the body [N], from the (frame, edge) forces that load sharing found."""
    frames = contacts.arms.shape[0]
    if edge_forces.shape != contacts.arms.shape[:2]:
        raise ModelError(f"edge forces have shape {edge_forces.shape}; expected {contacts.arms.shape[:2]}.")
    each = edge_forces[..., None] * contacts.directions
    return np.asarray(each.reshape(frames, len(contacts.names), contacts.edges, 3).sum(axis=2))


def _each(what: str, given: ArrayLike, names: tuple[str, ...], low: float) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or values.size not in (1, len(names)):
        raise ModelError(f"{what} has shape {values.shape}; give one number, or one for each of {len(names)} contacts.")
    values = np.array(np.broadcast_to(values, len(names)))
    wrong = ~(values >= low)
    if wrong.any():
        raise ModelError(f"{what} of {names[int(np.argmax(wrong))]} is {values[wrong][0]}; give a number of at least {low:g}.")
    return values


def _normals(given: ArrayLike, frames: int, names: tuple[str, ...]) -> Floats:
    """(frame, contact, 3) of length 1."""
    normals = np.asarray(given, dtype=np.float64)
    shape = (frames, len(names), 3)
    if normals.shape not in (shape, shape[1:]):
        raise ModelError(f"normals have shape {normals.shape}; expected {shape[1:]} or {shape}.")
    normals = np.broadcast_to(normals, shape)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    if not (np.isfinite(length) & (length > 0)).all():
        at = int(np.argwhere(~(np.isfinite(length) & (length > 0)))[0, 1])
        raise ModelError(f"the normal of {names[at]} has no direction; give three finite numbers that are not all 0.")
    return np.asarray(normals / length)


def _pyramids(normals: Floats, friction: Floats, edges: int) -> Floats:
    """(frame, contact, edge, 3) forces per newton of normal force: the normal plus friction along evenly turned tangents.

    The first tangent is the base axis that lies flattest on the surface, laid into it: the same normal gives the same pyramid.
    """
    base = np.eye(3)[np.argmin(np.abs(normals), axis=-1)]
    first = base - np.sum(base * normals, axis=-1, keepdims=True) * normals
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(normals, first)
    turn = 2 * np.pi * np.arange(edges) / edges
    around = first[..., None, :] * np.cos(turn)[:, None] + second[..., None, :] * np.sin(turn)[:, None]
    return np.asarray(normals[..., None, :] + friction[:, None, None] * around)
