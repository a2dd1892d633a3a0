import type { Subscription } from "../topics.ts";
import { isReservedTopic } from "../topics.ts";
import { Audience } from "./audience.ts";

/** A level of the pattern trie. */
interface Level {
  readonly next: Map<string, Level>;
  /** Audiences of patterns that end here. */
  readonly here: Set<Audience>;
  /** Audiences of patterns that end here with `**`. */
  readonly below: Set<Audience>;
}

/** Told of an audience, and what about: a closure that knew it would be one for each publication. */
type Visit<About> = (audience: Audience, about: About) => void;

/** Finds the audiences of a topic: exact topics by map, patterns by trie, at a cost that knows no number of connections. */
export class AudienceIndex {
  readonly #audiences = new Map<string, Audience>();
  readonly #byTopic = new Map<string, Set<Audience>>();
  readonly #patterns: Level = createLevel();

  /** The audience of a subscription, for one more member; made if there is none. */
  acquire(subscription: Subscription): Audience {
    const key = `${subscription.topics.join("\n")}\n\n${subscription.patterns.join("\n")}`;
    let audience = this.#audiences.get(key);
    if (audience === undefined) {
      audience = new Audience(key, subscription);
      this.#audiences.set(key, audience);
      for (const topic of subscription.topics) addTo(this.#byTopic, topic, audience);
      for (const pattern of subscription.patterns) this.#addPattern(pattern, audience);
    }
    audience.members++;
    return audience;
  }

  /** Gives a membership back; an audience without members is forgotten. */
  release(audience: Audience): void {
    if (--audience.members > 0) return;
    this.#audiences.delete(audience.key);
    for (const topic of audience.subscription.topics) {
      const audiences = this.#byTopic.get(topic) as Set<Audience>;
      audiences.delete(audience);
      if (audiences.size === 0) this.#byTopic.delete(topic);
    }
    for (const pattern of audience.subscription.patterns)
      removePattern(this.#patterns, pattern.split("/"), 0, audience);
  }

  /** Calls `visit` with each audience of a topic, and `about`; with the same one again if several of its patterns match. */
  match<About>(topic: string, visit: Visit<About>, about: About): void {
    const exact = this.#byTopic.get(topic);
    if (exact !== undefined) for (const audience of exact) visit(audience, about);
    if (this.#patterns.next.size === 0 && this.#patterns.below.size === 0) return;
    if (!isReservedTopic(topic)) visitMatches(this.#patterns, topic.split("/"), 0, visit, about);
  }

  /** Every audience that names the topic exactly. */
  naming(topic: string): Iterable<Audience> {
    return this.#byTopic.get(topic) ?? [];
  }

  get size(): number {
    return this.#audiences.size;
  }

  #addPattern(pattern: string, audience: Audience): void {
    let level = this.#patterns;
    for (const name of pattern.split("/")) {
      if (name === "**") {
        level.below.add(audience);
        return;
      }
      let next = level.next.get(name);
      if (next === undefined) {
        next = createLevel();
        level.next.set(name, next);
      }
      level = next;
    }
    level.here.add(audience);
  }
}

function createLevel(): Level {
  return { next: new Map(), here: new Set(), below: new Set() };
}

function addTo(map: Map<string, Set<Audience>>, key: string, audience: Audience): void {
  const audiences = map.get(key);
  if (audiences === undefined) map.set(key, new Set([audience]));
  else audiences.add(audience);
}

function visitMatches<About>(
  level: Level,
  names: readonly string[],
  at: number,
  visit: Visit<About>,
  about: About,
): void {
  if (at === names.length) {
    for (const audience of level.here) visit(audience, about);
    return;
  }
  for (const audience of level.below) visit(audience, about);
  const literal = level.next.get(names[at] as string);
  if (literal !== undefined) visitMatches(literal, names, at + 1, visit, about);
  const any = level.next.get("*");
  if (any !== undefined) visitMatches(any, names, at + 1, visit, about);
}

/** Removes an audience from a pattern's level, and every level left empty on the way. True if this one is. */
function removePattern(level: Level, names: readonly string[], at: number, audience: Audience): boolean {
  const name = names[at];
  if (name === undefined) level.here.delete(audience);
  else if (name === "**") level.below.delete(audience);
  else {
    const next = level.next.get(name) as Level;
    if (removePattern(next, names, at + 1, audience)) level.next.delete(name);
  }
  return level.next.size === 0 && level.here.size === 0 && level.below.size === 0;
}
