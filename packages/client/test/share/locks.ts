/** Locks as a browser has them, among those who have the same object; Node has none before 24.5. */
export function createLocks(): LockManager {
  interface Wish {
    readonly grant: () => void;
    readonly lose: () => void;
  }
  const queues = new Map<string, Wish[]>();

  function request(name: string, { signal, steal }: LockOptions, hold: LockGrantedCallback<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      const leave = (): void => {
        const at = queue.indexOf(wish);
        if (at === -1) return;
        queue.splice(at, 1);
        if (at === 0) queue[0]?.grant();
      };
      const fail = (): void => reject(new DOMException("The lock was not had, or is lost.", "AbortError"));
      const giveUp = (): void => {
        leave();
        fail();
      };
      const wish: Wish = {
        grant() {
          signal?.removeEventListener("abort", giveUp);
          // In a task of its own, as the platform tells of it.
          setImmediate(async () => {
            await Promise.resolve(hold({ name, mode: "exclusive" })).then(resolve, reject);
            leave();
          });
        },
        lose: fail,
      };
      if (signal?.aborted) return fail();
      signal?.addEventListener("abort", giveUp);
      if (steal) {
        queue.shift()?.lose();
        queue.unshift(wish);
      } else queue.push(wish);
      if (queue[0] === wish) wish.grant();
    });
  }

  return { request, query: async () => ({}) } as unknown as LockManager;
}
