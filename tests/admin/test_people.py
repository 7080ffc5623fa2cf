"""People are made in the admin, given passwords there, and leave the ledger behind when they go."""

import pytest

from describer.models import ApiKey, Attempt, Description, Image, User
from describer.search import index
from tests.admin.conftest import path, whole
from tests.desk.everywhere import tables_with
from tests.web.forms import text_of

NEW = {
    "username": "carol",
    "usable_password": "true",
    "password1": "purple-onion-7",
    "password2": "purple-onion-7",
}


def test_a_person_is_made_with_a_password(desk):
    assert desk.post(path("user", "add"), NEW).status_code == 302
    assert User.objects.get(username="carol").check_password("purple-onion-7")


def test_a_person_is_given_another_password(desk, alice):
    desk.post(path("user", alice.pk, "password"), NEW)
    alice.refresh_from_db()
    assert alice.check_password("purple-onion-7")


@pytest.mark.parametrize(("typed", "days"), [("30", 30), ("0", 0), ("", None), ("-1", 7), ("99999999", 7)])
def test_a_person_is_given_days_of_retention(desk, alice, typed, days):
    User.objects.filter(pk=alice.pk).update(retention_days=7)
    fields = {"username": "alice", "is_active": "on", "retention_days": typed}
    desk.post(path("user", alice.pk, "change"), fields)
    assert User.objects.get(pk=alice.pk).retention_days == days


@pytest.mark.parametrize("way", ["page", "action"])
def test_x34_deleting_a_person_takes_their_rows_and_leaves_the_ledger(desk, alice, bob, way):
    theirs, others = whole(alice), whole(bob, 1)
    ApiKey.issue(alice, "k")
    index.write([theirs, others])
    Description.objects.filter(pk=theirs.pk).update(question="Sesquipedalian?")
    index.write([Description.objects.get(pk=theirs.pk)])
    lines = list(Attempt.objects.values())
    asked, answer = {
        "page": (path("user", alice.pk, "delete"), {"post": "yes"}),
        "action": (
            path("user"),
            {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"},
        ),
    }[way]
    assert desk.post(asked, answer).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert list(Description.objects.all()) == [others]
    assert not Image.objects.filter(owner=alice.pk).exists()
    assert not ApiKey.objects.exists()
    assert list(Attempt.objects.values()) == lines
    assert tables_with("sesquipedalian") == []
    assert theirs.pk in {line["description"] for line in lines}


def test_what_goes_with_a_person_is_told_in_numbers(desk, alice):
    for number in range(3):
        whole(alice, number)
    html = desk.get(path("user", alice.pk, "delete")).content.decode()
    assert "<li>Descriptions: 3</li>" in html


def test_x33_staff_cannot_make_themselves_superusers(staff):
    client = staff("view_user", "change_user")
    stella = User.objects.get(username="stella")
    form = {"username": "stella", "is_superuser": "on", "is_staff": "on", "is_active": "on"}
    moment = {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00"}
    assert client.post(path("user", stella.pk, "change"), form | moment).status_code == 302
    stella.refresh_from_db()
    assert not stella.is_superuser
    assert stella.user_permissions.count() == 2


def test_x33_staff_cannot_reach_a_superusers_account(staff, boss):
    client = staff("view_user", "change_user", "delete_user")
    assert client.post(path("user", boss.pk, "password"), NEW).status_code == 403
    assert client.post(path("user", boss.pk, "delete"), {"post": "yes"}).status_code == 403
    client.post(path("user"), {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"})
    assert User.objects.filter(pk=boss.pk, is_superuser=True).exists()


def test_fe16_the_days_on_which_a_person_came_are_not_for_changing(desk, alice):
    fields = {
        "username": "alice",
        "last_login_0": "9999-12-31",
        "last_login_1": "23:59:59",
        "date_joined_0": "0001-01-01",
    }
    desk.post(path("user", alice.pk, "change"), fields | {"date_joined_1": "00:00:00", "is_active": "on"})
    alice.refresh_from_db()
    assert (alice.last_login, alice.date_joined.year > 2000) == (None, True)
    assert desk.get(path("user")).status_code == 200


def make(desk, name):
    fields = {
        "username": name,
        "password1": "horse-battery-9",
        "password2": "horse-battery-9",
        "usable_password": "true",
    }
    return desk.post("/admin/describer/user/add/", fields)


@pytest.mark.parametrize("name", ["аlice", "аӏісе", "ALICE", "ａlice", "boѕs", "Boss"])
def test_fe29_a_name_that_looks_like_anothers_is_refused_in_words(desk, alice, name):
    reply = make(desk, name)
    assert reply.status_code == 200
    assert any(words in text_of(reply) for words in ("look alike", "looks like", "already exists"))
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "boss"}


@pytest.mark.parametrize("name", ["борис", "νίκη", "山田", "alicia", "émile", "ann.b+c@example.org"])
def test_fe29_names_of_any_one_alphabet_are_taken(desk, alice, name):
    assert make(desk, name).status_code == 302
    assert User.objects.filter(username=name).exists()


def test_fe29_who_has_such_a_name_already_keeps_it(desk, alice):
    double = User.objects.create_user("аlice")
    fields = {"username": "аlice", "email": "double@example.org", "is_active": "on"}
    assert desk.post(path("user", double.pk, "change"), fields).status_code == 302
    double.refresh_from_db()
    assert double.email == "double@example.org"
