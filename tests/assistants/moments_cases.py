# ruff: noqa: E501  (a reply is one line)
"""Replies of a personal assistant, true and invented, for one agenda; and what the check makes of them.

python -m tests.assistants.moments_cases [--errors]   (with DJANGO_SETTINGS_MODULE=config.settings)
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assistants.grounding import Violation, check
from assistants.grounding.moments import AgendaFacts, MomentReader

NOW = datetime(2026, 11, 22, 19, 40, tzinfo=UTC)  # Sunday, 14:40 in Bogotá
CARLA = {
    "id": 3, "title": "Reunión con Carla", "start": "2026-11-26T15:30", "end": "2026-11-26T16:30", "status": "scheduled",
    "reminder_minutes": [60], "location": "su oficina", "attendees": ["Carla"],
}  # fmt: skip
ROWS: tuple[dict[str, Any], ...] = (
    {
        "id": 1,
        "title": "Dentista",
        "start": "2026-11-23T09:00",
        "end": "2026-11-23T10:00",
        "status": "scheduled",
        "reminder_minutes": [15],
    },
    {
        "id": 2,
        "title": "Llamada con el banco",
        "start": "2026-11-23T11:00",
        "end": "2026-11-23T11:30",
        "status": "scheduled",
        "reminder_minutes": [15],
    },
    CARLA,
    {
        "id": 4,
        "title": "Almuerzo con Pedro",
        "start": "2026-11-28T13:00",
        "end": "2026-11-28T14:30",
        "status": "scheduled",
        "location": "El Corral",
        "reminder_minutes": [15],
    },
    {
        "id": 5,
        "title": "Feria del libro",
        "start": "2026-12-05T00:00",
        "end": "2026-12-06T00:00",
        "all_day": True,
        "status": "scheduled",
    },
    {
        "id": 1,
        "kind": "task",
        "title": "Pagar el arriendo",
        "due": "2026-11-20",
        "overdue": True,
        "priority": "high",
        "status": "pending",
    },
    {
        "id": 2,
        "kind": "task",
        "title": "Comprar tornillos",
        "due": "2026-11-23",
        "priority": "medium",
        "status": "pending",
    },
    {"id": 3, "kind": "task", "title": "Preparar el informe", "priority": "low", "status": "pending"},
    {
        "id": 4,
        "kind": "task",
        "title": "Renovar el seguro",
        "due": "2026-11-30",
        "priority": "high",
        "status": "pending",
    },
)
FREE = {
    "looked_from": "2026-11-22T14:40", "looked_until": "2026-11-29T14:40", "minutes": 60,
    "free": [
        {"start": "2026-11-23T11:30", "end": "2026-11-23T18:00"},
        {"start": "2026-11-24T09:00", "end": "2026-11-24T18:00"},
    ],
}  # fmt: skip
BOOKED = {
    "done": True,
    "act": "created",
    "said": "Reunión con Carla, en su oficina, jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá; te aviso una hora antes.",
    "appointment": CARLA,
    "changes": [],
}
MOVED = {
    "done": True,
    "act": "moved",
    "said": "Reunión con Carla, viernes 27 de noviembre de 15:30 a 16:30, hora de Bogotá.",
    "appointment": CARLA | {"start": "2026-11-27T15:30", "end": "2026-11-27T16:30"},
    "changes": [],
}
CANCELLED = {
    "done": True,
    "act": "cancelled",
    "said": "Dentista, lunes 23 de noviembre de 09:00 a 10:00, hora de Bogotá.",
    "appointments": [ROWS[0] | {"status": "cancelled"}],
    "changes": [],
}
PAID = {
    "done": True,
    "act": "completed",
    "said": "Pagar el arriendo, prioridad alta, vence el viernes 20 de noviembre.",
    "tasks": [ROWS[5] | {"status": "completed", "overdue": False}],
    "changes": [],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A reply; ``invents`` says what of it nothing holds, empty for a true one."""

    reply: str
    invents: str = ""
    question: str = "¿Qué tengo esta semana?"
    results: tuple[dict[str, Any], ...] = ()
    rows: tuple[dict[str, Any], ...] = ROWS


def t(reply: str, *results: dict[str, Any], question: str = "¿Qué tengo esta semana?") -> Case:
    return Case(reply, "", question, results)


def f(invents: str, reply: str, *results: dict[str, Any], question: str = "¿Qué tengo esta semana?") -> Case:
    return Case(reply, invents, question, results)


TRUE: tuple[Case, ...] = (
    t("Mañana a las 9 tienes el dentista y a las 11:00 la llamada con el banco."),
    t("Mañana lunes tienes dos citas: Dentista de 9:00 a 10:00 y Llamada con el banco de 11:00 a 11:30."),
    t(
        "Esta es tu semana:\n- **Dentista**, lunes 23 de noviembre de 09:00 a 10:00\n- **Llamada con el banco**, lunes 23 de noviembre de 11:00 a 11:30\n- **Reunión con Carla**, jueves 26 de noviembre de 15:30 a 16:30 (su oficina)\n- **Almuerzo con Pedro**, sábado 28 de noviembre de 13:00 a 14:30 (El Corral)"
    ),
    t("El jueves te reúnes con Carla a las tres y media de la tarde en su oficina.", question="¿Cuándo veo a Carla?"),
    t(
        "Tu reunión con Carla es el jueves 26 de noviembre a las 15:30 y termina a las 16:30.",
        question="¿a qué hora es la reunión con Carla?",
    ),
    t("El sábado almuerzas con Pedro a la 1 de la tarde en El Corral. ¡Buen provecho!", question="¿Qué hay el sábado?"),
    t("Hoy domingo no tienes citas. ¡Descansa!", FREE, question="¿qué tengo hoy?"),
    t("El martes no tienes nada: buen día para preparar el informe.", FREE, question="¿qué tengo el martes?"),
    t("El miércoles 25 está libre.", FREE, question="¿tengo algo el miércoles?"),
    t("Ojo: tienes vencida la tarea Pagar el arriendo desde el viernes 20."),
    t(
        "Tienes una tarea vencida: **Pagar el arriendo**, que venció el 20 de noviembre. ¡Sácala hoy y te quitas ese peso!"
    ),
    t(
        "Tus tareas por prioridad:\n- Alta: Pagar el arriendo (venció el viernes 20 de noviembre)\n- Alta: Renovar el seguro (vence el 30 de noviembre)\n- Media: Comprar tornillos (vence mañana)\n- Baja: Preparar el informe",
        question="mis tareas",
    ),
    t("Te quedan 4 tareas pendientes; dos son de prioridad alta.", question="¿cuántas tareas tengo?"),
    t("Comprar tornillos vence mañana, lunes 23 de noviembre.", question="¿cuándo vence comprar tornillos?"),
    t("El próximo lunes, 30 de noviembre, vence Renovar el seguro."),
    t("El sábado 5 de diciembre es la Feria del libro, todo el día."),
    t(
        "Listo. Reunión con Carla, en su oficina, jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá; te aviso una hora antes.",
        BOOKED,
        question="agéndame una reunión con Carla el jueves a las 3 y media",
    ),
    t(
        "¡Hecho! Agendé la reunión con Carla para el jueves 26 de noviembre a las 3:30 p. m. (hora de Bogotá). Te recordaré una hora antes.",
        BOOKED,
        question="agéndame una reunión con Carla el jueves a las 3 y media",
    ),
    t(
        "Quedó agendada: Reunión con Carla, este jueves de 15:30 a 16:30. Si no era eso, escribe «deshacer».",
        BOOKED,
        question="agéndame una reunión con Carla",
    ),
    t(
        "Listo, moví la reunión con Carla al viernes 27 de noviembre, de 15:30 a 16:30.",
        MOVED,
        question="pasa la reunión con Carla al viernes a la misma hora",
    ),
    t(
        "La reunión con Carla pasó del jueves 26 al viernes 27 de noviembre a las 15:30, hora de Bogotá.",
        MOVED,
        question="pasa la reunión con Carla al viernes",
    ),
    t(
        "Listo, cancelé la cita con el Dentista del lunes 23 de noviembre a las 9:00.",
        CANCELLED,
        question="cancela el dentista",
    ),
    t("¡Bien hecho! Marqué como hecha «Pagar el arriendo».", PAID, question="ya pagué el arriendo"),
    t(
        "¡Excelente! Una menos: Pagar el arriendo quedó hecha. ¿Seguimos con Renovar el seguro?",
        PAID,
        question="ya pagué el arriendo",
    ),
    t(
        "Tienes libre el lunes 23 de 11:30 a 18:00 y el martes 24 de 9:00 a 18:00.",
        FREE,
        question="¿cuándo tengo una hora libre?",
    ),
    t(
        "Ratos libres:\n- lunes 23 de noviembre de 11:30 a 18:00\n- martes 24 de noviembre de 09:00 a 18:00\n¿Agendamos algo?",
        FREE,
        question="¿cuándo tengo una hora libre esta semana?",
    ),
    t(
        "Podrías hacerlo el martes a las 10:00, que está libre. ¿Te lo agendo?",
        FREE,
        question="necesito una hora para el informe",
    ),
    t("No encontré ninguna cita con Luis en tu agenda.", question="¿cuándo es la cita con Luis?"),
    t("No pude agendarla: el 30 de febrero no existe. ¿Qué día te sirve?", question="agenda reunión el 30 de febrero"),
    t("¿A qué hora quieres la reunión con Luis el martes?", question="agenda reunión con Luis el martes"),
    t("¿Te refieres a las 8 de la mañana o a las 8 de la noche?", question="cena con Ana el jueves a las 8"),
    t(
        "En eso no te puedo ayudar, pero sí con tu agenda y tus tareas. ¿Vemos qué tienes mañana?",
        question="cuéntame un chiste",
    ),
    t(
        "De los precios se ocupa el asistente comercial. Yo te ayudo con tu agenda.",
        question="¿cuánto cuesta la sierra?",
    ),
    t("¡Hola! Hoy no tienes citas, pero mañana empiezas a las 9:00 con Dentista.", FREE, question="hola"),
    t("¡Ánimo! Empieza por Pagar el arriendo, que es lo más urgente.", question="¿por dónde empiezo?"),
    t("Te aviso 15 minutos antes de la llamada con el banco.", question="¿me avisas de la llamada?"),
    t("Tu próxima cita es Dentista, mañana a las 9:00.", question="¿cuál es mi próxima cita?"),
    t("Después de Dentista sigue Llamada con el banco, a las 11:00.", question="¿qué sigue después del dentista?"),
    t("Son las 14:40 y hoy es domingo 22 de noviembre.", question="¿qué hora es?"),
    t("No hice ningún cambio; todo queda como está.", question="no"),
    t("Puedes escribirme, por ejemplo, «agenda una cita con Ana mañana a las 3».", question="ayuda"),
    t("Tomorrow at 9 you have Dentista, and at 11:00 Llamada con el banco.", question="what do I have tomorrow?"),
    t("Your next appointment is Dentista, tomorrow (Monday, November 23) from 9:00 to 10:00.", question="what's next?"),
    t(
        "Done. Reunión con Carla, Thursday, November 26, from 15:30 to 16:30, Bogotá time; I'll remind you one hour before.",
        BOOKED,
        question="book a meeting with Carla on Thursday at 3:30 pm",
    ),
    t("You meet Carla on Thursday at half past three in the afternoon.", question="when do I meet Carla?"),
    t("You have one overdue task: Pagar el arriendo, due November 20. You can do it!", question="what's overdue?"),
    t("You're free on Tuesday, November 24, from 9:00 to 18:00.", FREE, question="when am I free?"),
    t(
        "Done, I moved Reunión con Carla to Friday, November 27, at 3:30 pm.",
        MOVED,
        question="move the meeting with Carla to Friday",
    ),
    t("I couldn't find a meeting with Luis. Would you like me to book one?", question="cancel the meeting with Luis"),
    t("Nothing on Wednesday: it's all yours.", FREE, question="what about Wednesday?"),
    t("Great job! I marked Pagar el arriendo as done.", PAID, question="I paid the rent"),
    t("You have 4 tasks left, two of them high priority.", question="how many tasks do I have?"),
    t("Amanhã às 9h você tem Dentista e às 11h a Llamada con el banco.", question="o que tenho amanhã?"),
    t(
        "Pronto. Reunión con Carla, quinta-feira, 26 de novembro, das 15:30 às 16:30, horário de Bogotá; aviso você uma hora antes.",
        BOOKED,
        question="agende uma reunião com a Carla na quinta às 15h30",
    ),
    t("Sua reunião com Carla é na quinta-feira, 26 de novembro, às 15h30.", question="quando é a reunião com a Carla?"),
    t(
        "Você tem uma tarefa atrasada: Pagar el arriendo, que venceu em 20 de novembro. Força!",
        question="o que está atrasado?",
    ),
    t("Você está livre na terça-feira, 24 de novembro, das 9:00 às 18:00.", FREE, question="quando estou livre?"),
    t(
        "Pronto, mudei a Reunión con Carla para sexta-feira, 27 de novembro, às 15:30.",
        MOVED,
        question="mude a reunião com a Carla para sexta",
    ),
    t("Não encontrei nenhum compromisso na quarta-feira.", FREE, question="tenho algo na quarta?"),
    t("Muito bem! Marquei como feita a tarefa Pagar el arriendo.", PAID, question="já paguei o aluguel"),
    t("No sábado você almoça com Pedro às 13:00 no El Corral.", question="o que tenho no sábado?"),
    t("Nisso não posso ajudar, mas cuido da sua agenda. Quer ver o dia de amanhã?", question="conte uma piada"),
)
INVENTED: tuple[Case, ...] = (
    f("hour", "Mañana a las 10 tienes el dentista."),
    f("hour", "Tu reunión con Carla es el jueves 26 de noviembre a las 16:30 y termina a las 17:30."),
    f("date", "Tu reunión con Carla es el viernes 27 de noviembre a las 15:30."),
    f("weekday", "Tu reunión con Carla es el miércoles 26 de noviembre a las 15:30."),
    f("title", "Mañana a las 9 tienes una cita con el abogado."),
    f("title", "El martes tienes gimnasio a las 7:00.", FREE),
    f("name", "El jueves a las 15:30 te reúnes con Mariana."),
    f("name", "Tienes Reunión con Carla y Roberto el jueves 26 a las 15:30."),
    f(
        "swapped",
        "- **Dentista**, lunes 23 de noviembre de 11:00 a 11:30\n- **Llamada con el banco**, lunes 23 de noviembre de 09:00 a 10:00",
    ),
    f("hour", "El sábado almuerzas con Pedro a las 2 de la tarde."),
    f("date", "La Feria del libro es el sábado 12 de diciembre."),
    f("date", "Renovar el seguro vence el 25 de noviembre."),
    f("date", "Pagar el arriendo venció el 15 de noviembre."),
    f("date", "Comprar tornillos vence el martes."),
    f("count", "Mañana tienes tres citas."),
    f("count", "Te quedan 7 tareas pendientes."),
    f("count", "Tienes 5 tareas vencidas, ¡a por ellas!"),
    f("act", "Listo, cancelé la cita con el Dentista.", question="cancela el dentista"),
    f("act", "¡Hecho! Marqué Comprar tornillos como hecha.", question="ya compré los tornillos"),
    f("act", "Listo, quedó.", question="pasa la reunión al viernes"),
    f("act", "Borré la tarea Preparar el informe.", question="borra la tarea del informe"),
    f(
        "act",
        "Listo, moví la reunión con Carla al viernes 27 de noviembre a las 15:30.",
        question="pasa la reunión con Carla al viernes",
    ),
    f("act", "Agendé Almuerzo con Ana para mañana a las 12:00.", question="agenda almuerzo con Ana mañana a las 12"),
    f("act", "Deshice el último cambio.", question="deshacer"),
    f(
        "hour",
        "Listo. Reunión con Carla, jueves 26 de noviembre de 15:00 a 16:00, hora de Bogotá.",
        BOOKED,
        question="agéndame una reunión con Carla",
    ),
    f(
        "date",
        "Listo. Reunión con Carla, jueves 3 de diciembre de 15:30 a 16:30.",
        BOOKED,
        question="agéndame una reunión con Carla",
    ),
    f(
        "reminder",
        "Listo. Reunión con Carla, jueves 26 de noviembre de 15:30 a 16:30; te aviso dos horas antes.",
        BOOKED,
        question="agéndame una reunión con Carla",
    ),
    f("reminder", "Te aviso media hora antes de la llamada con el banco."),
    f(
        "date",
        "Listo, moví la reunión con Carla al sábado 28 de noviembre a las 15:30.",
        MOVED,
        question="pasa la reunión con Carla al viernes",
    ),
    f("free", "Tienes libre el miércoles 25 de 9:00 a 12:00.", FREE, question="¿cuándo tengo libre?"),
    f("free", "Tienes libre el lunes 23 de 8:00 a 9:00.", FREE, question="¿cuándo tengo libre?"),
    f("free", "Ratos libres:\n- martes 24 de noviembre de 18:00 a 20:00", FREE, question="¿cuándo tengo libre?"),
    f("free", "Podrías hacerlo el jueves a las 10:00, que está libre.", FREE, question="necesito una hora"),
    f("title", "Tienes pendiente **Llamar al contador**."),
    f(
        "title",
        "Tus tareas:\n- Pagar el arriendo\n- Comprar tornillos\n- Enviar la factura a Juan",
        question="mis tareas",
    ),
    f("title", "No olvides «Recoger el traje», que vence mañana."),
    f("title", "Hoy a las 18:00 tienes clase de yoga."),
    f("place", "El jueves te reúnes con Carla a las 15:30 en el Hotel Tequendama."),
    f("hour", "Tu próxima cita es Dentista, mañana a las 8:30."),
    f("today", "Hoy tienes la llamada con el banco a las 11:00."),
    f("price", "La consulta del Dentista cuesta $ 120.000."),
    f("hour", "La reunión con Carla termina a las 18:00."),
    f("date", "El miércoles tienes una reunión.", FREE),
    f("date", "El domingo 29 tienes el almuerzo con Pedro."),
    f("hour", "Tomorrow at 10 you have Dentista."),
    f("title", "Tomorrow at 9 you have a meeting with the lawyer."),
    f("date", "Your meeting with Carla is on Friday, November 27, at 15:30."),
    f("act", "Done, I cancelled Dentista.", question="cancel the dentist"),
    f("act", "I marked Comprar tornillos as done.", question="I bought the screws"),
    f("count", "You have six appointments tomorrow."),
    f("name", "On Thursday at 15:30 you meet Jennifer."),
    f("free", "You're free on Wednesday from 14:00 to 16:00.", FREE, question="when am I free?"),
    f(
        "reminder",
        "Done. Reunión con Carla, Thursday, November 26, from 15:30 to 16:30; I'll remind you 30 minutes before.",
        BOOKED,
        question="book a meeting with Carla",
    ),
    f("hour", "Amanhã às 10h você tem Dentista."),
    f("date", "Sua reunião com Carla é na sexta-feira, 27 de novembro, às 15h30."),
    f("title", "Amanhã às 9h você tem uma consulta com o advogado."),
    f("act", "Pronto, cancelei o Dentista.", question="cancele o dentista"),
    f("act", "Marquei como feita a tarefa Comprar tornillos.", question="já comprei os parafusos"),
    f("count", "Você tem oito tarefas pendentes."),
    f("free", "Você está livre na quarta-feira das 14:00 às 16:00.", FREE, question="quando estou livre?"),
    f("name", "No sábado você almoça com Fernanda às 13:00."),
    f("hour", "No sábado você almoça com Pedro às 12:00."),
)


def facts_of(case: Case) -> AgendaFacts:
    facts = AgendaFacts(currency="COP", now=NOW, timezone="America/Bogota")
    facts.add_rows(case.rows)
    facts.add_question(case.question)
    for result in case.results:
        facts.add_tool_result(json.dumps(result))
    return facts


def violations(case: Case) -> list[Violation]:
    facts = facts_of(case)
    return check(case.reply, facts=facts, reader=MomentReader(facts=facts))


def measure(true: Sequence[Case] = TRUE, invented: Sequence[Case] = INVENTED) -> tuple[list[Case], list[Case]]:
    """(true ones that are held back, inventions that are missed)."""
    return [case for case in true if violations(case)], [case for case in invented if not violations(case)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="print the cases that went wrong")
    options = parser.parse_args()
    from tests.assistants import moments_apart

    for name, true, invented in (("develop", TRUE, INVENTED), ("apart", moments_apart.TRUE, moments_apart.INVENTED)):
        held, missed = measure(true, invented)
        caught, held_share = 1 - len(missed) / len(invented), len(held) / len(true)
        print(
            f"{name:8} inventions {len(invented):3}, caught {caught:6.1%}; true {len(true):3}, held back {held_share:.1%}"
        )
        if options.errors:
            for case in held:
                print("  held back:", repr(case.reply), [(str(v.kind), v.said) for v in violations(case)])
            for case in missed:
                print("  missed:", case.invents, repr(case.reply))


if __name__ == "__main__":
    main()
