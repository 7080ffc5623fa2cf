"""The code of the first account: who can read the site's terminal or its data folder has it, and nobody else.

It is made of the site's secret and the database's birth, so that all processes of a site know the same one without
agreeing on it, and another database has another.
"""

import base64
import hashlib
import hmac
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min

from describer.lib.whole_file import write_whole

FILE = "first_visit_code"
_PURPOSE = b"describer.first_account "
_BYTES = 10  # 80 bits are 16 letters, beyond all guessing
_GROUP = 4


def first_account_code() -> str:
    """Return the code as it is shown: XXXX-XXXX-XXXX-XXXX."""
    born = MigrationRecorder(connection).migration_qs.aggregate(first=Min("applied"))["first"]
    told = _PURPOSE + born.isoformat().encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).digest()
    letters = base64.b32encode(digest[:_BYTES]).decode()
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def is_first_account_code(text: str) -> bool:
    """Tell whether somebody has the code, in time that says nothing of it; case, blanks and dashes do not count."""
    typed, known = _letters(text), _letters(first_account_code())
    return hmac.compare_digest(typed.encode(), known.encode())


def keep_code() -> Path:
    """Write the code into DATA_DIR, whole or not at all, for its owner's eyes; return where."""
    path = settings.DATA_DIR / FILE
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    write_whole(path, f"{first_account_code()}\n")
    return path


def drop_code() -> None:
    """Take the code out of DATA_DIR: there is an account, and the code opens nothing any more."""
    with suppress(OSError):
        (settings.DATA_DIR / FILE).unlink(missing_ok=True)


def _letters(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()
