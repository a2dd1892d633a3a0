import type { RequestListener } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { usedBytes as collectGarbage } from "../../../../tests/support/heap.ts";
import { createRemoteKeys, type RemoteKeysOptions } from "../../src/auth/jwks.ts";
import { ask } from "../support/http.ts";
import { testHub } from "../support/hub.ts";
import { serving, startProvider } from "../support/provider.ts";
import { listen } from "../support/stream.ts";
import { bearer, secondsFromNow } from "../support/tokens.ts";

interface Signer {
  readonly jwk: JWK;
  readonly token: () => Promise<string>;
}

async function createSigner(kid: string | undefined, alg = "ES256"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const header = { alg, ...(kid !== undefined && { kid }) };
  return {
    jwk: { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }), use: "sig" },
    token: () =>
      new SignJWT({ exp: secondsFromNow(600), tidings: { subscribe: ["a"] } })
        .setProtectedHeader(header)
        .sign(privateKey),
  };
}

const [first, second] = await Promise.all([createSigner("first"), createSigner("second")]);

const hanging: RequestListener = () => {};

describe("through a hub", () => {
  const statusOf = async (port: number, signer: Signer) =>
    (await ask(port, { path: "/topics/a", headers: bearer(await signer.token()) })).status;

  test("keys are found by their name, of any kind", async () => {
    const signers = await Promise.all(
      ["ES256", "RS256", "PS512", "ES512", "EdDSA"].map((alg) => createSigner(`key of ${alg}`, alg)),
    );
    const provider = await startProvider(serving(...signers.map(({ jwk }) => jwk)));
    const { port } = await testHub({ jwksUrl: provider.url });
    for (const signer of signers) expect(await statusOf(port, signer)).toBe(200);
    expect(await statusOf(port, await createSigner("key of ES256")), "the same name, another key").toBe(401);
    expect(await statusOf(port, await createSigner("unheard of"))).toBe(401);
    expect(provider.requests).toBe(1);
  });

  test("a key set is no place for secrets", async () => {
    const k = Buffer.from("a secret that stands in public, in a key set").toString("base64url");
    const provider = await startProvider(serving({ kty: "oct", k, kid: "s", alg: "HS256" }));
    const { port } = await testHub({ jwksUrl: provider.url });
    const token = await new SignJWT({ tidings: { admin: true } })
      .setProtectedHeader({ alg: "HS256", kid: "s" })
      .sign(Buffer.from(k, "base64url"));
    expect((await ask(port, { path: "/topics", headers: bearer(token) })).status).toBe(401);
  });

  test.each<[string, RequestListener]>([
    ["no JSON", (_, response) => void response.end("<html>")],
    ["no key set", (_, response) => void response.end('{"keys": 7}')],
    ["an error", (_, response) => void response.writeHead(500).end("{}")],
    ["another address", (_, response) => void response.writeHead(302, { location: "/elsewhere" }).end()],
    ["half an answer", (_, response) => void response.writeHead(200, { "content-length": 99 }).end("{")],
    ["nothing, and hangs up", (request) => void request.socket.destroy()],
    ["without end", (_, response) => void response.end(`{"keys":[${'{"kty":"EC"},'.repeat(100_000)}{}]}`)],
  ])("a provider that answers %s: 503 for tokens, and nothing for others", async (_name, answer) => {
    const signer = await createSigner("k");
    const provider = await startProvider(answer);
    const { port, url } = await testHub({ jwksUrl: provider.url, public: ["news"] });
    const question = { path: "/topics/a", headers: bearer(await signer.token()) };
    const refused = await ask(port, question);
    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ code: "keys_unavailable" });
    expect(refused.headers["retry-after"]).toBe("5");
    expect((await ask(port, question)).status).toBe(503);
    expect(provider.requests, "asked once, whoever comes").toBe(1);
    expect((await ask(port, { path: "/topics/news" })).status).toBe(200);
    expect((await ask(port, { path: "/healthz", headers: question.headers })).status).toBe(200);
    // EventSource would give up for ever.
    const native = await listen(`${url}/events?topic=a`, question.headers);
    await native.ended;
    expect(native.response.status).toBe(200);
    expect(native.retries[0]).toBeGreaterThan(1000);
    expect(native.events).toEqual([]);
    const accept = "text/event-stream, application/problem+json";
    expect((await ask(port, { path: "/events?topic=a", headers: { ...question.headers, accept } })).status).toBe(503);
  });

  test("a key that is none is like one that is not there", async () => {
    const signer = await createSigner("k");
    const provider = await startProvider(serving({ ...signer.jwk, x: "AAAA" }));
    const { port } = await testHub({ jwksUrl: provider.url });
    expect(await statusOf(port, signer)).toBe(401);
  });

  test("without a name, the only key of the kind will do, and of several none", async () => {
    const [one, two] = [await createSigner(undefined), await createSigner(undefined)];
    const provider = await startProvider(serving(one.jwk));
    expect(await statusOf((await testHub({ jwksUrl: provider.url })).port, one)).toBe(200);
    provider.answer = serving(one.jwk, two.jwk);
    expect(await statusOf((await testHub({ jwksUrl: provider.url })).port, one)).toBe(401);
  });
});

describe("in time", () => {
  async function start(answer: RequestListener, options: Partial<RemoteKeysOptions> = {}) {
    const clock = { time: 1_000_000 };
    const errors: unknown[] = [];
    const provider = await startProvider(answer);
    const keys = createRemoteKeys(`${provider.url}?code=secret`, {
      now: () => clock.time,
      onError: (error) => errors.push(error),
      ...options,
    });
    const has = async (kid: string) => (await keys.find({ alg: "ES256", kid })) !== undefined;
    return { clock, errors, provider, has };
  }

  test("a key that has just been added is found, and made-up names do not flood the provider", async () => {
    const { clock, provider, has } = await start(serving(first.jwk));
    expect(await has("first")).toBe(true);
    provider.answer = serving(first.jwk, second.jwk);
    expect(await has("second"), "asked a moment ago").toBe(false);
    clock.time += 30_001;
    expect(await has("second")).toBe(true);
    const made = Array.from({ length: 500 }, (_, at) => has(`made up ${at}`));
    expect(new Set(await Promise.all(made))).toEqual(new Set([false]));
    expect(provider.requests).toBe(2);
    clock.time += 30_001;
    await Promise.all(Array.from({ length: 500 }, (_, at) => has(`made up ${at}`)));
    expect(provider.requests, "many at once are one request").toBe(3);
  });

  test("a key that has been taken away is known no more once the set is fetched anew", async () => {
    const { clock, provider, has } = await start(serving(first.jwk, second.jwk));
    expect(await has("first")).toBe(true);
    provider.answer = serving(second.jwk);
    clock.time += 600_001;
    // Nobody waits for what goes on beside.
    expect(await has("first")).toBe(true);
    await expect.poll(() => has("first")).toBe(false);
    expect(await has("second")).toBe(true);
  });

  test("while the provider is away, known keys serve for an hour, and no longer", async () => {
    const { clock, errors, provider, has } = await start(serving(first.jwk));
    expect(await has("first")).toBe(true);
    provider.answer = (_, response) => void response.writeHead(502).end();
    clock.time += 600_001;
    expect(await has("first")).toBe(true);
    await expect.poll(() => errors.length).toBe(1);
    await expect(has("second"), "it may be a new one").rejects.toMatchObject({ code: "keys_unavailable", status: 503 });
    clock.time += 3_000_000;
    await expect(has("first")).rejects.toMatchObject({ code: "keys_unavailable", retryAfter: 5 });
    expect(errors, "one outage is told once, and no more of the address than may be in a log").toEqual([
      new Error(`${provider.url} answered 502 instead of a JSON Web Key Set.`),
    ]);
    provider.answer = serving(first.jwk);
    await expect(has("first"), "not asked again at once").rejects.toMatchObject({ code: "keys_unavailable" });
    clock.time += 5001;
    expect(await has("first")).toBe(true);
  });

  test("a provider that never answers costs one time-out, and then nothing for a while", async () => {
    const { clock, errors, provider, has } = await start(hanging, { timeout: 1000 });
    const refused = await Promise.allSettled(Array.from({ length: 20 }, () => has("first")));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => "rejected"));
    expect(provider.requests).toBe(1);
    expect(errors[0]).toMatchObject({ name: "TimeoutError" });
    await expect(has("first")).rejects.toMatchObject({ code: "keys_unavailable" });
    expect(provider.requests).toBe(1);
    clock.time += 5001;
    await expect(has("first")).rejects.toMatchObject({ code: "keys_unavailable" });
    expect(provider.requests).toBe(2);
  });

  test("one that begins to answer and stops is one that does not", async () => {
    const { errors, has, provider } = await start((_, response) => void response.write('{"keys":['), { timeout: 1000 });
    const asked = has("first");
    await expect.poll(() => provider.requests).toBe(1);
    // Node 20's fetch forgets its signal with its request.
    await collectGarbage();
    await expect(asked).rejects.toMatchObject({ code: "keys_unavailable" });
    expect(errors[0]).toMatchObject({ name: "TimeoutError" });
  });
});
