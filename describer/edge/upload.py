"""Where an uploaded file lies while its form is read: in memory while it is small, then in a file without a name.

Django's own temporary files have names: a killed process leaves them behind, and so does a disk that got full.
"""

from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class SpooledUpload(FileUploadHandler):
    """Takes one file of a form after the other."""

    file: SpooledTemporaryFile[bytes]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115  the request closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[Any]":
        self.file.seek(0)
        kind, extra = self.content_type, self.content_type_extra
        return UploadedFile(self.file, self.file_name, kind, file_size, self.charset, extra)

    def upload_interrupted(self) -> None:
        """Let go of a file that may not have come to its end."""
        if hasattr(self, "file"):
            self.file.close()
