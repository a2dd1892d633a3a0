import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";

/**
 * Whom a request comes from, and until when its sign-in is good.
 *
 * @param {import("express").Request} request
 */
const signInOf = ({ headers }) => {
  const [, user, expires] = /user=(\w+)(?:\.(\d+))?/.exec(headers.cookie ?? "") ?? [];
  return user === undefined ? undefined : { user, expires: Number(expires ?? Date.now() + 3_600_000) };
};

const hub = createHub();
const app = express();

// #region authorize
app.get(
  "/events",
  expressHandler(hub, {
    topics: (request) => [`users/${signInOf(request)?.user}/**`],
    authorize: (request) => {
      const signIn = signInOf(request);
      return signIn !== undefined && { subject: signIn.user, expires: signIn.expires };
    },
  }),
);
// #endregion authorize

const server = app.listen(process.env.PORT ?? 3000);
server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
setInterval(() => hub.publish("users/ann/news", { title: "Hello" }), 1000);
