"""Words of an answer as they come: told to pages in pieces, kept with the row, gone once the answer is there."""

import asyncio
import io
import json
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.desk.trash import delete_for_good
from describer.engine.events import WORDS_BACKLOG, Stream, _heard, hub
from describer.engine.live_words import TELL_SECONDS, board, forget_words, units
from describer.engine.pipeline import run_next
from describer.engine.queue.sweep import hand_back
from describer.engine.submit import Ask, AskImage, keep_image, submit
from describer.models import Attempt, Description, Endpoint, Status, StreamedWords, Via
from tests.endpoint import answer, chunks, error, sse
from tests.engine.test_held import refusing
from tests.images.pictures import photo
from tests.rows import make_description
from tests.site import until
from tests.steps import around, chunk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]
USAGE = (9, 12, 21)


@pytest.fixture
def ask(alice):
    def asked(streams=True, **changes):
        Endpoint.objects.update(settings={"stream_pages": streams})
        image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
        shown = [AskImage(image, "boat.jpg")]
        return submit(Ask(owner=alice, question="What is it?", pictures=shown, **changes))[0]

    return asked


class Page:
    """What an open page is told, and its words put together as words.js does."""

    def __init__(self):
        self.events, self.times, self.texts = [], [], [""]

    def put(self, event):
        self.events.append(event)
        if "words" in event:
            self.times.append(time.monotonic())
            kept = self.texts[-1].encode("utf-16-le")[: event["at"] * 2].decode("utf-16-le")
            assert units(kept) == event["at"], "a piece is missing"
            self.texts.append(kept + event["words"])

    @property
    def words(self):
        return [event for event in self.events if "words" in event]


@pytest.fixture
def page(alice):
    opened = Page()
    hub.streams[alice.pk].add(opened)
    yield opened
    hub.streams.pop(alice.pk)


@pytest.fixture
def hers(client, alice):
    client.force_login(alice)
    return client


def run(row):
    assert run_next()
    return Description.objects.get(pk=row.pk)


@contextmanager
def running():
    """A run in a thread of its own; it is at its end after the block."""

    def work():
        run_next()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(30)
    assert not thread.is_alive()


def when(gate, data):
    """An event that is said once the gate is open."""

    def said():
        assert gate.wait(30)
        return data

    return said


def breaks_off():
    raise OSError


def says(*words, **fields):
    return [chunk({"content": word}, **fields) for word in words]


def test_words_are_told_as_they_come_and_the_row_is_written_by_the_whole_answer(ask, endpoint, page):
    gate, row = threading.Event(), ask()
    endpoint.then(sse(*around([*says("Two "), when(gate, *says("boats."))], USAGE)))
    with running():
        until(lambda: page.texts[-1] == "Two", "the first word is told")
        until(lambda: StreamedWords.objects.filter(text="Two", call=1).exists(), "it is kept")
        assert not Description.objects.get(pk=row.pk).choices.exists()
        gate.set()
    row.refresh_from_db()
    attempt, choice = row.attempts().get(), row.choices.get()
    assert (row.status, choice.content, choice.finish_reason) == (Status.DONE, "Two boats.", "stop")
    assert (attempt.state, attempt.billed, attempt.total_tokens) == (Attempt.State.ANSWERED, "yes", 21)
    sent = endpoint.calls[0].body
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})
    assert not StreamedWords.objects.exists()
    assert page.events[-1] == {"id": row.pk, "status": "done"}


def test_nothing_is_streamed_where_the_settings_do_not_say_so_or_nobody_looks(ask, endpoint, page):
    run(ask(streams=False))
    for via in (Via.API, Via.BATCH):
        run(ask(via=via))
    assert [call.body.get("stream") for call in endpoint.calls] == [None] * 3
    assert page.words == []


def test_the_environment_switches_the_first_endpoint(ask, endpoint, settings):
    settings.VISION_STREAM_PAGES = True
    endpoint.then(sse(*chunks("A dog.")))
    assert run(ask(streams=False)).choices.get().content == "A dog."
    assert endpoint.calls[0].body["stream"] is True


def test_an_answer_in_one_piece_is_the_whole_answer(ask, endpoint, page):
    endpoint.then(answer("A dog.", usage=(5, 2, 7), n=2))
    row = run(ask(parameters={"n": "2"}))
    assert (row.status, row.choices.count(), row.attempts().get().total_tokens) == (Status.DONE, 2, 7)
    assert page.words == []


def test_pieces_are_merged_to_ten_a_second(ask, endpoint, page):
    endpoint.then(sse(*around(says(*[f"{n} " for n in range(300)]), USAGE), interval=0.003))
    row = run(ask())
    assert row.choices.get().content.startswith("0 1 2 ")
    assert all(
        later - sooner > TELL_SECONDS * 0.5 for sooner, later in zip(page.times, page.times[1:], strict=False)
    )
    assert len(page.words) <= 2 + (page.times[-1] - page.times[0]) / (TELL_SECONDS * 0.9)
    assert row.choices.get().content.startswith(page.texts[-1]) and len(page.texts) > 3


def test_the_statements_of_an_ask_do_not_grow_with_its_pieces(ask, endpoint):
    def statements(count):
        endpoint.then(sse(*around(says(*["word "] * count), USAGE)))
        row = ask()
        with CaptureQueriesContext(connection) as captured:
            run(row)
        return len(captured)

    statements(2)
    assert statements(2_000) == statements(2)


def test_what_came_is_written_once_a_second_at_most(ask, endpoint, page):
    gate, row = threading.Event(), ask()
    pieces = says(*["word "] * 200)
    endpoint.then(sse(*around([*pieces, when(gate, *says("end."))], USAGE), interval=0.005))
    seen = set()
    began = time.monotonic()
    with running():

        def is_told():
            seen.update(StreamedWords.objects.values_list("at", flat=True))
            return units(page.texts[-1]) == 999

        until(is_told, "all but the end is told", step=0.01)
        took = time.monotonic() - began
        gate.set()
    assert 1 <= len(seen) <= took + 2
    assert Description.objects.get(pk=row.pk).choices.get().content.endswith("end.")


def test_a_stream_that_breaks_off_keeps_its_words_and_its_unknown(ask, endpoint):
    endpoint.then(sse(*says("Two ", "boats"), breaks_off))
    row = run(ask())
    attempt = row.attempts().get()
    assert (row.status, row.error_code) == (Status.FAILED, "stream_cut")
    assert (attempt.state, attempt.billed) == (Attempt.State.UNKNOWN, "unknown")
    assert row.choices.get().content == "Two boats"
    assert not StreamedWords.objects.exists()


def test_a_stream_that_breaks_off_before_its_first_word_is_asked_again_as_any_call(ask, endpoint):
    endpoint.then(sse(chunk({"role": "assistant"}), breaks_off), sse(*chunks("A dog.")))
    row = run(ask())
    assert (row.status, row.attempts().get().state) == (Status.WAITING, Attempt.State.UNKNOWN)


def test_words_of_a_process_that_died_stay_until_a_whole_answer_replaces_them(ask, endpoint, hers):
    gate, row = threading.Event(), ask()
    endpoint.then(sse(*says("Two "), when(gate, *says("boats"))))
    with running():
        until(lambda: StreamedWords.objects.filter(text="Two").exists(), "it is kept")
        hand_back({row.pk: Description.objects.get(pk=row.pk).lease_token})
        shown = hers.get(f"/descriptions/{row.pk}/words/").content.decode()
        assert "What came before it broke off:" in shown and ">Two</div>" in shown
        assert "One call broke off and may have been billed" in shown
        gate.set()
    assert row.attempts().get().state == Attempt.State.UNKNOWN
    assert StreamedWords.objects.get().text == "Two", "a run that lost its row writes no words"
    endpoint.then(sse(*chunks("Two boats.")))
    assert run(row).status == Status.DONE
    assert not StreamedWords.objects.exists()
    shown = hers.get(f"/descriptions/{row.pk}/words/").content.decode()
    assert "before it broke off" not in shown and "Two boats." in shown


@pytest.mark.parametrize(
    "words",
    [
        "Streaming is not supported for this model.",
        "Unsupported parameter: 'stream'",
        "stream mode not allowed",
        "this model does not support streaming",
    ],
)
def test_an_endpoint_that_refuses_streams_is_asked_without_one_and_remembered(ask, endpoint, words):
    endpoint.then(error(400, words))
    row = run(ask())
    assert (row.status, row.attempts().count()) == (Status.DONE, 2)
    run(ask())
    assert [call.body.get("stream") for call in endpoint.calls] == [True, None, None]
    assert all("stream_options" not in call.body for call in endpoint.calls[1:])
    assert Endpoint.default().learned["scripted-model"]["dropped"] == ["stream"]


def test_an_endpoint_that_refuses_stream_options_is_streamed_and_its_usage_estimated(ask, endpoint, hers):
    endpoint.then(error(400, "Unknown parameter: 'stream_options'"), sse(*chunks("A dog.", usage=None)))
    row = run(ask())
    assert [call.body["stream"] for call in endpoint.calls] == [True, True]
    assert row.attempts().last().estimated_usage and row.attempts().last().usage is None
    assert "Asked without" not in hers.get(f"/descriptions/{row.pk}/card/").content.decode()


def test_of_several_answers_the_first_is_shown(ask, endpoint, page):
    def of(index, word, reason=None):
        return chunk({}, choices=[{"index": index, "delta": {"content": word}, "finish_reason": reason}])

    endpoint.then(sse(of(0, "One "), of(1, "Two "), of(0, "boat.", "stop"), of(1, "dogs.", "stop"), "[DONE]"))
    row = run(ask(parameters={"n": "2"}))
    assert [choice.content for choice in row.choices.order_by("index")] == ["One boat.", "Two dogs."]
    assert all("Two" not in text for text in page.texts)


def test_thoughts_are_not_told_only_that_there_are_some(ask, endpoint, page):
    gate, row = threading.Event(), ask()
    thinks = chunk({"reasoning_content": "It may be a boat."})
    endpoint.then(sse(thinks, when(gate, *says("A boat.")), chunk({}, "stop"), "[DONE]"))
    with running():
        until(lambda: page.words, "it is told")
        assert page.words == [{"id": row.pk, "call": 1, "at": 0, "words": "", "thinks": True}]
        gate.set()
    assert row.choices.get().reasoning == "It may be a boat."
    assert all("may be" not in text for text in page.texts)


def test_the_key_is_masked_in_whatever_pieces_it_comes(ask, endpoint, page, settings):
    settings.VISION_API_KEY = "sk-very-secret-1234"
    gate, row = threading.Event(), ask()
    pieces = says("Your key is sk-very", "-secret", "-1234 indeed")
    endpoint.then(sse(*around([*pieces, when(gate, *says("."))], USAGE), interval=0.15))
    with running():
        until(lambda: "indeed" in page.texts[-1], "it is told")
        gate.set()
    assert all("secret" not in text for text in page.texts)
    assert "secret" not in row.choices.get().content


def test_a_cancelled_ask_keeps_no_words_and_shows_none(ask, endpoint, page, hers):
    gate, row = threading.Event(), ask()
    endpoint.then(sse(*around([*says("Two "), when(gate, *says("boats."))], USAGE)))
    with running():
        until(lambda: StreamedWords.objects.exists(), "it is kept")
        assert Description.objects.get(pk=row.pk).cancel()
        assert "Two" not in hers.get(f"/descriptions/{row.pk}/card/").content.decode()
        gate.set()
    assert row.attempts().get().state == Attempt.State.ANSWERED
    assert forget_words() == 1
    assert not StreamedWords.objects.exists()


def test_with_no_page_open_and_a_stranger_s_words_go_to_nobody_else(ask, endpoint, bob):
    other = Page()
    hub.streams[bob.pk].add(other)
    try:
        endpoint.then(sse(*chunks("A dog.")))
        assert run(ask()).status == Status.DONE
    finally:
        hub.streams.pop(bob.pk)
    assert other.events == []
    assert board.coming == {}


def test_a_page_that_is_behind_misses_words_and_no_change_of_state():
    async def slow():
        stream = Stream()
        for _ in range(WORDS_BACKLOG + 50):
            stream._put({"id": 1, "call": 1, "at": 0, "words": "a", "thinks": False})
        stream._put({"id": 1, "status": "done"})
        return [stream.queue.get_nowait() for _ in range(stream.queue.qsize())]

    told = asyncio.run(slow())
    assert (len(told), told[-1]) == (WORDS_BACKLOG + 1, {"id": 1, "status": "done"})


def test_letters_are_counted_as_browsers_count_them(ask, endpoint, page):
    gate, row = threading.Event(), ask()
    endpoint.then(sse(*around([*says("A 🚤 and\r\n"), when(gate, *says("a 🐕."))], USAGE), interval=0.15))
    with running():
        until(lambda: page.texts[-1] == "A 🚤 and", "it is told")
        gate.set()
    assert row.choices.get().content == "A 🚤 and\r\na 🐕."


def test_words_of_a_stranger_are_not_shown(alice, hers, bob):
    row = make_description(bob, status="queued", calls=1)
    StreamedWords.objects.create(description=row, call=1, text="Hush.")
    assert hers.get(f"/descriptions/{row.pk}/words/").status_code == 404


def test_words_are_plain_text_with_their_blanks(alice, hers):
    row = make_description(alice, status="queued", calls=1)
    StreamedWords.objects.create(description=row, call=1, text="<b>**1**</b>\n  2")
    shown = hers.get(f"/descriptions/{row.pk}/words/").content.decode()
    assert "&lt;b&gt;**1**&lt;/b&gt;\n  2</div>" in shown


def test_what_is_deleted_while_it_comes_keeps_no_words_and_its_call_is_accounted_for(ask, endpoint):
    gate, row = threading.Event(), ask()
    endpoint.then(sse(*around([*says("Two "), when(gate, *says("boats."))], USAGE)))
    with running():
        until(lambda: StreamedWords.objects.exists(), "it is kept")
        number = row.pk
        delete_for_good(Description.objects.filter(pk=number))
        assert not StreamedWords.objects.exists()
        gate.set()
    assert not Description.objects.exists() and not StreamedWords.objects.exists()
    attempt = Attempt.objects.get(description=number)
    assert (attempt.state, attempt.total_tokens) == (Attempt.State.ANSWERED, 21)


def test_a_database_that_takes_no_words_holds_up_no_stream(ask, endpoint, page):
    """Words are told and the answer recorded, though none could be kept."""
    endpoint.then(sse(*around(says("Two ", "boats."), USAGE), interval=0.1))
    with refusing("INSERT", "describer_streamedwords"):
        row = run(ask())
    assert (row.status, row.choices.get().content) == (Status.DONE, "Two boats.")
    assert page.texts[-1].startswith("Two")


def test_what_anybody_publishes_in_redis_is_no_words():
    good = {"id": 7, "call": 1, "at": 0, "words": "Two", "thinks": False}
    assert _heard(json.dumps([1, good]).encode()) == (1, good)
    for odd in (
        {"words": "x"},
        good | {"at": "x"},
        good | {"id": "7"},
        good | {"words": "x" * 200_000},
        "words",
        7,
    ):
        assert _heard(json.dumps([1, odd]).encode()) is None
