import { type FormEvent, useId, useState } from "react";
import mark from "../../mark.svg";
import { CopyButton } from "../parts/CopyButton.tsx";
import { usePage } from "../parts/use-page.ts";

const MINT = "tidings token --admin --expires 8h";

/** Asks for a token. `detail`: what was wrong with the last one. */
export function SignIn({ detail }: { detail: string | undefined }) {
  const { entrance } = usePage();
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();

  async function signIn(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (token.trim() === "" || busy) return;
    setBusy(true);
    await entrance.signIn(token);
    setBusy(false);
  }

  return (
    <main className="gate">
      <img src={mark} alt="" width="44" height="44" />
      <h1>Sign in to Tidings</h1>
      <p>This hub has keys: the dashboard is for those who hold an admin’s token.</p>
      <form onSubmit={(event) => void signIn(event)}>
        <label htmlFor={id}>Token</label>
        <textarea
          id={id}
          rows={4}
          value={token}
          onChange={(event) => setToken(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && void signIn(event)}
          placeholder="eyJhbGciOi…"
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          aria-invalid={detail !== undefined || undefined}
          aria-describedby={`${id}detail`}
        />
        <p id={`${id}detail`} className="gate-detail" role="alert">
          {detail}
        </p>
        <button type="submit" className="primary" aria-disabled={busy}>
          Sign in
        </button>
      </form>
      <figure className="snippet">
        <figcaption>
          <span>Make one where the hub’s secret is</span>
          <CopyButton text={MINT} />
        </figcaption>
        <pre>
          <code>{MINT}</code>
        </pre>
      </figure>
      <p className="gate-note">Kept in this tab until it is closed, and sent to this hub alone.</p>
    </main>
  );
}
