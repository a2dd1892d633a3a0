import { readdirSync, readFileSync } from "node:fs";

/**
 * How many processors others than this process and its descendants keep busy from now on, on average, when it is asked. Linux only.
 * Descendants count as others once they have ended, so it is to be asked before.
 *
 * @returns {() => number}
 */
export function startOthersCpu() {
  const before = read();
  return () => {
    const now = read();
    let ours = 0;
    for (const [pid, ticks] of now.ours) ours += ticks - (before.ours.get(pid) ?? 0);
    return Math.max(0, now.busy - before.busy - ours) / 100 / ((now.at - before.at) / 1_000);
  };
}

/** Ticks of 10 ms. */
function read() {
  // user nice system idle iowait irq softirq steal: a processor that the host gave to somebody else is not ours either.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { at: performance.now(), busy: user + nice + system + irq + softirq + steal, ours: ticksOfOurs() };
}

/** Ticks of this process and each of its descendants, by process id. */
function ticksOfOurs() {
  /** @type {Map<number, { parent: number, ticks: number }>} */
  const all = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // After the name, which may hold spaces and brackets: state, parent, and as 12th and 13th user and system time.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
      all.set(Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // It has ended since the listing.
    }
  }
  /** @param {number} pid @returns {boolean} */
  const isOurs = (pid) => pid === process.pid || (all.has(pid) && isOurs(all.get(pid).parent));
  return new Map([...all].filter(([pid]) => isOurs(pid)).map(([pid, { ticks }]) => [pid, ticks]));
}
