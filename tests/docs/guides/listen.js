// #region listen
const source = new EventSource("http://127.0.0.1:4400/events?topic=orders/*");

source.addEventListener("price", (event) => {
  console.log(event.lastEventId, JSON.parse(event.data));
});
source.addEventListener("tidings:gap", () => {
  console.log("Something was missed, and is no longer held: fetch it anew.");
});
// #endregion listen
