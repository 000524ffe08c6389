import { Fragment, type KeyboardEvent, memo, type PointerEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";

import { background, type Scale, type Shade, type Shaded, shadeInfo, tokenValues } from "./shading";
import { CHUNK, mayWrapBefore, plainText, tokenPieces } from "./tokens";
import { TokenTip } from "./TokenTip";

interface Props {
  completion: Shaded;
  label: string;
  shade: Shade;
  scale: Scale;
  /** Token under the pointer or the keyboard. */
  active: number | null;
  onActive: (index: number | null) => void;
}

/** A completion token by token, shaded; pointer and arrow keys show a token's values. */
export function TokenText({ completion, label, shade, scale, active, onActive }: Props) {
  const id = useId();
  const last = completion.tokens.length - 1;
  useLayoutEffect(() => {
    // straight on the element: the tokens are not drawn again for a pointer that moves over them
    const token = active === null ? null : document.getElementById(`${id}-${active}`);
    token?.toggleAttribute("data-active", true);
    return () => void token?.toggleAttribute("data-active", false);
  }, [id, active]);

  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number | null> = {
      ArrowRight: active === null ? 0 : Math.min(last, active + 1),
      ArrowLeft: active === null ? last : Math.max(0, active - 1),
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    const next = moves[event.key] ?? null;
    onActive(next);
    if (next !== null) document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const onPointer = (event: PointerEvent) => {
    const token = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-token]") : null;
    if (token) onActive(Number(token.dataset.token));
  };

  return (
    <div className="min-w-0">
      <div
        role="listbox"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-activedescendant={active === null ? undefined : `${id}-${active}`}
        className="max-h-72 overflow-y-auto rounded-md bg-surface-2/50 p-2 font-mono text-[13px] leading-6 break-words whitespace-pre-wrap"
        onKeyDown={onKeyDown}
        onPointerOver={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => onActive(null)}
        onBlur={() => onActive(null)}
      >
        <Tokens
          id={id}
          completion={completion}
          shade={shade}
          scale={scale}
          activeChunk={active === null ? null : Math.floor(active / CHUNK)}
        />
        {last < 0 && <span className="text-muted">(empty)</span>}
      </div>
      {active !== null && <TokenTip completion={completion} index={active} shade={shade} anchor={`${id}-${active}`} />}
    </div>
  );
}

interface TokensProps {
  id: string;
  completion: Shaded;
  shade: Shade;
  scale: Scale;
  /** Chunk of the active token, which is drawn wherever it is. */
  activeChunk: number | null;
}

/** Drawn again only when the shade changes: a step has thousands of tokens. */
const Tokens = memo(function Tokens({ id, completion, shade, scale, activeChunk }: TokensProps) {
  const values = useMemo(() => tokenValues(completion, shade), [completion, shade]);
  const { tokens } = completion;
  const chunks = Math.ceil(tokens.length / CHUNK);
  return Array.from({ length: chunks }, (_, chunk) => (
    <Chunk
      key={chunk}
      id={id}
      tokens={tokens}
      first={chunk * CHUNK}
      values={values}
      shade={shade}
      scale={scale}
      always={chunks <= 2 || chunk === activeChunk}
    />
  ));
});

interface ChunkProps {
  id: string;
  tokens: readonly string[];
  /** Position of its first token. */
  first: number;
  values: readonly number[];
  shade: Shade;
  scale: Scale;
  /** Drawn token by token also out of sight. */
  always: boolean;
}

/** Tokens while they are in or near the sight of the text's box, else the same text as one node: it takes the same room. */
const Chunk = memo(function Chunk({ id, tokens, first, values, shade, scale, always }: ChunkProps) {
  const element = useRef<HTMLSpanElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const box = element.current?.closest("[role=listbox]");
    if (always || !element.current || !box) return;
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      root: box,
      rootMargin: "240px 0px",
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [always]);
  const info = shadeInfo(shade);
  const part = tokens.slice(first, first + CHUNK);
  if (!always && !near) return <span ref={element}>{plainText(part, tokens[first - 1])}</span>;
  return (
    <span ref={element}>
      {part.map((token, place) => {
        // a token is its place in the completion
        const index = first + place;
        return (
          <Fragment key={index}>
            {mayWrapBefore(tokens[index - 1], token) && <wbr />}
            <span
              id={`${id}-${index}`}
              data-token={index}
              role="option"
              aria-selected={false}
              className="outline-accent data-active:outline-2"
              style={{ background: background(values[index] ?? Number.NaN, scale, info) }}
            >
              {tokenPieces(token).map((piece, at) =>
                piece.symbol ? (
                  <span key={at} className="opacity-70">
                    {piece.text}
                    {piece.breaks && <br />}
                  </span>
                ) : (
                  piece.text
                ),
              )}
            </span>
          </Fragment>
        );
      })}
    </span>
  );
});
