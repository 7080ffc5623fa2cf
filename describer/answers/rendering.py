"""What is shown of an answer: its beginning in a list, piece after piece on its page."""

from dataclasses import dataclass
from html import escape
from importlib.metadata import version

from describer.answers.markdown import TooWild, as_html
from describer.answers.pieces import Bounds, Piece, cut
from describer.answers.thoughts import read_answer

# What was kept by another renderer is made anew: raise the number when the same words come out otherwise.
RENDERER = f"1 {version('markdown-it-py')} {version('nh3')}"
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
    """Render the beginning of an answer, what the model thought folded above."""
    read = read_answer(content)
    piece = render_piece(read.text, bounds)
    end = read.begin + piece.end
    if piece.end == len(read.text):
        end = len(content)
    return RenderedPiece(_folded(read.thoughts) + piece.html, end, piece.code)


def render_piece(text: str, bounds: Bounds, *, code: bool = False) -> RenderedPiece:
    """Render as much of the beginning of a text as may be shown at once; `code`: it begins within a block of code."""
    piece = cut(text, bounds, code=code)
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
    return f'{_PLAIN}<p class="as-it-stands">{escape(piece.text)}</p>'


def _folded(thoughts: str) -> str:
    if not thoughts:
        return ""
    shown = thoughts[:_THOUGHT_CHARACTERS]
    if len(shown) < len(thoughts):
        shown += " …"
    return f'<details class="thoughts"><summary>What it thought</summary><p>{escape(shown, quote=False)}</p></details>'
