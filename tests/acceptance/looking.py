"""Looks at a running service over HTTP, as a monitoring system does."""

import http.client
import socket
from contextlib import closing
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.installation import Installation


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


def get(connection: http.client.HTTPConnection, page: str, method: str = "GET") -> tuple[int, str]:
    with closing(connection):
        connection.request(method, page)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def numbers(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def listen(installation: Installation, address: str) -> None:
    with installation.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[web]\nlisten = "{address}"\n')
