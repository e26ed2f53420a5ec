"""Drawings for a page: SVG without styles of its own, so that the page's light and dark apply."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"

# Drawn in these colours, which the page's style sheet then replaces by its own.
ROLES = {"ink": "#101010", "muted": "#707070", "accent": "#008080", "grid": "#d0d0d0"}
_BY_COLOUR = {colour: role for role, colour in ROLES.items()}
_KEPT = frozenset(
    "fill stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin font-size "
    "text-anchor opacity".split()
)


def to_inline(drawing: str, *, name: str, title: str, description: str) -> str:
    """Return a drawing as one element of a page, without what a page must not carry.

    Parameters
    ----------
    drawing : str
        SVG as matplotlib has just written it, drawn in the colours of `ROLES`.
    name : str
        What the ids of the title and the description begin with; once in a page.
    title, description : str
        What a screen reader says of it.

    Returns
    -------
    str
        One ``svg`` element without style, script or address; its parts carry the classes
        ``fill-ROLE`` and ``stroke-ROLE``.
    """
    # The text was written by matplotlib a moment ago, so nobody else's XML is parsed.
    drawn = ElementTree.fromstring(drawing)  # noqa: S314
    root = ElementTree.Element(
        "svg",
        {
            "viewBox": drawn.attrib["viewBox"],
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-description",
            "class": "chart",
        },
    )
    for tag, part, text in (("title", "title", title), ("desc", "description", description)):
        ElementTree.SubElement(root, tag, {"id": f"{name}-{part}"}).text = text
    root.extend(_plain(child) for child in drawn if _is_drawn(child))
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _plain(element: ElementTree.Element) -> ElementTree.Element:
    """Return an element with attributes and classes in place of its style."""
    wanted = {name: value for name, value in element.attrib.items() if name not in ("style", _LINK)}
    if element.tag == f"{_SVG}g":
        # Nothing refers to a group, and its id might be one of the page's.
        wanted.pop("id", None)
    if _LINK in element.attrib:
        wanted["href"] = element.attrib[_LINK]
    declared = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.attrib.get("style", "")))
    if (font := re.search(r"[\d.]+px", declared.get("font", ""))) is not None:
        declared["font-size"] = font.group()
    declared |= {name: wanted.pop(name) for name in ("fill", "stroke") if name in wanted}
    classes = []
    for name in sorted(_KEPT & set(declared)):
        role = _BY_COLOUR.get(declared[name].strip().lower())
        if role is not None:
            classes.append(f"{name}-{role}")
        else:
            wanted[name] = declared[name].strip()
    if classes:
        wanted["class"] = " ".join(classes)
    plain = ElementTree.Element(element.tag.removeprefix(_SVG), wanted)
    plain.text, plain.tail = element.text, element.tail
    plain.extend(_plain(child) for child in element if _is_drawn(child))
    return plain


def _is_drawn(element: ElementTree.Element) -> bool:
    """Tell drawings from matplotlib's metadata, its style sheet and its comments."""
    if not isinstance(element.tag, str) or element.tag in (f"{_SVG}metadata", f"{_SVG}style"):
        return False
    return not (element.tag == f"{_SVG}defs" and all(not _is_drawn(part) for part in element))
