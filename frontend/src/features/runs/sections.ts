// The rows of the table as sections: one for a flat list; a heading and, when it is open, its runs for each group.
import type { TableGroup } from "@/api/types";

export interface Section {
  /** Conditions that only the section's runs fulfil. */
  where: readonly string[];
  /** Rows of runs; 0 while it is closed. */
  rows: number;
  /** With a heading of its own. */
  group: TableGroup | null;
  id: string;
}

export type Place = { section: Section; heading: true } | { section: Section; heading: false; offset: number };

/** How many rows there are in all, headings too. */
export function rowCount(sections: readonly Section[]): number {
  return sections.reduce((sum, section) => sum + section.rows + (section.group ? 1 : 0), 0);
}

/** What stands in row `index`. */
export function placeOf(sections: readonly Section[], index: number): Place | undefined {
  let left = index;
  for (const section of sections) {
    if (section.group) {
      if (left === 0) return { section, heading: true };
      left -= 1;
    }
    if (left < section.rows) return { section, heading: false, offset: left };
    left -= section.rows;
  }
  return undefined;
}

/** Name of a group in the URL: its values, joined. */
export function groupId(group: TableGroup): string {
  return Object.values(group.key).map(String).join("~");
}
