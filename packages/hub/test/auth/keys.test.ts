import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { type HubConfig, startHub } from "tidings";
import { describe, expect, test } from "vitest";
import { testDirectory } from "../support/cli.ts";
import { ask } from "../support/http.ts";
import { testHub } from "../support/hub.ts";
import { bearer, grant, keyedHub, SECRET, sign } from "../support/tokens.ts";

const rsa = toPems(generateKeyPairSync("rsa", { modulusLength: 2048 }));
const p256 = toPems(generateKeyPairSync("ec", { namedCurve: "P-256" }));
const p384 = toPems(generateKeyPairSync("ec", { namedCurve: "P-384" }));
const p521 = toPems(generateKeyPairSync("ec", { namedCurve: "P-521" }));
const ed25519 = toPems(generateKeyPairSync("ed25519"));

describe("a hub with a public key takes what its private key has signed", () => {
  test.each([
    ["RS256", rsa],
    ["RS512", rsa],
    ["PS256", rsa],
    ["PS384", rsa],
    ["ES256", p256],
    ["ES384", p384],
    ["ES512", p521],
    ["EdDSA", ed25519],
    ["Ed25519", ed25519],
  ])("%s", async (alg, pair) => {
    const { port } = await testHub({ jwtPublicKey: pair.publicPem });
    expect(await statusOf(port, await signWith(pair.privateKey, alg))).toBe(200);
  });

  test("from a file, or from a variable without line breaks", async () => {
    const path = join(testDirectory(), "key.pem");
    writeFileSync(path, p256.publicPem);
    for (const jwtPublicKey of [path, p256.publicPem.replaceAll("\n", "\\n")]) {
      const { port } = await testHub({ jwtPublicKey });
      expect(await statusOf(port, await signWith(p256.privateKey, "ES256"))).toBe(200);
    }
  });

  test("also while keys change: of one of several in a file, or by a secret beside it", async () => {
    const { port } = await testHub({ jwtPublicKey: `${p256.publicPem}\n${rsa.publicPem}`, jwtSecret: [SECRET] });
    const old = toPems(generateKeyPairSync("ec", { namedCurve: "P-256" }));
    expect(await statusOf(port, await signWith(p256.privateKey, "ES256"))).toBe(200);
    expect(await statusOf(port, await signWith(rsa.privateKey, "RS256"))).toBe(200);
    expect(await statusOf(port, await grant({ admin: true }))).toBe(200);
    expect(await statusOf(port, await signWith(old.privateKey, "ES256"))).toBe(401);
  });

  test("and of several secrets any", async () => {
    const { port } = await testHub({ jwtSecret: [SECRET, SECRET.toUpperCase()] });
    for (const secret of [SECRET, SECRET.toUpperCase()])
      expect(await statusOf(port, await sign({ tidings: { admin: true } }, secret))).toBe(200);
  });
});

describe("a token is refused", () => {
  const claims = { tidings: { admin: true } };

  test.each(["none", "NONE", "nOnE"])("without a signature: %s", async (alg) => {
    const { port } = await keyedHub();
    const [, payload = ""] = (await grant({ admin: true })).split(".");
    for (const signature of ["", "x"]) await expectRefused(port, `${encode({ alg })}.${payload}.${signature}`);
  });

  test("that takes the public key for a secret", async () => {
    for (const { publicPem } of [rsa, p256, ed25519]) {
      const { port } = await testHub({ jwtPublicKey: publicPem });
      for (const alg of ["HS256", "HS384", "HS512"]) {
        await expectRefused(port, await sign(claims, publicPem, alg));
        await expectRefused(port, await sign(claims, publicPem.trim(), alg));
      }
    }
  });

  test("that names another algorithm than it is signed with, or none that there is", async () => {
    const { port } = await keyedHub({ jwtPublicKey: rsa.publicPem });
    const [, payload, signature] = (await grant({ admin: true })).split(".");
    for (const alg of ["RS256", "HS512", "ES256", "dir", "", 7, null, { toString: "HS256" }])
      await expectRefused(port, `${encode({ alg })}.${payload}.${signature}`);
    await expectRefused(port, await signWith(p256.privateKey, "ES256"));
  });

  test("of an algorithm that --jwt-alg leaves out", async () => {
    const { port } = await keyedHub({ jwtAlg: ["HS512", "PS256"], jwtPublicKey: rsa.publicPem });
    expect(await statusOf(port, await sign(claims, SECRET, "HS512"))).toBe(200);
    expect(await statusOf(port, await signWith(rsa.privateKey, "PS256"))).toBe(200);
    await expectRefused(port, await sign(claims, SECRET, "HS256"));
    await expectRefused(port, await signWith(rsa.privateKey, "RS256"));
  });

  test("that asks for what this hub does not understand", async () => {
    const { port } = await keyedHub();
    const asking = new SignJWT(claims).setProtectedHeader({ alg: "HS256", crit: ["x"], x: 1 });
    await expectRefused(port, await asking.sign(new TextEncoder().encode(SECRET), { crit: { x: true } }));
  });

  test.each([
    ["text", "hello"],
    ["two parts", "a.b"],
    ["five parts", "a.b.c.d.e"],
    ["three parts of nothing", ".."],
    ["no JSON in it", "e30.eHg.c2ln"],
    ["a header that is a list", `${Buffer.from("[]").toString("base64url")}.e30.`],
    ["more than any proxy lets through", `e30.${"a".repeat(20_000)}.x`],
  ])("that is %s", async (_name, token) => {
    const { port } = await keyedHub();
    await expectRefused(port, token);
  });

  test("whose claims were changed, or its signature cut", async () => {
    const { port } = await keyedHub();
    const [header, , signature] = (await grant({ subscribe: ["a"] })).split(".");
    await expectRefused(port, `${header}.${encode({ tidings: { admin: true } })}.${signature}`);
    await expectRefused(port, `${header}.${encode({ tidings: { admin: true } })}.`);
    await expectRefused(port, (await grant({ admin: true })).slice(0, -1));
  });
});

describe("a hub does not start", () => {
  const short = toPems(generateKeyPairSync("rsa", { modulusLength: 1024 }));
  const odd = toPems(generateKeyPairSync("ec", { namedCurve: "secp256k1" }));
  const x25519 = toPems(generateKeyPairSync("x25519"));

  test.each<[string, HubConfig, string]>([
    [
      "on an address that others reach, without keys",
      { host: "0.0.0.0" },
      "Without keys the hub serves this machine alone, not 0.0.0.0: whoever reached it could publish and read everything. Set TIDINGS_JWT_SECRET, --jwt-public-key or --jwks-url to let others in by token.",
    ],
    [
      "with a secret that can be guessed",
      { jwtSecret: ["x".repeat(31)] },
      "--jwt-secret is 31 bytes long, but HS256 needs at least 32. Make one with: openssl rand -base64 32",
    ],
    [
      "with a secret that its hash is longer than",
      { jwtSecret: ["é".repeat(31)], jwtAlg: ["HS512"] },
      "--jwt-secret is 62 bytes long, but HS512 needs at least 64. Make one with: openssl rand -base64 64",
    ],
    [
      "with a second secret that is short",
      { jwtSecret: [SECRET, "short"] },
      "--jwt-secret is 5 bytes long, but HS256 needs at least 32. Make one with: openssl rand -base64 32",
    ],
    [
      "with a secret and an algorithm for public keys",
      { jwtSecret: [SECRET], jwtAlg: ["RS256"] },
      "--jwt-secret fits none of the algorithms that --jwt-alg allows: RS256.",
    ],
    [
      "with a private key",
      { jwtPublicKey: p256.privatePem },
      "--jwt-public-key holds a private key, which a hub need not know. Give it the public one.",
    ],
    [
      "with a key that is no file",
      { jwtPublicKey: "/nowhere/key.pem" },
      "--jwt-public-key is neither PEM nor a file that can be read: ENOENT: no such file or directory, open '/nowhere/key.pem'",
    ],
    [
      "with a file that holds no key",
      { jwtPublicKey: new URL("../../package.json", import.meta.url).pathname },
      "--jwt-public-key holds no key in PEM, which begins with -----BEGIN.",
    ],
    [
      "with a key that is cut",
      { jwtPublicKey: "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----" },
      "--jwt-public-key holds a key that cannot be read: ",
    ],
    [
      "with a short RSA key",
      { jwtPublicKey: short.publicPem },
      "--jwt-public-key holds an RSA key of 1024 bits; it needs at least 2048.",
    ],
    [
      "with another curve",
      { jwtPublicKey: odd.publicPem },
      "--jwt-public-key holds a key on the curve secp256k1; use P-256, P-384 or P-521.",
    ],
    [
      "with a key that signs nothing",
      { jwtPublicKey: x25519.publicPem },
      "--jwt-public-key holds a key of the type x25519; use RSA, EC or Ed25519.",
    ],
    [
      "with a public topic, and no keys to guard the others",
      { public: ["news/**"] },
      "--public needs keys, and there are none. Set TIDINGS_JWT_SECRET, --jwt-public-key or --jwks-url.",
    ],
    ["with an audience and no keys", { jwtAudience: ["a"] }, "--jwt-audience needs keys, and there are none."],
    ["with a cookie and no keys", { jwtCookie: "a" }, "--jwt-cookie needs keys, and there are none."],
  ])("%s", async (_name, config, sentence) => {
    await expect(startHub({ port: 0, memory: true, ...config })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(sentence),
    });
  });
});

test("with a key it listens beyond this machine, and any Host will do", async () => {
  const { port } = await keyedHub({ host: "0.0.0.0" });
  const headers = { ...bearer(await grant({ subscribe: ["a"] })), host: "hub.example" };
  expect((await ask(port, { path: "/topics/a", headers })).status).toBe(200);
});

interface Pems {
  readonly publicPem: string;
  readonly privatePem: string;
  readonly privateKey: ReturnType<typeof generateKeyPairSync>["privateKey"];
}

function toPems({ publicKey, privateKey }: ReturnType<typeof generateKeyPairSync>): Pems {
  return {
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    privateKey,
  };
}

function signWith(key: Pems["privateKey"], alg: string): Promise<string> {
  return new SignJWT({ tidings: { admin: true } }).setProtectedHeader({ alg }).sign(key);
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

async function statusOf(port: number, token: string): Promise<number> {
  return (await ask(port, { path: "/topics", headers: bearer(token) })).status;
}

/** Always in the same words: who tries out learns nothing. */
async function expectRefused(port: number, token: string): Promise<void> {
  const { status, json } = await ask(port, { path: "/topics", headers: bearer(token) });
  expect({ status, code: json.code, detail: json.detail }).toEqual({
    status: 401,
    code: "invalid_token",
    detail: expect.stringMatching(
      /^The token is (not one that this hub can verify: malformed, or signed with another key or algorithm|longer than 16384 characters)\.$/,
    ),
  });
}
