import { describe, expect, it } from "vitest";
import { treeOf, treeProblems } from "./agents.mjs";
import { schemaProblems } from "./config-schema.mjs";
import { errorProblems } from "./errors.mjs";
import { linksOf } from "./links.mjs";
import { lockfileProblems } from "./lockfile.mjs";
import { anchorsOf, rowsOf } from "./markdown.mjs";
import { snippetProblems } from "./snippets.mjs";
import { replacedWords } from "./words.mjs";

describe("words", () => {
  it.each([
    "a session",
    "userSession",
    "CHANNEL_SIZE",
    "rooms",
    "emitted",
    "onEmit",
    "// broadcasting to all",
    "room_id",
  ])("finds %s", (line) => {
    expect(replacedWords("a.ts", `\n${line}`)).toEqual([expect.stringMatching(/^a\.ts:2: write /)]);
  });

  it.each(["headroom", "EventEmitter", "remit", "new MessageChannel()", "obsession", "// has no room"])(
    "leaves alone %s",
    (line) => {
      expect(replacedWords("a.ts", line)).toEqual([]);
    },
  );
});

describe("links", () => {
  it("finds inline links, images, definitions and HTML, and only relative ones", () => {
    const page = [
      "[a](a.md) ![b](./b.png 'title') [c]: no",
      "[c]: ../c.md#anchor",
      '<img src="d.svg"> [e](#here)',
      "[f](https://example.com) [g](mailto:g@example.com) [h](//example.com)",
    ].join("\n");
    expect(linksOf(page).sort()).toEqual(["#here", "../c.md#anchor", "./b.png", "a.md", "d.svg"]);
  });

  it("does not look into code and comments", () => {
    const page = "`[a](a.md)` ``[b](`b.md)``\n<!-- [c](c.md) -->\n```md\n[d](d.md)\n```\n~~~\n[e](e.md)\n~~~\n";
    expect(linksOf(page)).toEqual([]);
  });

  it("knows the anchors that GitHub makes", () => {
    const page =
      "# Positions, history & gaps\n## `hub.pipe(topic)`\n## A [link](x.md)\n## Twice\n## Twice\n```sh\n# no\n```\n";
    expect([...anchorsOf(page)]).toEqual(["positions-history--gaps", "hubpipetopic", "a-link", "twice", "twice-1"]);
    expect(anchorsOf('<a id="topic_ended"></a>').has("topic_ended")).toBe(true);
  });
});

describe("snippets", () => {
  const source =
    "import a;\n\nif (x) {\n  // #region open\n  const hub = createHub();\n\n  if (y) {\n    close();\n  }\n  // #endregion open\n}\n";
  const sourceOf = (path: string) => (path === "a.ts" ? source : undefined);
  const page = (mark: string, code: string) => `Text\n\n<!-- source: ${mark} -->\n\`\`\`ts\n${code}\n\`\`\`\n`;

  it("accepts a region without its indentation, and a whole file", () => {
    expect(snippetProblems(page("a.ts#open", "const hub = createHub();\n\nif (y) {\n  close();\n}"), sourceOf)).toEqual(
      [],
    );
    expect(snippetProblems(page("a.ts", source.trimEnd()), sourceOf)).toEqual([]);
  });

  it.each([
    ["other content", page("a.ts#open", "const hub = createHub({});"), "a.ts#open is shown differently"],
    ["no such region", page("a.ts#close", "x"), `no "// #region close"`],
    ["no such file", page("b.ts#open", "x"), "b.ts#open: no such file"],
    ["a mark without a fence", "<!-- source: a.ts#open -->\n\nconst hub;", "1 source marks without a code fence"],
  ])("finds %s", (_, text, problem) => {
    expect(snippetProblems(text, sourceOf)).toEqual([expect.stringContaining(problem)]);
  });
});

describe("errors", () => {
  const known = { topic_ended: { status: 409 }, hub_closed: { status: 503 } };

  it("takes its rows from tables that begin with code", () => {
    const page = "| Code | Status |\n|---|---|\n| `a` | 400 |\n\n| Word | x |\n|---|---|\n| `b` | 1 |\n";
    expect(rowsOf(page, "code")).toEqual([["`a`", "400"]]);
  });

  it("accepts the same set with the same status", () => {
    expect(
      errorProblems(known, [
        ["`topic_ended`", "409"],
        ["`hub_closed`", "503", "…"],
      ]),
    ).toEqual([]);
  });

  it.each([
    ["an undocumented code", [["`topic_ended`", "409"]], "hub_closed is in packages/server/src/errors.ts, but"],
    [
      "a code that is gone",
      [
        ["`topic_ended`", "409"],
        ["`hub_closed`", "503"],
        ["`old`", "400"],
      ],
      "old has a row in docs/, but",
    ],
    [
      "another status",
      [
        ["`topic_ended`", "410"],
        ["`hub_closed`", "503"],
      ],
      "topic_ended answers 409, docs/ says 410",
    ],
  ])("finds %s", (_, rows, problem) => {
    expect(errorProblems(known, rows)).toEqual([expect.stringContaining(problem)]);
  });
});

describe("the tree in AGENTS.md", () => {
  const mapped = treeOf(
    "# A\n\n```text\nno/\n```\n\n## The tree\n\n```text\na/src/        x\n  on y\na/src/hub/    z\n```\n",
  );

  it("is read from its own code block", () => {
    expect(mapped).toEqual(["a/src/", "a/src/hub/"]);
  });

  it("accepts what is there, and folders above what is named", () => {
    expect(treeProblems(mapped, ["a/src/", "a/src/hub/", "a/", "a/src/test/"], () => true)).toEqual([]);
  });

  it.each([
    [
      "a path that is gone",
      mapped,
      ["a/src/"],
      (path: string) => path !== "a/src/hub/",
      "names a/src/hub/, which is not",
    ],
    ["a folder without a word", mapped, ["a/src/stores/"], () => true, "says nothing about a/src/stores/"],
    ["no tree", [], [], () => true, "has no code block"],
  ])("finds %s", (_, paths, folders, exists, problem) => {
    expect(treeProblems(paths, folders, exists)).toEqual([expect.stringContaining(problem)]);
  });
});

describe("lock file", () => {
  it("finds a missing workspace, a host and a missing hash", () => {
    const packages = {
      "": {},
      "packages/wire": {},
      "node_modules/@tidings/wire": { resolved: "packages/wire", link: true },
      "node_modules/good": { integrity: "sha512-x" },
      "node_modules/hosted": { resolved: "https://example.com/hosted.tgz", integrity: "sha512-x" },
      "node_modules/bare": {},
    };
    expect(lockfileProblems(packages, ["packages/wire", "examples/new"])).toEqual([
      "examples/new: is not in the lock file; run npm install",
      expect.stringContaining("node_modules/hosted: names a host"),
      "node_modules/bare: has no integrity hash",
    ]);
  });
});

it("a schema that is not what the settings make is found", () => {
  expect(schemaProblems("{}\n", "{}\n")).toEqual([]);
  expect(schemaProblems("{}\n", '{"a":1}\n')).toEqual([expect.stringContaining("scripts/check/config-schema.mjs")]);
});
