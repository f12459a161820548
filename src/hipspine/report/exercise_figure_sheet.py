"""Many figures on one page, to look at them together."""

from collections.abc import Sequence

from hipspine.report.svg import escape

_LOOKS = (
    ":root{color-scheme:light dark}body{margin:16px;background:#FAF6F0;color:#231A17;font:15px/1.4 system-ui,sans-serif}"
    "ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px;margin:0;padding:0;list-style:none}"
    "figure{margin:0;height:100%;box-sizing:border-box;padding:8px 8px 6px;border-radius:14px;background:#F3EBE1;display:flex;"
    "flex-direction:column;justify-content:flex-end}svg{display:block;width:100%;height:auto}figcaption{padding-top:6px}"
    "@media(prefers-color-scheme:dark){body{background:#171210;color:#F6EEE7}figure{background:#2A221E}}"
)


def contact_sheet(figures: Sequence[tuple[str, str]], *, heading: str = "Exercises", css: str = "") -> str:
    """An HTML page that holds all figures in a grid; each is a title and what `figure_svg` gave, and ``css`` what they share.

    >>> contact_sheet([("A & B", "<svg></svg>")]).count("<figure>")
    1
    """
    cells = "".join(f"<li><figure>{svg}<figcaption>{escape(title)}</figcaption></figure></li>" for title, svg in figures)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(heading)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_LOOKS}{css}</style></head>'
        f"<body><h1>{escape(heading)}</h1><ul>{cells}</ul></body></html>"
    )
