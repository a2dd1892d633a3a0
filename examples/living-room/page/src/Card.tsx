import type { EventSourceState } from "@tidings/react";
import type { ReactNode } from "react";

interface CardProps {
  readonly title: string;
  /** Where the stream of this card is; absent where none is wanted for now. */
  readonly status?: EventSourceState<unknown>["status"] | undefined;
  readonly children: ReactNode;
}

export function Card({ title, status, children }: CardProps): ReactNode {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {status && (
          <span className="status" data-status={status} role="status">
            {status}
          </span>
        )}
      </header>
      <div className="content">{children}</div>
    </section>
  );
}
