"""French words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="French",
    filler="""
        est, de, du, des, la, le, les, l, d, en, au, par, pour, et, opportunite, opportunites,
        affaire, affaires, transaction, piste, pistes, prospect, prospects, client, clients,
        contact, ventes, vente, commercial, commerciale, enregistrement, nom, actuel, actuelle,
        fiche
        """,
    stage="statut, etat, etape, phase, stade, resultat, decision, issue",
    flag="""
        converti, convertie, gagne, gagnee, accepte, acceptee, qualifie, qualifiee, reponse,
        repondu, achete, achat, souscrit, abonne, =cible, vendu, interesse, succes,
        approuve, approuvee
        """,
    closed="=ferme, =fermee, =cloture, =cloturee, =clos, =close",
    active="=actif, =active, =est actif",
    other_status="civil, marital, matrimonial, emploi, paiement, commande, abonnement, livraison",
    earlier="precedent, precedente, anterieur, anterieure, dernier, derniere, ancien",
    won="gagn*, vendu*, signe*, remporte*, conclu*, succes, police emise, contrat emis",
    accepted="""
        accepte*, converti*, client, approuve*, transaction ouverte, affaire ouverte, =bon,
        =bonne, bon lead
        """,
    qualified="qualifie*, opportunite",
    lost="""
        perdu*, rejete*, refuse*, disqualifie*, non qualifie*, pas qualifie*, non converti*,
        non accepte*, non gagne*, pas interess*, non interess*, ecarte*, annule*,
        abandonne*, sans suite, hors cible, injoignable definitif, invalide, pas pour nous,
        pas bon, =mauvais
        """,
    recycled="""
        recycle*, nurturing, plus tard, a relancer plus tard, mauvais moment, mauvais
        timing, retourne*, renvoye*
        """,
    still_open="qualification, a qualifier, en qualification, prequalifie*, en cours",
    undecided="""
        nouveau*, nouvel*, ouvert*, en attente, contacte*, negociation*, proposition*, devis,
        relance*, attribue*, assigne*, prospection, demonstration, rendez vous, rdv, reunion,
        a contacter, non contacte*, tentative*, actif, analyse, presentation, a traiter,
        decouverte, en traitement
        """,
    yes="=oui, =o, =vrai, =v",
    no="=non, =n, =faux, =f",
    hand_over="""
        transmis*, transmission, aux ventes, au commercial, aux commerciaux, attribue*,
        attribution, assigne*, assignation, remis*,
        premier contact, date de contact, affectation, affecte*, qualifie* marketing,
        qualifie* par le marketing, marketing qualifie*, mql
        """,
    created="""
        cree*, creation, inscription, inscrit*, enregistrement, recu*, reception, ouverture, saisie,
        ajout*, demande, soumission
        """,
    decided="""
        cloture*, fermeture, signature, gagn*, perte, perdu*, conversion, converti*,
        decision, rejet, refus, acceptation, vente, conclusion, reponse, achat, qualifie le,
        analyse, revu*, evaluation, examine*, verdict
        """,
    planned="""
        prevu*, prevue*, previsionnel*, estime*, attendu*, planifie*, echeance, prochain*,
        relance, rappel, rendez vous, expiration, programme*, objectif, date de fin
        """,
    changed="""
        modifi*, mise a jour, maj, mis a jour, dernier*, derniere*, changement, importation,
        exportation, synchro*
        """,
    other_time="naissance, fondation, anniversaire, debut de contrat, fin de contrat",
    date="date, heure, jour, le, horodatage",
    owner="""
        proprietaire*, responsable*, vendeur*, vendeuse*, =commercial, =commerciale,
        commercial attribue, commercial assigne, commercial en charge, charge d affaires,
        charge de clientele, conseiller, conseillere, attribue a, assigne a, cree par,
        modifie par, gestionnaire, agent commercial, representant*, suivi par, traite par,
        equipe commerciale, ingenieur commercial, edite par, transmis a, souscripteur
        """,
    not_owner="""
        proprietaire de maison, responsable des achats, responsable achats, est
        proprietaire, etes vous proprietaire, proprietaire ou locataire
        """,
    sales_field="""
        motif, motif de perte, motif de rejet, motif de refus, motif de cloture, raison de la
        perte, raison de perte, raison du refus, probabilite, prevision, prochaine etape,
        revenu attendu, montant gagne, lecon* apprise*, =processus, note* commerciale*, note*
        du commercial, commentaire* du commercial, resultat de l appel, activites terminees,
        activites effectuees, activites a faire, nombre de fois contacte*, duree de l appel,
        duree appel, observation* commercial*, =appels, appels passes, nombre d appels,
        =rendez vous, nombre de rendez vous, =relances, nombre de relances
        """,
    id="identifiant, code, numero, cle, reference, =n",
    not_id="code postal, telephone, portable, mobile, code promo",
    pipeline="entonnoir, tunnel de vente, =pipeline",
    automatic="automatique*, delai depasse, expire*, inactivite",
)
