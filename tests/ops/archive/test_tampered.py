"""Archives that somebody has tampered with, every hash made right again: the check refuses each in a sentence, and so a restore."""

import gzip
import io
import shutil
import subprocess
import sys
import tarfile

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from describer.models import User
from describer.ops.archive import ArchiveError, backup, checked, restore
from tests.ops.archive.conftest import with_everything
from tests.ops.archive.tampering import Taken
from tests.site import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY, ATTEMPT, DESCRIPTION = "describer.usageday", "describer.attempt", "describer.description"
IMAGE, COPY, KEY, USER = "describer.image", "describer.sentcopy", "describer.apikey", "describer.user"
DEEP = b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
LIST: list[object] = []
OBJECT: dict[str, object] = {}
OTHER_TYPES = (None, "x", 1.5, True, LIST, OBJECT, -1, 2**63, 10**400)


@pytest.fixture(scope="module")
def whole(django_db_setup, django_db_blocker, tmp_path_factory):
    """The bytes of a backup of a site with something of everything, made once; its rows and files are gone again."""
    path = tmp_path_factory.mktemp("whole") / "site.tar"
    with django_db_blocker.unblock():
        with_everything(User.objects.create_user("alice"), User.objects.create_superuser("boss"))
        backup(path)
        call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(default_storage.path(""))
    return path.read_bytes()


@pytest.fixture
def taken(whole):
    return Taken(whole)


def changed(label, **values):
    return lambda taken: taken.change(label, **values)


def said(**values):
    """What its manifest says."""
    return lambda taken: taken.manifest.update(values)


def named(name, data=b"x"):
    return lambda taken: taken.put(name, data)


def of_type(kind, target=""):
    """A member of another kind than a file, with a name that a file may have."""

    def add(taken):
        def turn(info):
            info.type, info.linkname, info.size = kind, target, 0

        taken.put("files/originals/ab/odd", b"")
        taken.infos["files/originals/ab/odd"] = turn

    return add


def rows_of_text(label, text):
    return lambda taken: taken.put_lines(taken.name_of(label), text)


def twice(label):
    return lambda taken: taken.put_rows(label, taken.rows(label)[:1] * 2)


def without(label):
    return lambda taken: taken.members.remove(
        next(one for one in taken.members if one[0] == taken.name_of(label))
    )


def first(text):
    return lambda taken: taken.put("describer.json", text)


def lines_of(data):
    return lambda taken: taken.put(taken.name_of(DESCRIPTION), data)


def deleted_column(taken):
    rows = taken.rows(ATTEMPT)
    del rows[0]["cost"]
    taken.put_rows(ATTEMPT, rows)


def hidden_twin(taken):
    name = next(name for name, _ in taken.members if name.startswith("files/"))
    taken.members.append((name, b"other bytes"))
    taken.manifest["files"] += 1
    taken.manifest["file_bytes"] += len(b"other bytes")


def lost_file(taken):
    name, data = next(one for one in taken.members if one[0].startswith("files/"))
    taken.members.remove((name, data))
    taken.manifest["files"] -= 1
    taken.manifest["file_bytes"] -= len(data)


FORMAT = b'{"archive": "describer", "format": %s, "version": "1"}'
TAMPERED = {
    # What it says of itself
    **{f"format {number!r}": first(FORMAT % number) for number in (b"9", b"0", b"-1", b"1.0", b"true", b'"1"', b"null", b"[1]")},
    **{f"manifest: format {number!r}": said(format=number) for number in (9, 0, "1", True, None)},
    "first: no JSON": first(b"{"),
    "first: nested": first(b"[" * 100_000),
    "first: long": first(b" " * 2**21 + FORMAT % b"1"),
    "first: another's": first(b'{"archive": "other", "format": 1, "version": "1"}'),
    **{f"manifest: {name}={str(value)[:9]}": said(**{name: value})
       for name in ("made", "version", "migrations", "rows", "numbers", "ledger", "files") for value in (None, 1.5, True, LIST)},
    "manifest: numbers of the unknown": lambda taken: taken.manifest["numbers"].update({"describer.secret": 1}),
    "manifest: no indexes": said(indexes={}),
    "manifest: made is no time": said(made="yesterday"),
    "manifest: made without zone": said(made="2026-01-01T00:00:00"),
    "manifest: more": said(surplus=1),
    "manifest: no JSON": lambda taken: setattr(taken, "manifest", b"{"),
    "manifest: a list": lambda taken: setattr(taken, "manifest", b"[]"),
    "manifest: nested": lambda taken: setattr(taken, "manifest", b"[" * 100_000),
    "manifest: other counts": lambda taken: taken.manifest["rows"].update({ATTEMPT: 7}),
    "manifest: unknown model": lambda taken: taken.manifest["rows"].update({"describer.secret": 0}),
    "manifest: other sums": lambda taken: taken.manifest["ledger"].update(total_tokens=1),
    **{f"manifest: cost {cost!r}": lambda taken, cost=cost: taken.manifest["ledger"].update(cost=cost) for cost in ("NaN", "Infinity", "x", 1, "7")},
    "manifest: a number at its end": lambda taken: taken.manifest["numbers"].update({DESCRIPTION: 2**63 - 1}),
    "manifest: no migrations": said(migrations={"describer": []}),
    "manifest: migrations to come": said(migrations={"describer": ["0001_first", "9999_wonders"]}),
    "manifest: migrations with gaps": said(migrations={"describer": ["0003_vacuum"]}),
    "manifest: files": said(files=99),
    "manifest: nothing under way": said(under_way=0),
    "manifest: gone": said(gone=1),
    # Members
    **{f"name {name!r}": named(name) for name in (
        "files/../../out", "/etc/out", "files//etc/out", "files/originals/../../../out", "../out", "out", "files/originals",
        "files/secret_key", "files/originals/ab/..", "files/originals/a\nb", "files/originals/ab/\udcff", "rows/x", "files/originals/ab",
        "files/originals/ab/" + "x" * 300, "rows/describer.worker/000001.jsonl.gz", "index/x", "Files/originals/ab/x", "files/originals/ab/x/y")},
    "a symbolic link": of_type(tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": of_type(tarfile.LNKTYPE, "describer.json"),
    "a hard link to nothing": of_type(tarfile.LNKTYPE, "nothing"),
    "a folder": of_type(tarfile.DIRTYPE),
    "a device": of_type(tarfile.CHRTYPE),
    "a pipe": of_type(tarfile.FIFOTYPE),
    "a sparse file": of_type(tarfile.GNUTYPE_SPARSE),
    "a file twice": hidden_twin,
    "a file less": lost_file,
    "rows twice": lambda taken: taken.members.append((taken.name_of(KEY), dict(taken.members)[taken.name_of(KEY)])),
    "rows missing": without(IMAGE),
    # Lines
    "rows: no gzip": lines_of(b"{}"),
    "rows: gzip cut": lines_of(gzip.compress(b'{"id": 1}' * 1000)[:-9]),
    "rows: gzip of other bytes": lines_of(b"\x1f\x8b\x08\x00" + bytes(range(256))),
    "rows: no JSON": rows_of_text(DESCRIPTION, b"{\n"),
    "rows: no UTF-8": rows_of_text(DESCRIPTION, b'{"id": "\xff\xfe\xff"}\n'),
    "rows: a list": rows_of_text(DESCRIPTION, b"[1]\n"),
    "rows: a number": rows_of_text(DESCRIPTION, b"1\n"),
    "rows: NaN": rows_of_text(DESCRIPTION, b'{"id": NaN}\n'),
    "rows: a long number": rows_of_text(DESCRIPTION, b'{"id": ' + b"9" * 5000 + b"}\n"),
    "rows: nested": rows_of_text(DESCRIPTION, DEEP),
    "rows: no columns": rows_of_text(DESCRIPTION, b"{}\n"),
    "rows: a column less": deleted_column,
    "rows: a column more": changed(ATTEMPT, surplus=1),
    "rows: twice": twice(USER),
    # Values
    **{f"id {value!r:.9}": changed(DESCRIPTION, id=value) for value in (*OTHER_TYPES, 0, "1", 2**63 - 1)},
    **{f"owner {value!r:.9}": changed(DESCRIPTION, owner_id=value) for value in (*OTHER_TYPES, 999)},
    **{f"created {value!r:.9}": changed(DESCRIPTION, created=value) for value in (
        *OTHER_TYPES, "", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "99999-01-01T00:00:00Z")},
    **{f"day {value!r:.9}": changed(DAY, day=value) for value in (*OTHER_TYPES, "2026-02-30")},
    **{f"cost {value!r:.9}": changed(ATTEMPT, cost=value) for value in (*OTHER_TYPES[1:], "NaN", "1e99", "-Infinity", "0.00000000001")},
    **{f"tokens {value!r:.9}": changed(ATTEMPT, total_tokens=value) for value in ("1", 1.5, True, LIST, 2**63, 10**400)},
    **{f"number {value!r:.9}": changed(ATTEMPT, number=value) for value in OTHER_TYPES},
    **{f"question {value!r:.9}": changed(DESCRIPTION, question=value) for value in (None, 1, True, LIST, OBJECT, "\ud800")},
    **{f"parameters {value!r:.9}": changed(DESCRIPTION, parameters=value) for value in (None, "x", 1, True, LIST)},
    **{f"notes {value!r:.9}": changed(IMAGE, notes=value) for value in (None, "x", 1, True, OBJECT)},
    **{f"admin {value!r:.9}": changed(USER, is_superuser=value) for value in (None, "x", 1, 0, LIST)},
    **{f"status {value!r:.9}": changed(DESCRIPTION, status=value) for value in ("odd", "", None, 1, LIST, OBJECT)},
    "lane": changed(DESCRIPTION, lane=7),
    "billed": changed(ATTEMPT, billed="perhaps"),
    **{f"original {value!r:.20}": changed(IMAGE, original=value) for value in (
        "../../etc/passwd", "/etc/passwd", "", "originals/ab/nowhere", "media/x", "originals/..", "originals/a\nb", 1, None)},
    "file of a copy": changed(COPY, file="sent/../../x"),
    "a right without a name": changed("auth.group_permissions", permission_id=7),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_ff17_fe19_a_tampered_archive_is_refused_in_a_sentence_by_check_and_restore(
    taken, tmp_path, how, django_assert_num_queries
):
    TAMPERED[how](taken)
    path = taken.write(tmp_path / "tampered.tar")
    for read in (checked, restore):
        with pytest.raises(ArchiveError) as refused, django_assert_num_queries(0):
            read(path)
        words = str(refused.value)
        assert words.isprintable() and len(words) < 500, words
        assert words.endswith((".", ")."))
    assert [one.name for one in tmp_path.iterdir()] == ["tampered.tar"]


def test_an_archive_that_was_only_taken_apart_is_whole(taken, tmp_path):
    assert checked(taken.write(tmp_path / "same.tar")).rows[DESCRIPTION] == 5


@pytest.mark.parametrize("at", ["size", "pax size", "pax name", "link", "sparse"])
@pytest.mark.parametrize("claims", [10 * 2**30, -512, 2**62])
def test_ff17_a_head_that_claims_sizes_that_cannot_be_is_refused(taken, tmp_path, at, claims):
    path = taken.write(tmp_path / "large.tar")
    with tarfile.open(path) as tar:
        info = tar.getmember("manifest.json")
    head = tarfile.TarInfo("manifest.json")
    if at == "pax size":
        head.pax_headers = {"size": str(claims)}
    else:
        head.size = claims
        head.type = {"pax name": tarfile.XHDTYPE, "link": tarfile.GNUTYPE_LONGLINK, "sparse": tarfile.GNUTYPE_SPARSE}.get(at, head.type)  # fmt: skip
    data = path.read_bytes()
    begin = info.offset_data - 512
    form = tarfile.PAX_FORMAT if at == "pax size" else tarfile.GNU_FORMAT
    path.write_bytes(data[:begin] + head.tobuf(form) + data[info.offset_data :])
    with pytest.raises(ArchiveError):
        checked(path)


BOMBS = """
import resource, sys
from pathlib import Path
import django
django.setup()
from describer.ops.archive import ArchiveError, checked
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        checked(Path(path))
        print("whole", path)
    except ArchiveError as error:
        print(error, file=sys.stderr)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.process
def test_ff17_what_unpacks_without_end_takes_bounded_memory(whole, tmp_path):
    taken = Taken(whole)
    name, bombs = taken.name_of(DESCRIPTION), []
    for number, (piece, times) in enumerate(((b" ", 2**30), (b"[],", 2**27), (b'{"id": 1}\n', 2**25))):
        taken.put(name, gzip_of(piece, times))
        bombs.append(taken.write(tmp_path / f"{number}.tar"))
    taken = Taken(whole)
    taken.manifest = b" " * 2**25
    bombs.append(taken.write(tmp_path / "manifest.tar"))
    done = subprocess.run([sys.executable, "-c", BOMBS, *bombs], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == len(bombs), done.stderr
    assert int(done.stdout) < 700, "MiB"


def gzip_of(piece, times):
    """So many pieces, packed without ever lying in memory."""
    block, out = piece * 2**16, io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        for _ in range(times // 2**16):
            file.write(block)
    return out.getvalue()
