import { useConnection, useTopic } from "@tidings/react";
import type { ReactNode } from "react";

interface Movie {
  readonly title: string;
}

// #region app
export function App(): ReactNode {
  const movies = useTopic<Movie>("movies", { last: 1000, limit: 1000 });
  const { status } = useConnection();

  return (
    <main>
      <h1>Movies</h1>
      <p>Films appear as they are posted, and stay, whatever happens to the server.</p>
      <section className="card">
        <header>
          <span className="status" data-status={status} role="status">
            {status}
          </span>
          <span className="count">{movies.length === 1 ? "1 film" : `${movies.length} films`}</span>
        </header>
        {movies.length === 0 && <p className="empty">No films yet. Post one with the command below.</p>}
        <ol aria-label="Films">
          {movies.toReversed().map(({ id, data }) => (
            <li key={id}>{data.title}</li>
          ))}
        </ol>
        <footer>
          <code>
            curl -d '{'{"title":"Alien"}'}' -H 'content-type: application/json' {location.host}/movie
          </code>
        </footer>
      </section>
    </main>
  );
}
// #endregion app
