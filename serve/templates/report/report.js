"use strict";

// The script of the report. It draws the list of leads from the data at the end of the page, lets
// readers filter, sort and open it, keeps the verdicts on disputed leads, and changes the language.
// The page is whole without it: what it adds carries the class "live", what it replaces "still".
//
// Texts of leads are typed by strangers. They reach the page through `textContent` alone; the
// names of elements and attributes are written here. One takes an address, that of the CRM, which
// the settings give; a lead's id stands in it with every sign escaped.

(() => {
  const FIRST = 10; // rows drawn at first
  const STEP = 50; // rows drawn at once when more are asked for
  const BRIEF = ["source", "country", "owner"]; // what a row shows of its lead; its explanation shows all
  const WITHIN = [30, 90, 365]; // days before the newest hand-over
  const OUTCOMES = ["opportunity", "won"]; // what a lead came to, the furthest last
  const OPEN = ["waiting", "open", "working"]; // states of a lead without a decision
  const DAY = 86400000; // milliseconds
  const NEAR = 100; // codes of days under this are tenths
  const SVG = "http://www.w3.org/2000/svg";
  const SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

  document.documentElement.classList.add("scripted");
  document.addEventListener("DOMContentLoaded", () => {
    try {
      start();
    } catch (error) {
      // An old browser that lacks something shows the page as if it ran no script.
      document.documentElement.classList.remove("scripted");
      throw error;
    }
  });

  function start() {
    const data = JSON.parse(document.getElementById("data").textContent);
    const bodies = [...document.querySelectorAll(".body")];
    const leads = readLeads(data.leads);
    const tongues = data.languages.map((language) => makeTongue(language, data.digits));
    const state = { filters: {}, sort: "score", rising: false, opened: new Set() };
    const first = OPEN.find((word) => leads.decision.words[0].includes(word));
    if (first) {
      state.filters.decision = first === "open" ? "open" : "waiting";
      state.filters.within = String(data.within || "");
    }
    const lists = bodies.map((body, i) => {
      const place = body.querySelector(".worklist");
      return place ? makeWorklist(place, leads, i, tongues[i], state) : null;
    });
    const verdicts = makeVerdicts(bodies, leads, tongues, data);
    for (const link of document.querySelectorAll("[data-filter]")) {
      link.addEventListener("click", () => {
        const shown = bodies.findIndex((body) => body.contains(link));
        state.filters = readFilters(link.dataset.filter, leads, tongues[shown], shown);
        lists[shown]?.draw();
      });
    }
    const show = makeSwitch(bodies, tongues, (i) => {
      lists[i]?.draw();
      verdicts.showStatus();
    });
    const named = tongues.findIndex((one) => location.hash.startsWith(`#${one.code}-`));
    const own = tongues.findIndex((one) => navigator.language.startsWith(one.code));
    const tongue = Math.max(0, named < 0 ? own : named);
    const filtered = readAddress(leads, state, tongues[tongue], tongue);
    show(tongue);
    const target = filtered ? `${tongues[tongue].code}-sales` : location.hash.slice(1);
    if (target) document.getElementById(target)?.scrollIntoView();
    window.addEventListener("hashchange", () => {
      const shown = bodies.findIndex((body) => !body.hidden);
      if (readAddress(leads, state, tongues[shown], shown)) lists[shown]?.draw();
    });
  }

  /** Take filters from an address such as #owner=Ana+Ruiz; return whether it has any. */
  function readAddress(leads, state, tongue, language) {
    const wanted = readFilters(location.hash.slice(1), leads, tongue, language);
    Object.assign(state.filters, wanted);
    return Object.keys(wanted).length > 0;
  }

  /** The filters that a text such as owner=Ana+Ruiz&within=30 names, fields by their words. */
  function readFilters(text, leads, tongue, language) {
    const plain = (word) => (word || tongue.say("none")).trim().toLowerCase();
    const filters = {};
    for (const [key, value] of new URLSearchParams(text)) {
      const field = leads.fields.find((one) => one.key === key);
      const place = field?.of(language).findIndex((word) => plain(word) === plain(value));
      if (value && place !== -1) filters[key] = field ? String(place) : value;
    }
    return filters;
  }

  // --- Reading the data --------------------------------------------------------------------

  /** The numbers of a packed column; -1 stands for the one that means none. */
  function unpack({ least, width, signs, none }) {
    const worth = new Uint8Array(128);
    for (let i = 0; i < 64; i++) worth[SIGNS.charCodeAt(i)] = i;
    const numbers = new Int32Array(signs.length / width);
    for (let i = 0, at = 0; i < numbers.length; i++) {
      let number = 0;
      for (let k = 0; k < width; k++) number = number * 64 + worth[signs.charCodeAt(at++)];
      numbers[i] = number + least === none ? -1 : number + least;
    }
    return numbers;
  }

  function readIds({ start, width, rests }) {
    if (!width) return [...rests].map((rest) => start + rest);
    return Array.from({ length: rests.length / width }, (_, i) => start + rests.slice(i * width, (i + 1) * width));
  }

  /** A column of texts: `at` are places in `words`, of which each language has its own. */
  function readTexts({ words, at }) {
    const places = unpack(at);
    const of = (language) => words[Math.min(language, words.length - 1)];
    return { words, places, of, get: (i, language) => of(language)[places[i]] };
  }

  /** Where the entries of each lead begin in a column that holds those of all leads. */
  function readRanges(counts, first = 0) {
    const numbers = unpack(counts);
    const starts = new Int32Array(numbers.length + 1).fill(first);
    numbers.forEach((count, i) => (starts[i + 1] = starts[i] + count));
    const range = (i) => Array.from({ length: numbers[i] }, (_, k) => starts[i] + k);
    return Object.assign(range, { end: starts[numbers.length] });
  }

  /** Groups of sentences per lead, one group after the other, each sentence in two parts. */
  function readLists({ counts, heads, tails }) {
    const [head, tail] = [readTexts(heads), readTexts(tails)];
    let end = 0;
    return counts.map((column) => {
      const range = readRanges(column, end);
      end = range.end;
      return (i, language) =>
        range(i)
          .map((k) => head.get(k, language) + tail.get(k, language))
          .filter((sentence) => sentence);
    });
  }

  function readLeads(raw) {
    const shown = raw.shown.map((column) => ({ label: column.label, ...readTexts(column) }));
    const fields = raw.fields.map((field) => ({
      key: field.key,
      label: (language) => field.labels[language],
      ...readTexts(field),
    }));
    const leads = { count: raw.count, link: raw.link, period: raw.period, average: raw.average, ids: readIds(raw.ids), shown, fields };
    for (const name of ["score", "band", "probability", "before", "low", "high", "handed_over", "decided", "overdue", "outcome", "won"]) {
      leads[name] = unpack(raw[name]);
    }
    leads.won_since = leads.outcome.map((code) => (code > 2 ? 1 : 0));
    leads.outcome = leads.outcome.map((code) => code % 3);
    // The score before the answer: today's (-1) where the model has not learned from it, or none (-2).
    leads.said = leads.before.map((before, i) => (before === -1 ? leads.score[i] : before));
    leads.newest = leads.handed_over.reduce((newest, day) => Math.max(newest, day), -1);
    for (const name of ["grade", "decision", "reason"]) leads[name] = readTexts(raw[name]);
    const rows = new Map([...unpack(raw.explained)].map((place, row) => [place, row]));
    const explain = (read, nothing) => (i, language) =>
      rows.has(i) ? read(rows.get(i), language) : nothing;
    const sentences = ["reasons", "missing"].flatMap((name) => readLists(raw[name]));
    ["for", "against", "missing"].forEach((name, k) => (leads[name] = explain(sentences[k], [])));
    leads.steps = explain(readSteps(raw.steps, raw.topics), []);
    leads.events = explain(readEvents(raw.events, raw.activities), { list: [], more: 0 });
    leads.similar = explain(readSimilar(raw.similar, raw.past), []);
    leads.changed = readChanges(raw.changed);
    leads.explained = (i) => rows.has(i);
    leads.names = (i, language) => shown.map((one) => one.get(i, language)).filter((text) => text);
    leads.title = (i, language) => leads.names(i, language).join(" · ") || leads.ids[i];
    const facts = (wanted) => (i, language) =>
      wanted.map((field) => field.get(i, language)).filter((text) => text);
    leads.facts = facts(fields);
    leads.brief = facts(fields.filter(({ key }) => BRIEF.includes(key)));
    return leads;
  }

  /** What the score of a lead was, when, and why it is another now; nothing where it is not. */
  function readChanges({ places, was, at, parts }) {
    const rows = new Map([...unpack(places)].map((place, row) => [place, row]));
    const [before, day, [why]] = [unpack(was), unpack(at), readLists(parts)];
    return (i, language) => {
      const row = rows.get(i);
      return row === undefined ? null : { before: before[row], day: day[row], parts: why(row, language) };
    };
  }

  function readSteps({ counts, topic, points }, topics) {
    const [range, about, moved] = [readRanges(counts), unpack(topic), unpack(points)];
    return (i, language) =>
      range(i).map((k) => ({ topic: topics[language][about[k]], points: moved[k] }));
  }

  function readEvents({ counts, days, type, more }, activities) {
    const [range, before, kind, rest] = [readRanges(counts), unpack(days), unpack(type), unpack(more)];
    return (i, language) => ({
      more: rest[i],
      list: range(i).map((k) => ({ days: readAge(before[k]), type: activities[language][kind[k]] })),
    });
  }

  /** Days from a code: tenths of days at first, then whole ones. */
  const readAge = (code) => (code < NEAR ? code / 10 : code - NEAR + 10);

  function readSimilar({ counts, place }, past) {
    const [range, places] = [readRanges(counts), unpack(place)];
    const [title, decision, reason] = [past.title, past.decision, past.reason].map(readTexts);
    const [day, score] = [unpack(past.handed_over), unpack(past.score)];
    return (i, language) =>
      range(i).map((k) => {
        const at = places[k];
        return {
          title: title.get(at, language),
          decision: decision.get(at, language),
          reason: reason.get(at, language),
          day: day[at],
          score: score[at],
        };
      });
  }

  // --- Words, numbers and elements ---------------------------------------------------------

  /** How one language says things and writes numbers and days. */
  function makeTongue({ code, title, words }, digits) {
    const number = new Intl.NumberFormat(code, { maximumFractionDigits: 1, useGrouping: true });
    const percent = new Intl.NumberFormat(code, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    const date = new Intl.DateTimeFormat(code, { dateStyle: "medium", timeZone: "UTC" });
    const long = new Intl.DateTimeFormat(code, { month: "long", year: "numeric", timeZone: "UTC" });
    const say = (key, gaps = {}) =>
      words[key].replace(/\{(\w+)\}/g, (_, name) => String(gaps[name]));
    return {
      code,
      title,
      say,
      count: (key, n, gaps) => say(n === 1 ? `${key}_one` : key, { count: number.format(n), ...gaps }),
      number: (value) => number.format(value),
      percent: (thousandths) => percent.format(thousandths / 1000),
      month: (month) => long.format(new Date(monthOf(month)[0] * DAY)),
      day: (days) => (days < 0 ? say("no_time") : date.format(new Date(days * DAY))),
      range: (low, high) =>
        say("range", { low: percent.format(low / 1000), high: percent.format(high / 1000) }),
      points: (thousandths) => {
        const whole = Math.round(Math.abs(thousandths) / 10);
        if (!whole) return say("little");
        return (thousandths < 0 ? "\u2212" : "+") + number.format(whole);
      },
      before: (days) => {
        if (days < 1) return say("same_day");
        const shown = days < 10 ? days : Math.round(days);
        return shown === 1 ? say("one_day") : say("days", { days: number.format(shown) });
      },
    };
  }

  /** An element with a class, attributes and content; texts become text and nothing else. */
  function make(tag, { name, text, ...attributes } = {}, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** A text that strangers typed, kept from turning the direction of the words around it. */
  const typed = (text) => make("bdi", { text });

  /** Typed texts with a dot between them. */
  const joined = (texts) => texts.flatMap((text, i) => (i ? [" · ", typed(text)] : [typed(text)]));

  /** A drawing of rectangles, given as class, left, width, top and height in hundredths. */
  function drawBar(name, rectangles) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", name);
    svg.setAttribute("viewBox", "0 0 100 10");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    for (const [kind, x, width, y, height] of rectangles) {
      const rectangle = document.createElementNS(SVG, "rect");
      const values = { class: kind, x, width: Math.max(width, 0), y, height };
      for (const [key, value] of Object.entries(values)) rectangle.setAttribute(key, String(value));
      svg.append(rectangle);
    }
    return svg;
  }

  // --- The list of leads -------------------------------------------------------------------

  function makeWorklist(place, leads, language, tongue, state) {
    const form = place.querySelector("form");
    const found = place.querySelector(".found");
    const rows = place.querySelector("tbody");
    const more = place.querySelector(".more");
    const heads = [...place.querySelectorAll("[data-sort]")];
    const sorters = makeSorters(leads, language);
    let order = [];
    let drawn = 0;

    fillSelects(form, leads, language, tongue);
    form.addEventListener("input", refresh);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      state.filters = {};
      draw();
    });
    for (const head of heads) head.querySelector("button").addEventListener("click", () => sort(head));
    rows.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-place]");
      if (button) toggle(button);
    });
    more.addEventListener("click", () => {
      const next = drawn;
      drawRows();
      rows.querySelector(`button[data-place="${order[next]}"]`)?.focus();
    });

    /** Show what the state says; called when the language of this list comes up. */
    function draw() {
      for (const control of form.elements) {
        if (control.name) control.value = state.filters[control.name] ?? "";
      }
      refresh();
    }

    function refresh() {
      const started = performance.now();
      for (const control of form.elements) {
        if (control.name) state.filters[control.name] = control.value;
      }
      order = find(leads, sorters, state);
      const total = tongue.number(leads.count);
      const count = order.length
        ? tongue.count("found", order.length, { total })
        : tongue.say("nothing");
      found.textContent = [count, ...nameUnseen(state.filters, tongue)].join(" · ");
      for (const head of heads) {
        if (head.dataset.sort !== state.sort) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", state.rising ? "ascending" : "descending");
      }
      rows.replaceChildren();
      drawn = 0;
      drawRows();
      performance.measure("leadaccord list", { start: started });
    }

    function drawRows() {
      const step = drawn ? STEP : FIRST;
      for (const i of order.slice(drawn, drawn + step)) {
        const open = state.opened.has(i);
        rows.append(makeRow(leads, i, language, tongue, open));
        if (open) rows.append(makeAccount(leads, i, language, tongue));
      }
      drawn = Math.min(drawn + step, order.length);
      more.hidden = drawn >= order.length;
      more.textContent = tongue.say("more", { count: Math.min(STEP, order.length - drawn) });
    }

    function sort(head) {
      const key = head.dataset.sort;
      // Names and grades read from A on, scores and days from the highest.
      state.rising = key === state.sort ? !state.rising : key === "title" || key === "grade";
      state.sort = key;
      refresh();
    }

    function toggle(button) {
      const i = Number(button.dataset.place);
      const row = button.closest("tr");
      const open = !state.opened.has(i);
      button.setAttribute("aria-expanded", String(open));
      if (open) {
        state.opened.add(i);
        row.after(makeAccount(leads, i, language, tongue));
        button.setAttribute("aria-controls", `${tongue.code}-account-${i}`);
      } else {
        state.opened.delete(i);
        row.nextElementSibling.remove();
        button.removeAttribute("aria-controls");
      }
    }

    return { draw };
  }

  function fillSelects(form, leads, language, tongue) {
    const fill = (select, options) => {
      const every = [["", tongue.say("any")], ...options];
      select.append(...every.map(([value, text]) => make("option", { value, text })));
    };
    const states = leads.decision.words[0];
    const open = states.filter((word) => OPEN.includes(word)).length > 1 ? ["waiting"] : [];
    fill(
      form.elements.decision,
      [...new Set([...open, ...states, "answered"])].map((word) => [word, tongue.say(`decision_${word}`)]),
    );
    if (form.elements.outcome) {
      fill(
        form.elements.outcome,
        [...OUTCOMES, "won_now", "won_since"].map((word) => [word, tongue.say(word)]),
      );
    }
    const sorted = (column, empty) =>
      column
        .of(language)
        .map((word, i) => [i, word || empty])
        .sort((a, b) => a[1].localeCompare(b[1], tongue.code, { numeric: true }));
    fill(form.elements.grade, sorted(leads.grade, ""));
    if (form.elements.within) {
      fill(
        form.elements.within,
        [...new Set([...WITHIN, leads.period])]
          .sort((a, b) => a - b)
          .map((days) => [days, tongue.say("within", { days })]),
      );
    }
    for (const field of leads.fields) {
      fill(form.elements[field.key], sorted(field, tongue.say("none")));
    }
  }

  /** The filters that links set and the form does not show, in words. */
  function nameUnseen({ month, said }, tongue) {
    const [low, high] = (said ?? "").split("-");
    return [month ? tongue.month(month) : "", said ? tongue.say("said", { low, high }) : ""].filter(Boolean);
  }

  /** What the list can be sorted by, each worked out when it is first asked for. */
  function makeSorters(leads, language) {
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const once = (work) => {
      let result;
      return () => (result ??= work());
    };
    const all = Uint32Array.from({ length: leads.count }, (_, i) => i);
    // Sorting is stable: leads that are equal stay as the report has them, whichever way it goes.
    const sorted = (keys, way) =>
      [...all].sort((a, b) => (keys[a] < keys[b] ? -way : keys[a] > keys[b] ? way : 0));
    const both = (keys) => {
      const [up, down] = [1, -1].map((way) => once(() => sorted(keys(), way)));
      return (rising) => (rising ? up : down)();
    };
    const texts = (of) => once(() => Array.from(all, of));
    return {
      title: both(texts((i) => plain(leads.title(i, language)))),
      score: both(() => leads.probability),
      grade: both(texts((i) => leads.grade.get(i, language))),
      handed_over: both(() => leads.handed_over),
      texts: texts((i) =>
        plain([leads.ids[i], ...leads.names(i, language), ...leads.facts(i, language)].join("\n")),
      ),
      plain,
    };
  }

  /** The places of the leads that fit the filters, in the order asked for. */
  function find(leads, sorters, { filters, sort, rising }) {
    const columns = { grade: leads.grade };
    for (const field of leads.fields) columns[field.key] = field;
    const wanted = Object.entries(filters)
      .filter(([key, value]) => value && key in columns)
      .map(([key, value]) => [columns[key].places, Number(value)]);
    const words = sorters.plain(filters.text ?? "").split(/\s+/).filter((word) => word);
    const texts = words.length ? sorters.texts() : [];
    const since = filters.within ? leads.newest - Number(filters.within) : -Infinity;
    const states = leads.decision.of(0).map((word) => fitsDecision(word, filters.decision));
    const reached = OUTCOMES.indexOf(filters.outcome) + 1;
    const [least, most] = filters.said?.split("-").map(Number) ?? [-Infinity, Infinity];
    const months = filters.month ? monthOf(filters.month) : [-Infinity, Infinity];
    const now = (day) => day > leads.newest - leads.period && day <= leads.newest;
    const fits = (i) =>
      states[leads.decision.places[i]] &&
      leads.outcome[i] >= reached &&
      (filters.outcome !== "won_now" || now(leads.won[i])) &&
      (filters.outcome !== "won_since" || leads.won_since[i]) &&
      leads.said[i] >= least &&
      leads.said[i] <= most &&
      leads.handed_over[i] >= months[0] &&
      leads.handed_over[i] < months[1] &&
      leads.handed_over[i] > since &&
      wanted.every(([places, value]) => places[i] === value) &&
      words.every((word) => texts[i].includes(word));
    return sorters[sort](rising).filter(fits);
  }

  /** The first day of a month such as 2026-05, and that of the next. */
  function monthOf(month) {
    const [year, number] = month.split("-").map(Number);
    return [number - 1, number].map((place) => Date.UTC(year, place, 1) / DAY);
  }

  /** Whether a state is what a filter asks for: one state, all open ones, or all answered ones. */
  function fitsDecision(word, wanted) {
    if (wanted === "answered") return !OPEN.includes(word);
    if (wanted === "waiting") return OPEN.includes(word);
    return !wanted || word === wanted;
  }

  function makeRow(leads, i, language, tongue, open) {
    const title = make("button", {
      type: "button",
      "data-place": i,
      "aria-expanded": open,
      ...(open ? { "aria-controls": `${tongue.code}-account-${i}` } : {}),
    });
    title.append(...joined([leads.title(i, language)]));
    const about = leads.brief(i, language);
    const decision = leads.decision.get(i, 0);
    if (!["waiting", "open"].includes(decision)) about.push(tongue.say(`decision_${decision}`));
    const when = make("td", { role: "cell", name: "when", text: tongue.day(leads.handed_over[i]) });
    if (leads.overdue[i]) when.append(make("strong", { text: tongue.say("overdue") }));
    const change = leads.changed(i, language);
    const [score, low, high] = [leads.probability[i], leads.low[i], leads.high[i]];
    const before = leads.before[i]; // below 0 where the model has not learned from the answer
    return make(
      "tr",
      { role: "row" },
      make(
        "th",
        { scope: "row", role: "rowheader" },
        title,
        make("span", { name: "quiet" }, ...joined(about)),
      ),
      make(
        "td",
        { role: "cell", name: "mark" },
        make("span", { name: "score", text: tongue.number(leads.score[i]) }),
        make("span", { name: "quiet band", text: tongue.say(`band_${leads.band[i]}`) }),
        change ? make("span", { name: "quiet was", text: tongue.say("was", { score: change.before }) }) : "",
        drawBar("bar", [
          ["track", 0, 100, 3.5, 3],
          ["range", low / 10, (high - low) / 10, 3.5, 3],
          ["base", leads.average / 10 - 0.3, 0.6, 0, 10],
          ["point", Math.min(Math.max(score / 10 - 1.25, 0), 97.5), 2.5, 1, 8],
        ]),
        make("span", { name: "quiet", text: tongue.range(low, high) }),
        before < 0 ? "" : make("span", { name: "quiet before", text: tongue.say("before", { score: before }) }),
      ),
      make("td", { role: "cell", name: "grade", text: leads.grade.get(i, language) }),
      when,
      make(
        "td",
        { role: "cell", name: "reasons" },
        ...makeBrief(leads, i, language, tongue),
      ),
    );
  }

  /** The two strongest reasons: of a high score what speaks for it, of a low one what does not. */
  function makeBrief(leads, i, language, tongue) {
    if (!leads.explained(i)) return [make("span", { name: "quiet", text: tongue.say("elsewhere") })];
    const against = leads.against(i, language).slice(0, 2);
    if (leads.probability[i] >= leads.average || !against.length) {
      return [makeSigned(leads.for(i, language).slice(0, 2), "for")];
    }
    const why = make("span", { name: "quiet", text: tongue.say("why_not") });
    return [why, makeSigned(against, "against")];
  }

  /** Sentences with a plus or a minus before each; nothing if there are none and no words for it. */
  function makeSigned(sentences, side, none) {
    const items = sentences.map((sentence) => make("li", {}, typed(sentence)));
    if (!items.length && !none) return "";
    return make("ul", { name: `signed ${side}` }, ...(items.length ? items : [make("li", { text: none })]));
  }

  // --- The account of one lead -------------------------------------------------------------

  function makeAccount(leads, i, language, tongue) {
    const reasons = ["for", "against"].map((side) =>
      make(
        "div",
        {},
        make("h3", { text: tongue.say(side) }),
        makeSigned(leads[side](i, language), side, tongue.say("no_reason")),
      ),
    );
    const cell = make("td", { colspan: 5, role: "cell", id: `${tongue.code}-account-${i}` });
    const record = makeLink(leads, i, tongue);
    cell.append(
      make(
        "div",
        { name: "quiet facts-line" },
        ...joined([leads.ids[i], ...leads.facts(i, language)]),
        ...(record ? [" · ", record] : []),
      ),
    );
    if (leads.explained(i)) {
      cell.append(
        makeChange(leads, i, language, tongue),
        make("div", { name: "why" }, ...reasons),
        make(
          "div",
          { name: "parts" },
          makeWay(leads, i, language, tongue),
          makeStory(leads, i, language, tongue),
          makeSimilar(leads, i, language, tongue),
          makeMissing(leads, i, language, tongue),
        ),
      );
    } else {
      cell.append(...makeMarks(leads, i, language, tongue).map((said) => make("p", {}, ...said)));
      cell.append(make("p", { text: tongue.say("elsewhere_how", { id: leads.ids[i] }) }));
    }
    return make("tr", { name: "account", role: "row" }, cell);
  }

  /** The way to the lead's record in the CRM; none for an id that an address cannot hold. */
  function makeLink(leads, i, tongue) {
    const id = leads.ids[i];
    if (!leads.link || !id.isWellFormed?.() || /^\.{0,2}$/.test(id)) return null;
    const href = leads.link.replace("{id}", () => encodeURIComponent(id));
    const rest = { target: "_blank", rel: "noopener noreferrer", text: tongue.say("record") };
    return make("a", { href, ...rest });
  }

  /** What the score was before, and why it is another now. */
  function makeChange(leads, i, language, tongue) {
    const change = leads.changed(i, language);
    if (!change) return "";
    const gaps = { score: leads.score[i], before: change.before, parts: change.parts.join("; ") };
    const text = change.parts.length ? tongue.say("change", gaps) : tongue.say("change_bare", gaps);
    return make(
      "div",
      { name: "change" },
      make("h3", { text: tongue.say("changed", { day: tongue.day(change.day) }) }),
      make("p", {}, typed(text)),
    );
  }

  /** The way from the average lead's chance to this one's, step by step. */
  function makeWay(leads, i, language, tongue) {
    let at = leads.average;
    const line = (label, name, from, points) =>
      make(
        "tr",
        { name },
        make("th", { scope: "row" }, label),
        make("td", { name: "number", text: points === null ? "" : tongue.points(points) }),
        make(
          "td",
          { name: "graph" },
          drawBar("bar way", [
            ["track", 0, 100, 4.5, 1],
            points === null
              ? ["point", Math.min(Math.max(at / 10 - 1, 0), 98), 2, 0, 10]
              : [points < 0 ? "down" : "up", Math.min(from, at) / 10, Math.abs(at - from) / 10, 1, 8],
          ]),
        ),
        make("td", { name: "number", text: tongue.percent(at) }),
      );
    const rows = [line(tongue.say("average"), "end", at, null)];
    const step = (label, points) => {
      const from = at;
      at += points;
      rows.push(line(label, "", from, points));
    };
    for (const { topic, points } of leads.steps(i, language)) step(typed(topic), points);
    const rest = leads.probability[i] - at;
    if (rest) step(tongue.say("rest"), rest);
    rows.push(line(tongue.say("this"), "end", at, null));
    const head = ["step", "points", "", "after"].map((key) =>
      key
        ? make("th", { scope: "col", name: key === "step" ? "step" : "number", text: tongue.say(key) })
        : make("td", { name: "graph" }),
    );
    return make(
      "div",
      {},
      make("h3", { text: tongue.say("way") }),
      make(
        "table",
        {},
        make("caption", { text: tongue.say("way_caption") }),
        make("thead", {}, make("tr", {}, ...head)),
        make("tbody", {}, ...rows),
      ),
    );
  }

  /** The answer and the hand-over, each as content for an element; none that is not known. */
  function makeMarks(leads, i, language, tongue) {
    const marks = [];
    const decision = leads.decision.get(i, 0);
    if (!OPEN.includes(decision)) {
      const said = tongue.say(`decision_${decision}`);
      const dated = { decision: said, date: tongue.day(leads.decided[i]) };
      const reason = leads.reason.get(i, language);
      const text = leads.decided[i] < 0 ? said : tongue.say("decided_on", dated);
      marks.push([make("strong", { text })]);
      if (reason) marks[0].push(" ", typed(tongue.say("sales_reason", { reason })));
    }
    if (leads.handed_over[i] >= 0) {
      const text = tongue.say("handed_over_on", { date: tongue.day(leads.handed_over[i]) });
      marks.push([make("strong", { text })]);
    }
    return marks;
  }

  /** What the lead did, from the hand-over back. */
  function makeStory(leads, i, language, tongue) {
    const items = makeMarks(leads, i, language, tongue).map((said) =>
      make("li", { name: "mark" }, ...said),
    );
    const { list, more } = leads.events(i, language);
    for (let k = 0; k < list.length; ) {
      const when = tongue.before(list[k].days);
      const types = new Map();
      for (; k < list.length && tongue.before(list[k].days) === when; k++) {
        types.set(list[k].type, (types.get(list[k].type) ?? 0) + 1);
      }
      const parts = [...types].flatMap(([type, times], place) => [
        place ? ", " : " ",
        typed(type),
        times > 1 ? ` (${tongue.say("times", { count: tongue.number(times) })})` : "",
      ]);
      items.push(make("li", {}, make("span", { name: "quiet", text: when }), ...parts));
    }
    if (!list.length) items.push(make("li", { text: tongue.say("no_story") }));
    if (more) items.push(make("li", { text: tongue.count("earlier", more) }));
    return make(
      "div",
      {},
      make("h3", { text: tongue.say("story") }),
      make("ol", { name: "story" }, ...items),
    );
  }

  function makeSimilar(leads, i, language, tongue) {
    const block = make("div", {}, make("h3", { text: tongue.say("similar") }));
    const similar = leads.similar(i, language);
    if (!similar.length) {
      block.append(make("p", { name: "quiet", text: tongue.say("no_similar") }));
      return block;
    }
    const rows = similar.map((past) => {
      const answer = make("td", { text: tongue.say(`decision_${past.decision}`) });
      if (past.reason) answer.append(": ", typed(past.reason));
      const lead = make("th", { scope: "row" }, typed(past.title));
      if (past.day >= 0) lead.append(make("span", { name: "quiet", text: tongue.day(past.day) }));
      const score = past.score < 0 ? "–" : tongue.number(past.score);
      return make("tr", {}, lead, make("td", { name: "number", text: score }), answer);
    });
    const head = ["lead", "score", "answer"].map((key) =>
      make("th", { scope: "col", name: key === "score" ? "number" : "", text: tongue.say(key) }),
    );
    block.append(
      make(
        "table",
        {},
        make("caption", { text: tongue.say("similar_caption") }),
        make("thead", {}, make("tr", {}, ...head)),
        make("tbody", {}, ...rows),
      ),
    );
    return block;
  }

  function makeMissing(leads, i, language, tongue) {
    const lacking = leads.missing(i, language);
    const items = lacking.map((words) => make("li", {}, typed(words)));
    return make(
      "div",
      {},
      make("h3", { text: tongue.say("missing") }),
      items.length
        ? make("ul", { name: "lacking" }, ...items)
        : make("p", { name: "quiet", text: tongue.say("no_missing") }),
    );
  }

  // --- Verdicts ----------------------------------------------------------------------------

  const VERDICTS = ["sales_right", "another_look", "unclear"];

  function makeVerdicts(bodies, leads, tongues, { disputes, memory, made }) {
    const key = (place) => `${leads.ids[place]}\n${disputes[place].handed_over_at}`;
    const noted = new Map(); // by `key`
    let kept = recall();

    for (const body of bodies) {
      body.addEventListener("input", ({ target }) => {
        const place = target.dataset.verdict ?? target.dataset.note;
        if (place !== undefined) note(place, target);
      });
      body.querySelector(".export")?.addEventListener("click", exportAll);
    }
    window.addEventListener("beforeunload", (event) => {
      if (!kept && noted.size) event.preventDefault();
    });
    write();

    /** Read what was noted earlier; return whether this browser keeps anything for the page. */
    function recall() {
      try {
        const earlier = JSON.parse(localStorage.getItem(memory) ?? "{}");
        for (const [name, entry] of Object.entries(earlier)) {
          const verdict = VERDICTS.includes(entry.verdict) ? entry.verdict : "";
          noted.set(name, { verdict, note: String(entry.note), noted_at: String(entry.noted_at) });
        }
        localStorage.setItem(memory, JSON.stringify(earlier));
        return true;
      } catch {
        return false; // a browser may refuse this to pages opened from a file
      }
    }

    function note(place, control) {
      const name = key(place);
      const entry = { verdict: "", note: "", ...noted.get(name) };
      entry[control.dataset.verdict === undefined ? "note" : "verdict"] = control.value;
      entry.noted_at = new Date().toISOString().replace(/\.\d+/, "");
      if (entry.verdict || entry.note) noted.set(name, entry);
      else noted.delete(name);
      try {
        localStorage.setItem(memory, JSON.stringify(Object.fromEntries(noted)));
      } catch {
        kept = false;
      }
      write(control);
    }

    /** Show the notes in every language, but leave alone the control that is being typed into. */
    function write(active) {
      for (const control of document.querySelectorAll("[data-verdict], [data-note]")) {
        const { verdict, note: place } = control.dataset;
        const entry = noted.get(key(verdict ?? place));
        const value = (verdict === undefined ? entry?.note : entry?.verdict) ?? "";
        if (control !== active && control.value !== value) control.value = value;
      }
      showStatus();
    }

    function listed() {
      return Object.keys(disputes).filter((place) => noted.has(key(place)));
    }

    function showStatus(words) {
      const count = listed().length;
      bodies.forEach((body, i) => {
        const status = body.querySelector(".verdicts .status");
        const state = tongues[i].count(kept ? "kept" : "lost", count);
        status.textContent = words?.(tongues[i]) ?? (count ? state : tongues[i].say("no_verdict"));
        body.querySelector(".export").disabled = !count;
      });
    }

    function exportAll() {
      const rows = listed().map((place) => {
        const entry = noted.get(key(place));
        const { handed_over_at, decision } = disputes[place];
        const corrected = correct(decision, entry.verdict);
        return [leads.ids[place], handed_over_at, corrected, entry.verdict, entry.note, entry.noted_at];
      });
      const head = ["lead_id", "handed_over_at", "decision", "verdict", "note", "noted_at"];
      const file = `leadaccord-verdicts-${made}.csv`;
      save(file, [head, ...rows].map((row) => row.map(writeCell).join(",") + "\r\n").join(""));
      showStatus((tongue) => tongue.say("exported", { file }));
    }

    return { showStatus: () => showStatus() };
  }

  /** What the decision should have been; empty where the verdict leaves it open. */
  function correct(decision, verdict) {
    const [same, other] =
      decision === "accepted" ? ["accepted", "rejected"] : ["rejected", "accepted"];
    return { sales_right: same, another_look: other }[verdict] ?? "";
  }

  // The same signs as in serve/destinations/spreadsheet_safety.py: text that a spreadsheet would run gets an apostrophe.
  const RUNNABLE =
    /^["\x00-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20'\t\r\n]/;

  function writeCell(text) {
    return `"${(RUNNABLE.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
  }

  function save(name, text) {
    // The mark at the beginning tells spreadsheets that the file is UTF-8.
    const address = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv" }));
    const link = make("a", { download: name });
    link.href = address;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // --- Languages ---------------------------------------------------------------------------

  function makeSwitch(bodies, tongues, drawn) {
    const buttons = [...document.querySelectorAll("[data-tongue]")];
    buttons.forEach((button, i) =>
      button.addEventListener("click", () => {
        const section = sectionInView(bodies.find((body) => !body.hidden));
        show(i);
        if (section) document.getElementById(`${tongues[i].code}-${section}`)?.scrollIntoView();
      }),
    );

    function show(i) {
      bodies.forEach((body, k) => (body.hidden = k !== i));
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
      document.documentElement.lang = tongues[i].code;
      document.title = tongues[i].title;
      drawn(i);
    }

    /** The section that is being read, without the prefix of its language. */
    function sectionInView(body) {
      const above = [...body.querySelectorAll("section")].filter(
        (section) => section.getBoundingClientRect().top < window.innerHeight / 3,
      );
      return above.at(-1)?.id.replace(/^[^-]+-/, "");
    }

    return show;
  }
})();
