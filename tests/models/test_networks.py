"""Ways to an endpoint: IPv6, proxies, certificates of one's own."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.models.quirks import GOOD
from tests.models.raw_server import RawServer, http
from tests.models.test_quirks import ask

from hone.config.settings import ModelEntry
from hone.errors import ConnectionFailed

ENTRY = ModelEntry(id="m")


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_an_address_of_ipv6() -> None:
    with RawServer([[http(GOOD)]], host="::1") as server:
        assert "[::1]" in server.base_url
        assert ask(server, ENTRY).message.text == "Hello you."


class Elsewhere(RawServer):
    """A proxy is asked for hosts that nobody here knows."""

    @property
    def base_url(self) -> str:
        return "http://endpoint.test/v1"


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Elsewhere([[http(GOOD)]]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert ask(proxy, ENTRY).message.text == "Hello you."
    assert proxy.got[0].line.split()[1] == "http://endpoint.test/v1/chat/completions"


def test_a_proxy_that_is_not_there_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with Elsewhere([[http(GOOD)]]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with pytest.raises(ConnectionFailed, match="wire"):
            ask(proxy, ENTRY)


def test_no_proxy_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with RawServer([[http(GOOD)]]) as server:
        assert ask(server, ENTRY).message.text == "Hello you."


class Authority:
    """A certificate authority of one's own, and a server's certificate by it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "ca.pem"
        now = datetime.datetime.now(datetime.UTC)
        key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A CA of one's own")])
        span = (now - datetime.timedelta(days=1), now + datetime.timedelta(days=1))
        authority = (
            _certificate(name, name, key.public_key(), span)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("endpoint.test")]
        own = (
            _certificate(x509.Name([]), name, server_key.public_key(), span)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        self.file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        chain = directory / "server.pem"
        chain.write_bytes(
            own.public_bytes(serialization.Encoding.PEM)
            + server_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    span: tuple[datetime.datetime, datetime.datetime],
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return (
        builder.serial_number(x509.random_serial_number()).not_valid_before(span[0]).not_valid_after(span[1])
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def test_a_certificate_of_an_authority_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with RawServer([[http(GOOD)]], context=authority.context) as server:
        with pytest.raises(ConnectionFailed, match="certificate"):
            ask(server, ENTRY)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert ask(server, ENTRY).message.text == "Hello you."


class Tunnel:
    """A proxy that connects (CONNECT) to one server, whatever host is asked for."""

    def __init__(self, to: int) -> None:
        self.asked: list[str] = []
        self._to = to
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Tunnel":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._socket.accept()
            with client, socket.create_connection(("127.0.0.1", self._to)) as server:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(1024)
                self.asked.append(head.decode().splitlines()[0])
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class SecureElsewhere(RawServer):
    @property
    def base_url(self) -> str:
        return "https://endpoint.test/v1"


def test_a_proxy_that_tunnels_to_a_server_with_a_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with SecureElsewhere([[http(GOOD)]], context=authority.context) as server, Tunnel(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert ask(server, ENTRY).message.text == "Hello you."
    assert proxy.asked == ["CONNECT endpoint.test:443 HTTP/1.1"]
