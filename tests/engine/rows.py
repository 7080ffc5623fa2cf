"""Rows for tests of the engine, made straight, without a way in."""

from typing import Any

from describer.models import Attempt, Description, Endpoint, User


def description(owner: User, **values: Any) -> Description:
    """A queued description of this owner at the default endpoint."""
    given = {"question": "What is it?", "model": "scripted-model", "endpoint": Endpoint.default()}
    return Description.objects.create(owner=owner, **(given | values))


def attempt(of: Description, **values: Any) -> Attempt:
    """An attempt of a description, just sent."""
    given = {
        "description": of.pk,
        "owner": of.owner_id,
        "endpoint": of.endpoint.name,
        "model_asked": of.model,
        "number": of.attempts().count() + 1,
    }
    return Attempt.objects.create(**(given | values))
