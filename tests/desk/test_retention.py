"""How long things are kept: what goes to the trash by itself, what stays, and that it was told before."""

from datetime import timedelta

import pytest

from describer.db.clock import clock
from describer.desk.retention import retain
from describer.desk.trash import restore
from describer.models import Attempt, Description, Endpoint, UsageDay, User
from tests.rows import make_description


@pytest.fixture(autouse=True)
def endpoint_row(db):
    return Endpoint.from_environment()


def aged(owner, days, **values):
    return make_description(owner, "A boat.", created=clock.now() - timedelta(days=days), **values)


def told(person, days):
    """A person who was told so long before that the first time is over."""
    User.objects.filter(pk=person.pk).update(
        retention_begins=clock.now() - timedelta(hours=1), retention_told=days
    )


def in_trash():
    return set(Description.objects.exclude(trashed=None).values_list("pk", flat=True))


def test_what_is_older_goes_to_the_trash_and_favourites_and_the_ledger_stay(alice, settings):
    settings.RETENTION_DAYS = 30
    told(alice, 30)
    old = aged(alice, 32)
    aged(alice, 32, favourite=True)
    aged(alice, 29)
    aged(alice, 32, status="waiting")
    numbers = list(Attempt.objects.values()), list(UsageDay.objects.values())
    assert (retain(), in_trash()) == (1, {old.pk})
    assert (list(Attempt.objects.values()), list(UsageDay.objects.values())) == numbers
    assert retain() == 0


@pytest.mark.parametrize("days", [0, None])
def test_by_default_everything_is_kept(alice, days):
    User.objects.update(retention_days=days)
    aged(alice, 4000)
    assert (retain(), in_trash()) == (0, set())


def test_each_person_has_the_sites_days_or_their_own(alice, bob, boss, settings):
    settings.RETENTION_DAYS = 30
    User.objects.filter(pk=bob.pk).update(retention_days=365)
    User.objects.filter(pk=boss.pk).update(retention_days=0)
    for person in (alice, bob, boss):
        told(person, 30)
    row = aged(alice, 40)
    oldest = aged(bob, 400)
    aged(bob, 40)
    aged(boss, 4000)
    assert (retain(), in_trash()) == (2, {row.pk, oldest.pk})


def test_nothing_goes_before_its_person_was_told_for_a_week(alice, client, settings):
    settings.RETENTION_DAYS = 30
    client.force_login(alice)
    row = aged(alice, 40)
    assert "goes to the trash" not in client.get("/usage/").content.decode()
    assert (retain(), in_trash()) == (0, set())
    begins = User.objects.get(pk=alice.pk).retention_begins
    assert timedelta(days=6, hours=23) < begins - clock.now() <= timedelta(days=7)
    page = client.get("/usage/").content.decode()
    assert "30 days before goes to the trash" in " ".join(page.split())
    assert (retain(), in_trash()) == (0, set())
    assert User.objects.get(pk=alice.pk).retention_begins == begins
    told(alice, 30)
    assert (retain(), in_trash()) == (1, {row.pk})
    assert "goes to the trash" not in client.get("/usage/").content.decode()
    assert "30 days before goes to the trash by itself" in " ".join(
        client.get("/account/").content.decode().split()
    )


def test_who_has_nothing_that_is_nearly_so_old_is_told_nothing_yet(alice, settings):
    settings.RETENTION_DAYS = 30
    aged(alice, 20)
    retain()
    assert User.objects.get().retention_begins is None
    aged(alice, 25)
    retain()
    assert User.objects.get().retention_begins


def test_fewer_days_are_told_anew_and_more_are_not(alice, settings):
    settings.RETENTION_DAYS = 365
    told(alice, 365)
    aged(alice, 40)
    settings.RETENTION_DAYS = 500
    retain()
    assert User.objects.get().retention_told == 365
    settings.RETENTION_DAYS = 30
    assert (retain(), in_trash()) == (0, set())
    person = User.objects.get()
    assert (person.retention_told, person.retention_begins > clock.now()) == (30, True)


def test_who_keeps_all_again_is_told_anew_the_next_time(alice, settings):
    told(alice, 30)
    retain()
    person = User.objects.get()
    assert (person.retention_begins, person.retention_told) == (None, None)


def test_what_is_restored_although_it_is_older_stays_as_a_favourite(alice, settings):
    settings.RETENTION_DAYS = 30
    told(alice, 30)
    row, young = aged(alice, 40), aged(alice, 3)
    retain()
    Description.objects.filter(pk=young.pk).update(trashed=clock.now())
    assert restore(Description.objects.all()) == 2
    assert retain() == 0
    favourites = Description.objects.filter(favourite=True)
    assert list(favourites.values_list("pk", flat=True)) == [row.pk]
