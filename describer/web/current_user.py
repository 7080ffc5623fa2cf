"""Who asks."""

from django.http import HttpRequest

from describer.models import User


def current_user(request: HttpRequest) -> User:
    """The person of a request behind `login_required`."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs login_required")
    return request.user
