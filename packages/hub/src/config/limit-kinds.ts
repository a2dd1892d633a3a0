import { isIP } from "node:net";
import type { Rate } from "../http/publish-rate.ts";
import type { Kind } from "./kinds.ts";

const PER: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** So many in a second, a minute or an hour. */
export const rate: Kind<Rate> = {
  placeholder: "<rate>",
  allowed: "a number of events in a second, minute or hour: 100/s, 600/m or 1000/h",
  parse: (value) => {
    const [, count, unit] = (typeof value === "string" && /^([1-9]\d{0,8})\/([smh])$/.exec(value)) || [];
    return unit !== undefined ? { count: Number(count), per: PER[unit] as number } : undefined;
  },
  schema: { type: "string", pattern: "^[1-9]\\d{0,8}/[smh]$" },
};

/** Addresses and networks, each with the length of its prefix. */
export const networks: Kind<readonly string[]> = {
  placeholder: "<network>",
  multiple: true,
  allowed: "addresses or networks of proxies, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8",
  parse: (value) => {
    const list = (Array.isArray(value) ? value : [value]).flatMap((item) =>
      (typeof item === "string" ? item : "").split(","),
    );
    const trimmed = list.map((item) => item.trim());
    return trimmed.length > 0 && trimmed.every(isNetwork) ? trimmed : undefined;
  },
};

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
