import { EllipsisVertical, FileImage, FileSpreadsheet, Shapes } from "lucide-react";
import type { ReactNode } from "react";

import { errorMessage } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";
import { saveFile } from "@/lib/saveFile";

import type { Chart } from "./chart";
import type { XAxis } from "./data";

interface Props {
  chart: Chart;
  title: string;
  unit: string;
  about: string;
  xAxis: XAxis;
  logY: boolean;
  /** Where the server has all points as CSV; without it what is shown is saved. */
  pointsUrl?: string | undefined;
  children?: ReactNode;
}

/** What can be done with a chart: what its page offers, and files of it. */
export function ChartMenu({ chart, title, unit, about, xAxis, logY, pointsUrl, children }: Props) {
  const name = [about, title].filter(Boolean).join(" ");
  const save = async (kind: "png" | "svg" | "csv") => {
    try {
      const files = await import("./files");
      const { lines, data } = chart.current();
      const words = { title: name, unit, xAxis };
      if (kind === "csv") {
        saveFile(`${name}.csv`, files.toCsv(lines.series, xAxis), "text/csv");
      } else if (kind === "svg") {
        const svg = files.toSvg(lines, data, { ...words, log: logY, scales: chart.scales });
        saveFile(`${name}.svg`, svg, "image/svg+xml");
      } else if (chart.canvas) saveFile(`${name}.png`, await files.toPng(chart.canvas, lines, words), "image/png");
    } catch (error) {
      toast.error(`The file could not be made: ${errorMessage(error)}`);
    }
  };
  return (
    <DropdownMenu
      trigger={
        <Button size="sm" variant="ghost" aria-label={`Menu of ${title}`} className="-mr-1.5 px-1">
          <EllipsisVertical aria-hidden="true" />
        </Button>
      }
    >
      {children}
      {children && <MenuSeparator />}
      <MenuItem onSelect={() => void save("png")}>
        <FileImage aria-hidden="true" /> Save as PNG
      </MenuItem>
      <MenuItem onSelect={() => void save("svg")}>
        <Shapes aria-hidden="true" /> Save as SVG
      </MenuItem>
      {pointsUrl ? (
        <MenuItem asChild>
          <a href={pointsUrl} download={`${name}.csv`}>
            <FileSpreadsheet aria-hidden="true" /> Save all points as CSV
          </a>
        </MenuItem>
      ) : (
        <MenuItem onSelect={() => void save("csv")}>
          <FileSpreadsheet aria-hidden="true" /> Save points as CSV
        </MenuItem>
      )}
    </DropdownMenu>
  );
}
