// What is drawn over the lines: where values are missing, and where another attempt began.
import uPlot from "uplot";

import type { ChartData, Mark } from "./data";

/** A cross at the foot of the chart wherever a value is NaN or infinite. */
export function drawBad(plot: uPlot, data: ChartData, colors: readonly string[]): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  const size = 3 * ratio;
  const y = plot.bbox.top + plot.bbox.height - 2 * size;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  data.bad.forEach((steps, i) => {
    ctx.strokeStyle = colors[i] ?? "";
    for (const step of steps) {
      const x = plot.valToPos(step, "x", true);
      if (!isInside(plot, x)) continue;
      ctx.beginPath();
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
      ctx.stroke();
    }
  });
  ctx.restore();
}

/** A dashed line with its words at the top. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], color: string, font: string): void {
  if (marks.length === 0) return;
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.font = font.replace(/^\d+px/, `${10 * ratio}px`);
  ctx.textBaseline = "top";
  for (const { x: at, label } of marks) {
    const x = Math.round(plot.valToPos(at, "x", true));
    if (!isInside(plot, x)) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const fits = x + 4 * ratio + ctx.measureText(label).width <= bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(label, x + (fits ? 4 : -4) * ratio, bbox.top);
  }
  ctx.restore();
}

function isInside(plot: uPlot, x: number): boolean {
  return x >= plot.bbox.left && x <= plot.bbox.left + plot.bbox.width;
}
