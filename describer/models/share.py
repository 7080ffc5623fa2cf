"""Shares: links by which anybody sees one answer, until they end."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from describer.models.description import Description
from describer.models.person import hash_of


class ShareQuerySet(models.QuerySet["Share"]):
    def open(self) -> "ShareQuerySet":
        """Return the shares that still lead somewhere: not ended, of a person who is active, and of nothing in the trash."""
        rows = self.filter(Q(ends=None) | Q(ends__gt=timezone.now()), revoked=None)
        return rows.filter(description__trashed=None, owner__is_active=True)

    def by_token(self, token: str) -> "Share | None":
        """Return the open share with this token, or None; looked up by its hash, so that time says nothing of the token."""
        return self.open().filter(hash=hash_of(token)).first()


class Share(models.Model):
    """A link to one description's question, answer and pictures. Only the token's hash is stored; the link is shown once."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shares")
    description = models.ForeignKey(Description, models.CASCADE, related_name="shares")
    hash = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(default=timezone.now, editable=False)
    ends = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    views = models.PositiveIntegerField(default=0)

    objects = ShareQuerySet.as_manager()

    def __str__(self) -> str:
        return f"share {self.pk} of description {self.description_id}"

    @classmethod
    def issue(cls, description: Description, ends: datetime | None) -> "tuple[Share, str]":
        """Make a share; return it with its token, which nobody can read again."""
        token = secrets.token_urlsafe(24)
        row = cls.objects.create(
            owner_id=description.owner_id, description=description, hash=hash_of(token), ends=ends
        )
        return row, token

    def count_view(self) -> None:
        Share.objects.filter(pk=self.pk).update(views=F("views") + 1)

    def revoke(self) -> None:
        """End the link now; one that has ended stays so."""
        Share.objects.filter(pk=self.pk, revoked=None).update(revoked=timezone.now())
