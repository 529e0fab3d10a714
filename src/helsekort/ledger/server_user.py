"""Which user the embedded server runs as, and how: PostgreSQL refuses to run as root (ADR 0003)."""

import os
import pwd
import stat
from pathlib import Path

from helsekort.basics.startup import CannotStart


def as_server_user(data: Path, *, programs: Path) -> list[str]:
    """The words before a command that run it as the user who owns the data, ended with this process."""
    command = ["setpriv", "--pdeathsig=INT"]
    owner = server_user(data)
    if owner == os.geteuid():
        return command
    if os.geteuid() != 0:
        message = f"{data} belongs to the user {name_of(owner)}. Run as that user, or give another folder with --data DIR."
        raise CannotStart(message)
    group = data.stat().st_gid if data.exists() else pwd.getpwuid(owner).pw_gid
    command += [f"--reuid={owner}", f"--regid={group}", "--clear-groups"]
    if not all(open_to_all(place) for place in (data.parent, programs)):
        command += capability_to_reach()
    return command


def server_user(data: Path) -> int:
    """The user the server runs as: the owner of the data; for new data ourselves, or `nobody` where we are root."""
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid
    return os.geteuid() or pwd.getpwnam("nobody").pw_uid


def give_to_server_user(path: Path, *, like: Path | None = None) -> None:
    """Make the server's user the owner, where that is not ourselves."""
    if os.geteuid() == 0:
        owner = server_user(like or path)
        group = like.stat().st_gid if like else pwd.getpwuid(owner).pw_gid
        os.chown(path, owner, group)


def open_to_all(folder: Path) -> bool:
    """Whether every user can reach what lies in the folder: each folder above it lets others pass."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def capability_to_reach() -> list[str]:
    """The one privilege that lets the server pass closed folders such as /root, which its user otherwise cannot."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = int(next(line.split()[1] for line in status.split("\n") if line.startswith("CapEff:")), 16)
    name = "dac_read_search" if held >> 2 & 1 else "dac_override"  # numbers 2 and 1 in capabilities(7)
    return [f"--inh-caps=+{name}", f"--ambient-caps=+{name}", "--securebits=+no_setuid_fixup"]


def name_of(user: int) -> str:
    """The user's name, or the number of one without a name."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
