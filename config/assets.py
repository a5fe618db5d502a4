"""Static files: our own, and the few files of npm packages that pages load. Hashed names, also inside ES modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where a page finds it -> where npm put it.
PACKAGED = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/alpine.min.js": "@alpinejs/csp/dist/module.esm.min.js",
    "vendor/chart.min.js": "chart.js/dist/chart.umd.min.js",
    "vendor/fullcalendar.min.js": "fullcalendar/index.global.min.js",
}


class PackageFinder(BaseFinder):
    """Finds the files of ``PACKAGED`` under ``node_modules``, and nothing else there."""

    root = Path(settings.BASE_DIR) / "node_modules"

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [name for name in PACKAGED.values() if not (self.root / name).is_file()]
        if not missing:
            return []
        return [
            CheckWarning(
                f"Pages need {', '.join(missing)}.", hint="Run npm ci (make does it).", id="recado.W_NODE_MODULES"
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = self.root / PACKAGED[path] if path in PACKAGED else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        for path, name in PACKAGED.items():
            if (self.root / name).is_file():
                yield path, _Renamed(location=self.root, names={path: name})


class _Renamed(FileSystemStorage):
    """A folder whose files are known by other names."""

    def __init__(self, *, location: Path, names: dict[str, str]) -> None:
        super().__init__(location=location)
        self._names = names

    def path(self, name: str) -> str:
        return super().path(self._names.get(name, name))


class PageCompressor(Compressor):
    """Brotli for what pages load, a step below its utmost: a third of the time for two per cent more bytes.

    The rest (the admin's files, the API's documentation) is large and seldom asked for: gzip is enough.
    """

    FOLDERS = ("recado", "vendor")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._plain = Compressor(**{**options, "use_brotli": False})

    def compress(self, path: str) -> list[str]:
        first = Path(path).relative_to(settings.STATIC_ROOT).parts[0]
        found: list[str] = super().compress(path) if first in self.FOLDERS else self._plain.compress(path)
        return found

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        import brotli

        return bytes(brotli.compress(data, quality=10))


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, which also follows ``import`` between our modules and forgets source maps."""

    def create_compressor(self, **options: Any) -> Compressor:
        return PageCompressor(**options)

    support_js_module_import_aggregation = True
    # Django's patterns for style sheets, less the one for source maps: those are not collected.
    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
            ),
        ),
    )
