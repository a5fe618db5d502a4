"""What sentences want of an agenda, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistants.builtin.agenda_understanding import understand_agenda

NOW = datetime(2026, 11, 22, 19, 40, tzinfo=UTC)
SENTENCES: dict[str, list[str]] = {
    "book": [
        "agéndame una reunión con Carla el próximo jueves a las 3 y media en su oficina y avísame una hora antes",
        "dentista el jueves a las 4",
        "tengo una reunión con el banco el lunes a las 10",
        "pon una cita con el contador mañana a las 9",
        "schedule a meeting with Carla next Thursday at 3:30 pm and remind me one hour before",
        "agende uma reunião com a Carla na quinta às 15h30",
        "almuerzo con Pedro el sábado a la 1",
        "marca uma consulta com o dentista na segunda às 10",
        "llamar a Juan mañana a las 5",
        "necesito agendar una cita con el contador el viernes a las 10",
        "agrega a mi agenda almuerzo con mamá el domingo a la 1",
        "crea un evento: lanzamiento el 10 de diciembre todo el día",
        "lunch with Pedro on Saturday at 1 pm",
        "tenho uma reunião com o banco na segunda às 10",
    ],
    "agenda": [
        "¿qué tengo mañana?",
        "¿a qué hora es la reunión con Carla?",
        "muéstrame mis citas de la semana",
        "¿cuál es mi próxima cita?",
        "what do I have tomorrow?",
        "o que tenho amanhã?",
        "¿tengo algo el viernes?",
        "¿qué hay hoy en mi agenda?",
        "qué tengo hoy",
        "when is my meeting with Carla?",
        "¿qué citas tengo el jueves?",
        "dime mi agenda de la próxima semana",
        "¿tengo reunión con Carla esta semana?",
        "¿con quién me reúno mañana?",
        "do I have anything on Friday?",
        "what's on my calendar this week?",
        "tenho algo na sexta?",
    ],
    "move": [
        "pasa la reunión con Carla para el viernes a la misma hora",
        "move the meeting with Carla to Friday at the same time",
        "mude a reunião com a Carla para sexta no mesmo horário",
        "mueve la cita del dentista a las 5",
        "aplaza la reunión con Carla una hora",
        "cambia la cita del dentista al martes a las 10",
        "¿puedes mover la reunión con Carla a las 5 de la tarde?",
        "corre la llamada con el banco media hora",
        "push the dentist to Friday at 10",
    ],
    "complete": [
        "ya pagué el arriendo",
        "marca como hecha la tarea de comprar tornillos",
        "marca comprar tornillos como hecha",
        "I paid the rent",
        "mark buy screws as done",
        "já paguei o aluguel",
        "marque comprar parafusos como feita",
        "terminé el informe",
        "listo lo del arriendo",
        "ya compré los tornillos",
        "acabo de enviar el informe",
        "completé la tarea de comprar tornillos",
        "done with the report",
        "terminei o relatório",
    ],
    "free": [
        "¿cuándo tengo una hora libre esta semana?",
        "when am I free this week?",
        "quando tenho uma hora livre esta semana?",
        "¿tengo libre el jueves por la tarde?",
        "¿a qué hora puedo reunirme mañana?",
        "búscame un espacio de 30 minutos el martes",
        "qué huecos tengo mañana",
        "¿estoy disponible el jueves a las 3?",
        "find me 30 minutes on Tuesday",
        "estou livre na quinta à tarde?",
    ],
    "add_task": [
        "recuérdame comprar tornillos mañana",
        "recuérdame pagar la luz el viernes",
        "remind me to buy screws tomorrow",
        "add a task to call the bank on Monday",
        "lembre-me de comprar parafusos amanhã",
        "adicione uma tarefa: ligar para o banco",
        "tengo que llamar al banco el lunes",
        "anota comprar pan",
        "añade a mi lista revisar el inventario",
        "agrega tarea: pagar la luz",
        "no me dejes olvidar llamar a mamá",
        "hay que comprar papel mañana",
        "ponme de tarea revisar el inventario",
        "I need to call the bank on Monday",
        "preciso comprar papel amanhã",
    ],
    "prioritise": [
        "ponle prioridad alta a comprar tornillos",
        "sube la prioridad de pagar el arriendo",
        "marca pagar el arriendo como urgente",
        "set the priority of buy screws to high",
        "coloque prioridade alta em comprar parafusos",
        "haz que pagar el arriendo sea prioridad alta",
        "baja la prioridad de preparar el informe",
    ],
    "remind": [
        "avísame 30 minutos antes de la reunión con Carla",
        "ponme un aviso una hora antes de la cita con el dentista",
        "remind me 30 minutes before the meeting with Carla",
        "recuérdame la reunión con Carla una hora antes",
        "quiero un aviso un día antes del dentista",
        "remind me about the meeting with Carla 30 minutes before",
    ],
    "summary": [
        "resumen del día",
        "¿cómo viene mi día?",
        "give me a summary of my day",
        "resumo do dia",
        "dame el resumen de hoy",
        "¿cómo está mi semana?",
    ],
    "overdue": [
        "¿qué tareas tengo vencidas?",
        "what's overdue?",
        "quais tarefas estão atrasadas?",
        "¿se me pasó algo?",
    ],
    "undo": [
        "deshacer",
        "deshaz eso",
        "undo",
        "desfazer",
        "desfaça",
        "deshaz lo último",
        "revierte eso",
    ],
    "greeting": [
        "hola",
        "buenos días",
        "buenas tardes",
    ],
    "thanks": [
        "muchas gracias",
        "gracias!",
    ],
    "help": [
        "¿qué puedes hacer?",
        "ayuda",
    ],
    "out_of_scope": [
        "cuéntame un chiste",
        "¿quién ganó el partido de fútbol?",
        "¿quién es el presidente?",
        "escribe un poema",
    ],
    "shop": [
        "¿cuánto cuesta la sierra circular?",
    ],
    "cancel": [
        "cancela la reunión con Carla",
        "cancela todas mis citas de mañana",
        "borra la tarea de los tornillos",
        "cancel my meeting with Carla",
        "cancele a reunião com a Carla",
        "elimina mi cita de las 4",
        "ya no voy a ir al dentista, cancélalo",
        "quita la reunión del viernes",
        "elimina todas las tareas vencidas",
        "cancel everything tomorrow",
        "desmarque o dentista",
    ],
    "tasks": [
        "¿qué tareas tengo pendientes?",
        "mis pendientes",
        "¿qué tengo que hacer hoy?",
        "what are my tasks?",
        "quais são minhas tarefas?",
        "what should I do first?",
        "¿qué me falta por hacer?",
        "lista mis tareas por prioridad",
        "¿cuál es mi tarea más importante?",
    ],
    "yes": [
        "sí",
    ],
    "no": [
        "no",
    ],
    "goodbye": [
        "chao",
    ],
}


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in SENTENCES.items() for text in texts])
def test_it_knows_what_is_wanted(intent, text):
    assert understand_agenda(text, language="es", now=NOW, timezone="America/Bogota").intent == intent


@pytest.mark.parametrize(
    ("text", "words", "when"),
    [
        ("pasa la reunión con Carla para el viernes", ("Carla",), ["para el viernes"]),
        ("cancela todas mis citas de mañana", (), ["mañana"]),
        ("marca comprar tornillos como hecha", ("comprar", "tornillos"), []),
        ("move the meeting with Carla to Friday", ("Carla",), ["Friday"]),
    ],
)
def test_it_tells_the_thing_from_the_moment(text, words, when):
    read = understand_agenda(text, language="es", now=NOW, timezone="America/Bogota")
    assert (read.words, read.when) == (words, when)
