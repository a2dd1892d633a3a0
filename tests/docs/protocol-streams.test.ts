import { memory } from "@tidings/server";
import { afterEach, describe, expect, test } from "vitest";
import { readExamples } from "./marked-examples.ts";
import { NOW, openStillHub, type StillHub } from "./still-hub.ts";

const examples = readExamples("PROTOCOL.md");
const EPOCH = "ml29f9c0i000";
const hubs: StillHub[] = [];

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

describe("a stream is, to the byte, what PROTOCOL.md shows", () => {
  test("1.4 its head, 1.7 its start", async () => {
    const { open } = await start();
    const reader = await open("/events?topic=orders/42&topic=news/**");
    expect(reader.head).toBe(examples.take("head"));
    expect(reader.body).toBe(examples.take("start"));
  });

  test("1.6 its head for a reader that accepts gzip", async () => {
    const { open } = await start();
    const reader = await open("/events?topic=orders/42", "Accept-Encoding: gzip, deflate, br");
    expect(reader.head).toBe(examples.take("head-gzip"));
  });

  test("2.1 a publication, 2.2 its lines, 5.1 a heartbeat", async () => {
    const { hub, open, beat } = await start();
    const reader = await open("/events?topic=orders/42&topic=news/**");
    const from = reader.body.length;
    await publishThree(hub);
    await reader.more((body) => body.includes("lines\n\n"));
    beat();
    await reader.more((body) => /\n\nid: \S+\n\n$/.test(body));
    expect(reader.body.slice(from)).toBe(
      examples.take("publication") + examples.take("lines") + examples.take("heartbeat"),
    );
  });

  test("5.3 a heartbeat as an event", async () => {
    const { open, beat } = await startWithFour();
    const reader = await open("/events?topic=orders/42&heartbeat=event");
    const from = reader.body.length;
    beat();
    await reader.more((body) => body.slice(from).endsWith("{}\n\n"));
    expect(reader.body.slice(from)).toBe(examples.take("heartbeat-event"));
  });

  test("6.1 a reader that comes back", async () => {
    const { open } = await startWithFour();
    await open("/events?topic=orders/42");
    const reader = await open("/events?topic=orders/42", `Last-Event-ID: ${EPOCH}-1`);
    expect(reader.body).toBe(examples.take("resume"));
  });

  test("6.1 the header wins over ?lastEventId=, and that over ?from= and ?last=", async () => {
    const { open } = await startWithFour();
    const idOf = (body: string): string | undefined => /^id: (\S+)\nevent: tidings:open/.exec(body)?.[1];
    const query = `/events?topic=orders/42&from=earliest&last=3&lastEventId=${EPOCH}-2`;
    expect(idOf((await open(query)).body)).toBe(`${EPOCH}-2`);
    expect(idOf((await open(query, `Last-Event-ID: ${EPOCH}-3`)).body)).toBe(`${EPOCH}-3`);
  });

  test("6.3 ?last=", async () => {
    const { open } = await startWithFour();
    for (let at = 0; at < 2; at++) await open("/events?topic=orders/42");
    expect((await open("/events?topic=orders/42&last=1")).body).toBe(examples.take("last"));
  });

  test("7.1 a gap after a delete", async () => {
    const { hub, open } = await startWithFour();
    for (let at = 0; at < 3; at++) await open("/events?topic=orders/42");
    await hub.deleteTopic("orders/42");
    const reader = await open("/events?topic=orders/42", `Last-Event-ID: ${EPOCH}-1`);
    expect(reader.body).toBe(examples.take("gap-trimmed"));
  });

  test("7.4 a gap at a fork: the earlier epoch ended before the reader's position", async () => {
    const store = memory();
    const before = await openStillHub({ store });
    await before.hub.publish("orders/42", "first");
    await before.hub.publish("orders/42", "second");
    await before.close();
    const { hub, open } = await start({ store }, NOW + 3_600_000);
    await hub.publish("orders/42", "third");
    const reader = await open("/events?topic=orders/42", `Last-Event-ID: ${EPOCH}-5`);
    expect(reader.body).toBe(examples.take("gap-reset"));
  });

  test("7.5 a gap after an id that is none of ours", async () => {
    const { open } = await startWithFour();
    for (let at = 0; at < 4; at++) await open("/events?topic=orders/42");
    const reader = await open("/events?topic=orders/42", "Last-Event-ID: 41");
    const example = examples.take("gap-unknown");
    expect(reader.body.slice(0, example.length)).toBe(example);
    expect(reader.body.slice(example.length)).toMatch(/^id: ml29f9c0i000-1\nevent: price\n/);
  });

  test("8.1 the end of a topic, 8.2 the end of its stream, 8.3 the end of its readers", async () => {
    const { hub, open } = await startWithFour();
    await hub.publish("jobs/7", "half");
    const reader = await open("/events?topic=jobs/7");
    const from = reader.body.length;
    await hub.publish("jobs/7", "done", { end: true });
    await reader.closed;
    expect(reader.body.slice(from)).toBe(examples.take("end"));

    const over = await open("/events?topic=jobs/7", `Last-Event-ID: ${EPOCH}-6`);
    expect(over.head.toLowerCase()).toBe(examples.take("over").toLowerCase());
    const late = await open("/events?topic=jobs/7&from=earliest");
    await late.closed;
    expect(late.body).toMatch(
      /^id: \S+-0\nevent: tidings:open\n[\s\S]+data: half\n[\s\S]+data: done\n[\s\S]+tidings:end\n/,
    );
    await expect(hub.publish("jobs/7", "more")).rejects.toMatchObject({ code: "topic_ended" });
  });

  test("9.1 goodbye, 9.5 what a hub that is closed answers to an EventSource and to others", async () => {
    const { hub, open } = await start();
    const reader = await open("/events?topic=orders/42");
    const from = reader.body.length;
    await hub.close();
    await reader.closed;
    expect(reader.body.slice(from)).toBe(examples.take("bye"));

    const shed = await open("/events?topic=orders/42", "Accept: text/event-stream");
    expect(shed.head).toMatch(/^HTTP\/1.1 200 OK\n/);
    expect(shed.body).toBe(examples.take("shed"));
    const told = await open("/events?topic=orders/42", "Accept: text/event-stream, application/problem+json");
    expect(told.head).toMatch(/^HTTP\/1.1 503 [\s\S]+\nretry-after: 1\n/);
    expect(JSON.parse(told.body)).toMatchObject({ code: "hub_closed", status: 503 });
  });

  test("9.5 what a hub that is full answers to an EventSource and to others", async () => {
    const { open } = await start({ limits: { connections: 1 } });
    await open("/events?topic=orders/42");
    const shed = await open("/events?topic=orders/42", "Accept: text/event-stream");
    expect(shed.body).toBe("retry: 30000\n\n");
    const told = await open("/events?topic=orders/42");
    expect(told.head).toMatch(/^HTTP\/1.1 503 [\s\S]+\nretry-after: 30\n/);
    expect(JSON.parse(told.body)).toMatchObject({ code: "too_many_connections" });
  });

  test("11.1 an error", async () => {
    const { open } = await start();
    const refused = await open("/events");
    expect(refused.head).toMatch(/^HTTP\/1.1 400 [\s\S]+\ncontent-type: application\/problem\+json\n/);
    expect(`${refused.body}\n`).toBe(examples.take("problem"));
  });

  test("no example is left that nothing was compared with", () => {
    expect(examples.left).toEqual([]);
  });
});

async function start(...given: Parameters<typeof openStillHub>): Promise<StillHub> {
  const still = await openStillHub(...given);
  hubs.push(still);
  return still;
}

/** A hub whose log holds 1 and 4 of `orders/42`, 2 of `news/world`, and 3 of another topic. */
async function startWithFour(): Promise<StillHub> {
  const still = await start();
  await publishThree(still.hub);
  await still.hub.publish("orders/42", "third");
  return still;
}

async function publishThree(hub: StillHub["hub"]): Promise<void> {
  await hub.publish("orders/42", { total: 9 }, { event: "price" });
  await hub.publish("news/world", "Two\nlines");
  await hub.publish("weather", "fine");
}
