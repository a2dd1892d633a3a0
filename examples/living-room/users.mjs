import { randomUUID } from "node:crypto";
import { TidingsError } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { Router } from "express";

/**
 * Who is signed in, and messages to one user. There are no passwords: what counts here is that the stream belongs to
 * the user of the cookie, whatever the address says.
 *
 * @param {import("@tidings/server").Hub} hub
 */
export function users(hub) {
  const router = Router();
  /** @type {Map<string, string>} the users, by the token in their cookie */
  const signedIn = new Map();

  /** @param {import("express").Request} request */
  function userOf(request) {
    const [, token = ""] = /(?:^|; )token=([\w-]+)/.exec(request.get("cookie") ?? "") ?? [];
    const user = signedIn.get(token);
    if (user === undefined) throw new TidingsError("unauthorized", "Sign in first: POST /sign-in.");
    return user;
  }

  router.post("/sign-in", (request, response) => {
    const user = toName(request.body?.user);
    const token = randomUUID();
    signedIn.set(token, user);
    response.cookie("token", token, { httpOnly: true, sameSite: "strict" }).json({ user });
  });

  // #region messages
  router.get(
    "/messages",
    expressHandler(hub, {
      topics: (request) => [`users/${userOf(request)}`],
      subject: userOf,
    }),
  );

  router.post("/messages", async (request, response) => {
    const from = userOf(request);
    const to = toName(request.body?.to);
    const { id } = await hub.publish(`users/${to}`, { from, text: String(request.body.text ?? "") });
    response.status(201).json({ id });
  });
  // #endregion messages

  return router;
}

/**
 * A name is part of a topic, so it is one level of plain letters.
 *
 * @param {unknown} name
 */
function toName(name) {
  if (typeof name === "string" && /^[A-Za-z]{1,20}$/.test(name)) return name.toLowerCase();
  throw new TidingsError("invalid_parameter", "A name is 1 to 20 letters, A to Z.");
}
