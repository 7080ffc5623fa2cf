"""A new API key from the shell."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.management.options import a_day, a_number, a_person, one_of
from describer.models import ApiKey, Endpoint, Scope, User
from describer.models.person import MOST_ASKS_PER_MINUTE, MOST_DAYS, end_of, scopes_of

_NAME_MOST = 100
_MODEL_MOST = 200


class Command(BaseCommand):
    """Prints the key once, as the last line; nobody can read it again."""

    help = "Make an API key for a person and print it, once, as the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose key it is")
        parser.add_argument(
            "--name", default="made in the shell", help="what the key is for (default: %(default)s)"
        )
        parser.add_argument(
            "--expires",
            metavar="DAYS|DATE",
            help="its last day, or how many days away it is (default: never)",
        )
        parser.add_argument(
            "--scope",
            nargs="+",
            action="extend",
            metavar="SCOPE",
            help="what it may do: ask, read, webhooks, admin (default: all that the person may)",
        )
        parser.add_argument(
            "--model", nargs="+", action="extend", metavar="MODEL", help="models it may ask (default: all)"
        )
        parser.add_argument("--asks-per-minute", metavar="N", help="asks a minute (default: no limit)")

    def handle(self, *args: Any, **options: Any) -> str:
        user = a_person(options["username"], so=", so a key would open nothing")
        name = options["name"].strip()
        if len(name) > _NAME_MOST or name.splitlines() != [name]:
            raise CommandError(f"A key's name has 1 to {_NAME_MOST} characters on one line.")
        limits: dict[str, Any] = {
            "scopes": _scopes(options["scope"], user),
            "model_names": _models(options["model"] or []),
            "expires": _expires(options["expires"]),
            "asks_per_minute": _rate(options["asks_per_minute"]),
        }
        self.stderr.write(f"A key for {user}. It is shown once; only its hash is stored.")
        return ApiKey.issue(user, name, **limits)[1]


def _scopes(scopes: list[str] | None, user: User) -> list[str] | None:
    """Return the scopes of a key; None when none was written: then the key may do what its person may."""
    if scopes is None:
        return None
    for scope in scopes:
        one_of(scope, "--scope", Scope.values)
        if scope not in scopes_of(user):
            raise CommandError(f"{user} is no admin, so a key of theirs cannot have the scope {scope}.")
    return [scope for scope in Scope.values if scope in scopes]


def _models(names: list[str]) -> list[str]:
    """Return each model once. Where the endpoint has not told what it offers, any name goes, as in an ask."""
    endpoint = Endpoint.objects.filter(is_default=True).first()
    for name in names:
        if not name or len(name) > _MODEL_MOST:
            raise CommandError(f"A model's name has 1 to {_MODEL_MOST} characters.")
        if endpoint and endpoint.model_names and name not in endpoint.offered:
            raise CommandError(f"{name!r} is not offered; these are: {', '.join(endpoint.offered)}.")
    return list(dict.fromkeys(names))


def _expires(text: str | None) -> datetime | None:
    """Return the end of the day that was written, or of the day that lies so many days ahead."""
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) < 8  # an eighth figure: a date, 20260131
    try:
        if is_number:
            ahead = timedelta(days=a_number(text, "--expires", MOST_DAYS))
            return end_of(timezone.localdate() + ahead)
        return end_of(a_day(text, "--expires"))
    except ValueError as error:
        raise CommandError(str(error)) from error


def _rate(text: str | None) -> int | None:
    if text is None:
        return None
    return a_number(text, "--asks-per-minute", MOST_ASKS_PER_MINUTE)
