"""The trash: pieces, acts and their undo, what goes for good and what stays."""

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.db.clock import clock
from describer.desk import trash as desk
from describer.desk.filters import Selection
from describer.desk.marks import mark
from describer.desk.trash import delete_due, delete_for_good, restore, restore_act, trash
from describer.engine.pipeline import run_next
from describer.engine.submit import Ask, AskImage, Refusal, keep_image, submit
from describer.images import Recipe
from describer.media.storage import sweep_let_go
from describer.models import (
    Attempt,
    Description,
    DescriptionLink,
    Endpoint,
    Image,
    SentCopy,
    Share,
    Status,
    Tag,
    Transcript,
    UsageDay,
    Webhook,
    WebhookDelivery,
)
from describer.search.purge import purge_words
from tests.desk.everywhere import files, tables_with
from tests.endpoint import answer
from tests.images.pictures import photo
from tests.rows import add_picture, boat, make_comparison, make_description, make_image

WORD = "Zyxomma"


@pytest.fixture(autouse=True)
def endpoint_row(db):
    return Endpoint.from_environment()


def one(row):
    return Description.objects.filter(pk=row.pk)


def long_ago(minutes=61):
    """The time in the trash of what was put there so long ago."""
    return clock.now() - timedelta(minutes=minutes)


def full(owner, word=WORD):
    """A description with the word in all that hangs on one."""
    row = make_description(
        owner,
        {"content": f"<think>{word}</think>{word}", "tool_calls": [{"name": word}], "reasoning": word},
        question=word,
        system_prompt=word,
        parameters={"stop": word},
        variables={"place": word},
        preset=word.lower(),
        pictures=[(make_image(owner), f"{word}.jpg")],
        via="endpoint",
        comparison=make_comparison(owner, {"preset": word}, {"model": word}, question=word),
    )
    DescriptionLink.objects.create(description=row, position=1, url=f"https://example.org/{word}.jpg")
    Transcript(description=row, messages=[{"role": "user", "content": word}], answer={"a": word}).save()
    mark(row, tags=[word, "shared"])
    Share.issue(row, None)
    return row


def ledger():
    return list(Attempt.objects.values()), list(UsageDay.objects.values())


def at_once(row):
    delete_for_good(one(row))


def after_its_time(row):
    trash(one(row))
    one(row).update(trashed=long_ago())
    assert delete_due() == 1


def by_restart(row):
    """A process that died right after the rows were gone."""
    one(row).delete()
    sweep_let_go()
    purge_words()


@pytest.mark.parametrize("way", [at_once, after_its_time, by_restart])
def test_for_good_no_word_no_file_and_no_link_remains_and_the_ledger_is_what_it_was(alice, way):
    other = make_description(alice, "A boat.")
    mark(other, tags=["shared"])
    kept = files()
    row = full(alice)
    numbers = ledger()
    assert {"describer_description", "describer_choice", "describer_tag"} <= set(tables_with(WORD))
    way(row)
    assert (tables_with(WORD), tables_with(WORD.lower())) == ([], [])
    assert files() == kept
    assert not Share.objects.exists()
    assert list(Tag.objects.values_list("name", flat=True)) == ["shared"]
    assert ledger() == numbers


def test_in_the_trash_all_of_it_is_still_there_and_comes_back_as_it_was(alice):
    row = full(alice)
    before, there, numbers = one(row).values().get(), tables_with(WORD), ledger()
    act = trash(one(row))
    assert act.count == 1 and one(row).get().trashed == act.moment
    assert (tables_with(WORD), files() != [], ledger()) == (there, True, numbers)
    assert delete_due() == 0
    assert restore(one(row)) == 1
    assert one(row).values().get() == before


def test_one_undo_names_one_act(alice, bob):
    rows = [make_description(alice, "A boat.") for _ in range(5)]
    first = trash(Description.objects.filter(pk__in=[rows[0].pk, rows[1].pk]))
    second = trash(Description.objects.filter(owner=alice))
    assert (first.count, second.count) == (2, 3), "what was in the trash before is not of the second act"
    assert restore_act(bob, second.name) == []
    assert restore_act(alice, second.name) == [row.pk for row in rows[2:]]
    assert Description.objects.untrashed().count() == 3
    assert restore_act(alice, second.name) == []
    assert restore_act(alice, first.name) == [rows[0].pk, rows[1].pk]


@pytest.mark.parametrize("name", ["", "0", "x", "-1", "9" * 30, "1.5", "\x00"])
def test_a_name_of_no_act_undoes_nothing(alice, name):
    row = make_description(alice, "A boat.")
    trash(one(row))
    assert restore_act(alice, name) == []
    delete_for_good(one(row))
    assert restore_act(alice, name) == []


def test_many_go_and_come_back_in_pieces(alice, monkeypatch):
    monkeypatch.setattr(desk, "_PIECE", 3)
    monkeypatch.setattr(desk, "_DELETED_AT_ONCE", 2)
    for _ in range(8):
        make_description(alice, "A boat.")
    act = trash(Description.objects.filter(owner=alice))
    assert (act.count, len(restore_act(alice, act.name))) == (8, 8)
    assert delete_for_good(Description.objects.filter(owner=alice)) == 8
    assert (Description.objects.count(), files()) == (0, [])


def test_what_takes_longer_than_a_moment_is_there_for_nobody_and_deleted_by_upkeep(
    alice, monkeypatch, settings
):
    monkeypatch.setattr(desk, "_PATIENCE_SECONDS", -1.0)
    for _ in range(3):
        make_description(alice, "A boat.")
    assert delete_for_good(Description.objects.all()) == 3
    settings.UNDO_MINUTES = 366 * 24 * 60
    assert Description.objects.of(alice).count() == 0
    assert restore(Description.objects.all()) == 0
    assert delete_due() == 3
    assert files() == []


def test_once_its_time_is_over_nothing_can_be_restored_although_it_still_lies_there(alice):
    row = make_description(alice, "A boat.")
    trash(one(row))
    one(row).update(trashed=long_ago())
    assert (restore(one(row)), Description.objects.of(alice).count()) == (0, 0)


def test_a_site_without_a_trash_deletes_at_once(alice, settings):
    settings.UNDO_MINUTES = 0
    full(alice)
    act = trash(Description.objects.filter(owner=alice))
    assert (act.count, act.name) == (1, "")
    assert (tables_with(WORD), files()) == ([], [])


def test_a_picture_and_a_copy_that_another_description_shows_stay(alice):
    image = make_image(alice)
    large = Recipe(long_side=4000).key
    copies = [
        SentCopy.objects.create(
            image=image,
            recipe=f"{large}-{n}",
            sha256="0",
            media_type="image/jpeg",
            width=1,
            height=1,
            bytes=1,
            file=f"sent/{n}.jpg",
        )
        for n in range(2)
    ]
    one_, two = (make_description(alice, status="done") for _ in range(2))
    add_picture(one_, image, sent_copy=copies[0])
    add_picture(two, image, sent_copy=copies[1])
    delete_for_good(one(one_))
    assert set(image.sent_copies.values_list("recipe", flat=True)) == {Recipe().key, f"{large}-1"}
    assert two.pictures.get().sent_copy == copies[1]
    delete_for_good(one(two))
    assert not Image.objects.exists() and not SentCopy.objects.exists()


def test_a_copy_is_left_while_an_ask_about_its_picture_is_under_way(alice):
    image = make_image(alice)
    copy = SentCopy.objects.create(
        image=image,
        recipe="other",
        sha256="0",
        media_type="image/jpeg",
        width=1,
        height=1,
        bytes=1,
        file="sent/o.jpg",
    )
    done = make_description(alice, status="done")
    add_picture(done, image, sent_copy=copy)
    make_description(alice, pictures=[(image, "a.jpg")])
    delete_for_good(one(done))
    assert SentCopy.objects.filter(pk=copy.pk).exists()


def test_d2_an_undo_after_the_picture_was_asked_about_anew_and_the_other_way_round(alice):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    old = make_description(alice, "A boat.", pictures=[(image, "boat.jpg")])
    act = trash(one(old))
    again = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    assert again == image
    (new,) = submit(Ask(owner=alice, question="And now?", pictures=[AskImage(again, "boat.jpg")]))
    assert restore_act(alice, act.name) == [old.pk]
    assert old.shown_pictures[0].image == new.shown_pictures[0].image == image
    delete_for_good(one(old))
    assert set(image.files) == set(files())
    delete_for_good(one(new))
    assert files() == []


@pytest.mark.django_db(transaction=True)
def test_d2_a_picture_that_goes_while_it_is_asked_about_is_said(alice):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    delete_for_good(one(make_description(alice, "A boat.", pictures=[(image, "boat.jpg")])))
    with pytest.raises(Refusal, match="deleted meanwhile"):
        submit(Ask(owner=alice, question="What?", pictures=[AskImage(image, "boat.jpg")]))
    assert not Description.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_d3_what_is_trashed_while_it_runs_is_accounted_for_and_its_answer_is_not_shown(
    alice, endpoint, settings
):
    settings.VISION_BASE_URL, settings.VISION_API_KEY, settings.VISION_MODEL = endpoint.url, "sk-x", "m"
    Endpoint.from_environment()
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    (row,) = submit(Ask(owner=alice, question="What?", pictures=[AskImage(image, "boat.jpg")]))

    def meanwhile(call):
        trash(one(row))
        connection.close()
        return answer("Two boats.", usage=(100, 20, 120))

    endpoint.rule(meanwhile)
    assert run_next()
    assert UsageDay.objects.get().total_tokens == Attempt.objects.get().total_tokens == 120
    assert restore(one(row)) == 1
    row.refresh_from_db()
    assert (row.status, row.choices.count()) == (Status.CANCELLED, 0)
    assert not run_next() and len(endpoint.calls) == 1


@pytest.mark.parametrize("status", ["queued", "waiting"])
def test_d3_what_waits_is_cancelled_and_its_webhook_is_told(alice, status):
    Webhook.issue(alice, "https://receiver.example/")
    row = make_description(alice, status=status)
    trash(one(row))
    row.refresh_from_db()
    assert row.status == Status.CANCELLED
    assert WebhookDelivery.objects.get().description == row.pk


def test_lists_with_and_without_the_trash_walk_an_index(alice):
    if connection.vendor != "sqlite":
        pytest.skip("a plan of PostgreSQL depends on how many rows there are")
    row = make_description(alice, "A boat.", pictures=boat(alice))
    for trashed, index in ((False, "description_owner"), (True, "description_trash")):
        rows = Selection(alice.pk, trashed=trashed).rows().order_by("-id")[:24]
        plan = rows.explain()
        assert f"USING INDEX {index} " in plan and "TEMP B-TREE" not in plan, plan
    assert "description_trashed" in Description.objects.due().explain()
    with CaptureQueriesContext(connection) as statements:
        trash(one(row))
    assert len(statements) <= 7
