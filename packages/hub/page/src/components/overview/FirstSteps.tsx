import { useState } from "react";
import { toListenCurl, toPublishCurl } from "../../model/curl.ts";
import { toHref } from "../../model/router.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import { useShellToken } from "../parts/use-shell-token.ts";

const FIRST = { topic: "hello", event: "", data: '{"message":"Hello, world!"}' };

/** What a hub shows that nobody has published to yet. */
export function FirstSteps() {
  const page = usePage();
  const token = useShellToken();
  const [fault, setFault] = useState<string>();

  async function publish(): Promise<void> {
    try {
      await page.api.publish(FIRST);
      location.hash = toHref({ screen: "topic", name: FIRST.topic, view: "live" });
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <section className="first-steps card" aria-label="First steps">
      <div>
        <h2>Ready for the first event</h2>
        <p>Whatever is published reaches everyone who listens, at once. Try it in two terminals, or with one click.</p>
        <p className="first-steps-actions">
          <button type="button" className="primary" onClick={() => void publish()}>
            Publish a first event
          </button>
          <a className="button" href={toHref({ screen: "try", name: FIRST.topic })}>
            Code for your language
          </a>
        </p>
        <p role="alert" className="fault">
          {fault}
        </p>
      </div>
      <div>
        <Snippet title="Listen" code={toListenCurl(page.root, FIRST.topic, token)} />
        <Snippet title="Publish" code={toPublishCurl(page.root, FIRST, token)} />
      </div>
    </section>
  );
}
