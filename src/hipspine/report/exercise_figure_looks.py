"""Colours of the figures: the tokens of the house, light, dark and on paper, as one small style sheet."""

from collections.abc import Mapping
from typing import Final

LIGHT: Final[Mapping[str, str]] = {
    "ink2": "#54473F", "control": "#8A7C70", "stage": "#F3EBE1", "skin": "#D9C7B6", "skin-far": "#EADFD3", "hair": "#6E6058",
    "shirt": "#6F7F86", "shirt-far": "#A9B3B8", "shorts": "#3F4A50", "shorts-far": "#8C959A", "prop": "#C6BBAF", "ground": "#C0B4A6",
    "m0": "#F3E9E1", "m1": "#EBC7B9", "m2": "#DE9A8A", "m3": "#BD4F47", "m4": "#8E1E24",
}  # fmt: skip
DARK: Final[Mapping[str, str]] = {
    "ink2": "#D6C9BF", "control": "#8C7D72", "stage": "#2A221E", "skin": "#8B776A", "skin-far": "#54473F", "hair": "#4A3D35",
    "shirt": "#61747D", "shirt-far": "#3D484D", "shorts": "#94A3AA", "shorts-far": "#566067", "prop": "#5B4E45", "ground": "#3A302A",
    "m0": "#332925", "m1": "#5A332E", "m2": "#8E443D", "m3": "#CF655A", "m4": "#FFA798",
}  # fmt: skip

_FILLS = (
    ("hf-skin", "skin"), ("hf-skin.hf-far", "skin-far"), ("hf-hair", "hair"), ("hf-shirt", "shirt"), ("hf-shirt.hf-far", "shirt-far"),
    ("hf-shorts hf-shoe", "shorts"), ("hf-shorts.hf-far hf-shoe.hf-far", "shorts-far"), ("hf-prop hf-mat", "prop"), ("hf-ground", "ground"),
    ("hf-weight hf-pad", "ink2"), ("hf-m0", "m0"), ("hf-m1", "m1"), ("hf-m2", "m2"), ("hf-m3", "m3"), ("hf-m4", "m4"),
)  # fmt: skip
_STROKES = (
    ("hf-floor", "control", 5), ("hf-fixed", "ink2", 8), ("hf-board", "ink2", 16),
    ("hf-stand", "prop", 16), ("hf-bar", "ink2", 12), ("hf-plate", "ink2", 13),
    ("hf-cuff", "ink2", 66), ("hf-band", "ink2", 7), ("hf-loop", "ink2", 11),
    ("hf-cable", "ink2", 4), ("hf-spring", "ink2", 5), ("hf-pull", "ink2", 7), ("hf-push", "m3", 9),
)  # fmt: skip
_OTHERS = (
    ("{stroke-linecap:butt}", "hf-cuff", ()),
    ("{stroke:var(--hf-stage);stroke-width:8;paint-order:stroke}", "hf-skin", ("stage",)),
    ("{stroke:none}", "hf-skin.hf-far hf-skin.hf-upper", ()),  # as narrow as that: other figures of a page repeat the rules of theirs
    ("{fill:var(--hf-stage);stroke:var(--hf-ink2);stroke-width:5}", "hf-helper", ("stage", "ink2")),
    ("{stroke:var(--hf-m3);stroke-width:2.5}", "hf-m", ("m3",)),
    ("{stroke:var(--hf-m4)}", "hf-m.hf-m3", ("m4",)),  # fibres and edges stand out from their fill
    ("{opacity:.3}", "hf-ghost", ()),
)


def figure_css(*, themed: bool = False, only: frozenset[str] | None = None) -> str:
    """The rules that all figures share.

    Args:
        themed: for a page whose root carries ``data-theme``; otherwise the system's wish decides.
        only: classes that are used; all unless given.

    >>> ".hf-m4{fill:var(--hf-m4)}" in figure_css()
    True
    """
    rules = [*((f"{{fill:var(--hf-{colour})}}", names, (colour,)) for names, colour in _FILLS), *_strokes(), *_OTHERS]
    kept = [(rule, used, colours) for rule, names, colours in rules if (used := _used(names, only))]
    needed = {colour for _, _, colours in kept for colour in colours}
    light, dark = (";".join(f"--hf-{name}:{value}" for name, value in one.items() if name in needed) for one in (LIGHT, DARK))
    if themed:
        themes = f".hf{{{light}}}[data-theme=dark] .hf{{{dark}}}@media print{{[data-theme] .hf{{{light}}}}}"
    else:
        themes = f".hf{{{light}}}@media screen and (prefers-color-scheme:dark){{.hf{{{dark}}}}}"
    quiet = "@media print,(prefers-reduced-motion:reduce){.hf-moves{display:none}.hf-still{display:inline}}"
    return themes + "".join(used + rule for rule, used, _ in kept) + ".hf-still{display:none}" + quiet


def _strokes() -> list[tuple[str, str, tuple[str, ...]]]:
    every = " ".join(name for name, _, _ in _STROKES)
    shared = ("{fill:none;stroke-linecap:round;stroke-linejoin:round}", every, ())
    return [shared, *((f"{{stroke:var(--hf-{colour});stroke-width:{width}}}", name, (colour,)) for name, colour, width in _STROKES)]


def _used(names: str, only: frozenset[str] | None) -> str:
    """Selectors of a rule that are used, joined."""
    return ",".join(f".{name}" for name in names.split() if only is None or set(name.split(".")) <= only)
