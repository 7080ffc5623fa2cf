"""Descriptions in the admin: seen with picture, question and tokens; deleted with what hangs on them."""

from django.core.files.storage import default_storage

from describer.models import Attempt, Choice, Description
from tests.admin.conftest import path, whole
from tests.rows import make_description


def test_a_description_is_listed_with_picture_question_owner_and_tokens(desk, alice):
    row = whole(alice)
    Description.objects.filter(pk=row.pk).update(question="How many birds?\n" + "x" * 500)
    html = desk.get(path("description")).content.decode()
    first = row.pictures.get().image_id
    assert f'<img src="/images/{first}/thumbnail/"' in html
    assert "How many birds? xxx" in html
    assert "x" * 100 not in html
    assert "alice" in html
    assert ">21<" in html


def test_a_description_is_shown_with_its_answer_and_the_way_to_its_ledger(desk, alice):
    row = whole(alice)
    row.choices.update(content="Two birds.")
    html = desk.get(path("description", row.pk, "change")).content.decode()
    assert "Two birds." in html
    assert f"/admin/describer/attempt/?description={row.pk}" in html
    assert desk.get(path("attempt"), {"description": row.pk}).context["cl"].result_count == 1


def test_a_description_cannot_be_changed(desk, alice):
    row = whole(alice)
    assert desk.post(path("description", row.pk, "change"), {"question": "Other"}).status_code == 403
    row.refresh_from_db()
    assert row.question != "Other"


def test_x34_a_deleted_description_leaves_its_ledger(desk, alice):
    row = whole(alice)
    lines = list(Attempt.objects.values())
    desk.post(path("description"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert not Description.objects.exists()
    assert not Choice.objects.exists()
    assert list(Attempt.objects.values()) == lines


def test_fe02_long_texts_are_cut_in_the_admin_too(desk, alice):
    row = whole(alice)
    long = "word " * 100_000
    Description.objects.filter(pk=row.pk).update(
        question=long, system_prompt=long, parameters={"n": 1, "metadata": {"a": long}}
    )
    row.choices.update(content=long, refusal=long, reasoning=long, tool_calls=[{"function": {"name": long}}])
    for index in range(2, 40):
        Choice.objects.create(description=row, index=index, content=long)
    html = desk.get(path("description", row.pk, "change")).content.decode()
    assert "word word" in html and len(html) < 600_000
    assert len(desk.get(path("description")).content) < 100_000


def test_the_trash_is_a_filter_and_its_time_a_column(desk, alice):
    kept, gone = whole(alice), whole(alice, 1)
    Description.objects.filter(pk=gone.pk).update(trashed="2026-03-01T12:00:00Z")
    for trash, rows in (("in", [gone]), ("out", [kept]), ("", [gone, kept])):
        page = desk.get(path("description"), {"trash": trash} if trash else {})
        assert list(page.context["cl"].result_list) == rows
    assert "1 March 2026" in page.content.decode() or "March 1, 2026" in page.content.decode()


def test_what_an_admin_deletes_goes_with_its_files(desk, alice):
    one, two = (make_description(alice, "A boat.") for _ in range(2))
    files = [name for row in (one, two) for shown in row.shown_pictures for name in shown.image.files]
    assert all(map(default_storage.exists, files))
    desk.post(path("description", one.pk, "delete"), {"post": "yes"})
    desk.post(path("description"), {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"})
    assert not any(map(default_storage.exists, files)) and not Description.objects.exists()
