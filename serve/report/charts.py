"""Charts for a page: SVG without styles of its own, so that the page's light and dark apply."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from features.language import Language
from features.language import translatable as _

SIZE = (5.4, 4.3)
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"

# Drawn in these colours, which the page's style sheet then replaces by its own.
_ROLES = {"ink": "#101010", "muted": "#707070", "accent": "#008080", "grid": "#d0d0d0"}
_BY_COLOUR = {colour: role for role, colour in _ROLES.items()}
_KEPT = frozenset(
    "fill stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin font-size "
    "text-anchor opacity".split()
)


def draw_calibration(
    bins: Sequence[Mapping[str, Any]], language: Language, *, name: str = "calibration"
) -> str:
    """Draw what was promised against what sales did.

    Parameters
    ----------
    bins : sequence of mapping
        ``mean_predicted`` and ``accepted`` (``value``, ``low``, ``high``), as probabilities.
    language : Language
        Of the axes and the description.
    name : str
        Begins the ids of the drawing; two drawings of one page need different ones.

    Returns
    -------
    str
        One ``svg`` element with a title and a description, to be placed in a page. It has no
        style, no script and no address; its parts carry the classes ``fill-ROLE`` and
        ``stroke-ROLE`` with the roles ink, muted, accent and grid.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # A fixed salt, because the ids inside would otherwise differ from run to run.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 11}):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        _draw_points(axes, bins)
        _set_axes(axes, language)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _to_inline(
        file.getvalue(),
        name=name,
        title=language.text(_("Score against what sales did")),
        description=language.text(
            _(
                "Each dot is a group of leads of similar score. The further right, the higher the "
                "score; the further up, the more of them sales accepted. On the dotted line both "
                "agree. The table below holds the same figures."
            )
        ),
    )


def _draw_points(axes: Any, bins: Sequence[Mapping[str, Any]]) -> None:
    axes.plot([0, 1], [0, 1], color=_ROLES["muted"], linestyle=(0, (1, 3)), linewidth=1.5)
    for part in bins:
        across, share = part["mean_predicted"], part["accepted"]
        axes.plot(
            [across, across],
            [share["low"], share["high"]],
            color=_ROLES["accent"],
            linewidth=2,
            alpha=1,
            clip_on=False,
        )
        axes.plot(across, share["value"], "o", color=_ROLES["accent"], markersize=8, clip_on=False)


def _set_axes(axes: Any, language: Language) -> None:
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks)
    axes.set_xticklabels([language.number(100 * tick, digits=0) for tick in ticks])
    axes.set_yticklabels([language.percent(tick) for tick in ticks])
    axes.set_xlabel(language.text(_("Score")), color=_ROLES["ink"], labelpad=8)
    axes.set_ylabel(language.text(_("Accepted by sales")), color=_ROLES["ink"], labelpad=8)
    axes.tick_params(length=0, pad=8, colors=_ROLES["muted"])
    axes.grid(color=_ROLES["grid"], linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _to_inline(drawing: str, *, name: str, title: str, description: str) -> str:
    """Return a drawing as one element of a page, without what a page must not carry."""
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
