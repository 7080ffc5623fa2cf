"""Lists that stay quick at a million rows, and ledgers that nobody can change."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Aggregate, Max, Min, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.timezone import localtime

from describer.ledger.totals import totals_apart
from describer.models import UsageDay, User

MOST_COUNTED = 10_000
MOST_CHOICES = 200
_SEARCH_CHARACTERS = 200
_OFFERED_LOOKUPS = (
    "exact",
    "isnull",
    "id__exact",
    "gte",
    "lt",
)  # what Django's filters of a field write into links
FIRST_OF: dict[str, Callable[[date], date]] = {
    "year": lambda day: day.replace(month=1, day=1),
    "month": lambda day: day.replace(day=1),
    "day": lambda day: day,
}


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than MOST_COUNTED: an exact count of a million rows costs more than the page itself."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()


class Calendar(QuerySet[Any]):
    """Offers each day between the first row and the last: to find those without rows, all rows would be read."""

    def datetimes(self, field_name: str, kind: str, *args: Any, **kwargs: Any) -> Any:
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        first, last = (localtime(ends[end]).date() for end in ("first", "last"))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return sorted({FIRST_OF[kind](day) for day in days})


class OfferedFilters(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that takes the filters which it offers, and no other look-up; DescriberAdminSite makes each list one.

    Django takes any look-up of any column: whoever may see a list could read from its length, letter by letter, what is
    not in it, and hold the database with a pattern. A list's `linked_filters` are taken because other pages link to them.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        linked: tuple[str, ...] = getattr(self, "linked_filters", ())
        return lookup in linked or lookup in self._offered(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a row by its number; an empty `_to_field` is none, which Django looks for among the columns."""
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for some words; with a thousand of them the statement is more than a database takes."""
        if len(search_term) > _SEARCH_CHARACTERS:
            raise BadRequest("too long a search")
        return super().get_search_results(request, queryset, search_term)

    def _offered(self, request: HttpRequest) -> set[str]:
        offered = {f"{self.date_hierarchy}__{step}" for step in FIRST_OF}
        for one in self.get_list_filter(request):
            if isinstance(one, type) and issubclass(one, admin.SimpleListFilter):
                offered.add(str(one.parameter_name))
            else:
                offered |= {f"{one}__{how}" for how in _OFFERED_LOOKUPS}
        return offered


class LongList(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list of a table that may hold millions of rows. `ordering` and `sortable_by` keep to indexed columns."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    sortable_by: ClassVar[tuple[str, ...]] = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Calendar(self.model).order_by(*self.get_ordering(request))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TotalsList(ChangeList):
    """Adds up exactly the rows that are listed with the filters in force, on all pages; those of the sandbox apart."""

    totals: dict[str, Any]
    sandbox_totals: dict[str, Any]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        sums, of_sandbox = totals_apart(self.queryset, cast(LedgerAdmin, self.model_admin).totals)
        self.totals, self.sandbox_totals = _titled(sums), _titled(of_sandbox)


def _titled(sums: dict[str, Any]) -> dict[str, Any]:
    """Return sums under the titles of their columns; a cost of 0 is one that no price is known of."""
    known = sums | {"cost": sums["cost"] or None}
    return {name.replace("_", " ").capitalize(): total for name, total in known.items()}


class LedgerAdmin(LongList):
    """Numbers that are only read, by superusers too, with their totals."""

    change_list_template = "admin/describer/totals.html"
    totals: ClassVar[dict[str, Aggregate]] = {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TotalsList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows with the name of their owner, which is a plain number there."""
        people = User.objects.filter(pk=OuterRef("owner")).values("username")
        rows: QuerySet[Any] = super().get_queryset(request).annotate(username=Subquery(people))
        return rows

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="Owner")
    def person(self, row: Any) -> str:
        return row.username or (f"deleted ({row.owner})" if row.owner else "-")


class Recorded(admin.SimpleListFilter):
    """A filter by what the days of usage name: their few rows are read instead of all attempts."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = UsageDay.objects.order_by(self.column).values_list(self.column, flat=True).distinct()
        return [(name, name) for name in known[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = (self.value() or "").replace("\x00", "")
        return queryset.filter(**{str(self.parameter_name): wanted}) if wanted else queryset


def recorded(column: str, field: str) -> type[Recorded]:
    """Make a filter by a column of the days of usage, for a list whose field of the same meaning has another name."""
    values = {"column": column, "title": column, "parameter_name": field}
    return type(f"Recorded{column.title()}", (Recorded,), values)
