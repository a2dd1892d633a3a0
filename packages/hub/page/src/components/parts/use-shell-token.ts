import { SHELL_TOKEN } from "../../model/curl.ts";
import { usePage, useReadable } from "./use-page.ts";

/** What commands name as token: none where the hub has no keys, else a variable of the shell. */
export function useShellToken(): string | undefined {
  const state = useReadable(usePage().entrance);
  return state.phase === "in" && state.access.keys ? SHELL_TOKEN : undefined;
}
