/** Colours told apart in `tokens.css`. */
const HUES = 7;

/** A topic, its last level in front of the others, in the colour of its first level: a family is known at a glance. */
export function TopicName({ topic }: { topic: string }) {
  const cut = topic.lastIndexOf("/") + 1;
  return (
    <span className="topic-name" data-hue={toHue(topic)} title={topic}>
      {cut > 0 && <span className="topic-family">{topic.slice(0, cut)}</span>}
      <span className="topic-leaf">{topic.slice(cut)}</span>
    </span>
  );
}

/** Spread by FNV-1a, so that `a` and `b` differ and a name keeps its colour. */
function toHue(topic: string): number {
  let hash = 0x811c9dc5;
  for (const character of topic.split("/", 1)[0] ?? "") {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash % HUES;
}
