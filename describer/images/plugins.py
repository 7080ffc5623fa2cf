"""Pillow's readers, one for each format that is taken, loaded when the first file of its kind arrives.

The readers are called by name rather than found by `Image.open`, which loads forty readers at the first odd
file, among them the one that starts Ghostscript, and takes a JPEG with several pictures inside for another
format.
"""

import logging
import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import IO, cast

from PIL import Image, ImageFile

from describer.images.memory import return_large_blocks
from describer.images.view import FileView

# Pixels are counted here before anything is decoded, against a limit of ours; Pillow's own one warns far below it.
Image.MAX_IMAGE_PIXELS = None
# What Pillow has to say about odd metadata is of no use to a person who uploads a picture.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
return_large_blocks()

_READERS = {
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "HEIF": ("describer.images.heif", "HeifImageFile"),
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
}


def open_picture(kind: str, view: FileView) -> ImageFile.ImageFile:
    """Open a view with the reader of its format. Raises what that reader raises, which may be anything."""
    module, name = _READERS[kind]
    reader: type[ImageFile.ImageFile] = getattr(_loaded(module), name)
    view.seek(0)
    return reader(cast(IO[bytes], view))


def _loaded(module: str) -> ModuleType:
    """Return a reader's module, with the library behind it.

    One that could not be loaded, for want of memory or of a file handle, is tried anew with the next file: the modules
    keep in mind that it failed, and every such file would be called damaged until the next start.
    """
    try:
        reader = import_module(module)
        if not getattr(reader, "SUPPORTED", True):
            raise ImportError(f"the library behind {module} cannot be loaded")
    except (ImportError, OSError):
        for known in [name for name in sys.modules if name == module or name.startswith("pillow_heif")]:
            del sys.modules[known]
        raise
    return reader
