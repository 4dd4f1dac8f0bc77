"""The manifests of production, rendered once a module."""

from __future__ import annotations

import pytest

from tests.kubernetes.rendered import Manifest, render


@pytest.fixture(scope="module")
def production() -> list[Manifest]:
    return render("overlays/production")
