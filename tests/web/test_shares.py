"""Sharing one answer: what a stranger sees by a link, until when, and the single file."""

import base64
import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from describer.models import Share
from tests.rows import boat, make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


def made(client, row, **fields):
    """Make a link as its page does; return its address, which the page shows once."""
    page = client.post(f"/descriptions/{row.pk}/share/", fields, follow=True)
    (address,) = re.findall(r'data-copy="(http[^"]+)">Copy link', page.content.decode())
    return address.removeprefix("http://testserver")


def test_a_stranger_sees_question_answer_and_pictures_and_nothing_else(hers, alice):
    row = make_description(
        alice, "Two **boats**.", question="What is it?", system_prompt="Secret.", pictures=boat(alice)
    )
    address = made(hers, row)
    stranger = Client()
    reply = stranger.get(address)
    html = reply.content.decode()
    assert "What is it?" in html and "<strong>boats</strong>" in html
    assert not re.search("Secret|alice|tokens|History|/descriptions/|vision-1", html)
    assert (reply["X-Robots-Tag"], reply["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")
    assert "default-src" in reply["Content-Security-Policy"]
    (picture,) = re.findall(r'<img src="([^"]+)"', html)
    shown = stranger.get(picture)
    assert shown["Content-Type"].startswith("image/") and b"".join(shown.streaming_content)
    assert stranger.get(f"{address}7/").status_code == 404
    assert address not in hers.get(f"/descriptions/{row.pk}/").content.decode(), "it is shown once"
    assert Share.objects.get().views == 1


def test_a_shared_follow_up_shows_the_picture_that_its_conversation_is_about(hers, alice):
    first = make_description(alice, "A secret pier.")
    row = make_description(alice, "Two.", question="How many?", follows=first, root=first.pk)
    row.pictures.all().delete()
    html = Client().get(made(hers, row)).content.decode()
    (picture,) = re.findall(r'<img src="([^"]+)"', html)
    assert b"".join(Client().get(picture).streaming_content)
    assert "Two." in html and "secret" not in html
    assert "data:image/jpeg" in hers.get(f"/descriptions/{row.pk}/page.html").content.decode()


def test_the_token_stands_in_no_row(hers, alice):
    token = made(hers, make_description(alice, "A boat.")).split("/")[2]
    assert token not in str(list(Share.objects.values()))


@pytest.mark.parametrize("end", ["time", "revoked", "deleted"])
def test_a_link_that_has_ended_leads_nowhere(hers, alice, end):
    row = make_description(alice, "A boat.", pictures=boat(alice))
    address, share = made(hers, row, days="1"), Share.objects.get()
    assert timedelta(hours=23) < share.ends - timezone.now() <= timedelta(days=1)
    if end == "time":
        Share.objects.update(ends=timezone.now())
    elif end == "revoked":
        hers.post(f"/descriptions/{row.pk}/share/{share.pk}/end/")
    else:
        hers.post(f"/descriptions/{row.pk}/delete/")
    for path in (address, f"{address}0/", "/s/never/"):
        assert Client().get(path).status_code == 404


def test_what_is_not_done_and_too_many_links_are_refused_in_words(hers, alice, monkeypatch):
    row = make_description(alice)
    assert "no answer to share yet" in text_of(hers.post(f"/descriptions/{row.pk}/share/", follow=True))
    done = make_description(alice, "A boat.")
    Share.objects.bulk_create(Share(owner=alice, description=done, hash=f"{n}") for n in range(200))
    assert "At most 200 links" in text_of(hers.post(f"/descriptions/{done.pk}/share/", follow=True))


def test_nobody_shares_or_ends_what_is_anothers(hers, his, alice):
    row = make_description(alice, "A boat.")
    made(hers, row)
    share = Share.objects.get()
    assert his.post(f"/descriptions/{row.pk}/share/").status_code == 404
    assert his.post(f"/descriptions/{row.pk}/share/{share.pk}/end/").status_code == 404
    assert his.get(f"/descriptions/{row.pk}/page.html").status_code == 404


def test_a_single_file_has_all_within_itself(hers, alice):
    row = make_description(alice, "Two **boats**.\n\n" + "Word. " * 8000, pictures=boat(alice))
    reply = hers.get(f"/descriptions/{row.pk}/page.html")
    html = reply.content.decode()
    assert reply["Content-Disposition"] == f'attachment; filename="description-{row.pk}.html"'
    assert html.count("Word.") == 8000 and "<strong>boats</strong>" in html
    (data,) = re.findall(r'src="data:image/\w+;base64,([^"]+)"', html)
    with default_storage.open(row.shown_pictures[0].sent_copy.file) as file:
        assert base64.b64decode(data) == file.read()
    assert not re.search(r'(?:src|href)="(?!data:)', html)


def test_the_answer_that_counts_is_the_one_that_is_shared(hers, alice):
    row = make_description(alice, "One.", "Two.", parameters={"n": 2})
    hers.post(f"/descriptions/{row.pk}/marks/", {"kept": "1"})
    html = Client().get(made(hers, row)).content.decode()
    assert "Two." in html and "One." not in html
