"""A table of a TOML file, read key by key; whatever is wrong is collected as sentences, so that a writer sees all at once."""

import difflib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from hipspine.anatomy.body_parts import Vector


def nearest(word: str, known: Collection[str]) -> str:
    """What was probably meant, for a sentence.

    >>> nearest("bnech", ["bench", "box"])
    'did you mean bench?'
    >>> nearest("moon", ["bench", "box"])
    'it may be bench, box'
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    names = sorted(known)
    return f"did you mean {near[0]}?" if near else f"it may be {', '.join(names[:24])}{' ...' if len(names) > 24 else ''}"


class Fields:
    """One table; its parts tell their faults to the same list."""

    def __init__(self, table: Mapping[str, Any], where: str, faults: list[str] | None = None) -> None:
        self._table, self._where = table, where
        self._asked: set[str] = set()
        self._parts: dict[str, Fields] = {}
        self.faults: list[str] = [] if faults is None else faults

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def say(self, key: str, what: str) -> None:
        """A fault of one key."""
        sentence = f"{self._where}: {key} {what.rstrip('.')}{'' if what.endswith('?') else '.'}"
        if sentence not in self.faults:
            self.faults.append(sentence)

    def raw(self, key: str) -> Any:
        """As it stands there."""
        self._asked.add(key)
        return self._table.get(key)

    def text(self, key: str) -> str:
        """A sentence or word that must be there."""
        given = self.raw(key)
        if not isinstance(given, str) or not given.strip():
            self.say(key, "is missing; write a word or a sentence" if given is None else f"is {given!r}; write a word or a sentence")
            return "?"
        return given.strip()

    def word(self, key: str, allowed: Sequence[str]) -> str:
        """One of some words."""
        given = self.raw(key)
        if given not in allowed:
            said = "is missing" if given is None else f"is {given!r}"
            self.say(key, f"{said}; {nearest(str(given), allowed) if given is not None else 'it may be ' + ', '.join(allowed)}")
            return allowed[0]
        return str(given)

    def words(self, key: str, *, allowed: Collection[str] | None = None, least: int = 0, free: bool = False) -> tuple[str, ...]:
        """A list of words; with ``free`` of sentences. It must be there unless it is a plain list that may be empty."""
        given = self.raw(key)
        if given is None and not free and key in self._may_miss:
            return ()
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self.say(key, "is missing; write a list of texts" if given is None else f"is {given!r}; write a list of texts")
            return ()
        if len(given) < least:
            self.say(key, f"has {len(given)} entries; write {least} or more")
        for one in given:
            if allowed is not None and one not in allowed:
                self.say(key, f"has {one!r}; {nearest(one, allowed)}")
        if len(set(given)) < len(given):
            self.say(key, f"has {next(one for one in given if given.count(one) > 1)!r} twice; write it once")
        return tuple(one.strip() for one in given)

    _may_miss = ("claims", "interventions", "prerequisites", "contra_tags")

    def texts(self, key: str, *, needed: Sequence[str]) -> Mapping[str, str]:
        """Texts by language."""
        part = self.table(key, needed=True)
        for language in needed:
            part.text(language)
        return {language: part.text(language) for language in part._table}

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        given = self.raw(key)
        if given is None and default is not None:
            return default
        if not isinstance(given, bool):
            self.say(key, "is missing; write true or false" if given is None else f"is {given!r}; write true or false")
            return False
        return given

    def number(self, key: str, low: float, high: float, default: float | None = None, *, whole: bool = False) -> float:
        """A number within limits."""
        given = self.raw(key)
        if given is None:
            if default is None:
                self.say(key, f"is missing; give a number from {low:g} to {high:g}")
                return low
            return default
        return self.as_number(key, given, low, high, whole=whole)

    def as_number(self, key: str, given: object, low: float, high: float, *, whole: bool = False) -> float:
        """The same of a value that was taken out already."""
        kinds = int if whole else (int, float)
        if isinstance(given, bool) or not isinstance(given, kinds) or not math.isfinite(given):
            self.say(key, f"is {given!r}; give a {'whole ' if whole else ''}number from {low:g} to {high:g}")
            return low
        if not low <= given <= high:
            self.say(key, f"is {given:g}; give a number from {low:g} to {high:g}")
            return low
        return float(given)

    def vector(self, key: str, default: Vector | None = None) -> Vector:
        """Three numbers."""
        given = self.raw(key)
        if given is None and default is not None:
            return default
        if not isinstance(given, list) or len(given) != 3:
            self.say(key, f"is {given!r}; give three numbers such as [0, 1, 0]")
            return 0.0, 1.0, 0.0
        x, y, z = (self.as_number(key, one, -10.0, 10.0) for one in given)
        return x, y, z

    def table(self, key: str, *, needed: bool = False) -> "Fields":
        """A table in this table; an empty one if it may be missing and is."""
        given = self.raw(key)
        if given is not None and not isinstance(given, dict):
            self.say(key, f"is {given!r}; write a table [{key}]")
            given = None
        elif given is None and needed:
            self.say(key, f"is missing; write a table [{key}]")
        return self._part(given or {}, key)

    def tables(self, key: str | None = None) -> Iterator[tuple[str, "Fields"]]:
        """The tables that stand in one table by name, or in this one."""
        of = self if key is None else self.table(key)
        for name, part in of._table.items():
            if isinstance(part, dict):
                of._asked.add(name)
                yield name, of._part(part, name)
            else:
                of.say(name, f"is {part!r}; write a table")

    def list_of_tables(self, key: str) -> list["Fields"]:
        """The tables of a list; none if it is missing."""
        given = self.raw(key)
        if given is None:
            return []
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            self.say(key, f"is not a list of tables; write [[{key}]]")
            return []
        return [self._part(one, f"{key} {number + 1}") for number, one in enumerate(given)]

    def finish(self) -> None:
        """Name keys that nothing asked for, here and in all parts."""
        for key in self._table:
            if key not in self._asked:
                self.say(key, f"is not known here; {nearest(key, self._asked)}")
        for part in self._parts.values():
            part.finish()

    def _part(self, table: Mapping[str, Any], name: str) -> "Fields":
        return self._parts.setdefault(name, Fields(table, f"{self._where}: {name}", self.faults))
