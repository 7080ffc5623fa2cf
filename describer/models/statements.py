"""The statements that the engine runs with every ask, all of them, built once (db/statements.py says why and what it saves).

Models by their names, since the models' own verbs use these statements.
"""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Max,
    PositiveSmallIntegerField,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Now, Round, StrIndex

from describer.db.clock import SLACK_SECONDS
from describer.db.decimal_sum import PLACES
from describer.db.statements import Aggregate, Delete, Insert, InsertFrom, Param, Select, Update
from describer.models.states import Status

if TYPE_CHECKING:
    from describer.models.description import Description
    from describer.models.description_image import DescriptionImage, DescriptionLink
    from describer.models.endpoint import Endpoint
    from describer.models.image import Image, SentCopy
    from describer.models.person import ApiKey

APP = "describer"


def _rows(model: str) -> "QuerySet[Any]":
    rows: QuerySet[Any] = apps.get_model(APP, model)._default_manager.all()
    return rows


# A description is born, claimed, run, and comes to its end or to a wait.

INSERT_DESCRIPTION = Insert("describer.Description")
INSERT_DESCRIPTION_IMAGE = Insert("describer.DescriptionImage")
INSERT_DESCRIPTION_LINK = Insert("describer.DescriptionLink")
INSERT_TRANSCRIPT = Insert("describer.Transcript")

ENDED = (
    "status",
    "lease_token",
    "lease_until",
    "finished",
    "tries",
    "not_before",
    "waiting_reason",
    "error_code",
    "error_message",
    "flags",
)
WAITED = ("status", "tries", "not_before", "waiting_reason")


def _of_run() -> "QuerySet[Description]":
    return _rows("Description").filter(pk=Param("pk"), status=Status.RUNNING, lease_token=Param("token"))


BEGIN_CALL = Update(_of_run, calls=F("calls") + 1)
RUN_TO = Update(_of_run, *ENDED)
WAIT_INLINE = Update(_of_run, *WAITED)


def first_queued() -> "QuerySet[Description]":
    """Return queued rows in the order in which they are claimed, skipping those that others are claiming."""
    queued = _rows("Description").filter(status=Status.QUEUED).select_related("endpoint", "transcript")
    first = queued.order_by("lane", "turn", "id").select_for_update(skip_locked=True, of=("self",))
    return first.defer("endpoint__model_names", "transcript__answer")


@cache
def select_next(most: int) -> "Select[Description]":
    """Return the statement that finds the next rows to claim, so many at most."""
    return Select(lambda: first_queued()[:most])


@cache
def select_next_of(most: int) -> "Select[Description]":
    """Return the statement that finds the next rows of one endpoint."""
    return Select(lambda: first_queued().filter(endpoint_id=Param("endpoint"))[:most])


@cache
def claim_rows(count: int) -> Update:
    """Return the statement that claims so many rows, named `id0`, `id1`, ..., each under `batch` followed by its id as a token."""
    numbers = [Param(f"id{number}") for number in range(count)]
    return Update(
        lambda: _rows("Description").filter(pk__in=numbers, status=Status.QUEUED),
        status=Value(Status.RUNNING),
        started=Coalesce(F("started"), Param("now", DateTimeField())),
        lease_token=Concat(Param("batch"), Cast("id", CharField())),
        lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        not_before=None,
        waiting_reason="",
    )


# What the gate before an endpoint looks at, under its lock (queue/gate.py).

SELECT_ENDPOINTS: "Select[Endpoint]" = Select(
    lambda: _rows("Endpoint").defer("model_names", "learned").order_by("pk")
)
SELECT_GATE: "Select[Endpoint]" = Select(
    lambda: _rows("Endpoint").filter(pk=Param("endpoint")).defer("model_names", "learned").select_for_update()
)


def latest_opening() -> Combinable:
    """Return the time to which a gate can be shut at most: one shut beyond it was shut by a clock that was wrong."""
    return Now() + timedelta(seconds=settings.PATIENCE_SECONDS + SLACK_SECONDS)


COUNT_SHUT = Aggregate(
    lambda: _rows("Endpoint").filter(
        pk=Param("endpoint"), gate_opens__gt=Now(), gate_opens__lt=latest_opening()
    ),
    count=Count("*"),
)


def _leased() -> "QuerySet[Description]":
    """Return the runs of an endpoint that are under way or about to be, by the index of leases.

    What waits under a lease of its caller's process makes no call. `+ 0` keeps SQLite from the index of endpoints, in which
    lies every description that the endpoint ever answered.
    """
    leased = _rows("Description").exclude(lease_token="").exclude(status=Status.WAITING)
    of_endpoint: QuerySet[Description] = leased.alias(of=F("endpoint_id") + 0).filter(of=Param("endpoint"))
    return of_endpoint


def _sent_since() -> "QuerySet[Any]":
    return _rows("Attempt").filter(endpoint=Param("name"), sent__gt=Param("after"), sent__lt=Param("before"))


COUNT_RUNNING = Aggregate(_leased, count=Count("*"))
COUNT_OPEN_CALLS = Aggregate(
    lambda: _rows("Attempt").filter(endpoint=Param("name"), state="sent"), count=Count("*")
)
COUNT_CALLS = Aggregate(_sent_since, count=Count("*"))
SUM_TOKENS = Aggregate(
    lambda: _sent_since().filter(total_tokens__gt=0), tokens=Sum("total_tokens"), calls=Count("*")
)

WIDEN_GATE = Update(
    lambda: _rows("Endpoint").filter(pk=Param("endpoint")).exclude(gate_width=None),
    gate_width=F("gate_width")
    + Case(When(gate_width__lt=F("gate_threshold"), then=Value(1.0)), default=1.0 / F("gate_width")),
    gate_answered=True,
)

# What the run needs to know.

SELECT_DEFAULT_ENDPOINT: "Select[Endpoint]" = Select(lambda: _rows("Endpoint").filter(is_default=True))
SELECT_API_KEY: "Select[ApiKey]" = Select(
    lambda: _rows("ApiKey").filter(hash=Param("hash"), revoked=None).select_related("user")
)
SELECT_PICTURES: "Select[DescriptionImage]" = Select(
    lambda: (
        _rows("DescriptionImage")
        .filter(description_id=Param("description"))
        .select_related("image", "sent_copy")
        .order_by("position")
    )
)
SELECT_LINKS: "Select[DescriptionLink]" = Select(
    lambda: _rows("DescriptionLink").filter(description_id=Param("description")).order_by("position")
)
SELECT_IMAGE: "Select[Image]" = Select(
    lambda: _rows("Image").filter(owner_id=Param("owner"), sha256=Param("sha256"))
)
SELECT_SENT_COPY: "Select[SentCopy]" = Select(
    lambda: _rows("SentCopy").filter(image_id=Param("image"), recipe=Param("recipe"))
)

# What the call came to.

COMPLETED = (
    "state",
    "answered",
    "http_status",
    "error_code",
    "error_message",
    "request_id",
    "model_answered",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "estimated_usage",
    "raw_usage",
    "cost",
    "price_used",
    "billed",
)
INSERT_ATTEMPT = Insert("describer.Attempt")
COMPLETE_ATTEMPT = Update(
    lambda: _rows("Attempt").filter(pk=Param("pk"), state=Param("before"), answered=None), *COMPLETED
)
REPRICE_ATTEMPT = Update(lambda: _rows("Attempt").filter(pk=Param("pk")), "cost", "price_used")
INSERT_CHOICE = Insert("describer.Choice")
UPDATE_ANSWER = Update(lambda: _rows("Transcript").filter(description_id=Param("description")), "answer")

# Whether prices were added since a look: numbers are given before their rows are seen by others, so rows are counted, too.

LOOK_AT_PRICES = Aggregate(lambda: _rows("Price"), newest=Max("id"), count=Count("*"))

# The words of a call that is under way, while its run has its row; and none of them once there is an answer.

UPDATE_WORDS = Update(
    lambda: _rows("StreamedWords").filter(description__in=_of_run().values("pk")),
    "call",
    "text",
    "thinks",
    at=Now(),
)
INSERT_WORDS = InsertFrom(
    "describer.StreamedWords",
    lambda: _of_run().order_by(),
    description=F("pk"),
    call=Param("call", PositiveSmallIntegerField()),
    text=Param("text", TextField()),
    thinks=Param("thinks", BooleanField()),
    at=Now(),
)
DELETE_WORDS = Delete(lambda: _rows("StreamedWords").filter(description_id=Param("description")))

_DAY_NAMES = ("day", "owner", "key", "endpoint", "model")
_DAY_COUNTS = (
    "attempts",
    "asks",
    "failed",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cost",
    "priced",
    "free",
    "unpriced",
    "unknown",
)


def _with_more(name: str) -> Combinable:
    """Return a column with what is to be added; a cost is rounded each time, since SQLite adds decimals as floats."""
    added = F(name) + Param(f"more_{name}", apps.get_model(APP, "UsageDay")._meta.get_field(name))
    if name != "cost":
        return added
    return Round(added, precision=PLACES)


@cache
def add_to_day() -> Update:
    """Return the statement that adds `more_...` of each count to a day of usage."""
    day = {name: Param(name) for name in _DAY_NAMES}
    return Update(lambda: _rows("UsageDay").filter(**day), **{name: _with_more(name) for name in _DAY_COUNTS})


# Who is told of the end.


def _webhooks_told() -> "QuerySet[Any]":
    """Return the webhooks of a person that may know of a description asked with this key, or with none.

    One that was made with a key knows what that key may read now, and nothing once the key has ended. Scopes are plain
    words in a JSON list, which no look-up of Django's reads on SQLite; LIKE would make SQLite prepare the statement anew
    for each ask, which takes as long as all else.
    """
    lasts = Q(key__revoked=None) & (Q(key__expires=None) | Q(key__expires__gt=Now()))
    knows = Q(reads__gt=0) | Q(key=Param("key"))
    webhooks = _rows("Webhook").alias(reads=StrIndex(Cast("key__scopes", TextField()), Value('"read"')))
    told: QuerySet[Any] = webhooks.filter(Q(key=None) | (lasts & knows), owner=Param("owner"), paused=None)
    return told.filter(owner__is_active=True).order_by()


INSERT_DELIVERIES = InsertFrom(
    "describer.WebhookDelivery",
    _webhooks_told,
    webhook=F("pk"),
    description=Param("description"),
    not_before=Coalesce(F("rests_until"), Now()),
)
