import { expect, it } from "vitest";

import type { TableGroup } from "@/api/types";

import { placeOf, rowCount, type Section } from "./sections";

const group = {} as TableGroup;
const sections: Section[] = [
  { id: "a", where: [], rows: 2, group },
  { id: "b", where: [], rows: 0, group },
  { id: "c", where: [], rows: 1, group },
];

it("finds headings and runs by their row", () => {
  expect(rowCount(sections)).toBe(6);
  const seen = Array.from({ length: 7 }, (_, row) => {
    const place = placeOf(sections, row);
    return place && `${place.section.id}${place.heading ? "" : place.offset}`;
  });
  expect(seen).toEqual(["a", "a0", "a1", "b", "c", "c0", undefined]);
});

it("needs no heading for a flat list", () => {
  const flat: Section[] = [{ id: "", where: [], rows: 3, group: null }];
  expect(rowCount(flat)).toBe(3);
  expect(placeOf(flat, 2)).toMatchObject({ heading: false, offset: 2 });
});
