"""A model's words as safe HTML."""

import re
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.answers.pieces import cut
from describer.answers.plain_text import plain_text
from describer.answers.reading import AnswerShape, read_answer
from describer.answers.rendering import LEAD, PAGE, render_answer, render_beginning, render_piece
from describer.templatetags.answer import excerpt
from tests.answers.shapes import SHAPES, seconds

MOST_SECONDS = 0.05
REL = 'rel="noopener noreferrer nofollow"'


def answer(content):
    """The beginning of an answer as its page shows it."""
    return render_beginning(content or "", PAGE).html


def without_thoughts(content):
    return read_answer(content).text


def all_pieces(content, bounds=PAGE):
    """All of an answer as HTML, piece by piece."""
    piece = render_beginning(content, bounds)
    html, place = [piece.html], piece.end
    while place < len(content):
        piece = render_piece(content[place:], bounds, code=piece.code)
        html.append(piece.html)
        place += piece.end
    return "".join(html)


def letters(html):
    return "".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def test_markdown_is_shown_as_what_it_means():
    html = answer("A **red** boat:\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```")

    assert "<strong>red</strong>" in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html
    assert "code\n</code></pre>" in html


def test_a_line_end_stays_a_line_end():
    assert re.sub(r"\s", "", answer("CAUTION\nWET PAINT")) == "<p>CAUTION<br>WETPAINT</p>"


@pytest.mark.parametrize("content", ["", "  \n\n ", None])
def test_nothing_is_nothing(content):
    assert answer(content) == ""


def test_i20_leading_blank_lines_are_trimmed_for_display():
    assert answer("\n\n\n    A dog.").startswith("<p>A dog.")


def test_i20_thoughts_are_folded_away_and_stay_text():
    html = answer("\n<think>It <b>may</b> be\na dog.</think>\n\nA dog.")

    assert html.startswith('<details class="thoughts"><summary>What it thought</summary>')
    assert "It &lt;b&gt;may&lt;/b&gt; be\na dog." in html
    assert html.endswith("<p>A dog.</p>\n")


def test_i20_a_thought_that_was_cut_off_is_no_answer():
    assert "<details" in answer("<think>It may be") and "<p>It may be</p></details>" in answer(
        "<think>It may be"
    )


EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/png;base64,AAAA)",
    '[x](https://ok.example "\\" onmouseover=alert(1) x=\\"")',
    '![x" onerror="alert(1)](https://ok.example/a.png)',
    "```html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    '<a href="https://evil.example" style="position:fixed">x</a>',
    "<think><script>alert(1)</script></think>",
    "| <script>a</script> |\n|---|\n| <img src=x> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{display:none}</style>",
    "![x](https://[bad)",
    "<iframe src=https://evil.example></iframe>",
]


@pytest.mark.parametrize("content", EVIL)
def test_x20_nothing_in_an_answer_becomes_markup_of_its_own(content):
    html = answer(content)
    tags = set(re.findall(r"<(\w+)", html))
    attributes = set(re.findall(r'\s([\w-]+)="', " ".join(re.findall(r"<[^>]+>", html))))

    assert tags <= {
        "p",
        "a",
        "code",
        "pre",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert attributes <= {"href", "rel", "class", "dir", "tabindex", "title"}
    assert not re.search(r'href="(?!https://)', html)


@pytest.mark.parametrize("content", ["[a](https://ok.example/x)", "<https://ok.example/x>"])
def test_x20_outside_links_carry_their_rel(content):
    assert f'<a href="https://ok.example/x" {REL}>' in answer(content)


def test_x21_a_picture_in_an_answer_is_a_link_with_its_host():
    html = answer("See ![the plan](https://evil.example/?q=secret)")

    assert "<img" not in html
    assert f'<a href="https://evil.example/?q=secret" {REL}>Picture: the plan (evil.example)</a>' in html


def test_x21_a_picture_within_a_link_is_words_within_that_link():
    html = answer("[![plan](https://a.example/p.png)](https://b.example)")

    assert html == f'<p><a href="https://b.example" {REL}>Picture: plan (a.example)</a></p>\n'


@pytest.mark.parametrize(
    "source", ["/logout/", "//evil.example/x", "picture.png", "data:image/png;base64,AA"]
)
def test_x21_a_picture_from_nowhere_is_words_alone(source):
    html = answer(f"![plan]({source})")

    assert "<a" not in html and "<img" not in html and "plan" in html


def test_a_link_into_the_site_is_no_link():
    assert "href" not in answer("[press here](/account/)")


def test_headings_begin_below_the_pages_own_and_skip_no_level():
    html = answer("# One\n\n#### Two\n\n## Three\n\n###### Four\n\n# Five")

    assert re.findall(r"<(h\d)>", html) == ["h4", "h5", "h5", "h6", "h4"]


def test_what_scrolls_sideways_is_within_reach_of_the_keyboard():
    html = answer("```\ncode\n```\n\n| a |\n|---|\n| 1 |")

    assert '<pre tabindex="0">' in html and re.search(r'<table[^>]* tabindex="0"', html)


def test_for_copying_the_markdown_stays_and_thoughts_go():
    assert without_thoughts("<think>hm</think>\n\nA **dog**.\n") == "A **dog**."


def test_an_excerpt_is_one_line_without_thoughts():
    assert excerpt("<think>hm</think>\nA dog\n\n on   grass") == "A dog on grass"
    assert len(excerpt("word " * 1000)) <= 300


@pytest.mark.parametrize("piece", ["[", "![", "*a_ ", "<script>"])
def test_x26_an_answer_that_would_take_a_parser_minutes_is_plain_text_in_a_moment(piece):
    assert seconds(lambda: answer(piece * 200_000)) < MOST_SECONDS
    shown = answer(piece * 200_000)
    assert escape(piece.strip()) in shown and "<script" not in shown
    assert len(shown) < 200_000


def test_x26_a_long_answer_is_markdown_still():
    assert all_pieces("**bold** " * 10_000).count("<strong>") == 10_000


@pytest.mark.slow
@pytest.mark.parametrize("bounds", [LEAD, PAGE], ids=["lead", "page"])
@pytest.mark.parametrize("name", SHAPES)
def test_fa10_no_shape_costs_more_than_its_bound(name, bounds):
    for count in (40, 300, 1200, 20_000):
        content = SHAPES[name](count)
        assert seconds(lambda content=content: render_beginning(content[:100_000], bounds)) < MOST_SECONDS


FRAGMENTS = [
    *("[", "![", "](", "]", "[a](b) ", "*", "**", "_", "~~", "`", "```\n", "> ", "- ", "1. ", "\n", "\n\n"),
    *(
        "|",
        "|-",
        "|a|b|\n|-|-|\n",
        "<",
        "<a@b.c>",
        "<http://a.b>",
        "&",
        "&amp;",
        "&#x",
        "\\",
        "    ",
        "\t",
        "# ",
    ),
    *("word ", "[a]: b\n", "===\n", "---\n", "\u0301", "\u200b", "漢字", "a*b_c", "<think>", "</think>", "!"),
]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6), st.integers(1, 4000))
def test_fa10_whatever_is_repeated_costs_no_more(fragments, count):
    content = ("".join(fragments) * count)[:100_000]
    assert seconds(lambda: render_beginning(content, PAGE)) < MOST_SECONDS


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=300))
def test_fa10_no_piece_leaves_a_letter_out(fragments):
    content, place, code = "".join(fragments) * 20, 0, False
    while place < len(content):
        piece = cut(content[place:], LEAD, code=code)
        assert piece.text == content[place : place + piece.end] and piece.end > 0
        place, code = place + piece.end, piece.code
    assert place == len(content)


@pytest.mark.parametrize(
    "content",
    ["Quoted:\n\n" + "> " * 200, "- " * 200, "1. " * 200, "*a **b " * 20 + "b** a*" * 20, "![" * 99],
)
def test_fa10_what_nests_too_deep_is_plain_text_and_says_so(content):
    shown = answer(content + "deep")
    assert "Shown as plain text" in shown
    assert "".join((content + "deep").split()) in letters(shown)


def test_fa10_a_table_of_ten_thousand_columns_is_plain_text():
    table = "|a" * 10_000 + "|\n" + "|-" * 10_000 + "|\n" + "|b" * 10_000 + "|"
    assert "Shown as plain text" in answer(table)


def test_fa10_a_table_that_a_person_reads_stays_one():
    table = "| a | b | c | d |\n|---|---|---|---|\n" + "| 1 | 2 | 3 | 4 |\n" * 100
    assert answer(table).count("<td>") == 400


def test_fe02_a_block_of_code_goes_on_as_code_in_the_next_piece():
    html = all_pieces("Look:\n\n```\n" + "*not emphasis* = 1\n" * 5000 + "```\n\n*emphasis*\n")
    assert html.count("*not emphasis* = 1") == 5000
    assert html.count("<em>") == 1


def test_fe02_a_piece_ends_between_paragraphs():
    content = ("A paragraph of some length, with words. " * 10 + "\n\n") * 100
    piece = render_beginning(content, PAGE)
    assert content[: piece.end].endswith("\n\n") and 10_000 < piece.end <= PAGE.characters
    assert piece.html.count("<p>") == piece.html.count("</p>")


def test_a_thought_stands_at_the_start_alone():
    assert "<details" not in answer("The slide says: <think> first.")
    assert "&lt;think&gt; first" in answer("The slide says: <think> first.")


LETTERS = {
    "numbers of a list": "3. Pay\n1. Show\n7. Wait",
    "signs of amounts": "- 12.50\n+ 20.00",
    "amounts with words": "- 12.50 Fee\n+ 20.00 Deposit",
    "bare amounts": "Total\n- $12.50\n- $3.00",
    "stars within a word": "ab*cd*ef_gh_",
    "dunder": "def __init__(self):\n    self.__name__ = _private_",
    "powers": "x**2 + y**2 = z**2 and 2*3*4",
    "prompt": "> ls -la",
    "prompt with its output": "> whoami\nroot",
    "prompt within words": "He typed:\n\n> rm -rf /tmp/x\n\nand left.",
    "displayed formula": "\\[ E = \\frac{a}{b} \\]",
    "inline formula": "so $x^*$ and \\(a_1 * b_2\\) hold",
    "formula in dollars": "$$\n\\sum_{i=1}^n x_i*y_i\n- 1\n$$",
    "environment": "\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}",
    "path": "C:\\Users\\_ann\\*.txt",
    "network path": "\\\\server\\share\\_new_\\*.doc",
    "pattern": r"^\d+\.\d{2}$ or \*\w+",
    "JSON": '{"say": "\\"hi\\"", "n": 12.50}',
    "JSON within words": 'It returns {"say": "\\"hi\\""} then.',
    "line of a sum": "Subtotal\n-------\n12.50\n=====",
    "entities": "AT&amp;T &copy; 2020 &nbsp;",
    "definition": "[1]: https://a.example\nSee [1].",
    "globs": "ls *.py *.txt **/*.md",
    "keywords of Python": "f(*args, **kwargs) *x",
    "money": "US$5 and $10, $5-$10, 5$",
    "comment": "/* a */ x *= 2; *p = &q;",
    "year": "1986. A great year",
}


def written(text):
    """All letters, without blanks and without the numbers that a list's own mark shows."""
    return "".join(text.split())


@pytest.mark.parametrize("name", LETTERS)
def test_fa01_what_a_model_wrote_down_stays_letter_by_letter(name):
    html = answer(LETTERS[name])
    shown = re.sub(r'<ol start="(\d+)"[^>]*>\s*<li>', r"\1. ", html)
    shown = re.sub(r'<li value="(\d+)">', r"\1. ", shown)
    assert letters(shown) == written(LETTERS[name])


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("**「営業中」**と", "<strong>「営業中」</strong>と"),
        ("**注意（重要）：**请", "<strong>注意（重要）：</strong>请"),
        ("これは**「強調」**です", "<strong>「強調」</strong>です"),
        ("중요한 **'경고'**입니다", "<strong>'경고'</strong>입니다"),
        ("他说*“你好”*。", "<em>“你好”</em>。"),
    ],
)
def test_fa05_emphasis_works_beside_letters_without_blanks_between(content, html):
    assert html in answer(content)


@pytest.mark.parametrize(
    ("content", "tags"),
    [
        ("a **bold** word, *so* and _so it is_", ["strong", "em", "em"]),
        ("- one\n- two", ["ul", "li", "li"]),
        ("1. one\n2. two", ["ol", "li", "li"]),
        ("It says:\n\n> STOP\n> HERE\n\nin red.", ["blockquote"]),
        ("one\n\n---\n\ntwo", ["hr"]),
        ("# Title\n\ntext", ["h4"]),
        ("- 12 eggs\n- 3 apples", ["ul", "li", "li"]),
    ],
)
def test_fa01_what_is_meant_as_markdown_is_read_as_markdown(content, tags):
    found = re.findall(r"<(\w+)", answer(content))
    assert [tag for tag in found if tag not in ("p", "br")] == tags


def test_fa06_lists_quotes_and_tables_have_the_direction_of_their_words():
    html = answer("- مرحبا\n\n1. שלום\n\nטקסט:\n\n> ציטוט\n\n| א |\n|---|\n| ב |")
    for tag in ("ul", "ol", "blockquote", "table"):
        assert re.search(f'<{tag}[^>]* dir="auto"', html)


def test_fa09_cells_break_lines_and_columns_keep_their_alignment():
    html = answer("| a | b | c |\n|:--|:-:|--:|\n| 1<br>2 | x<BR/>y | z<br />`<br>` |\n\nNo <br> here.")
    assert "1<br>\n2" in html and "x<br>\ny" in html and "<code>&lt;br&gt;</code>" in html
    assert '<th class="center">b</th>' in html and '<td class="right">z' in html
    assert "No &lt;br&gt; here." in html


def test_fa01_json_is_shown_as_json_and_long_json_in_pieces():
    shown = answer('{"a": [1, 2.50]}')
    assert shown.startswith('<div class="json"')
    assert re.sub("<[^>]*>", "", shown) == '{\n  "a": [\n    1,\n    2.50\n  ]\n}\n'
    long = "[" + ", ".join(f'"*item* {number}"' for number in range(5000)) + "]"
    assert "<em>" not in all_pieces(long) and letters(all_pieces(long)) == written(long)


def test_json_folds_at_each_object_and_list_within_it():
    assert folds('{"a": [1, {"b": {}}], "c": "]["}') == ['  "a": [', "    {"]
    laid_out = '{ "a": [\n  1 ], "b": {\n  "c": 2\n}, "d": [\n3\n]\n}'
    assert folds(laid_out) == ['  1 ], "b": {', '}, "d": [']
    assert re.sub("<[^>]*>", "", answer(laid_out)) == laid_out + "\n"
    deep = answer("[" * 60 + "1" + "]" * 60)
    assert deep.count("<details") == deep.count("</details>") == 24
    assert len(folds("[" + ",".join(["[1]"] * 900) + "]")) == 500


def folds(content):
    """The lines at which an answer folds; each fold that opens is closed."""
    shown = answer(content)
    assert shown.count("<details") == shown.count("</details>")
    return [unescape(one) for one in re.findall(r"<details open><summary>([^<]*)\n</summary>", shown)]


MARKED = """# Harbour

Two **boats** & [a link](https://example.org/),
`code`.

3. one
4. two
   - inner

> quoted

| a | b |
|---|---|
| 1 | 2 |

```python
def a():

    return 1
```

Half: $\\frac{a}{b}$"""
PLAIN = """Harbour

Two boats & a link,
code.

3. one
4. two
  - inner

quoted

a\tb
1\t2

def a():

    return 1

Half: $\\frac{a}{b}$"""


def test_an_answer_as_plain_text_keeps_its_words_numbers_and_lines():
    assert plain_text(answer(MARKED)) == PLAIN


def test_fa01_plain_text_is_no_markdown():
    html = render_answer("", "**NO** _ENTRY_\n# 5", PAGE, AnswerShape.PLAIN).html
    assert html == '<p class="as-it-stands">**NO** _ENTRY_\n# 5</p>'
