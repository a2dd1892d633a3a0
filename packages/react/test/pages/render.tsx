// What a server renders. Built anew for each React.

import { Writable } from "node:stream";
import { TidingsProvider, useConnection, useEventEffect, useEventSource } from "@tidings/react";
import { type ReactNode, Suspense } from "react";
import { renderToPipeableStream, renderToString } from "react-dom/server";
import { Seeded, type SeededProps } from "./seeded.tsx";

function Everything(): ReactNode {
  const { status, live } = useConnection();
  const { data, status: sourceStatus } = useEventSource("/other");
  useEventEffect("news", () => {});
  return (
    <p id="everything">
      {status} {String(live)} {String(data)} {sourceStatus}
    </p>
  );
}

/** What `hydrate` of the scenarios goes on with. */
export function renderSeeded(seed: SeededProps): string {
  return renderToString(
    <TidingsProvider url="/events">
      <Seeded {...seed} />
    </TidingsProvider>,
  );
}

export function renderEverything(seed: SeededProps): string {
  return renderToString(
    <TidingsProvider url="/events">
      <Everything />
      <Seeded {...seed} />
    </TidingsProvider>,
  );
}

export function streamEverything(seed: SeededProps): Promise<string> {
  return new Promise((resolve, reject) => {
    let html = "";
    const sink = new Writable({
      write(chunk, _encoding, done) {
        html += chunk;
        done();
      },
      final(done) {
        done();
        resolve(html);
      },
    });
    const { pipe } = renderToPipeableStream(
      <TidingsProvider url="/events">
        <Suspense fallback="…">
          <Everything />
          <Seeded {...seed} />
        </Suspense>
      </TidingsProvider>,
      { onAllReady: () => pipe(sink), onError: reject },
    );
  });
}
