"""A data folder that cannot be used, in every way that we know: one sentence with the path, wherever it is met."""

import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from tests.site import ROOT, Site

pytestmark = pytest.mark.site
NAME = "describer.sqlite3"
# Root may do anything with any file, unless these are taken from it.
BOUND = "-dac_override,-dac_read_search,-fowner,-chown"
COMMANDS = (
    ["migrate"],
    ["create_api_key", "admin"],
    ["usage"],
    ["describe", "picture.jpg", "-q", "What?"],
    ["backup", "{data}.tar"],
)


def put(path, content=b""):
    """A file in the place of whatever is there."""
    remove(path)
    path.write_bytes(content)
    return path


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link(path, to):
    remove(path)
    path.symlink_to(to)
    return path


def folder(path):
    remove(path)
    path.mkdir()
    return path


def shut(path, mode=0):
    path.chmod(mode)
    return path


def another_programs(path, *statements):
    remove(path)
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    return path


def damaged_within(path):
    """The pages behind the first are noise."""
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    return path


BLOG = (
    "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)",
    "INSERT INTO django_migrations VALUES (1, 'blog', '0001_initial', '2026-01-01')",
    "CREATE TABLE blog_post (id integer PRIMARY KEY)",
)
# What is done to a folder that a site has used -> the path that the sentence names.
TABLE = {
    "a file in its place": put,
    "a symbolic link to itself in its place": lambda data: link(data, data),
    "below a file": lambda data: put(data),
    "its name is too long": lambda data: data,
    "above it nothing can be made": lambda data: shut(folder(data), 0o500),
    "it cannot be entered": shut,
    "it cannot be written": lambda data: shut(data, 0o500),
    "secret: unreadable": lambda data: shut(data / "secret_key"),
    "secret: a folder": lambda data: folder(data / "secret_key"),
    "secret: a link to nowhere": lambda data: link(data / "secret_key", data / "nowhere"),
    "secret: of other bytes": lambda data: put(data / "secret_key", b"\xff\x00"),
    "lock: a folder": lambda data: folder(data / "lock"),
    "lock: unwritable": lambda data: shut(data / "migrate.lock", 0o400),
    "database: a folder": lambda data: folder(data / NAME),
    "database: no SQLite": lambda data: put(data / NAME, b"Dear admin, " * 1000),
    "database: unreadable": lambda data: shut(data / NAME),
    "database: unwritable": lambda data: shut(data / NAME, 0o400),
    "database: a link to nowhere": lambda data: link(data / NAME, data / "none" / NAME),
    "database: of another program": lambda data: another_programs(data / NAME, "CREATE TABLE notes (text)"),
    "database: of another Django": lambda data: another_programs(data / NAME, *BLOG),
    "database: damaged within": lambda data: damaged_within(data / NAME),
    "database: cut": lambda data: put(data / NAME, (data / NAME).read_bytes()[:6000]),
    "media: a file": lambda data: put(data / "media"),
    "media: unwritable": lambda data: shut(folder(data / "media"), 0o500),
    "static: a file": lambda data: put(data / "static"),
    "static: unwritable": lambda data: shut(data / "static", 0o500),
}
BELOW = {"below a file": "below", "its name is too long": "x" * 300, "above it nothing can be made": "below"}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A folder that a site has used."""
    site = Site(tmp_path_factory.mktemp("used") / "data")
    with site:
        site.stop()
    del site.environment["PYTHONWARNINGS"]
    return site


@pytest.fixture
def unusable(used, tmp_path, request):
    """A folder as the table says: its variables, and the path that is wrong."""
    data = tmp_path / "data"
    shutil.copytree(used.data, data)
    wrong = TABLE[request.param](data)
    yield used.environment | {"DATA_DIR": str(data / BELOW.get(request.param, ""))}, wrong
    for path in (data, wrong):
        with suppress(OSError):
            path.chmod(0o700)


def run(variables, *command):
    bound = ["setpriv", "--bounding-set", BOUND] if os.geteuid() == 0 else []
    pipes = {"capture_output": True, "text": True, "timeout": 60}
    return subprocess.run([*bound, sys.executable, *command], cwd=ROOT, env=variables, **pipes)


def assert_one_sentence(done, wrong):
    assert done.returncode == 1, done
    said = done.stderr.removeprefix("CommandError: ")
    assert said.count("\n") == 1, said
    assert str(wrong) in said
    assert said.endswith(".\n")


@pytest.mark.parametrize("unusable", TABLE, indirect=True)
def test_ff06_a_start_says_what_is_wrong_with_the_folder(unusable):
    variables, wrong = unusable
    assert_one_sentence(run(variables, "manage.py", "up"), wrong)


@pytest.mark.parametrize("unusable", [name for name in TABLE if name.startswith("database")], indirect=True)
def test_ff06_the_doctor_says_what_is_wrong_with_the_database(unusable):
    variables, wrong = unusable
    assert wrong in wrongs_of(run(variables, "manage.py", "doctor"), [wrong])


def test_ff06_the_doctor_says_at_once_all_else_that_is_wrong(used, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(used.data, data)
    wrong = [TABLE[name](data) for name in ("lock: a folder", "media: a file", "static: a file")]
    done = run(used.environment | {"DATA_DIR": str(data)}, "manage.py", "doctor")
    assert wrongs_of(done, wrong) == wrong


def wrongs_of(done, paths):
    """Those of the paths that the doctor says are wrong."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stdout + done.stderr, done
    lines = [line for line in done.stdout.splitlines() if line.startswith("wrong")]
    return [path for path in paths if any(str(path) in line for line in lines)]


@pytest.mark.parametrize("unusable", ["secret: unreadable", "database: no SQLite"], indirect=True)
def test_ff06_every_command_says_so_too(unusable):
    variables, wrong = unusable
    with ThreadPoolExecutor(2) as pool:
        commands = [[word.format(data=variables["DATA_DIR"]) for word in command] for command in COMMANDS]
        for done in pool.map(lambda command: run(variables, "manage.py", *command), commands):
            assert "Traceback" not in done.stdout + done.stderr, done
            # The shell's 2 says that nothing could be begun; without settings it does not come so far.
            assert done.returncode in ((1, 2) if "describe" in done.args else (1,)), done
            assert str(wrong) in done.stderr, done


@pytest.mark.parametrize(
    "unusable", ["secret: unreadable", "media: a file", "database: no SQLite"], indirect=True
)
def test_ff06_a_worker_says_so_and_ends(unusable, cluster):
    variables, wrong = unusable
    done = run(
        variables | {"REDIS_URL": cluster.redis.url(15)}, "-m", "celery", "-A", "vision_site", "worker"
    )
    assert done.returncode == 1
    assert str(wrong) in done.stderr
    assert "Traceback" not in done.stderr
