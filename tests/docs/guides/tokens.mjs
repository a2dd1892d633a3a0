import express from "express";
import { SignJWT } from "jose";

/** @param {string | undefined} cookie @returns {string | undefined} */
const userOf = (cookie) => /user=(\w+)/.exec(cookie ?? "")?.[1];

const app = express();

// #region tokens
const secret = new TextEncoder().encode(process.env.TIDINGS_JWT_SECRET);

app.post("/token", async (request, response) => {
  const user = userOf(request.headers.cookie); // your own sign-in
  if (user === undefined) return void response.sendStatus(401);
  const token = await new SignJWT({ tidings: { subscribe: [`users/${user}/**`, "prices/*"] } })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setExpirationTime("10m")
    .sign(secret);
  // For plain EventSource, which sends no headers; the hub runs with --jwt-cookie tidings.
  response.cookie("tidings", token, { httpOnly: true, secure: true, sameSite: "lax", maxAge: 600_000 });
  response.json({ token });
});
// #endregion tokens

app.get(
  "/",
  (_request, response) => void response.send("<!doctype html><link rel=icon href=data:,><title>page</title>"),
);
const server = app.listen(process.env.PORT ?? 3000);
server.on("listening", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
