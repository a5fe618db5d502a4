"""Shapes of the simulator's API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.simulator.phones import LONGEST_TEXT
from tenants.contract import StrictFields, Text, YesNo


class PhoneSerializer(serializers.Serializer[Any]):
    """A phone that I can play."""

    phone = serializers.CharField(source="number", help_text="A number that is nobody's.")
    kind = serializers.ChoiceField(choices=["new", "returning", "owner"])
    name = serializers.CharField()
    is_known = serializers.BooleanField(help_text="It has written before; an owner's: it is linked.")


class SimulatorSerializer(serializers.Serializer[Any]):
    """Whether WhatsApp is played here, and who can write."""

    simulated = serializers.BooleanField(help_text="false: a real number is connected, and there is nothing to play.")
    phones = PhoneSerializer(many=True)


class SaySerializer(StrictFields):
    """``text`` to write, or ``choice_id`` (with the ``title`` that stood on it) to tap."""

    phone = Text(max_length=15)
    text = Text(max_length=LONGEST_TEXT, required=False)
    choice_id = Text(max_length=256, required=False)
    title = Text(max_length=24, required=False)
    is_row = YesNo(required=False, default=False, help_text="The choice is a row of a list.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("text")) == bool(attrs.get("choice_id")):
            raise serializers.ValidationError(_("Manda un texto o una opción."))
        return attrs


class ReadSerializer(StrictFields):
    phone = Text(max_length=15)


class SaidSerializer(serializers.Serializer[Any]):
    wamid = serializers.CharField()


class ChoiceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    is_row = serializers.BooleanField()


class LineSerializer(serializers.Serializer[Any]):
    """A message on the phone's screen."""

    id = serializers.IntegerField(help_text="Grows when the message changes.")
    wamid = serializers.CharField()
    mine = serializers.BooleanField(help_text="The phone wrote it.")
    text = serializers.CharField()
    header = serializers.CharField()
    footer = serializers.CharField()
    list_button = serializers.CharField(help_text="Opens the choices, where they are the rows of a list.")
    choices = ChoiceSerializer(many=True)
    status = serializers.CharField(help_text="sent, delivered, read, failed, or empty.")
    at = serializers.DateTimeField()


class ScreenSerializer(serializers.Serializer[Any]):
    """What came or changed since `after`; `last` is the next `after`."""

    lines = LineSerializer(many=True)
    last = serializers.IntegerField()
    typing = serializers.BooleanField(help_text="The shop is writing.")
