# python/pliant/report/page.py — the pieces of the HTML page; every text that comes in is escaped
from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{style}">{escape(text)}</p>' if style else f"<p>{escape(text)}</p>"


def code(text: str) -> str:
    """A command to copy."""
    return f"<pre><code>{escape(text)}</code></pre>"


def image(kind: str, content: bytes, alt: str, style: str = "") -> str:
    """A picture inside the page.

    Args:
        kind: "svg+xml" or "png"
        content: the bytes of the picture
        alt: what it shows, for those who do not see it
        style: a class of style.css
    """
    data = b64encode(content).decode("ascii")
    return f'<img class="{style}" alt="{escape(alt)}" src="data:image/{kind};base64,{data}">'


def figure(content: str, caption: str) -> str:
    """Pictures (HTML) over a caption that says what one sees and what to look for."""
    return f"<figure>{content}<figcaption>{escape(caption)}</figcaption></figure>"


def drawing(svg: bytes, alt: str, caption: str) -> str:
    """One SVG picture as a figure."""
    return figure(image("svg+xml", svg, alt, "drawing"), caption)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    """A table of plain texts; the first column names the row."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(c)}</td>" for c in rest) + "</tr>"
        for first, *rest in rows
    )
    whole = f'<table class="{style}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide">{whole}</div>'


def tiles(entries: Iterable[tuple[str, str, str]]) -> str:
    """The few numbers that matter most: (value, name, note) each."""
    cells = (
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd><dd>{escape(note)}</dd></div>"
        for value, name, note in entries
    )
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def section(title: str, *parts: str) -> str:
    """A chapter of the page."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def page(title: str, parts: Iterable[str]) -> str:
    """The whole file."""
    style = files("pliant.report").joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{style}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</main></body></html>\n"
    )
