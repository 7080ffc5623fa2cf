"""API keys: seen, limited and revoked here; made by their owners, or with `manage.py create_api_key`."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from describer.admin.words import NONE, tokens
from describer.ledger.totals import key_total
from describer.models import ApiKey, Endpoint, Scope
from describer.models.person import MOST_ASKS_PER_MINUTE, MOST_DAYS, scopes_of
from describer.templatetags.figures import ago
from describer.templatetags.keys import expiry, limits

_LIMITS = ("expires", "scopes", "model_names", "asks_per_minute")
_SEEN = (
    "name",
    "prefix",
    "user",
    "created",
    "last_used",
    "asks_this_month",
    "tokens_this_month",
    "refusals",
    "revoked",
)


class ApiKeyAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    """What narrows a key. Of the models that it is limited to also those that are no longer offered can be kept."""

    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    model_names = forms.MultipleChoiceField(
        label="Models",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all, also those that come later.",
    )
    asks_per_minute = forms.IntegerField(
        label="Asks a minute",
        required=False,
        min_value=1,
        max_value=MOST_ASKS_PER_MINUTE,
        help_text="Empty: no limit.",
    )

    def clean_expires(self) -> datetime | None:
        """Refuse a moment that no clock gets to; one that is over closes the key."""
        expires: datetime | None = self.cleaned_data["expires"]
        if expires and abs(expires - timezone.now()) > timedelta(days=MOST_DAYS):
            raise forms.ValidationError(f"At most {MOST_DAYS:,} days away; leave it empty for never.")
        return expires

    class Meta:
        model = ApiKey
        fields = _LIMITS
        help_texts = {"expires": "Empty: never."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        endpoint = Endpoint.objects.filter(is_default=True).first()
        offered = endpoint.offered if endpoint else []
        models = dict.fromkeys([*offered, *self.instance.model_names])
        self._offer("model_names", [(name, name) for name in models])
        self._offer("scopes", [(name, Scope(name).label) for name in scopes_of(self.instance.user)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        if name in self.fields:  # whoever may only look has no fields
            cast(forms.MultipleChoiceField, self.fields[name]).choices = choices


class KeyStateFilter(admin.SimpleListFilter):
    """Whether a key opens something."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        past = Q(expires__lte=timezone.now())
        kept: dict[str | None, Q] = {
            "open": Q(revoked=None) & ~past,
            "expired": Q(revoked=None) & past,
            "revoked": Q(revoked__isnull=False),
        }
        return queryset.filter(kept.get(self.value(), Q()))


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A key's hash is shown nowhere, and a key is closed rather than deleted, so that its calls keep a name."""

    form = ApiKeyAdminForm
    list_display = (
        "name",
        "prefix",
        "user",
        "narrowed",
        "until",
        "asks_this_month",
        "tokens_this_month",
        "used",
        "made",
    )
    list_select_related = ("user",)
    list_filter = (KeyStateFilter, "last_used")
    search_fields = ("name", "prefix", "user__username")
    show_full_result_count = False
    list_per_page = 50
    fields = (*_SEEN, *_LIMITS)
    readonly_fields = _SEEN
    actions = ("revoke",)

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Return the keys with what was used with them since the month began."""
        first = timezone.localdate().replace(day=1)
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows.annotate(
            month_asks=key_total("asks", since=first), month_tokens=key_total("total_tokens", since=first)
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Save only what was changed: the key may be at work, and count its asks, meanwhile."""
        obj.save(update_fields=form.changed_data)

    @admin.display(description="limits")
    def narrowed(self, key: ApiKey) -> str:
        return limits(key)

    @admin.display(description="open until", ordering="expires")
    def until(self, key: ApiKey) -> str:
        """Tell the key's end, whichever comes first."""
        if key.revoked:
            return format_html("revoked {}", ago(key.revoked))
        return expiry(key)

    @admin.display(description="last used", ordering="last_used")
    def used(self, key: ApiKey) -> str:
        return ago(key.last_used) or NONE

    @admin.display(ordering="created")
    def made(self, key: ApiKey) -> str:
        return ago(key.created)

    @admin.display(description="asks this month", ordering="month_asks")
    def asks_this_month(self, key: Any) -> str:
        return tokens(key.month_asks)

    @admin.display(description="tokens this month", ordering="month_tokens")
    def tokens_this_month(self, key: Any) -> str:
        return tokens(key.month_tokens)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = sum(key.revoke() for key in keys)
        self.message_user(
            request, f"{revoked} revoked: calls with them are refused from now on.", messages.SUCCESS
        )
