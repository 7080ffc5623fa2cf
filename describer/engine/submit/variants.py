"""The variants of a comparison are born together: a description each, all in one transaction, or none."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from describer.engine.prepare import most_side
from describer.engine.submit.ask import Ask, announce, checked_ask, create_rows, given_before
from describer.engine.submit.key_limits import check_key, check_model_of_key
from describer.engine.submit.pictures import AskLink, check_there
from describer.errors import Refusal
from describer.models import Comparison, Description, Endpoint

VARIANTS = (2, 4)  # at least, and at most
LEAST_SIDE = 64  # pixels
_SHORT = 200  # characters of a parameter's value that a comparison keeps; its description has all of it
_OF_ALL = (None, "image", "image_url", "question", "follows")  # what is no variant's own


def submit_variants(asks: Sequence[Ask]) -> list[Description]:
    """Make a comparison and a description for each ask, all about the same pictures. The same token gives the same ones.

    Raises Refusal, and then nothing was made.
    """
    asks = _known_by_one_hash(asks)
    if known := given_before(asks[0]):
        return known
    checked = _checked_variants(asks)
    try:
        with transaction.atomic():
            born = _create_together(checked)
            transaction.on_commit(lambda: announce(born))
    except IntegrityError:
        # Two sends of one token at once: the other one was quicker.
        if known := given_before(asks[0]):
            return known
        check_there(checked[0][0].pictures)
        raise
    return born


def _known_by_one_hash(asks: Sequence[Ask]) -> list[Ask]:
    """Return the asks with the hash of all of them: two comparisons are the same when all of their variants are."""
    least, most = VARIANTS
    if not least <= len(asks) <= most:
        message = f"A comparison has {least} to {most} variants; give `variant` as often."
        raise Refusal(message, code="invalid_value", param="variant")
    text = json.dumps(["comparison", *(ask.hash for ask in asks)])
    together = hashlib.sha256(text.encode()).hexdigest()
    return [replace(ask, together=True, body_hash=together) for ask in asks]


def _checked_variants(asks: Sequence[Ask]) -> list[tuple[Ask, Endpoint]]:
    """Return the asks as they will be stored, and where they go; all of them count against what their key may ask."""
    checked = []
    for number, ask in enumerate(asks, 1):
        with of_variant(number):
            one, endpoint = checked_ask(ask)
            check_model_of_key(ask.key, one.model)
            _check_side(one, endpoint)
        checked.append((one, endpoint))
    check_key(asks[0].key, checked[0][0].model, len(checked))
    return checked


@contextmanager
def of_variant(number: int) -> Iterator[None]:
    """Say in a refusal of what is a variant's own which variant it is, counted from 1."""
    try:
        yield
    except Refusal as refusal:
        if refusal.param in _OF_ALL:
            raise
        refusal.message = f"Variant {number}: {refusal.message}"
        refusal.param = "variant"
        raise


def _check_side(ask: Ask, endpoint: Endpoint) -> None:
    if ask.long_side is None:
        return
    if endpoint.sends_links and any(isinstance(picture, AskLink) for picture in ask.pictures):
        message = "long_side needs files: this endpoint fetches pictures from links by itself, as they are."
        raise Refusal(message, code="invalid_value", param="long_side")
    most = most_side(endpoint)
    if not LEAST_SIDE <= ask.long_side <= most:
        message = f"long_side is a number of pixels from {LEAST_SIDE} to {most:,}."
        raise Refusal(message, code="invalid_value", param="long_side")


def _create_together(checked: Sequence[tuple[Ask, Endpoint]]) -> list[Description]:
    """Write the comparison and its rows, in the variants' order."""
    first = checked[0][0]
    question = ""
    if all(ask.question == first.question for ask, _ in checked):
        question = first.question
    comparison = Comparison.objects.create(
        owner=first.owner, question=question, variants=[_variant(ask) for ask, _ in checked]
    )
    born = []
    for number, (ask, endpoint) in enumerate(checked):
        own = {"comparison": comparison, "variant": number}
        born += create_rows(ask, endpoint, ask.body_hash, first=number, **own)
    return born


def _variant(ask: Ask) -> dict[str, Any]:
    """Return in what a variant was asked, as its comparison keeps it: short enough for lists."""
    return {
        "model": ask.model,
        "preset": ask.preset,
        "parameters": {name: _shortened(value) for name, value in ask.parameters.items()},
        "long_side": ask.long_side,
    }


def _shortened(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _SHORT:
        return value
    return f"{text[:_SHORT]} …"
