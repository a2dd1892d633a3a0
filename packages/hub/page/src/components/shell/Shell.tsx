import { type ReactNode, useState } from "react";
import mark from "../../mark.svg";
import type { Access } from "../../model/access.ts";
import { formatCount } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { usePage, useReadable } from "../parts/use-page.ts";
import { LinkState } from "./LinkState.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

/** A part of the page, and the screens that belong to it. */
const PARTS = [
  { label: "Overview", icon: "overview", href: "#/", screens: ["overview"] },
  { label: "Topics", icon: "topics", href: "#/topics", screens: ["topics", "topic"] },
  { label: "Connections", icon: "connections", href: "#/connections", screens: ["connections"] },
  { label: "Inspector", icon: "inspector", href: "#/inspector", screens: ["inspector"] },
  { label: "Try it", icon: "try", href: "#/try", screens: ["try"] },
] as const;

/** What stands around every screen: the name, the ways to go, and how the hub does. */
export function Shell({ access, children }: { access: Access; children: ReactNode }) {
  const page = usePage();
  const route = useReadable(page.router);
  const { latest } = useReadable(page.stats);
  const [helping, setHelping] = useState(false);
  useShortcuts(page.router, () => setHelping(true));

  const open = latest && latest.connections.live + latest.connections.catchingUp;

  return (
    <div className="shell">
      <header className="bar">
        <a className="brand" href="#/" aria-label="Tidings: overview">
          <img src={mark} alt="" width="26" height="26" />
          <span>Tidings</span>
        </a>
        <nav className="nav" aria-label="Parts of the page">
          {PARTS.map(({ label, icon, href, screens }) => (
            <a
              key={label}
              href={href}
              aria-current={screens.some((screen) => screen === route.screen) ? "page" : undefined}
            >
              <Icon name={icon} />
              <span>{label}</span>
              {label === "Connections" && open !== undefined && <small>{formatCount(open)}</small>}
            </a>
          ))}
        </nav>
        <div className="bar-foot">
          <LinkState />
          {access.keys && (
            <p className="visitor">
              <span title={access.subject}>{access.subject ?? "admin"}</span>
              <button type="button" className="quiet small" onClick={page.entrance.signOut}>
                Sign out
              </button>
            </p>
          )}
          <div className="bar-tools">
            <ThemeSwitch />
            <button
              type="button"
              className="tool"
              onClick={() => setHelping(true)}
              aria-label="Keyboard shortcuts"
              title="Keyboard shortcuts (?)"
            >
              <Icon name="keys" />
            </button>
          </div>
        </div>
      </header>
      {children}
      {helping && <Shortcuts onClose={() => setHelping(false)} />}
    </div>
  );
}
