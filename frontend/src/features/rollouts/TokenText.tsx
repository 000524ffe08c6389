import { Fragment, type KeyboardEvent, memo, type PointerEvent, useId, useLayoutEffect, useMemo } from "react";

import { background, type Scale, type Shade, type Shaded, shadeInfo, tokenValues } from "./shading";
import { mayWrapBefore, tokenPieces } from "./tokens";
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
        <Tokens id={id} completion={completion} shade={shade} scale={scale} />
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
}

/** Drawn again only when the shade changes: a step has thousands of tokens. */
const Tokens = memo(function Tokens({ id, completion, shade, scale }: TokensProps) {
  const values = useMemo(() => tokenValues(completion, shade), [completion, shade]);
  const info = shadeInfo(shade);
  return completion.tokens.map((token, index) => (
    // a token is its place in the completion
    <Fragment key={index}>
      {mayWrapBefore(completion.tokens[index - 1], token) && <wbr />}
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
  ));
});
