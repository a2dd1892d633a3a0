import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a link does with the bytes of answers. Called for each piece; `send` hands on, whenever it is called. */
export type Carry = (piece: Buffer, send: (piece: Buffer) => void, cut: () => void) => void;

/** Puts a link between readers and a port, and gives its own. `createCarry` is called for each connection. */
export async function startLink(port: number, createCarry: () => Carry): Promise<number> {
  const sockets = new Set<Socket>();
  const link = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const carry = createCarry();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true).on("error", () => {});
      from.on("close", () => to.destroy());
    }
    near.on("data", (piece) => far.write(piece));
    far.on("data", (piece) => {
      carry(
        piece,
        (part) => near.writable && near.write(part),
        () => near.resetAndDestroy(),
      );
    });
  });
  link.listen(0, "127.0.0.1");
  await once(link, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    link.close();
  });
  return (link.address() as AddressInfo).port;
}

/**
 * A proxy that fills a buffer before it hands on: so many bytes more than come first. With `passesHeaders` the head of the
 * answer goes through at once.
 */
export function createBuffering(more: number, { passesHeaders }: { passesHeaders: boolean }): Carry {
  let bytes: number | undefined;
  let held = Buffer.alloc(0);
  let isHeadGone = !passesHeaders;
  return (piece, send) => {
    bytes ??= piece.length + more;
    held = Buffer.concat([held, piece]);
    const end = held.indexOf("\r\n\r\n") + 4;
    if (!isHeadGone && end >= 4) {
      isHeadGone = true;
      send(held.subarray(0, end));
      held = held.subarray(end);
    }
    if (held.length < bytes) return;
    send(held);
    held = Buffer.alloc(0);
  };
}

/** A line that carries so many bytes a second, in order, and holds what waits for it as a kernel does. */
export function createSlow(bytesPerSecond: number): Carry {
  let waiting = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  return (piece, send) => {
    waiting = Buffer.concat([waiting, piece]);
    if (timer === undefined) last = performance.now();
    timer ??= setInterval(() => {
      // By the clock: a busy machine is no slower line.
      const now = performance.now();
      const count = Math.ceil((bytesPerSecond * (now - last)) / 1000);
      last = now;
      send(waiting.subarray(0, count));
      waiting = waiting.subarray(count);
      if (waiting.length > 0) return;
      clearInterval(timer);
      timer = undefined;
    }, 20);
    timer.unref();
  };
}

/** A line that breaks after so many bytes, wherever that is. */
export function createBreaking(bytes: number): Carry {
  let left = bytes;
  return (piece, send, cut) => {
    // What comes between the break and the cut is lost, all of it.
    if (left <= 0) return;
    send(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) setTimeout(cut, 5);
  };
}

/** A line that fails from one moment to another, in milliseconds after the first byte, and then brings what was lost. */
export function createFailing(from: number, to: number): Carry {
  const waiting: Buffer[] = [];
  let since: number | undefined;
  return (piece, send) => {
    since ??= performance.now();
    const age = performance.now() - since;
    if (age < from || age >= to) return send(piece);
    if (waiting.push(piece) > 1) return;
    setTimeout(() => send(Buffer.concat(waiting.splice(0))), to - age).unref();
  };
}
