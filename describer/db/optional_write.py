"""Writes that may be left out: what is only kept to save work is written when nobody has to wait for it."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import DatabaseError, connection, transaction

logger = logging.getLogger(__name__)


def write_if_free(work: Callable[[], Any]) -> None:
    """Run a write, unless the database cannot take it at once: then it is left out.

    A page that is looked at must not wait for who writes, nor fail where nothing can be written.
    """
    try:
        with _without_waiting(), transaction.atomic():
            work()
    except DatabaseError as error:
        logger.debug("not kept: %s", error)


def _without_waiting() -> AbstractContextManager[Any]:
    """Return what lets this connection fail where it would wait for another writer, if its backend knows how."""
    manager = getattr(connection, "without_waiting", nullcontext)()
    assert isinstance(manager, AbstractContextManager)  # noqa: S101
    return manager
