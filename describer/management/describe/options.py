"""What `manage.py describe` asks, for whom and of which endpoint, from its options. All raise CommandError, in a sentence."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error, connection

from describer.chat.parameters import NAMES
from describer.db import version
from describer.db.faults import in_words
from describer.desk.presets import PRESETS
from describer.engine.submit import Ask, Refusal, judge
from describer.management.options import a_person, one_of
from describer.models import Endpoint, User, Via
from describer.sandbox import SANDBOX_URL

_NOT_YET = "There is no site here yet: start it once with `manage.py up`, which makes its database."


def standing_database() -> None:
    """Raise CommandError unless the database is there, and of this program's version."""
    if version.is_local() and not Path(connection.settings_dict["NAME"]).exists():
        raise CommandError(_NOT_YET)
    try:
        how = version.mismatch()
    except Error as error:
        words = in_words(error) or f"The database cannot be reached: {error}"
        raise CommandError(words) from error
    if how and not version.applied():
        raise CommandError(_NOT_YET)
    if how:
        raise CommandError(f"Nothing is asked: {how}.")


def person(name: str | None) -> User:
    """Return whose asks these are: the person named, else the only admin."""
    if name is not None:
        return a_person(name)
    admins = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
    if len(admins) == 1:
        return admins[0]
    many = "There are several admins" if admins else "There is no admin yet"
    raise CommandError(f"{many}; say with --user NAME whose asks these are.")


def endpoint_of() -> Endpoint:
    """Return the site's endpoint, if this process's environment is the site's.

    The key is in the environment alone, and the key of another endpoint would pause this one.
    """
    endpoint = Endpoint.objects.filter(is_default=True).first()
    if endpoint is None:
        raise CommandError(_NOT_YET)
    here = settings.VISION_BASE_URL or SANDBOX_URL
    if endpoint.base_url != here:
        raise CommandError(
            f"The site asks {endpoint.base_url}, this shell's environment names {here}; "
            "run it with the variables of the site (VISION_BASE_URL, VISION_API_KEY)."
        )
    return endpoint


def parameters_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that were set, as they were written."""
    values = {name: options[name] for name in NAMES if options.get(name) is not None and name != "user"}
    if len(values.get("stop", ())) == 1:
        values["stop"] = values["stop"][0]
    for text in options["parameter"]:
        name, is_set, value = text.partition("=")
        if not is_set:
            raise CommandError(f"--parameter is NAME=VALUE, not {text!r}.")
        if name not in NAMES or name == "stream":
            raise _no_parameter(name)
        values[name] = value
    return values


def _no_parameter(name: str) -> CommandError:
    near = difflib.get_close_matches(name, NAMES)
    if near:
        return CommandError(f"There is no parameter {name!r}; did you mean {' or '.join(near)}?")
    return CommandError(f"There is no parameter {name!r}.")


def ask_of(options: Mapping[str, Any], owner: User, values: Mapping[str, Any], endpoint: Endpoint) -> Ask:
    """Return the ask about each set of pictures, still without them; `values` are of its parameters."""
    question = options["question"]
    if question is None:
        questions = {preset.name: preset.question for preset in PRESETS}
        question = questions[one_of(options["preset"], "--preset", list(questions))]
    ask = Ask(
        owner=owner,
        question=question,
        pictures=(),
        via=Via.SHELL,
        system_prompt=options["system_prompt"],
        model=options["model"],
        parameters=values,
        together=True,
    )
    try:
        return judge(ask, endpoint)
    except Refusal as refusal:
        reason = refusal.message
        if refusal.param in NAMES:
            reason = f"{refusal.param}: {reason}"
        raise CommandError(reason) from refusal
