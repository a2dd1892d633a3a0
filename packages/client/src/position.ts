/**
 * Whether a publication of a Tidings hub had already come when the stream stood at `cursor`: ids are `<epoch>-<offset>`, and
 * offsets of one epoch only rise (PROTOCOL.md, section 3). Of different epochs nothing can be said.
 */
export function isAtOrBefore(id: string, cursor: string): boolean {
  const [epoch, offset] = split(id);
  const [cursorEpoch, cursorOffset] = split(cursor);
  return epoch === cursorEpoch && Number(offset) <= Number(cursorOffset);
}

/** Of what is no position there is no offset, and so nothing is said. */
function split(id: string): string[] {
  return id.split(/-(?=[^-]*$)/);
}
