"""What `manage.py describe` asks, for whom and of which endpoint, from its options. All raise CommandError, in a sentence."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error, connection

from describer.chat.parameters import NAMES
from describer.db import version
from describer.db.faults import in_words
from describer.desk.presets import preset_named, presets_of
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


def _by_preset(ask: Ask, name: str, variables: dict[str, str]) -> Ask:
    """Return the ask by a preset: what is given beside it wins over the preset's."""
    found = preset_named(ask.owner, name)
    if found is None:
        one_of(name, "--preset", [preset.name for preset in presets_of(ask.owner)])
        raise CommandError(f"There is no preset {name!r}.")
    return replace(
        ask,
        question=ask.question or found.question,
        system_prompt=ask.system_prompt or found.system_prompt,
        model=ask.model or found.model,
        parameters={**found.parameters, **ask.parameters},
        preset=found.name,
        variables=variables,
        is_plain=found.is_plain,
    )


def _variables_of(options: Mapping[str, Any]) -> dict[str, str]:
    values = {}
    for text in options["variable"]:
        word, is_set, value = text.partition("=")
        if not is_set:
            raise CommandError(f"--variable is WORD=TEXT, not {text!r}.")
        values[word] = value
    return values


def ask_of(options: Mapping[str, Any], owner: User, values: Mapping[str, Any], endpoint: Endpoint) -> Ask:
    """Return the ask about each set of pictures, still without them; `values` are of its parameters."""
    ask = Ask(
        owner=owner,
        question=options["question"] or "",
        pictures=(),
        via=Via.SHELL,
        system_prompt=options["system_prompt"],
        model=options["model"],
        parameters=values,
        together=True,
    )
    if options["preset"]:
        ask = _by_preset(ask, options["preset"], _variables_of(options))
    try:
        return judge(ask, endpoint)
    except Refusal as refusal:
        reason = refusal.message
        if refusal.param in NAMES:
            reason = f"{refusal.param}: {reason}"
        raise CommandError(reason) from refusal
