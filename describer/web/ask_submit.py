"""From the ask form to descriptions: one ask, or a comparison of models."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from describer.engine.submit import Ask, Refusal, submit, submit_variants
from describer.models import Description

_REUSED = "idempotency_key_reused"


def submitted(ask: Ask, models: Sequence[str] = ()) -> list[Description]:
    """Submit an ask, as a new one where its token is used; with more models, a comparison with each of them.

    A form sent again after it was changed (the back button) holds an old token. Raises Refusal.
    """
    try:
        return _submitted(ask, models)
    except Refusal as refusal:
        if refusal.code != _REUSED:
            raise
        return _submitted(replace(ask, token=uuid.uuid4().hex), models)


def _submitted(ask: Ask, models: Sequence[str]) -> list[Description]:
    if not models:
        return submit(ask)
    return submit_variants([replace(ask, model=model) for model in (ask.model, *models)])
