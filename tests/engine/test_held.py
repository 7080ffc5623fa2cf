"""Paid replies that the database does not take: for now, as they are, or at all. None is lost, and none is asked for again."""

import io
import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from describer.desk.trash import delete_for_good
from describer.engine import journal, queue, store
from describer.engine.journal import Entry
from describer.engine.outcome import Outcome
from describer.engine.pipeline import process_inline, run_next
from describer.engine.queue import Run, Waiter
from describer.engine.queue.lease import Pulse
from describer.engine.recover import forget_deleted, recover
from describer.engine.submit import Ask, AskImage, keep_image, submit, submit_inline
from describer.models import Attempt, Description, Status, UsageDay, Via
from tests.endpoint import answer, completion, reply
from tests.images.pictures import photo
from tests.rows import make_attempt, make_description

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]

MESSAGES = [{"role": "user", "content": "What is it?"}]


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    yield tmp_path
    journal.journal.close()


@pytest.fixture
def asked(alice):
    picture = AskImage(keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg"), "boat.jpg")
    return submit(Ask(owner=alice, question="What is it?", pictures=[picture]))[0]


@contextmanager
def refusing(event, table):
    """The database takes no such change meanwhile, and says so each time."""
    if connection.vendor == "postgresql":
        statements = (
            "CREATE FUNCTION refuse() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''never''; END' LANGUAGE plpgsql",
            f"CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        undo = (f"DROP TRIGGER refuse ON {table}", "DROP FUNCTION refuse()")
    else:
        statements = (
            f"CREATE TRIGGER refuse BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'never'); END",
        )
        undo = ("DROP TRIGGER refuse",)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in undo:
                cursor.execute(statement)


def texts(folder):
    return [path.read_text() for path in folder.rglob("*.json")]


def test_ff18_an_index_that_no_column_holds_costs_no_answer(asked, endpoint):
    body = completion("Two boats.")
    body["choices"][0]["index"] = 40_000
    endpoint.then(reply(200, body))
    assert run_next()
    asked.refresh_from_db()
    assert (asked.status, [choice.content for choice in asked.choices.all()]) == (Status.DONE, ["Two boats."])


def test_ff18_an_answer_that_the_database_refuses_is_kept_on_disk_and_its_ask_fails_once(
    asked, endpoint, data
):
    endpoint.then(answer("Two boats.", usage=(100, 20, 120)))
    with refusing("INSERT", "describer_choice"):
        assert run_next()
    asked.refresh_from_db()
    assert (asked.status, asked.error_code, asked.lease_token) == (Status.FAILED, "not_stored", "")
    attempt = asked.attempts().get()
    assert (attempt.state, attempt.billed, attempt.total_tokens) == ("answered", "yes", 120)
    assert UsageDay.objects.get().total_tokens == 120
    assert ["Two boats." in text for text in texts(data / "held" / "refused")] == [True]
    assert not run_next()
    assert len(endpoint.calls) == 1
    assert queue.process.leases.takes_more


def test_ff18_a_reply_of_which_the_database_takes_nothing_is_kept_on_disk_and_its_ask_fails_once(
    asked, endpoint, data
):
    endpoint.then(answer("Two boats.", usage=(100, 20, 120)))
    with refusing("UPDATE", "describer_attempt"):
        assert run_next()
    asked.refresh_from_db()
    assert (asked.status, asked.error_code) == (Status.FAILED, "not_stored")
    assert ["Two boats." in text for text in texts(data / "held" / "refused")] == [True]
    assert not run_next()
    assert len(endpoint.calls) == 1


def test_ff18_what_is_kept_of_a_deleted_description_is_deleted(asked, endpoint, data):
    endpoint.then(answer("Two boats."))
    with refusing("INSERT", "describer_choice"):
        assert run_next()
    assert forget_deleted() == 0
    delete_for_good(Description.objects.filter(pk=asked.pk))
    assert forget_deleted() == 1
    assert texts(data) == []


def test_ff18_values_are_fitted_to_their_columns(asked):
    run = Run(asked, "token")
    line = {"http_status": 10**9, "request_id": "x" * 900, "total_tokens": 10**30, "raw_usage": {"a": "\0"}}
    choices = ({"index": -5, "content": "a\0b", "finish_reason": "y" * 300},) * 2
    outcome = Outcome(Attempt.State.ANSWERED, line, Status.DONE, {}, choices).fitted()
    call = make_attempt(asked)
    Description.objects.filter(pk=asked.pk).update(status=Status.RUNNING, lease_token="token")
    assert store.is_written(Entry(run, call, outcome))
    call.refresh_from_db()
    highest = {"postgresql": 32_767, "sqlite": 10**9}[connection.vendor]
    assert (call.http_status, len(call.request_id), call.error_code) == (highest, 200, "altered")
    assert [(choice.index, choice.content) for choice in asked.choices.order_by("index")] == [
        (0, "a\ufffdb"),
        (1, "a\ufffdb"),
    ]


def kept_by_a_dead_process(data, description, outcome, token="dead"):
    """An attempt whose reply lies in the folder of a process that is gone."""
    call = make_attempt(description)
    entry = Entry(Run(description, token), call, outcome)
    folder = data / "held" / "7-gone"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lock").touch()
    (folder / f"{call.pk}.json").write_text(entry.text)
    return call


def paid(text="Paid."):
    line = {"answered": timezone.now(), "http_status": 200, "total_tokens": 15, "billed": "yes"}
    ends = {"waiting_reason": "", "not_before": None}
    choices = ({"index": 0, "content": text, "finish_reason": "stop"},)
    return Outcome(Attempt.State.ANSWERED, line, Status.DONE, ends, choices)


@pytest.mark.parametrize(
    ("status", "token", "calls", "after"),
    [
        (Status.RUNNING, "dead", 1, Status.DONE),
        (Status.QUEUED, "", 1, Status.DONE),
        (Status.QUEUED, "", 2, Status.QUEUED),
        (Status.RUNNING, "another", 2, Status.RUNNING),
        (Status.CANCELLED, "dead", 1, Status.CANCELLED),
    ],
    ids=["not taken back", "handed back", "asked again", "with somebody else", "cancelled"],
)
def test_ff01_what_a_process_that_is_gone_had_kept_is_written_after_all(
    alice, data, status, token, calls, after
):
    row = make_description(alice, status=status, lease_token=token, calls=calls)
    call = kept_by_a_dead_process(data, row, paid())
    assert recover() == 1
    row.refresh_from_db()
    call.refresh_from_db()
    assert (row.status, [choice.content for choice in row.choices.all()]) == (
        after,
        ["Paid."] if after == Status.DONE else [],
    )
    assert (call.state, call.billed, call.total_tokens) == ("answered", "yes", 15)
    assert UsageDay.objects.get().total_tokens == 15
    assert not (data / "held" / "7-gone").exists()
    assert recover() == 0


def test_ff01_what_was_written_before_the_process_died_is_not_written_twice(alice, data):
    row = make_description(alice, status=Status.RUNNING, lease_token="dead", calls=1)
    call = kept_by_a_dead_process(data, row, paid())
    assert store.is_written(Entry(Run(row, "dead"), call, paid()))
    assert recover() == 1
    assert (UsageDay.objects.get().total_tokens, row.choices.count()) == (15, 1)


def test_ff01_a_reply_for_a_description_that_is_gone_completes_its_line(alice, data):
    row = make_description(alice, status=Status.RUNNING, lease_token="dead", calls=1)
    call = kept_by_a_dead_process(data, row, paid())
    Description.objects.all().delete()
    assert recover() == 1
    call.refresh_from_db()
    assert call.state == "answered"


def test_ff01_a_file_that_cannot_be_read_stays_and_holds_up_no_other(alice, data, caplog):
    row = make_description(alice, status=Status.RUNNING, lease_token="dead", calls=1)
    kept_by_a_dead_process(data, row, paid())
    odd = data / "held" / "7-gone"
    (odd / "0.json").write_text("[")
    (odd / "1.json").write_text(json.dumps({"attempt": 1}))
    assert recover() == 1
    assert sorted(path.name for path in odd.glob("*.json")) == ["0.json", "1.json"]
    assert "cannot be read" in caplog.text


def test_ff01_the_folder_of_a_living_process_is_left_alone(alice, data):
    row = make_description(alice, status=Status.RUNNING, lease_token="mine", calls=1)
    call = make_attempt(row)
    with journal.guarded(Entry(Run(row, "mine"), call, paid())) as entry:
        journal.journal.keep(entry)
        assert entry.path.exists()
        assert recover() == 0
        assert entry.path.stat().st_mode & 0o777 == 0o600
        assert entry.path.parent.stat().st_mode & 0o777 == 0o700
    assert texts(data) == []


def test_ff01_a_reply_that_waits_for_a_moment_is_kept_on_disk(alice, data):
    row = make_description(alice, status=Status.RUNNING, lease_token="mine", calls=1)
    with journal.guarded(Entry(Run(row, "mine"), make_attempt(row), paid())) as entry:
        journal.journal.keep_late()
        assert entry.path is None
        entry.since -= 2
        journal.journal.keep_late()
        assert entry.path.exists()


def test_ff01_where_no_disk_takes_a_reply_memory_holds_it(alice, data, settings, caplog, monkeypatch):
    (data / "file").touch()
    settings.DATA_DIR = data / "file"  # no folder can be made in it
    monkeypatch.setattr("tempfile.tempdir", str(data / "file"))
    row = make_description(alice, status=Status.RUNNING, lease_token="mine", calls=1)
    with journal.guarded(Entry(Run(row, "mine"), make_attempt(row), paid())) as entry:
        for _ in range(3):
            journal.journal.keep(entry)
        assert entry.path is None
    assert caplog.text.count("cannot be kept in") == 2


def test_ff01_a_process_takes_nothing_back_until_its_own_writes_have_worked_for_a_lease(settings):
    settings.LEASE_SECONDS, settings.HEARTBEAT_SECONDS = 0, 1
    pulse = Pulse()
    assert pulse.is_steady()
    pulse.beat()
    assert pulse.is_steady()
    pulse.miss()
    assert not pulse.is_steady()
    pulse.beat()
    assert not pulse.is_steady()
    pulse.since -= 16
    assert pulse.is_steady()
    pulse.last -= 10  # a heartbeat that hangs
    assert not pulse.is_steady()


def test_ff01_leases_run_out_for_all_while_writes_fail_and_nobody_takes_them_back(alice, settings):
    settings.HEARTBEAT_SECONDS = 0
    row = make_description(
        alice, status=Status.RUNNING, lease_token="another", lease_until=timezone.now() - timedelta(days=1)
    )
    queue.process.pulse.miss()
    try:
        for _ in range(3):
            queue.sweep()
        row.refresh_from_db()
        assert row.status == Status.RUNNING
    finally:
        queue.process.pulse.last = None
    for _ in range(3):
        queue.sweep()
    row.refresh_from_db()
    assert row.status == Status.QUEUED


def test_ff18_a_call_that_its_process_did_not_survive_counts_as_a_try(alice, settings):
    settings.TRIES = 3
    row = make_description(alice, status=Status.QUEUED)
    for number in (1, 2, 3):
        Description.objects.filter(pk=row.pk).update(status=Status.RUNNING, lease_token="dead")
        make_attempt(row, number=number)
        assert hand_back_one(row)
    row.refresh_from_db()
    assert (row.status, row.tries, row.error_code) == (Status.FAILED, 3, "connection_lost")
    assert "may have been billed" in row.error_message


def test_ff18_a_run_that_had_not_called_counts_no_try(alice):
    row = make_description(alice, status=Status.RUNNING, lease_token="dead")
    assert hand_back_one(row)
    row.refresh_from_db()
    assert (row.status, row.tries) == (Status.QUEUED, 0)


def test_ff16_a_call_that_never_left_is_asked_at_once_when_it_is_repeated_with_its_key(alice, endpoint):
    ask = Ask(
        alice,
        "What is it?",
        (),
        Via.ENDPOINT,
        messages=MESSAGES,
        together=True,
        token="once",
        body_hash="same",
    )
    first, second = Waiter(), Waiter()
    with refusing("INSERT", "describer_attempt"), pytest.raises(DatabaseError):
        process_inline(submit_inline(ask, first), first)
    assert endpoint.calls == []
    run = submit_inline(ask, second)
    assert isinstance(run, Run)
    process_inline(run, second)
    assert run.description.status == Status.DONE


def hand_back_one(row):
    return queue.hand_back({row.pk: "dead"})


def test_ff14_many_dead_runs_are_handed_back_in_pieces_that_hold_nobody_up(alice):
    rows = [
        make_description(alice, status=Status.RUNNING, lease_token=f"dead{number}") for number in range(450)
    ]
    for row in rows:
        make_attempt(row)
    leases = {row.pk: row.lease_token for row in rows}
    assert queue.hand_back(leases, seconds=0) == 200
    assert queue.hand_back(leases) == 250
    assert set(Description.objects.values_list("status", "tries", "lease_token")) == {("queued", 1, "")}
    assert set(Attempt.objects.values_list("state", "billed")) == {("unknown", "unknown")}
    day = UsageDay.objects.get()
    assert (day.attempts, day.failed) == (450, 450)


@pytest.mark.parametrize(
    ("via", "is_calling", "status", "state"),
    [
        (Via.PAGE, False, Status.QUEUED, "refused"),
        (Via.ENDPOINT, False, Status.FAILED, "refused"),
        (Via.PAGE, True, Status.QUEUED, "unknown"),
        (Via.ENDPOINT, True, Status.FAILED, "unknown"),
    ],
)
def test_ff16_a_run_that_was_broken_off_is_settled_as_soon_as_the_database_is_back(
    alice, via, is_calling, status, state
):
    row = make_description(alice, status=Status.RUNNING, lease_token="mine", via=via)
    call = make_attempt(row)
    queue.leave(Run(row, "mine", is_calling=is_calling))
    assert queue.settle_left() == 1
    row.refresh_from_db()
    call.refresh_from_db()
    assert (row.status, row.lease_token, call.state) == (status, "", state)
    assert call.billed == {"refused": "no", "unknown": "unknown"}[state]
    assert queue.settle_left() == 0
