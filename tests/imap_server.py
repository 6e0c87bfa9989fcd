"""Debian's Dovecot on the loopback, over TLS, with a mailbox for whoever asks for one.

``make test`` installs it where it is missing. It runs as root and as anybody else, in a folder of its own,
and is ended by the process that started it.
"""

import contextlib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import trustme
from imapclient import IMAPClient

PASSWORD = "hemmelig"  # noqa: S105 - of a server that lives for one test session
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_COMMON = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = required
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_max_userip_connections = 100
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""
# Dovecot 2.4 wants another file than every version before it.
_UP_TO_2_3 = """\
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""
_FROM_2_4 = """\
ssl_server_cert_file = {folder}/cert.pem
ssl_server_key_file = {folder}/key.pem
mail_driver = maildir
mail_home = {folder}/mail/%{{user}}
mail_path = {folder}/mail/%{{user}}
mail_uid = {uid}
mail_gid = {gid}
passdb static {{
  password = {password}
}}
userdb static {{
}}
"""


@dataclass(frozen=True)
class ImapServer:
    """A server that is up; every user name is a mailbox."""

    port: int
    ca_file: Path

    @property
    def url(self) -> str:
        return f"imaps://localhost:{self.port}"

    def log_in(self, user: str) -> IMAPClient:
        """Return a client of its own, as a person's mail program has one."""
        context = ssl.create_default_context(cafile=self.ca_file)
        client = IMAPClient("localhost", self.port, ssl_context=context, timeout=30)
        client.login(user, PASSWORD)
        client.select_folder("INBOX")
        return client

    def deliver(self, user: str, *mails: bytes) -> None:
        """Put mails into a mailbox."""
        with self.log_in(user) as client:
            for raw in mails:
                client.append("INBOX", raw)

    def flags(self, user: str, folder: str = "INBOX") -> list[set[str]]:
        """Return the flags of each mail in a folder, oldest first."""
        with self.log_in(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
        shown = {b"\\Seen", b"\\Flagged", b"\\Deleted"}
        return [{flag.decode() for flag in found[uid] if flag in shown} for uid in sorted(found)]


def start_dovecot(folder: Path, authority: trustme.CA) -> "tuple[ImapServer, subprocess.Popen[bytes]]":
    """Start a server in an empty folder; returns it when it answers."""
    program = shutil.which("dovecot", path=_PATH)
    assert program is not None, "Dovecot is missing: sudo apt-get install dovecot-imapd"
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    # Dovecot does not let root own mail, and its users cannot pass through a folder that is closed.
    folder.chmod(0o755)
    me = pwd.getpwuid(os.getuid())
    internal, login = ("dovecot", "dovenull") if me.pw_uid == 0 else (me.pw_name, me.pw_name)
    owner = pwd.getpwnam(internal)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    port = _free_port()
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    newer = tuple(map(int, version.split()[0].split(".")[:2])) >= (2, 4)
    head = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" if newer else ""
    text = (head + _COMMON + (_FROM_2_4 if newer else _UP_TO_2_3)).format(
        folder=folder,
        port=port,
        internal=internal,
        login=login,
        group=me.pw_name if me.pw_uid else "dovecot",
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        password=PASSWORD,
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen([program, "-F", "-c", folder / "dovecot.conf"])
    _wait_for(process, port, folder / "log")
    return ImapServer(port, folder / "ca.pem"), process


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Return when something answers; what Dovecot says stands in its log."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)  # it may die instead
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "no log"
    raise AssertionError(f"Dovecot did not start: {said}")
