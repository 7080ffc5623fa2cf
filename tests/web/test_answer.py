"""Answers on pages: within bounds, rendered once, and read piece by piece where they are long."""

import re
import time
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.answers.rendering import RENDERER
from describer.models import Choice
from tests.rows import make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
WILD = "![" * 1200
LONG = "".join(f"Paragraph {number} of **many**, with words.\n\n" for number in range(3000))  # 120 kB


def page(client, row, path=""):
    response = client.get(f"/descriptions/{row.pk}/{path}")
    assert response.status_code == 200
    return response


def seconds(client, path):
    """The processor time of a page, the second of two: the first one loads templates."""
    began = time.thread_time()
    assert client.get(path).status_code == 200
    return time.thread_time() - began


def test_fa10_a_wild_answer_is_plain_text_on_card_and_page_and_says_so(hers, alice):
    row = make_description(alice, WILD)
    for path in ("", "card/"):
        html = page(hers, row, path).content.decode()
        assert "Shown as plain text" in html and '<p class="as-it-stands">![![![' in html


@pytest.mark.parametrize(
    "content", [WILD, "|a" * 10_000 + "|\n" + "|-" * 10_000 + "|\n", "- " * 30_000, "> " * 30_000]
)
def test_fa10_twenty_wild_answers_cost_the_front_page_little_more_than_twenty_tame_ones(
    hers, his, alice, bob, content
):
    for _ in range(20):
        make_description(alice, content)
        make_description(bob, "Two boats.")
    seconds(his, "/")
    assert seconds(hers, "/") - seconds(his, "/") < 20 * 0.05
    assert seconds(hers, "/") - min(seconds(his, "/") for _ in range(3)) < 0.25, "they were rendered before"


def test_fa10_an_answer_is_rendered_once_and_kept_with_its_row(hers, alice):
    row = make_description(alice, "Two **boats**.")
    page(hers, row), page(hers, row, "card/")
    kept = Choice.objects.values_list("rendered_lead", "rendered_page").get(description=row)
    assert [entry["by"] for entry in kept] == [RENDERER, RENDERER]
    with CaptureQueriesContext(
        connection,
    ) as statements:
        page(hers, row), page(hers, row, "card/")
    assert not [one["sql"] for one in statements if one["sql"].startswith("UPDATE")]


def test_fa10_what_an_earlier_renderer_kept_is_made_anew(hers, alice):
    row = make_description(alice, "Two **boats**.")
    old = {"by": "0", "html": "<p>Of old.</p>", "end": 14, "code": False}
    Choice.objects.update(rendered_page=old)
    html = page(hers, row).content.decode()
    assert "<strong>boats</strong>" in html and "Of old." not in html


def test_fa10_what_was_kept_goes_with_the_words(hers, alice):
    row = make_description(alice, "Two **boats**.")
    page(hers, row)
    hers.post(f"/descriptions/{row.pk}/delete/", {"for_good": "1"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM describer_choice")
        assert cursor.fetchone() == (0,)


def test_fe02_a_long_answer_is_read_to_its_end_in_pieces_without_a_script(hers, alice):
    row = make_description(alice, LONG)
    html, read = page(hers, row).content.decode(), []
    assert "This is its beginning" in html and "Paragraph 2999" not in html
    while True:
        read += [int(number) for number in re.findall(r"Paragraph (\d+) of <strong>many</strong>", html)]
        rest = re.search(r'href="([^"]*)"[^>]*>Read on', html)
        if rest is None:
            break
        html = hers.get(rest[1].replace("&amp;", "&")).content.decode()
    assert read == list(range(3000))


def test_fe02_a_list_shows_the_beginning_of_a_long_answer_and_reads_no_more(hers, alice):
    row = make_description(alice, LONG, question="Why? " * 50_000)
    for path in ("/", "/history/", f"/descriptions/{row.pk}/card/", f"/descriptions/{row.pk}/tile/"):
        with CaptureQueriesContext(connection) as statements:
            response = hers.get(path)
        assert "Paragraph 0" in text_of(response) or path.endswith("/tile/")
        assert len(response.content) < 60_000
        whole = re.compile(r'(?<!\()"describer_\w+"\."(content|question|system_prompt)"')
        read = [one["sql"] for one in statements if whole.search(one["sql"])]
        assert [sql for sql in read if 'FROM "describer_preset"' not in sql] == []


def test_fe02_the_whole_answer_can_be_copied_and_read_as_it_stands(hers, alice):
    row = make_description(alice, LONG)
    html = page(hers, row).content.decode()
    assert f'data-copy-file="/descriptions/{row.pk}/text/words-0/?plain"' in html
    response = hers.get(f"/descriptions/{row.pk}/text/words-0/?plain")
    assert b"".join(response).decode() == LONG
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "Paragraph 5 of **many**" in text_of(page(hers, row, "text/answer-0/"))


def test_an_answer_is_copied_as_plain_text_markdown_html_and_json(hers, alice):
    row = make_description(alice, "Two **boats** & <i>a dog</i>")
    html = page(hers, row).content.decode()
    copies = dict(re.findall(r'data-copy-file="([^"]*)">([^<]*)</a>', html))
    assert list(copies.values()) == ["Plain text", "Markdown", "HTML", "JSON"]
    plain, written, marked, told = (hers.get(unescape(address)) for address in copies)
    assert plain.content.decode() == "Two boats & <i>a dog</i>"
    assert b"".join(written).decode() == "Two **boats** & <i>a dog</i>"
    assert (
        marked.content.decode().strip() == "<p>Two <strong>boats</strong> &amp; &lt;i&gt;a dog&lt;/i&gt;</p>"
    )
    assert marked["Content-Type"] == plain["Content-Type"] == "text/plain; charset=utf-8"
    assert told.json()["text"] == "Two **boats** & <i>a dog</i>" and told.json()["index"] == 0


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_x02_anothers_answer_is_copied_by_nobody(his, alice, form):
    assert (
        his.get(f"/descriptions/{make_description(alice, 'Boats.').pk}/answers/0/?as={form}").status_code
        == 404
    )


def test_fe02_a_hundred_answers_are_shown_a_few_at_a_time(hers, alice):
    row = make_description(
        alice, *[f"{number} " + LONG[:100_000] for number in range(20)], parameters={"n": 20}
    )
    began = time.thread_time()
    response = page(hers, row)
    assert time.thread_time() - began < 8 * 0.05 + 0.3
    assert len(response.content) < 1_000_000
    html = response.content.decode()
    assert html.count('type="radio"') == 8 and "Answers 9 to 16" in html
    last = page(hers, row, "?answers=17").content.decode()
    assert last.count('type="radio"') == 4 and "Answers 9 to 16" in last and "Answer 20" in last
    assert "got" not in text_of(response)


def test_fe02_thoughts_refusals_and_calls_of_tools_are_cut_too(hers, alice):
    call = {"function": {"name": "look", "arguments": "x" * 300_000}}
    row = make_description(
        alice,
        {"content": "Yes.", "reasoning": "Hm. " * 50_000, "refusal": "No. " * 50_000, "tool_calls": [call]},
    )
    response = page(hers, row)
    assert len(response.content) < 120_000
    assert f"/descriptions/{row.pk}/text/thoughts-0/" in response.content.decode()
    assert len(page(hers, row, "card/").content) < 30_000


@pytest.mark.parametrize(
    "path",
    ["answers/0/", "answers/7/", "text/answer-0/", "text/question/", "text/messages/", "text/nonsense/"],
)
def test_x02_anothers_texts_are_not_found(his, alice, path):
    row = make_description(alice, "Two boats.")
    assert his.get(f"/descriptions/{row.pk}/{path}").status_code == 404


@pytest.mark.parametrize("begin", ["", "x", "-1", "99", str(10**18)])
def test_fe02_a_piece_from_nowhere_is_an_empty_page(hers, alice, begin):
    row = make_description(alice, "Two boats.")
    for path in ("answers/0/", "text/answer-0/"):
        assert hers.get(f"/descriptions/{row.pk}/{path}?begin={begin}").status_code == 200
