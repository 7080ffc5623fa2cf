"""Figures for Prometheus: the whole site from any process, to whom they are meant for, with no word of anybody."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from describer import upkeep
from describer.models import Attempt, Endpoint
from describer.ops.monitoring import metrics
from describer.ops.monitoring.engine import state
from describer.ops.monitoring.ledger import RunningLedger
from describer.ops.monitoring.single_flight import SingleFlight
from tests.rows import make_counted_attempt, make_description

pytestmark = pytest.mark.django_db(transaction=True)
SECRET_WORDS = "the-secret-question"
TOKEN = "the-token"


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """One that has told nothing yet: sums never fall, and these tests empty the ledger between them."""
    monkeypatch.setattr(metrics, "_ledger", SingleFlight(RunningLedger().read))


@pytest.fixture
def client(settings):
    """Prometheus, with the site's token."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"authorization": f"Bearer {TOKEN}"})


def figures(client, **headers):
    """Each sample's value by its name and labels."""
    reply = client.get("/metrics", **headers)
    assert reply.status_code == 200, reply.content
    assert reply["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(reply.content.decode())
    return {
        (one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples
    }


def of(found, name, **labels):
    return found.get((name, *sorted(labels.items())), 0)


def test_asks_are_counted_by_lane_and_state(client, alice, sandbox):
    before = [
        make_description(alice),
        make_description(alice, status="waiting"),
        make_description(alice, lane=1),
    ]
    make_description(alice, status="running", lease_token="t")
    make_description(alice, status="done")
    found = figures(client)
    asks = "describer_asks"
    assert of(found, asks, lane="interactive", state="queued") == 1
    assert of(found, asks, lane="interactive", state="waiting") == 1
    assert of(found, asks, lane="interactive", state="running") == 1
    assert of(found, asks, lane="batch", state="queued") == 1
    type(before[1]).objects.filter(pk=before[0].pk).update(created="2026-01-01T00:00Z")
    found = figures(client)
    assert of(found, "describer_oldest_wait_seconds", lane="interactive") > 3600
    assert of(found, "describer_oldest_wait_seconds", lane="batch") < 3600


def test_workers_and_their_slots_are_told(client, alice, settings):
    settings.WORKER_CONCURRENCY = 9
    assert of(figures(client), "describer_workers") == 0
    upkeep.beat()
    found = figures(client)
    assert [of(found, f"describer_worker{name}") for name in ("s", "_slots", "_slots_busy")] == [1, 9, 0]


def test_calls_tokens_and_seconds_are_those_of_the_ledger(client, alice, sandbox):
    Endpoint.objects.create(name="endpoint", base_url="http://x", model_names=["vision-1"])
    before = figures(client)
    row = make_description(alice, "An answer.")
    make_counted_attempt(row, state=Attempt.State.REFUSED, error_code="rate_limited")
    make_counted_attempt(row, state=Attempt.State.SENT)
    after = figures(client)

    def grown(name, **labels):
        return of(after, name, endpoint="endpoint", **labels) - of(
            before, name, endpoint="endpoint", **labels
        )

    assert grown("describer_attempts_total", state="answered", error="") == 1
    assert grown("describer_attempts_total", state="refused", error="rate_limited") == 1
    assert grown("describer_tokens_total", model="vision-1", kind="prompt") == 1000
    assert grown("describer_tokens_total", model="vision-1", kind="completion") == 284
    assert grown("describer_call_seconds_count") == grown("describer_call_seconds_bucket", le="+Inf") == 2
    assert of(after, "describer_calls_in_flight") == 1


def test_an_endpoint_is_open_slowed_or_paused(client, sandbox, alice):
    def told():
        return {
            name: of(figures(client), "describer_endpoint_state", endpoint="sandbox", state=name)
            for name in ("open", "slowed", "paused")
        }

    assert told() == {"open": 1, "slowed": 0, "paused": 0}
    Endpoint.objects.update(gate_width=2.0)
    assert told() == {"open": 0, "slowed": 1, "paused": 0}
    Endpoint.objects.update(paused_code="bad_key")
    assert told() == {"open": 0, "slowed": 0, "paused": 1}
    Endpoint.objects.update(paused_code="", gate_width=None, gate_opens="2026-01-01T00:00Z")
    assert state(Endpoint.default()) == "open"


def test_no_person_question_or_odd_model_is_named(client, alice, sandbox):
    make_description(alice, "An answer.", question=SECRET_WORDS, model="a-model-called-alice")
    upkeep.beat()
    shown = client.get("/metrics").content.decode()
    assert 'model="other"' in shown
    for word in ("alice", SECRET_WORDS, "boat", "An answer"):
        assert word not in shown


STRANGERS = [
    {},
    {"REMOTE_ADDR": "203.0.113.7"},
    {"HTTP_HOST": "127.0.0.1:8000"},
    {"HTTP_X_REAL_IP": "127.0.0.1"},
    {"HTTP_VIA": "1.1 proxy"},
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"HTTP_FORWARDED": "for=127.0.0.1"},
    {"HTTP_AUTHORIZATION": "Bearer "},
    {"HTTP_AUTHORIZATION": "Bearer wrong"},
    {"HTTP_AUTHORIZATION": "Bearer ünknown"},
    {"HTTP_AUTHORIZATION": f"Basic {TOKEN}"},
    {"QUERY_STRING": f"token={TOKEN}"},
]


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_fe18_figures_are_for_the_token_wherever_somebody_seems_to_be(alice, settings, headers):
    settings.METRICS_TOKEN = TOKEN
    reply = Client().get("/metrics", **headers)
    assert (reply.status_code, reply["WWW-Authenticate"]) == (401, "Bearer")
    assert b"describer_" not in reply.content
    assert figures(Client(), **headers | {"HTTP_AUTHORIZATION": f"bearer {TOKEN}"})


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_fe18_a_site_without_a_token_shows_its_figures_to_nobody_and_says_how(alice, settings, headers):
    settings.METRICS_TOKEN = ""
    reply = Client().get("/metrics", **headers)
    assert reply.status_code == 403
    assert b"Set METRICS_TOKEN" in reply.content
    assert b"describer_" not in reply.content


def test_it_only_reads(client, alice):
    assert client.post("/metrics").status_code == 405
