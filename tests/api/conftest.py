"""Scripts with keys, and pictures to send."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Picture

from describer.models import ApiKey, User

ROUTE = "/api/descriptions"


def picture(
    name: str = "cat.png", colour: str = "red", size: tuple[int, int] = (64, 48)
) -> SimpleUploadedFile:
    """A small PNG; another colour gives other bytes."""
    file = BytesIO()
    Picture.new("RGB", size, colour).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


@dataclass
class Script:
    """What a person's script does: HTTP with a key."""

    client: Client
    user: User
    key: ApiKey
    secret: str

    def call(self, method: str, path: str, data: Any = None, **options: Any) -> Any:
        options.setdefault("headers", {})
        options["headers"] = {"Authorization": f"Bearer {self.secret}"} | options["headers"]
        return getattr(self.client, method.lower())(path, data, **options)

    def get(self, path: str, **query: Any) -> Any:
        return self.call("get", path, query)

    def post(self, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        given = {"question": "What is this?", "image": picture()} | fields
        given = {name: value for name, value in given.items() if value is not None}
        return self.call("post", ROUTE, given, headers=headers or {})


def script_of(user: User) -> Script:
    key, secret = ApiKey.issue(user, "tests")
    return Script(Client(enforce_csrf_checks=True), user, key, secret)


@pytest.fixture
def script(alice, sandbox) -> Script:
    """Alice's script."""
    return script_of(alice)


@pytest.fixture
def stranger(bob, sandbox) -> Script:
    """Bob's script."""
    return script_of(bob)


@pytest.fixture
def admin_script(boss, sandbox) -> Script:
    return script_of(boss)
