"""Values of options: what was written, or one sentence why it is none. Argparse would print how to call it instead."""

from datetime import date

from django.core.management.base import CommandError

from describer.models import User


def a_number(text: str, option: str, most: int) -> int:
    """Read a whole number from 1 on. Raises CommandError."""
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    if not is_number or not 1 <= int(text) <= most:
        raise CommandError(f"{option} is a whole number from 1 to {most:,}, not {text!r}.")
    return int(text)


def a_day(text: str, option: str) -> date:
    """Read a day as 2026-01-31. Raises CommandError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option} is a day such as 2026-01-31, not {text!r}.") from error


def one_of(text: str, option: str, choices: list[str]) -> str:
    """Return `text` when it is one of `choices`. Raises CommandError."""
    if text not in choices:
        raise CommandError(f"{option} is one of {', '.join(choices)}, not {text!r}.")
    return text


def a_person(username: str, so: str = "") -> User:
    """Return an active person by name; `so` tells what comes of being disabled. Raises CommandError."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user {username!r}. People are made in the admin, under Users.")
    if not user.is_active:
        raise CommandError(f"{username!r} is disabled{so}. Activate the user first.")
    return user
