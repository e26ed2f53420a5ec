"""Portuguese words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="Portuguese",
    filler="""
        e, foi, esta, do, da, dos, das, de, o, os, as, em, no, na, para, oportunidade,
        oportunidades, negocio, negocios, negociacao, cliente, clientes, contato, contatos, vendas,
        venda, registro, nome, atual, funil
        """,
    stage="status, estagio, etapa, fase, situacao, estado, resultado, decisao",
    flag="""
        convertido, convertida, ganho, ganha, aceito, aceita, qualificado, qualificada,
        resposta, respondeu, comprou, comprado, compra, inscrito, =alvo, vendido,
        interessado, aprovado, aprovada
        """,
    closed="=fechado, =fechada, =encerrado, =concluido",
    active="=ativo, =ativa, =esta ativo",
    other_status="civil, emprego, pagamento, pedido, assinatura, matricula, entrega",
    earlier="anterior, previo, previa, passado, passada, ultimo, ultima",
    won="""
        ganh*, vendid*, assinad*, sucesso, vencid*, conquistad*, matriculad*, fechou,
        fecharam, deu certo, apolice emitida
        """,
    accepted="""
        aceit*, convertid*, cliente, aprovad*, negocio aberto, oportunidade aberta, =bom,
        =boa, lead bom
        """,
    qualified="qualificad*, oportunidade",
    lost="""
        perdid*, perda, rejeitad*, recusad*, descartad*, desqualific*, cancelad*, nao
        aceit*, nao ganh*, nao qualific*, nao convertid*, nao interess*, sem interesse,
        invalid*, sem perfil, nao fech*, nao deu certo, desist*, nao serve, nao e para nos,
        =mau, =ruim
        """,
    recycled="reciclad*, nutricao, mais tarde, futuro, mau momento, momento ruim, devolvid*",
    still_open="qualificacao, em qualificacao, a qualificar, pre qualificad*",
    undecided="""
        nov*, abert*, pendente*, contatad*, contactad*, andamento, em andamento, negociacao,
        proposta*, orcamento, acompanhamento, atribuid*, prospeccao, demonstracao, reuniao, visita,
        aguardando, tentativa*, ativ*, analise, apresentacao, em aberto, em processo, contato,
        agendad*, aguard*, retorno, propost*
        """,
    yes="=sim, =s, =verdadeiro, =v",
    no="=nao, =n, =falso, =f",
    hand_over="""
        entreg*, atribuid*, atribuicao, primeiro contato, primeiro contacto, repass*, passagem,
        encaminhad*, para vendas, a vendas, para o comercial, ao comercial, data de contato,
        data do contato, qualificad* pelo marketing,
        qualificad* para marketing, qualificad* de marketing, mql
        """,
    created="""
        criad*, criacao, cadastr*, registrad*, registad*, inscricao, entrada, recebid*, abertura,
        solicitacao, captacao, inclusao
        """,
    decided="""
        fechament*, fechad*, fecho, encerrament*, encerrad*, ganh*, perda, perdid*,
        conversao, convertid*, decisao, rejeicao, aceitacao, aceite, conclusao, venda,
        resposta, finaliz*, revis*, analise, avaliacao, veredito
        """,
    planned="""
        previst*, previsao, estimad*, esperad*, planejad*, planead*, vencimento, proxim*,
        agendad*, prazo, lembrete, reuniao, validade, data de fim, data fim, data de termino
        """,
    changed="""
        modific*, atualiz*, actualiz*, alterad*, alteracao, ultim*, mudanca, importacao, exportacao
        """,
    other_time="nascimento, fundacao, aniversario, inicio do contrato, fim do contrato",
    date="data, hora, dia, em, momento",
    owner="""
        proprietari*, responsavel, vendedor, vendedora, vendedores, representante, atribuido
        a, atribuida a, criado por, modificado por, alterado por, atendente, consultor,
        consultora, agente, executivo, executiva, gestor, dono, corretor, equipe de vendas,
        pre vendedor, fechado por, =comercial, comercial atribuido, editado por, encaminhado
        para
        """,
    not_owner="""
        proprietario de imovel, responsavel por compras, e proprietario, e proprietaria,
        proprietario ou inquilino
        """,
    sales_field="""
        motivo, motivo da perda, motivo de perda, motivo do descarte, motivo de rejeicao,
        probabilidade, previsao de receita, proximo passo, receita esperada, dias ate
        fechamento, lic* aprendida*, =processo, nota* de venda*, comentario* de venda*, nota*
        do vendedor, resultado da ligacao, obs comercia*, observac* comercia*, comentario*
        comercia*, vezes contatad*, atividades concluidas, atividades realizadas, atividades a
        fazer, total de atividades, negocios em aberto, total de vendas, duracao da chamada,
        duracao da ligacao, tempo de ligacao, =ligacoes, =chamadas, ligacoes realizadas,
        numero de ligacoes, =reunioes, reunioes realizadas, numero de reunioes
        """,
    id="codigo, identificador, chave, numero, protocolo",
    not_id="codigo postal, cep, telefon*, telemovel, celular, codigo promocional",
    pipeline="funil, funil de vendas, =pipeline",
    automatic="automatic*, tempo esgotado, expirad*, inatividade",
)
