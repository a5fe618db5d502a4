# ruff: noqa: E501  (word lists and patterns are one line each)
"""The words by which a sentence about an agenda says that something is, is not, was done, or is only asked."""

from __future__ import annotations

import re

from assistants.grounding.words import stem, word_set

# Says that there is nothing, or that something could not be done.
DENIAL = re.compile(
    r"\b(?:no (?:\w+ ){0,2}?(?:tienes|tenes|tiene|hay|encontre|encuentro|veo|aparece\w*|pude|puedo|existe|queda\w*|figura|esta|logre|agende|cancele|movi|hice|hago|se|te|le|lo|la|las|los|entendi|entiendo|es|era|sera)|nada|ninguna?|ningun|sin (?:citas|tareas|pendientes|compromisos|nada)|libres?|disponibles?|despejad\w+|vaci[oa]"
    r"|(?:do|does|did|could|can|is|are|have|was)(?:n['’]?t| not)|cannot|nothing|no (?:appointments?|tasks?|meetings?|events?)|none|free|available|clear"
    r"|nao (?:\w+ ){0,2}?(?:tem|ha|encontrei|encontro|vejo|existe|consegui|posso|cancelei|agendei|entendi|e|esta)|nenhum[a]?|livres?|disponive\w+|vazi[oa])\b"
)
# Asks, offers or supposes: says nothing to be so.
ASKING = re.compile(
    r"\?\s*$|^\s*[¿]|\b(?:quieres|quiere|queres|prefieres|prefiere|te gustaria|puedo|podria|podemos|podrias|si (?:quieres|prefieres|gustas|me dices)|dime|avisame|cuentame|shall i|would you|do you want|i can|could|if you|let me know|tell me|quer que|gostaria|posso|se quiser|me diga|diga)\b"
)
PRESENCE = re.compile(
    r"\b(?:tienes|tenes|tiene|hay|te esperan?|te toca|empieza|comienza|sigue|viene|you have|there (?:is|are)|starts?|you've got|next is|(?:voce )?tem|ha|comeca|espera)\b"
)
# Words of having done something, by what was done (the names of tools' acts).
ACTS: dict[tuple[str, ...], re.Pattern[str]] = {
    ("created",): re.compile(
        r"\b(?:agende|agendado|agendada|cree|creada|creado|anote|anotada|anotado|anadi|anadida|agregue|agregada|reserve|programe|booked|scheduled|added|created|agendei|criei|criada|adicionei|anotei|marquei (?:a|o|uma|um) (?:reuniao|compromisso|consulta))\b"
    ),
    ("moved", "changed", "reminders", "prioritised"): re.compile(
        r"\b(?:movi|movida|movido|pase|reprograme|reprogramada|reprogramado|cambie|corri|aplace|moved|rescheduled|postponed|changed|mudei|remarquei|remarcada|adiei|alterei)\b"
    ),
    ("cancelled", "deleted"): re.compile(
        r"\b(?:cancele|borre|elimine|quite|anule|cancelled|canceled|deleted|removed|cancelei|apaguei|exclui|removi)\b"
    ),
    ("completed",): re.compile(
        r"\b(?:marque|complete|di por hecha|taché|tache|marked|checked off|completed it|conclui|marquei (?:como|a tarefa))\b"
    ),
    ("prioritised", "changed"): re.compile(r"\b(?:priorice|subi la prioridad|baje la prioridad|prioritized|prioritised|priorizei)\b"),
    ("reminders", "created", "changed"): re.compile(r"\b(?:puse (?:un|el|los) avisos?|set (?:a|the) reminders?|coloquei (?:um|o) (?:aviso|lembrete))\b"),
    ("undone",): re.compile(r"\b(?:deshice|deshecho|undid|undone|desfiz|desfeito)\b"),
}  # fmt: skip
DONE = re.compile(r"^\W*(?:listo|hecho|ya quedo|ya esta|done|all set|pronto|feito|prontinho)\b(?! para| to | para )")
# What is quoted after it is an example of what may be written, and says nothing to be so.
EXAMPLES = re.compile(
    r"\b(?:prueba|por ejemplo|escribe\w*|escribirme|dime|pideme|try|for example|such as|write|tell me|ask me|experimente|por exemplo|escreva|diga|peca)\b"
)
REMIND = re.compile(r"\b(?:avis[oa]\w*|avisar\w*|recordar\w*|recordatorio\w*|remind\w*|lembr\w+|alert\w*)\b")
COUNT = re.compile(
    r"\b(?P<n>\d{1,3}|una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|one|two|three|four|five|six|seven|eight|nine|ten|um|uma|dois|duas|quatro|sete|oito|nove|dez)"
    r" (?:\w+ ){0,2}?(?P<what>citas?|reuniones|reunion|compromisos?|eventos?|tareas? (?:vencid|atrasad)\w+|tareas?|pendientes?|vencidas?|appointments?|meetings?|events?|overdue tasks?|tasks?|overdue|reunioes|reuniao|tarefas? atrasadas?|tarefas?|atrasadas?)\b"
)
OF_OVERDUE = re.compile(r"vencid|overdue|atrasad")
OF_TASKS = re.compile(r"tarea|task|tarefa|pendient")
PENDING = re.compile(r"pendient|compromis|event")
ENDING = re.compile(r"\b(?:termina\w*|acaba\w*|hasta|finaliza\w*|fin|ends?|until|till|over|finish\w*|ate|encerra\w*)\b")
BARE_HOUR = re.compile(r"\b(?:at|a las?|as)\s+(\d{1,2})(?:[:.](\d\d))?\b(?!\s*(?:%|/|de \w+bre))")
CLAUSES = re.compile(r"[,;]\s+(?!\d)|\s(?:y|e|and)\s+(?=[a-z])|\b(?:luego|then|depois)\b")
# «tienes pendiente renovar la licencia»: a thing to do, named by what has to be done.
TO_DO = re.compile(
    r"\bpendientes? (?:de |por )?\w+[aei]r\b|\b(?:tarea|tarefa) (?:de |para )|\btask (?:to|of) |\bpendente\b"
)
NUMBERS = {
    word: n
    for n, words in enumerate(
        [
            "",
            "un una one um uma",
            "dos two dois duas",
            "tres three",
            "cuatro four quatro",
            "cinco five",
            "seis six",
            "siete seven sete",
            "ocho eight oito",
            "nueve nine nove",
            "diez ten dez",
        ]
    )
    for word in words.split()
}
RELATIVE = re.compile(r"\b(?:en|dentro de|faltan?|in|em|daqui a|within)\b")
# Words that a sentence about anybody's agenda is made of; they name nothing.
SPEECH = frozenset(
    stem(word)
    for word in word_set(
        "cita citas reunion reuniones tarea tareas evento eventos pendiente pendientes compromiso compromisos llamada agenda dia dias hora horas semana mes hoy manana tarde noche ahora"
        " tienes tiene tenes hay espera esperan toca empieza comienza termina sigue siguiente proxima proximo primera primer primero segunda segundo ultima ultimo luego despues antes entre desde hasta todo toda todos todas tambien ademas solo"
        " vence vencen vencio vencida vencidas vencido atrasada atrasadas prioridad alta media baja urgente importante aviso avisos aviso avisare recordatorio recordatorios minutos minuto segun zona horario lugar oficina con para por sobre como cuando donde que cual"
        " listo hecho quedo quedan queda esta estan es son sera eran ya aqui muy bien animo vamos gran buen buena buenos excelente genial perfecto claro felicidades felicitaciones bravo exito dale arriba tranquilo recuerda ojo importante mejor primero paso pasos"
        " agende agendada agendado movi movida cancele cancelada cancelado cree creada marque marcada hecha hechas anote cambie deshice deshacer deshacerlo escribe responde si no nada ninguna ninguno libre libres disponible ratos rato huecos hueco espacio tiempo"
        " cruza cruzan conflicto conflictos mismo misma otra otro otras otros mas menos cosa cosas lista resumen tu tus te lo la le se mi su sus de del el los las un una unos unas y e o u a al en sin quieres prefieres puedo podemos ayudo ayudarte necesitas"
        " appointment appointments meeting meetings task tasks event events call schedule calendar day days hour hours week month today tomorrow tonight morning afternoon evening now you have has there is are starts start ends end next first second last then after before from to until all also only due overdue priority high medium low urgent"
        " reminder reminders remind minutes minute time zone place office with for about as when where which done booked moved cancelled created marked added changed undone undo free available slots slot nothing none no not yes your it its the a an and or in on at of by great good nice keep going well work job luck ready here left remaining more other another same thing things list summary i i'll me my want can help need want shall would like write type reply that this"
        " compromisso compromissos reuniao tarefa tarefas dia dias hora horas semana mes hoje amanha manha tarde noite agora voce tem ha comeca termina proximo proxima primeiro primeira segundo ultimo depois antes entre desde ate todo toda todos todas tambem so vence vencida atrasada atrasadas prioridade alta media baixa urgente aviso avisos lembrete minutos minuto fuso horario lugar escritorio com para por sobre como quando onde pronto feito marquei agendei movi cancelei criei anotei desfiz desfazer livre livres nada nenhum nenhuma seu sua seus suas o os a as um uma e ou em no na nos nas do da dos das de otimo muito bem vamos forca parabens bom trabalho mais outra outro mesmo coisa lista resumo quer prefere posso ajudar precisa"
        " lunes martes miercoles jueves viernes sabado domingo monday tuesday wednesday thursday friday saturday sunday segunda terca quarta quinta sexta feira enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre january february march april may june july august september october november december janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro"
        " am pm p m h hrs recado asistente assistente assistant madrugada mediodia medianoche noon midnight hola hi hello ola gracias thanks obrigado tal vez quiza seguro cuanto antes falta faltan"
    )
)
