import { useState } from "react";
import { toListenCurl, toPublishCurl } from "../model/curl.ts";
import { EVERY_TOPIC, findTopicFault } from "../model/topics.ts";
import { Snippet } from "./Snippet.tsx";
import { usePage, useReadable } from "./use-page.ts";

const FIRST = { topic: "hello", event: "", data: '{"message":"Hello, world!"}' };

/** What stands where events will be: how to make the first one. */
export function Welcome() {
  const page = usePage();
  const name = useReadable(page.selection);
  const { phase } = useReadable(page.streamState);
  const { listing } = useReadable(page.directory);
  const [fault, setFault] = useState<string>();

  // Saying "nothing here" before knowing would flash at everyone who has events.
  if (listing === undefined || phase === "connecting" || phase === "catching-up" || phase === "refused") return null;

  const first = name === EVERY_TOPIC || findTopicFault(name) !== undefined ? FIRST : { ...FIRST, topic: name };
  const fresh = listing.topics.length === 0;
  const publish = (): void => {
    setFault(undefined);
    page.publish(first).catch((error: Error) => setFault(error.message));
  };

  return (
    <div className="welcome">
      <span className="pulse" aria-hidden="true" />
      <h3>{fresh ? "Ready for the first event" : "Waiting for the next event"}</h3>
      <p>{fresh ? "Whatever is published shows up here, and at everyone who listens, at once." : toHint(name)}</p>
      <Snippet title="Listen in a terminal" command={toListenCurl(page.root, name)} />
      <Snippet title="Publish in another" command={toPublishCurl(page.root, first)} />
      {phase !== "ended" && (
        <button type="button" className="primary" onClick={publish}>
          {fresh ? "Publish a first event" : `Publish one to ${first.topic}`}
        </button>
      )}
      <p className="welcome-fault" role="alert">
        {fault}
      </p>
    </div>
  );
}

function toHint(name: string): string {
  return name === EVERY_TOPIC ? "Choose a topic to see its history." : `Nothing to show yet of ${name}.`;
}
