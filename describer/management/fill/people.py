"""People of a fill: without passwords, each with a key, tags and a pool of pictures."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from describer.management.fill.pictures import PoolPicture, draw_pictures, pool_of
from describer.management.fill.texts import Texts
from describer.models import ApiKey, Tag, User
from describer.models.tag import folded

_REMEMBERED = 8
_CROWDING = 0.9  # the power of how unequally people ask; of 50 the first has a sixth of all
_KEY = "filled"


@dataclass
class FilledPerson:
    """A person as rows need them. `latest` are answers that a follow-up may follow: number, first of the conversation, pictures."""

    id: int
    key: int
    tags: list[int]
    pictures: list[PoolPicture]
    latest: deque[tuple[int, int, list[PoolPicture]]] = field(
        default_factory=lambda: deque(maxlen=_REMEMBERED)
    )


@dataclass
class People:
    """The people of a fill, and how much of it is each one's."""

    people: list[FilledPerson]
    shares: list[float] = field(init=False)

    def __post_init__(self) -> None:
        weights = [1 / (place + 1) ** _CROWDING for place in range(len(self.people))]
        self.shares = list(accumulate(weights))

    def draw(self, random: Random) -> FilledPerson:
        """Draw whose the next ask is."""
        return self.people[bisect_left(self.shares, random.random() * self.shares[-1])]


def make_people(count: int, random: Random, texts: Texts, tell: Callable[[str], None]) -> People:
    """Make `person-0001` and so on, or take those that are there."""
    files = draw_pictures(random, count)
    people = []
    for number in range(1, count + 1):
        tell(f"people: {number:,} of {count:,}")
        people.append(_person(f"person-{number:04}", random, texts, files))
    return People(people)


def _person(name: str, random: Random, texts: Texts, files: list[tuple[bytes, str]]) -> FilledPerson:
    user = User.objects.filter(username=name).first() or User.objects.create_user(name)
    key = ApiKey.objects.filter(user=user, name=_KEY).first() or ApiKey.issue(user, _KEY)[0]
    return FilledPerson(user.pk, key.pk, _tags(user, random, texts), pool_of(user, files))


def _tags(user: User, random: Random, texts: Texts) -> list[int]:
    """Give a person the tags that all have, and some of another language."""
    first, *others = texts.speeches
    words = {folded(word): word for word in (*first.tags, *random.choice(others).tags)}
    rows = [Tag(owner=user, name=name, folded=key) for key, name in words.items()]
    Tag.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Tag.objects.filter(owner=user).order_by("folded").values_list("pk", flat=True))
