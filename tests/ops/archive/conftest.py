"""A site with something of everything, its backup, and the same site emptied."""

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.storage import default_storage
from django.core.management import call_command

from describer.ledger.price_rows import add_price
from describer.models import ApiKey, Attempt, DescriptionLink, Repricing, SavedView, StreamedWords
from describer.ops.archive import backup
from describer.ops.archive.rows import MODELS, rows_of
from tests.rows import make_comparison, make_counted_attempt, make_description, make_image

MOMENT = datetime(2026, 3, 29, 1, 30, 0, 123457, tzinfo=UTC)
ODD = 'Was ist das? 海 \u2028 "x" \\ \U0001f600\n\t\x7f'


@pytest.fixture
def site(transactional_db, alice, boss):
    """People with rights, keys, pictures, answers, and asks under way."""
    return with_everything(alice, boss)


def with_everything(alice, boss):
    """Rows of all that people have."""
    editors = Group.objects.create(name="editors")
    editors.permissions.add(Permission.objects.get(codename="view_image"))
    alice.groups.add(editors)
    alice.user_permissions.add(Permission.objects.get(codename="delete_attempt"))
    key, _ = ApiKey.issue(alice, ODD)
    SavedView.objects.create(owner=alice, name="Failed", folded="failed", query="state=failed")
    picture = make_image(alice, notes=["Turned.", ODD])
    spent = {"cost": Decimal("0.0012000001"), "raw_usage": {"a": [1.5, None, ODD]}, "sent": MOMENT}
    done = make_description(
        alice, ODD, ODD, pictures=[(picture, ODD)], attempt=spent, key=key, question=ODD, created=MOMENT
    )
    compared = make_comparison(boss, {"model": ODD}, {}, question=ODD, winner=1, judged=MOMENT)
    asked: dict[str, Any] = {"comparison": compared, "variant": 1, "long_side": 512, "via": "api"}
    make_description(boss, "Yes.", parameters={"temperature": 0.1, "stop": [ODD]}, follows=done, **asked)
    for status in ("queued", "waiting", "running"):
        row = make_description(alice, status=status, pictures=[(picture, "again.jpg")], turn=3)
        DescriptionLink.objects.create(description=row, position=1, url="https://example.org/a.jpg")
    row.lease_token, row.lease_until, row.calls = "held-by-nobody", MOMENT, 1
    row.save()
    make_counted_attempt(row, state=Attempt.State.SENT)
    add_price(model="gpt-4o*", input=Decimal("2.500000000001"), begins=MOMENT, made_by=boss.pk)
    Repricing.objects.create(begins=MOMENT, day=MOMENT.date(), calls=1, after=Decimal("0.1"), by_model=[{}])
    StreamedWords.objects.create(description=row, call=1, text=ODD, at=MOMENT)
    return row


@pytest.fixture
def archive(site, tmp_path):
    """The path of its backup."""
    path = tmp_path / "site.tar"
    backup(path)
    return path


@pytest.fixture
def emptied():
    """What empties the site: rows and files."""

    def empty() -> None:
        call_command("flush", interactive=False, verbosity=0)
        shutil.rmtree(default_storage.path(""), ignore_errors=True)

    return empty


def all_rows():
    """Every row that a backup holds, by model."""
    return {label: list(rows_of(label)) for label in MODELS}


def all_files():
    """Every file of the storage."""
    folders = ("originals", "thumbnails", "sent")
    names = [
        f"{folder}/{name}"
        for folder in folders
        if default_storage.exists(folder)
        for name in default_storage.listdir(folder)[1]
    ]
    return {name: Path(default_storage.path(name)).read_bytes() for name in names}
