/* Shows, searches and filters the samples that html_store.c packed into this page. */
"use strict";
(function () {
  const packs = new Map();
  for (const e of document.querySelectorAll("script[data-pack]")) packs.set(e.dataset.pack, e);
  const section = document.getElementById("items"), few = document.getElementById("few");
  if (!section || !packs.has("head") || typeof DecompressionStream === "undefined") return;

  const PAGE = 50, KEPT = 96;
  const STATES = [[1, "not answered yet"], [2, "failed"], [4, "not scored"], [8, "not understood"], [16, "cut off"],
    [32, "harmful, hidden"]];
  let head, runs, places, size, shown = [], drawn = "", first = 0, turn = 0, timer = 0;
  const ui = {}, kept = new Map();

  async function unpack(name) {
    const raw = atob(packs.get(name).textContent), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  /* [summary, body] of a sample; the packs used last stay unpacked. */
  async function sample(run, row) {
    const name = run + "." + Math.floor(row / head.rows);
    let pack = kept.get(name);
    kept.delete(name);
    if (!pack) pack = unpack(name);
    kept.set(name, pack);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return (await pack)[row % head.rows];
  }

  /* Entries are samples of the first run and, behind them, those that only later runs have; places[run][entry] is the row of that
     entry in the run, -1 where the run has none. */
  function pair() {
    const known = new Map(), rows = runs.map(() => []);
    let n = 0;
    runs.forEach((run, r) => {
      for (let i = 0; i < run.id.length; i++) {
        let entry = n;
        if (runs.length > 1) {
          const key = run.task[i] + " " + run.sample[i] + " " + run.id[i];
          if (known.has(key)) entry = known.get(key);
          else known.set(key, entry);
        }
        if (entry === n) n++;
        rows[r][entry] = i;
      }
    });
    size = n;
    places = rows.map((row) => Int32Array.from({ length: n }, (_, e) => (row[e] === undefined ? -1 : row[e])));
  }

  const some = (e, test) => runs.some((run, r) => places[r][e] >= 0 && test(run, places[r][e]));

  function differs(e) {
    const labels = runs.map((run, r) => (places[r][e] < 0 ? -2 : run.label[places[r][e]]));
    return labels.some((label) => label !== labels[0]);
  }

  /* Whether an entry passes everything but the words that are looked for. */
  function passes(e) {
    const task = ui.task.value, group = ui.group.value, found = ui.found.value;
    if (task !== "" && !some(e, (run, i) => run.task[i] === +task)) return false;
    if (group !== "" && !some(e, (run, i) => run.group[i] === +group)) return false;
    if (found.startsWith("l") && !some(e, (run, i) => run.label[i] === +found.slice(1))) return false;
    if (found.startsWith("s") && !some(e, (run, i) => run.state[i] & +found.slice(1))) return false;
    return !(ui.differ && ui.differ.checked) || differs(e);
  }

  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;").replace(/'/g, "&#39;").toLowerCase();

  async function holds(e, words) {
    if (some(e, (run, i) => run.id[i].toLowerCase().includes(ui.words.value.trim().toLowerCase()))) return true;
    for (let r = 0; r < runs.length; r++) {
      if (places[r][e] < 0) continue;
      const text = (await sample(r, places[r][e]))[1].replace(/<[^>]*>/g, " ").toLowerCase();
      if (text.includes(words)) return true;
    }
    return false;
  }

  /* Looks through all entries; a newer search ends an older one. */
  async function search() {
    const mine = ++turn, words = escaped(ui.words.value.trim()), out = [];
    let said = performance.now();
    first = 0;
    for (let e = 0; e < size; e++) {
      if (passes(e) && (words === "" || (await holds(e, words)))) out.push(e);
      if (mine !== turn) return;
      if (words === "" || performance.now() - said < 200) continue;
      said = performance.now();
      shown = out.slice();
      await draw(" so far, " + Math.round((100 * e) / size) + " % searched");
      await new Promise((go) => setTimeout(go));
    }
    shown = out;
    await draw("");
  }

  const make = (tag, text, classes) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (classes) e.className = classes;
    return e;
  };

  async function summary(e) {
    const line = make("summary"), has = runs.findIndex((_, r) => places[r][e] >= 0);
    line.innerHTML = (await sample(has, places[has][e]))[0];
    if (runs.length > 1) line.prepend(make("span", head.runs[has], "soft"), " ");
    for (let r = 0; r < runs.length && runs.length > 1; r++) {
      if (r === has) continue;
      const label = places[r][e] < 0 ? "not asked" : head.labels[runs[r].label[places[r][e]]] || "no verdict";
      line.append(" \u00b7 ", make("span", head.runs[r], "soft"), " ", make("span", label, "badge"));
    }
    return line;
  }

  async function open(e, into) {
    if (into.firstChild) return;
    into.className = runs.length > 1 ? "sides" : "";
    for (let r = 0; r < runs.length; r++) {
      const side = make("div");
      if (runs.length > 1) side.append(make("h4", head.runs[r]));
      into.append(side);
      if (places[r][e] < 0) side.append(make("p", "This run has no such sample.", "soft"));
      else side.insertAdjacentHTML("beforeend", (await sample(r, places[r][e]))[1]);
    }
  }

  async function draw(progress) {
    const entries = shown.slice(first, first + PAGE), list = document.createDocumentFragment(), mine = turn;
    const same = drawn === entries.join(); /* what is open stays open while a search goes on */
    for (const e of same ? [] : entries) {
      const details = make("details"), body = make("div");
      details.append(await summary(e), body);
      details.addEventListener("toggle", () => open(e, body));
      list.append(details);
    }
    if (mine !== turn) return;
    if (!same) ui.list.replaceChildren(list);
    drawn = entries.join();
    const number = (x) => x.toLocaleString("en");
    ui.count.textContent = (entries.length ? number(first + 1) + " to " + number(first + entries.length) + " of " : "") +
      number(shown.length) + (shown.length < size ? " found among " + number(size) : "") + " samples" + progress;
    ui.back.disabled = first === 0;
    ui.on.disabled = first + PAGE >= shown.length;
  }

  function turnTo(place) {
    first = Math.max(0, place);
    draw("");
  }

  function choice(label, options) {
    const box = make("label", label + " "), select = make("select");
    for (const [value, text] of [["", "all"], ...options]) {
      const option = make("option", text);
      option.value = value;
      select.append(option);
    }
    select.addEventListener("change", search);
    box.append(select);
    if (options.length > 1) ui.tools.append(box);
    return select;
  }

  function build() {
    ui.tools = make("div", undefined, "tools");
    const box = make("label", "Search ");
    ui.words = make("input");
    ui.words.type = "search";
    ui.words.placeholder = "id or words";
    ui.words.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, 250);
    });
    box.append(ui.words);
    ui.tools.append(box);
    const used = STATES.filter(([bit]) => runs.some((run) => run.state.some((s) => s & bit)));
    ui.task = choice("Task", head.tasks.map((t, i) => [String(i), t]));
    ui.found = choice("Verdict", [...head.labels.map((l, i) => ["l" + i, l]), ...used.map(([bit, text]) => ["s" + bit, text])]);
    ui.group = choice("Group", head.groups.map((g, i) => [String(i), g]));
    if (runs.length > 1) {
      const differ = make("label");
      ui.differ = make("input");
      ui.differ.type = "checkbox";
      ui.differ.addEventListener("change", search);
      differ.append(ui.differ, " only where verdicts differ");
      ui.tools.append(differ);
    }
    ui.back = make("button", "Back");
    ui.on = make("button", "On");
    ui.back.addEventListener("click", () => turnTo(first - PAGE));
    ui.on.addEventListener("click", () => turnTo(first + PAGE));
    ui.count = make("p", "", "small soft");
    ui.count.setAttribute("role", "status");
    ui.list = make("div");
    const pages = make("p", undefined, "tools");
    pages.append(ui.back, ui.on);
    const left = head.left.reduce((a, b) => a + b, 0);
    if (left) ui.tools.append(make("span", left.toLocaleString("en") + " samples are left out by --limit", "small soft"));
    few.before(ui.tools, ui.count, ui.list, pages);
    few.hidden = true;
  }

  async function start() {
    head = await unpack("head");
    runs = await Promise.all(head.runs.map((_, r) => unpack(String(r))));
    pair();
    build();
    await search();
  }
  requestAnimationFrame(() => setTimeout(start));
})();
