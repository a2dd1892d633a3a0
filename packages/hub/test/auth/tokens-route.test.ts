import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { ask } from "../support/http.ts";
import { testHub } from "../support/hub.ts";
import { bearer, grant, keyedHub, secondsFromNow } from "../support/tokens.ts";

const post = (body: unknown, headers = {}) => ({
  method: "POST",
  path: "/tokens",
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

describe("POST /tokens", () => {
  test("mints what it is asked for, and says until when", async () => {
    const { port } = await keyedHub({ jwtAudience: ["us"] });
    const admin = bearer(await grant({ admin: true }, { aud: "us", exp: undefined }));
    const rights = { subscribe: ["a/**"], publish: ["a/*"], presence: ["a"], metrics: true, admin: false };
    const { status, json } = await ask(port, post({ ...rights, subject: "ada", expires: "10m" }, admin));
    expect(status).toBe(201);
    expect(json).toEqual({ token: expect.any(String), expires: expect.any(Number) });
    const { exp = 0, iat = 0, ...claims } = decodeJwt(json.token);
    expect(claims).toEqual({ aud: "us", sub: "ada", tidings: rights });
    expect(json.expires).toBe(exp * 1000);
    expect(exp - iat).toBe(600);
    const access = (await ask(port, { path: "/access", headers: bearer(json.token) })).json;
    expect(access).toEqual({ keys: true, ...rights, subject: "ada", expires: json.expires, mints: true });
  });

  test("no token outlives the one it was asked with", async () => {
    const { port } = await keyedHub();
    const exp = secondsFromNow(120);
    const { json } = await ask(
      port,
      post({ admin: true, expires: "10m" }, bearer(await grant({ admin: true }, { exp }))),
    );
    expect(decodeJwt(json.token).exp).toBe(exp);
    expect(json.expires).toBe(exp * 1000);
  });

  test.each<[unknown, string, string | undefined, RegExp]>([
    ["", "invalid_json", undefined, /^The body is no JSON: /],
    ["[]", "invalid_json", undefined, /^The body is no JSON object/],
    [{ subscribe: ["a"] }, "invalid_parameter", "expires", /^Say with "expires" when/],
    [{ expires: "1m" }, "invalid_parameter", "subscribe", /^A token without any right/],
    [
      { subscribe: ["a*"], expires: "1m" },
      "invalid_parameter",
      "subscribe",
      /^"subscribe" must be topics and patterns/,
    ],
    [{ subscribe: [], expires: "1m" }, "invalid_parameter", "subscribe", /^"subscribe" must be/],
    [{ subscribe: [7], expires: "1m" }, "invalid_parameter", "subscribe", /^"subscribe" must be/],
    [{ admin: true, expires: 60 }, "invalid_parameter", "expires", /^"expires" must be a duration above 0/],
    [{ admin: true, expires: "none" }, "invalid_parameter", "expires", /^"expires" must be/],
    [{ admin: true, subject: "", expires: "1m" }, "invalid_parameter", "subject", /^"subject" must be a text/],
    [{ admin: true, lifetime: "1m" }, "invalid_parameter", "lifetime", /^"lifetime" is no part of a token/],
    ['{"__proto__": 1}', "invalid_parameter", "__proto__", /^"__proto__" is no part/],
  ])("refuses %j", async (body, code, field, detail) => {
    const { port } = await keyedHub();
    const { status, json } = await ask(port, post(body, bearer(await grant({ admin: true }))));
    expect(status).toBe(400);
    expect(json).toMatchObject({ code, detail: expect.stringMatching(detail) });
    expect(json.field).toBe(field);
  });

  test("needs a secret", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const { port } = await testHub({ jwtPublicKey: publicKey.export({ type: "spki", format: "pem" }).toString() });
    const token = await new SignJWT({ tidings: { admin: true } }).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
    const { status, json } = await ask(port, post({ admin: true, expires: "1m" }, bearer(token)));
    expect([status, json.code]).toEqual([409, "no_signing_key"]);
    expect((await ask(port, { path: "/access", headers: bearer(token) })).json.mints).toBe(false);
  });
});

test("without keys everybody is admin, and nothing is minted", async () => {
  const { port } = await testHub();
  expect((await ask(port, { path: "/access" })).json).toEqual({
    keys: false,
    subscribe: [],
    publish: [],
    presence: [],
    metrics: true,
    admin: true,
    mints: false,
  });
  // A token left over from another hub harms nobody.
  expect((await ask(port, { path: "/access", headers: bearer("x") })).json.admin).toBe(true);
  expect((await ask(port, post({ admin: true, expires: "1m" }))).json.code).toBe("no_signing_key");
});
