"""Variants of a comparison: made once whatever happens beside, and sent pictures of their own sizes."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from django.db import connection
from PIL import Image as Picture

from describer.desk.comparisons import climb, rungs_of
from describer.desk.trash import delete_for_good
from describer.engine.pipeline import run_next
from describer.engine.submit import Ask, AskImage, ask_again, keep_image, submit, submit_variants
from describer.models import Comparison, Description, SentCopy, Status
from tests.endpoint import answer
from tests.images.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]


@pytest.fixture
def ask(alice):
    image = keep_image(alice, io.BytesIO(photo(1600, 1200)), "boat.jpg")
    return Ask(owner=alice, question="What is it?", pictures=[AskImage(image, "boat.jpg")])


def sides(endpoint):
    """The longest side of the picture in each call."""
    found = []
    for call in endpoint.calls:
        parts = call.body["messages"][-1]["content"]
        (url,) = (part["image_url"]["url"] for part in parts if part["type"] == "image_url")
        found.append(_side(url))
    return found


def _side(url):
    return max(Picture.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size)


def test_each_variant_is_sent_pictures_of_its_own_size_and_keeps_its_own_ledger(ask, endpoint):
    endpoint.then(*(answer(f"Answer {number}.", usage=(100 * number, 20, 0)) for number in (1, 2, 3)))
    born = submit_variants([ask, replace(ask, long_side=512), replace(ask, long_side=1024)])
    assert [row.shown_pictures[0].sent_copy is None for row in born] == [False, True, True]
    while run_next():
        pass
    assert sides(endpoint) == [1600, 512, 1024]
    for number, row in enumerate(Description.objects.order_by("variant"), 1):
        assert row.choices.get().content == f"Answer {number}."
        assert row.attempts().get().prompt_tokens == 100 * number
    copies = [row.pictures.get().sent_copy.width for row in Description.objects.order_by("variant")]
    assert copies == [1600, 512, 1024]
    assert SentCopy.objects.count() == 3


def test_what_is_asked_again_keeps_its_size(ask, endpoint):
    endpoint.then(answer("One."), answer("Two."))
    (row,) = submit(replace(ask, long_side=512))
    run_next()
    assert ask_again(Description.objects.get(pk=row.pk)).long_side == 512
    run_next()
    assert sides(endpoint) == [512, 512]


def test_a_follow_up_of_a_smaller_picture_sends_the_one_that_was_answered(ask, endpoint):
    endpoint.then(answer("One."), answer("Two."))
    (row,) = submit(replace(ask, long_side=512))
    run_next()
    row = Description.objects.get(pk=row.pk)
    (after,) = submit(Ask(owner=ask.owner, question="And now?", pictures=[], together=True, follows=row))
    assert (after.long_side, run_next()) == (None, True)
    parts = [message["content"] for message in endpoint.calls[1].body["messages"]]
    (url,) = (part["image_url"]["url"] for part in parts[0] if part["type"] == "image_url")
    assert _side(url) == 512


def test_the_ladder_leaves_out_what_the_picture_and_the_endpoint_do_not_have(ask, endpoint, asked_endpoint):
    endpoint.then(answer("One."))
    (row,) = submit(ask)
    run_next()
    row = Description.objects.get(pk=row.pk)
    assert rungs_of(row) == [512, 768, 1024]
    asked_endpoint.settings = {"long_side": 800}
    asked_endpoint.save()
    row = Description.objects.get(pk=row.pk)
    assert rungs_of(row) == [512, 768]
    assert [one.long_side for one in climb(row, None)] == [512, 768]
    assert {one.question for one in Description.objects.all()} == {"What is it?"}


def test_two_sends_of_one_token_at_once_are_one_comparison(ask):
    gate = Barrier(2)

    def send(_):
        gate.wait()
        try:
            return [row.pk for row in submit_variants([replace(ask, token="t"), replace(ask, token="t")])]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(send, range(2))
    assert first == second
    assert (Comparison.objects.count(), Description.objects.count()) == (1, 2)


def test_a_comparison_goes_also_when_its_last_descriptions_are_deleted_at_once(ask):
    submit(ask)  # keeps the picture
    for number in range(5):
        born = submit_variants([replace(ask, token=str(number))] * 2)
        gate = Barrier(2)

        def delete(pk, gate=gate):
            gate.wait()
            try:
                delete_for_good(Description.objects.filter(pk=pk))
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(delete, [row.pk for row in born]))
        assert (Description.objects.count(), Comparison.objects.count()) == (1, 0)


def test_a_paused_endpoint_lets_all_variants_wait(ask, asked_endpoint):
    asked_endpoint.paused_code = "invalid_key"
    asked_endpoint.save()
    assert {row.status for row in submit_variants([ask, ask])} == {Status.WAITING}
