"""A new API key from the shell."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from describer.models import ApiKey, User


class Command(BaseCommand):
    """Prints the key once, as the last line; nobody can read it again."""

    help = "Make an API key for a person and print it, once, as the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose key it is")
        parser.add_argument(
            "--name", default="made in the shell", help="what the key is for (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        username = options["username"]
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}. People are made in the admin, under Users.")
        if not user.is_active:
            raise CommandError(
                f"{username!r} is disabled, so a key would open nothing. Activate the user first."
            )
        if len(options["name"]) > NAME_MOST:
            raise CommandError(f"A key's name has at most {NAME_MOST} characters.")
        self.stderr.write(f"A key for {username}. It is shown once; only its hash is stored.")
        return ApiKey.issue(user, options["name"])[1]


NAME_MOST = 100
