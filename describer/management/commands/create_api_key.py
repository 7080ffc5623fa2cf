"""A new API key from the shell."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.management.options import a_day, a_number, a_person, one_of
from describer.models import ApiKey, Endpoint, Scope, User
from describer.models.person import MOST_ASKS_PER_MINUTE, MOST_DAYS, end_of, scopes_of


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
            help="what it may do: ask, read, admin (default: all that the person may)",
        )
        parser.add_argument(
            "--model", nargs="+", action="extend", metavar="MODEL", help="models it may ask (default: all)"
        )
        parser.add_argument("--asks-per-minute", metavar="N", help="asks a minute (default: no limit)")

    def handle(self, *args: Any, **options: Any) -> str:
        user = a_person(options["username"], so=", so a key would open nothing")
        name = options["name"].strip()
        if len(name) > NAME_MOST or name.splitlines() != [name]:
            raise CommandError(f"A key's name has 1 to {NAME_MOST} characters on one line.")
        limits: dict[str, Any] = {
            "scopes": scopes(options["scope"], user),
            "model_names": models(options["model"] or []),
            "expires": expires(options["expires"]),
            "asks_per_minute": rate(options["asks_per_minute"]),
        }
        self.stderr.write(f"A key for {user}. It is shown once; only its hash is stored.")
        return ApiKey.issue(user, name, **limits)[1]


def scopes(given: list[str] | None, user: User) -> list[str] | None:
    """None when none was given: then the key may do what its person may."""
    if given is None:
        return None
    for scope in given:
        one_of(scope, "--scope", Scope.values)
        if scope not in scopes_of(user):
            raise CommandError(f"{user} is no admin, so a key of theirs cannot have the scope {scope}.")
    return [scope for scope in Scope.values if scope in given]


def models(given: list[str]) -> list[str]:
    """Each once. Where the endpoint has not told what it offers, any name goes, as it does in an ask."""
    endpoint = Endpoint.objects.filter(is_default=True).first()
    for name in given:
        if not name or len(name) > MODEL_MOST:
            raise CommandError(f"A model's name has 1 to {MODEL_MOST} characters.")
        if endpoint and endpoint.model_names and name not in endpoint.offered:
            raise CommandError(f"{name!r} is not offered; these are: {', '.join(endpoint.offered)}.")
    return list(dict.fromkeys(given))


def expires(given: str | None) -> datetime | None:
    """The end of the day that was given, or of the one that lies so many days ahead."""
    if given is None:
        return None
    try:
        if (
            given.isascii() and given.isdigit() and len(given) < 8
        ):  # an eighth figure makes it a date: 20260131
            ahead = timedelta(days=a_number(given, "--expires", MOST_DAYS))
            return end_of(timezone.localdate() + ahead)
        return end_of(a_day(given, "--expires"))
    except ValueError as error:
        raise CommandError(str(error)) from error


def rate(given: str | None) -> int | None:
    return None if given is None else a_number(given, "--asks-per-minute", MOST_ASKS_PER_MINUTE)


NAME_MOST = 100
MODEL_MOST = 200
