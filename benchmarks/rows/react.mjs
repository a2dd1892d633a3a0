import { chromium } from "playwright-core";
import { alternate, atLeast, ratio } from "../lib/figures.mjs";
import { measurePage } from "../react/measure-page.mjs";

const FIGURE = "events/s at 60 frames/s";
/** As good as 60, on a machine where the hub takes its share. */
const FRAMES = 57;
/** Doubled until the page stutters or falls behind. */
const FROM = { tidings: 20_000, naive: 625 };
const MOST = 640_000;

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
        columns: ["frames/s", "renders/s", "frames/s at twice the rate"],
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
  let sample = { [FIGURE]: 0 };
  for (let rate = FROM[name]; rate <= MOST; rate *= 2) {
    const { frames, renders, events } = await measurePage(browser, { name, rate, seconds: quick ? 1 : 1.5 });
    sample["frames/s at twice the rate"] = frames;
    if (frames < FRAMES || events < rate * 0.95) break;
    sample = { [FIGURE]: events, "frames/s": frames, "renders/s": renders };
  }
  return sample;
}
