"""Pictures in a bucket, of Amazon's S3 or of what speaks like it. Imported only where one is configured: boto3 is heavy.

Nothing is ever served by an address of the bucket: each picture goes through our views, which know whose it is. What
boto raises stays here: callers see FileNotFoundError for a file that is gone, and StorageAway for all else.
"""

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from describer.media.storage import StorageAway

logger = logging.getLogger(__name__)

_PAGES = 16  # more threads than pages have
_SPOOL_BYTES = 2**20  # of a file that is read are held in memory, the rest in a temporary file
_MISSING = ("NoSuchKey", "404")  # a reply to HEAD has no body, so only a status


@contextmanager
def _file_system_errors() -> Iterator[None]:
    """Raise boto's errors in the words of the file system."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise FileNotFoundError(str(error)) from error
        raise _away(error) from error
    except (BotoCoreError, Boto3Error) as error:
        raise _away(error) from error


def _away(error: Exception) -> StorageAway:
    logger.warning("the bucket does not do as it is asked: %s", error)
    return StorageAway(str(error))


class Bucket(S3Storage):  # type: ignore[misc]
    """A bucket of django-storages, with one client for all threads, errors that callers know, and bounded waits."""

    connect_seconds = 3.0
    read_seconds = 15.0  # of silence
    attempts = 2

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connecting = threading.Lock()
        self.shared: Any = None

    def get_default_settings(self) -> dict[str, Any]:
        """Return settings with checksums only where S3 asks for them, and with bounded waits.

        Not all that speaks like S3 knows Amazon's newer checksums.
        """
        options: dict[str, Any] = super().get_default_settings()
        return options | {
            "client_config": Config(
                connect_timeout=self.connect_seconds,
                read_timeout=self.read_seconds,
                retries={"mode": "standard", "total_max_attempts": self.attempts},
                max_pool_connections=settings.WORKER_CONCURRENCY + _PAGES,
                signature_version="s3v4",
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            "transfer_config": TransferConfig(use_threads=False),
        }

    @property
    def connection(self) -> Any:
        """Return one connection for all threads.

        Boto's clients are made for that; one for each thread would be 64 times the memory.
        """
        with self.connecting:
            if self.shared is None:
                self.shared = super().connection
            return self.shared

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        raise ValueError("This file is not accessible via a URL.")

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """Open the whole object, laid down first.

        An error is known before a reply begins, and no connection waits for a slow reader.
        """
        spool = SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115  the caller closes it
        try:
            with _file_system_errors():
                reply = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=self._key(name))
                with closing(reply["Body"]) as body:
                    shutil.copyfileobj(body, spool)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return File(spool, name)

    def _key(self, name: str) -> str:
        key: str = self._normalize_name(name)
        return key

    @_file_system_errors()
    def written_between(self, folder: str, since: datetime, until: datetime) -> list[str]:
        """Return the names of a folder's files by the time of their last change, from the listing alone."""
        pages = self.connection.meta.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket_name, Prefix=self._key(folder) + "/"
        )
        entries = (entry for page in pages for entry in page.get("Contents", ()))
        keys = (entry["Key"] for entry in entries if since <= entry["LastModified"] < until)
        return [f"{folder}/{key.rpartition('/')[2]}" for key in keys]

    _save = _file_system_errors()(S3Storage._save)
    delete = _file_system_errors()(S3Storage.delete)
    exists = _file_system_errors()(S3Storage.exists)
    listdir = _file_system_errors()(S3Storage.listdir)
    size = _file_system_errors()(S3Storage.size)
    get_modified_time = _file_system_errors()(S3Storage.get_modified_time)
