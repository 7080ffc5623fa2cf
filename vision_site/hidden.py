"""What Django's page of DEBUG does not show of the settings."""

import re

from django.views.debug import SafeExceptionReporterFilter

_THEIRS = SafeExceptionReporterFilter.hidden_settings.pattern


class HiddenSettings(SafeExceptionReporterFilter):
    """Hides URLs and headers, too: they hold passwords and keys."""

    hidden_settings = re.compile(f"{_THEIRS}|_URL|_HEADERS|LOCATION", re.IGNORECASE)
