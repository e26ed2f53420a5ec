"""Spanish words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="Spanish",
    filler="""
        es, esta, de, del, la, el, los, las, en, al, por, para, y, oportunidad, oportunidades,
        negocio, negocios, prospecto, prospectos, contacto, cliente, clientes, ventas, comercial,
        venta, registro, nombre, actual, trato, candidato
        """,
    stage="estado, estatus, etapa, fase, resultado, decision, situacion, =status, disposicion",
    flag="""
        convertido, convertida, ganado, ganada, aceptado, aceptada, calificado, calificada,
        cualificado, cualificada, respuesta, respondio, compro, comprado, compra, suscrito,
        =objetivo, exito, interesado, aprobado, aprobada
        """,
    closed="=cerrado, =cerrada, =esta cerrado",
    active="=activo, =activa, =esta activo",
    other_status="civil, laboral, correo, pedido, pago, suscripcion, matricula, envio",
    earlier="anterior, previo, previa, pasado, pasada, ultimo, ultima",
    won="""
        ganad*, vendid*, firmad*, exito*, cerrad* con exito, inscrit*, matriculad*, venta
        cerrada, cerro, poliza emitida
        """,
    accepted="""
        aceptad*, convertid*, cliente, aprobad*, negocio abierto, oportunidad abierta,
        =bueno, =buena, lead bueno
        """,
    qualified="calificad*, cualificad*, oportunidad",
    lost="""
        perdid*, rechazad*, rechaz*, descartad*, descart*, descalific*, descualific*,
        cancelad*, no aceptad*, no ganad*, no calific*, no cualific*, no convertid*, no
        interes*, sin interes, no le interesa, fallid*, desestimad*, anulad*, no apto, no
        valido, basura, no es para nosotros, no sirve, no apto*, =malo, =mala
        """,
    recycled="""
        reciclad*, recicl*, nutricion, mas adelante, mal momento, momento inadecuado, mala
        epoca, devuelt*, regresad*
        """,
    still_open="por calificar, calificacion, cualificacion, en calificacion, precalificad*",
    undecided="""
        nuev*, abiert*, pendiente*, contactad*, proceso, en curso, negociacion*, propuesta*,
        seguimiento, asignad*, cotiza*, presupuest*, prospeccion, demostracion, visita,
        reunion, en espera, sin contactar, intento*, activ*, analisis, cita, presentacion,
        en progreso, trabajando, intentando, conectad*, entrante*
        """,
    yes="=si, =s, =verdadero, =v, =ok, =vale",
    no="=no, =n, =falso, =f",
    hand_over="""
        entreg*, asignad*, asignacion, primer contacto, traspas*, fecha de contacto, fecha contacto,
        pase a ventas, a ventas, a comercial, a comerciales, al comercial,
        cualificado por marketing, calificad* para marketing,
        cualificad* para marketing, calificad* por marketing, cualificad* por marketing, mql
        """,
    created="""
        cread*, creacion, registr*, alta, ingreso, ingresado, recib*, solicitud, fecha de entrada,
        fecha entrada, apertura, inscripcion, captacion
        """,
    decided="""
        cierre, cerrad*, ganad*, perdid*, conversion, convertid*, decision, rechazo,
        rechazad*, aceptacion, aceptad*, resolucion, venta, respuesta, calificado el,
        finaliz*, revis*, analisis, evaluacion, valoracion, veredicto
        """,
    planned="""
        previst*, estimad*, esperad*, planific*, vencimiento, proxim*, programad*,
        pronostic*, seguimiento, prevision, recordatorio, caducidad, cita, reunion, fecha de
        fin, fecha fin
        """,
    changed="""
        modific*, actualiz*, ultim*, cambio, importacion, exportacion, sincroniz*
        """,
    other_time="nacimiento, fundacion, aniversario, inicio de contrato, fin de contrato",
    date="fecha, hora, dia, el, momento",
    owner="""
        propietari*, responsable*, asesor, asesora, asesores, asesor comercial, vendedor,
        vendedora, comercial asignad*, =comercial, ejecutiv*, ejecutivo de ventas,
        representante, asignado a, asignada a, creado por, modificado por, agente, gestor,
        gestor comercial, encargad*, atendido por, dueno, equipo de ventas, consultor,
        cerrado por, teleoperador*, editado por, derivado a, suscriptor asignado
        """,
    not_owner="""
        propietario de vivienda, responsable de compras, ejecutivo de compras, es
        propietario, propietario o inquilino
        """,
    sales_field="""
        motivo, motivo de perdida, motivo de rechazo, motivo de descarte, motivo de cierre,
        razon de perdida, causa de perdida, probabilidad, pronostico, proximo paso, siguiente
        paso, ingresos esperados, dias hasta cierre, importe ganado, lecci* aprendida*,
        =proceso, nota* de venta*, comentario* de venta*, nota* del asesor, comentario* del
        asesor, resultado de la llamada, veces contactad*, actividades completadas,
        actividades realizadas, actividades pendientes, actividades por hacer, total de
        actividades, observacion* comercial*, obs comercial*, duracion de la llamada, duracion
        llamada, comentario* comercial*, =llamadas, llamadas realizadas, numero de llamadas,
        num llamadas, =reuniones, reuniones realizadas, numero de reuniones, =seguimientos,
        numero de seguimientos
        """,
    id="codigo, identificador, clave, numero, folio, =nro",
    not_id="codigo postal, telefon*, movil, celular, codigo promocional, codigo de descuento",
    pipeline="embudo, embudo de ventas, canalizacion, =pipeline",
    automatic="automatic*, tiempo agotado, expirad*, caducad*, inactividad",
)
