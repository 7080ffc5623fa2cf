"""Endpoints: the chat completions servers that answer."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from describer.models.statements import SELECT_DEFAULT_ENDPOINT
from describer.sandbox import SANDBOX_MODEL, SANDBOX_URL

SANDBOX = "sandbox"
FIRST = "endpoint"
WIDE: dict[str, Any] = {
    "gate_opens": None,
    "gate_width": None,
    "gate_threshold": None,
    "gate_narrowed": None,
    "gate_answered": False,
}
LIMITS = ("max_in_flight", "requests_per_minute", "tokens_per_minute")
SIZES = ("long_side", "picture_bytes", "body_bytes")
SWITCHES = ("send_links", "stream_pages")
HEADERS = "headers"
OPEN: dict[str, Any] = {"paused_code": "", "paused_since": None, "next_probe": None, "probing": 0}


def _plain_name(model: str) -> str:
    """Return a model's name without its maker, and without what is behind a colon."""
    return model.lower().rpartition("/")[2].partition(":")[0]


class Endpoint(models.Model):
    """A chat completions server. The key of the first one stays in the environment, in no row.

    `settings` may hold LIMITS and SIZES, whole numbers above 0, SWITCHES, true or false, and HEADERS, texts by name. `learned` holds per model what it refused:
    {"model": {"renamed": {"max_tokens": "max_completion_tokens"}, "dropped": ["temperature"]}}; and what it was found to be
    like: `"images": 4` pictures at once, `"blind": true`.
    """

    name = models.CharField(max_length=100, unique=True)
    base_url = models.CharField("base URL", max_length=500)
    default_model = models.CharField(max_length=200, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    model_names = models.JSONField(default=list, blank=True)
    models_fetched = models.DateTimeField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    paused_code = models.CharField(max_length=50, blank=True)
    paused_since = models.DateTimeField(null=True, blank=True)
    next_probe = models.DateTimeField(null=True, blank=True)
    probing = models.BigIntegerField(
        default=0, editable=False
    )  # the description that goes ahead while it is paused
    # Pauses in a row that a probe ended at once, and who spoke for the next one (queue/pause.py).
    false_alarms = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    accuser = models.BigIntegerField(default=0, db_default=0, editable=False)
    accused = models.DateTimeField(null=True, editable=False)
    learned = models.JSONField(default=dict, blank=True)
    # The gate, narrowed by replies that say "later" (queue/gate.py); `gate_width` is calls at once, None: wide open.
    gate_opens = models.DateTimeField(null=True, blank=True)
    gate_width = models.FloatField(null=True, blank=True)
    gate_threshold = models.FloatField(null=True, blank=True)
    gate_narrowed = models.DateTimeField(null=True, blank=True)
    gate_answered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def default(cls) -> "Endpoint":
        """Return the endpoint that the environment names; the sandbox when it names none."""
        rows = SELECT_DEFAULT_ENDPOINT()
        if not rows:
            raise cls.DoesNotExist("no endpoint was written from the environment")
        return rows[0]

    @classmethod
    def from_environment(cls) -> "Endpoint":
        """Write the environment's endpoint into its row (at each start) and make it the default."""
        name, base_url, model = SANDBOX, SANDBOX_URL, SANDBOX_MODEL
        if settings.VISION_BASE_URL:
            name, base_url, model = FIRST, settings.VISION_BASE_URL, settings.VISION_MODEL
        before = cls.objects.filter(name=name).first()
        values: dict[str, object] = {"base_url": base_url, "default_model": model, "is_default": True}
        if before and (before.base_url, before.default_model) != (base_url, model):
            values |= {"model_names": [], "models_fetched": None, "learned": {}}
        cls.objects.exclude(name=name).filter(is_default=True).update(is_default=False)
        return cls.objects.update_or_create(name=name, defaults=values)[0]

    @property
    def is_sandbox(self) -> bool:
        return self.name == SANDBOX

    @property
    def sends_links(self) -> bool:
        """Tell whether the endpoint is sent links to pictures as they are, and fetches the pictures itself."""
        return bool(self.settings.get("send_links"))

    @property
    def streams_pages(self) -> bool:
        """Tell whether asks of pages are streamed, so that their words are shown as they come.

        The environment's switch is the first endpoint's.
        """
        of_environment = self.name == FIRST and settings.VISION_STREAM_PAGES
        return of_environment or bool(self.settings.get("stream_pages"))

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that go with each call, by name; secret ones are in the environment."""
        return dict(self.settings.get(HEADERS) or {})

    @property
    def offered(self) -> list[str]:
        """Return the names of the models that can be asked, the default first."""
        others = [name for name in self.model_names if name != self.default_model]
        if not self.default_model:
            return others
        return [self.default_model, *others]

    def listed(self, model: str) -> str:
        """Return the name under which this model is offered, "" where nothing like it is; the endpoint judges what is close.

        A list says `name:latest`, `models/name` or `maker/name` where people, and the endpoint itself, take `name`, too.
        """
        if model in self.offered:
            return model
        return next((name for name in self.offered if _plain_name(name) == _plain_name(model)), "")

    def refuses_by_list(self, model: str) -> bool:
        """Tell whether an endpoint whose models are known offers none that could be meant by this name."""
        return bool(self.model_names) and not self.listed(model)

    def learned_of(self, model: str) -> dict[str, Any]:
        """Return what a model was found to be like: parameters refused, pictures at once, that it sees none."""
        known: dict[str, Any] = self.learned.get(model, {})
        return known

    @property
    def model(self) -> str:
        """Return the model that is asked when none was chosen, or "" when the endpoint has none yet."""
        return next(iter(self.offered), "")

    @property
    def is_free(self) -> bool:
        """Tell whether nothing limits the endpoint's calls: no storm of late, and no limit of the admin's."""
        return self.gate_width is None and not any(map(self.limit, LIMITS))

    def limit(self, name: str) -> int:
        """Return the admin's limit of this name, one of LIMITS; 0 is none.

        The environment's limits are the first endpoint's.
        """
        of_environment = 0
        if self.name == FIRST:
            of_environment = settings.VISION_LIMITS.get(name, 0)
        return of_environment or int(self.settings.get(name, 0))

    def pause(self, code: str, next_probe: datetime) -> bool:
        """Stop asking this endpoint (refused key, no credit); False when it was paused already."""
        paused = Endpoint.objects.filter(pk=self.pk, paused_code="")
        return bool(paused.update(paused_code=code, paused_since=timezone.now(), next_probe=next_probe))

    def open(self) -> bool:
        """Ask this endpoint again, its gate wide; False when it was open already."""
        closed = Endpoint.objects.filter(pk=self.pk).exclude(paused_code="", gate_width=None)
        return bool(closed.update(**OPEN | WIDE))
