"""Who calls: the person of a bearer API key."""

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from describer.models import ApiKey
from describer.submit import Refusal

HOW = "Send the header Authorization: Bearer <API key>."


class BearerKey(HttpBearer):
    """An API key of the account page, as `Authorization: Bearer dsc_…`."""

    openapi_description = HOW + " Keys are made on the account page or by `manage.py create_api_key`."

    def __call__(self, request: HttpRequest) -> ApiKey:
        """The key of this call. Raises Refusal (401) when there is none or it opens nothing."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Refusal(f"An API key is needed. {HOW}", code="missing_api_key", status=401)
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = ApiKey.objects.for_secret(token)
        if key is None:
            raise Refusal("This API key is not known, or was revoked.", code="invalid_api_key", status=401)
        key.note_use()
        return key


bearer = BearerKey()


def caller(request: HttpRequest) -> ApiKey:
    """The key that the call came with, once `bearer` has let it in; ninja keeps it on the request."""
    return cast(ApiKey, vars(request)["auth"])
