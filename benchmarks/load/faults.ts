import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Behaviour,
  CHUNKED,
  type Deliver,
  deliverRight,
  type FaultyReader,
  STREAM,
  toChunk,
} from "./faulty-server.ts";

/** One reader of the three is answered so; `rest` is the end of its head. */
export function answersOne(head: string, rest = CHUNKED): Behaviour {
  return { head: (reader) => (reader === 1 ? head + rest : STREAM + CHUNKED) };
}

/** One reader gets one event so; all else is right. */
export function toOne(fault: Deliver, number = 5): Behaviour {
  return {
    deliver: (reader, event) => (isIt(reader, event, number) ? fault : deliverRight)(reader, event),
  };
}

/** One reader gets these bytes for one event, framed or not. */
export function bytesToOne(toBytes: (block: string, size: string) => string, number = 5): Behaviour {
  return toOne((reader, { block }) => reader.raw(toBytes(block, block.length.toString(16))), number);
}

/** One reader gets this text for one event, in a right chunk. */
export function textToOne(toText: (block: string) => string, number = 5): Behaviour {
  return bytesToOne((block) => toChunk(toText(block)), number);
}

/** One reader gets an event after the one that follows. */
export function swapped(number: number): Behaviour {
  let held = "";
  return {
    deliver: (reader, event) => {
      if (isIt(reader, event, number)) held = event.block;
      else deliverRight(reader, event);
      if (isIt(reader, event, number + 1)) reader.chunk(held);
    },
  };
}

/** One reader gets an event of publisher 0 after one of publisher 1, all others before: each publisher's are in order. */
export function otherOrder(): Behaviour {
  let passOn: (() => void) | undefined;
  return {
    deliver: (reader, event) => {
      const publisher = /^data: (\d)/m.exec(event.block)?.[1];
      if (reader.number !== 1 || (publisher === "0" && !event.block.includes("data: 0:3:")))
        return deliverRight(reader, event);
      if (publisher === "1") {
        deliverRight(reader, event);
        return passOn?.();
      }
      // Publisher 0 has no answer until then, and sends nothing that could overtake it.
      return new Promise<void>((resolve) => {
        passOn = () => {
          passOn = undefined;
          deliverRight(reader, event);
          resolve();
        };
      });
    },
  };
}

/** Every event in these pieces, each of them written by itself. */
export function inPieces(cut: (block: string, reader: FaultyReader) => string[]): Behaviour {
  return {
    deliver: async (reader, { block }) => {
      for (const piece of cut(block, reader)) {
        reader.raw(piece);
        await nextTurn();
      }
    },
  };
}

/** So many events in one chunk. */
export function together(count: number): Behaviour {
  const held = new Map<FaultyReader, string>();
  return {
    deliver: (reader, { number, block }) => {
      held.set(reader, (held.get(reader) ?? "") + block);
      if ((number + 1) % count > 0) return;
      reader.chunk(held.get(reader) ?? "");
      held.delete(reader);
    },
  };
}

/** A text in slices of so many characters. */
export function slices(text: string, size: number): string[] {
  return text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
}

function isIt(reader: FaultyReader, event: { number: number }, number: number): boolean {
  return reader.number === 1 && event.number === number;
}
