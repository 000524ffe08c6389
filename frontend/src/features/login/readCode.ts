/** The code in what somebody pasted: the whole address that `ahora login-url` prints, or the code alone. */
export function readCode(text: string): string {
  const trimmed = text.trim();
  return /[?&]code=([^&#\s]+)/.exec(trimmed)?.[1] ?? trimmed;
}
