"""What was backed up is there again after a restore, under the same numbers, and nothing is sent by itself."""

from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from describer.db import version
from describer.desk.trash import trash
from describer.management.up.start import only_one
from describer.models import Attempt, Description, Endpoint, StreamedWords, UsageDay, User, Webhook
from describer.ops.archive import ArchiveError, backup, restore
from describer.ops.archive.manifest import Manifest
from describer.ops.archive.packing import Lines, Pack
from describer.ops.archive.rows import rows_of
from tests.days import write_days
from tests.ops.archive.conftest import ODD, all_files, all_rows
from tests.rows import make_description

pytestmark = pytest.mark.slow

HELD = ("queued", "waiting", "running")


def test_every_row_and_file_is_what_it_was(site, archive, emptied):
    # Nothing is under way: all must be the same, to the microsecond and the last digit.
    Description.objects.filter(status__in=HELD).update(status="cancelled", lease_token="", lease_until=None)
    Attempt.objects.filter(state="sent").update(state="unknown")
    archive.unlink()
    call_command("backup", str(archive), stdout=StringIO())
    rows, files = all_rows(), all_files()
    emptied()
    assert not Description.objects.exists()
    out = StringIO()
    call_command("restore", str(archive), stdout=out)
    assert all_rows() == rows
    assert all_files() == files
    assert "5 descriptions" in out.getvalue()
    assert Description.objects.filter(question=ODD).exists()


def test_rights_are_those_of_before_whatever_their_numbers_are(archive, emptied):
    emptied()
    restore(archive)
    alice = User.objects.get(username="alice")
    assert alice.has_perms(["describer.view_image", "describer.delete_attempt"])
    assert alice.check_password("correct-horse")


def test_p22_what_was_under_way_ends_in_words_and_can_be_asked_again(archive, emptied):
    emptied()
    restored = restore(archive)
    rows = Description.objects.filter(error_code="restored")
    assert (restored.ended, restored.queued, restored.unknown, rows.count()) == (3, 0, 1, 3)
    assert {(row.status, row.lease_token, row.not_before) for row in rows} == {("failed", "", None)}
    assert not Description.objects.filter(status__in=HELD).exists()
    client = Client()
    client.force_login(User.objects.get(username="alice"))
    page = client.get(f"/descriptions/{rows[0].pk}/").content.decode()
    assert "under way when the backup was made" in page
    assert "Ask again" in page
    of_call = client.get(f"/descriptions/{StreamedWords.objects.get().pk}/").content.decode()
    assert "What came before it broke off:" in of_call and "Was ist das?" in of_call


def test_p22_a_call_under_way_is_unknown_and_counted_in_its_day(archive, emptied):
    emptied()
    restore(archive)
    attempt = Attempt.objects.get(state="unknown")
    assert (attempt.billed, attempt.error_code) == ("unknown", "connection_lost")
    days = {(day.owner, day.model): day.attempts for day in UsageDay.objects.all()}
    write_days()
    assert {(day.owner, day.model): day.attempts for day in UsageDay.objects.all()} == days


def test_webhooks_keep_their_secrets_and_are_told_of_what_the_restore_ended(site, archive, emptied):
    secret = Webhook.issue(site.owner, "https://receiver.example/").secret
    archive.unlink()
    call_command("backup", str(archive), stdout=StringIO())
    emptied()
    restore(archive)
    webhook = Webhook.objects.get()
    ended = Description.objects.filter(error_code="restored").values_list("pk", flat=True)
    assert webhook.secret == secret
    assert sorted(webhook.deliveries.values_list("description", flat=True)) == sorted(ended)


def test_a_move_queues_what_was_under_way_but_for_callers_who_are_gone(site, archive, emptied):
    Description.objects.filter(pk=site.pk).update(via="endpoint")
    archive.unlink()
    call_command("backup", str(archive), stdout=StringIO())
    emptied()
    restored = restore(archive, queue_again=True)
    assert (restored.ended, restored.queued, restored.unknown) == (1, 2, 1)
    queued = Description.objects.filter(status="queued")
    assert {(row.turn, row.error_code, row.finished) for row in queued} == {(3, "", None)}


def test_numbers_of_rows_that_are_gone_are_never_given_again(site, tmp_path, emptied, sandbox):
    # The ledger remembers them: an ask with the number of a deleted one would find that one's attempts its own.
    owner = User.objects.get(username="alice")
    last = make_description(owner, "Gone soon.")
    number = last.pk
    last.delete()
    call_command("backup", str(tmp_path / "b.tar"), stdout=StringIO())
    emptied()
    restore(tmp_path / "b.tar")
    assert make_description(User.objects.get(username="alice"), status="queued").pk == number + 1


@pytest.mark.parametrize("what", ["rows", "files"])
def test_a_site_that_is_not_empty_is_refused_and_stays_as_it_is(archive, emptied, what):
    emptied()
    if what == "rows":
        User.objects.create_user("early")
    else:
        default_storage.save("originals/of-somebody-else", ContentFile(b"x"))
    rows, files = all_rows(), all_files()
    with pytest.raises(CommandError, match="This site is not empty"):
        call_command("restore", str(archive), stdout=StringIO())
    assert (all_rows(), all_files()) == (rows, files)


def test_a_restore_that_was_killed_between_files_and_rows_can_be_made_again(archive, emptied):
    files = all_files()
    emptied()
    restore(archive)
    call_command("flush", interactive=False, verbosity=0)
    assert restore(archive).manifest.files == len(files)
    assert all_files() == files


def test_rows_that_do_not_fit_leave_nothing_behind(tmp_path, transactional_db):
    def row(lines, **values):
        lines.add({"id": 1, "prefix": "p", "hash": "h", "user_id": 77, "name": "n", "created": "2026-01-01T00:00:00Z"} | values)  # fmt: skip

    path = written(tmp_path, {"describer.apikey": [row]}, files={"originals/ab/x": b"x"}, last_used=None, revoked=None)  # fmt: skip
    with pytest.raises(ArchiveError, match="name describer.user 77, which is not in it"):
        restore(path)
    assert all_files() == {}
    assert not any(all_rows().values())


def written(folder, models, files=None, migrations=("0001_first",), **values):
    """An archive made by hand: for each model functions that add rows."""
    path = folder / "by-hand.tar"
    with path.open("w+b") as file:
        pack = Pack(file, "0.0.9")
        manifest = Manifest("0.0.9", "by hand", "2026-01-01T00:00:00+00:00")
        manifest.migrations = {"describer": list(migrations)}
        for label, adds in models.items():
            lines = Lines(pack, f"rows/{label}")
            for add in adds:
                add(lines, **values)
            lines.flush()
            manifest.rows[label] = len(adds)
        for name, data in (files or {}).items():
            pack.add(f"files/{name}", data)
            manifest.files, manifest.file_bytes = manifest.files + 1, manifest.file_bytes + len(data)
        pack.finish(manifest)
    return path


def test_an_archive_of_an_older_version_is_brought_up_to_date(tmp_path, transactional_db):
    def old(lines):  # as of 0001_first, which knew of no gates
        row = {
            "id": 4,
            "name": "old",
            "base_url": "http://127.0.0.1:9/v1",
            "default_model": "",
            "settings": {},
        }
        row |= {"model_names": ["m"], "models_fetched": None, "is_default": False, "paused_code": ""}
        lines.add(row | {"paused_since": None, "next_probe": None, "probing": 0, "learned": {}})

    restore(written(tmp_path, {"describer.endpoint": [old]}))
    assert list(Endpoint.objects.values_list("pk", "name", "gate_width")) == [(4, "old", None)]
    assert version.mismatch() == ""


def test_d13_a_backup_from_before_the_trash_has_all_of_it_outside_the_trash(
    tmp_path, transactional_db, alice, emptied
):
    loader = MigrationLoader(None)
    others = [node for node in loader.graph.leaf_nodes() if node[0] != version.APP]
    old = loader.project_state([(version.APP, "0015_shares"), *others]).apps
    make_description(alice, status="done", question="What was asked")
    models = {}
    for label in ("describer.user", "describer.endpoint", "describer.description"):
        columns = [field.attname for field in old.get_model(label)._meta.concrete_fields]
        rows = [{name: row[name] for name in columns} for row in rows_of(label)]
        models[label] = [lambda lines, row=row: lines.add(row) for row in rows]
    before = sorted(name for name in version.known() if name <= "0015_shares")
    path = written(tmp_path, models, migrations=before)
    emptied()
    restore(path)
    row, person = Description.objects.untrashed().get(), User.objects.get()
    assert (row.question, row.trashed) == ("What was asked", None)
    assert (person.retention_days, person.retention_begins, person.retention_told) == (None, None, None)
    assert version.mismatch() == ""


def test_what_is_in_the_trash_is_in_a_backup_and_back_with_its_time(tmp_path, site, emptied):
    trash(Description.objects.filter(status="done"))
    times = dict(Description.objects.exclude(trashed=None).values_list("pk", "trashed"))
    backup(tmp_path / "trash.tar")
    emptied()
    restore(tmp_path / "trash.tar", queue_again=True)
    assert dict(Description.objects.exclude(trashed=None).values_list("pk", "trashed")) == times
    assert len(times) == 2


def test_an_archive_of_a_newer_version_is_refused_in_words(tmp_path, transactional_db):
    path = written(tmp_path, {}, migrations=("0001_first", "0999_wonders"))
    with pytest.raises(ArchiveError, match="does not know describer.0999_wonders.*up to date"):
        restore(path)


def test_a_folder_that_a_site_runs_on_is_refused(archive, emptied, settings):
    emptied()
    with only_one(settings.DATA_DIR), pytest.raises(CommandError, match="Another Describer runs on"):
        call_command("restore", str(archive), stdout=StringIO())


def test_an_endpoint_of_a_start_before_the_restore_gives_way(archive, emptied):
    emptied()
    Endpoint.from_environment()
    restore(archive)
    assert Endpoint.objects.count() == 1
