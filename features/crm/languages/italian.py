"""Italian words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="Italian",
    filler="""
        e, di, del, della, dello, dei, delle, il, lo, la, gli, le, l, al, da, in, per, opportunita,
        trattativa, trattative, affare, affari, cliente, clienti, contatto, contatti, vendite,
        vendita, commerciale, nome, attuale, potenziale
        """,
    stage="stato, fase, stadio, esito, risultato, decisione, tappa",
    flag="""
        convertito, convertita, vinto, vinta, accettato, accettata, qualificato,
        qualificata, risposta, risposto, acquistato, acquisto, iscritto, =obiettivo,
        venduto, interessato, successo, approvato, approvata
        """,
    closed="=chiuso, =chiusa",
    active="=attivo, =attiva",
    other_status="civile, occupazionale, pagamento, ordine, abbonamento, spedizione",
    earlier="precedente, passato, passata, ultimo, ultima, scorso, scorsa",
    won="vint*, vendut*, firmat*, acquisit*, conclus* con successo, successo, polizza emessa",
    accepted="""
        accettat*, convertit*, cliente, approvat*, trattativa aperta, affare aperto, =buono,
        lead buono
        """,
    qualified="qualificat*, opportunita",
    lost="""
        pers*, perdut*, rifiutat*, respint*, scartat*, squalificat*, non qualificat*, non
        accettat*, non convertit*, non vint*, non interess*, nessun interesse, annullat*,
        abbandonat*, fallit*, non valid*, non idone*, non fa per noi, non buono, non idoneo
        """,
    recycled="""
        riciclat*, nurturing, piu avanti, da ricontattare piu avanti, momento sbagliato,
        tempistica sbagliata, momento non adatto, restituit*
        """,
    still_open="qualificazione, da qualificare, in qualificazione, prequalificat*",
    undecided="""
        nuov*, apert*, in attesa, attesa, contattat*, in corso, corso, trattativa, negoziazione,
        propost*, preventiv*, offert*, assegnat*, da contattare, non contattat*, appuntament*,
        riunione, dimostrazione, tentativ*, attiv*, analisi, presentazione, in lavorazione,
        lavorazione, prospezione, sospes*
        """,
    yes="=si, =s, =vero, =v",
    no="=no, =n, =falso, =f",
    hand_over="""
        consegn*, assegnat*, alle vendite, al commerciale, ai commerciali, assegnazione, passaggio,
        primo contatto, trasferit*, data contatto,
        data di contatto, affidat*, qualificat* per il marketing, qualificat* dal marketing,
        qualificat* marketing, mql
        """,
    created="""
        creat*, creazione, registrat*, registrazione, iscrizione, inseriment*, inserit*, ricevut*,
        ricezione, apertura, richiesta, acquisizione
        """,
    decided="""
        chiusur*, chius*, vint*, vincita, perdita, pers*, conversione, convertit*,
        decisione, rifiuto, accettazione, vendita, acquisto, conclusione, risposta,
        qualificato il, firma, analisi, valutazione, revisione, esaminat*, verdetto
        """,
    planned="""
        previst*, prevision*, stimat*, attes*, pianificat*, scadenza, prossim*, programmat*,
        promemoria, appuntamento, riunione, richiamo, data fine, data di fine
        """,
    changed="""
        modific*, aggiorn*, ultim*, cambio, cambiament*, importazione, esportazione, sincronizz*
        """,
    other_time="nascita, fondazione, anniversario, inizio contratto, fine contratto",
    date="data, ora, giorno, il, orario",
    owner="""
        proprietari*, responsabile, venditore, venditrice, assegnato a, assegnata a,
        =commerciale, =agente, agente di vendita, rappresentante, consulente, creato da,
        modificato da, referente commerciale, gestore, incaricato, seguito da, operatore,
        team vendite, chiuso da, addetto, modificata da, passato a, inoltrato a
        """,
    not_owner="""
        proprietario di casa, responsabile acquisti, e proprietario, sei proprietario,
        proprietario o inquilino
        """,
    sales_field="""
        motivo, motivo perdita, motivo della perdita, motivo di rifiuto, motivazione, causa
        perdita, probabilita, previsione, prossimo passo, ricavo previsto, lezion* appres*,
        =processo, note vendite, note commerciali, note del commerciale, esito chiamata, esito
        della chiamata, attivita completate, attivita da completare, attivita svolte, volte
        contattat*, durata chiamata, durata della chiamata, osservazion* commercial*,
        =chiamate, chiamate effettuate, numero di chiamate, numero chiamate, =appuntamenti,
        numero di appuntamenti
        """,
    id="codice, identificativo, numero, chiave",
    not_id="codice postale, cap, codice fiscale, telefono, cellulare, codice promozionale",
    pipeline="imbuto, =pipeline",
    automatic="automatic*, tempo scaduto, scadut*, inattivita",
)
