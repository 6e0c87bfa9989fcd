"""Where the ledger lies: on a local disk, in its owner's hands, with room, and still the same file."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reminderd.errors import LedgerBrokenError, LedgerOwnerError, LedgerPlaceError
from reminderd.ledger.faults import no_room

MOUNTS = Path("/proc/self/mountinfo")

# File systems whose locks or shared memory do not hold between machines, or not at all.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "lustre", "gpfs", "beegfs"}
    | {"ocfs2", "gfs2", "coda", "davfs", "glusterfs", "orangefs", "pvfs2", "moosefs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs2", "fuse.mfs"}
    | {"fuse.juicefs", "fuse.lizardfs", "fuse.cephfs", "fuse.gcsfuse", "fuse.smbnetfs"}
)


def refuse_network(folder: Path, mounts: Path = MOUNTS) -> None:
    """Raise LedgerPlaceError where the folder lies on a network file system.

    ``mounts`` is Linux's list of mounts; where there is none, nothing is known and nothing refused.
    """
    kind = _file_system(folder.resolve(), mounts)
    if kind in _NETWORK:
        raise LedgerPlaceError(
            f"the ledger lies on a network file system ({kind}), where two machines could write at once",
            where="ledger.url",
            cure="put it on a disk of this machine",
        )


def _file_system(folder: Path, mounts: Path) -> str | None:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found: tuple[int, str] | None = None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if not after or len(fields) < 5:  # noqa: PLR2004 - the mount point is the fifth, proc(5)
            continue
        point = Path(_unescaped(fields[4]))
        depth = len(point.parts)
        # The deepest mount holds the folder; of two on one point the later covers the earlier.
        if folder.is_relative_to(point) and (found is None or depth >= found[0]):
            found = depth, after.split()[0]
    return None if found is None else found[1]


def _unescaped(text: str) -> str:
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(escape, character)
    return text


def refuse_other_owner(path: Path, *, or_root: bool = False) -> None:
    """Raise LedgerOwnerError where the file belongs to another user than this process.

    Even for root, unless ``or_root``: what root leaves beside the ledger the service could not open.
    """
    owner, me = path.stat().st_uid, os.geteuid()
    if owner != me and not (or_root and me == 0):
        raise LedgerOwnerError(
            f"the ledger belongs to user {owner}, and this process is user {me}",
            where=str(path),
            cure="run this as the ledger's owner; give a restored file to the service's user (chown)",
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The file that was opened, and the room there must be on its disk before anything is sent."""

    path: Path
    device: int
    inode: int
    min_free: int

    @classmethod
    def of(cls, path: Path, *, min_free: int) -> "Place":
        """Remember the file that is at this path now; ``min_free`` is in bytes."""
        found = path.stat()
        return cls(path, found.st_dev, found.st_ino, min_free)

    def check(self) -> None:
        """Raise LedgerBrokenError where another file or none is at the path, LedgerFullError without room."""
        try:
            found = self.path.stat()
            disk = os.statvfs(self.path)
        except OSError as error:
            raise self._gone(error.strerror or "it cannot be looked at") from error
        if (found.st_dev, found.st_ino) != (self.device, self.inode) or not stat.S_ISREG(found.st_mode):
            raise self._gone("another file lies in its place")
        free = disk.f_bavail * disk.f_frsize
        if free < self.min_free:
            raise no_room(
                self.path, f"{free >> 20} MB are free, ledger.min_free_mb asks for {self.min_free >> 20}"
            )

    def _gone(self, how: str) -> LedgerBrokenError:
        return LedgerBrokenError(
            f"the ledger was taken away while it was open: {how}",
            where=str(self.path),
            cure="put the file back, or restore a backup (systemd/README.md), while the service is stopped",
        )
