const [state, count, log] = ["state", "count", "log"].map((id) => document.getElementById(id));
let dates = 0;

// #region listen
const source = new EventSource("/subscribe");

source.addEventListener("open", () => {
  show("open");
  append("open", "Connected.");
});

source.addEventListener("error", () => {
  const gaveUp = source.readyState === EventSource.CLOSED;
  show(gaveUp ? "closed" : "connecting");
  append("error", gaveUp ? "Closed by the server." : "Cut off. Trying again.");
});

source.addEventListener("connected", (event) => append("connected", event.data));

source.addEventListener("current-date", (event) => {
  append("date", event.data, event.lastEventId);
  count.textContent = `${++dates} ${dates === 1 ? "date" : "dates"}`;
});

// Dates older than what the server keeps are gone, and it says so.
source.addEventListener("tidings:gap", () => append("gap", "Some dates are missing here."));
// #endregion listen

function show(text) {
  state.textContent = state.dataset.state = text;
}

function append(kind, text, id = "") {
  // While the server is down every attempt fails: one line counts them.
  const last = log.lastElementChild;
  if (kind === "error" && last?.dataset.kind === "error") {
    last.dataset.times = Number(last.dataset.times) + 1;
    last.lastElementChild.textContent = `× ${last.dataset.times}`;
    return;
  }
  const line = document.createElement("li");
  Object.assign(line.dataset, { kind, times: 1 });
  for (const [name, content] of Object.entries({ kind, text, id })) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = content;
    line.append(part);
  }
  log.append(line);
  line.scrollIntoView({ block: "nearest" });
}
