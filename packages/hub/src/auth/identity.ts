/** Who makes a request, and what that caller may do. */
export interface Identity {
  /** A token was shown, so that what is refused is refused to somebody. */
  readonly hasToken: boolean;
  /** Absent if the token names nobody. */
  readonly subject: string | undefined;
  /** When the token expires, in milliseconds since 1970; absent if it never does. */
  readonly expires: number | undefined;
  /** Topics and patterns that may be listened to, and whose history may be read. */
  readonly subscribe: readonly string[];
  readonly publish: readonly string[];
  /** Topics and patterns of which may be asked who listens. */
  readonly presence: readonly string[];
  readonly metrics: boolean;
  /** May do everything. */
  readonly admin: boolean;
}

const NOBODY: Identity = {
  hasToken: false,
  subject: undefined,
  expires: undefined,
  subscribe: [],
  publish: [],
  presence: [],
  metrics: false,
  admin: false,
};

/** Whoever calls a hub without keys, which serves its own machine alone. */
export const OWNER: Identity = { ...NOBODY, metrics: true, admin: true };

/** Whoever calls a hub with keys and shows no token. */
export function toStranger(publicTopics: readonly string[]): Identity {
  return { ...NOBODY, subscribe: publicTopics };
}
