"""A column for a secret that the site itself needs in the clear: sealed in the row, with a key of SECRET_KEY."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import models

from describer.lib.seal import SealBroken, is_sealed, opened, sealed

_PURPOSE = b"describer.sealed_field"


class SealedField(models.CharField):  # type: ignore[type-arg]
    """Seals what is written and opens what is read; nothing can be looked up by it.

    What was sealed with another SECRET_KEY is read as "". What is not sealed is read as it stands: an older web process
    wrote it.
    """

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return value
        return sealed(str(value), _key())

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value or not is_sealed(value):
            return value
        try:
            return opened(value, _key())
        except SealBroken:
            return ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        return None

    def get_transform(self, lookup_name: str) -> None:
        return None


def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), _PURPOSE, hashlib.sha256)
