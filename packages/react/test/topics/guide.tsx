import { TidingsProvider, typedHooks } from "@tidings/react";
import type { ReactNode } from "react";
import { topics } from "../../../client/test/topics/guide.topics.ts";

// #region hooks
const { useLatest, useTopic } = typedHooks<typeof topics>();

export function App(): ReactNode {
  return (
    <TidingsProvider url="/events" schema={topics}>
      <Price symbol="ACME" />
      <Total />
    </TidingsProvider>
  );
}

function Price({ symbol }: { readonly symbol: string }): ReactNode {
  const price = useLatest(`prices/${symbol}`);
  return <p>{price?.bid}</p>;
}

function Total(): ReactNode {
  const total = useTopic("orders/*", {
    initial: 0,
    reduce: (sum, event) => (event.event === "created" ? sum + event.data.total : sum),
  });
  return <p>{total}</p>;
}
// #endregion hooks
