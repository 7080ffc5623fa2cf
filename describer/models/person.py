"""People and their API keys."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

KEY_PREFIX = "dsc_"
LAST_USED_STEP = timedelta(minutes=1)


class User(AbstractUser):
    """A person. Ours from the first migration on, so that it can grow."""


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Keys that open something: not revoked, of a person who is active."""
        return self.filter(revoked=None, user__is_active=True)

    def for_secret(self, secret: str) -> "ApiKey | None":
        """The usable key with this secret, or None. Looked up by hash, so that time says nothing of the secret."""
        return self.usable().filter(hash=hash_of(secret)).select_related("user").first()


class ApiKey(models.Model):
    """A named key of a person for scripts. Only its hash is stored; the key itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    hash = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=timezone.now, editable=False)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    revoked = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, user: User, name: str) -> tuple["ApiKey", str]:
        """A new key and its secret; nobody can read the secret again."""
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        key = cls.objects.create(user=user, name=name, prefix=secret[:12], hash=hash_of(secret))
        return key, secret

    def revoke(self) -> bool:
        """Close this key for good; False when it was closed before."""
        return bool(ApiKey.objects.filter(pk=self.pk, revoked=None).update(revoked=timezone.now()))

    def note_use(self) -> None:
        """Remember when it was last used, at most once a minute: a write for every call would cost more than it tells."""
        now = timezone.now()
        if self.last_used is None or now - self.last_used > LAST_USED_STEP:
            ApiKey.objects.filter(pk=self.pk).update(last_used=now)


def hash_of(secret: str) -> str:
    """SHA-256 of a key. It holds 256 random bits, so a slow hash would add cost and no safety."""
    return hashlib.sha256(secret.encode()).hexdigest()
