// The town's data, sorted once by what it is looked up by; afterwards every question is a search.

function indexed(data) {
  const moves = data.people.map(() => []);
  for (const [t, who, place, what, asleep] of data.moves) moves[who].push({ t, place, what, asleep });
  const states = grouped(data.states.map(([t, place, state, who]) => ({ t, place, state, who })),
    (row) => row.place);
  const memories = data.memories.map((memory, id) => ({ ...memory, id }));
  const own = data.people.map(() => []);
  for (const memory of memories) own[memory.who]?.push(memory);
  own.forEach((rows) => rows.sort((a, b) => a.t - b.t || a.id - b.id));
  const everyone = [...memories].sort((a, b) => a.t - b.t || a.id - b.id);
  const scores = new Map();
  const recalls = data.people.map(() => []);
  for (const recall of data.recalls) {
    recalls[recall.who].push(recall);
    for (const [memory, recency, importance, relevance] of recall.hits) {
      if (!scores.has(memory)) scores.set(memory, []);
      scores.get(memory).push({ t: recall.t, recency, importance, relevance });
    }
  }
  const plans = data.people.map(() => []);
  for (const plan of data.plans) plans[plan.who].push(plan);
  const children = grouped(data.places.map((place, id) => ({ ...place, id })), (place) => place.parent);
  return {
    people: data.people, places: data.places, times: data.times, memories, own, everyone,
    recalls, talks: data.talks,
    name: (who) => data.people[who]?.name ?? String(who),
    names: (all) => all.map((who) => data.people[who]?.name ?? String(who)).join(say("comma")),
    place: (id) => data.places[id]?.name ?? "",
    whole: (id) => path(data.places, id),
    children: (parent) => children.get(parent) ?? [],
    where: (who, t) => lastUpTo(moves[who], t) ?? { t: 0, place: -1, what: "", asleep: false },
    state: (place, t) => lastUpTo(states.get(place) ?? [], t),
    plan: (who, t) => lastUpTo(plans[who], t),
    score: (memory, t) => lastUpTo(scores.get(memory) ?? [], t),
    recalledAt: (who, t) => recalls[who].slice(countUpTo(recalls[who], t - 1), countUpTo(recalls[who], t)),
    talksUpTo: (t) => data.talks.slice(0, countUpTo(data.talks, t)),
    talksAt: (t) => data.talks.slice(countUpTo(data.talks, t - 1), countUpTo(data.talks, t)),
    clock: (t) => (data.times[t] ?? "").slice(11),
    stamp: (t) => stamp(data.times, t),
  };
}

// A place with what it is in, without the town itself.
function path(places, id) {
  const names = [];
  for (let at = id; at >= 0 && places[at].level > 0; at = places[at].parent) names.unshift(places[at].name);
  return names.join(" › ");
}

// A moment in words: its time, and its date where the town lives more than one day.
function stamp(times, t) {
  const time = times[t] ?? "";
  const first = times[0]?.slice(0, 10);
  const last = times[times.length - 1]?.slice(0, 10);
  return first === last ? time.slice(11) : `${time.slice(5, 10)} ${time.slice(11)}`;
}

// Two letters for a person; the end of a Chinese name, which is the given one.
function initials(name) {
  if (/[\u3400-\u9fff]/.test(name)) return name.replace(/[\s·]/g, "").slice(-2);
  const words = name.split(/[\s-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [name.slice(0, 2)];
  return letters.map((word) => (words.length > 1 ? [...word][0] : word)).join("");
}

// Colours far apart for neighbours in the list; the golden angle never comes round.
function hue(who) {
  return (25 + who * 137.508) % 360;
}
