"""The front page: the form, what it makes, and how it says no."""

import html
import json
import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from describer.models import Description, Endpoint, Image, Preset
from tests.rows import boat, make_description
from tests.web.forms import ask, fields_of, picture, text_file, text_of, upload

pytestmark = pytest.mark.usefixtures("sandbox")
PARAMETERS = (
    *("temperature", "top_p", "n", "stop", "max_tokens", "presence_penalty", "frequency_penalty"),
    *("logit_bias", "user", "response_format", "seed", "tools", "tool_choice", "detail"),
)


@pytest.fixture
def site(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


def only():
    return Description.objects.get()


def test_x01_the_page_leads_to_the_login_first(client, alice):
    assert client.get("/")["Location"] == "/login/?next=/"


def test_a_newcomer_sees_where_to_drop_a_picture_and_where_to_type(site):
    words = text_of(site.get("/"))

    assert "Drop pictures or a folder here, paste, or choose" in words
    assert "50 MB each, up to 500 at once, 20 in one answer about all" in words


def test_a_press_of_the_button_makes_a_description_and_shows_it(site, alice):
    response = ask(site, image=picture("boat.png"))

    assert (response.status_code, response["Location"]) == (302, f"/#description-{only().pk}")
    assert (only().question, only().owner, only().via) == ("What is this?", alice, "page")
    assert [shown.name for shown in only().shown_pictures] == ["boat.png"]
    assert f'id="description-{only().pk}"' in site.get("/").content.decode()


def test_several_pictures_get_an_answer_each_in_the_persons_order(site):
    ask(site, image=[picture("one.png", "red"), picture("two.png", "blue")])

    rows = Description.objects.order_by("id")
    assert [[shown.name for shown in row.shown_pictures] for row in rows] == [["one.png"], ["two.png"]]


def test_several_pictures_can_get_one_answer_about_all(site):
    ask(site, image=[picture("one.png", "red"), picture("two.png", "blue")], together="all")

    assert [shown.name for shown in only().shown_pictures] == ["one.png", "two.png"]


def test_pictures_of_the_tray_come_by_id_under_the_names_given_this_time(site):
    first, second = upload(site, picture("a.png", "red")), upload(site, picture("b.png", "blue"))

    ask(site, picture=[second, first], picture_name=["Second.png", "First.png"], together="all")

    assert [(shown.image_id, shown.name) for shown in only().shown_pictures] == [
        (second, "Second.png"),
        (first, "First.png"),
    ]


def test_every_parameter_goes_by_its_own_name_and_only_what_was_set(site):
    typed = {
        "temperature": "0.2",
        "top_p": "",
        "n": "2",
        "max_tokens": "300",
        "presence_penalty": "-1",
        "frequency_penalty": "0",
        "seed": "7",
        "stop": ["END", "", "\\n", ""],
        "logit_bias": '{"50256": -100}',
        "response_format": '{"type": "json_object"}',
        "tools": '[{"type": "function", "function": {"name": "report"}}]',
        "tool_choice": "auto",
        "detail": "low",
        "user": "",
    }

    ask(site, image=picture(), system_prompt="Be brief.", **typed)

    assert only().system_prompt == "Be brief."
    assert only().parameters == {
        "temperature": 0.2,
        "n": 2,
        "max_tokens": 300,
        "presence_penalty": -1,
        "frequency_penalty": 0,
        "seed": 7,
        "stop": ["END", "\n"],
        "logit_bias": {"50256": -100},
        "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "report"}}],
        "tool_choice": "auto",
        "detail": "low",
    }


def test_an_untouched_form_sets_no_parameter_at_all(site):
    response = site.get("/")
    fields = {name: values for name, values in fields_of(response).items() if name != "token"}

    ask(site, **fields | {"image": picture(), "together": "each"})

    assert (only().parameters, only().system_prompt) == ({}, "")


def test_a_model_of_the_endpoint_can_be_chosen_for_one_ask(site):
    Endpoint.objects.update(model_names=["sandbox", "other-model"])

    assert 'value="other-model"' in site.get("/").content.decode()
    ask(site, image=picture(), model="other-model")
    assert only().model == "other-model"


def test_a_model_that_is_not_offered_is_refused_beside_its_field(site):
    Endpoint.objects.update(model_names=["sandbox"])

    response = ask(site, image=picture(), model="gone-model")

    assert response.status_code == 400
    assert "gone-model is not offered" in text_of(response)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", "3", "Temperature goes from 0 to 2."),
        ("n", "11", "How many answers? 1 to 10."),
        ("max_tokens", "0", "At least 1 token."),
        ("seed", "1.5", "A whole number."),
        ("tools", "[{", "Not JSON: line 1"),
        ("logit_bias", '{"x": 1}', "x is not a token id."),
        ("stop", ["a", "b", "c", "d", "e"], "At most 4 stop texts."),
    ],
)
def test_a_wrong_parameter_is_said_beside_its_field_and_all_that_was_typed_stays(site, field, value, words):
    response = ask(
        site, question="Keep me", image=picture("boat.png"), system_prompt="And me", **{field: value}
    )
    page = response.content.decode()

    assert response.status_code == 400
    assert words in re.findall(f'data-error="{field}">([^<]*)<', page)[0]
    assert "Keep me</textarea>" in page and "And me</textarea>" in page
    assert fields_of(response)["picture"] == [str(Image.objects.get().pk)]
    assert re.search(r'<details class="more"[^>]* open', page)
    assert not Description.objects.exists()


def test_all_wrong_parameters_are_said_at_once(site):
    words = text_of(ask(site, image=picture(), temperature="3", max_tokens="0"))

    assert "Temperature goes from 0 to 2." in words and "At least 1 token." in words


def test_u66_one_bad_file_among_good_ones_stops_the_ask_and_the_good_ones_stay(site):
    response = ask(site, image=[picture("good.png"), text_file("notes.jpg")])

    assert response.status_code == 415
    assert fields_of(response)["picture_name"] == ["good.png"]
    assert "notes.jpg" in text_of(response)
    assert not Description.objects.exists()


def test_u66_the_good_ones_can_then_be_asked_about(site):
    fields = fields_of(ask(site, image=[picture("good.png"), text_file("notes.jpg")]))

    ask(site, picture=fields["picture"], picture_name=fields["picture_name"], token=fields["token"][0])

    assert [shown.name for shown in only().shown_pictures] == ["good.png"]


def test_u67_no_picture_is_refused_in_words_and_the_question_stays(site):
    response = ask(site, question="What is this?")

    assert response.status_code == 400
    assert "Add a picture" in text_of(response)
    assert "What is this?</textarea>" in response.content.decode()


def test_u67_an_empty_question_is_refused_in_words_and_the_picture_stays(site):
    response = ask(site, question="  \n ", image=picture("boat.png"))

    assert response.status_code == 400
    assert "Write a question." in text_of(response)
    assert fields_of(response)["picture_name"] == ["boat.png"]


def test_u67_text_in_the_file_field_is_no_picture(site):
    response = ask(site, image="C:\\fakepath\\boat.png")

    assert response.status_code == 400
    assert "Add a picture" in text_of(response)


def test_u62_more_pictures_than_an_ask_may_hold_are_refused_and_those_within_stay(site, settings):
    settings.IMAGES_PER_SET = 2

    response = ask(site, image=[picture(f"{colour}.png", colour) for colour in ("red", "green", "blue")])

    assert response.status_code == 400
    assert "At most 2 pictures at once" in text_of(response)
    assert fields_of(response)["picture_name"] == ["red.png", "green.png"]
    assert not Description.objects.exists()


def test_u62_too_many_named_by_id_are_refused_too(site, settings):
    settings.IMAGES_PER_SET = 1
    ids = [upload(site, picture("a.png", "red")), upload(site, picture("b.png", "blue"))]

    response = ask(site, picture=ids)

    assert response.status_code == 400
    assert not Description.objects.exists()


def test_u62_one_answer_about_all_takes_fewer_pictures_than_an_answer_each(site, settings):
    settings.IMAGES_PER_ASK = 1
    ids = [upload(site, picture("a.png", "red")), upload(site, picture("b.png", "blue"))]

    response = ask(site, picture=ids, together="all")

    assert "At most 1 pictures at once in one answer about all" in text_of(response)
    assert ask(site, picture=ids).status_code == 302


def test_x03_anothers_image_cannot_be_named(client, alice, bob):
    client.force_login(bob)
    his = upload(client, picture())
    client.force_login(alice)

    response = ask(client, picture=his, picture_name="his.png")

    assert response.status_code == 400
    assert "not here any more" in text_of(response)
    assert not Description.objects.exists()


@pytest.mark.parametrize("name", ["0", "-1", "999999", "9" * 40, "x", "", "١"])
def test_an_unknown_image_is_refused_in_words(site, name):
    response = ask(site, picture=name)

    assert response.status_code == 400
    assert not Description.objects.exists()


def test_p24_a_double_click_is_one_ask(site):
    token = uuid.uuid4().hex

    first = ask(site, image=picture(), token=token)
    second = ask(site, image=picture(), token=token)

    assert Description.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_p24_back_and_sent_again_changed_is_a_new_ask_and_nothing_is_lost(site):
    token = uuid.uuid4().hex

    ask(site, image=picture(), token=token, question="First?")
    response = ask(site, image=picture(), token=token, question="Second?")

    assert response.status_code == 302
    assert list(Description.objects.order_by("id").values_list("question", flat=True)) == [
        "First?",
        "Second?",
    ]


def test_two_asks_of_two_forms_are_two(site):
    ask(site, image=picture())
    ask(site, image=picture())

    assert Description.objects.count() == 2


def test_x11_a_form_without_its_csrf_token_is_refused(alice, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert ask(strict, image=picture()).status_code == 403
    assert not Description.objects.exists()


def test_x27_fields_that_are_not_the_forms_are_ignored(site, alice, bob):
    ask(
        site, image=picture(), owner=bob.pk, status="done", id="77", cost="0", endpoint="other", stream="true"
    )

    assert (only().owner, only().status, only().parameters) == (alice, "queued", {})
    assert only().pk != 77


def test_x25_nul_and_line_ends_in_the_question_do_no_harm(site):
    ask(site, image=picture(), question="one\r\ntwo\x00\tthree", system_prompt="a\x00b")

    assert (only().question, only().system_prompt) == ("one\ntwo\tthree", "ab")


def test_a_script_gets_the_new_cards_alone_and_the_next_token(site):
    token = uuid.uuid4().hex
    response = ask(
        site, image=[picture("a.png", "red"), picture("b.png", "blue")], token=token, scripted=True
    )

    ids = re.findall(r'<article class="card" id="description-(\d+)"', response.content.decode())
    assert response.status_code == 201
    assert ids == [str(row.pk) for row in Description.objects.order_by("-id")]
    assert response["X-Next-Token"] not in ("", token)
    assert "<html" not in response.content.decode()


def test_a_script_gets_errors_by_field(site):
    response = ask(site, image=picture(), temperature="9", scripted=True)

    assert response.status_code == 400
    assert json.loads(response.content) == {"errors": {"temperature": "Temperature goes from 0 to 2."}}


def test_a_preset_puts_its_question_there_and_asks_nothing(site, presets):
    response = ask(site, question="", image=picture("boat.png"), preset="alt-text")

    assert response.status_code == 200
    assert "Write alt text for this picture" in text_of(response)
    assert fields_of(response)["picture_name"] == ["boat.png"]
    assert not Description.objects.exists()


def test_a_picture_can_be_crossed_away_without_scripts(site):
    ids = [upload(site, picture("a.png", "red")), upload(site, picture("b.png", "blue"))]

    response = ask(site, picture=ids, picture_name=["a.png", "b.png"], drop=ids[0])

    assert response.status_code == 200
    assert fields_of(response)["picture_name"] == ["b.png"]
    assert not Description.objects.exists()


def test_an_earlier_ask_can_be_changed_and_sent_again(site, alice):
    ask(site, image=picture("boat.png"), question="Which boat?", temperature="0.5", stop="a\\nb")

    response = site.get(f"/?from={only().pk}")

    assert "Which boat?</textarea>" in response.content.decode()
    fields = fields_of(response)
    assert fields["picture_name"] == ["boat.png"]
    assert (fields["temperature"], fields["stop"][0]) == (["0.5"], "a\\nb")


@pytest.mark.parametrize("name", ["{}", "0", "x", "9" * 30])
def test_x02_anothers_ask_cannot_be_looked_at_that_way(site, bob, name):
    his = make_description(bob, question="His secret?", pictures=boat(bob))

    response = site.get(f"/?from={name.format(his.pk)}")

    assert response.status_code == 200
    assert "His secret?" not in response.content.decode()


def test_the_newest_ten_are_shown_and_only_ones_own(site, alice, bob):
    make_description(bob, "A boat.", question="His?")
    for number in range(12):
        make_description(
            alice, "A boat.", question=f"Question {number}?", created=timezone.now() - timedelta(days=1)
        )

    page = site.get("/").content.decode()

    assert page.count('<article class="card"') == 10
    assert "Question 11?" in page and "Question 1?" not in page and "His?" not in page


def test_of_one_press_of_the_button_all_are_shown(site, alice):
    for number in range(22):
        make_description(alice, question=f"Question {number}?", pictures=boat(alice))

    assert site.get("/").content.decode().count('<article class="card"') == 20


def test_the_page_costs_few_statements_however_many_cards_it_shows(
    site, alice, django_assert_max_num_queries
):
    for _ in range(20):
        make_description(alice, "An answer.")

    with django_assert_max_num_queries(16):
        site.get("/")  # keeps what it rendered, for all cards at once
    with django_assert_max_num_queries(11):
        site.get("/")


def shown_preset(site, name):
    """The fields of the page that a press on a preset's chip shows, to be sent with the question that it shows."""
    response = ask(site, question="", preset=name)
    question = re.search(
        r"<textarea[^>]*name=\"question\"[^>]*>\s*(.*?)</textarea>", response.content.decode(), re.S
    )
    fields = {
        one: values for one, values in fields_of(response).items() if one in ("asked_by", "asked_plain")
    }
    return fields | {"question": html.unescape(question[1])}


def test_d5_a_preset_changed_while_its_page_is_open_is_asked_by_as_the_page_showed_it(site, alice):
    preset = Preset.objects.create(owner=alice, name="boats", label="Boats", question="Boats in {place}?")
    shown = shown_preset(site, "boats")
    Preset.objects.filter(pk=preset.pk).update(question="Cars in {town}?", is_plain=True, parameters={"n": 3})

    ask(site, image=picture(), **shown, **{"variables.place": "Bremen"})

    row = only()
    assert (row.question, row.preset, row.is_plain, row.parameters) == (
        "Boats in Bremen?",
        "boats",
        False,
        {},
    )


def test_d5_a_preset_removed_while_its_page_is_open_is_asked_by_as_the_page_showed_it(site, alice):
    preset = Preset.objects.create(
        owner=alice, name="boats", label="Boats", question="Boats in {place}?", is_plain=True
    )
    shown = shown_preset(site, "boats")
    preset.delete()

    ask(site, image=picture(), **shown, **{"variables.place": "Bremen"})

    assert (only().question, only().preset, only().is_plain) == ("Boats in Bremen?", "boats", True)


@pytest.mark.parametrize("name", ["", "no name", "<b>", "a" * 51, "Ä"])
def test_x27_a_preset_that_no_page_could_have_shown_is_none(site, name):
    ask(site, image=picture(), question="Boats in {place}?", asked_by=name, asked_plain="1")

    assert (only().question, only().preset, only().is_plain) == ("Boats in {place}?", "", False)


def test_of_a_large_set_the_newest_are_shown_and_the_history_has_all(site):
    ids = [upload(site, picture(f"{number}.png", (number, 0, 0))) for number in range(22)]

    response = ask(site, picture=ids, scripted=True)

    assert (response.status_code, response["X-Asked"]) == (201, "22")
    assert response.content.decode().count("<article") == 20
    assert "the history has all of them" in text_of(site.get("/"))


def test_each_parameter_has_a_control_with_a_sentence_a_range_and_a_reset(site):
    page = site.get("/").content.decode()

    for name in PARAMETERS:
        assert f'name="{name}"' in page, name
        assert re.search(rf'id="help-{name}">\s*\S', page), name
        assert f'data-reset="{name}"' in page, name
    for words in ("0 to 2.", "0 to 1.", "-2 to 2.", "1 to 10."):
        assert words in text_of(site.get("/"))


def test_what_the_chosen_model_refuses_is_said_beside_its_control(site):
    Endpoint.objects.update(learned={"sandbox": {"dropped": ["seed", "stream_options"]}})

    page = site.get("/").content.decode()

    assert re.search(r'data-changed="seed"\s*>This model refuses it; it is left out.<', page)
    assert "stream_options" not in page
