"""Asking on from an answer, on its page; and the conversation that pages show around it."""

import re
import uuid

import pytest

from describer.models import Choice, Description, DescriptionImage
from tests.rows import make_description
from tests.web.forms import HX, text_of

pytestmark = pytest.mark.usefixtures("sandbox")


def page(client, row):
    response = client.get(f"/descriptions/{row.pk}/")
    assert response.status_code == 200
    return response


def follow(client, row, question="How many boats?", token=None):
    return client.post(
        f"/descriptions/{row.pk}/follow-up/", {"question": question, "token": token or uuid.uuid4().hex}
    )


def make_follow_up(followed, answer="Two.", **values):
    """A follow-up without a picture of its own."""
    answers = [answer] if answer else []
    row = make_description(followed.owner, *answers, follows=followed, root=followed.first, **values)
    DescriptionImage.objects.filter(description=row).delete()
    return row


@pytest.fixture
def first(alice):
    return make_description(alice, "A pier at dawn.", question="What is there?", model="sandbox-1")


def test_a_question_under_an_answer_becomes_a_follow_up_and_its_page_is_opened(hers, first):
    token = uuid.uuid4().hex
    response = follow(hers, first, token=token)
    born = Description.objects.get(follows=first)
    place = f"/descriptions/{born.pk}/#description-{born.pk}"
    assert response.headers["Location"] == place
    assert (born.root, born.question, born.model) == (first.pk, "How many boats?", "sandbox-1")
    assert follow(hers, first, token=token).headers["Location"] == place, "a double click"
    assert Description.objects.count() == 2
    other = follow(hers, first, "Which colour?", token=token)
    assert other.status_code == 302, "the back button, and another question"
    assert Description.objects.filter(follows=first).count() == 2


def test_the_box_says_what_it_adds(hers, first):
    words = text_of(page(hers, first))
    assert re.search(
        r"Ask a follow-up .*Sends the picture and the answer again, about 1,[67]00 tokens\.", words
    )
    second = make_follow_up(first, "word " * 4000)
    assert re.search(
        r"Sends the picture and 2 answers again, about 6,\d00 tokens\.", text_of(page(hers, second))
    )


def test_there_is_no_box_where_no_answer_can_be_followed(hers, bosses, alice, first):
    for row in (
        make_description(alice, status="failed"),
        make_description(alice),
        make_description(alice, {"content": None, "refusal": "No."}),
    ):
        assert 'name="question"' not in page(hers, row).content.decode()
    assert 'name="question"' not in page(bosses, first).content.decode()


def test_what_is_refused_stays_in_the_box(hers, alice, first, settings):
    settings.QUESTION_MAX_CHARACTERS = 20
    response = follow(hers, first, "How many <boats> are there in all?")
    html = response.content.decode()
    assert response.status_code == 400
    assert "How many &lt;boats&gt; are there in all?</textarea>" in html
    assert 'aria-invalid="true"' in html and "too long: at most 20 characters" in html
    assert "A pier at dawn." in html
    assert "Write a question." in text_of(follow(hers, first, "  "))
    assert Description.objects.count() == 1


def test_d6_what_cannot_be_followed_is_said_on_its_page(hers, his, bosses, alice, first):
    for status in ("queued", "running", "waiting", "failed", "cancelled"):
        response = follow(hers, make_description(alice, status=status))
        assert response.status_code == 400
        assert "Only a finished answer can be followed up" in text_of(response)
    assert [follow(client, first).status_code for client in (his, bosses)] == [404, 404]
    assert not Description.objects.exclude(follows=None).exists()


def test_a_page_reads_its_conversation_downwards(hers, first):
    second = make_follow_up(first, "Two **small** ones.", question="How many boats?")
    third = make_follow_up(second, "Red.", question="Which colour?")
    html = page(hers, third).content.decode()
    places = [
        html.index(words)
        for words in ("What is there?", "A pier at dawn.", "How many boats?", "<strong>small</strong>")
    ]
    assert places == sorted(places) and places[-1] < html.index('<h2 class="question">Which colour?')
    for row in (first, second):
        assert f'href="/descriptions/{row.pk}/"' in html
    assert f"/descriptions/{first.pk}/sent/0/" in html, "the picture that it is about"
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_branches_are_tabs_at_their_place_and_links_below_what_they_follow(hers, first):
    one = make_follow_up(first, question="How many boats?")
    two = make_follow_up(first, question="Which colour?", answer=None, status="queued")
    deeper = make_follow_up(one, question="How old?")
    below = text_of(page(hers, first))
    assert "2 follow-ups How many boats? Which colour? queued" in below
    for row in (one, two):
        html = page(hers, row).content.decode()
        tabs = re.search(r'aria-label="Asked of the same answer">(.*?)</nav>', html, re.S)[1]
        assert f'href="/descriptions/{one.pk}/#' in tabs and f'href="/descriptions/{two.pk}/#' in tabs
        assert re.search(rf'href="/descriptions/{row.pk}/#description-{row.pk}"\s+aria-current="page"', tabs)
    html = page(hers, deeper).content.decode()
    assert html.index("Which colour?") < html.index('<h2 class="question">How old?'), "at its place above"


def test_the_answer_that_is_kept_stands_above(hers, first):
    Choice.objects.create(description=first, index=1, content="A harbour.")
    second = make_follow_up(first)
    Description.objects.filter(pk=first.pk).update(kept=1)
    words = text_of(page(hers, second))
    assert "A harbour." in words and "A pier at dawn." not in words


def test_where_an_earlier_part_is_gone_the_page_says_so_and_nothing_more_is_asked(hers, first):
    second = make_follow_up(first)
    third = make_follow_up(second, question="Which colour?")
    first.delete()
    response = page(hers, third)
    words = text_of(response)
    assert "An earlier part of this conversation was deleted." in words
    assert "Two." in words and "Ask a follow-up" not in words
    assert "was deleted" in text_of(follow(hers, third))
    assert follow(hers, third).status_code == 400


# Of a short one the exact request is put together, too.
@pytest.mark.parametrize(
    ("turns", "words", "statements"), [(2, 5, 31), (49, 5, 31), (50, 5000, 23), (120, 5000, 23)]
)
def test_a_long_conversation_costs_no_more_statements_and_bounded_text(
    hers, first, turns, words, statements, django_assert_num_queries
):
    row = first
    for number in range(turns):
        row = make_follow_up(
            row, f"{number} " + "boat " * words, question=f"Question {number}? " + "why " * words
        )
    page(hers, row)  # what is rendered is kept
    with django_assert_num_queries(statements):
        html = page(hers, row).content.decode()
    assert len(html) < 350_000
    if turns > 50:
        assert f"{turns - 50} earlier questions" in text_of(page(hers, row))


def test_a_tile_and_a_card_of_a_follow_up_show_the_picture_of_its_conversation(hers, first):
    second = make_follow_up(first)
    shown = DescriptionImage.objects.get(description=first)
    thumbnail = f"/images/{shown.image_id}/thumbnail/"
    for address in (f"/descriptions/{second.pk}/tile/", f"/descriptions/{second.pk}/card/"):
        assert thumbnail in hers.get(address, **HX).content.decode()
    assert "follow-up" in text_of(hers.get(f"/descriptions/{second.pk}/tile/"))
    history = hers.get("/history/").content.decode()
    assert (history.count(thumbnail), history.count("follow-up")) == (2, 1)


def test_a_follow_up_under_way_is_watched_and_then_has_its_box(hers, first):
    born = make_follow_up(first, answer=None, status="queued")
    html = page(hers, born).content.decode()
    assert f'data-card="/descriptions/{born.pk}/words/"' in html
    Choice.objects.create(description=born, index=0, content="Two.")
    Description.objects.filter(pk=born.pk).update(status="done")
    words = hers.get(f"/descriptions/{born.pk}/words/", **HX)
    assert "Ask a follow-up" in text_of(words) and "Two." in text_of(words)


def test_asking_a_follow_up_again_follows_the_same(hers, first):
    second = make_follow_up(first, model="sandbox-1")
    response = hers.post(f"/descriptions/{second.pk}/again/", {"token": uuid.uuid4().hex})
    again = Description.objects.latest("pk")
    assert response.headers["Location"] == f"/descriptions/{again.pk}/"
    assert (again.follows_id, again.root) == (first.pk, first.pk)
    assert "Ask with changes" not in text_of(page(hers, second))
