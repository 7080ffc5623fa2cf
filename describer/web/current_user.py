"""Who asks."""

from django.http import HttpRequest

from describer.models import User


def current_user(request: HttpRequest) -> User:
    """Return the person of a request behind `login_required`; raise TypeError where nobody is logged in."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs login_required")
    return request.user
