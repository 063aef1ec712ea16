// The page of a town's day: the map, the moment, people, talks and what the day came to.

function townPage(data) {
  const town = indexed(data);
  data.talks.forEach((talk, id) => { talk.id = id; });
  const state = { now: 0, who: 0, wanted: "", everybody: false, opened: new Set() };
  const caption = el("button", { type: "button", class: "caption", onclick: () => openTalk(Number(caption.dataset.talk)) });
  const time = player({ length: town.times.length, start: data.talks[0]?.t ?? 0, label: say("time"),
    tell: (t) => town.stamp(t).replace("T", " "), show });
  const jump = (t) => time.jump(t);
  const map = townMap(town, { pick, openTalk });
  const person = personPanel(town, state, jump, pick);
  const talks = talkList(town, state, jump, pick);
  const panel = tabs([
    ["now", say("now"), () => nowPanel(town, state, { jump, pick, openTalk })],
    ["people", say("people"), person.draw],
    ["talks", say("talks"), talks.draw],
    ["town", say("town"), () => metricsPanel(town, data, state, jump, pick)],
  ], data.title);

  function pick(who) {
    state.who = who;
    map.choose(who);
    panel.open("people");
    bringPanel();
  }
  function openTalk(id) {
    state.opened.add(id);
    panel.open("talks");
    bringPanel();
    talks.reveal(id);
  }
  // On a narrow screen the panel is below the map.
  function bringPanel() {
    if (panel.node.getBoundingClientRect().top < innerHeight * 0.7) return;
    panel.node.parentElement.scrollIntoView({ behavior: CALM.matches ? "auto" : "smooth" });
  }
  function show(t) {
    state.now = t;
    map.show(t);
    subtitle(t);
    if (panel.current === "people") person.update();
    else if (panel.current === "talks") talks.update();
    else panel.draw();
  }
  function subtitle(t) {
    const talk = town.talksAt(t)[0];
    const line = talk?.lines[talk.lines.length - 1];
    caption.disabled = !line;
    caption.dataset.talk = talk?.id ?? -1;
    caption.replaceChildren(...(line
      ? [el("b", { dir: "auto" }, `${town.name(line[0])}: `), el("span", { dir: "auto" }, line[1])]
      : [el("span", {}, say("silence"))]));
  }
  const node = el("div", { class: "page town" }, pageHead(data.title, data.about),
    el("div", { class: "bar-top" }, time.node, caption),
    el("main", { class: "split" }, map.node, el("aside", { class: "side" }, panel.node)));
  panel.open("now");
  return { node, begin: time.begin };
}

function nowPanel(town, state, { jump, pick, openTalk }) {
  const spoken = town.talksAt(state.now);
  const places = grouped(town.people.map((_, who) => ({ who, ...town.where(who, state.now) })),
    (row) => row.place);
  return [
    el("h2", {}, say("said")),
    spoken.length ? el("div", {}, spoken.map((talk) => el("article", { class: "talk" },
      el("button", { type: "button", class: "link", onclick: () => openTalk(talk.id) },
        `${town.names(talk.who)} · ${town.place(talk.place)}`),
      speech(town, talk)))) : el("p", { class: "quiet" }, say("nobody")),
    el("h2", {}, say("who")),
    el("dl", { class: "where" }, [...places].sort((a, b) => a[0] - b[0]).map(([place, rows]) => [
      el("dt", { dir: "auto" }, town.whole(place)),
      rows.map(({ who, what, asleep }) => el("dd", {}, personButton(town, who, pick),
        el("span", { class: "doing", dir: "auto" }, asleep ? say("asleep") : what))),
    ])),
  ];
}

function speech(town, talk) {
  return el("ol", { class: "speech" }, talk.lines.map(([who, text]) =>
    el("li", { "--hue": hue(who), class: who === talk.who[0] ? "first" : "other" },
      el("b", { dir: "auto" }, town.name(who)), el("span", { dir: "auto" }, text))));
}

// The talks so far, the newest first; each opens to its lines.
function talkList(town, state, jump, pick) {
  let holder = null;
  let shown = -1;
  function update() {
    const found = town.talksUpTo(state.now);
    if (holder && shown === found.length) return;
    shown = found.length;
    const list = longList([...found].reverse(), row, say("no_talks"));
    if (holder) keepingFocus(holder, () => holder.replaceChildren(list));
    else holder = el("div", {}, list);
  }
  function row(talk) {
    const node = el("details", { class: "talk", "data-talk": talk.id, open: state.opened.has(talk.id),
      ontoggle: () => state.opened[node.open ? "add" : "delete"](talk.id) },
      el("summary", {}, timeButton(town, talk.t, jump),
        el("span", { dir: "auto" }, say("talk_at", town.names(talk.who), town.place(talk.place)))),
      el("div", { class: "pair" }, talk.who.map((who) => personButton(town, who, pick))),
      speech(town, talk), talk.note ? el("p", { class: "quiet note", dir: "auto" }, talk.note) : null);
    return node;
  }
  function draw() {
    holder = null;
    update();
    return holder;
  }
  function reveal(id) {
    const found = holder?.querySelector(`[data-talk="${Number(id)}"]`);
    if (found) {
      found.open = true;
      found.scrollIntoView({ block: "nearest" });
    }
  }
  return { draw, update, reveal };
}

// One person: who it is, the plan of the day, memories, reflections, interviews.
function personPanel(town, state, jump, pick) {
  let parts = null;
  let live = null;
  const part = (make) => () => { live = make(); return live.node; };
  function draw() {
    const person = town.people[state.who];
    const choice = el("select", { "aria-label": say("choose"), onchange: () => pick(Number(choice.value)) },
      town.people.map((each, who) => el("option", { value: who, selected: who === state.who }, each.name)));
    const said = (person.interviews ?? []);
    const pages = [
      ["plan", say("plan"), part(() => planView(town, state, jump))],
      ["memories", say("memories"), part(() => memoryView(town, state, jump))],
      ["reflections", say("reflections"), part(() => reflections(town, state, jump))],
      ...(said.length ? [["interviews", say("interviews"), part(() => interviewView(said))]] : []),
    ];
    const open = pages.some(([key]) => key === state.part) ? state.part : "plan";
    parts = tabs(pages, say("about", person.name), (key) => { state.part = key; });
    parts.open(open);
    const now = el("p", { class: "doing", dir: "auto" });
    draw.now = now;
    moment();
    return [
      el("div", { class: "personhead" },
        el("span", { class: "disc big", "--hue": hue(state.who), "aria-hidden": "true" },
          initials(person.name)),
        el("div", {}, choice, now)),
      person.about ? el("p", { class: "quiet", dir: "auto" }, person.about) : null,
      parts.node,
    ];
  }
  function moment() {
    const { place, what, asleep } = town.where(state.who, state.now);
    draw.now.textContent = `${town.whole(place)} · ${asleep ? say("asleep") : what}`;
  }
  function update() {
    moment();
    live?.fill(true);
  }
  return { draw, update };
}

function planView(town, state) {
  const node = el("div", {});
  function fill() {
    const plan = town.plan(state.who, state.now);
    if (!plan) {
      node.replaceChildren(el("p", { class: "quiet" }, say("no_plan")));
      return;
    }
    const sameDay = town.times[plan.t].slice(0, 10) === town.times[state.now].slice(0, 10);
    const clock = town.clock(state.now);
    node.replaceChildren(el("ol", { class: "plan" }, plan.items.map((item) => {
      const present = sameDay && item.start <= clock && clock < item.end;
      return el("li", { class: present ? "present" : null, "aria-current": present ? "time" : null },
        el("span", { class: "when" }, `${item.start}–${item.end}`),
        el("span", { dir: "auto" }, item.what,
          item.place ? el("small", { dir: "auto" }, ` ${item.place}`) : null,
          item.promised ? el("em", {}, say("promised")) : null));
    })));
  }
  fill();
  return { node, fill };
}

function memoryView(town, state, jump) {
  const list = memoryList(town, state, jump);
  const top = el("div", {});
  const node = el("div", {}, top, list.node);
  function fill(lazily = false) {
    top.replaceChildren(...[recalledNow(town, state, jump)].filter(Boolean));
    if (lazily) list.fill(true);
  }
  fill();
  return { node, fill };
}

function interviewView(said) {
  const node = longList(said, (each) => el("article", { class: "interview" },
    el("p", { class: "quiet" }, say(`mask_${each.mask}`)),
    el("p", { class: "question", dir: "auto" }, each.question),
    el("p", { dir: "auto" }, each.answer)), say("none"));
  return { node, fill: () => {} };
}
