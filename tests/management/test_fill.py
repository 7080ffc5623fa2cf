"""`manage.py fill`: rows as a year of work leaves them, which agree with each other, and which pages, lists and exports take."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client
from django.test.utils import isolate_apps
from django.utils import timezone

from describer.answers.reading import read_answer
from describer.engine.pipeline import run_next
from describer.management.fill.columns import Columns
from describer.management.fill.filling import Filling
from describer.management.fill.rows import TABLES
from describer.models import (
    ApiKey,
    Attempt,
    Choice,
    Description,
    DescriptionImage,
    DescriptionTag,
    Endpoint,
    Status,
    Transcript,
    UsageDay,
    User,
    Via,
)
from tests.days import days_of
from tests.ledger.test_rollup import stored

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.slow]
COUNT = 2000


def fill(*arguments, count=COUNT, people=3):
    out = StringIO()
    call_command("fill", descriptions=str(count), people=str(people), *arguments, stdout=out)  # noqa: B026
    return out.getvalue()


@pytest.fixture
def filled(sandbox):
    return fill()


def in_the_end(row):
    return row.status in Description.FINAL


def test_ledger_roll_up_and_descriptions_agree(filled):
    assert stored() == days_of(Attempt.objects.all())
    assert UsageDay.objects.count() > 100
    calls = Counter(Attempt.objects.values_list("description", flat=True))
    for row in Description.objects.all():
        assert row.calls == calls.pop(row.pk, 0)
        assert in_the_end(row) == bool(row.finished), row.status
        assert bool(row.started) == bool(row.calls)
        assert not row.started or row.created <= row.started <= (row.finished or timezone.now())
    assert not calls
    assert Description.objects.filter(finished__gt=timezone.now()).count() == 0


def test_it_says_how_many_and_how_long_and_how_to_log_in(filled):
    calls, answers = Attempt.objects.count(), Choice.objects.count()
    assert f"2,000 descriptions of 3 people with {calls:,} calls and {answers:,} answers in " in filled
    assert "changepassword person-0001" in filled
    people = User.objects.filter(username__startswith="person-")
    assert [person.has_usable_password() for person in people] == [False] * 3


def test_every_state_and_oddity_is_there(filled):
    rows = Description.objects.all()
    assert set(rows.values_list("status", flat=True)) == set(Status.values)
    assert set(rows.values_list("via", flat=True)) == set(Via.values) - {Via.BATCH}
    states = set(Attempt.objects.values_list("state", "billed"))
    assert {("answered", "yes"), ("refused", "no"), ("unknown", "unknown"), ("sent", "unknown")} <= states
    for found in (
        Choice.objects.filter(finish_reason="length"),
        Choice.objects.exclude(refusal=None),
        Choice.objects.filter(content=""),
        Choice.objects.filter(shape="json"),
        Choice.objects.filter(index=1),
        Choice.objects.exclude(reasoning=None),
        Attempt.objects.exclude(changed=[]),
        Attempt.objects.exclude(estimated_usage=None),
        rows.filter(favourite=True),
        rows.exclude(follows=None),
        rows.exclude(preset=""),
        rows.exclude(parameters={}),
        rows.filter(kept__gt=0),
        DescriptionImage.objects.filter(position=2),
        DescriptionTag.objects.all(),
        Transcript.objects.all(),
    ):
        assert found.exists(), str(found.query)
    assert all(row.root == row.follows.first for row in rows.exclude(follows=None))
    assert {row.owner_id for row in rows.exclude(follows=None)} <= {
        row.follows.owner_id for row in rows.exclude(follows=None)
    }
    done = rows.filter(status="done")
    assert done.filter(choices=None).count() == 0
    assert done.count() > 0.9 * COUNT


def test_numbers_follow_times_over_months(filled):
    created = list(Description.objects.order_by("id").values_list("created", flat=True))
    assert created == sorted(created)
    assert (created[-1] - created[0]).days > 300


def test_answers_are_read_as_they_would_be_when_they_come(filled):
    for choice in Choice.objects.all():
        read = read_answer(choice.content or "")
        assert (choice.text_begin, choice.text_end, choice.shape) == (read.begin, read.end, read.shape)


def test_a_site_that_has_descriptions_is_left_alone(filled):
    with pytest.raises(CommandError, match="--more"):
        fill()
    assert Description.objects.count() == COUNT


def test_more_comes_behind_what_is_there_and_agrees_with_it(filled):
    newest = Description.objects.order_by("-id")[0]
    number = newest.pk
    newest.delete()
    fill("--more", "--seed=2", count=300, people=4)
    assert Description.objects.count() == COUNT - 1 + 300
    assert Description.objects.order_by("id")[COUNT - 1].pk > number
    assert stored() == days_of(Attempt.objects.all())
    assert User.objects.filter(username__startswith="person-").count() == 4
    assert (
        Description.objects.create(
            owner=User.objects.all()[0], endpoint=Endpoint.default(), question="?", model="m"
        ).pk
        > number + 300
    )


def shape_of_site(seed, piece):
    Description.objects.all().delete()
    Attempt.objects.all().delete()
    UsageDay.objects.all().delete()
    Filling(300, 2, seed, NOW, piece=piece).run(str)
    first = Description.objects.order_by("id")[0].pk
    return [
        list(Choice.objects.order_by("id").values_list("content", "finish_reason", "refusal")),
        list(Description.objects.order_by("id").values_list("question", "model", "status", "created")),
        [
            (number - first, *values)
            for number, *values in Attempt.objects.order_by("id").values_list(
                "description", "number", "state", "sent", "request_id", "total_tokens"
            )
        ],
        list(DescriptionImage.objects.order_by("id").values_list("name", "image__sha256")),
        list(UsageDay.objects.order_by("day", "owner", "key", "model").values_list("day", "total_tokens")),
    ]


NOW = timezone.now()


def test_the_same_seed_makes_the_same_in_pieces_of_any_size():
    assert shape_of_site(5, 100) == shape_of_site(5, 1000) != shape_of_site(6, 1000)


def test_pages_lists_and_exports_take_it(filled):
    person = User.objects.get(username="person-0001")
    rows = Description.objects.filter(owner=person)
    browser = Client()
    browser.force_login(person)
    for query in ("", "?state=open", "?state=failed", "?favourite=1", "?preset=keywords", "?tag=harbour"):
        page = browser.get(f"/history/{query}")
        assert page.status_code == 200 and 'class="tile"' in page.content.decode(), query
    assert browser.get("/usage/?period=year").status_code == 200
    odd = [rows.filter(status=status).first() for status in Status.values]
    odd += [
        rows.exclude(follows=None).first(),
        rows.filter(via="endpoint").first(),
        rows.filter(kept__gt=0).first(),
    ]
    for row in filter(None, odd):
        assert browser.get(f"/descriptions/{row.pk}/").status_code == 200
        for shown in row.pictures.all():
            addresses = [f"/images/{shown.image_id}/thumbnail/", f"/images/{shown.image_id}/"]
            if shown.sent_copy_id:
                addresses.append(f"/descriptions/{row.pk}/sent/{shown.position}/")
            for address in addresses:
                reply = browser.get(address)
                assert reply.status_code == 200 and reply.getvalue(), address
    _, secret = ApiKey.issue(person, "tests")
    headers = {"Authorization": f"Bearer {secret}"}
    items = Client().get("/api/descriptions?limit=100", headers=headers).json()["items"]
    assert len(items) == 100
    exported = b"".join(Client().get("/api/descriptions.jsonl", headers=headers).streaming_content)
    assert [json.loads(line)["id"] for line in exported.splitlines()] == list(
        rows.order_by("-id").values_list("pk", flat=True)
    )


def test_what_is_left_open_is_never_asked(filled, settings):
    calls = Attempt.objects.count()
    while run_next():
        pass
    assert Attempt.objects.count() == calls
    waiting = Description.objects.filter(status="waiting", not_before=None)
    assert waiting.count() > 3
    assert set(waiting.values_list("waiting_reason", flat=True)) == {
        "The endpoint's account has no credit left; an admin must mend it."
    }


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_a_fill_knows_each_column_that_has_no_default(model, db):
    columns = Columns.of(model, TABLES[model]._fields)
    assert len(columns.names) == len(set(columns.names))


@isolate_apps("describer")
def test_a_column_that_a_fill_does_not_know_and_that_has_no_default_is_named(db):
    class Grown(models.Model):  # noqa: DJ008
        known = models.TextField()
        stamped = models.DateTimeField(default=timezone.now)
        later = models.IntegerField(null=True)
        counted = models.IntegerField(db_default=0)
        words = models.TextField(blank=True)
        needed = models.IntegerField()

        class Meta:
            app_label = "describer"

    with pytest.raises(LookupError, match="no default: needed"):
        Columns.of(Grown, ("known",))
    with pytest.raises(LookupError, match="no columns gone"):
        Columns.of(Grown, ("known", "needed", "gone"))
    assert Columns.of(Grown, ("known", "needed")).names == ["known", "needed", "stamped", "later", "words"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batches": "3"}, "no batches yet"),
        ({"descriptions": "many"}, "--descriptions is a whole number"),
        ({"people": "0"}, "--people is a whole number"),
        ({"seed": "-1"}, "--seed is a whole number"),
    ],
)
def test_what_cannot_be_filled_is_refused_in_words(options, words):
    with pytest.raises(CommandError, match=words):
        call_command("fill", **({"descriptions": "10"} | options))
    assert not Description.objects.exists()


def test_sqlite_has_its_own_room_again(filled):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA cache_size").fetchone() == (-1024,)
