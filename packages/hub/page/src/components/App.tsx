import { TidingsProvider } from "@tidings/react";
import { usePage, useReadable } from "./parts/use-page.ts";
import { useStreamOptions } from "./parts/use-stream-options.ts";
import { Away } from "./shell/Away.tsx";
import { Screen } from "./shell/Screen.tsx";
import { Shell } from "./shell/Shell.tsx";
import { SignIn } from "./shell/SignIn.tsx";
import { StatsStream } from "./shell/StatsStream.tsx";

/** The page: once the hub has said that its visitor may use it. */
export function App() {
  const page = usePage();
  const state = useReadable(page.entrance);
  const options = useStreamOptions();

  if (state.phase === "asking") return null;
  if (state.phase === "away") return <Away detail={state.detail} />;
  if (state.phase === "out") return <SignIn detail={state.detail} />;
  return (
    <TidingsProvider url={`${page.root}events`} raw {...options}>
      <StatsStream />
      <Shell access={state.access}>
        <Screen />
      </Shell>
    </TidingsProvider>
  );
}
