"""The form of the sign-in page."""

from __future__ import annotations

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import UsernameField


class SignInForm(AdminAuthenticationForm):
    """Django's, without names that nobody can have.

    Django's own tells browsers the limit and does not check it, so that the
    record of a failure would get a name that its column cannot hold.
    """

    username = UsernameField(
        max_length=150, widget=forms.TextInput(attrs={"autofocus": True})
    )
