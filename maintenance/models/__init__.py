"""The rows behind pages: one noun a file."""

from __future__ import annotations

from maintenance.models.asset import Asset
from maintenance.models.declaration import Declaration
from maintenance.models.portal_settings import PortalSettings
from maintenance.models.publication import Publication
from maintenance.models.publisher import Publisher
from maintenance.models.reason import Reason, ReasonText
from maintenance.models.repeat import Repeat
from maintenance.models.revision import Revision
from maintenance.models.schedule import Schedule
from maintenance.models.service import Service
from maintenance.models.site import Site
from maintenance.models.theme import Theme
from maintenance.models.token import Token

__all__ = [
    "Asset",
    "Declaration",
    "PortalSettings",
    "Publication",
    "Publisher",
    "Reason",
    "ReasonText",
    "Repeat",
    "Revision",
    "Schedule",
    "Service",
    "Site",
    "Theme",
    "Token",
]
