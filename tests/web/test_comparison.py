"""The page of a comparison, its columns, the winner, and the ladder on a description's page."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.desk.trash import delete_for_good, restore, trash
from describer.models import Comparison, Description, Endpoint, StreamedWords
from tests.rows import boat, make_comparison, make_counted_attempt, make_description, make_image
from tests.web.forms import HX, ask, picture, text_of

pytestmark = pytest.mark.usefixtures("sandbox")
SIZES: tuple[dict[str, Any], ...] = ({"long_side": 512}, {"long_side": 1024}, {})


def compared(owner, *variants, answer="Two boats.", **values):
    """A comparison whose descriptions are all answered, about one picture."""
    row = make_comparison(owner, *variants, question="What is there?")
    pictures = boat(owner)
    for number, variant in enumerate(row.variants):
        words = answer and [f"{answer} In variant {number}."]
        own = {"model": variant["model"], "long_side": variant["long_side"], "question": row.question}
        make_description(
            owner, *words or [], pictures=pictures, comparison=row, variant=number, **own, **values
        )
    return row


def page(client, row):
    response = client.get(f"/comparisons/{row.pk}/")
    assert response.status_code == 200
    return response


def headings(response):
    found = re.findall(r'<h2 class="question">(.*?)</h2>', response.content.decode())
    return [unescape(words) for words in found]


def test_answers_and_what_they_took_stand_beside_each_other(hers, alice):
    row = compared(alice, *SIZES)
    response = page(hers, row)
    words, html = text_of(response), response.content.decode()
    assert headings(response) == ["512 px", "1024 px", "full size"]
    for number in range(3):
        assert f"In variant {number}." in words
    assert words.count("1,284") == 3 and words.count("This one is best") == 3
    assert html.count("/sent/") >= 1 and html.count('<img src="') == 0
    assert len(re.findall(r"<img\s", html)) == 1, "the picture is shown once"
    assert words.partition("Comparison of 3")[2].count("What is there?") == 1


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        (({"model": "a"}, {"model": "b"}), ["a", "b"]),
        (({"preset": "alt-text"}, {}), ["alt-text", "no preset"]),
        (({"parameters": {"temperature": 0.2}}, {}), ["temperature 0.2", "temperature not set"]),
        (({"model": "a", "long_side": 512}, {"model": "b"}), ["a · 512 px", "b · full size"]),
        (({}, {}), ["Variant 1", "Variant 2"]),
    ],
)
def test_a_heading_says_in_what_a_variant_differs(hers, alice, variants, words):
    assert headings(page(hers, compared(alice, *variants))) == words


def test_a_variant_that_failed_or_runs_says_so_in_its_column(hers, alice):
    row = make_comparison(alice)
    make_description(
        alice, comparison=row, status="failed", error_message="It was too much.", pictures=boat(alice)
    )
    make_description(alice, comparison=row, variant=1, status="running")
    words = text_of(page(hers, row))
    assert "It was too much." in words and "Asking vision-1" in words


def test_words_come_in_their_column_and_stay_where_they_broke_off(hers, alice):
    Endpoint.objects.update(settings={"stream_pages": True})
    row = make_comparison(alice)
    make_description(alice, comparison=row, status="running", calls=1)
    broken = make_description(alice, comparison=row, variant=1, status="failed", calls=1)
    StreamedWords.objects.create(description=broken, call=1, text="Two bo")
    first, second = re.split(r'id="variant-1"', page(hers, row).content.decode())
    assert "data-coming" in first and 'aria-busy="true"' in first
    assert "What came before it broke off:" in second and ">Two bo<" in second


def test_a_column_is_fetched_alone_when_it_changed(hers, alice):
    row = compared(alice, *SIZES)
    html = page(hers, row).content.decode()
    addresses = re.findall(r'data-card="([^"]+)"', html)
    assert addresses == [f"/comparisons/{row.pk}/{number}/" for number in range(3)]
    reply = hers.get(addresses[1], **HX)
    assert reply.headers["X-Running"] == ""
    assert "In variant 1." in text_of(reply) and "In variant 0." not in text_of(reply)
    assert hers.get(f"/comparisons/{row.pk}/7/").status_code == 404


def test_the_best_is_picked_changed_and_may_be_none(hers, alice):
    row = compared(alice, *SIZES)

    def pressed(said):
        reply = hers.post(f"/comparisons/{row.pk}/winner/", {"winner": said}, follow=True)
        row.refresh_from_db()
        found = re.findall(r'value="(\w+)" aria-pressed="true"', " ".join(reply.content.decode().split()))
        return row.winner, row.judged is not None, found

    assert (row.winner, row.judged) == (None, None)
    assert pressed("1") == (1, True, ["1"])
    assert pressed("0") == (0, True, ["0"])
    assert pressed("none") == (None, True, ["none"])
    for wrong in ("3", "", "-1", "x", "\u0663", "9" * 30):
        assert pressed(wrong) == (None, True, ["none"])


def test_presets_of_their_own_questions_show_each(hers, alice):
    row = make_comparison(alice, {"preset": "a"}, {"preset": "b"})
    for number, question in enumerate(("How many boats?", "Which colours?")):
        make_description(alice, "Two.", comparison=row, variant=number, question=question)
    words = text_of(page(hers, row))
    assert "How many boats?" in words and "Which colours?" in words


def test_the_answer_that_counts_is_shown(hers, alice):
    row = make_comparison(alice)
    for number in range(2):
        make_description(alice, "First.", "Second.", comparison=row, variant=number, kept=number)
    html = page(hers, row).content.decode()
    assert html.count("First.") == html.count("Second.") == 1


def test_a_comparison_with_a_description_gone_shows_the_others(hers, alice):
    row = compared(alice, *SIZES)
    delete_for_good(Description.objects.filter(comparison=row, variant=0))
    assert headings(page(hers, row)) == ["1024 px", "full size"]
    delete_for_good(Description.objects.filter(comparison=row))
    assert hers.get(f"/comparisons/{row.pk}/").status_code == 404
    assert not Comparison.objects.exists()


def test_what_is_in_the_trash_is_not_compared_until_it_is_restored(hers, alice):
    row = compared(alice, *SIZES)
    rows = Description.objects.filter(comparison=row)
    first = rows.get(variant=0)
    trash(rows.filter(variant=0))
    assert headings(page(hers, row)) == ["1024 px", "full size"]
    assert "One of a comparison of 3" in text_of(hers.get(f"/descriptions/{first.pk}/"))
    assert hers.get(f"/comparisons/{row.pk}/0/").status_code == 404
    assert hers.get(f"/comparisons/{row.pk}/1/").status_code == 200
    trash(rows)
    for path in ("", "1/"):
        assert hers.get(f"/comparisons/{row.pk}/{path}").status_code == 404
    assert hers.post(f"/comparisons/{row.pk}/winner/", {"winner": "1"}).status_code == 404
    assert hers.post(f"/descriptions/{first.pk}/ladder/", {"token": "t"}).status_code == 404
    assert "comparison" not in text_of(hers.get(f"/descriptions/{first.pk}/"))
    restore(rows)
    row.refresh_from_db()
    assert (row.judged, len(headings(page(hers, row)))) == (None, 3)


def test_markup_in_words_is_inert(hers, alice):
    evil = "<script>alert(1)</script>"
    row = compared(alice, {"model": evil}, {"parameters": {"stop": evil}}, answer=evil)
    assert "<script>alert" not in page(hers, row).content.decode()


def test_a_page_costs_as_many_statements_for_four_as_for_two(hers, alice):
    counts = []
    for variants in (SIZES[:2], (*SIZES, {"model": "b"})):
        row = compared(alice, *variants)
        page(hers, row)  # keeps what it rendered
        with CaptureQueriesContext(connection) as captured:
            page(hers, row)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10, counts


def test_a_description_leads_to_its_comparison(hers, alice):
    row = compared(alice, *SIZES)
    html = hers.get(f"/descriptions/{Description.objects.first().pk}/").content.decode()
    assert f'<a href="/comparisons/{row.pk}/">One of a comparison of 3</a>' in html
    alone = make_description(alice, "A boat.")
    assert "comparison" not in text_of(hers.get(f"/descriptions/{alone.pk}/"))


def test_the_ladder_says_before_what_it_asks_and_leads_to_the_comparison(hers, alice):
    row = make_description(alice, "A boat.", system_prompt="Be brief.", parameters={"temperature": 0.5})
    response = hers.get(f"/descriptions/{row.pk}/")
    words, html = text_of(response), response.content.decode()
    assert "How small may the picture be? 4 asks" in words
    assert "512, 768, 1,024, 2,000 pixels" in words and "left out" in words
    token = re.search(r'/ladder/".*?name="token" value="(\w+)"', html, re.DOTALL)[1]
    Description.objects.filter(pk=row.pk).update(model="sandbox")
    first = hers.post(f"/descriptions/{row.pk}/ladder/", {"token": token})
    assert hers.post(f"/descriptions/{row.pk}/ladder/", {"token": token})["Location"] == first["Location"]
    made = Comparison.objects.get()
    assert first["Location"] == f"/comparisons/{made.pk}/"
    rows = made.descriptions.order_by("variant")
    assert [one.long_side for one in rows] == [512, 768, 1024, 2000]
    assert {(one.system_prompt, one.parameters["temperature"]) for one in rows} == {("Be brief.", 0.5)}
    assert "Queued" in text_of(page(hers, made))


@pytest.mark.parametrize("why", ["small", "running", "anothers"])
def test_there_is_no_ladder_without_two_sizes_an_answer_or_for_others(hers, his, alice, why):
    image = make_image(alice, width=600, height=400) if why == "small" else make_image(alice)
    answers = [] if why == "running" else ["A boat."]
    row = make_description(alice, *answers, pictures=[(image, "boat.jpg")], model="sandbox")
    client = his if why == "anothers" else hers
    if why != "anothers":
        assert "How small" not in text_of(client.get(f"/descriptions/{row.pk}/"))
    reply = client.post(f"/descriptions/{row.pk}/ladder/", {"token": "t"})
    assert reply.status_code == (404 if why == "anothers" else 302)
    assert not Comparison.objects.exists()


def test_a_follow_up_is_asked_at_several_sizes_of_a_picture_of_its_own_alone(hers, alice):
    first = make_description(alice, "A pier.")
    around = {"follows": first, "root": first.pk, "model": "sandbox"}
    bare = make_description(alice, "Two.", **around)
    bare.pictures.all().delete()
    assert "How small" not in text_of(hers.get(f"/descriptions/{bare.pk}/"))
    reply = hers.post(f"/descriptions/{bare.pk}/ladder/", {"token": "t"}, follow=True)
    assert "no picture of its own" in text_of(reply) and not Comparison.objects.exists()
    own = make_description(alice, "Three.", **around)
    assert "How small" in text_of(hers.get(f"/descriptions/{own.pk}/"))
    hers.post(f"/descriptions/{own.pk}/ladder/", {"token": "t"})
    rows = Comparison.objects.get().descriptions.all()
    assert {(one.follows_id, one.root) for one in rows} == {(first.pk, first.pk)}
    trash(Description.objects.filter(pk=first.pk))
    hers.post(f"/descriptions/{own.pk}/ladder/", {"token": "another"})
    assert Comparison.objects.count() == 1, "it goes on from nothing that is in the trash"


def test_a_stranger_sees_and_judges_nothing(hers, his, alice):
    row = compared(alice, *SIZES)
    for path in ("", "0/"):
        assert his.get(f"/comparisons/{row.pk}/{path}").status_code == 404
    assert his.post(f"/comparisons/{row.pk}/winner/", {"winner": "1"}).status_code == 404
    row.refresh_from_db()
    assert row.judged is None


@pytest.fixture
def models(sandbox):
    """An endpoint that offers several models."""
    Endpoint.objects.update(default_model="sandbox", model_names=["sandbox", "other", "third"])


@pytest.mark.usefixtures("models")
def test_the_ask_page_compares_models_without_scripts(hers):
    assert hers.get("/").content.decode().count('name="compare"') == 3
    images = [picture("one.png", "red"), picture("two.png", "blue")]
    reply = ask(hers, image=images, model="", compare=["other", "", "third"])
    made = Comparison.objects.get()
    assert reply["Location"] == f"/comparisons/{made.pk}/"
    rows = made.descriptions.order_by("variant")
    assert [row.model for row in rows] == ["sandbox", "other", "third"]
    assert all(row.pictures.count() == 2 for row in rows)
    assert headings(page(hers, made)) == ["sandbox", "other", "third"]


@pytest.mark.usefixtures("models")
def test_with_scripts_the_ask_page_is_told_where_the_comparison_is(hers):
    reply = ask(hers, image=picture(), compare=["other"], scripted=True, token="one")
    assert (reply.status_code, reply["Location"]) == (201, f"/comparisons/{Comparison.objects.get().pk}/")
    again = ask(hers, image=picture(), compare=["other"], scripted=True, token="one")
    assert again["Location"] == reply["Location"] and Description.objects.count() == 2
    assert "Location" not in ask(hers, image=picture(), scripted=True)


@pytest.mark.usefixtures("models")
def test_a_model_that_is_not_offered_is_said_and_stays_in_the_form(hers):
    reply = ask(hers, image=picture(), compare=["never"])
    assert (reply.status_code, Description.objects.count()) == (400, 0)
    assert "Variant 2: never is not offered" in text_of(reply)


def test_where_one_model_is_offered_there_is_nothing_to_compare(hers):
    assert 'name="compare"' not in hers.get("/").content.decode()


def test_an_attempt_without_usage_is_a_dash_and_no_zero(hers, alice):
    row = make_comparison(alice)
    for number in range(2):
        one = make_description(alice, comparison=row, variant=number, status="cancelled")
        make_counted_attempt(one, state="unknown")
    assert " 0 " not in text_of(page(hers, row)).partition("Tokens")[2].partition("Time")[0]
