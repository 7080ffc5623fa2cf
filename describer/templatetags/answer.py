"""A model's words as safe HTML: sanitised Markdown, no image, no markup of theirs, thoughts folded away."""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.html import escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

register = template.Library()

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
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
# What can be scrolled sideways must be within reach of the keyboard.
_SET = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}
_REL = "noopener noreferrer nofollow"
_THOUGHT = re.compile(r"<think>(.*?)(?:</think>|\Z)", re.DOTALL)
_EXCERPT_CHARACTERS = 300
# Beyond these an answer is shown as plain text: 100,000 opening brackets took the parser seven seconds, and
# double the brackets four times as long.
_MOST_MARKDOWN = 100_000
_MOST_BRACKETS = 5_000


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
    inside_link = sum(other.nesting for other in tokens[:index] if other.type in ("link_open", "link_close"))
    if inside_link:
        return label
    return f'<a href="{escape(source)}">{label}</a>'


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
    return markdown


_MARKDOWN = _markdown()


def _split_thoughts(content: str) -> tuple[str, str]:
    """Return (thoughts, answer): some models write their thoughts between <think> tags into the answer."""
    thoughts = "\n\n".join(thought.strip() for thought in _THOUGHT.findall(content))
    return thoughts.strip(), _THOUGHT.sub("\n", content).strip()


def _level_headings(tokens: Sequence[Token]) -> None:
    """Have headings begin below the page's own and skip no level, whatever the model chose."""
    open_levels: list[int] = []
    for opening, closing in zip(tokens, tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        level = int(opening.tag[1])
        open_levels = [outer for outer in open_levels if outer < level] + [level]
        opening.tag = closing.tag = f"h{min(3 + len(open_levels), 6)}"


@register.filter
def answer(content: str | None) -> SafeString:
    """Render the content of a choice for display. What is stored stays as it came."""
    thoughts, text = _split_thoughts(content or "")
    if len(text) > _MOST_MARKDOWN or text.count("[") > _MOST_BRACKETS:
        html = linebreaks(text, autoescape=True)
    else:
        html = _from_markdown(text)
    return format_html("{}{}", _folded(thoughts), mark_safe(html))  # noqa: S308  escaped or cleaned


def _from_markdown(text: str) -> str:
    env: dict[str, Any] = {}
    tokens = _MARKDOWN.parse(text, env)
    _level_headings(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel=_REL,
        set_tag_attribute_values=_SET,
    )


def _folded(thoughts: str) -> SafeString | str:
    if not thoughts:
        return ""
    return format_html(
        '<details class="thoughts"><summary>What it thought</summary><p>{}</p></details>', thoughts
    )


@register.filter
def without_thoughts(content: str | None) -> str:
    """Return an answer's Markdown as it came, for copying, but for what the model thought."""
    return _split_thoughts(content or "")[1]


@register.filter
def excerpt(content: str | None) -> str:
    """Return the beginning of an answer as plain text on one line, for lists."""
    text = (content or "").lstrip()
    if text.startswith("<think>"):
        text = without_thoughts(content)
    return " ".join(text[:_EXCERPT_CHARACTERS].split())
