"""The labels of one recording read together: what one alone leaves open, the others may decide.

Principles, each with its rule below or in the table:

- a laboratory's set of codes is read as that laboratory reads it;
- a code that another label already names for sure cannot be that muscle again, for two codes do not mean one muscle;
- of several readings, the only one in a part of the body where other labels lie;
- a letter is a side where its partner label exists: GMAX_I beside GMAX_D, LES beside RES.

A word for a group of muscles (glut, vasti, obliques) is never decided: it has to be asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hipspine.anatomy.lexicon import lexicon, meaning_of, words_of
from hipspine.anatomy.look_up import CODE, GLUED, look_up
from hipspine.anatomy.muscle_name import MuscleName, ambiguous, on_side, settled
from hipspine.terms import ChannelStatus, Region, Side

_RULE, _ELIMINATED, _PLACE = 0.7, 0.75, 0.7  # confidence of what the set decides
_SURE = 0.8  # confidence from which one label is evidence for another
_LEG = ("hip", "thigh", "calf")
_WHOLE = {"gastrocnemius": ("gastrocnemius_medialis", "gastrocnemius_lateralis")}


def read_together(names: Sequence[MuscleName], labels: Sequence[str]) -> tuple[MuscleName, ...]:
    """The names of all labels in the light of each other, in the order given; the order does not matter."""
    codes = ["".join(meaning_of(words_of(label))) for label in labels]
    present = set(codes)
    found = _with_levels([_with_partner(name, code, present) for name, code in zip(names, codes, strict=True)], codes)
    found, settled_codes = _with_sets(found)
    french = _french_codes(found, labels)
    return tuple(_with_rules(found, french, settled_codes))


# ------------------------------------------------------------------------------------------------------------- partner labels


def _with_partner(name: MuscleName, code: str, codes: set[str]) -> MuscleName:
    """Sides that only a partner label reveals: BFL beside BFR, GMAX_E beside GMAX_D, RAri beside RAle, S_BF beside D_BF."""
    if name.status is ChannelStatus.EMPTY or (name.side is not None and name.status is not ChannelStatus.UNNAMED):
        return name
    for left, right in lexicon().side_pairs:
        for mine, other, side in ((left, right, Side.LEFT), (right, left, Side.RIGHT)):
            for stem, partner in _stems(code, mine, other):
                found = look_up([stem], side) if partner in codes and len(stem) > 1 else None
                if found is not None:
                    return on_side(found, side, "side from its partner label", most=CODE)
    return name


def _stems(code: str, mine: str, other: str) -> list[tuple[str, str]]:
    ends = [(code[: -len(mine)], code[: -len(mine)] + other)] if code.endswith(mine) else []
    return ends + ([(code[len(mine) :], other + code[len(mine) :])] if code.startswith(mine) else [])


def _with_levels(names: Sequence[MuscleName], codes: Sequence[str]) -> list[MuscleName]:
    """An L that is no side: LGMAX beside UGMAX is the lower part, LES beside TES the lumbar one, LGAS beside MGAS the lateral head."""
    table, present = lexicon(), set(codes)
    others = [name for name, code in zip(names, codes, strict=True) if code not in table.left_or_lower and name.muscle is not None]
    unsided = len(others) > 1 and all(name.side is None for name in others)
    return [_with_level(name, code, present, unsided=unsided) for name, code in zip(names, codes, strict=True)]


def _with_level(name: MuscleName, code: str, codes: set[str], *, unsided: bool) -> MuscleName:
    """`unsided`: the other labels have no sides, so that an L in front may be none either."""
    table = lexicon()
    for stem, side, upper, opposite in _lower_forms(code):
        levels = {letter for letter in "ut" if upper.replace("?", letter) in codes}
        found = look_up([stem], side) if levels and opposite not in codes and len(stem) > 1 else None
        if found is not None and ("u" in levels or found.muscle == "erector_spinae"):
            return _lower(found, side, code)
    if "r" + code[1:] in codes:
        return name
    if code in table.lateral and "m" + code[1:] in codes:
        return MuscleName(table.lateral[code], None, None, GLUED, f"'{code}': lateral, beside a medial one", code=code)
    if code in table.left_or_lower and unsided:
        return replace(name, side=None, reason=f"'{code}' is a usual code; its L may be left or lumbar: no other label has a side")
    return name


def _lower_forms(code: str) -> list[tuple[str, Side | None, str, str]]:
    """Ways to read an L of the code as lower: the code without it, its side, what an upper one would be called ("?"), and what
    would make the L a side.
    """
    forms: list[tuple[str, Side | None, str, str]] = []
    for letter, side in (("", None), ("l", Side.LEFT), ("r", Side.RIGHT)):
        opposite = "" if letter else "r"
        for front, back in ((letter + "?", ""), ("?", letter), (letter, "?"), ("", "?" + letter)):
            before, after = front.replace("?", "l"), back.replace("?", "l")
            if code.startswith(before) and code.endswith(after) and len(code) > len(before) + len(after):
                stem = code[len(before) : len(code) - len(after)]
                sided = front.replace("?", opposite) + stem + back.replace("?", opposite) if opposite else "?"
                forms.append((stem, side, front + stem + back, sided))
    return forms


def _lower(found: MuscleName, side: Side | None, code: str) -> MuscleName:
    reason = f"{found.reason}; lower, beside an upper one"
    if "gluteus_maximus" in (found.muscle, *found.candidates):
        return MuscleName("gluteus_maximus", side, Region.LOWER, GLUED, reason, code=code)
    return replace(found, reason=reason, code=code)


# --------------------------------------------------------------------------------------------------------- sets and languages


def _with_sets(names: Sequence[MuscleName]) -> tuple[list[MuscleName], frozenset[str]]:
    """Codes read as the laboratory that uses them together reads them, and which these were."""
    found, done = list(names), set()
    present = {name.code for name in names}
    for known in lexicon().sets:
        codes: Mapping[str, str] = known["codes"]
        keys, company = set(known["keys"]), set(known.get("with", ()))
        parts = {_part(name.muscle) for name in names if name.muscle and name.code not in codes}
        fits = present & keys and (not company or present & company) and not parts & set(known.get("without", ()))
        if fits and len(present & (set(codes) - keys)) >= known["others"]:
            reason = f"as in the {known['name']} that the other labels belong to"
            found = [settled(name, codes[name.code], CODE, reason) if name.code in codes else name for name in found]
            done |= present & set(codes)
    return found, frozenset(done)


def _french_codes(names: Sequence[MuscleName], labels: Sequence[str]) -> frozenset[str]:
    """The codes of the labels that only a French laboratory writes."""
    table = lexicon()
    return frozenset(
        name.code
        for name, label in zip(names, labels, strict=True)
        if name.code in table.french_codes or set(words_of(label)) & table.french_words
    )


# ---------------------------------------------------------------------------------------------------------- rules by muscle


def _with_rules(names: Sequence[MuscleName], french: frozenset[str], done: frozenset[str]) -> list[MuscleName]:
    """The codes that a rule or elimination may decide, each decided once for both sides of the body.

    Only what labels say without such a decision is evidence, so that one guess cannot carry the next.
    """
    table = lexicon()
    open_codes = {code for rule in table.rules for code in rule["code"]} | table.ambiguous - done
    decided: dict[str, MuscleName] = {}
    for code in {name.code for name in names} & (open_codes - done):
        same = [name for name in names if name.code == code]
        others = [name for name in names if name.code != code]
        decided[code] = _decided(same, others, french=bool(french - {code}))
    return [_as(decided[name.code], name) if name.code in decided else name for name in names]


def _as(decision: MuscleName, name: MuscleName) -> MuscleName:
    """What was decided for a code, on this label's side; a region that the label gave stays."""
    if name.region is not None or name.status not in (ChannelStatus.OK, ChannelStatus.AMBIGUOUS):
        return name
    if decision.muscle == name.muscle and decision.candidates == name.candidates:
        return name
    return replace(decision, side=name.side)


def _decided(same: Sequence[MuscleName], others: Sequence[MuscleName], *, french: bool) -> MuscleName:
    """What the labels of one code mean beside the others. Muscles named on other sides only are no evidence: the labels do not
    follow one scheme then.
    """
    name, sides = same[0], {one.side for one in same}
    facts = _facts(others, sides, french=french)
    for rule in lexicon().rules:
        if name.code in rule["code"] and _fits(rule, facts):
            if "muscle" in rule:
                return settled(name, rule["muscle"], rule.get("confidence", _RULE), rule["reason"])
            return ambiguous(name.code, name.side, tuple(rule["candidates"]), rule["reason"])
    if name.status is not ChannelStatus.AMBIGUOUS or len(name.candidates) < 2 or name.code not in lexicon().ambiguous:
        return name
    return _by_elimination(name, _sure(others, sides))


def _fits(rule: Mapping[str, Any], facts: set[str]) -> bool:
    beside = set(rule.get("beside", ()))
    return (not beside or bool(beside & facts)) and set(rule.get("with", ())) <= facts and not set(rule.get("without", ())) & facts


def _facts(others: Sequence[MuscleName], sides: set[Side | None], *, french: bool) -> set[str]:
    """What the other labels say for sure, in the words of the rules."""
    muscles = _sure(others, sides)
    parts = [_part(muscle) for muscle in _sure(others, set(Side) | {None})]
    counts = {"calf": parts.count("calf"), "leg": sum(part in _LEG for part in parts)}
    numbers = {f"{word} of {where}" for where, count in counts.items() for word, least in (("two", 2), ("three", 3)) if count >= least}
    return muscles | set(parts) | numbers | {f"code:{name.code}" for name in others} | ({"french"} if french else set())


def _sure(names: Iterable[MuscleName], sides: set[Side | None]) -> set[str]:
    """The muscles that labels name for sure on one of these sides."""
    return {name.muscle for name in names if name.muscle is not None and name.confidence >= _SURE and name.side in sides}


def _by_elimination(name: MuscleName, named: set[str]) -> MuscleName:
    """The one reading that no other code names already, or the only one in a part of the body that other labels cover."""
    taken = named | {part for whole in named for part in _WHOLE.get(whole, ())}
    left = [muscle for muscle in name.candidates if muscle not in taken]
    if len(left) == 1:
        gone = " and ".join(muscle.replace("_", " ") for muscle in name.candidates if muscle in taken)
        return settled(name, left[0], _ELIMINATED, f"{gone} {'has a label' if ' and ' not in gone else 'have labels'} of their own")
    places = {_place(muscle) for muscle in named}
    near = [muscle for muscle in left if _place(muscle) in places]
    if len(named) > 1 and len(near) == 1 and len({_place(muscle) for muscle in left}) > 1:
        return settled(name, near[0], _PLACE, "of its readings, the only one in a part of the body where other labels lie")
    return name


def _part(muscle: str) -> str:
    return lexicon().part[muscle]


def _place(muscle: str) -> str:
    """Leg, trunk or arm."""
    part = _part(muscle)
    return "leg" if part in _LEG else part
