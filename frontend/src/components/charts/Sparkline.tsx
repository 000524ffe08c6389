interface Props {
  values: readonly number[];
  label: string;
  color?: string;
  width?: number;
  height?: number;
}

/** A line the size of a word; values that are not finite are gaps. */
export function Sparkline({ values, label, color = "var(--accent)", width = 96, height = 24 }: Props) {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return <span className="block" style={{ width, height }} />;
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  const step = (width - 4) / Math.max(1, values.length - 1);
  const place = (value: number, i: number) =>
    `${(2 + i * step).toFixed(1)} ${(2 + (1 - (value - low) / span) * (height - 4)).toFixed(1)}`;
  let path = "";
  let pen = false;
  values.forEach((value, i) => {
    if (Number.isFinite(value)) path += `${pen ? "L" : "M"}${place(value, i)}`;
    pen = Number.isFinite(value);
  });
  const last = values.findLastIndex(Number.isFinite);
  const [x, y] = place(values[last] ?? 0, last).split(" ");
  return (
    <svg width={width} height={height} role="img" aria-label={label} className="block overflow-visible">
      <path d={path} fill="none" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" style={{ stroke: color }} />
      <circle cx={x} cy={y} r="2" style={{ fill: color }} />
    </svg>
  );
}
