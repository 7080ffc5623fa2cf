"""Browsers of Alice, of Bob, who is a stranger to her things, and of an admin."""

import pytest
from django.test import Client


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def hers(alice):
    return browser_of(alice)


@pytest.fixture
def his(bob):
    return browser_of(bob)


@pytest.fixture
def bosses(boss):
    return browser_of(boss)
