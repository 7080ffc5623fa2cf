"""What was asked before: a line under a known picture, and an offer before the very same is asked again."""

import pytest
from django.utils import timezone

from describer.models import ApiKey, Attempt, Choice, Description, Endpoint, Image
from tests.web.forms import ask, fields_of, picture, text_of, upload

pytestmark = pytest.mark.usefixtures("sandbox")
OFFER = "You asked exactly this before"


def answer(row, words="A boat."):
    """Let a description be answered with these words."""
    Choice.objects.create(description=row, index=0, content=words, finish_reason="stop")
    now = timezone.now()
    Attempt.objects.create(
        description=row.pk,
        number=1,
        owner=row.owner_id,
        endpoint=row.endpoint_id,
        model_asked=row.model,
        state=Attempt.State.ANSWERED,
        sent=now,
        answered=now,
        prompt_tokens=1200,
        completion_tokens=34,
        total_tokens=1234,
    )
    Description.objects.filter(pk=row.pk).update(status="done", finished=now)


def asked_and_answered(client, image, **fields):
    """Ask about an image of the tray, have it answered, and return the description."""
    assert ask(client, picture=image, picture_name="boat.png", **fields).status_code == 302
    row = Description.objects.latest("pk")
    answer(row)
    return row


def test_the_very_same_is_offered_its_old_answer_first_and_asked_anew_by_one_button(hers):
    image = upload(hers, picture())
    first = asked_and_answered(hers, image)

    response = ask(hers, picture=image, picture_name="boat.png")

    words = text_of(response)
    assert response.status_code == 200
    assert OFFER in words and "A boat." in words and "used 1,234 tokens the last time" in words
    assert first.get_absolute_url() in response.content.decode()
    assert Description.objects.count() == 1
    fields = fields_of(response)
    again = ask(hers, picture=fields["picture"], picture_name=fields["picture_name"], again="anew")
    assert again.status_code == 302
    assert Description.objects.count() == 2


def test_a_script_of_the_page_gets_the_offer_alone(hers):
    image = upload(hers, picture())
    asked_and_answered(hers, image)

    response = ask(hers, picture=image, scripted=True)

    assert response.status_code == 200
    assert OFFER in text_of(response) and "<form" not in response.content.decode()
    assert ask(hers, picture=image, again="anew", scripted=True).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Another question?"},
        {"system_prompt": "Be brief."},
        {"temperature": "0.2"},
        {"seed": "7"},
    ],
)
def test_what_differs_is_asked_at_once(hers, change):
    image = upload(hers, picture())
    asked_and_answered(hers, image)

    assert ask(hers, picture=image, **change).status_code == 302


def test_the_same_question_about_other_pictures_is_asked_at_once(hers):
    image, other = upload(hers, picture()), upload(hers, picture("b.png", "red"))
    asked_and_answered(hers, image)

    assert ask(hers, picture=other).status_code == 302
    assert ask(hers, picture=[image, other], together="all").status_code == 302


def test_together_in_the_same_order_is_the_very_same(hers):
    pair = [upload(hers, picture()), upload(hers, picture("b.png", "red"))]
    asked_and_answered(hers, pair, together="all")

    assert OFFER in text_of(ask(hers, picture=pair, together="all"))
    assert ask(hers, picture=pair[::-1], together="all").status_code == 302


def test_of_several_pictures_the_others_can_be_asked_about_alone(hers):
    image, other = upload(hers, picture()), upload(hers, picture("b.png", "red"))
    asked_and_answered(hers, image)

    response = ask(hers, picture=[image, other], picture_name=["boat.png", "b.png"])

    assert "1 of these pictures were asked exactly this before" in text_of(response)
    ask(hers, picture=[image, other], picture_name=["boat.png", "b.png"], again="others")
    assert [shown.image_id for shown in Description.objects.latest("pk").shown_pictures] == [other]
    assert Description.objects.count() == 2


def test_only_an_answer_of_ones_own_that_is_there_is_offered(hers, his):
    image = upload(hers, picture())
    row = asked_and_answered(hers, image)

    assert ask(his, picture=upload(his, picture())).status_code == 302
    Description.objects.filter(pk=row.pk).update(status="failed")
    assert ask(hers, picture=image).status_code == 302
    Description.objects.filter(pk=row.pk).update(status="done", trashed=timezone.now())
    assert ask(hers, picture=image).status_code == 302


def test_a_second_click_on_what_was_answered_meanwhile_is_that_ask_and_no_offer(hers):
    image = upload(hers, picture())
    row = asked_and_answered(hers, image, token="once")

    response = ask(hers, picture=image, picture_name="boat.png", token="once")

    assert (response.status_code, response["Location"]) == (302, f"/#description-{row.pk}")


def test_scripts_at_the_api_are_asked_without_an_offer(hers, client, alice):
    image = upload(hers, picture())
    asked_and_answered(hers, image)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {ApiKey.issue(alice, 'test')[1]}"}

    response = client.post("/api/descriptions", {"image": picture(), "question": "What is this?"}, **bearer)

    assert response.status_code == 202


def test_a_known_picture_says_how_often_it_was_asked_about_and_what_was_asked_last(hers):
    image = upload(hers, picture())
    asked_and_answered(hers, image, question="First?")
    last = asked_and_answered(hers, image, question="Second?")

    facts = hers.post("/images/", {"image": picture()}).json()
    page = hers.get(f"/?from={last.pk}")

    assert facts["asked"] == {"words": "asked twice, last: Second?", "url": last.get_absolute_url()}
    assert "asked twice, last: Second?" in text_of(page)


def test_pictures_that_are_named_are_told_where_they_are_there_and_ones_own(hers, his):
    mine, theirs = upload(hers, picture()), upload(his, picture("b.png", "red"))
    hash_of_mine = Image.objects.get(pk=mine).sha256
    hash_of_theirs = Image.objects.get(pk=theirs).sha256

    named = hers.get("/images/", {"id": [mine, theirs, "x", 999_999]}).json()["items"]
    known = hers.get("/images/", {"sha256": [hash_of_mine, hash_of_theirs]}).json()["items"]

    assert [item["id"] for item in named] == [mine]
    assert known == named


def test_a_picture_that_lost_its_files_is_not_known_by_its_content(hers):
    image = Image.objects.get(pk=upload(hers, picture()))
    image.original = "originals/gone"
    image.save()

    assert hers.get("/images/", {"sha256": image.sha256}).json() == {"items": []}


def test_d14_a_picture_of_the_tray_that_was_swept_is_told_at_it_and_the_others_stay(hers):
    gone, kept = upload(hers, picture()), upload(hers, picture("b.png", "red"))
    Image.objects.filter(pk=gone).delete()

    there = hers.get("/images/", {"id": [gone, kept]}).json()["items"]
    scripted = ask(hers, picture=[gone, kept], picture_name=["a.png", "b.png"], scripted=True)
    plain = ask(hers, picture=[gone, kept], picture_name=["a.png", "b.png"])

    assert [item["id"] for item in there] == [kept]
    assert list(scripted.json()["tiles"]) == [str(gone)]
    assert "not here any more" in scripted.json()["tiles"][str(gone)]
    assert fields_of(plain)["picture_name"] == ["b.png"] and "a.png" in text_of(plain)
    assert not Description.objects.exists()
    assert ask(hers, picture=kept).status_code == 302


def test_a_sample_is_asked_about_at_once(hers):
    ask(hers, question="", sample="harbour-at-dawn.jpg")
    answer(Description.objects.get())

    assert ask(hers, question="", sample="harbour-at-dawn.jpg").status_code == 302


def test_a_comparison_is_made_without_an_offer_and_holds_as_many_pictures_as_one_answer_about_all(
    hers, settings
):
    Endpoint.objects.update(model_names=["sandbox", "other-model"])
    pair = [upload(hers, picture()), upload(hers, picture("b.png", "red"))]
    asked_and_answered(hers, pair[0])

    response = ask(hers, picture=pair[0], compare=["other-model"])
    settings.IMAGES_PER_ASK = 1

    assert response.status_code == 302 and "comparison" in response["Location"]
    assert ask(hers, picture=pair, compare=["other-model"]).status_code == 400
