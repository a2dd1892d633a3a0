import { useEventSource } from "@tidings/react";
import { type FormEvent, type ReactNode, useState } from "react";
import { Card } from "./Card.tsx";
import { post } from "./post.ts";

interface Message {
  readonly from: string;
  readonly text: string;
}

export function Messages(): ReactNode {
  const [user, setUser] = useState<string>();
  // #region messages
  const url = user === undefined ? null : "/messages";
  // The address is the same for everybody: `identity` says that another user's is another stream.
  const { events, status } = useEventSource<Message>(url, { last: 20, limit: 20, ...(user && { identity: user }) });
  // #endregion messages
  const [problem, setProblem] = useState<string>();

  const signIn = async (form: FormData): Promise<void> => {
    setUser((await post<{ user: string }>("/sign-in", { user: form.get("user") })).user);
  };
  const send = (form: FormData): Promise<unknown> => post("/messages", { to: form.get("to"), text: form.get("text") });

  /** Sends a form, and shows what is wrong with it. */
  const submitTo =
    (action: (form: FormData) => Promise<unknown>) =>
    async (event: FormEvent<HTMLFormElement>): Promise<void> => {
      event.preventDefault();
      const form = event.currentTarget;
      try {
        await action(new FormData(form));
        form.reset();
        setProblem(undefined);
      } catch (error) {
        setProblem((error as Error).message);
      }
    };

  return (
    <Card title={user ? `Messages for ${user}` : "Messages"} status={url === null ? undefined : status}>
      {events.length > 0 && (
        <ol aria-label="Messages">
          {events.map(({ id, data }) => (
            <li key={id}>
              <b>{data.from}</b> {data.text}
            </li>
          ))}
        </ol>
      )}
      {user && (
        <form className="row" onSubmit={submitTo(send)}>
          <input name="to" aria-label="To" placeholder="To" required />
          <input name="text" aria-label="Text" placeholder="Text" required className="wide" />
          <button type="submit">Send</button>
        </form>
      )}
      <form className="row" onSubmit={submitTo(signIn)}>
        <input name="user" aria-label="Name" placeholder="Name" required className="wide" />
        <button type="submit" className={user && "quiet"}>
          {user ? "Sign in as another" : "Sign in"}
        </button>
      </form>
      {problem && <p role="alert">{problem}</p>}
    </Card>
  );
}
