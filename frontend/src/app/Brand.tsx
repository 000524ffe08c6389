export function Brand() {
  return (
    <span className="flex items-center gap-2 text-[15px] font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" className="size-6" aria-hidden="true">
        <rect width="32" height="32" rx="7" className="fill-accent" />
        <path
          d="M6 22.5 11.5 10l4.5 9 3.5-5 6.5 8.5"
          fill="none"
          className="stroke-accent-text"
          strokeWidth="2.8"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      Ahora
    </span>
  );
}
