"""The site's settings as the tests use them: in a folder of their own, with quick password hashes."""

import atexit
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="describer-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
for name in ("VISION_BASE_URL", "VISION_API_KEY", "VISION_MODEL", "REDIS_URL", "DATABASE_URL", "S3_BUCKET"):
    os.environ.pop(name, None)
if "TESTS_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TESTS_DATABASE_URL"]

from vision_site.settings import *  # noqa: E402,F403  the environment comes first
from vision_site.settings import DATA_DIR, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

if "TESTS_DATABASE_URL" in os.environ:
    DATABASES["default"]["OPTIONS"].pop("pool")  # a database that a pool still holds cannot be dropped
else:
    # A file, not memory: threads of the engine open connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a folder that is not there
