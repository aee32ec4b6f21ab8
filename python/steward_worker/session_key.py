"""What signs the Flask sessions of a zone."""

from __future__ import annotations

from typing import NamedTuple


class SessionKey(NamedTuple):
    """The key and the cookie that carries what it signs. The server gives each zone its own, unless zones share sessions."""

    secret: bytes
    cookie: str
