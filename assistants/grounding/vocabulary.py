# ruff: noqa: E501  (word lists and patterns are one line each)
"""Words that name no product of their own: labels, services, qualities, places and means of payment."""

from __future__ import annotations

from assistants.grounding.words import fold, stem, word_set

# Things a shop speaks of that are not on its shelf, and the labels of lists and tables.
_LABELS = """
precio precios valor costo total subtotal descuento oferta ofertas promocion promociones stock disponibilidad disponible disponibles existencia
existencias inventario unidad unidades cantidad producto productos articulo articulos opcion opciones alternativa alternativas modelo modelos
marca marcas categoria categorias tipo tipos clase variedad variedades referencia referencias presentacion presentaciones talla tallas color
colores tamano tamanos medida medidas material materiales descripcion caracteristicas detalle detalles especificaciones nombre sku codigo
resumen nota importante recomendacion recomendaciones sugerencia ventaja ventajas uso usos ideal diferencia diferencias comparacion
comparativa conclusion respuesta pregunta preguntas consulta informacion info dato datos ayuda duda dudas asesoria consejo tip tips
envio envios domicilio domicilios delivery despacho entrega entregas retiro recogida pago pagos efectivo tarjeta tarjetas transferencia credito
debito cuotas factura facturas garantia garantias devolucion devoluciones cambio cambios horario horarios direccion ubicacion telefono contacto
whatsapp instagram facebook correo email web pagina sitio tienda local sucursal sede negocio empresa atencion servicio servicios instalacion
cotizacion pedido pedidos compra compras reserva carrito catalogo lista surtido portafolio linea lineas gama coleccion seccion equipo personal
asesor asesores vendedor cliente clientes persona personas gusto placer problema tiempo dia dias hora horas semana mes lunes martes
miercoles jueves viernes sabado sabados domingo domingos festivos enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre manana tarde noche hoy ahora presupuesto presupuestos rango precio-calidad calidad stock relacion cosa cosas algo nada todo todos
todas otro otros otra otras mismo varios varias muchos muchas algunos algunas pocos pocas cada ambos ambas primero segundo tercero primera segunda
tercera ultimo ultima siguiente anterior mejor mejores peor mayor menor mas menos muy bastante tanto solo tambien ademas si no claro hola buenas
buenos gracias saludos perfecto excelente genial listo lista dale bueno buena genial encantado encantada bienvenido bienvenida bienvenidos
juntos juntas nino ninos nina ninas bebe mascota mascotas adulto adultos
herramienta herramientas ropa prenda prendas accesorio accesorios dispositivo dispositivos electronica equipo equipos repuesto repuestos insumo
insumos mercancia necesidad necesidades proyecto proyectos trabajo trabajos hogar casa obra uso taller oficina regalo regalos parqueadero
estacionamiento probador probadores whats app mensaje chat foto fotos link enlace pesos dolares soles reales iva impuesto impuestos incluido
incluye desde hasta entre aproximado sujeto agotado agotada agotados sin con novedades novedad resultado resultados coincidencia momento
inconveniente facilidad facilidades medios medio metodo metodos forma formas plan planes condiciones condicion politica politicas zona zonas
ciudad barrio mercado nequi daviplata bancolombia mercadopago paypal visa mastercard amex pse oxxo pix yape plin boleto spei rappi bogota
medellin cali lima quito santiago mexico monterrey guadalajara buenos aires montevideo brasil colombia chile peru argentina ecuador uruguay dios
""".strip()
_LABELS_OTHER = """
price prices cost availability available quantity product products item items option options model models brand brands category categories
size sizes color colors description details feature features summary note important recommendation shipping delivery pickup payment cash card
cards transfer invoice warranty returns hours address location phone contact store shop service customer customers order orders catalog list
line question questions help information here there the best cheapest budget offer offers discount stock units unit monday tuesday wednesday
thursday friday saturday sunday today tomorrow yes no sure hello hi hey thanks thank you great perfect we our us your it its they these those
this that both each first second third other others more less also one some any all everything anything something what which tool tools clothing clothes gift
preco precos custo estoque disponivel disponiveis produto produtos opcao opcoes modelo marca categoria tamanho tamanhos cor cores descricao
detalhes resumo recomendacao frete entrega retirada pagamento dinheiro cartao transferencia pix boleto nota fiscal garantia troca trocas
horario endereco telefone contato loja servico atendimento cliente pedido carrinho catalogo pergunta duvida ajuda informacao segunda terca
quarta quinta sexta sabado hoje amanha sim nao ola oi obrigado obrigada claro otimo perfeito ferramenta ferramentas roupa roupas presente item itens
""".strip()
# Qualities: they praise a thing without saying which one it is.
_QUALITIES = """
them those ellos ellas deles delas combo combos conjunto bundle compra ultimo ultima ultimos ultimas unico unica last left remaining restante restantes suelto suelta sueltos sueltas individual individuales adicional adicionales separado bueno buena buenos buenas excelente excelentes gran grande grandes pequeno pequena pequenos pequenas nuevo nueva nuevos nuevas economico economica
economicos economicas barato barata baratos baratas caro cara caros caras resistente resistentes duradero duradera comodo comoda comodos comodas
ligero ligera liviano liviana practico practica versatil versatiles popular populares vendido vendida vendidos ideal ideales perfecto perfecta
perfectos recomendado recomendada recomendable recomendados solido solida robusto robusta potente potentes rapido rapida facil faciles seguro segura
confiable confiables moderno moderna elegante elegantes bonito bonita lindo linda lindos lindas clasico suave fuerte fuertes especial especiales profesional
profesionales domestico domestica basico sencillo sencilla completo completa original originales unico unica diferente diferentes
distintos distintas variado variada adecuado adecuada adecuados apropiado indicado indicada necesario necesaria util utiles mejor disponible disponibles accesible accesibles
asequible asequibles competitivo competitivos increible hermoso hermosa interesante interesantes similar similares suficiente suficientes parecido parecidos parecidas relacionado relacionados
good great nice new cheap cheaper cheapest expensive affordable popular best better perfect ideal strong durable light comfortable practical
versatile reliable professional basic simple complete different similar related available excellent small large big useful
bom boa bons boas otimo otima novo nova novos novas barato barata caro cara leve pratico pratica versatil popular ideal perfeito perfeita forte resistente
profissional simples completo completa diferente diferentes parecido parecidos disponivel disponiveis melhor melhores pequeno pequena grande
""".strip()

# Qualities that do say which one it is: a shop that sells no cordless drill must not offer one.
DISTINGUISHING = frozenset(
    stem(word)
    for word in word_set(
        "inalambrico inalambrica electrico electrica digital solar manual neumatico hidraulico laser inteligente bluetooth wifi"
        " rojo roja azul verde amarillo negro negra blanco blanca gris rosado rosa morado naranja beige cafe marron dorado plateado"
        " algodon lana cuero seda lino lycra poliester acero aluminio madera plastico bronce cobre goma caucho vidrio"
        " hombre mujer nino nina dama caballero infantil recargable plegable magnetico automatico industrial impermeable termico"
        " cordless electric wireless red blue green yellow black white gray grey pink purple leather cotton wool steel wooden"
        " vermelho amarelo preto branco cinza roxo laranja algodao couro aco sem-fio eletrico"
    )
)

GENERIC = frozenset(stem(fold(word)) for word in word_set(f"{_LABELS} {_LABELS_OTHER} {_QUALITIES}")) - DISTINGUISHING

# What pieces come in; it says nothing only right after a number ("50 bultos", "dos cajas").
CONTAINERS = frozenset(
    stem(word)
    for word in word_set(
        "juego set kit pack estuche conjunto blister caja bulto par libra botella lata paquete bolsa saco ejemplar rollo galon unidad pieza docena kilo metro frasco sobre tarro cunete"
        " box bag bottle can pack packet roll pair copy copies piece unidade caixa saco garrafa pacote par rolo maceta planta bandeja tubo barra"
    )
)
