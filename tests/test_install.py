"""An environment that was cut off while it was made is made anew; a whole one is kept."""

import shutil
import subprocess
import sys

import pytest

from tests.site import ROOT

pytestmark = pytest.mark.process


@pytest.fixture
def folder(tmp_path):
    """An environment from an empty lock file, with a file in it that tells whether it was made anew."""
    folder, lock = tmp_path / "env", tmp_path / "empty.lock"
    lock.write_text("")

    def install():
        command = ["sh", "tests/install.sh", sys.executable, str(lock), str(folder)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert install().returncode == 0
    (folder / "left").touch()
    return folder, install


def runs(folder):
    return subprocess.run([folder / "bin" / "python", "-c", ""]).returncode == 0


def test_a_whole_environment_is_kept_and_nothing_is_said_but_what_is_done(folder):
    folder, install = folder
    done = install()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert (folder / "left").exists() and runs(folder)


def without(*names):
    """What a cut has left: the mark, and the folder without these."""

    def cut(folder, mark):
        mark.touch()
        for path in [path for name in names for path in folder.glob(name)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    return cut


def emptied(folder, mark):
    """Without a mark: it was cut while it was taken away."""
    shutil.rmtree(folder / "bin")


def dangling(folder, mark):
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("nowhere")


MOMENTS = {
    "before the folder": without("*"),
    "before its python": without("bin"),
    "before its libraries": without("lib"),
    "before its settings": without("pyvenv.cfg"),
    "before pip": without("bin/pip*", "lib/*/site-packages/pip*"),
    "before its python can run": without("bin/python3*"),
    "while packages are installed": without("lib/*/site-packages/*"),
    "when all was installed, and the mark still there": without(),
    "while it was taken away": emptied,
    "while its python was exchanged": dangling,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ff09_one_that_was_cut_off_is_made_anew(folder, moment):
    folder, install = folder
    mark = folder.with_name("env.half-made")
    MOMENTS[moment](folder, mark)
    done = install()
    assert done.returncode == 0, done.stderr
    assert not (folder / "left").exists() and runs(folder)
    assert not mark.exists()


def test_one_whose_install_fails_stays_marked_and_says_why(folder):
    folder, install = folder
    folder.with_name("empty.lock").write_text("no-such-package==1.0\n")
    done = install()
    assert done.returncode != 0
    assert "no-such-package" in done.stderr
    assert folder.with_name("env.half-made").exists()
