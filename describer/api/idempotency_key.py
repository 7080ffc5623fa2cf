"""The caller's own name for an ask: sent twice, it is one ask."""

from collections.abc import Mapping

from describer.errors import Refusal

_LONGEST = 255  # characters


def read_idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return what `Idempotency-Key` says, None without one.

    Raises Refusal for a name that is too long.
    """
    name = headers.get("Idempotency-Key", "").strip()
    if len(name) > _LONGEST:
        message = f"An Idempotency-Key has at most {_LONGEST} characters."
        raise Refusal(message, code="invalid_value", param="Idempotency-Key")
    return name or None
