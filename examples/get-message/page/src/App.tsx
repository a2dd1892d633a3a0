import { useEventSource } from "@tidings/react";
import { type ReactNode, useState } from "react";

interface Message {
  readonly message: string;
}

const BACKEND: string = import.meta.env.VITE_BACKEND;
const MESSAGES = ["Spring Boot", "Spring MVC", "Spring Security", "Spring Data"];

// #region app
export function App(): ReactNode {
  const { events, status } = useEventSource<Message>(`${BACKEND}/addClient`, { last: 1000, limit: 1000 });
  const [problem, setProblem] = useState<string>();

  const getMessage = async (): Promise<void> => {
    setProblem(await post(MESSAGES[Math.floor(Math.random() * MESSAGES.length)] as string));
  };

  return (
    <main>
      <h1>Server Sent Events</h1>
      <p>Every window shows the same messages, also those from before it was opened.</p>
      <section className="card">
        <header>
          <span className="status" data-status={status} role="status">
            {status}
          </span>
          <button type="button" onClick={getMessage}>
            Get message
          </button>
        </header>
        {problem && <p role="alert">{problem}</p>}
        <ol aria-label="Messages">
          {events.toReversed().map(({ id, data }) => (
            <li key={id}>{data.message}</li>
          ))}
        </ol>
        <footer>Total messages: {events.length}</footer>
      </section>
    </main>
  );
}
// #endregion app

/** Posts a message. Gives what went wrong, if anything did. */
async function post(message: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${BACKEND}/message`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message }),
    });
    return response.ok ? undefined : `The backend answered ${response.status}.`;
  } catch {
    return "The backend cannot be reached.";
  }
}
