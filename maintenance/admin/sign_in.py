"""The form of the sign-in page, and what it says to whom it keeps out."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessAttempt
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import UsernameField
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from maintenance.admin.wording import clock

TOO_MANY_REQUESTS = 429


class SignInForm(AdminAuthenticationForm):
    """Django's, without names that nobody can have.

    Django's own tells browsers the limit and does not check it, so that the
    record of a failure would get a name that its column cannot hold.
    """

    username = UsernameField(
        max_length=150, widget=forms.TextInput(attrs={"autofocus": True})
    )


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]
) -> HttpResponse:
    """Say until when even the right password is refused. django-axes calls it."""
    now = timezone.now()
    failures = AccessAttempt.objects.filter(
        username=get_client_username(request, credentials),
        ip_address=request.axes_ip_address,  # type: ignore[attr-defined]  # axes puts it there
    )
    last = failures.aggregate(last=Max("attempt_time"))["last"] or now
    until = clock(last + get_cool_off(request), now)
    return render(
        request, "admin/locked_out.html", {"until": until}, status=TOO_MANY_REQUESTS
    )
