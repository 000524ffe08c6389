// One series as columns of numbers that grow at their end: a point that arrives copies nothing.

/** One metric of one run, in the order of steps. NaN and infinities are real numbers here. */
export interface Points {
  readonly steps: Float64Array;
  readonly values: Float64Array;
  readonly elapsed: Float64Array;
  readonly tokens: Float64Array;
  /** The range of what each point stands for; its own value where it stands for itself. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Some of the points stand for several that the server has. */
  readonly coarse: boolean;
}

export interface Point {
  step: number;
  value: number;
  elapsed: number;
  tokens: number;
  low: number;
  high: number;
}

const NAMES = ["steps", "values", "elapsed", "tokens", "low", "high"] as const;
type Arrays = Record<(typeof NAMES)[number], Float64Array>;

function arrays(capacity: number): Arrays {
  const make = () => new Float64Array(capacity);
  return { steps: make(), values: make(), elapsed: make(), tokens: make(), low: make(), high: make() };
}

export const NO_POINTS: Points = { ...arrays(0), coarse: false };

export class Columns {
  /** Points that were added one by one since the others were read. */
  live = 0;
  private buffer: Arrays;
  private length = 0;
  private view: Points | null = null;

  constructor(
    points: readonly Point[] = [],
    private readonly coarse = false,
  ) {
    this.buffer = arrays(points.length + 64);
    for (const point of points) this.insert(point);
  }

  /** The columns as they are now: another object after each change, on the same memory where it can be. */
  get points(): Points {
    this.view ??= { ...this.slice(0, this.length), coarse: this.coarse };
    return this.view;
  }

  /** A step that is already there is replaced, others go to their place. */
  add(point: Point): void {
    this.insert(point);
    this.live += 1;
  }

  /** Those of `points` that come after `step`. */
  addAfter(points: Points, step: number): void {
    for (let i = 0; i < points.steps.length; i += 1) {
      if ((points.steps[i] ?? 0) > step) this.add(pointAt(points, i));
    }
  }

  private insert(point: Point): void {
    const { steps } = this.buffer;
    let at = this.length;
    while (at > 0 && (steps[at - 1] ?? 0) >= point.step) at -= 1; // nearly always the end
    if (at === this.length || steps[at] !== point.step) this.open(at);
    const { buffer } = this;
    buffer.steps[at] = point.step;
    buffer.values[at] = point.value;
    buffer.elapsed[at] = point.elapsed;
    buffer.tokens[at] = point.tokens;
    buffer.low[at] = point.low;
    buffer.high[at] = point.high;
    this.view = null;
  }

  /** Makes room for one point at `at`. */
  private open(at: number): void {
    const full = this.length === this.buffer.steps.length;
    if (full || at < this.length) {
      // views that were given out keep what they show
      const wider = arrays(full ? 2 * this.length : this.buffer.steps.length);
      for (const name of NAMES) {
        wider[name].set(this.buffer[name].subarray(0, at));
        wider[name].set(this.buffer[name].subarray(at, this.length), at + 1);
      }
      this.buffer = wider;
    }
    this.length += 1;
  }

  private slice(from: number, to: number): Arrays {
    const cut = (name: (typeof NAMES)[number]) => this.buffer[name].subarray(from, to);
    return {
      steps: cut("steps"),
      values: cut("values"),
      elapsed: cut("elapsed"),
      tokens: cut("tokens"),
      low: cut("low"),
      high: cut("high"),
    };
  }
}

function pointAt(points: Points, i: number): Point {
  return {
    step: points.steps[i] ?? 0,
    value: points.values[i] ?? Number.NaN,
    elapsed: points.elapsed[i] ?? 0,
    tokens: points.tokens[i] ?? 0,
    low: points.low[i] ?? Number.NaN,
    high: points.high[i] ?? Number.NaN,
  };
}

/** `whole` with `part`, which is finer, in place of what it covers. */
export function spliced(whole: Points, part: Points): Points {
  const first = part.steps[0];
  const last = part.steps.at(-1);
  if (first === undefined || last === undefined) return whole;
  const start = whole.steps.findIndex((step) => step >= first);
  const before = start < 0 ? whole.steps.length : start;
  const next = whole.steps.findIndex((step) => step > last);
  const after = next < 0 ? whole.steps.length : next;
  const joined = arrays(before + part.steps.length + whole.steps.length - after);
  for (const name of NAMES) {
    joined[name].set(whole[name].subarray(0, before));
    joined[name].set(part[name], before);
    joined[name].set(whole[name].subarray(after), before + part[name].length);
  }
  return { ...joined, coarse: part.coarse };
}
