"""From which number something goes out, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from messaging.whatsapp.channels import Channel, NumberState, SharedNumber
from messaging.whatsapp.gateway import Gateway
from tenants.models import User


class NotConnected(Exception):
    """There is no number, or no token for it: nothing can go out."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A number that can send: the tenant's own ``channel``, or the platform's when that is None."""

    channel: Channel | None
    state: NumberState
    token: str

    @property
    def phone_number_id(self) -> str:
        return self.state.phone_number_id

    def gateway(self) -> Gateway:
        return Gateway(token=self.token, phone_number_id=self.phone_number_id)

    def is_paused(self, *, now: datetime) -> bool:
        """Whether nothing may go out now: until somebody has done something, or for a while."""
        return bool(self.state.paused_for) or (self.state.not_before is not None and self.state.not_before > now)


def find_origin(*, user: User, channel_id: int | None, phone_number_id: str) -> Origin:
    """The number of ``user`` with that id, or the shared one when ``channel_id`` is None. Raises NotConnected."""
    if channel_id is not None:
        channel = Channel.objects.filter(user=user, pk=channel_id, phone_number_id=phone_number_id).first()
        if channel is None or not channel.token:
            raise NotConnected
        return Origin(channel, channel, channel.token)
    shared = SharedNumber.current()
    if shared is None or shared.phone_number_id != phone_number_id or not settings.WHATSAPP["TOKEN"]:
        raise NotConnected
    return Origin(None, shared, settings.WHATSAPP["TOKEN"])


def origins_of(user: User) -> list[Origin]:
    """The numbers from which something can go out for ``user``: its own, the eldest first, then the shared one."""
    found = [Origin(one, one, one.token) for one in Channel.objects.filter(user=user).order_by("pk") if one.token]
    shared = SharedNumber.current()
    if shared is not None and settings.WHATSAPP["TOKEN"]:
        found.append(Origin(None, shared, settings.WHATSAPP["TOKEN"]))
    return found
