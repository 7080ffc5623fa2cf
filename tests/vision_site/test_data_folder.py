"""The data folder: its secret is made once, whole or not at all, and all of it is its user's alone."""

import multiprocessing
import resource
from contextlib import contextmanager

import pytest

from vision_site.data_folder import DataFolder, UnusableFolder

STARTS, ROUNDS = 6, 10
forks = multiprocessing.get_context("fork")


def folder_at(path):
    return DataFolder(path, database=True, pictures=True)


def read_in_step(barrier, path, told):
    barrier.wait()
    told.put(folder_at(path).secret())


@pytest.mark.process
@pytest.mark.parametrize("left", [None, ""], ids=["nothing", "an empty secret"])
def test_ff12_processes_that_start_in_step_have_one_secret(tmp_path, left):
    for number in range(ROUNDS):
        path, barrier, told = tmp_path / str(number), forks.Barrier(STARTS), forks.Queue()
        if left is not None:
            path.mkdir()
            (path / "secret_key").write_text(left)
        started = [forks.Process(target=read_in_step, args=(barrier, path, told)) for _ in range(STARTS)]
        for process in started:
            process.start()
        secrets = {told.get(timeout=20) for _ in started}
        for process in started:
            process.join(20)
        assert secrets == {(path / "secret_key").read_text()}
        assert len(secrets.pop()) > 50


@contextmanager
def no_room():
    """No file of this process can grow meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_ff12_a_secret_that_finds_no_room_is_not_there_and_the_next_start_makes_it(tmp_path):
    with no_room(), pytest.raises(UnusableFolder, match=r"secret_key\.unfinished cannot be written"):
        folder_at(tmp_path).secret()
    assert not [path.name for path in tmp_path.iterdir() if "secret_key" in path.name]
    secret = folder_at(tmp_path).secret()
    assert len(secret) > 50
    assert folder_at(tmp_path).secret() == secret


def test_a_secret_of_odd_bytes_is_told_and_left_alone(tmp_path):
    (tmp_path / "secret_key").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableFolder, match="holds no secret that a site wrote"):
        folder_at(tmp_path).secret()
    assert (tmp_path / "secret_key").read_bytes() == b"\xff\xfe"


def test_fe13_a_folder_that_is_also_anothers_stays_open_and_what_is_ours_in_it_does_not(tmp_path):
    (tmp_path / "somebodys").mkdir()
    (tmp_path / "somebodys").chmod(0o755)
    (tmp_path / "describer.sqlite3").touch(0o644)
    tmp_path.chmod(0o755)
    folder = folder_at(tmp_path)
    folder.make()
    assert folder.is_open()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"somebodys": 0o755, "describer.sqlite3": 0o600}
    (tmp_path / "somebodys").rmdir()
    folder.make()
    assert not folder.is_open()
