"""Tokens of programs: make one, see it once, revoke it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from maintenance.actions.tokens import (
    TokenError,
    check_token,
    create_token,
    revoke_token,
)
from maintenance.admin.publishing import author_of
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.stale import RecordedForm
from maintenance.admin.wording import in_zone
from maintenance.history.recording import turn
from maintenance.models import Token


class TokenForm(RecordedForm[Token]):
    """Says what is wrong with a token beside the field."""

    class Meta:
        model = Token
        fields = ("name", "scope", "services", "expires_at")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        draft = Token(
            scope=values.get("scope", ""), expires_at=values.get("expires_at")
        )
        try:
            check_token(draft, list(values.get("services", ())), at=timezone.now())
        except TokenError as exc:
            self.add_error(exc.field or None, str(exc))
        return values


@admin.register(Token)
class TokenAdmin(RecordedAdmin[Token]):
    form = TokenForm
    change_form_template = "admin/token.html"
    list_display = ("name", "begins_with", "scope", "where", "state", "last_use")
    list_filter = ("scope",)
    search_fields = ("name",)
    ordering = ("revoked_at", "name")
    filter_horizontal = ("services",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return super().get_queryset(request).prefetch_related("services")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("name", "scope", "services", "expires_at")
        made = ("created_by", "created")
        return ("name", "begins_with", "scope", "where", "state", "last_use", *made)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What a program may do is not changed under it: make another token.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The history names it, and its name must not be somebody else's.
        return False

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        obj.shown_once = create_token(
            obj,
            form.cleaned_data["services"],
            author=author_of(request),
            at=timezone.now(),
        )

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        # It is saved with its services, and visitors see nothing of it.
        return

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        """Show the token in the answer itself: nothing keeps it for another page."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token “{obj}”",
            "opts": self.opts,
            "token": obj,
            "secret": obj.shown_once,
            "address": request.build_absolute_uri("/api/v1/reason"),
        }
        return TemplateResponse(request, "admin/token_made.html", context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> Any:
        token = context.get("original")
        may_revoke = request.user.has_perm("maintenance.change_token")
        context["may_revoke"] = may_revoke and token and token.revoked_at is None
        # They would lead past the page that shows the token.
        context["show_save_and_add_another"] = False
        context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="begins with", ordering="prefix")
    def begins_with(self, token: Token) -> str:
        return f"{token.prefix}…"

    @admin.display(description="where")
    def where(self, token: Token) -> str:
        if token.everywhere:
            return "Everywhere"
        names = sorted(service.name for service in token.services.all())
        return ", ".join(names) or "Nowhere: its services are deleted"

    @admin.display(description="state", ordering="expires_at")
    def state(self, token: Token) -> str:
        if token.revoked_at is not None:
            return f"Revoked {in_zone(token.revoked_at)}"
        if token.expires_at is None:
            return "Works until it is revoked"
        if token.has_expired(timezone.now()):
            return f"Expired {in_zone(token.expires_at)}"
        return f"Works until {in_zone(token.expires_at)}"

    @admin.display(description="last used", ordering="last_used_at")
    def last_use(self, token: Token) -> str:
        return in_zone(token.last_used_at) if token.last_used_at else "Never"

    @admin.display(description="created")
    def created(self, token: Token) -> str:
        return in_zone(token.created_at)


@require_POST
@permission_required("maintenance.change_token", raise_exception=True)
def revoke_view(request: HttpRequest, number: int) -> HttpResponse:
    """Revoke a token."""
    token = get_object_or_404(Token, pk=number)
    try:
        with turn(timezone.now) as at:
            revoke_token(token, author=author_of(request), at=at)
    except TokenError as exc:
        messages.info(request, str(exc))
    else:
        messages.success(request, f"Revoked: “{token}” works no more.")
    return redirect("admin:maintenance_token_changelist")
