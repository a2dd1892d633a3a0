/**
 * @typedef {Record<string, number>} Sample what one measurement gave; a field's name says its unit
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {string} figure the sample's field that is compared
 * @property {"more" | "less"} better
 * @property {string[]} columns the sample's fields that the table shows too
 * @property {Record<string, Sample[]>} samples by contender
 * @property {string[]} [ours] the contenders that are ours; those named after Tidings if it is not given
 * @property {string} [curve] the contenders are sizes of ours, in this unit: plotted as a line, and without ratios
 * @property {Record<string, string>} [voids] why a contender has no samples
 * @property {Target[]} [targets]
 *
 * @typedef {object} Target
 * @property {string} text what was to be reached
 * @property {number} value what was
 * @property {boolean} reached
 */

/**
 * Every contender once a round, so that what else the machine does meets them all. One that is no good, a peer that lost an
 * event for example, has no samples, and `voids` says why; the others go on.
 *
 * @param {string[]} contenders
 * @param {number} rounds
 * @param {(contender: string) => Promise<Sample>} measure
 * @returns {Promise<{ samples: Record<string, Sample[]>, voids: Record<string, string> }>}
 */
export async function alternate(contenders, rounds, measure) {
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(contenders.map((contender) => [contender, []]));
  /** @type {Record<string, string>} */
  const voids = {};
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders.filter((name) => !Object.hasOwn(voids, name))) {
      try {
        samples[contender]?.push(await measure(contender));
      } catch (error) {
        voids[contender] = /** @type {Error} */ (error).message.trim().replaceAll("\n", " ").slice(0, 200);
        samples[contender] = [];
        console.error(`${contender} is void here: ${voids[contender]}`);
      }
    }
  }
  return { samples, voids };
}

/** The median of a figure; NaN if there is none. @param {Sample[]} samples @param {string} figure @returns {number} */
export function median(samples, figure) {
  return sorted(samples, figure)[Math.floor(samples.length / 2)]?.[figure] ?? Number.NaN;
}

/** The lowest and the highest figure. @param {Sample[]} samples @param {string} figure */
export function spread(samples, figure) {
  const all = sorted(samples, figure);
  return [all[0]?.[figure] ?? Number.NaN, all.at(-1)?.[figure] ?? Number.NaN];
}

/**
 * How many times the other's figure ours is: the median of the rounds. Contenders of one round ran beside each other, and a machine that
 * has changed its speed since, as one of many in a cloud does, changes no ratio. NaN if either did not run, so that nobody is beaten who
 * did not.
 *
 * @param {Record<string, Sample[]>} samples
 * @param {string} other
 * @param {string} figure
 * @param {string} [ours]
 */
export function ratio(samples, other, figure, ours = Object.keys(samples)[0] ?? "") {
  const theirs = samples[other] ?? [];
  const rounds = (samples[ours] ?? []).map((sample, round) => ({
    ratio: (sample[figure] ?? Number.NaN) / (theirs[round]?.[figure] ?? Number.NaN),
  }));
  return median(rounds, "ratio");
}

/** The median of a contender's figure. @param {Record<string, Sample[]>} samples @param {string} contender @param {string} figure */
export function middle(samples, contender, figure) {
  return median(samples[contender] ?? [], figure);
}

/** The contenders that are ours. @param {Row} row @returns {string[]} */
export function oursOf({ samples, ours, curve }) {
  if (curve !== undefined) return Object.keys(samples);
  return ours ?? Object.keys(samples).filter((name) => /^@?tidings\b/.test(name));
}

/** @param {string} text @param {number} value @param {number} bound @returns {Target} */
export function atLeast(text, value, bound) {
  return { text: `${text}: at least ${bound}`, value, reached: value >= bound };
}

/** @param {string} text @param {number} value @param {number} bound @returns {Target} */
export function atMost(text, value, bound) {
  return { text: `${text}: at most ${bound}`, value, reached: value <= bound };
}

/** @param {number} number */
export function show(number) {
  if (!Number.isFinite(number)) return "-";
  return Math.abs(number) >= 100 ? Math.round(number).toLocaleString("en") : number.toFixed(number < 1 ? 3 : 2);
}

/** @param {Sample[]} samples @param {string} figure */
function sorted(samples, figure) {
  return samples.toSorted((a, b) => (a[figure] ?? 0) - (b[figure] ?? 0));
}
