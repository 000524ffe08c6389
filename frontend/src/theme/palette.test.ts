// The colours of lines, as people with each kind of colour blindness see them.
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

// Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
const VISIONS: Record<string, Matrix> = {
  "every cone": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
// Ottosson (2020): a space in which distances are about those that people see
const CONES: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const OKLAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const times = (matrix: Matrix, v: Triple): Triple => {
  const row = (i: 0 | 1 | 2) => matrix[i][0] * v[0] + matrix[i][1] * v[1] + matrix[i][2] * v[2];
  return [row(0), row(1), row(2)];
};
const each = (v: Triple, f: (value: number) => number): Triple => [f(v[0]), f(v[1]), f(v[2])];

function linear(hex: string): Triple {
  const channel = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16) / 255;
  return each([channel(1), channel(3), channel(5)], (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
}

function seen(hex: string, vision: Matrix): Triple {
  const rgb = each(times(vision, linear(hex)), (c) => Math.min(1, Math.max(0, c)));
  return times(OKLAB, each(times(CONES, rgb), Math.cbrt));
}

function contrast(a: string, b: string): number {
  const light = (hex: string) => times([[0.2126, 0.7152, 0.0722], [0, 0, 0], [0, 0, 0]], linear(hex))[0] + 0.05;
  return Math.max(light(a), light(b)) / Math.min(light(a), light(b));
}

const css = readFileSync(new URL("./styles.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.split('[data-theme="dark"] {');

describe.each([
  ["light", light],
  ["dark", dark],
])("the %s series colours", (_, block) => {
  const colors = [...block.matchAll(/--series-\d: (#\w{6});/g)].map(([, hex = ""]) => hex);
  const surface = /--surface: (#\w{6});/.exec(block)?.[1] ?? "";

  it("are eight that stand out from the surface", () => {
    expect(colors).toHaveLength(8);
    for (const color of colors) expect(contrast(color, surface)).toBeGreaterThan(3);
  });

  it.each(Object.entries(VISIONS))("differ with %s", (_name, vision) => {
    const apart = colors.flatMap((a, i) =>
      colors.slice(i + 1).map((b) => {
        const [p, q] = [seen(a, vision), seen(b, vision)];
        return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
      }),
    );
    expect(Math.min(...apart)).toBeGreaterThan(0.1);
  });
});
