// Where the records come from: the page itself if it was saved, else its server.

const SILENCE = 35_000;  // milliseconds without a word from the server, which speaks every 15 s

function say(text, alarming = false) {
  at("status").textContent = text;
  at("status").className = alarming ? "notice" : "";
}

// The server puts the name of its folder in front of the title.
const sayHowFar = () => say(`${document.title.replace(/: [^:]*$/, "")}: ${told()}`);

const busy = loading => document.body.setAttribute("aria-busy", String(loading));

function showSaved({ name, records }) {
  for (const record of records) addRecord(store, record);
  state.follow = false;
  state.time = Infinity;
  at("following").hidden = true;
  say(`${name}, as saved: ${told()}`);
  render();
  busy(false);
}

function connect() {
  const key = new URLSearchParams(location.search).get("key") ?? "", query = `?key=${encodeURIComponent(key)}`;
  let last = Date.now(), loading = Promise.resolve();
  const get = async path => {
    const answer = await fetch(path + query);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  // The looks at the chosen groups; those at others are let go.
  const loadLooks = async () => {
    busy(true);
    const wanted = new Set(chosenGroups(groupsOf(store)).flatMap(({ runs }) => runs.map(run => run.id)));
    for (const id of store.loaded) if (!wanted.has(id)) { store.loaded.delete(id); Object.assign(runOf(store, id), { looks: [], live: null }); }
    await Promise.all([...wanted].filter(id => !store.loaded.has(id)).map(async id => {
      store.loaded.add(id);
      for (const record of await get(`/api/run/${encodeURIComponent(id)}`)) addRecord(store, record);
    }));
    render();
    busy(false);
  };
  const loadAll = async () => {
    const records = await get("/api/runs");
    store.runs.clear();
    store.problems.clear();
    store.loaded.clear();
    for (const record of records) addRecord(store, record);
    await loadLooks();
    sayHowFar();
  };
  const failed = error => say(`The server does not answer: ${error.message}`, true);
  state.onChoice = () => { loading = loading.then(loadLooks).catch(failed); };
  const events = new EventSource(`/api/events${query}`);
  events.onmessage = ({ data }) => {
    last = Date.now();
    const record = JSON.parse(data);
    if (record.kind === "hello" || record.kind === "again") loading = loading.then(loadAll).catch(failed);
    else if (record.kind !== "beat") {
      addRecord(store, record);
      if (record.kind === "run") state.onChoice();
      renderSoon();
      sayHowFar();
    }
  };
  events.onerror = () => say("The server has ended, or does not answer; what is shown is what was there before.", true);
  setInterval(() => {
    if (Date.now() - last > SILENCE) say("No word from the server for a while; what is shown may be old.", true);
  }, 5_000);
  at("save").href = `/page.html${query}`;
  at("save").hidden = false;
}

if (saved !== null) showSaved(saved); else connect();
