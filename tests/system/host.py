"""Whether this host can boot a machine of its own; says why not.

    python -m tests.system.host

Does for real what the host must allow, in a layer of its own, and takes it away again. Exit status 0: it can;
1: it cannot, and the one line that is printed says why.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.system.machine import LAYERS, PATH, own_cgroup

_PROGRAMS = ("systemd-nspawn", "mmdebstrap", "unshare", "setpriv")


def why_not() -> str | None:
    """Return what stands in the way of booting a machine here; None where nothing does."""
    if os.geteuid() != 0:
        return "only root may boot a machine, and this is another user"
    missing = [name for name in _PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        return f"{', '.join(missing)} is missing (Debian: systemd-container mmdebstrap util-linux)"
    layer = Path(tempfile.mkdtemp(prefix="reminderd-host-", dir=LAYERS))
    cgroup = None
    try:
        for name in ("base", "upper", "work", "root"):
            layer.joinpath(name).mkdir()
        cgroup = own_cgroup(layer.name)
        command = [Path(__file__).with_name("boot.sh"), layer / "base", layer, cgroup, "try"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, RuntimeError) as error:
        return str(error)
    finally:
        if cgroup is not None:
            _remove(cgroup)
        shutil.rmtree(layer, ignore_errors=True)
    return None if done.returncode == 0 else done.stderr.strip().replace("\n", "; ") or "boot.sh failed"


def _remove(cgroup: Path) -> None:
    for folder, _, _ in os.walk(cgroup, topdown=False):
        Path(folder).rmdir()


if __name__ == "__main__":
    reason = why_not()
    print(reason or "this host can boot a machine")  # noqa: T201
    sys.exit(reason is not None)
