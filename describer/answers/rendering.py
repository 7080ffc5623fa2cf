"""What is shown of an answer: its beginning in a list, piece after piece on its page."""

from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import version

from describer.answers.json_folds import folded_json
from describer.answers.json_lines import json_lines
from describer.answers.markdown import TooWild, as_html
from describer.answers.pieces import Bounds, Piece, cut
from describer.answers.reading import AnswerShape, read_answer, shape_of

# What was kept by another renderer is made anew: raise the number when the same words come out otherwise.
RENDERER = f"3 {version('markdown-it-py')} {version('nh3')}"
LEAD = Bounds(cost=6_000, characters=1_800)
PAGE = Bounds(cost=20_000, characters=20_000)
_MICROSECONDS_A_STEP = 5
_THOUGHT_CHARACTERS = 20_000
_PLAIN = '<p class="help">Shown as plain text: its marks are too many, or nest too deep, to be read as Markdown.</p>'


@dataclass(frozen=True)
class RenderedPiece:
    """A piece of an answer as safe HTML. `end` is where the rest begins in what was written.

    `code` says that the rest begins within a block of code.
    """

    html: str
    end: int
    code: bool = False


def render_beginning(content: str, bounds: Bounds) -> RenderedPiece:
    """Render the beginning of an answer that is read only now."""
    read = read_answer(content)
    piece = render_answer(read.thoughts, read.text, bounds, read.shape)
    end = read.begin + piece.end
    if piece.end == len(read.text):
        end = len(content)
    return replace(piece, end=end)


def render_answer(thoughts: str, text: str, bounds: Bounds, shape: AnswerShape) -> RenderedPiece:
    """Render the beginning of an answer's text, what the model thought folded above."""
    piece = _first_piece(text, bounds, shape)
    return replace(piece, html=_folded(thoughts) + piece.html)


def _first_piece(text: str, bounds: Bounds, shape: AnswerShape) -> RenderedPiece:
    if shape == AnswerShape.JSON:
        return _whole_json(text, bounds) or render_piece(text, bounds, code=True)
    return render_piece(text, bounds, plain=shape == AnswerShape.PLAIN)


def _whole_json(text: str, bounds: Bounds) -> RenderedPiece | None:
    """Render JSON with a line for each value, if all of it may be shown at once."""
    if len(text) > bounds.characters:
        return None
    laid_out = json_lines(text)
    if cut(laid_out, bounds, code=True).end < len(laid_out):
        return None
    return RenderedPiece(folded_json(laid_out), len(text))


def render_call(arguments: str) -> str:
    """Render what a tool was called with: JSON that folds or, where it is none, as it stands."""
    if shape_of(arguments.strip()) == AnswerShape.JSON and (piece := _whole_json(arguments.strip(), PAGE)):
        return piece.html
    return f'<pre tabindex="0"><code>{escape(arguments, quote=False)}</code></pre>'


def render_whole(text: str, shape: AnswerShape) -> str:
    """Render all of an answer's text, piece by piece, each within the bounds of a page."""
    piece = _first_piece(text, PAGE, shape)
    html, place = [piece.html], piece.end
    while place < len(text):
        piece = render_piece(text[place:], PAGE, code=piece.code, plain=shape == AnswerShape.PLAIN)
        html.append(piece.html)
        place += piece.end
    return "".join(html)


def render_piece(text: str, bounds: Bounds, *, code: bool = False, plain: bool = False) -> RenderedPiece:
    """Render as much of the beginning of a text as may be shown at once.

    `code`: it begins within a block of code. `plain`: it is no Markdown.
    """
    piece = cut(text, bounds, code=code)
    if plain:
        return RenderedPiece(_as_it_stands(piece.text), piece.end)
    return RenderedPiece(_html(piece, bounds, code), piece.end, piece.code)


def _html(piece: Piece, bounds: Bounds, code: bool) -> str:
    if not piece.wild:
        begin = ""
        if code:
            begin = "```\n"
        try:
            return as_html(begin + piece.text, bounds.cost // _MICROSECONDS_A_STEP)
        except TooWild:
            pass
    return _PLAIN + _as_it_stands(piece.text)


def _as_it_stands(text: str) -> str:
    return f'<p class="as-it-stands">{escape(text)}</p>' if text else ""


def _folded(thoughts: str) -> str:
    if not thoughts:
        return ""
    shown = thoughts[:_THOUGHT_CHARACTERS]
    if len(shown) < len(thoughts):
        shown += " …"
    return f'<details class="thoughts"><summary>What it thought</summary><p>{escape(shown, quote=False)}</p></details>'
