"""Who asks."""

from django.http import HttpRequest

from describer.models import User


def person(request: HttpRequest) -> User:
    """The person of a request behind `login_required`."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs login_required")
    return request.user
