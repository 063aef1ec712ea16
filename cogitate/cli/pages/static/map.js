// The map: places as boxes in boxes, people as discs that glide from one place to the next.

function townMap(town, { pick, openTalk }) {
  const slots = new Map();
  const rooms = new Map();
  const things = new Map();
  const root = town.children(-1)[0];
  const sectors = root && root.level === 0 ? town.children(root.id) : town.children(-1);
  const node = el("section", { class: "map", tabindex: "0", "aria-label": say("map") },
    el("h2", { class: "unseen" }, say("map")), sectors.map(sector));
  const discs = town.people.map((person, who) => el("button", { type: "button", class: "disc",
    "--hue": hue(who), "data-who": who, onclick: () => pick(who) },
  el("span", { "aria-hidden": "true" }, initials(person.name))));

  function sector(place) {
    const inner = town.children(place.id);
    return el("section", { class: "sector", "aria-label": place.name },
      el("h3", { dir: "auto" }, place.name), inner.length ? inner.map(room) : room(place));
  }
  function room(place) {
    const slot = el("div", { class: "slot" });
    const mark = el("button", { type: "button", class: "mark", hidden: true,
      onclick: () => openTalk(Number(mark.dataset.talk)) }, icon("talk"));
    slots.set(place.id, slot);
    const box = el("div", { class: "room" },
      el("div", { class: "roomhead" }, el("h4", { dir: "auto" }, place.name),
        place.hours ? el("span", { class: "hours", title: say("hours", place.hours) }, place.hours) : null,
        mark),
      slot,
      el("ul", { class: "things" }, town.children(place.id).map(thing)));
    rooms.set(place.id, { box, mark });
    return box;
  }
  function thing(place) {
    const state = el("span", { class: "state", dir: "auto" });
    const row = el("li", {}, el("span", { dir: "auto" }, place.name), state);
    things.set(place.id, { row, state });
    return row;
  }

  function show(t) {
    const calm = CALM.matches;
    const before = calm ? null : discs.map((disc) => disc.isConnected && disc.getBoundingClientRect());
    discs.forEach((disc, who) => seat(disc, who, town.where(who, t)));
    for (const [id, { row, state }] of things) {
      const found = town.state(id, t);
      const text = found?.state ?? "";
      if (state.textContent !== text) state.textContent = text;
      row.classList.toggle("used", Boolean(text));
      row.title = text;
    }
    const spoken = new Map(town.talksAt(t).map((talk) => [talk.place, talk]));
    for (const [id, { box, mark }] of rooms) {
      const talk = spoken.get(id);
      box.classList.toggle("talking", Boolean(talk));
      mark.hidden = !talk;
      if (!talk) continue;
      mark.dataset.talk = talk.id;
      mark.setAttribute("aria-label", `${say("conversation")}: ${town.names(talk.who)}`);
    }
    if (before) glide(before);
  }
  function seat(disc, who, { place, what, asleep }) {
    const slot = slots.get(roomOf(place));
    const about = say("at_place", town.name(who), town.whole(place), asleep ? say("asleep") : what);
    disc.setAttribute("aria-label", about);
    disc.title = about;
    disc.classList.toggle("asleep", Boolean(asleep));
    if (!slot) disc.remove();
    else if (disc.parentElement !== slot) {
      const after = [...slot.children].find((other) => Number(other.dataset.who) > who);
      slot.insertBefore(disc, after ?? null);
    }
  }
  function roomOf(place) {
    let at = place;
    while (at >= 0 && !slots.has(at)) at = town.places[at].parent;
    return at;
  }
  function glide(before) {
    discs.forEach((disc, who) => {
      if (!before[who] || !disc.isConnected) return;
      const to = disc.getBoundingClientRect();
      const [x, y] = [before[who].left - to.left, before[who].top - to.top];
      if (Math.abs(x) + Math.abs(y) < 2) return;
      disc.getAnimations().forEach((moving) => moving.cancel());
      disc.animate([{ transform: `translate(${x}px, ${y}px)`, zIndex: 2 }, { transform: "none", zIndex: 2 }],
        { duration: 380, easing: "cubic-bezier(.3, .7, .2, 1)" });
    });
  }
  function choose(who) {
    discs.forEach((disc, at) => disc.classList.toggle("chosen", at === who));
  }
  return { node, show, choose };
}

// A person's disc and name as one button, for lists.
function personButton(town, who, pick) {
  return el("button", { type: "button", class: "person", onclick: () => pick(who) },
    el("span", { class: "disc small", "--hue": hue(who), "aria-hidden": "true" }, initials(town.name(who))),
    el("span", { dir: "auto" }, town.name(who)));
}
