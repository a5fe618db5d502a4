"""Taps on buttons and rows: looked up for whoever taps, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from agenda.models import Appointment, Task
from catalog import ordering, products
from catalog.models import Product
from messaging.models import Channel, Conversation, Message, Notification
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.arrivals import (
    OWNER,
    answer_all,
    arrive,
    connect,
    conversation,
    message,
    said,
    sent,
    updates,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(alice, bob, settings) -> Channel:
    settings.LLM_PROVIDER = "builtin"
    return connect(alice)


def tap(number: Channel, choice_id: str, title: str = "Un título", *, sender: str = OWNER) -> Message:
    """What a tap became."""
    item = message({"id": choice_id, "title": title}, kind="button_reply", sender=sender)
    arrive(number, item)
    with tenant_scope(number.user):
        return Message.objects.select_related("conversation").prefetch_related("replies").get(wamid=item["id"])


def ask(number: Channel, question: str = "¿Lo hago?", *, sender: str = OWNER, **fields: Any) -> Message:
    """A question of the assistant that waits for a yes."""
    talk = write(number, "Hola", sender=sender).conversation
    answer_all()
    with tenant_scope(number.user):
        fields = {"payload": {"question": question}, "assistant_type": "commercial", **fields}
        return Message.objects.create(user=number.user, conversation=talk, role="assistant", content=question, **fields)


@pytest.mark.parametrize(("verb", "words"), [("yes", "Sí"), ("no", "No")])
def test_a_yes_or_no_is_the_word_for_whoever_asked(number, verb, words):
    asked = ask(number)
    tapped = tap(number, f"{verb}:{asked.pk}", "Sim")
    assert (tapped.content, tapped.status, tapped.assistant_type) == (words, "pending", "commercial")


def test_only_the_latest_question_can_be_answered_by_a_tap(number):
    old = ask(number, "¿Cancelo las dos?")
    ask(number, "¿Subo el precio?")
    tapped = tap(number, f"yes:{old.pk}")
    assert tapped.status == "done"
    assert "ya pasó" in tapped.reply.content


def test_a_question_of_another_tenant_or_talk_is_not_answered(alice, bob, number):
    twin = connect(bob, number="20002", owner="573000000001")
    foreign = ask(twin, sender="573000000001")
    customers = ask(number, sender="573005550000")
    for asked in (foreign, customers):
        tapped = tap(number, f"yes:{asked.pk}")
        assert tapped.status == "done"
        assert "ya pasó" in tapped.reply.content


def test_a_product_is_its_name(alice, bob, number):
    with tenant_scope(alice):
        saw = factories.product(alice, name="Sierra circular")
        gone = factories.product(alice, name="Retirada", active=False)
    with tenant_scope(bob):
        foreign = factories.product(bob, name="Secreto de Bob")
    tapped = tap(number, f"product:{saw.pk}", sender="573005550000")
    assert (tapped.content, tapped.status, tapped.assistant_type) == ("Sierra circular", "pending", "commercial")
    for pk in (gone.pk, foreign.pk, 0, "x", "9" * 30):
        tapped = tap(number, f"product:{pk}", "Otra cosa", sender="573005550000")
        assert (tapped.content, tapped.status) == ("Otra cosa", "done")
        assert "ya no está a la venta" in tapped.reply.content


def test_a_free_time_is_said_in_words_on_the_tenants_clock(number):
    tapped = tap(number, "slot:2126-11-21T20:30:00+00:00", sender="573005550000")
    assert (tapped.content, tapped.status) == ("jueves 21 de noviembre de 2126 a las 15:30", "pending")
    assert tap(number, "slot:mañana", "Mañana", sender="573005550000").content == "Mañana"


@pytest.fixture
def reminded(alice):
    with tenant_scope(alice):
        appointment = factories.appointment(alice, title="Reunión con Carla")
        return factories.reminder(
            alice, kind="appointment", task=None, appointment=appointment, status="sent", sent_at=timezone.now()
        )


def test_a_reminders_cancel_is_done_once_and_can_be_undone(alice, number, reminded):
    tapped = tap(number, f"reminder-cancel:{reminded.pk}")
    assert "cancelé «Reunión con Carla»" in tapped.reply.content
    with tenant_scope(alice):
        assert Appointment.objects.get().status == "cancelled"
    again = tap(number, f"reminder-cancel:{reminded.pk}")
    assert "ya estaba cancelada" in again.reply.content
    write(number, "deshacer", sender=OWNER)
    answer_all()
    with tenant_scope(alice):
        assert Appointment.objects.get().status == "scheduled"


def test_a_reminders_confirm_changes_nothing_and_its_move_begins_a_talk(alice, number, reminded):
    tapped = tap(number, f"reminder-confirm:{reminded.pk}")
    assert "sigue en pie" in tapped.reply.content
    tapped = tap(number, f"reminder-move:{reminded.pk}")
    assert (tapped.content, tapped.status) == ("Quiero mover «Reunión con Carla»", "pending")
    assert tapped.assistant_type == "personal"
    with tenant_scope(alice):
        assert Appointment.objects.get().status == "scheduled"


def test_a_tasks_reminder_marks_it_done(alice, number):
    with tenant_scope(alice):
        of = factories.reminder(alice, status="sent", sent_at=timezone.now())
    assert "queda hecha" in tap(number, f"reminder-confirm:{of.pk}").reply.content
    with tenant_scope(alice):
        assert Task.objects.get().status == "completed"
    assert "ya estaba hecha" in tap(number, f"reminder-cancel:{of.pk}").reply.content


def test_a_customer_cannot_tap_what_is_the_owners(alice, bob, number, reminded):
    with tenant_scope(alice):
        order = factories.order(alice)
    for choice in ("reminder-cancel", "reminder-confirm", "reminder-move"):
        tapped = tap(number, f"{choice}:{reminded.pk}", sender="573005550000")
        assert (tapped.content, tapped.status) == ("Un título", "done")
        assert "Carla" not in tapped.reply.content
    tap(number, f"order-approve:{order.pk}", sender="573005550000")
    with tenant_scope(alice):
        assert Appointment.objects.get().status == "scheduled"
        assert ordering.list_orders().get().status == "pending"


def test_an_owner_cannot_tap_what_is_another_tenants(alice, bob, number):
    with tenant_scope(bob):
        foreign = factories.reminder(bob)
        order = factories.order(bob)
    for choice in (f"reminder-cancel:{foreign.pk}", f"order-approve:{order.pk}", "order-reject:nada"):
        assert "ya no está disponible" in tap(number, choice).reply.content
    with tenant_scope(bob):
        assert Task.objects.get().deleted_at is None
        assert ordering.list_orders().get().status == "pending"


def test_what_is_no_choice_of_ours_is_what_it_says(number):
    tapped = tap(number, "otra-cosa", "¿Qué horario tienen?", sender="573005550000")
    assert (tapped.content, tapped.status) == ("¿Qué horario tienen?", "pending")


# --- orders ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def hammer(alice):
    with tenant_scope(alice):
        return products.create(user=alice, name="Martillo 16 oz", price=Decimal(23000), stock=5, sku="MAR-016")


def basket(sku: str = "MAR-016", quantity: int = 2, price: float = 1.0) -> dict[str, Any]:
    line = {"product_retailer_id": sku, "quantity": quantity, "item_price": price, "currency": "COP"}
    return message({"catalog_id": "1", "text": "Para hoy", "product_items": [line]}, kind="order")


def test_a_basket_is_priced_by_the_catalogue_and_told_to_both(alice, number, hammer):
    write(number, "hola", sender=OWNER)
    item = basket()
    arrive(number, item)
    with tenant_scope(alice):
        order = ordering.list_orders().get()
        told = Message.objects.get(reply_to__wamid=item["id"]).content
        bell = Notification.objects.get()
        owners = Conversation.objects.get(audience="owner")
        asked = Message.objects.filter(conversation=owners, role="assistant").order_by("-pk").first()
        delivery = asked.deliveries.get()
    assert (order.total, order.status, order.note) == (Decimal(46000), "pending", "Para hoy")
    assert "46.000" in told
    assert "46.000" in bell.body
    buttons = [one["reply"]["id"] for one in delivery.payload["interactive"]["action"]["buttons"]]
    assert buttons == [f"order-approve:{order.pk}", f"order-reject:{order.pk}"]


def test_an_order_is_approved_once_by_a_tap(alice, number, hammer):
    arrive(number, basket())
    with tenant_scope(alice):
        order = ordering.list_orders().get()
    assert "aprobado" in tap(number, f"order-approve:{order.pk}").reply.content
    tap(number, f"order-approve:{order.pk}")
    assert "ya fue aprobado" in tap(number, f"order-reject:{order.pk}").reply.content
    with tenant_scope(alice):
        assert Product.objects.get().stock == 3


def test_the_same_basket_again_is_one_order(alice, number, hammer):
    item = basket()
    arrive(number, item)
    arrive(number, item)
    with tenant_scope(alice):
        assert ordering.list_orders().count() == 1
    assert len(updates()) == 1


def test_approving_says_when_the_units_are_gone(alice, number, hammer):
    arrive(number, basket(quantity=5))
    with tenant_scope(alice):
        order = ordering.list_orders().get()
        Product.objects.update(stock=1)
    tapped = tap(number, f"order-approve:{order.pk}")
    assert "existencias" in tapped.reply.content
    with tenant_scope(alice):
        assert ordering.list_orders().get().status == "pending"


def test_every_answer_goes_out(alice: User, number: Channel):
    tap(number, "product:0", sender="573005550000")
    assert len(sent(alice)) == 1
    assert conversation(alice).unread == 1
    assert [role for role, _, _ in said(alice)] == ["user", "assistant"]
    assert timezone.now() - updates()[0].done_at < timedelta(minutes=5)
