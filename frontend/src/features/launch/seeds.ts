/** Several seeds in one line: `0,1,2`, `0-4` or a mix. */

export const MAX_RUNS = 50;
const LARGEST = 2 ** 31 - 1;

export type Seeds = { seeds: number[]; error: null } | { seeds: null; error: string };

/** Distinct seeds in the order given; an empty text gives none. */
export function parseSeeds(text: string): Seeds {
  const seeds = new Set<number>();
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const range = /^(\d+)(?:(?:-|\.\.)(\d+))?$/.exec(part);
    if (!range) return fail(`"${part}" is no seed: write whole numbers like 0,1,2 or a range like 0-4.`);
    const first = Number(range[1]);
    const last = range[2] === undefined ? first : Number(range[2]);
    if (last < first) return fail(`The range ${part} ends before it starts: write ${last}-${first}.`);
    if (last > LARGEST) return fail(`Seeds go up to ${LARGEST}.`);
    if (last - first >= MAX_RUNS) return fail(tooMany(last - first + 1));
    for (let seed = first; seed <= last; seed += 1) seeds.add(seed);
  }
  if (seeds.size > MAX_RUNS) return fail(tooMany(seeds.size));
  return { seeds: [...seeds], error: null };
}

function fail(error: string): Seeds {
  return { seeds: null, error };
}

function tooMany(count: number): string {
  return `${count} runs at once are more than the ${MAX_RUNS} this form launches.`;
}
