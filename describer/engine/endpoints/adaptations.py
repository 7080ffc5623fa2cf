"""What an endpoint's models have been seen to refuse, so that each is met once and not with every ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from describer.chat import Amendment, ChatError
from describer.models import Description, Endpoint

_STREAM, _STREAM_OPTIONS = "stream", "stream_options"
OURS = (_STREAM, _STREAM_OPTIONS)  # of an ask of a page: nobody set them


@dataclass(frozen=True)
class AdaptedCall:
    """The parameters as a model takes them, and what that changed against those the person set."""

    parameters: dict[str, Any]
    changed: tuple[dict[str, str], ...] = ()

    @property
    def streams(self) -> bool:
        return bool(self.parameters.get(_STREAM))

    def amended(self, kind: str, param: str, to: str = "") -> "AdaptedCall":
        """Return the same call with one parameter renamed or dropped.

        The call stays as it is when the parameter was not set, or its new name was, too: the endpoint shall judge
        both, else one of the two would go in silence.
        """
        if param not in self.parameters or to in self.parameters:
            return self
        names = {param: to}
        parameters = {names.get(name, name): value for name, value in self.parameters.items()}
        if kind == "dropped":
            del parameters[to]
            if param == _STREAM:
                parameters.pop(_STREAM_OPTIONS, None)  # it is allowed with a stream alone
        change = {"kind": kind, "param": param, "to": to}
        return replace(self, parameters=parameters, changed=(*self.changed, change))


def call_for(description: Description) -> AdaptedCall:
    """Return a description's parameters with what was learned of its model applied."""
    call = AdaptedCall(_parameters(description))
    of_model = description.endpoint.learned_of(description.model)
    for param, to in of_model.get("renamed", {}).items():
        call = call.amended("renamed", param, to)
    for param in of_model.get("dropped", []):
        if may_drop(description, param):
            call = call.amended("dropped", param)
    return call


def may_drop(description: Description, param: str) -> bool:
    """Tell whether a refused parameter may be left out: never at our own endpoint, whose caller decides.

    But for `stream_options`, which is ours: without it streams carry no usage.
    """
    return param == _STREAM_OPTIONS or not description.policy.keeps_parameters


def _parameters(description: Description) -> dict[str, Any]:
    """Return the parameters that were set.

    Only who reads a stream is sent a stream, and then its usage is asked for.
    """
    parameters = dict(description.parameters)
    if not (description.policy.has_transcript and parameters.get(_STREAM)):
        parameters.pop(_STREAM, None)
        parameters.pop(_STREAM_OPTIONS, None)
        if not description.streams_words:
            return parameters
        parameters[_STREAM] = True
    options = parameters.get(_STREAM_OPTIONS)
    if not isinstance(options, dict):
        options = {}
    return parameters | {_STREAM_OPTIONS: {**options, "include_usage": True}}


@contextmanager
def _learning(description: Description) -> Iterator[dict[str, Any]]:
    """Give what is known of a description's model, to be changed, and write it down."""
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update().get(pk=description.endpoint_id)
        yield endpoint.learned.setdefault(description.model, {})
        endpoint.save(update_fields=["learned"])


def learn(description: Description, error: ChatError) -> None:
    """Note what an error tells of the model, if it can be so: how many pictures it takes at once, or that it sees none."""
    sent = len(description.shown_pictures) + len(description.bare_links)
    if not sent or error.teaches.get("images", 0) >= sent:
        return
    with _learning(description) as of_model:
        of_model.update(error.teaches)


def remember(description: Description, call: AdaptedCall, amendment: Amendment) -> AdaptedCall:
    """Note what the model refused, for this endpoint and model alone; return the call to make instead."""
    with _learning(description) as of_model:
        if amendment.kind == "renamed":
            renamed = of_model.setdefault("renamed", {})
            renamed.pop(amendment.to, None)
            renamed[amendment.param] = amendment.to
        dropped = {*of_model.get("dropped", []), *amendment.also}
        if not amendment.to:
            dropped.add(amendment.param)
        of_model["dropped"] = sorted(dropped)
    call = call.amended(amendment.kind, amendment.param, amendment.to or "")
    for param in amendment.also:
        call = call.amended("dropped", param)
    return call
