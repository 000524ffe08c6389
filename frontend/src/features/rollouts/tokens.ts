/** How tokens are written so that spaces, line breaks and broken bytes can be seen. */

export interface TokenPiece {
  /** What is drawn. */
  text: string;
  /** Whether it stands for something that has no glyph of its own. */
  symbol: boolean;
  /** Whether the line ends after it. */
  breaks: boolean;
}

const SYMBOLS: Record<string, string> = { "\n": "↵", "\r": "␍", "\t": "⇥", " ": "·", "\u00a0": "⍽" };

/** A token in pieces: words as they are; line breaks, tabs and spaces at its edges as symbols. */
export function tokenPieces(token: string): TokenPiece[] {
  if (token === "") return [{ text: "∅", symbol: true, breaks: false }];
  const blank = token.trim() === "";
  const pieces: TokenPiece[] = [];
  let plain = "";
  const flush = () => {
    if (plain) pieces.push({ text: plain, symbol: false, breaks: false });
    plain = "";
  };
  for (const char of token) {
    const symbol = SYMBOLS[char];
    // a space between words is seen well enough, one that is a token or leads into nothing is not
    if (symbol === undefined || (char === " " && !blank)) {
      plain += char;
      continue;
    }
    flush();
    pieces.push({ text: symbol, symbol: true, breaks: char === "\n" });
  }
  flush();
  return pieces;
}

/** A token in words, for a tooltip and a screen reader. */
export function tokenName(token: string): string {
  return token === "" ? "(part of a character)" : JSON.stringify(token);
}

/** Whether a line may end between two tokens: not inside a word or a number, and not inside `<eos>`. */
export function mayWrapBefore(previous: string | undefined, token: string): boolean {
  if (previous === undefined) return false;
  return token.startsWith("<") || !/[\p{L}\p{N}]$/u.test(previous);
}

/** Tokens that are drawn, or left as plain text, together. */
export const CHUNK = 128;

/** The same characters as the pieces of `tokens`, with the same places where a line may end. */
export function plainText(tokens: readonly string[], before: string | undefined): string {
  return tokens
    .map((token, index) => {
      const pieces = tokenPieces(token).map((piece) => (piece.breaks ? `${piece.text}\n` : piece.text));
      return (mayWrapBefore(index === 0 ? before : tokens[index - 1], token) ? "\u200b" : "") + pieces.join("");
    })
    .join("");
}
