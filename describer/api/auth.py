"""Who calls: the person of a bearer API key."""

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from describer.engine.submit import Refusal
from describer.models import ApiKey, Scope

_HOW = "Send the header Authorization: Bearer <API key>."
_UNKNOWN = "This API key is not known, was revoked or has expired."


class BearerKey(HttpBearer):
    """An API key of the account page, as `Authorization: Bearer dsc_…`."""

    openapi_description = _HOW + " Keys are made on the account page or by `manage.py create_api_key`."

    def __init__(self, *scopes: Scope) -> None:
        """Let in keys with any of these scopes; without scopes, all keys. `admin` alone: those of admins."""
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> ApiKey:
        """Return the key of this call.

        Raises Refusal: 401 when there is no key or it opens nothing, 403 when it may not do this.
        """
        return self.authenticate(request, secret_in(request.headers.get("Authorization", "")))

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = of_active_person(known(token))
        if self.scopes:
            may(key, *self.scopes)
        if self.scopes == (Scope.ADMIN,) and not key.is_admin:
            message = "The person of this API key is no admin any more."
            raise Refusal(message, code="permission_denied", status=403)
        return key


def of_active_person(key: ApiKey) -> ApiKey:
    """Return the key. Raises Refusal (401) when its person is disabled."""
    if not key.user.is_active:
        raise key_unknown()
    return key


def secret_in(header: str) -> str:
    """Return the secret of an Authorization header. Raises Refusal (401) when there is none."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refusal(f"An API key is needed. {_HOW}", code="missing_api_key", status=401)
    return secret.strip()


def known(secret: str) -> ApiKey:
    """Return the key with this secret, which is in use, and whose person may be disabled.

    Raises Refusal (401) when the secret opens nothing.
    """
    key = found(secret)
    key.note_use()
    return key


def found(secret: str) -> ApiKey:
    """Return the key with this secret as `known` does, without a note of its use: nothing is written."""
    key = ApiKey.objects.for_secret(secret)
    if key is None:
        raise key_unknown()
    return key


def key_unknown() -> Refusal:
    """Return the refusal of a key that opens nothing, whatever the reason."""
    return Refusal(_UNKNOWN, code="invalid_api_key", status=401)


def may(key: ApiKey, *scopes: Scope) -> None:
    """Raise Refusal (403) when the key has none of these scopes."""
    if not any(scope in key.scopes for scope in scopes):
        named = " or ".join(f"`{scope.value}`" for scope in scopes)
        message = f"This API key has no scope {named}; make one that has on the account page."
        raise Refusal(message, code="permission_denied", status=403)


reading, asking, calling = BearerKey(Scope.READ), BearerKey(Scope.ASK), BearerKey()
administering = BearerKey(Scope.ADMIN)
minding_webhooks, seeing_webhooks = BearerKey(Scope.WEBHOOKS), BearerKey(Scope.READ, Scope.WEBHOOKS)


def caller(request: HttpRequest) -> ApiKey:
    """Return the key that the call came with, once `reading` or `asking` has let it in.

    Ninja keeps the key on the request.
    """
    return cast(ApiKey, vars(request)["auth"])
