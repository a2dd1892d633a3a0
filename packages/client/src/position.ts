/**
 * Whether a publication of a Tidings hub had already come when the stream stood at `cursor`: ids are `<epoch>-<offset>`, and
 * offsets of one epoch only rise (PROTOCOL.md, section 3). Of different epochs nothing can be said.
 */
export function isAtOrBefore(id: string, cursor: string): boolean {
  const [epoch, offset] = split(id);
  const [cursorEpoch, cursorOffset] = split(cursor);
  return epoch !== "" && epoch === cursorEpoch && offset <= cursorOffset;
}

function split(id: string): [epoch: string, offset: number] {
  const dash = id.lastIndexOf("-");
  return dash === -1 ? ["", 0] : [id.slice(0, dash), Number(id.slice(dash + 1))];
}
