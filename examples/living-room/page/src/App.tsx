import type { ReactNode } from "react";
import { LongQuery } from "./LongQuery.tsx";
import { Messages } from "./Messages.tsx";
import { RandomNumbers } from "./RandomNumbers.tsx";
import { Temperature } from "./Temperature.tsx";

export function App(): ReactNode {
  return (
    <main>
      <h1>My living room</h1>
      <p>Four streams of one server, each through one hook.</p>
      <Temperature />
      <RandomNumbers />
      <LongQuery />
      <Messages />
    </main>
  );
}
