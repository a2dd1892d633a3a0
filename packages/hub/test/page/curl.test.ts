import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { toListenCurl, toPublishCurl } from "../../page/src/model/curl.ts";

const ROOT = "http://127.0.0.1:4400/";

test("a plain event needs quotes around nothing but its data", () => {
  expect(toPublishCurl(ROOT, { topic: "orders/42", event: "", data: '{"total":9}' })).toBe(
    `curl -d '{"total":9}' http://127.0.0.1:4400/topics/orders/42`,
  );
});

describe("what a shell makes of the command", () => {
  test.each([
    { topic: "orders/42", event: "placed", data: 'it\'s $HOME `x` "y" \\ !' },
    { topic: "a b/ü/c?d#e&f", event: "a&b=c", data: "two\nlines" },
    { topic: "x", event: "", data: "" },
  ])("$topic: $data", (draft) => {
    const { query, pathname, flags } = run(toPublishCurl(ROOT, draft));
    expect(pathname.split("/").slice(2).map(decodeURIComponent).join("/")).toBe(draft.topic);
    expect(query.get("event") ?? "").toBe(draft.event);
    expect(flags).toEqual(["-d", draft.data]);
  });

  test("data that begins with @ names no file", () => {
    expect(run(toPublishCurl(ROOT, { topic: "x", event: "", data: "@/etc/passwd" })).flags).toEqual([
      "--data-raw",
      "@/etc/passwd",
    ]);
  });

  test.each(["**", "orders/*", "orders/42", "a b/[c]{d}&e"])("listening to %s", (name) => {
    const { query, flags, url } = run(toListenCurl(ROOT, name));
    expect(query.get("topic")).toBe(name);
    expect(flags).toEqual(["-N"]);
    // curl expands brackets and braces in an address.
    expect(url).not.toMatch(/[[\]{}]/);
  });
});

/** The arguments as a real shell splits them. */
function run(command: string): { flags: string[]; url: string; pathname: string; query: URLSearchParams } {
  const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" });
  const [curl, ...rest] = printed.slice(0, -1).split("\0");
  expect(curl).toBe("curl");
  const url = rest.at(-1) ?? "";
  const { pathname, searchParams } = new URL(url);
  return { flags: rest.slice(0, -1), url, pathname, query: searchParams };
}
