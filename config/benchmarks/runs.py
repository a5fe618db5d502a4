"""One run of the benchmarks: its size, its running system and its catalogues, each made when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from config.benchmarks.catalogues import Catalogue, make_catalogues
from config.benchmarks.sizes import Size
from config.benchmarks.standins import StandIn
from config.benchmarks.system import System
from tenants.accounts import register
from tenants.models import User

SHOPKEEPER = "mostrador"


class Run:
    """What the rows share. The system is ended before catalogues are made: it has no part in their figures."""

    def __init__(self, *, size: Size, say: Callable[[str], None]) -> None:
        self.size = size
        self.say = say
        self._system: System | None = None

    @property
    def system(self) -> System:
        """The running system, with nothing in it but a shopkeeper."""
        if self._system is None:
            self.say("starting the system…")
            self._system = System()
            self._system.start()
        return self._system

    @cached_property
    def shopkeeper(self) -> User:
        """A tenant of the running system with the demo's hardware shop."""
        from catalog import products
        from config.demo.shops import read_shop
        from tenants.scope import tenant_scope

        user = register(username=SHOPKEEPER, password="una-clave-larga-7")  # noqa: S106
        with tenant_scope(user):
            for fields in read_shop("hardware").products:
                products.create(user=user, **fields)
        return user

    @cached_property
    def standin(self) -> StandIn:
        """A model that answers at once."""
        return StandIn()

    @cached_property
    def catalogues(self) -> list[Catalogue]:
        """Tenants of the sizes that are looked at, smallest first, among all the others."""
        self.stop()
        self.say(f"writing {self.size.products:,} products of {self.size.tenants:,} tenants…")
        return make_catalogues(self.size)

    def stop(self) -> None:
        """End the system and the model."""
        if self._system is not None:
            self._system.stop()
            self._system = None
        if "standin" in self.__dict__:
            self.standin.stop()
            del self.__dict__["standin"]
