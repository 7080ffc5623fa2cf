"""An admin at their desk, and rows with hostile words to look at."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from describer.models import ApiKey, Choice, Comparison, Description, Price, Repricing, User, Webhook
from tests.rows import add_picture, make_attempt, make_description, make_image, make_usage_day

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
LISTS = (
    "user",
    "description",
    "comparison",
    "attempt",
    "apikey",
    "usageday",
    "price",
    "repricing",
    "endpoint",
    "image",
    "webhook",
    "webhookdelivery",
)


def path(model: str, *more: object) -> str:
    """The admin's address of a model's list, or of something below it."""
    return "/".join(["/admin/describer", model, *map(str, more), ""])


def whole(owner: User, number: int = 0) -> Description:
    """A description with everything that can hang on one, all words of it hostile."""
    variants = [{"model": EVIL, "preset": EVIL, "parameters": {EVIL: EVIL}}, {}]
    Comparison.objects.create(owner=owner, question=EVIL, variants=variants)
    values: dict[str, Any] = {"system_prompt": EVIL, "parameters": {"stop": EVIL}, "waiting_reason": EVIL}
    row = make_description(owner, status="failed", question=EVIL, model=EVIL, error_message=EVIL, **values)
    add_picture(row, make_image(owner, files=False), EVIL)
    Choice.objects.create(description=row, index=0, content=EVIL, tool_calls=[{"function": EVIL}])
    failure = {"error_code": EVIL[:50], "error_message": EVIL, "request_id": EVIL, "raw_usage": {"x": EVIL}}
    make_attempt(row, state="answered", total_tokens=21, model_answered=EVIL, **failure)
    make_usage_day(owner, 21, day=date(2026, 1, 1), key=number, endpoint="sandbox", model=EVIL)
    Price.objects.create(endpoint=EVIL, model=EVIL, made_by=owner.pk)
    Repricing.objects.create(begins=row.created, day=row.created, calls=1, by_model=[{"model": EVIL}])
    Webhook.issue(owner, f"https://{EVIL}/").deliveries.create(description=row.pk, error=EVIL)
    return row


@pytest.fixture
def desk(boss, sandbox) -> Client:
    """A superuser's browser."""
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def staff(sandbox, db) -> Callable[..., Client]:
    """The browser of somebody on the staff who was given these permissions and no others."""

    def browser(*permissions: str) -> Client:
        user = User.objects.create_user("stella", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return browser


@pytest.fixture
def mallory(db) -> User:
    """Somebody whose name is markup."""
    return User.objects.create_user(EVIL[:100])


@pytest.fixture
def evil(mallory, sandbox) -> Description:
    ApiKey.issue(mallory, EVIL[:100])
    return whole(mallory)
