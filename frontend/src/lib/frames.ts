// Drawing in turns. Everything that changed waits here, and a frame draws so many charts as it can within
// a few milliseconds; the others have their turn in the next ones, before anything is drawn again. So many
// charts under a fast stream are drawn less often, and never hold up a click.
//
// What a drawing costs shows only when the frame is over: without a GPU the browser paints a canvas after
// the script that drew on it. So a frame is timed to its end, and the next one draws more or fewer.
const GOAL_MS = 3.5;
const APART_MS = 70;
const MOST = 40;
/** People cannot read numbers that change faster. */
const TEXT_MS = 1000;

/** What is to be done, and the time before which nobody would see a difference. */
const waiting = new Map<() => void, number>();
const texts = new Set<() => void>();
let asked: { at: number; timer: ReturnType<typeof setTimeout> | undefined } | null = null;
let last = -Infinity;
let share = 2;

/** Runs `job` once in one of the next frames, not before a time of `performance.now()`, however often it is asked for until then. */
export function inFrame(job: () => void, notBefore = 0): void {
  const at = Math.min(notBefore, waiting.get(job) ?? Infinity);
  waiting.set(job, at);
  ask(at);
}

/** Runs `job` with the frames after a pause: for what is read, not looked at. */
export function inTime(job: () => void): void {
  if (texts.size === 0) setTimeout(tell, TEXT_MS);
  texts.add(job);
}

export function cancelFrame(job: () => void): void {
  waiting.delete(job);
  texts.delete(job);
}

/** How many jobs the next frame does, after one that did some in so many milliseconds. */
export function nextShare(before: number, done: number, spent: number): number {
  if (spent > 1.5 * GOAL_MS) return Math.max(1, Math.floor(before / 2));
  if (spent > GOAL_MS) return Math.max(1, before - 1);
  return done === before ? Math.min(MOST, before + 1) : before;
}

function ask(notBefore: number): void {
  const at = Math.max(notBefore, last + APART_MS);
  if (asked && asked.at <= at) return;
  clearTimeout(asked?.timer);
  const rest = at - performance.now();
  const frame = () => requestAnimationFrame(run);
  if (rest > 0) asked = { at, timer: setTimeout(frame, rest) };
  else {
    asked = { at: -Infinity, timer: undefined };
    frame();
  }
}

function run(): void {
  asked = null;
  last = performance.now();
  let done = 0;
  let next = Infinity;
  for (const [job, at] of waiting) {
    if (at > last || done >= share || performance.now() - last > GOAL_MS) {
      next = Math.min(next, at);
      continue;
    }
    waiting.delete(job);
    job();
    done += 1;
  }
  afterFrame(() => {
    share = nextShare(share, done, performance.now() - last);
  });
  if (next < Infinity) ask(next);
}

function tell(): void {
  for (const job of texts) inFrame(job);
  texts.clear();
}

/** A message is handled only when the frame that sent it was painted. */
function afterFrame(job: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    job();
  };
  port2.postMessage(null);
}
