"""The reader of HEIC files, without what would slip past a check.

Loaded by name, because its libraries are the largest of all and many sites never see such a file.
"""

from pillow_heif import HeifImageFile, register_heif_opener

# An embedded preview would be decoded in the picture's stead, and a file that is cut in half be taken for whole.
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=2)

__all__ = ["HeifImageFile"]
