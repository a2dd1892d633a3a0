/** A command line, variable or configuration file that cannot be meant: told on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
