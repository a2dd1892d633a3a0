import { parseSync } from "vite";

/**
 * @typedef {object} Import
 * @property {string | undefined} specifier `undefined` where it is computed, so that no rule can be checked
 * @property {number} line
 */

/**
 * @typedef {object} Reference a name that the code mentions, other than as a member of something else
 * @property {string} name dotted, without `globalThis.`: `setTimeout`, `process.env`
 * @property {number} line
 */

/** @typedef {{ imports: Import[], references: Reference[] }} Module */

/** @typedef {Record<string, any> & { type: string, start: number }} Node an ESTree node */

/**
 * What a TypeScript module imports, types included, and which names it mentions. It is parsed, not searched: a name in a
 * comment or a string is no reference.
 *
 * @param {string} path for the error, and for TSX by its ending
 * @param {string} code
 * @returns {Module}
 * @throws {SyntaxError} if the code does not parse
 */
export function parseModule(path, code) {
  const { program, errors } = parseSync(path, code, { lang: path.endsWith("x") ? "tsx" : "ts" });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  /** @type {Module} */
  const module = { imports: [], references: [] };
  /** @param {number} offset */
  const lineAt = (offset) => code.slice(0, offset).split("\n").length;
  visit(/** @type {any} */ (program), undefined, (node, parent) => {
    const line = lineAt(node.start);
    const source = importSource(node);
    if (source !== undefined) {
      const specifier = typeof source?.value === "string" ? source.value : undefined;
      module.imports.push({ specifier, line });
    }
    for (const name of globalsOf(node, parent)) module.references.push({ name, line });
  });
  return module;
}

/**
 * @param {Node} node
 * @param {Node | undefined} parent
 * @param {(node: Node, parent: Node | undefined) => void} see
 */
function visit(node, parent, see) {
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") visit(child, node, see);
    }
  }
}

/**
 * The expression that says what a node imports; `null` for a call without one; `undefined` if it imports nothing.
 *
 * @param {Node} node
 * @returns {Node | null | undefined}
 */
function importSource(node) {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source;
    case "ExportNamedDeclaration":
      return node.source ?? undefined;
    case "TSExternalModuleReference":
      return node.expression;
    case "CallExpression":
      return /^(require|require\.resolve|process\.getBuiltinModule)$/.test(dotted(node.callee) ?? "")
        ? (node.arguments[0] ?? null)
        : undefined;
    default:
      return undefined;
  }
}

/**
 * The globals that one node mentions.
 *
 * @param {Node} node
 * @param {Node | undefined} parent
 * @returns {string[]}
 */
function globalsOf(node, parent) {
  if (node.type === "ImportDeclaration") {
    if (!/^(node:)?process$/.test(node.source.value)) return [];
    return node.specifiers.flatMap((/** @type {Node} */ each) =>
      each.imported ? [`process.${each.imported.name}`] : [],
    );
  }
  if (node.type === "VariableDeclarator" && node.id.type === "ObjectPattern") {
    const from = node.init && dotted(node.init);
    if (!from) return [];
    return node.id.properties.flatMap((/** @type {Node} */ each) =>
      each.key?.name ? [withoutThis(`${from}.${each.key.name}`)] : [],
    );
  }
  if (parent?.type === "TSTypeQuery" || isPropertyName(node, parent)) return [];
  const name = dotted(node);
  return name === undefined ? [] : [withoutThis(name)];
}

/**
 * `a.b` or `a["b"]` as `a.b`.
 *
 * @param {Node} node
 * @returns {string | undefined}
 */
function dotted(node) {
  if (node.type === "Identifier") return node.name;
  if (node.type === "ChainExpression") return dotted(node.expression);
  if (node.type !== "MemberExpression") return undefined;
  const object = dotted(node.object);
  const property = node.computed ? node.property.value : node.property.name;
  return object === undefined || typeof property !== "string" ? undefined : `${object}.${property}`;
}

/** @param {string} name */
function withoutThis(name) {
  return name.replace(/^globalThis\./, "");
}

/**
 * A name that stands for a member of something, not for a variable.
 *
 * @param {Node} node
 * @param {Node | undefined} parent
 */
function isPropertyName(node, parent) {
  if (node.type !== "Identifier" || parent === undefined) return false;
  if (parent.type === "MemberExpression") return parent.property === node && !parent.computed;
  return parent.key === node && !parent.computed && !parent.shorthand;
}
