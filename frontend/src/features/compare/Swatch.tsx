interface Props {
  color: string;
  dash: readonly number[];
  faded?: boolean;
}

/** A piece of a run's line. */
export function Swatch({ color, dash, faded = false }: Props) {
  return (
    <svg width="22" height="6" aria-hidden="true" className="shrink-0" style={{ opacity: faded ? 0.35 : 1 }}>
      <line x1="0" y1="3" x2="22" y2="3" strokeWidth="3" strokeDasharray={dash.join(" ") || undefined} style={{ stroke: color }} />
    </svg>
  );
}
