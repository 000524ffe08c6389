// A uPlot chart that follows a source: React makes it and reads its values, and points pass React by.
import { flushSync } from "react-dom";
import uPlot from "uplot";

import { cancelFrame, inFrame, inTime } from "@/lib/frames";

import { align, type ChartData, nearest } from "./data";
import { type Look, plotColumns, plotOptions, shownX, showRange } from "./plot";
import { countOutside } from "./scale";
import type { Lines, LineSource } from "./source";
import type { Range } from "./zoom";

/** A curve that grew is drawn again when it has moved so far, */
const MOVE_PX = 1;
/** or after this time. */
const LATEST_MS = 1000;

/** What is written around a chart. */
export interface View {
  lines: Lines;
  data: ChartData;
  /** The x under the cursor. */
  at: number | null;
  /** How many values lie outside what is shown. */
  outside: number;
}

export class Chart {
  private plot: uPlot | null = null;
  private element: HTMLElement | null = null;
  private flags: HTMLElement | null = null;
  private look: Look | null = null;
  private onZoom: (range: Range) => void = () => undefined;
  private range: Range | null = null;
  private source: LineSource | null = null;
  private drawn = "";
  private visible = true;
  /** When it was drawn, how far its x went then, and when drawing it again would show a difference. */
  private drawnAt = 0;
  private reached = Number.NaN;
  private worthwhile = 0;
  private stale = false;
  private view: View = { lines: { series: [], marks: [] }, data: align([], 0, false), at: null, outside: 0 };
  private readonly listeners = new Set<() => void>();

  /** For `useSyncExternalStore`: what is written around the chart, a few times a second. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): View => this.view;

  get canvas(): HTMLCanvasElement | null {
    return this.plot?.ctx.canvas ?? null;
  }

  /** The ranges of both axes as they are drawn. */
  get scales(): { x: Range; y: Range } | null {
    if (!this.plot) return null;
    const { min, max } = this.plot.scales.y ?? {};
    return { x: shownX(this.plot), y: [min ?? 0, max ?? 1] };
  }

  /** Draws into `element` until the answer is called. */
  mount(element: HTMLElement, look: Look, source: LineSource, onZoom: (range: Range) => void): () => void {
    this.element = element;
    this.look = look;
    this.source = source;
    this.onZoom = onZoom;
    this.drawn = "";
    this.read();
    this.draw();
    this.tell();
    const sizes = new ResizeObserver(() => this.plot?.setSize({ width: element.clientWidth, height: look.height }));
    sizes.observe(element);
    const sight = new IntersectionObserver(([entry]) => {
      this.visible = entry?.isIntersecting ?? true;
      if (this.visible && this.stale) inFrame(this.update);
    });
    sight.observe(element);
    const leave = source.subscribe(() => {
      if (this.visible) inFrame(this.update, this.worthwhile);
      else this.stale = true;
    });
    return () => {
      leave();
      sizes.disconnect();
      sight.disconnect();
      cancelFrame(this.update);
      cancelFrame(this.tellInFrame);
      this.destroy();
      this.element = null;
    };
  }

  setRange(range: Range | null): void {
    if (range === this.range) return;
    this.range = range;
    const { plot } = this;
    if (!plot) return;
    plot.batch(() => this.fill(plot));
    this.tell();
  }

  /** Puts the cursor on the i-th point, or takes it away. */
  moveTo(i: number | null): void {
    const left = i === null ? -10 : (this.plot?.valToPos(this.view.data.x[i] ?? 0, "x") ?? -10);
    this.plot?.setCursor({ left, top: 0 });
  }

  /** Moves what stands at an x, the children of `layer` with `data-x`, to where it is drawn; what is out of sight is hidden. */
  placeFlags(layer: HTMLElement | null = this.flags): void {
    this.flags = layer;
    const { plot, flags } = this;
    if (!plot || !flags) return;
    for (const flag of flags.querySelectorAll<HTMLElement>("[data-x]")) {
      const x = plot.valToPos(Number(flag.dataset.x), "x");
      flag.style.left = `${plot.over.offsetLeft + x}px`;
      flag.style.visibility = x >= 0 && x <= plot.over.clientWidth ? "visible" : "hidden";
    }
  }

  /** Place of the point that is read: under the cursor, else the last. */
  get index(): number {
    const { at, data } = this.view;
    return at === null ? data.x.length - 1 : nearest(data.x, at);
  }

  private readonly update = (): void => {
    this.stale = false;
    if (!this.element || !this.read()) return;
    this.draw();
    this.pace();
    inTime(this.tellInFrame);
  };

  private pace(): void {
    const now = performance.now();
    const { data } = this.view;
    const reached = data.x[data.x.length - 1] ?? Number.NaN;
    const [from, to] = this.scales?.x ?? [0, 1];
    const moved = ((reached - this.reached) / (to - from)) * (this.plot?.over.clientWidth ?? 0);
    const wait = (MOVE_PX * (now - this.drawnAt)) / moved;
    this.worthwhile = Number.isNaN(wait) ? 0 : now + Math.min(LATEST_MS, wait);
    this.drawnAt = now;
    this.reached = reached;
  }

  /** Within the frame that asked for it: React would make another frame of it. */
  private readonly tellInFrame = (): void => flushSync(this.tell);

  private read(): boolean {
    const { look, source } = this;
    if (!look || !source) return false;
    const lines = source.read();
    const same = lines === this.view.lines && this.drawn !== "";
    if (same) return false;
    this.view = { ...this.view, lines, data: align(lines.series, look.smoothing, look.log) };
    return true;
  }

  private draw(): void {
    const { element, look, view } = this;
    if (!element || !look) return;
    const looks = describe(view.lines);
    if (this.plot && looks === this.drawn) {
      const { plot } = this;
      plot.batch(() => this.fill(plot));
      return;
    }
    this.destroy();
    this.drawn = looks;
    const settings = {
      ...look,
      series: view.lines.series,
      width: element.clientWidth,
      data: () => this.view.data,
      marks: () => this.view.lines.marks,
      onCursor: this.onCursor,
      onDraw: () => this.placeFlags(),
      onZoom: this.onZoom,
    };
    this.plot = new uPlot(plotOptions(settings, element), plotColumns(view.data, look.smoothing), element);
    showRange(this.plot, this.range);
  }

  /** A zoomed chart stays where it is when points arrive; the others follow. */
  private fill(plot: uPlot): void {
    plot.setData(plotColumns(this.view.data, this.look?.smoothing ?? 0), this.range === null);
    if (this.range) showRange(plot, this.range);
  }

  private destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  private readonly onCursor = (at: number | null): void => {
    if (at === this.view.at) return;
    this.view = { ...this.view, at };
    for (const listener of this.listeners) listener();
  };

  private readonly tell = (): void => {
    const { scales } = this;
    const outside = this.look?.ignoreOutliers && scales ? countOutside(this.view.data, scales.x, scales.y) : 0;
    this.view = { ...this.view, outside };
    for (const listener of this.listeners) listener();
  };
}

/** What needs another uPlot when it changes; everything else is only new data. */
function describe({ series }: Lines): string {
  return series
    .map((one) => {
      const bands = `${one.band !== undefined} ${one.range !== undefined}`;
      return `${one.id} ${one.color} ${one.dash?.join() ?? ""} ${one.faint} ${bands} ${one.label}`;
    })
    .join("\n")
    .concat("\n.");
}
