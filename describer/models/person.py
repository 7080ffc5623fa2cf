"""People and their API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Value, When
from django.utils import timezone

from describer.db.clock import clock
from describer.db.pieces import in_pieces
from describer.lib.look_alike import alphabets_of, drawn
from describer.models.statements import SELECT_API_KEY

_KEY_PREFIX = "dsc_"
_LAST_USED_STEP = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
REFUSALS_KEPT = 10  # rows a minute; more would tell nobody more
MOST_DAYS = 36_500
MOST_ASKS_PER_MINUTE = 1_000_000


class Scope(models.TextChoices):
    """What a key opens. `admin` adds nothing to the rights of its person: it lets the key use those of an admin.

    Without `read` it cancels, deletes and asks again only what was asked with it, and has to do with no webhooks but
    those that were made with it.
    """

    ASK = "ask", "ask: submit asks, cancel and delete them"
    READ = "read", "read: see descriptions, usage, models and webhooks"
    WEBHOOKS = "webhooks", "webhooks: make, try and remove webhooks"
    ADMIN = "admin", "admin: everybody's as well as one's own, where its person may"


class User(AbstractUser):
    """A person. Ours from the first migration on, so that it can grow.

    `retention_days`: None is the site's. What is that old goes to the trash from `retention_begins` on, which was told
    of `retention_told` days; shorter ones are told anew.
    """

    retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text="After so many days descriptions go to the trash; 0: never. Empty: as the site's setting says.",
    )
    retention_begins = models.DateTimeField(null=True, editable=False)
    retention_told = models.PositiveIntegerField(null=True, editable=False)

    @property
    def retention(self) -> int:
        """Return for how many days this person's descriptions are kept; 0 is for good."""
        if self.retention_days is None:
            return int(settings.RETENTION_DAYS)
        return self.retention_days

    @property
    def kept_since(self) -> datetime:
        """Return the beginning of the first day of which this person's descriptions are kept, by their days of retention."""
        first = timezone.localdate(clock.now()) - timedelta(days=self.retention)
        return timezone.make_aware(datetime.combine(first, time()))

    def clean(self) -> None:
        """Refuse a new name that can be taken for another person's. Names that are there already stay."""
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        if not self.username or User.objects.filter(pk=self.pk, username=self.username).exists():
            return
        if len(alphabets_of(self.username)) > 1:
            raise ValidationError(
                "This name mixes letters of several alphabets that look alike; use those of one."
            )
        look = drawn(self.username)
        for other in in_pieces(others.only("username")):
            if drawn(other.username) == look and other.username != self.username:
                raise ValidationError(
                    f"This name looks like {other.username}, which is another person's; choose another one."
                )


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Return the keys that open something: not revoked or expired, of a person who is active."""
        unexpired = models.Q(expires=None) | models.Q(expires__gt=timezone.now())
        return self.filter(unexpired, revoked=None, user__is_active=True)

    def for_secret(self, secret: str) -> "ApiKey | None":
        """Return the key with this secret unless revoked or expired, or None; its person may be disabled.

        Looked up by hash, so that time says nothing of the secret.
        """
        key = next(iter(SELECT_API_KEY(hash=hash_of(secret))), None)
        if key is None or key.is_expired:
            return None
        return key


class ApiKey(models.Model):
    """A named key of a person for scripts. Only its hash is stored; the key itself is shown once.

    `model_names` are those that it may ask, an empty list all; `asks_per_minute` counts from full minute to full minute,
    None is no limit. `refusals` counts the calls at our own endpoint beyond it, of which the first of a minute get a row.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    hash = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=timezone.now, editable=False)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    revoked = models.DateTimeField(null=True, blank=True, editable=False)
    expires = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    model_names = models.JSONField("models", default=list, blank=True)
    asks_per_minute = models.PositiveIntegerField("asks a minute", null=True, blank=True)
    minute = models.DateTimeField(null=True, editable=False)
    minute_asks = models.PositiveIntegerField(default=0, editable=False)
    refusals = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    refusal_minute = models.DateTimeField(null=True, editable=False)
    minute_refusals = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(
        cls, user: User, name: str, *, scopes: Sequence[str] | None = None, **limits: Any
    ) -> tuple["ApiKey", str]:
        """Make a key; return it with its secret, which nobody can read again.

        Without scopes the key may do what its person may.
        """
        secret = _KEY_PREFIX + secrets.token_urlsafe(32)
        if scopes is None:
            scopes = scopes_of(user)
        key = cls.objects.create(
            user=user, name=name, prefix=secret[:12], hash=hash_of(secret), scopes=list(scopes), **limits
        )
        return key, secret

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    @property
    def is_admin(self) -> bool:
        """Tell whether this key may see everybody's descriptions."""
        return self.user.is_superuser and Scope.ADMIN in self.scopes

    def may_ask(self, model: str) -> bool:
        return not self.model_names or model in self.model_names

    def count_asks(self, asks: int = 1) -> datetime | None:
        """Count asks against the key's limit a minute, all or none; return None, or when the next ask may go."""
        if not self.asks_per_minute:
            return None
        now = clock.now().replace(second=0, microsecond=0)
        room = (
            models.Q(minute=None)
            | ~models.Q(minute=now)
            | models.Q(minute_asks__lte=self.asks_per_minute - asks)
        )
        more = Case(When(minute=now, then=F("minute_asks") + asks), default=Value(asks))
        rows = ApiKey.objects.filter(room, pk=self.pk)
        fits = asks <= self.asks_per_minute and rows.update(minute=now, minute_asks=more)
        if fits:
            return None
        return now + MINUTE

    def spent_until(self, asks: int = 1) -> datetime | None:
        """Return when so many asks may go, where the key was at its limit when it was read; None where they may now.

        It costs no statement and counts nothing: for what shall not be kept of asks that will be refused.
        """
        if not self.asks_per_minute:
            return None
        now = clock.now().replace(second=0, microsecond=0)
        asked = self.minute_asks
        if self.minute != now:
            asked = 0
        if asked + asks <= self.asks_per_minute:
            return None
        return now + MINUTE

    def note_refusal(self) -> bool:
        """Count a call that was one too many; tell whether it is among the first of its minute, which get a row."""
        now = clock.now().replace(second=0, microsecond=0)
        rows, one_more = ApiKey.objects.filter(pk=self.pk), {"refusals": F("refusals") + 1}
        early = models.Q(refusal_minute=None) | ~models.Q(refusal_minute=now)
        early |= models.Q(minute_refusals__lt=REFUSALS_KEPT)
        number = Case(When(refusal_minute=now, then=F("minute_refusals") + 1), default=Value(1))
        if rows.filter(early).update(refusal_minute=now, minute_refusals=number, **one_more):
            return True
        rows.update(**one_more)
        return False

    def revoke(self) -> bool:
        """Close this key for good; False when it was closed before."""
        return bool(ApiKey.objects.filter(pk=self.pk, revoked=None).update(revoked=timezone.now()))

    def note_use(self) -> None:
        """Remember when the key was last used, at most once a minute.

        A write for every call would cost more than it tells.
        """
        now = timezone.now()
        if self.last_used is None or now - self.last_used > _LAST_USED_STEP:
            ApiKey.objects.filter(pk=self.pk).update(last_used=now)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a key, which holds 256 random bits: a slow hash would add cost and no safety."""
    return hashlib.sha256(secret.encode()).hexdigest()


def end_of(day: date) -> datetime:
    """Return the last moment of a key's last day. Raises ValueError, in words."""
    today = timezone.localdate()
    if not 0 <= (day - today).days <= MOST_DAYS:
        raise ValueError(f"A key's last day is {today} or later, and at most {MOST_DAYS:,} days away.")
    return timezone.make_aware(datetime.combine(day, time.max))


def scopes_of(user: User) -> list[str]:
    """Return all scopes that a key of this person can be given."""
    return [scope.value for scope in Scope if user.is_superuser or scope != Scope.ADMIN]
