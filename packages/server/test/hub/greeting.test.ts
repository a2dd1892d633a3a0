import { expect, test } from "vitest";
import type { Connection } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  eventText,
  gapText,
  IN_STORE,
  id,
  lastEventIdAfter,
  listen,
  liveText,
  openText,
  publishAll,
  settle,
  startHub,
} from "./support.ts";

function greet(connection: Connection): void {
  connection.send("welcome", { event: "connected" });
  connection.send({ snapshot: 1 });
}

const GREETING = 'event: connected\ndata: welcome\n\ndata: {"snapshot":1}\n\n';

test("a stream is open, gap, greeting, history, live, in this order; the greeting has no id", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 1 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1), onConnect: greet });
  expect(reader.text()).toBe(
    openText(1, ["a"]) + gapText("trimmed", id(1), id(2)) + GREETING + eventText(3, "a", "3") + liveText(3),
  );
  const fresh = await listen(hub, { topics: ["*"], onConnect: greet });
  expect(fresh.text()).toBe(openText(2, ["*"], 3) + GREETING + liveText(3));
});

test("a cut within the greeting leaves the position before it alone", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1), onConnect: greet });
  for (const blocks of [2, 3]) expect(lastEventIdAfter(reader.parts.slice(0, blocks).join(""), "x")).toBe(id(1));
  const last = await listen(hub, { topics: ["a"], last: "1", onConnect: greet });
  for (const blocks of [2, 3]) expect(lastEventIdAfter(last.parts.slice(0, blocks).join(""), "x")).toBe("x");
});

test("a greeting goes to one connection alone and into no history", async () => {
  const { hub, runtime } = await startHub();
  const other = await listen(hub, { topics: ["a"] });
  const reader = await listen(hub, { topics: ["a"], onConnect: greet });
  runtime.endTurn();
  expect(other.data).toEqual([]);
  expect(reader.data).toEqual(["welcome", '{"snapshot":1}']);
  expect(await hub.history("a")).toEqual({ events: [], next: id(0), upToDate: true });
});

test("what is sent later goes out at once, among what is live", async () => {
  const { hub, runtime } = await startHub();
  let connection: Connection | undefined;
  const reader = await listen(hub, {
    topics: ["a"],
    onConnect: (given) => {
      connection = given;
    },
  });
  await hub.publish("a", "1");
  expect(connection?.send("in between")).toBe(true);
  runtime.endTurn();
  expect(reader.text(2)).toBe(`data: in between\n\n${eventText(1, "a", "1")}`);
});

test.each([
  ["open", "reserved_event_name"],
  ["error", "reserved_event_name"],
  ["tidings:live", "reserved_event_name"],
  ["tidings:", "reserved_event_name"],
  ["a\nid: 1", "invalid_event_name"],
  ["a\r", "invalid_event_name"],
  ["\0", "invalid_event_name"],
  ["x".repeat(257), "invalid_event_name"],
])("a greeting named %j is refused, and nothing of it sent", async (event, code) => {
  const { hub } = await startHub();
  let thrown: unknown;
  const reader = await listen(hub, {
    topics: ["a"],
    onConnect: (connection) => {
      try {
        connection.send("x", { event });
      } catch (error) {
        thrown = error;
      }
    },
  });
  expect(thrown).toMatchObject({ code, field: "event" });
  expect(reader.text()).toBe(openText(1, ["a"], 0) + liveText(0));
});

test("a greeting's data is as a publication's: JSON, no more bytes than the limit, line breaks kept apart", async () => {
  const { hub } = await startHub({ limits: { eventBytes: 20 } });
  const codes: unknown[] = [];
  const reader = await listen(hub, {
    topics: ["a"],
    onConnect: (connection) => {
      for (const data of [1, null, "two\nlines\rthree", undefined, "x".repeat(21)]) {
        try {
          codes.push(connection.send(data));
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
    },
  });
  expect(codes).toEqual([true, true, true, "invalid_data", "event_too_large"]);
  expect(reader.text(1)).toBe(`data: 1\n\ndata: null\n\ndata: two\ndata: lines\ndata: three\n\n${liveText(0)}`);
});

test("an onConnect that throws is told to onError, and the stream goes on", async () => {
  const errors: unknown[] = [];
  const { hub, runtime } = await startHub({ onError: (error) => errors.push(error) });
  await hub.publish("a", "1");
  runtime.endTurn();
  const failure = new Error("greeting");
  const reader = await listen(hub, {
    topics: ["a"],
    lastEventId: id(0),
    onConnect: (connection) => {
      connection.send("first");
      throw failure;
    },
  });
  expect(errors).toEqual([failure]);
  await hub.publish("a", "2");
  runtime.endTurn();
  expect(reader.text()).toBe(
    `${openText(1, ["a"], 0)}data: first\n\n${eventText(1, "a", "1")}${liveText(1)}${eventText(2, "a", "2")}`,
  );
});

test.each([
  [{}, true],
  [{ reconnect: true }, true],
  [{ reconnect: false }, false],
])("an onConnect may close the connection, and nothing follows the bye: %j", async (options, reconnect) => {
  const reasons: string[] = [];
  const { hub, runtime } = await startHub({ onDisconnected: (_, reason) => reasons.push(reason) });
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const reader = await listen(hub, {
    topics: ["a"],
    lastEventId: id(0),
    onConnect: (connection) => {
      connection.send("no");
      connection.close(options);
      expect(connection.send("more")).toBe(false);
    },
  });
  await settle();
  expect(reader.text()).toBe(`${openText(1, ["a"], 0)}data: no\n\n${byeText("kicked", reconnect)}`);
  expect(reader.ended).toBe(true);
  expect(reasons).toEqual(["kicked"]);
});

test("onConnect sees the connection as it is, then and later", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const seen: unknown[] = [];
  let connection: Connection | undefined;
  const look = ({ id, topics, subject, since, state, position, buffered }: Connection): void => {
    seen.push({ id, topics, subject, since, state, position, buffered });
  };
  const reader = await listen(hub, {
    topics: ["b/*", "a"],
    lastEventId: id(1),
    subject: "ada",
    onConnect: (given) => {
      connection = given;
      look(given);
    },
  });
  look(connection as Connection);
  reader.handle?.closed();
  look(connection as Connection);
  const same = { id: "1-i00000", topics: ["a", "b/*"], subject: "ada", since: runtime.now(), buffered: 0 };
  expect(seen).toEqual([
    { ...same, state: "catching-up", position: id(1) },
    { ...same, state: "live", position: id(2) },
    { ...same, state: "closed", position: id(2) },
  ]);
});
