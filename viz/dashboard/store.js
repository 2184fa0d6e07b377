// All that is known of the runs: records of the server or of the saved page, each of which may come twice.

const timeOf = ({ epoch, at }) => (epoch ? epoch - 1 + (at ?? 1) : 0);
const finite = value => (typeof value === "number" ? value : NaN);  // "NaN" and "Infinity" are text in the records

function newStore(everything) {
  return { runs: new Map(), problems: new Map(), loaded: new Set(), everything };
}

function runOf(store, id) {
  if (!store.runs.has(id)) {
    store.runs.set(id, { id, name: id, model: "", ends: {}, live: null, epochs: new Map(), looks: [], alerts: [] });
  }
  return store.runs.get(id);
}

// Put a look in its place in time; one of the same time is replaced.
function insertLook(looks, look) {
  let k = looks.length;
  while (k > 0 && timeOf(looks[k - 1]) > timeOf(look)) k -= 1;
  const same = k > 0 && timeOf(looks[k - 1]) === timeOf(look);
  looks.splice(same ? k - 1 : k, same ? 1 : 0, look);
}

function resetRun(run, source) {
  for (const epoch of run.epochs.values()) delete epoch[source];
  run.alerts = run.alerts.filter(alert => alert.source !== source);
  delete run.ends[source];
  if (source === "looks") { run.looks = []; run.live = null; }
}

// A training that was resumed takes back what came after its checkpoint.
function resumeRun(run, record) {
  for (const [number, epoch] of run.epochs) if (number > record.epochs) delete epoch.looks;
  run.looks = run.looks.filter(look => look.epoch <= record.epochs);
  run.alerts = run.alerts.filter(alert => alert.source !== "looks" || alert.epoch <= record.epochs);
}

function addAlert(run, alert) {
  const same = other => other.rule === alert.rule && other.epoch === alert.epoch && other.batch === alert.batch;
  const at = run.alerts.findIndex(same);
  if (at < 0) run.alerts.push(alert);
  else if (run.alerts[at].source !== "looks") run.alerts[at] = alert;  // which tells more
}

function addRecord(store, record) {
  if (record.kind === "problem") {
    if (record.text === null) store.problems.delete(record.where);
    else store.problems.set(record.where, record.text);
    return;
  }
  const run = runOf(store, record.run), kept = store.everything || store.loaded.has(record.run);
  if (record.kind === "run") {
    run.name = record.name;
    run.model = record.model ?? run.model;
    delete run.ends[record.source];  // an attempt begins
  } else if (record.kind === "epoch") {
    const known = run.epochs.get(record.epoch) ?? {};
    run.epochs.set(record.epoch, { ...known, [record.source]: record });
  } else if (record.kind === "resumed") resumeRun(run, record);
  else if (record.kind === "live" && kept) run.live = record;
  else if (record.kind === "look" && kept) insertLook(run.looks, record);
  else if (record.kind === "alert") addAlert(run, record);
  else if (record.kind === "end") run.ends[record.source] = record.why;
  else if (record.kind === "reset") resetRun(run, record.source);
}

// How a run has ended, "" while it is under way: its rows count before what its looks say.
const endOf = run => run.ends.rows ?? run.ends.looks ?? "";

// What is known of an epoch: its row counts before what looks at it said.
function epochOf(run, number) {
  const { rows, looks } = run.epochs.get(number) ?? {};
  const last = run.looks.findLast(look => look.epoch === number && look.by_depth);
  return {
    loss: rows?.loss ?? looks?.loss ?? null,
    accuracy: rows?.accuracy ?? looks?.accuracy ?? null,
    byDepth: rows?.by_depth ?? looks?.by_depth ?? last?.by_depth ?? null,
  };
}

const epochNumbers = run => [...run.epochs.entries()].filter(([, of]) => of.rows || of.looks).map(([number]) => number);

// In epochs: 0 before training, 1 after the first.
function lastTime(run) {
  const looks = run.looks.length ? timeOf(run.looks[run.looks.length - 1]) : 0;
  return Math.max(0, looks, ...epochNumbers(run));
}

const lookAt = (run, time, has = () => true) =>
  run.looks.findLast(look => timeOf(look) <= time + 1e-9 && has(look)) ?? null;
