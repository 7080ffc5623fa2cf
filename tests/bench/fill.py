"""`python -m tests.bench.fill COUNT FILE`: queues so many asks about one picture, in the database of the environment."""

import sys
from pathlib import Path

import django

AT_ONCE = 500


def fill(count: int, picture: Path) -> None:
    """Through the way in, like any ask; each is one about the picture."""
    from describer.engine.submit import Ask, AskImage, keep_image, submit  # noqa: PLC0415
    from describer.models import User  # noqa: PLC0415  Django comes first

    owner = User.objects.get(username="admin")
    with picture.open("rb") as file:
        image = keep_image(owner, file, picture.name)
    for done in range(0, count, AT_ONCE):
        given = [AskImage(image, picture.name)] * min(AT_ONCE, count - done)
        submit(Ask(owner, f"From {done}?", given))


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]), Path(sys.argv[2]))
