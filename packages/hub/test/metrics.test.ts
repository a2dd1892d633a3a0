import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";
import { bearer, grant, keyedHub } from "./support/tokens.ts";

/** A metric as Prometheus reads it. */
interface Metric {
  readonly type: string;
  /** By what stands before the value: `name{label="x"}`. */
  readonly series: ReadonlyMap<string, number>;
}

test("/metrics is what Prometheus reads, and what the reference says", async () => {
  const { port } = await testHub();
  const answer = await ask(port, { path: "/metrics" });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  const metrics = parse(answer.text);

  const page = readFileSync(new URL("../../../docs/reference/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \|([^|]*)\|/gm)];
  const documented = new Map(
    rows.map(([, name, type, labels = ""]) => [name, { type, labels: labels.match(/\w+/g) ?? [] }]),
  );
  expect([...documented.keys()].sort()).toEqual([...metrics.keys()].sort());
  for (const [name, { type, series }] of metrics) {
    expect([name, documented.get(name)?.type]).toEqual([name, type]);
    for (const line of series.keys()) {
      const labels = [...line.matchAll(/(\w+)=/g)].map(([, label]) => label).filter((label) => label !== "le");
      expect([line, documented.get(name)?.labels]).toEqual([line, labels]);
    }
  }
});

test("it counts what happens, as /stats does", async () => {
  const { url, port, hub } = await testHub({ maxCount: 2 });
  const readers = await Promise.all([1, 2, 3].map(() => listen(`${url}/events?topic=a`)));
  await Promise.all(readers.map((reader) => reader.until(({ event }) => event === "tidings:live")));
  const { json } = await ask(port, { method: "POST", path: "/topics/a", body: "x" });
  await Promise.all(readers.map((reader) => reader.until(({ data }) => data === "x")));
  for (let n = 0; n < 4; n++) await hub.publish("b", n);
  const late = await listen(`${url}/events?topic=b`, { "last-event-id": json.id });
  await late.until(({ event }) => event === "tidings:gap");
  await late.until(({ event }) => event === "tidings:live");
  await ask(port, { path: "/events?topic=a/*/" });
  await ask(port, { path: "/topics/%00" });
  await ask(port, { path: "/nope", headers: { host: "evil.example" } });
  readers[0]?.close();
  await expect.poll(() => hub.status().connections).toBe(3);

  const values = await scrape(port);

  expect(values).toMatchObject({
    'tidings_connections{state="live"}': 3,
    'tidings_connections{state="catching-up"}': 0,
    tidings_publications_total: 5,
    tidings_deliveries_total: 3,
    tidings_flush_events_count: 1,
    'tidings_flush_events_bucket{le="1"}': 1,
    tidings_append_seconds_count: 5,
    tidings_append_failures_total: 0,
    'tidings_gaps_total{reason="trimmed"}': 1,
    'tidings_gaps_total{reason="reset"}': 0,
    'tidings_disconnects_total{reason="closed"}': 1,
    'tidings_refusals_total{code="invalid_pattern"}': 1,
    'tidings_refusals_total{code="invalid_topic"}': 1,
    'tidings_refusals_total{code="not_loopback"}': 1,
    'tidings_refusals_total{code="not_found"}': 0,
    tidings_open: 1,
  });
  // In streams of gzip, as `fetch` asks for them, where what is small goes out as it is, with ten bytes around it.
  const bytes = Buffer.byteLength(`id: ${json.id}\ntopic: a\ndata: x\n\n`) + 10;
  expect(values.tidings_delivered_bytes_total).toBe(3 * bytes);
  expect(values['tidings_catch_up_events_total{source="store"}']).toBe(2);
  const stats = (await ask(port, { path: "/stats" })).json;
  expect(stats).toMatchObject({
    publications: 5,
    deliveries: 3,
    bytesOut: values.tidings_delivered_bytes_total,
    gaps: { trimmed: 1 },
    disconnects: { closed: 1 },
    connections: { live: 3, catchingUp: 0, closing: 0 },
    append: { p50: expect.any(Number), p99: expect.any(Number) },
  });
  for (const reader of [...readers, late]) reader.close();
});

test("its size does not grow with topics, subjects, addresses or what is refused", async () => {
  const { url, port, hub } = await keyedHub();
  const admin = bearer(await grant({ admin: true }));
  const ownNames = async (): Promise<string[]> =>
    Object.keys(await scrape(port, admin)).filter((name) => name.startsWith("tidings_"));
  const before = await ownNames();

  await hub.publishBatch(Array.from({ length: 1000 }, (_, n) => ({ topic: `topics/${n}`, data: n })));
  for (let n = 0; n < 50; n++) {
    const headers = bearer(await grant({ subscribe: ["**", `own/${n}`] }, { sub: `subject-${n}` }));
    const reader = await listen(`${url}/events?topic=topics/${n}&topic=own/${n}`, headers);
    await reader.until(({ event }) => event === "tidings:live");
    reader.close();
    await ask(port, { path: `/unknown/${n}`, headers });
    await ask(port, { path: `/topics/x/${n}`, headers: { "x-forwarded-for": `10.0.0.${n}` } });
  }

  expect(await ownNames()).toEqual(before);
  const text = (await ask(port, { path: "/metrics", headers: admin })).text;
  expect(text).not.toMatch(/topics\/|subject-|10\.0\.0/);
});

test("it takes the right metrics, or admin", async () => {
  const { port } = await keyedHub();
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(port, { path: "/metrics", headers })).status;
  expect(await status({})).toBe(401);
  expect(await status(bearer(await grant({ subscribe: ["**"], publish: ["**"] })))).toBe(403);
  expect(await status(bearer(await grant({ metrics: true })))).toBe(200);
  expect(await status(bearer(await grant({ admin: true })))).toBe(200);
});

test("two hubs in one process count apart", async () => {
  const [one, other] = await Promise.all([testHub(), testHub({ data: `${testDirectory()}/tidings.db` })]);
  await one.hub.publish("a", 1);
  expect((await scrape(one.port)).tidings_publications_total).toBe(1);
  const values = await scrape(other.port);
  expect(values.tidings_publications_total).toBe(0);
  expect(values.tidings_store_file_bytes).toBeGreaterThan(0);
});

describe("the Grafana dashboard", async () => {
  const file = new URL("../../../deploy/grafana/tidings.json", import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, "utf8")) as {
    panels: { title: string; gridPos: { x: number; y: number; w: number; h: number }; targets?: { expr: string }[] }[];
    templating: { list: { query: { query: string } }[] };
  };
  const queries = [
    ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
    ...dashboard.templating.list.map(
      ({ query }) => ["variable", /^label_values\((.*), \w+\)$/.exec(query.query)?.[1] ?? ""] as const,
    ),
  ];

  test("asks for metrics and labels that exist, in PromQL", async () => {
    const { port } = await testHub();
    const series = Object.keys(await scrape(port));
    const used = new Set<string>();
    expect(queries.length).toBeGreaterThan(20);
    for (const [title, expr] of queries) {
      const { names, labels, isGood } = read(expr);
      expect(isGood, `${title}: ${expr}`).toBe(true);
      expect(names.length, expr).toBeGreaterThan(0);
      for (const name of names) {
        used.add(name.replace(/_(bucket|sum|count)$/, ""));
        const found = series.filter((line) => line === name || line.startsWith(`${name}{`));
        expect(found, `${title}: ${name}`).not.toEqual([]);
        // Those that Prometheus itself adds at each scrape.
        const known = ["job", "instance", ...(found[0]?.match(/\w+(?==)/g) ?? [])];
        expect(known, `${title}: ${expr}`).toEqual(expect.arrayContaining(labels));
      }
    }
    // All of the hub's own have a place on it.
    const own = series
      .filter((line) => line.startsWith("tidings_"))
      .map((line) => line.replace(/(_bucket|_sum|_count)?(\{.*)?$/, ""));
    expect([...new Set(own)].filter((name) => !used.has(name))).toEqual([]);
  });

  test("has no panel over another", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

/** The metrics and labels of a query, and whether all of it is PromQL. Grafana's variables stand for themselves. */
function read(query: string): { names: string[]; labels: string[]; isGood: boolean } {
  const expr = query.replaceAll("$__rate_interval", "1m");
  const names: string[] = [];
  const labels: string[] = [];
  let isGood = true;
  parser.parse(expr).iterate({
    enter({ type, from, to }) {
      const text = expr.slice(from, to);
      if (type.isError) isGood = false;
      if (type.name === "Identifier") names.push(text);
      if (type.name === "LabelName") labels.push(text);
    },
  });
  return { names, labels, isGood };
}

async function scrape(port: number, headers: Record<string, string> = {}): Promise<Record<string, number>> {
  const metrics = parse((await ask(port, { path: "/metrics", headers })).text);
  return Object.fromEntries([...metrics.values()].flatMap(({ series }) => [...series]));
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function parse(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  let series = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) {
      expect(metrics.has(name), name).toBe(false);
      series = new Map();
      metrics.set(name, { type, series });
    } else if (line !== "" && !line.startsWith("# HELP ")) {
      const [, key = "", value] = /^([a-z_0-9]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      // The event loop has no mean delay before the second scrape; Go's ParseFloat reads NaN in any case.
      expect(/^nan$/i.test(value ?? "") || !Number.isNaN(Number(value)), line).toBe(true);
      series.set(key, Number(value));
    }
  }
  return metrics;
}
