import { generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { runCli, serve, testDirectory } from "../support/cli.ts";
import { ask } from "../support/http.ts";
import { testHub } from "../support/hub.ts";
import { serving, startProvider } from "../support/provider.ts";
import { bearer, grant, keyedHub, SECRET } from "../support/tokens.ts";

const env = { TIDINGS_JWT_SECRET: SECRET };

async function mint(args: readonly string[], options: Parameters<typeof runCli>[1] = { env }): Promise<string> {
  const cli = runCli(["token", ...args], options);
  const code = await cli.exit;
  expect({ code, stderr: cli.stderr() }).toEqual({ code: 0, stderr: "" });
  expect(cli.stdout()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return cli.stdout().trim();
}

describe("tidings token", () => {
  test("mints what it is told, good for an hour", async () => {
    const token = await mint([
      ...["--subscribe", "orders/**", "--subscribe", "news", "--publish", "orders/*", "--presence", "a,b"],
      ...["--metrics", "--subject", "ada"],
    ]);
    const { iat = 0, exp, ...claims } = decodeJwt(token);
    expect(claims).toEqual({
      sub: "ada",
      tidings: { subscribe: ["orders/**", "news"], publish: ["orders/*"], presence: ["a,b"], metrics: true },
    });
    expect(exp).toBe(iat + 3600);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT" });
    const { port } = await keyedHub();
    const { json } = await ask(port, { path: "/access", headers: bearer(token) });
    expect(json).toMatchObject({ subject: "ada", publish: ["orders/*"], expires: (exp ?? 0) * 1000 });
  });

  test("for a time, or for ever", async () => {
    const soon = decodeJwt(await mint(["--admin", "--expires", "90s"]));
    expect((soon.exp ?? 0) - (soon.iat ?? 0)).toBe(90);
    expect(decodeJwt(await mint(["--admin", "--expires", "none"])).exp).toBeUndefined();
  });

  test("takes secret, algorithm, audience and issuer from the hub's configuration", async () => {
    const path = join(testDirectory(), "tidings.json");
    const config = { jwtSecret: [SECRET, `${SECRET} of old`], jwtAlg: "HS512", jwtAudience: "us", jwtIssuer: ["id"] };
    writeFileSync(path, JSON.stringify({ ...config, memory: true, port: 0 }));
    const token = await mint(["--admin", "--config", path], {});
    expect(decodeJwt(token)).toMatchObject({ aud: "us", iss: "id" });
    const hub = await serve(["--config", path]);
    expect((await ask(hub.port, { path: "/topics", headers: bearer(token) })).status).toBe(200);
    expect((await ask(hub.port, { path: "/topics", headers: bearer(await grant({ admin: true })) })).status).toBe(401);
  });

  test("signs with a private key, in a file or as it is, by flag or by variable", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const path = join(testDirectory(), "key.pem");
    writeFileSync(path, pem);
    const { port } = await testHub({ jwtPublicKey: publicKey.export({ type: "spki", format: "pem" }).toString() });
    for (const token of [
      await mint(["--admin", "--jwt-private-key", path]),
      await mint(["--admin", "--jwt-private-key", pem], {}),
      await mint(["--admin"], { env: { TIDINGS_JWT_PRIVATE_KEY: pem.replaceAll("\n", "\\n") } }),
    ]) {
      expect((await ask(port, { path: "/topics", headers: bearer(token) })).status).toBe(200);
    }
    const bySecret = await mint(["--admin", "--jwt-secret", SECRET], { env: { TIDINGS_JWT_PRIVATE_KEY: pem } });
    expect(decodeProtectedHeader(bySecret).alg, "a flag goes before a variable").toBe("HS256");
  });

  test("names the key it signs with, so that a set of several finds it", async () => {
    const pairs = ["first", "second"].map((kid) => ({ kid, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) }));
    const toJwk = (key: KeyObject, kid: string): JsonWebKey & { kid: string } => ({
      ...key.export({ format: "jwk" }),
      kid,
    });
    const provider = await startProvider(serving(...pairs.map(({ publicKey, kid }) => toJwk(publicKey, kid))));
    const { port } = await testHub({ jwksUrl: provider.url });
    const status = async (token: string) => (await ask(port, { path: "/topics", headers: bearer(token) })).status;
    for (const { kid, privateKey } of pairs) {
      const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const jwk = JSON.stringify(toJwk(privateKey, kid), undefined, 2);
      const path = join(testDirectory(), "key.json");
      writeFileSync(path, jwk);
      for (const token of [
        await mint(["--admin", "--jwt-private-key", pem, "--jwt-kid", kid], {}),
        await mint(["--admin", "--jwt-private-key", path], {}),
        await mint(["--admin"], { env: { TIDINGS_JWT_PRIVATE_KEY: jwk } }),
        await mint([
          "--admin",
          "--jwt-private-key",
          JSON.stringify({ ...JSON.parse(jwk), kid: "x" }),
          "--jwt-kid",
          kid,
        ]),
      ]) {
        expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "JWT", kid });
        expect(await status(token)).toBe(200);
      }
      const nameless = await mint(["--admin", "--jwt-private-key", pem], {});
      expect(decodeProtectedHeader(nameless)).toEqual({ alg: "ES256", typ: "JWT" });
      expect(await status(nameless), "it might be either key's").toBe(401);
    }
  });

  test("signs by the algorithm that a JSON Web Key is for", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = JSON.stringify({ ...privateKey.export({ format: "jwk" }), alg: "PS384" });
    expect(decodeProtectedHeader(await mint(["--admin", "--jwt-private-key", jwk], {})).alg).toBe("PS384");
    const other = runCli(["token", "--admin", "--jwt-private-key", jwk, "--jwt-alg", "RS256"], { env: {} });
    expect(await other.exit).toBe(2);
    expect(other.stderr()).toMatch(
      /^tidings: --jwt-private-key fits none of the algorithms that --jwt-alg allows: RS256/,
    );
  });

  test.each<[string[], Record<string, string>, RegExp]>([
    [[], env, /^tidings: Say what the token is for: --subscribe, --publish, --presence, --metrics or --admin\.\n/],
    [["--subject", "ada"], env, /^tidings: Say what the token is for/],
    [["--subscribe", "orders/**/x"], env, /^tidings: --subscribe is "orders\/\*\*\/x"; it must be topics and patterns/],
    [["--subscribe", ""], env, /^tidings: --subscribe is ""/],
    [["--admin", "--expires", "0s"], env, /^tidings: --expires is "0s"; it must be a duration above 0/],
    [["--admin", "--expires", "tomorrow"], env, /^tidings: --expires is "tomorrow"/],
    [["--admin", "--subject", ""], env, /^tidings: --subject is ""; it must be a text of 1 to 256 characters/],
    [["orders/**"], env, /^tidings: tidings token takes no argument, but got "orders\/\*\*"/],
    [["--subscibe", "a"], env, /^tidings: --subscibe is not a flag of this command\. Did you mean --subscribe\?/],
    [["--admin"], {}, /^tidings: There is no key to sign with: set TIDINGS_JWT_SECRET, or give --jwt-private-key\./],
    [
      ["--admin"],
      { TIDINGS_JWT_SECRET: "short" },
      /^tidings: --jwt-secret is 5 bytes long, but HS256 needs at least 32/,
    ],
    [
      ["--admin", "--jwt-private-key", "/nowhere"],
      {},
      /^tidings: --jwt-private-key is neither PEM, a JSON Web Key nor a file/,
    ],
    [["--admin", "--jwt-private-key", "{]"], {}, /^tidings: --jwt-private-key must hold one private JSON Web Key/],
    [
      ["--admin", "--jwt-private-key", '{"kty":"OKP","crv":"Ed25519","x":"AA"}'],
      {},
      /^tidings: --jwt-private-key must hold one private JSON Web Key/,
    ],
    [
      ["--admin", "--jwt-private-key", '{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}'],
      {},
      /^tidings: --jwt-private-key holds a key that cannot be read/,
    ],
    [["--admin", "--jwt-kid", ""], env, /^tidings: --jwt-kid is ""; it must be a text that is not empty/],
    [["--admin", "--jwt-alg", "ES256"], env, /^tidings: --jwt-secret fits none of the algorithms/],
  ])("refuses %j: exit 2", async (args, variables, message) => {
    const cli = runCli(["token", ...args], { env: variables });
    expect(await cli.exit).toBe(2);
    expect(cli.stderr()).toMatch(message);
    expect(cli.stderr()).toContain("tidings token --help says more");
    expect(cli.stdout()).toBe("");
  });
});

describe("the other commands show a token", () => {
  test("publish: by flag or variable; without one the hub's sentence is told", async () => {
    const { url, hub } = await keyedHub();
    const token = await grant({ publish: ["a"] });
    expect(await runCli(["publish", "a", "1", "--url", url, "--token", token]).exit).toBe(0);
    expect(await runCli(["publish", "a", "2", "--url", url], { env: { TIDINGS_TOKEN: token } }).exit).toBe(0);
    const { events } = await hub.history("a");
    expect(events.map(({ data }) => data)).toEqual(["1", "2"]);

    const without = runCli(["publish", "a", "3", "--url", url]);
    expect(await without.exit).toBe(1);
    expect(without.stderr()).toMatch(/^tidings: Without a token you may not publish to "a"/);
    const another = runCli(["publish", "b", "3", "--url", url, "--token", token]);
    expect(await another.exit).toBe(1);
    expect(another.stderr()).toMatch(/^tidings: This token may not publish to "b"/);
    const broken = runCli(["publish", "a", "3", "--url", url], { env: { TIDINGS_TOKEN: "not a token\n" } });
    expect(await broken.exit).toBe(2);
    expect(broken.stderr()).toMatch(/^tidings: TIDINGS_TOKEN is not shown here; it must be a token/);
  });

  test("subscribe: what is granted is printed, what is not is told: exit 1", async () => {
    const { url, hub } = await keyedHub();
    const token = await grant({ subscribe: ["a"] });
    await hub.publish("a", "1", { end: true });
    const granted = runCli(["subscribe", "a", "--raw", "--last", "1", "--url", url], { env: { TIDINGS_TOKEN: token } });
    expect(await granted.exit).toBe(0);
    expect(granted.stdout()).toBe("1\n");
    const refused = runCli(["subscribe", "a", "b", "--url", url, "--token", token]);
    expect(await refused.exit).toBe(1);
    expect(refused.stderr()).toMatch(/^tidings: .*This token may not listen to "b"/);
  });
});

test("tidings serve says how to come by a token, and that says the truth", async () => {
  const hub = await serve(["--memory", "--port", "0"], { env });
  await hub.waitFor("stdout", /publish {3}curl/);
  const [, args = ""] = /TOKEN=\$\(npx tidings token (.*)\)/.exec(hub.stdout()) ?? [];
  const token = await mint(args.split(" "));
  const [, , publish = ""] =
    /publish +curl -H "(Authorization: Bearer \$TOKEN)" -d 'Hello, world' (\S+)/.exec(hub.stdout()) ?? [];
  const answer = await fetch(publish, { method: "POST", body: "x", headers: bearer(token) });
  expect(answer.status).toBe(201);
});
