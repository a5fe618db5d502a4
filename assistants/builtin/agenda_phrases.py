# ruff: noqa: E501  (word lists and patterns are one line each)
"""What the built-in assistant says about an agenda, in the language of the person who asked."""

from __future__ import annotations

from assistants.language import Language

_PHRASES: dict[str, dict[Language, str]] = {
    "created": {"es": "Listo. {said}", "en": "Done. {said}", "pt": "Pronto. {said}"},
    "moved": {"es": "Listo, la moví. {said}", "en": "Done, I moved it. {said}", "pt": "Pronto, mudei. {said}"},
    "changed": {"es": "Listo, lo cambié. {said}", "en": "Done, I changed it. {said}", "pt": "Pronto, alterei. {said}"},
    "cancelled": {"es": "Listo, cancelé: {said}", "en": "Done, I cancelled: {said}", "pt": "Pronto, cancelei: {said}"},
    "deleted": {"es": "Listo, borré: {said}", "en": "Done, I deleted: {said}", "pt": "Pronto, apaguei: {said}"},
    "completed": {"es": "¡Bien hecho! Marqué como hecha: {said}", "en": "Well done! I marked as done: {said}", "pt": "Muito bem! Marquei como feita: {said}"},
    "prioritised": {"es": "Listo, cambié la prioridad. {said}", "en": "Done, I changed the priority. {said}", "pt": "Pronto, mudei a prioridade. {said}"},
    "reminders": {"es": "Listo, cambié el aviso. {said}", "en": "Done, I changed the reminder. {said}", "pt": "Pronto, mudei o aviso. {said}"},
    "undone": {"es": "Listo, lo deshice: {said}.", "en": "Done, I undid it: {said}.", "pt": "Pronto, desfiz: {said}."},
    "several": {"es": "Listo. {said}", "en": "Done. {said}", "pt": "Pronto. {said}"},
    "next": {"es": "La próxima: {said}", "en": "The next one: {said}", "pt": "A próxima: {said}"},
    "undo_hint": {"es": "Si no era eso, escribe «deshacer».", "en": "If that is not it, write «undo».", "pt": "Se não era isso, escreva «desfazer»."},
    "conflict": {"es": "Ojo: se cruza con {others}.", "en": "Mind: it overlaps with {others}.", "pt": "Atenção: coincide com {others}."},
    "failed": {"es": "Algo ya no se pudo hacer.", "en": "Something could not be done any more.", "pt": "Algo já não pôde ser feito."},
    "refused": {"es": "De acuerdo, queda todo como está.", "en": "All right, everything stays as it is.", "pt": "Certo, fica tudo como está."},
    "expired": {"es": "Pasó mucho tiempo desde que te pregunté, así que no hice nada. Pídemelo de nuevo si todavía quieres.", "en": "It has been a while since I asked, so I did nothing. Ask me again if you still want it.", "pt": "Já faz tempo que perguntei, então não fiz nada. Peça de novo se ainda quiser."},
    "asked": {"es": "Prefiero preguntarte antes.", "en": "I'd rather ask you first.", "pt": "Prefiro perguntar antes."},
    "nothing_pending": {"es": "No tengo nada por confirmar. ¿Qué quieres que haga con tu agenda?", "en": "There is nothing to confirm. What shall I do with your agenda?", "pt": "Não há nada a confirmar. O que faço com a sua agenda?"},
    "not_found": {"es": "No encontré eso en tu agenda ni en tus tareas.", "en": "I couldn't find that in your agenda or your tasks.", "pt": "Não encontrei isso na sua agenda nem nas suas tarefas."},
    "told_below": {"es": "Listo.", "en": "Done.", "pt": "Pronto."},
    "say_again": {"es": "No estoy seguro de haberte entendido. Dímelo de otra forma, con el nombre de la cita o de la tarea.", "en": "I am not sure that I understood you. Say it in another way, with the name of the appointment or the task.", "pt": "Não tenho certeza de ter entendido. Diga de outra forma, com o nome do compromisso ou da tarefa."},
    "which": {"es": "¿Cuál de estas?", "en": "Which of these?", "pt": "Qual destas?"},
    "when": {"es": "¿Para cuándo?", "en": "For when?", "pt": "Para quando?"},
    "no_undo": {"es": "No encuentro nada reciente que se pueda deshacer.", "en": "I find nothing recent that can be undone.", "pt": "Não encontro nada recente que se possa desfazer."},
    "changed_since": {"es": "Eso cambió después, así que ya no lo puedo deshacer.", "en": "That was changed afterwards, so I can't undo it any more.", "pt": "Isso mudou depois, então já não posso desfazer."},
    "cannot": {"es": "No pude hacerlo: {why}", "en": "I couldn't do it: {why}", "pt": "Não consegui: {why}"},
    "span": {"es": "Esto es lo que tienes:", "en": "This is what you have:", "pt": "Isto é o que você tem:"},
    "none_day": {"es": "No tienes citas el {day}.", "en": "You have no appointments on {day}.", "pt": "Você não tem compromissos: {day}."},
    "none_span": {"es": "No tienes citas en ese lapso. ¡Buen espacio para avanzar en lo tuyo!", "en": "You have no appointments in that time. Good room to get your own things done!", "pt": "Você não tem compromissos nesse período. Bom espaço para avançar no que é seu!"},
    "day": {"es": "Para el {day}:", "en": "For {day}:", "pt": "Para {day}:"},
    "due": {"es": "Tareas para ese día:", "en": "Tasks for that day:", "pt": "Tarefas para esse dia:"},
    "overdue": {"es": "Vencidas:", "en": "Overdue:", "pt": "Atrasadas:"},
    "no_overdue": {"es": "No tienes tareas vencidas. ¡Vas muy bien!", "en": "You have no overdue tasks. Well done!", "pt": "Você não tem tarefas atrasadas. Muito bem!"},
    "overdue_close": {"es": "Empieza por la primera y lo demás se hace más liviano.", "en": "Start with the first one and the rest gets lighter.", "pt": "Comece pela primeira e o resto fica mais leve."},
    "tasks": {"es": "Tus tareas pendientes, lo más urgente primero:", "en": "Your open tasks, the most urgent first:", "pt": "Suas tarefas pendentes, as mais urgentes primeiro:"},
    "no_tasks": {"es": "No tienes tareas pendientes. ¡Excelente!", "en": "You have no open tasks. Excellent!", "pt": "Você não tem tarefas pendentes. Excelente!"},
    "more": {"es": "… y hay más: dime si quieres ver el resto.", "en": "… and there are more: tell me if you want to see the rest.", "pt": "… e há mais: diga se quer ver o resto."},
    "free": {"es": "Tienes libre:", "en": "You are free:", "pt": "Você está livre:"},
    "no_free": {"es": "No encontré un rato libre así dentro de tu horario de trabajo.", "en": "I found no free time like that within your working hours.", "pt": "Não encontrei um horário livre assim dentro do seu horário de trabalho."},
    "free_close": {"es": "¿Agendamos algo en uno de esos ratos?", "en": "Shall we book something in one of them?", "pt": "Marcamos algo em um deles?"},
    "close_busy": {"es": "¡Vamos paso a paso, que sí se puede!", "en": "Step by step, you can do it!", "pt": "Vamos passo a passo, você consegue!"},
    "close_free": {"es": "Día despejado: buen momento para adelantar lo importante.", "en": "A clear day: a good time for what matters.", "pt": "Dia livre: bom momento para adiantar o importante."},
    "mind_overdue": {"es": "Ojo, esto ya venció:", "en": "Mind, this is overdue:", "pt": "Atenção, isto está atrasado:"},
    "greeting": {"es": "¡Hola{name}! 👋 Soy tu asistente personal.", "en": "Hi{name}! 👋 I'm your personal assistant.", "pt": "Olá{name}! 👋 Sou seu assistente pessoal."},
    "help": {
        "es": "Llevo tu agenda y tus tareas. Prueba con: «agéndame una reunión con Carla el jueves a las 3», «¿qué tengo mañana?», «pasa la reunión para el viernes», «recuérdame comprar tornillos mañana», «ya pagué el arriendo», «¿cuándo tengo una hora libre esta semana?» o «deshacer».",
        "en": "I keep your agenda and your tasks. Try: «schedule a meeting with Carla on Thursday at 3 pm», «what do I have tomorrow?», «move the meeting to Friday», «remind me to buy screws tomorrow», «I paid the rent», «when am I free this week?» or «undo».",
        "pt": "Cuido da sua agenda e das suas tarefas. Experimente: «agende uma reunião com a Carla na quinta às 15h», «o que tenho amanhã?», «mude a reunião para sexta», «lembre-me de comprar parafusos amanhã», «já paguei o aluguel», «quando tenho uma hora livre esta semana?» ou «desfazer».",
    },
    "thanks": {"es": "¡Con gusto! Aquí sigo para lo que necesites.", "en": "You're welcome! I'm here for whatever you need.", "pt": "De nada! Estou aqui para o que precisar."},
    "goodbye": {"es": "¡Hasta pronto! Que te rinda el día.", "en": "See you soon! Have a productive day.", "pt": "Até logo! Bom dia de trabalho."},
    "out_of_scope": {"es": "En eso no te puedo ayudar: llevo tu agenda y tus tareas. ¿Vemos qué tienes hoy?", "en": "I can't help with that: I keep your agenda and your tasks. Shall we look at your day?", "pt": "Nisso não posso ajudar: cuido da sua agenda e das suas tarefas. Vemos o seu dia?"},
    "shop": {"es": "De precios y productos se ocupa tu asistente comercial; yo llevo tu agenda y tus tareas.", "en": "Prices and products are your commercial assistant's; I keep your agenda and your tasks.", "pt": "De preços e produtos cuida o seu assistente comercial; eu cuido da agenda e das tarefas."},
    "unclear": {"es": "No te entendí bien. Puedo agendar, mover o cancelar citas, llevar tus tareas y decirte qué tienes. ¿Qué necesitas?", "en": "I didn't quite get that. I can book, move or cancel appointments, keep your tasks and tell you what is coming. What do you need?", "pt": "Não entendi bem. Posso agendar, mudar ou cancelar compromissos, cuidar das suas tarefas e dizer o que você tem. O que precisa?"},
    "here": {"es": "Aquí está:", "en": "Here it is:", "pt": "Aqui está:"},
}  # fmt: skip
PRIORITY: dict[str, dict[Language, str]] = {
    "high": {"es": "prioridad alta", "en": "high priority", "pt": "prioridade alta"},
    "medium": {"es": "", "en": "", "pt": ""},
    "low": {"es": "prioridad baja", "en": "low priority", "pt": "prioridade baixa"},
}
DUE: dict[Language, str] = {"es": "vence el {day}", "en": "due {day}", "pt": "para {day}"}
WAS_DUE: dict[Language, str] = {"es": "venció el {day}", "en": "was due {day}", "pt": "venceu: {day}"}


def agenda_phrase(key: str, language: Language, **values: object) -> str:
    """The phrase in that language."""
    return _PHRASES[key][language].format(**values)
