const url = "http://127.0.0.1:4400/events?topic=users/ada/**&topic=prices/*";
let source;

async function listen() {
  await fetch("/token", { method: "POST" }); // sets the cookie
  source = new EventSource(url, { withCredentials: true });
  source.onmessage = ({ data }) => console.log(data);
  source.onerror = () => {
    // Refused, with a cookie that has expired: EventSource itself would not try again.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
}

listen();
