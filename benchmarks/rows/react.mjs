import { chromium } from "playwright-core";
import { alternate, atLeast, ratio } from "../lib/figures.mjs";
import { measurePage } from "../react/measure-page.mjs";

const FIGURE = "events/s at 60 frames/s";
/** Of the frames that the same page draws when it is sent nothing, and of the events that are sent. */
const SMOOTH = 0.95;
/**
 * Doubled until the page stutters or falls behind; halved until it does not, where it does from the first. Then halfway between the
 * two, and halfway again: to a quarter of what was smooth.
 */
const FROM = { tidings: 20_000, naive: 1_250 };
const [LEAST, MOST] = [150, 2_560_000];
/**
 * Processors that others may keep busy. React and the drawing keep half of one busy at any rate, so that what else runs costs frames at
 * 10,000 events a second as it does at 160,000.
 */
const ALONE = 0.2;
/** Measurements of one rate until the machine is free: some two minutes. */
const PATIENCE = 20;

/** How many events a second a page can take and still draw 60 frames: `useTopic`, and a `setState` for each event. */
export async function react({ rounds, quick }) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  try {
    const { samples, voids } = await alternate(["tidings", "naive"], rounds, (name) => climb(browser, name, quick));
    return [
      {
        title: "React: events a second on a page that draws 60 frames",
        figure: FIGURE,
        better: "more",
        columns: ["frames/s", "idle frames/s", "renders/s"],
        samples,
        voids,
        targets: [atLeast("times a setState for each event", ratio(samples, "naive", FIGURE), 20)],
      },
    ];
  } finally {
    await browser.close();
  }
}

async function climb(browser, name, quick) {
  const time = { warmUp: quick ? 2 : 3, seconds: quick ? 2 : 3 };
  const idle = await measureUntil(isAlone, () => measurePage(browser, { name: "tidings", rate: 0, ...time }));
  const measureOnce = async (rate) => {
    const { frames, renders, events, gaps, others } = await measurePage(browser, {
      name,
      rate,
      source: "blocks",
      ...time,
    });
    const isSmooth = frames >= idle.frames * SMOOTH && events >= rate * SMOOTH && gaps === 0;
    return {
      isSmooth,
      others,
      sample: { [FIGURE]: events, "frames/s": frames, "idle frames/s": idle.frames, "renders/s": renders },
    };
  };
  // What is smooth although others take the processors is so anyway; what stutters then tells nothing.
  const measureAlone = (rate) =>
    measureUntil(
      (step) => step.isSmooth || isAlone(step),
      () => measureOnce(rate),
    );
  // Near the limit chance decides: too much is what is so twice.
  const measure = async (rate) => {
    const first = await measureAlone(rate);
    return first.isSmooth ? first : measureAlone(rate);
  };
  let smooth = FROM[name];
  let best = await measure(smooth);
  const isTooMuch = !best.isSmooth;
  while (!best.isSmooth && smooth > LEAST) {
    smooth /= 2;
    best = await measure(smooth);
  }
  if (!best.isSmooth) throw new Error(`void: no rate from ${LEAST} events/s on is smooth`);
  /** Takes a rate for the best if it is smooth. */
  const isSmoothAt = async (rate) => {
    const next = await measure(rate);
    if (next.isSmooth) [smooth, best] = [rate, next];
    return next.isSmooth;
  };
  while (!isTooMuch && smooth * 2 <= MOST) if (!(await isSmoothAt(smooth * 2))) break;
  for (let step = smooth / 2, end = smooth / 4; step >= end; step /= 2) await isSmoothAt(smooth + step);
  return best.sample;
}

/** @param {{ others: number }} measured processors that others kept busy */
function isAlone({ others }) {
  return others <= ALONE;
}

async function measureUntil(isValid, measure) {
  for (let turn = 0; turn < PATIENCE; turn++) {
    const measured = await measure();
    if (isValid(measured)) return measured;
  }
  throw new Error(`void: others on this machine keep more than ${ALONE} processors busy`);
}
