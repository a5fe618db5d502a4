"""Finds a browser for the tests and the screenshots: an installed one, Debian's, or the one Playwright downloads.

Best is a headless shell: Chromium's engine without the window around the page, which nobody sees here and which costs
as much as the pages in it (measured: half of the processor's time for the same pages).

python -m config.browser            say where it is
python -m config.browser --install  install one if there is none
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
NAMES = (*SHELLS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# What a browser does on its own account (updates, statistics) has no place in a test.
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The last such switch is the one that holds, so Playwright's own come first (its chromiumSwitches.ts); then what a
# window loads for its address bar, in a process of its own each time.
FEATURES = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *(
        "HttpsFirstBalancedModeAutoEnable",
        "LensOverlay",
        "MediaRouter",
        "PaintHolding",
        "ThirdPartyStoragePartitioning",
    ),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)


def find_browser() -> Path | None:
    """The browser's program: `BROWSER_PATH`, else an installed one, else Playwright's own; None when there is none.

    Each candidate is asked for its version, because a launcher without a browser behind it is common.
    """
    named = os.environ.get("BROWSER_PATH")
    installed = [found for found in map(shutil.which, NAMES) if found]
    for candidate in (*([named] if named else []), *installed, *MAC, *_downloaded()):
        if _runs(candidate):
            return Path(candidate)
    return None


def launch_arguments() -> list[str]:
    """The command line switches to start it with. A sandbox is not to be had for root."""
    features = f"--disable-features={','.join(FEATURES)}"
    return [*ARGUMENTS, features, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def install_browser() -> Path | None:
    """The browser, installed if there is none: Debian's package where we may, else Playwright's own download.

    Where we are root (a container, CI) and there is only a whole Chromium, the headless shell is put beside it.
    """
    found = find_browser()
    if found is None or (os.geteuid() == 0 and found.name == "chromium" and "BROWSER_PATH" not in os.environ):
        if not _install_package("chromium-headless-shell") and found is None:
            _install_package("chromium")
        found = find_browser()
    if found is None:
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
        found = find_browser()
    return found


def _downloaded() -> list[str]:
    home = Path.home()
    folders = [home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"]
    if os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        folders.insert(0, Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"]))
    patterns = (
        *(f"chromium_headless_shell-*/*/{shell}" for shell in ("chrome-headless-shell", "headless_shell")),
        *("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
    )
    return [
        str(path) for folder in folders for pattern in patterns for path in sorted(folder.glob(pattern), reverse=True)
    ]


def _runs(program: str) -> bool:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0


def _install_package(name: str) -> bool:
    if not shutil.which("apt-get"):
        return False
    before: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or not _run(["sudo", "-n", "true"]):
            return False
        before = ["sudo", "-n"]
    patience = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]
    apt = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *patience]
    install = [*apt, "install", "-y", "--no-install-recommends", name, "fonts-dejavu-core"]
    return _run(install) or (_run([*apt, "update"]) and _run(install))


def _run(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=900).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> None:
    found = install_browser() if "--install" in sys.argv else find_browser()
    if found is None:
        sys.exit(
            "recado: There is no browser for the browser tests. Install Chromium or Chrome (on Debian: apt install "
            "chromium), or name one with BROWSER_PATH."
        )
    sys.stdout.write(f"Browser: {found}\n")


if __name__ == "__main__":
    main()
