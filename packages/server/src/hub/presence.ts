import type { Audience } from "./audience.ts";
import type { StreamConnection } from "./connection.ts";
import type { Engine } from "./engine.ts";
import type { HubStatus, Presence } from "./types.ts";

/** Who listens to a topic, of all connections, oldest first. See `Hub.presence`. */
export function toPresence(
  topic: string,
  all: Iterable<StreamConnection>,
  audiences: ReadonlySet<Audience>,
  limit: number,
): Presence {
  const subjects = new Map<string, { subject: string; connections: number; since: number }>();
  let connections = 0;
  let anonymous = 0;
  let truncated = false;
  for (const connection of audiences.size > 0 ? all : []) {
    if (!connection.isListening || !connection.isIn(audiences)) continue;
    const { subject, since } = connection;
    connections++;
    if (subject === undefined) {
      anonymous++;
      continue;
    }
    const known = subjects.get(subject);
    if (known !== undefined) known.connections++;
    else if (subjects.size < limit) subjects.set(subject, { subject, connections: 1, since });
    else truncated = true;
  }
  return { topic, connections, anonymous, subjects: [...subjects.values()], truncated };
}

/** How many connections there are in each state, and the furthest behind; nobody before a hub is open. */
export function toCounts(
  engine: Engine | undefined,
): Pick<HubStatus, "connections" | "catchingUp" | "live" | "closing" | "buffered" | "lag"> {
  const counts = { catchingUp: 0, live: 0, closing: 0 };
  let lag = 0;
  for (const connection of engine?.connections.values() ?? []) {
    if (connection.state === "live") counts.live++;
    else if (connection.state === "closing") counts.closing++;
    else {
      counts.catchingUp++;
      lag = Math.max(lag, connection.lag);
    }
  }
  return { connections: engine?.connections.size ?? 0, ...counts, buffered: engine?.backlog.total ?? 0, lag };
}
