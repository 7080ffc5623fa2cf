"""Rules of Markdown that keep a model's letters: what it wrote down from a picture is rarely meant as a mark.

Receipts, code, paths, formulas and file names hold stars, underscores, backslashes, dashes and numbers that CommonMark
takes for marks and lets go. Each rule of `line_letters` and `block_letters` leaves a construct alone where it is more likely
to be letters, and mathematics is set apart before anything reads it.
"""

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType

from describer.answers import block_letters, line_letters

# Reference definitions vanish from what is shown, underlines make headings of what stands above the line of a sum,
# entities are letters of whatever was written down.
_OFF = ["reference", "lheading", "entity"]


def keep_letters(markdown: MarkdownIt) -> None:
    """Put these rules in place of the parser's own."""
    markdown.disable(_OFF)
    blocks, lines = markdown.block.ruler, markdown.inline.ruler
    everywhere: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    blocks.before("fence", "formula", block_letters.formula, {"alt": ["paragraph", "blockquote"]})
    blocks.before("list", "amounts", block_letters.amounts, {"alt": ["paragraph", "blockquote", "list"]})
    blocks.at("blockquote", block_letters.quote, everywhere)
    blocks.at("hr", block_letters.rule, everywhere)
    lines.at("escape", line_letters.escape)
    lines.at("emphasis", line_letters.emphasis)
    lines.at("autolink", line_letters.address)
