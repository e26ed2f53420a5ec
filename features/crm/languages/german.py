"""German words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="German",
    filler="""
        ist, wurde, der, die, das, des, dem, den, von, vom, am, im, zum, zur, und, fur,
        verkaufschance, verkaufschancen, interessent, interessenten, kunde, kunden, kontakt,
        kontakte, vertrieb, vertriebs, verkaufs, datensatz, aktuell, aktueller, aktuelle, geschaft
        """,
    stage="""
        status, leadstatus, phase, stufe, stadium, ergebnis, entscheidung, zustand, dealstatus,
        dealphase, vertriebsphase, verkaufsphase, verkaufsstufe, statusgrund, auftragsstatus
        """,
    flag="""
        konvertiert, gewonnen, akzeptiert, angenommen, qualifiziert, antwort, geantwortet,
        reagiert, gekauft, kauf, abgeschlossen gewonnen, =ziel, zielvariable, verkauft,
        erfolg, erfolgreich, reaktion, ruckmeldung, zusage, zugesagt, genehmigt
        """,
    closed="=geschlossen, =abgeschlossen",
    active="=aktiv, =ist aktiv",
    other_status="familienstand, beschaftigung, zahlung*, bestell*, abo, liefer*, zivilstand",
    earlier="""
        vorherig*, fruher*, letzt*, vorig*, vorkampagne*, voraktion*, vorjahr*, vormonat*,
        vor kampagne
        """,
    won="gewonn*, auftrag, verkauft, unterschrieben, erfolgreich, beauftragt, gekauft, policiert",
    accepted="""
        akzeptiert*, angenommen*, konvertiert*, umgewandelt*, kunde, genehmigt*, offener
        deal, offenes geschaft, deal offen, =gut, guter lead
        """,
    qualified="qualifiziert*, verkaufschance",
    lost="""
        verlor*, absage, abgelehnt*, disqualifiziert*, unqualifiziert*, nicht qualifiziert*,
        nicht konvertiert*, nicht akzeptiert*, nicht angenommen*, nicht gewonn*, kein
        interesse, nicht interess*, verworfen*, storniert*, abgebrochen*, abgesagt*,
        ungultig*, ungeeignet*, erfolglos*, aussortiert*, kein bedarf, nicht gut, nichts fur
        uns, nicht geeignet, =schlecht
        """,
    recycled="""
        recycel*, wiedervorlage, spater, zuruck an marketing, schlechter zeitpunkt, falscher
        zeitpunkt, ungunstiger zeitpunkt, zuruckgegeben, zuruck ans marketing
        """,
    still_open="qualifizierung, in qualifizierung, vorqualifiziert*, zu qualifizieren",
    undecided="""
        neu*, offen*, in bearbeitung, bearbeitung, kontaktiert*, ausstehend*, verhandlung*,
        angebot*, wartend*, wartet, zugewiesen*, termin*, prasentation*, bedarfsanalyse, analyse,
        nicht kontaktiert*, versuch*, aktiv*, prufung, in prufung, laufend*, erstkontakt, in arbeit,
        demo*
        """,
    yes="=ja, =j, =wahr, =w",
    no="=nein, =n, =falsch, =f",
    hand_over="""
        ubergabe*, ubergeben*, uebergabe*, uebergeben*, an vertrieb, an den vertrieb, zugewiesen*,
        zuweisung*, zuteilung*, erstkontakt*, weitergeleitet*,
        weitergabe*, kontaktdatum, marketing qualifizier*, marketingqualifizier*,
        vom marketing qualifizier*, mql
        """,
    created="""
        erstell*, angelegt*, anlage*, registrier*, eingang*, eingegangen*, erfass*, anmelde*,
        anfrage*, aufnahme*, eroffn*, lead datum, leaddatum
        """,
    decided="""
        abschluss*, abgeschlossen*, geschlossen*, schliess*, gewonn*, verlor*, konvertier*,
        umwandlung*, umgewandelt*, entscheid*, entschieden*, ablehn*, abgelehnt*, annahme*,
        kauf*, antwort*, qualifiziert am, verkauft am, gepruft*, prufung*, bewertet*,
        beurteil*
        """,
    planned="""
        erwartet*, voraussichtlich*, geplant*, geschatzt*, fallig*, frist, nachst*,
        wiedervorlage*, erinnerung*, termin*, prognose*, ablauf*, planung*, =enddatum, =ende
        """,
    changed="""
        geandert*, anderung*, anderungs*, aktualisier*, letzt*, zuletzt*, bearbeitet*, import*,
        export*, synchron*
        """,
    other_time="geburt*, grundung*, jubilaum, vertragsbeginn, vertragsende",
    date="datum, zeit, zeitpunkt, tag, am, *datum, uhrzeit, zeitstempel",
    owner="""
        besitzer*, eigentumer*, inhaber*, leadbesitzer, dealbesitzer, kontoinhaber,
        zustandig*, zugewiesen an, zugewiesener*, verantwortlich*, verkaufer*, vertriebler*,
        vertriebsmitarbeiter*, aussendienst*, innendienst*, ansprechpartner vertrieb,
        betreuer*, kundenbetreuer*, berater*, erstellt von, geandert von, angelegt von,
        bearbeiter*, sachbearbeiter*, vertriebsteam, vertreter*, ubergeben an,
        weitergeleitet an, underwriter
        """,
    not_owner="""
        hausbesitzer, inhabergefuhrt, geschaftsinhaber, ist eigentumer, sind sie eigentumer,
        eigentumer oder mieter
        """,
    sales_field="""
        verlustgrund, ablehnungsgrund, grund, absagegrund, grund der ablehnung, grund fur
        verlust, disqualifizierungsgrund, wahrscheinlichkeit, abschlusswahrscheinlichkeit,
        prognose, nachster schritt, erwarteter umsatz, vertriebsnotiz*, notiz* vertrieb,
        notiz* des vertriebs, gesprachsnotiz*, vertriebskommentar*, gesprachsergebnis,
        gesprachsdauer*, anrufdauer*, telefondauer*, dauer des gesprachs, dauer des anrufs,
        abgeschlossene aktivitaten, erledigte aktivitaten, offene aktivitaten, anzahl
        kontaktversuche, kontaktversuche, =anrufe, anzahl anrufe, anzahl der anrufe, anzahl
        termine, anzahl gesprache
        """,
    id="nummer, kennung, *nummer, nr, schlussel, *id, kennzeichen",
    not_id="""
        postleitzahl, plz, telefon*, handy*, mobil*, fax*, hausnummer, gutscheincode,
        rabattcode
        """,
    pipeline="trichter, vertriebstrichter, vertriebspipeline, =pipeline",
    automatic="automatisch*, zeituberschreitung, abgelaufen*, inaktivitat",
)
