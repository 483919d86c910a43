"""TLS 1.3 with a certificate on both sides, as the client sees it."""

from __future__ import annotations

import ssl
from typing import Any

from kiosk.uplink.settings import LinkSettings


class ClientContext(ssl.SSLContext):
    """Remembers its socket: the client library forgets to close the one whose handshake failed."""

    _wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **named: Any) -> ssl.SSLSocket:  # noqa: ANN401 - passed through as they come
        self._wrapped = super().wrap_socket(*args, **named)
        return self._wrapped

    def close_socket(self) -> None:
        """Close the socket made last, if any."""
        if self._wrapped is not None:
            self._wrapped.close()


def make_context(settings: LinkSettings) -> ClientContext:
    """A context that trusts the office's server authority alone and shows this client's certificate.

    Raises OSError (with ssl.SSLError) when a file is missing, unreadable or not what it should be.
    """
    context = ClientContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=str(settings.authority_file))
    context.load_cert_chain(str(settings.certificate_file), str(settings.key_file))
    return context
