import type { ConnectOptions, EventStream } from "../types.ts";
import type { Member, Start } from "./member.ts";
import { readHistory } from "./read-history.ts";
import { toUnion } from "./union.ts";

/** Members on their way from where they begin to where the shared stream is. */
export interface CatchUps {
  /** Reads their history, holding back what the shared stream brings, and then lets them in. Same start, one reading. */
  begin(members: Iterable<Member>): void;
  /** A member has left. */
  drop(member: Member): void;
}

/** Members that begin at the same place. */
interface Group {
  readonly start: Start;
  readonly members: Set<Member>;
}

/** @param options asked for at each reading */
export function createCatchUps(url: string, options: () => ConnectOptions): CatchUps {
  const readings = new Map<Set<Member>, EventStream>();

  function read({ members, start }: Group): void {
    const each = (act: (member: Member) => void): void => members.forEach(act);
    const topics = toUnion([...members].map(({ listener }) => listener.topic));
    each((member) => member.hold());
    const stream = readHistory(url, { ...options(), topics }, start, {
      onEvent: (event) => each((member) => member.matches(event.topic) && member.recall(event)),
      onGap: (gap) => each((member) => member.gap(gap)),
      onDone() {
        if (readings.get(members) !== stream) return;
        if (stream.status !== "closed" && [...members].some(({ overflowed }) => overflowed)) {
          each((member) => member.hold());
          return stream.restart();
        }
        end(members);
        each((member) => member.release(stream.lastEventId));
      },
    });
    readings.set(members, stream);
  }

  function end(members: Set<Member>): void {
    readings.get(members)?.close();
    readings.delete(members);
  }

  return {
    begin(members) {
      const groups = new Map<string, Group>();
      for (const member of members) {
        const { start = {} } = member.listener;
        const key = JSON.stringify(start);
        const group = groups.get(key) ?? { start, members: new Set() };
        group.members.add(member);
        groups.set(key, group);
      }
      groups.forEach(read);
    },
    drop(member) {
      for (const members of readings.keys()) if (members.delete(member) && members.size === 0) end(members);
    },
  };
}
