import { createHub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import express from "express";

/** @param {string | undefined} cookie @returns {string | undefined} */
const userOf = (cookie) => /user=(\w+)/.exec(cookie ?? "")?.[1];

const hub = createHub();
const app = express();

// #region authorize
app.get(
  "/events",
  expressHandler(hub, {
    topics: (request) => [`users/${userOf(request.headers.cookie)}/**`],
    authorize: (request) => userOf(request.headers.cookie) !== undefined,
    subject: (request) => userOf(request.headers.cookie),
    key: (request) => userOf(request.headers.cookie),
  }),
);
// #endregion authorize

const server = app.listen(process.env.PORT ?? 3000);
server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
setInterval(() => hub.publish("users/ann/news", { title: "Hello" }), 1000);
