"""What a call costs is written down where the call is recorded, whoever asked and however late the reply is written."""

import io
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from describer.db.clock import clock
from describer.engine import store
from describer.engine.journal import Entry
from describer.engine.outcome import Outcome
from describer.engine.pipeline import run_next
from describer.engine.queue import Run
from describer.engine.queue.sweep import give_up
from describer.engine.submit import Ask, AskImage, keep_image, submit
from describer.ledger.price_rows import add_price
from describer.models import Attempt, Description, Status, UsageDay
from describer.serializers.rows import serialize
from tests.days import days_of
from tests.endpoint import answer, error
from tests.images.pictures import photo
from tests.ledger.test_rollup import stored
from tests.rows import make_attempt, make_description

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]


def price(**amounts):
    return add_price(model="scripted-*", **{name: Decimal(amount) for name, amount in amounts.items()})


@pytest.fixture
def ask(alice):
    def asked(pictures=1, **changes):
        images = [keep_image(alice, io.BytesIO(photo(64, 40 + n)), f"{n}.jpg") for n in range(pictures)]
        shown = [AskImage(image, image.sha256) for image in images]
        return submit(Ask(owner=alice, question="What is it?", pictures=shown, **changes))[0]

    return asked


def run(row):
    """The description as it is after its run, and its JSON."""
    assert run_next()
    row = Description.objects.get(pk=row.pk)
    (told,) = serialize([row])
    return row, told


def test_an_answer_has_its_cost_and_the_row_that_it_was_priced_by(ask, endpoint):
    row = price(input="2", cached_input="1", output="10", picture="0.001", request="0.0001")
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1150}
    usage["prompt_tokens_details"] = {"cached_tokens": 400}
    endpoint.then(answer("Two boats.", usage=usage))
    description, told = run(ask(pictures=2, together=True))
    attempt = description.attempts().get()
    assert attempt.cost == Decimal("0.0012") + Decimal("0.0004") + Decimal("0.0015") + Decimal("0.0021")
    assert (told.cost, told.cost_state, told.attempts[0].cost) == ("0.0052", "priced", "0.0052")
    used = attempt.price_used
    assert (used["price"], used["model"], used["input"], used["currency"]) == (
        row.pk,
        "scripted-*",
        "2",
        "USD",
    )
    assert used["tokens"] == {"input": 1000, "cached_input": 400, "output": 150}
    assert (used["pictures"], attempt.pictures) == (2, 2)
    day = UsageDay.objects.get()
    assert (day.cost, day.priced) == (Decimal("0.0052"), 1)


def test_a_price_counts_for_the_next_call_of_a_process_that_knew_others(ask, endpoint):
    endpoint.then(answer("One.", usage=(100, 20, 120)), answer("Two.", usage=(100, 20, 120)))
    _, before = run(ask())
    price(input="1")
    _, after = run(ask())
    assert (before.cost, before.cost_state) == (None, "unpriced")
    assert (after.cost, after.cost_state) == ("0.0001", "priced")
    assert stored() == days_of(Attempt.objects.all())


def test_an_answer_without_usage_is_priced_by_the_estimate_and_says_so(ask, endpoint):
    price(input="1", output="1")
    endpoint.then(answer("One.", usage=None), answer("Two.", usage=(0, 0, 0)))
    for _ in range(2):
        description, told = run(ask())
        attempt = description.attempts().get()
        assert Decimal(told.cost) > 0 and attempt.price_used["notes"] == ["tokens estimated"]
    assert attempt.total_tokens == 0


def test_what_is_refused_costs_nothing_and_what_was_cut_off_is_unknown(ask, endpoint):
    price(input="1", request="1")
    endpoint.then(error(400, "No."))
    _, told = run(ask())
    assert (told.status, told.cost, told.cost_state) == ("failed", "0", "free")


def test_before_its_end_a_description_has_no_cost_and_no_state(ask):
    (told,) = serialize([ask()])
    assert (told.cost, told.cost_state) == (None, None)


def test_a_call_that_was_given_up_is_unknown_and_costs_when_its_reply_comes(alice):
    price(input="1", output="1")
    row = make_description(alice, model="scripted-model")
    call = make_attempt(row)
    with transaction.atomic():
        give_up(Attempt.objects.filter(pk=call.pk))
    day = UsageDay.objects.get()
    assert (day.unknown, day.cost) == (1, 0)
    line = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "billed": "yes"}
    kept = Outcome(Attempt.State.ANSWERED, line, Status.DONE)
    assert store.is_written(Entry(Run(row, "dead"), call, kept))
    day.refresh_from_db()
    assert (day.unknown, day.priced, day.cost) == (0, 1, Decimal("0.00012"))
    assert stored() == days_of(Attempt.objects.all())


def test_m6_a_price_that_begins_in_the_middle_of_a_call_is_for_the_next(ask, endpoint):
    price(input="1")

    def dearer(call):
        if len(endpoint.calls) == 0:
            price(input="5")
            connection.close()
        return answer("One.", usage=(10**6, 0, 10**6))

    endpoint.rule(dearer)
    _, first = run(ask())
    _, second = run(ask())
    assert (first.cost, second.cost) == ("1", "5")


def test_a_look_at_prices_is_one_statement_of_a_record_at_most(alice):
    price(input="1")
    row = make_description(alice, model="scripted-model")
    line = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "billed": "yes"}
    calls = [make_attempt(row, sent=clock.now()) for _ in range(3)]
    with CaptureQueriesContext(connection) as made:
        for call in calls:
            assert store.is_written(Entry(Run(row, "dead"), call, Outcome(Attempt.State.ANSWERED, line)))
    looks = [one["sql"] for one in made.captured_queries if "describer_price" in one["sql"]]
    assert [sql.partition("(")[0] for sql in looks if "COUNT(*)" in sql] == ["SELECT MAX"]
    assert len(looks) == 2, "the rows are read once"
