"""Lets one system user walk through folders that are closed to it, and nothing more.

PostgreSQL refuses to run as root, so under root it runs as a system user of its own. That user must be able to walk to
the data and to the server's binaries even where a folder on the way is private (`/root`, a temporary folder). An access
control entry opens exactly that folder, for exactly that user, for walking through and not for listing; where the file
system knows no such entries, the folder's `x` bit for others is set.
"""

import os
import stat
import struct
from pathlib import Path

# The layout of the attribute is Linux' own: include/uapi/linux/posix_acl_xattr.h and posix_acl.h.
_ATTRIBUTE = "system.posix_acl_access"
_HEADER = struct.Struct("<I")
_ENTRY = struct.Struct("<HHI")
_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_EXECUTE = 1


def open_way(*, path: Path, uid: int) -> list[Path]:
    """Let the system user `uid` walk to `path`. Answers the parent folders that had to be opened, outermost first."""
    opened = []
    for folder in reversed(path.absolute().parents):
        state = folder.stat()
        if state.st_uid == uid or state.st_mode & stat.S_IXOTH or _may_walk(folder, uid):
            continue
        try:
            _add_entry(folder, uid, state.st_mode)
        except (OSError, AttributeError):  # no such entries on this file system, or not on this platform
            folder.chmod(stat.S_IMODE(state.st_mode) | stat.S_IXOTH)
        opened.append(folder)
    return opened


def open_for_reading(*, folder: Path) -> None:
    """Make an installed package's `folder` readable for all: a strict umask at installation closes public binaries."""
    for parent, _, names in os.walk(folder):
        _add_mode(Path(parent), 0o555)
        for name in names:
            entry = Path(parent, name)
            if not entry.is_symlink():
                _add_mode(entry, 0o555 if entry.stat().st_mode & stat.S_IXUSR else 0o444)


def _add_mode(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    try:
        raw = os.getxattr(folder, _ATTRIBUTE)
    except (OSError, AttributeError):
        return []
    return list(_ENTRY.iter_unpack(raw[_HEADER.size :]))


def _may_walk(folder: Path, uid: int) -> bool:
    entries = _entries(folder)
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)
    return any(tag == _USER and who == uid and bits & mask & _EXECUTE for tag, bits, who in entries)


def _add_entry(folder: Path, uid: int, mode: int) -> None:
    entries = _entries(folder) or [
        (_USER_OBJ, mode >> 6 & 7, _NO_ID),
        (_GROUP_OBJ, mode >> 3 & 7, _NO_ID),
        (_OTHER, mode & 7, _NO_ID),
    ]
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), mode >> 3 & 7)
    kept = [entry for entry in entries if entry[0] != _MASK and not (entry[0] == _USER and entry[2] == uid)]
    kept += [(_USER, _EXECUTE, uid), (_MASK, mask | _EXECUTE, _NO_ID)]
    raw = _HEADER.pack(_VERSION) + b"".join(
        _ENTRY.pack(*entry) for entry in sorted(kept, key=lambda entry: (entry[0], entry[2]))
    )
    os.setxattr(folder, _ATTRIBUTE, raw)
