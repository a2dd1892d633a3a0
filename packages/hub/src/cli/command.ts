import type { OptionTable } from "./arguments.ts";

/** A command of `tidings`. */
export interface Command {
  /** How it is called, without `tidings`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: OptionTable;
  /** Below the options in its `--help`. */
  readonly notes?: string;
  /**
   * Runs until it is done, and gives the exit code.
   *
   * @throws UsageError for what cannot be meant
   */
  run(argv: readonly string[]): Promise<number>;
}
