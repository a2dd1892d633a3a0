// Topics and patterns as types, by the rules of `names.ts`: what matches, and which match is the most specific.

/** The topics that a pattern matches, as far as a type can say: `orders/*` is `orders/${string}`; a topic is itself. */
export type TopicName<Name extends string> = Name extends `${infer Level}/${infer Rest}`
  ? `${LevelName<Level>}/${TopicName<Rest>}`
  : LevelName<Name>;

type LevelName<Level extends string> = Level extends "*" | "**" ? string : Level;

/** Whether a name is a topic, known to the letter. */
export type IsTopic<Name extends string> = Name extends `${string}*${string}` ? false : IsLiteral<Name>;

/** A template such as `orders/${string}` has a hole; what has none may be a key of a record that it then must have. */
type IsLiteral<Name extends string> = Record<never, never> extends Record<Name, 1> ? false : true;

/** Whether a topic is matched by a pattern, or equal to a topic. A hole in the topic's type stands for one level. */
export type Matches<Topic extends string, Pattern extends string> = Pattern extends "**"
  ? true
  : Pattern extends `${infer Wanted}/${infer Others}`
    ? Topic extends `${infer Level}/${infer Rest}`
      ? MatchesLevel<Level, Wanted> extends true
        ? Matches<Rest, Others>
        : false
      : false
    : Topic extends `${string}/${string}`
      ? false
      : MatchesLevel<Topic, Pattern>;

type MatchesLevel<Level extends string, Wanted extends string> = Wanted extends "*"
  ? true
  : Level extends Wanted
    ? true
    : false;

/** Whether there may be a topic that both names match. */
export type Overlaps<A extends string, B extends string> = "**" extends A | B
  ? true
  : A extends `${infer Level}/${infer Rest}`
    ? B extends `${infer Other}/${infer Others}`
      ? OverlapsLevel<Level, Other> extends true
        ? Overlaps<Rest, Others>
        : false
      : false
    : B extends `${string}/${string}`
      ? false
      : OverlapsLevel<A, B>;

type OverlapsLevel<A extends string, B extends string> = "*" extends A | B
  ? true
  : A extends B
    ? true
    : B extends A
      ? true
      : false;

/** Of the names given, the one that decides for a topic: the topic itself, else the most specific pattern. */
export type Decisive<Topic extends string, Names extends string> = Topic extends Names
  ? Topic
  : MostSpecific<Matching<Topic, Names>>;

type Matching<Topic extends string, Names extends string> = Names extends string
  ? Matches<Topic, Names> extends true
    ? Names
    : never
  : never;

type MostSpecific<Names extends string, All extends string = Names> = Names extends string
  ? [MoreSpecific<All, Names>] extends [never]
    ? Names
    : never
  : never;

/** Those of several patterns that are more specific than one. All must match one topic, so that literal levels are alike. */
type MoreSpecific<Names extends string, Than extends string> = Names extends string
  ? IsMoreSpecific<Names, Than> extends true
    ? Names
    : never
  : never;

type IsMoreSpecific<A extends string, B extends string> =
  Rank<FirstOf<A>> extends infer Left
    ? Rank<FirstOf<B>> extends infer Right
      ? Left extends Right
        ? [A, B] extends [`${string}/${infer Rest}`, `${string}/${infer Others}`]
          ? IsMoreSpecific<Rest, Others>
          : false
        : Left extends "literal"
          ? true
          : Right extends "**"
            ? true
            : false
      : never
    : never;

type FirstOf<Name extends string> = Name extends `${infer Level}/${string}` ? Level : Name;

type Rank<Level extends string> = Level extends "*" | "**" ? Level : "literal";
