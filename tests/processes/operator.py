"""An operator at a portal's real address: cookies, forms and all."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.processes.copy import PASSWORD

# What a form brings along: against forgery, and what its reader has seen.
_HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|based_on)" value="(\w+)"')
# A portal waits for a store that hangs, and for another publisher that does.
_SECONDS = 90


class Operator:
    """Signed in at one portal; `portal` may become another's address."""

    def __init__(
        self, portal: str, *, password: str = PASSWORD, **headers: str
    ) -> None:
        """Sign in. The headers, with underscores, are what a proxy before it adds."""
        self.portal = portal
        self._headers = {name.replace("_", "-"): text for name, text in headers.items()}
        # Behind a proxy the browser speaks TLS, and sends its secure cookies.
        policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
        self._opener = build_opener(HTTPCookieProcessor(CookieJar(policy)))
        path = "/admin/login/?next=/admin/"
        page = self.post(path, username="admin", password=password)
        assert "Log out" in page, page

    def get(self, path: str) -> str:
        return self._open(path, None)

    def post(self, path: str, **fields: Any) -> str:
        """Send the form of a page, and return the page that it leads to."""
        hidden = dict(_HIDDEN.findall(self.get(path)))
        assert hidden, f"{path} has no form."
        return self._open(path, urlencode(hidden | fields, doseq=True).encode())

    def _open(self, path: str, data: bytes | None) -> str:
        request = Request(self.portal + path, data, self._headers)  # noqa: S310  our own address
        with self._opener.open(request, timeout=_SECONDS) as answer:
            html: str = answer.read().decode()
        return html
