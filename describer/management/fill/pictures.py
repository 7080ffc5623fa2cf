"""A pool of small real pictures for each person, taken in as uploads are: pages show thumbnails, models' copies and originals."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image as Canvas
from PIL import ImageDraw

from describer.images import Recipe
from describer.media.intake import keep_image
from describer.models import SentCopy, User

_MOST, _FEWEST, _IN_ALL = 12, 2, 600
_SIZES = ((400, 300), (300, 400), (480, 360), (360, 360), (480, 270), (240, 480))
_PIXELS_A_TOKEN = 750


@dataclass(frozen=True)
class PoolPicture:
    """An image with what rows need of it."""

    image: int
    sent_copy: int
    suffix: str
    tokens: int


def draw_pictures(random: Random, people: int) -> list[tuple[bytes, str]]:
    """Draw the files, with their suffixes, that each of so many people is given; the more people, the fewer."""
    count = max(_FEWEST, min(_MOST, _IN_ALL // people))
    return [_file(random, number) for number in range(count)]


def pool_of(owner: User, files: Sequence[tuple[bytes, str]]) -> list[PoolPicture]:
    """Take the files in as this person's images."""
    images = {keep_image(owner, io.BytesIO(data), f"picture{suffix}").pk: suffix for data, suffix in files}
    copies = SentCopy.objects.filter(image__in=images, recipe=Recipe().key).order_by("image")
    return [
        PoolPicture(
            copy.image_id, copy.pk, images[copy.image_id], copy.width * copy.height // _PIXELS_A_TOKEN
        )
        for copy in copies
    ]


def _file(random: Random, number: int) -> tuple[bytes, str]:
    """Draw shapes: on a sky, as a JPEG, or, each fourth, on white, as a PNG."""
    width, height = _SIZES[number % len(_SIZES)]
    is_flat = number % 4 == 3
    if is_flat:
        picture = Canvas.new("RGB", (width, height), "white")
    else:
        sky = Canvas.frombytes("RGB", (4, 5), random.randbytes(60))
        picture = sky.resize((width, height), Canvas.Resampling.BILINEAR)
    draw = ImageDraw.Draw(picture)
    for _ in range(random.randint(2, 5)):
        left, top = random.randrange(width - 80), random.randrange(height - 80)
        box = (left, top, left + random.randint(40, width // 2), top + random.randint(40, height // 2))
        colour = (random.randrange(256), random.randrange(256), random.randrange(256))
        random.choice((draw.ellipse, draw.rectangle))(box, fill=colour)
    file = io.BytesIO()
    if is_flat:
        picture.save(file, "PNG")
        return file.getvalue(), ".png"
    picture.save(file, "JPEG", quality=80)
    return file.getvalue(), ".jpg"
