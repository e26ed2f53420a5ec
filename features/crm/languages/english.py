"""English words of CRM exports."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

WORDS = Vocabulary(
    language="English",
    filler="""
        is, has, was, flag, indicator, ind, yn, the, a, an, of, for, by, in, and, c, x, hs, sf, crm,
        lead, leads, deal, deals, opportunity, opportunities, opp, prospect, prospects, contact,
        contacts, customer, client, account, sales, pipeline, final, current, name, label, code,
        new, record, cd
        """,
    stage="""
        status, stage, phase, disposition, outcome, result, decision, verdict, =state, status id,
        stage id, status reason, status type, status detail, state reason, lifecycle stage,
        status category
        """,
    flag="""
        converted, conversion, won, accepted, qualified, response, responded, respond,
        engaged, purchased, purchase, bought, subscribed, =target, =y, =label, =class,
        outcome, success, successful, =sal, =sql, closed won, sold, enrolled, signed up,
        =win, =sale, =buy, meeting booked, became customer, decision, approved, approval
        """,
    closed="=closed, =close, =is closed",
    active="=active, =is active",
    other_status="""
        marital, civil, employment, employee, relationship, family, ownership, email, e mail, order,
        payment, subscription, opt in, opt out, consent, credit, loan, education, verification,
        import, sync, enrichment, task, membership, call, mail, ticket, shipping, delivery,
        newsletter, bounce, company, health
        """,
    earlier="previous, prior, earlier, before, past, last, history, historical",
    won="""
        won, =win, closedwon, success*, contract signed, signed, sold, purchased, enrolled,
        deal done, paid, =issued, =bound, policy issued
        """,
    accepted="""
        accepted, accept, converted, convert, customer, approved, responded, purchased,
        =good, good lead, =agreed
        """,
    qualified="qualified, =sal, =sql, salesqualifiedlead, opportunit*, open deal, sales ready",
    lost="""
        lost, closedlost, lose, loss, no sale, no deal, disqualif*, unqualif*, unaccept*,
        unsuccess*, reject*, junk, declin*, spam, cannot contact, cancel*, refus*, dead,
        failed, failure, bad fit, bad lead, not qualified, no qualified, never qualified,
        not qualify, not accept*, never accept*, no longer accept*, not convert*, never
        convert*, no convert*, not won, never won, not interest*, no interest*, no longer
        interest*, uninterested, not a fit, not fit, no fit, no longer a fit, out sold,
        outsold, dismissed, abandoned, garbage, closed no, not for us, not good, no good,
        not ok, not suitable, unsuitable
        """,
    recycled="""
        recycl*, nurtur*, bad timing, later, bad time, wrong time, =returned, returned to *,
        sent back, back to marketing
        """,
    still_open="""
        marketing, mql, marketingqualifiedlead, pre qualified, prequalified, qualified to buy,
        qualifiedtobuy, to be qualified, being qualified, qualification, qualifying, accepting
        """,
    undecided="""
        open, opened, new, work*, contact*, connect*, progress, pending, attempt*,
        attempting, waiting, unread, prospect*, proposal*, propos*, negotiat*, quot*, demo*,
        meeting, review, under review, analysis, discovery, appointment*, presentation*,
        contract sent, contractsent, decision maker*, decisionmaker*, schedul*, proposition,
        assigned, unassigned, process, processing, processed, active, evaluat*, on hold,
        hold, untouched, engaged, engaging, known, =lead, subscriber, draft, potential,
        inbox, follow up, verbal, assessment, needs, approach, =p, handed, stuck
        """,
    yes="=yes, =y, =1, =true, =t, =w, =checked, =ticked, =x",
    no="=no, =n, =0, =false, =f, =l",
    hand_over="""
        mql, hand over, handover, handed, hand off, handoff, assigned, assignment,
        assigneddate, routed, marketing qualified, marketingqualifiedlead, to sales, first
        contact, contact date, releas*, handed to, passed on, sent to sales
        """,
    created="""
        creat*, registered, registration, sign up, signup, signed up, submitted, submission,
        received, added, add time, inquiry, enquiry, opened, open date, captured, capture, inserted,
        lead date, engage date, entry date, lead generated, requested, request date
        """,
    decided="""
        clos*, won, lost, convert*, conversion, qualified, disqualified, rejected,
        rejection, accepted, acceptance, decision, decided, outcome, =sql date, =sal date,
        =sql at, =sal at, became a customer, became an opportunity, purchase, purchased,
        responded, response, resolved, completed, signed, win, review*, assessed, evaluated,
        verdict
        """,
    planned="""
        expected, estimated, estimate, est, planned, plan, forecast*, due, deadline, target
        date, target close, next, follow up, followup, scheduled, projected, anticipated,
        reminder, appointment, meeting, demo, renewal, call back, callback, valid until,
        expir*, proposal, end date, =end
        """,
    changed="""
        modif*, updat*, last, latest, recent, changed, change, stage entered, entered stage, sync*,
        import*, export*, snapshot, viewed, referenced, moved, stage date, load*, refreshed,
        modstamp, entered current stage, in stage since
        """,
    other_time="""
        birth*, dob, founded, contract start, contract end, install*, hire*, graduation,
        anniversary, fiscal, inception, bounced
        """,
    date="date, time, day, timestamp, at, on, dt, datetime, when",
    owner="""
        owner, owner name, owner id, owner email, owner rep, rep, reps, sales rep,
        representative, sales representative, sdr, bdr, =ae, =ae name, =sr, assigned to,
        assignee, assigned rep, assigned user, assigned agent, assigned by, assigned sales*,
        assigned owner, assigned team, created by, createdby, modified by, modifiedby,
        converted by, qualified by, handled by, closed by, responsible, account executive,
        account manager, sales manager, relationship manager, seller, salesperson, sales
        person, salesman, sales agent, agent name, agent id, lead agent, call agent, =agent,
        =manager, sales team, owning team, team owner, closer, setter, telecaller,
        counselor, counsellor, sales consultant, sales executive, sales exec, sales user,
        =advisor, =sales advisor, owned by, edited by, underwriter*, routed to, allocated
        to, passed to, given to, taken by, worked by, called by, case handler, loan officer,
        admissions officer
        """,
    not_owner="""
        home owner, house owner, homeowner, business owner, pet owner, car owner, vehicle
        owner, property owner, product owner, shop owner, store owner, owner occupied, best
        seller, best seller *, owner operator, boat owner, user agent, number of, num,
        count, how many, is owner, are you the owner, owner or tenant, owner or renter, owns
        home
        """,
    sales_field="""
        lost reason, loss reason, reason lost, reason for loss, lost to, win reason, won
        reason, reject* reason, disqualif* reason, unqualified reason, close reason, closed
        reason, closing reason, reason won, reason for rejection, probability, win
        probability, forecast*, next step, next steps, days to close, time to close, closed
        amount, won amount, actual value, actual revenue, expected revenue, weighted *, stage
        duration, days in stage, time in stage, time in status, sales cycle *, sales cycle,
        lesson* learn*, =process, sales note*, note* of sales, sales comment*, sales remark*,
        sales feedback, call note*, call outcome, call result, meeting note*, rep note*, rep
        comment*, qualification note*, times contacted, number of times contacted, done
        activities, completed activities, recycl* reason, nurtur* reason, open deals,
        activities to do, total activities, call duration, call length, talk time, fiscal
        period, rejected because, declined because, lost because, decline reason, why not,
        outcome reason, =calls, calls held, calls made, calls logged, logged calls, number of
        calls, call count, =meetings, meetings held, meetings booked, number of meetings,
        meeting count, =follow ups, =followups, number of follow ups, follow up count
        """,
    id="""
        id, key, uuid, guid, code, number, =no, record id, leadid, dealid, contactid, =ref,
        =reference, =urn, =* no, =* nr, =* num, =* ref
        """,
    not_id="""
        postal code, post code, postcode, zip code, zip, country code, area code, dial code,
        phone*, mobile*, cell*, fax*, promo code, coupon code, discount code, tax number,
        vat number
        """,
    pipeline="pipeline, pipeline name, funnel",
    automatic="""
        auto, automat*, autoclosed, timeout, timed out, time out, expired, cron, bot, sla,
        inactivity, stale
        """,
)
