# ruff: noqa: E501  (word lists and patterns are one line each)
"""What customers say about appointments, and what the built-in assistant answers, in three languages."""

from __future__ import annotations

import re

from assistants.language import Language

_NOUN = r"(?:citas?|turnos?|reservas?|consultas?|appointments?|bookings?|reservations?|agendamentos?|horarios? marcad\w+|visitas?)"
_OWNERS = r"(?:duen[oa]|jef[ea]|patron\w*|propietari[oa]|encargad[oa]|negocio|tienda|gerente|owner|boss|manager|shop|store|dono|dona|chefe|patrao|loja|otr[oa]s?|demas|(?:los|las) clientes?|other (?:people|customers|clients)|others|somebody else|someone else|outr[oa]s?|clientes)"
PRIVATE = re.compile(
    rf"\b(?:que|cuales?|cuantas?|quien(?:es)?|con quien|what|which|who|whose|how many|quais|quantos|quem|dime|muestra\w*|lista\w*|show|tell me|list|mostr\w+|diga)\b.*\b(?:{_NOUN}|agenda|calendario|compromisos|reunion(?:es)?|calendar|schedule|meetings?|compromissos|reunioes|tareas|tasks|tarefas)\b.*\b{_OWNERS}\b"
    rf"|\b(?:agenda|calendario|calendar|schedule|citas|appointments|compromisos) (?:del?|de la|of (?:the|your)|do|da) {_OWNERS}\b|\b(?:quien(?:es)?|who|quem)\b.*\b(?:tiene[n]?|viene[n]?|reserv\w+|coming|booked|has|vem|tem|marcou|marcaram)\b.*(?:cita|turno|hoy|manana|appointment|today|tomorrow|hoje|amanha|horario)"
    rf"|\b(?:que|what|o que) (?:hace|tiene|does|is|has|faz|tem) (?:el |la |the |o |a )?{_OWNERS}\b"
)
CANCEL = re.compile(
    rf"\b(?:cancel\w*|anul\w+|elimin\w+|borr\w+|desmarc\w+)\b.*\b(?:{_NOUN}|hora|horario|la del|it)\b|\bno (?:puedo|podre|voy a poder|alcanzo a) (?:ir|asistir|llegar|pasar)\b|\b(?:can t|cannot|can not|won t be able to) (?:come|make it|go|attend)\b|\bnao (?:posso|vou poder|consigo) (?:ir|comparecer)\b"
)
MOVE = re.compile(
    rf"\b(?:cambi\w+|muev\w+|mov\w+|pas(?:ar|a|ame|arla|enme)|corr\w+|reprogram\w+|reagend\w+|aplaz\w+|adelant\w+|atras\w+|posterg\w+|resched\w+|move|change|postpone|remarc\w+|mud\w+|adi\w+)\b.*\b(?:{_NOUN}|la hora|meu horario|la del)\b"
)
MINE = re.compile(
    rf"\bhorarios (?:eu )?tenho\b|\b{_NOUN} (?:\w+ ){{0,2}}?(?:tengo|tenho|i have|do i have|i got|reserve|pedi|agende|marquei)\b(?! que)|\b(?:mis?|my|meus?|minhas?) (?:proxim\w+ |next )?{_NOUN}|\b(?:mi|my|meu) (?:hora|horario|time)\b|\b(?:tengo|i have|tenho) (?:alguna |una |any |an |alguma )?{_NOUN}\b"
)
IT_MOVED = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:muev|mov|cambi|pas|corr|reprogram|reagend|aplaz|adelant|atras|posterg)[a-z]{0,3}?(?:me|nos)?l[ao]\b(?! por\b)"
    r"|^\W*(?:\w+\W+){0,3}?(?:la|lo) (?:puedes|podrias|pueden|podemos)? ?(?:mover|cambiar|pasar|correr|reprogramar|reagendar|aplazar)\b"
    r"|\b(?:move|change|reschedule|postpone) it\b|\b(?:(?:mude|muda|remarque|remarca|adie|passe|passa)-[ao]|(?:mudar|remarcar|passar) (?:para|pra))\b"
)
IT_CANCELLED = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:cancel|anul|elimin|borr)[a-z]{0,3}?(?:me)?l[ao]\b|\bcancel it\b|\bcancel(?:e|a|ar)-[ao]\b"
)
OWN_VISIT = re.compile(r"\b(?:tus? citas?|your appointments?|seus? (?:proximos )?horarios?)\b")
ASKS_MINE = re.compile(
    r"\b(?:cuando|a que hora|que hora|que dia|cual(?:es)?|tengo|ver|dime|recuerdame|when|what time|what day|which|do i have|show|quando|que horas|qual|quais|tenho)\b"
)
BOOK = re.compile(
    rf"\b{_NOUN}\b|\bagend(?:ar|ame|arme|a|en|enme|o|amento|e)\b|\b(?:horas?|horarios?|espacios?|cupos?|huecos?|slots?|times?|vagas?) (?:\w+ )?(?:libres?|disponibles?|free|available|livres?|disponive\w+)\b|\b(?:free|available) (?:times?|slots?|hours?)\b|\bbook\b|\bschedule (?:a|an|me)\b|\b(?:marcar|marque|marca) (?:uma? |um )?(?:hora|horario|consulta|visita|para)\b"
)
GO = re.compile(
    r"\b(?:puedo|podria|podemos|quiero|quisiera|me gustaria|quero|queria|posso|poderia|gostaria de|can i|could i|may i|i want to|i d like to|i would like to|can we) (?:ir|pasar|visitar\w*|acercarme|llegar|come|go|stop|drop|visit|aparecer)\b|\b(?:resérv|reserv|apart)\w*(?:me)? (?:\w+ ){0,2}(?:a las?|para|el|manana|el)\b|\breserv\w+ (?:at|for|on)\b|\b(?:me (?:puedes|pueden|podrian) (?:atender|recibir)|(?:pueden|podrian) (?:atenderme|recibirme)|me (?:atienden|reciben))\b"
)
SERVICE = re.compile(
    r"\b(?:cita|turno|consulta|appointment|hora|horario|horário|agendamento|visita|agendar|reservar|marcar|book)\s+(?:de|para|for|a|an|um|uma|un|una|por)\s+(?P<what>[^\d¿?¡!.,;:]{3,80})",
    re.IGNORECASE,
)

_PHRASES: dict[str, dict[Language, str]] = {
    "free": {"es": "Horas libres para la cita ({zone}):", "en": "Free times for the appointment ({zone}):", "pt": "Horários livres ({zone}):"},
    "which_time": {"es": "¿Cuál va mejor?", "en": "Which one suits best?", "pt": "Qual fica melhor?"},
    "no_free": {"es": "En esos días no hay horas libres. ¿Probamos con otro día?", "en": "There are no free times on those days. Shall we try another day?", "pt": "Nesses dias não há horários livres. Tentamos outro dia?"},
    "confirm": {"es": "Por favor, confirma:", "en": "Please confirm:", "pt": "Por favor, confirme:"},
    "mine": {"es": "Tus citas por venir ({zone}):", "en": "Your appointments to come ({zone}):", "pt": "Seus próximos horários ({zone}):"},
    "none_mine": {"es": "No encuentro citas tuyas por venir.", "en": "I find no appointments of yours to come.", "pt": "Não encontro horários seus marcados."},
    "which_visit": {"es": "¿Cuál de tus citas?", "en": "Which of your appointments?", "pt": "Qual dos seus horários?"},
    "refused": {"es": "De acuerdo, no cambio nada.", "en": "All right, nothing changes.", "pt": "Certo, nada muda."},
    "expired": {"es": "Pasó mucho tiempo desde que te pregunté, así que no hice nada. Pídemelo de nuevo si todavía quieres.", "en": "It has been a while since I asked, so I did nothing. Ask me again if you still want it.", "pt": "Já faz tempo que perguntei, então não fiz nada. Peça de novo se ainda quiser."},
    "failed": {"es": "Eso ya no se pudo hacer.", "en": "That could not be done any more.", "pt": "Isso já não pôde ser feito."},
    "private": {"es": "De la agenda del negocio no puedo contar nada.", "en": "I can't tell anything of the business's agenda.", "pt": "Da agenda da loja não posso contar nada."},
    "private_offer": {"es": "Lo que sí puedo es decir qué horas están libres para una cita.", "en": "What I can do is tell which times are free for an appointment.", "pt": "O que posso é dizer quais horários estão livres."},
    "no_booking": {"es": "Por aquí no puedo agendar citas, pero alguien de {shop} con gusto te ayuda.", "en": "I can't book appointments here, but somebody at {shop} will gladly help.", "pt": "Por aqui não posso marcar horários, mas alguém de {shop} ajuda com prazer."},
    "sorry": {"es": "Lamento mucho lo que pasó: una persona de {shop} lo va a revisar.", "en": "I'm very sorry about that: somebody at {shop} will look into it.", "pt": "Lamento muito o que aconteceu: uma pessoa de {shop} vai verificar."},
    "order": {"es": "Con gusto: una persona de {shop} confirma el pedido.", "en": "Gladly: somebody at {shop} will confirm the order.", "pt": "Com prazer: uma pessoa de {shop} confirma o pedido."},
    "reach": {"es": "Así los encuentras:", "en": "This is how to reach them:", "pt": "Assim você os encontra:"},
    "open_day": {"es": "El {day} atendemos {spans}.", "en": "On {day} we are open {spans}.", "pt": "Em {day} atendemos {spans}."},
    "closed_day": {"es": "El {day} no atendemos.", "en": "On {day} we are closed.", "pt": "Em {day} não atendemos."},
    "holiday": {"es": "El {day} es feriado y no atendemos.", "en": "{day} is a holiday and we are closed.", "pt": "{day} é feriado e não atendemos."},
    "week": {"es": "Nuestro horario: {week}.", "en": "Our opening hours: {week}.", "pt": "Nosso horário: {week}."},
}  # fmt: skip
OFFERS = tuple(words.split("(")[0] for words in _PHRASES["free"].values())
WHICH = tuple(_PHRASES["which_visit"].values())


def visit_phrase(key: str, language: Language, **values: object) -> str:
    """The phrase in that language."""
    return _PHRASES[key][language].format(**values)
