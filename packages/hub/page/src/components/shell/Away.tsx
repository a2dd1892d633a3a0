import { useEffect } from "react";
import mark from "../../mark.svg";
import { usePage } from "../parts/use-page.ts";

/** Milliseconds between two tries. */
const AGAIN = 3_000;

/** The hub does not answer. Tries again by itself. */
export function Away({ detail }: { detail: string }) {
  const { entrance } = usePage();
  useEffect(() => {
    const timer = setInterval(() => void entrance.ask(), AGAIN);
    return () => clearInterval(timer);
  }, [entrance]);
  return (
    <main className="gate">
      <img src={mark} alt="" width="44" height="44" />
      <h1>No answer from the hub</h1>
      <p role="alert">{detail}</p>
      <button type="button" className="primary" onClick={() => void entrance.ask()}>
        Try again
      </button>
    </main>
  );
}
