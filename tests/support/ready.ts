import { expect } from "vitest";

/** Settles when a hub that listens has opened its history too. */
export async function ready(url: string): Promise<void> {
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
}
