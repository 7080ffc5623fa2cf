"""A model's words as safe HTML."""

import re
import time

import pytest
from django.utils.html import escape

from describer.templatetags.answer import answer, excerpt, without_thoughts

REL = 'rel="noopener noreferrer nofollow"'


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
    assert attributes <= {"href", "rel", "class", "tabindex", "title"}
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

    assert '<pre tabindex="0">' in html and '<table tabindex="0">' in html


@pytest.mark.parametrize("content", ["> " * 3000 + "deep", "[" * 5000, "*" * 5000 + "a", "- " * 2000 + "x"])
def test_an_answer_made_to_hurt_is_shown_in_bounded_time(content):
    assert isinstance(answer(content), str)


def test_for_copying_the_markdown_stays_and_thoughts_go():
    assert without_thoughts("<think>hm</think>\n\nA **dog**.\n") == "A **dog**."


def test_an_excerpt_is_one_line_without_thoughts():
    assert excerpt("<think>hm</think>\nA dog\n\n on   grass") == "A dog on grass"
    assert len(excerpt("word " * 1000)) <= 300


@pytest.mark.parametrize("piece", ["[", "![", "[a][", "*a_ ", "<script>", "|a|\n"])
def test_x26_an_answer_that_would_take_a_parser_minutes_is_plain_text_in_a_moment(piece):
    began = time.monotonic()
    shown = answer(piece * 200_000)
    assert time.monotonic() - began < 1
    assert shown.startswith(f"<p>{escape(piece.strip())}") and "<script" not in shown


def test_x26_a_long_answer_is_markdown_still():
    assert answer("**bold** " * 10_000).count("<strong>") == 10_000
