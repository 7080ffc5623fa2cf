"""Markdown as safe HTML: sanitised, no image, no markup of the model's own, and within bounds.

The parser is guarded: what it costs is counted in steps while it works, since some shapes cost it more than their length
tells. Whatever is too wild is left for plain text.
"""

from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from describer.answers.letters import keep_letters
from describer.answers.tokens import number_items, read_cells

_TAGS = {
    *(
        "a",
        "p",
        "br",
        "em",
        "strong",
        "s",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
        "h4",
        "h5",
        "h6",
    ),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "li": {"value"}}
_CLASSES = {
    "code": {"formula"},
    "p": {"formula"},
    "ol": {"paren", "zeros"},
    "th": {"center", "right"},
    "td": {"center", "right"},
}
_SCHEMES = {"http", "https", "mailto"}
# What can be scrolled sideways must be within reach of the keyboard; each block has the direction of its own words.
_BY_WORDS = {"dir": "auto"}
_SET = {
    "pre": {"tabindex": "0"},
    "table": {"tabindex": "0"} | _BY_WORDS,
    **dict.fromkeys(("ul", "ol", "blockquote"), _BY_WORDS),
}
_REL = "noopener noreferrer nofollow"
# Deeper quotes, lists and emphasis are nobody's; the parser drops what lies a hundred deep.
_DEEPEST = 24
_GUARD = "guard"


class TooWild(Exception):
    """These words would cost more to show as Markdown than they may."""


class _Guard:
    """Counts the steps of one parse."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, level: int) -> None:
        """Count a step at this depth. Raises TooWild beyond the bounds."""
        self.left -= 1
        if self.left < 0 or level > _DEEPEST:
            raise TooWild


def _guard_block(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    state.env[_GUARD].spend(state.level)
    return False


def _guard_inline(state: StateInline, silent: bool) -> bool:
    state.env[_GUARD].spend(state.level)
    return False


def _image_as_text(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """Render a picture in an answer as a link with its host, never loaded.

    The picture may be the doing of a picture that was asked about, to carry words away.
    """
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    alt = self.renderInlineAsText(token.children or [], options, env)
    host = _host(source)
    if not host:
        return escape(f"Picture: {alt}")
    label = escape(f"Picture: {alt} ({host})")
    if token.meta.get("in_link"):
        return label
    return f'<a href="{escape(source)}">{label}</a>'


def _formula_as_text(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """Render mathematics as it was written."""
    token = tokens[index]
    return f'<{token.tag} class="formula">{escape(token.content, quote=False)}</{token.tag}>'


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
        if parts.scheme in _SCHEMES:
            return parts.hostname or ""
    except ValueError:
        pass
    return ""


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "breaks": True})
    markdown.add_render_rule("image", _image_as_text)
    markdown.add_render_rule("formula", _formula_as_text)
    markdown.add_render_rule("formula_block", _formula_as_text)
    keep_letters(markdown)
    ends: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("table", "guard", _guard_block, ends)
    markdown.inline.ruler.before("text", "guard", _guard_inline)
    return markdown


_MARKDOWN = _markdown()


def as_html(text: str, steps: int) -> str:
    """Return Markdown as safe HTML. Raises TooWild when that takes more steps, or nests deeper, than it may."""
    env: dict[str, Any] = {_GUARD: _Guard(steps)}
    try:
        tokens = _MARKDOWN.parse(text, env)
    except RecursionError as error:
        raise TooWild from error
    _check_depth(tokens)
    _level_headings(tokens)
    number_items(tokens)
    read_cells(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel=_REL,
        set_tag_attribute_values=_SET,
    )


def _check_depth(tokens: Sequence[Token]) -> None:
    """Raise TooWild where marks nest too deep, and note which pictures stand within a link."""
    for block in tokens:
        depth = links = 0
        for token in block.children or ():
            depth += token.nesting
            if depth > _DEEPEST:
                raise TooWild
            if token.tag == "a":
                links += token.nesting
            elif token.type == "image":
                token.meta["in_link"] = links > 0


def _level_headings(tokens: Sequence[Token]) -> None:
    """Have headings begin below the page's own and skip no level, whatever the model chose."""
    open_levels: list[int] = []
    for opening, closing in zip(tokens, tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        level = int(opening.tag[1])
        open_levels = [outer for outer in open_levels if outer < level] + [level]
        opening.tag = closing.tag = f"h{min(3 + len(open_levels), 6)}"
