"""What `manage.py describe` asks, for whom and of which endpoint, from its options. All raise CommandError, in a sentence."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error, connection

from describer.chat.parameters import NAMES
from describer.db import version as database
from describer.desk.presets import PRESETS, preset
from describer.engine.submit import Ask, Refusal, judge
from describer.management.options import a_person, one_of
from describer.models import Endpoint, User, Via
from describer.sandbox import SANDBOX_URL

NOT_YET = "There is no site here yet: start it once with `manage.py up`, which makes its database."


def standing_database() -> None:
    """The database is there, and of this program's version."""
    if database.is_local() and not Path(connection.settings_dict["NAME"]).exists():
        raise CommandError(NOT_YET)
    try:
        how = database.mismatch()
    except Error as error:
        raise CommandError(f"The database cannot be reached: {error}") from error
    if how:
        raise CommandError(NOT_YET if not database.applied() else f"Nothing is asked: {how}.")


def person(name: str | None) -> User:
    """Whose asks these are: the one named, else the only admin."""
    if name is None:
        admins = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
        if len(admins) != 1:
            many = "There are several admins" if admins else "There is no admin yet"
            raise CommandError(f"{many}; say with --user NAME whose asks these are.")
        return admins[0]
    return a_person(name)


def endpoint_of() -> Endpoint:
    """The site's endpoint, if this process's environment is the site's: the key is there alone, and another's would pause it."""
    endpoint = Endpoint.objects.filter(is_default=True).first()
    if endpoint is None:
        raise CommandError(NOT_YET)
    here = settings.VISION_BASE_URL or SANDBOX_URL
    if endpoint.base_url != here:
        raise CommandError(
            f"The site asks {endpoint.base_url}, this shell's environment names {here}; "
            "run it with the variables of the site (VISION_BASE_URL, VISION_API_KEY)."
        )
    return endpoint


def parameters_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were set, as they were written."""
    given = {name: options[name] for name in NAMES if options.get(name) is not None and name != "user"}
    if len(given.get("stop", ())) == 1:
        given["stop"] = given["stop"][0]
    for text in options["parameter"]:
        name, is_set, value = text.partition("=")
        if not is_set:
            raise CommandError(f"--parameter is NAME=VALUE, not {text!r}.")
        if name not in NAMES or name == "stream":
            near = difflib.get_close_matches(name, NAMES)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise CommandError(f"There is no parameter {name!r}{hint}")
        given[name] = value
    return given


def ask_of(options: Mapping[str, Any], owner: User, given: Mapping[str, Any], endpoint: Endpoint) -> Ask:
    """The ask about each set of pictures, still without them."""
    question = options["question"]
    if question is None:
        found = preset(one_of(options["preset"], "--preset", [one.name for one in PRESETS]))
        question = found.question if found else ""
    ask = Ask(
        owner=owner,
        question=question,
        pictures=(),
        via=Via.SHELL,
        system_prompt=options["system_prompt"],
        model=options["model"],
        parameters=given,
        together=True,
    )
    try:
        return judge(ask, endpoint)
    except Refusal as refusal:
        where = f"{refusal.param}: " if refusal.param in NAMES else ""
        raise CommandError(f"{where}{refusal.message}") from refusal
