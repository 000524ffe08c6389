import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Copy } from "lucide-react";
import { useMemo } from "react";
import { stringify } from "yaml";

import { configSchema, presets as presetsQuery, run as runQuery } from "@/api/queries";
import type { Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Code } from "@/components/ui/code";
import { DropdownMenu, MenuItem } from "@/components/ui/dropdown-menu";
import { Segmented } from "@/components/ui/segmented";
import { toast } from "@/components/ui/toast";

import { ChangeTable } from "./ChangeTable";
import { asCommand, asPython, asRequest } from "./configChanges";
import { type Section, sections, showValue } from "./flatten";
import { type FieldHelp, helpOf } from "./fieldHelp";

const route = getRouteApi("/runs/$runId");
const VIEWS = [
  { value: "form", label: "Form" },
  { value: "yaml", label: "YAML" },
  { value: "changes", label: "Differences" },
] as const;

/** The resolved configuration, as a form, a file, or what it changes; to be launched again from anywhere. */
export function ConfigPanel({ run }: { run: Run }) {
  const { as = "form" } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const yaml = useMemo(() => stringify(run.config, { lineWidth: 0 }), [run.config]);
  const presets = useQuery({ ...presetsQuery(), enabled: run.preset !== null });
  const preset = presets.data?.find(({ name }) => name === run.preset)?.config;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <Segmented
          label="Show the configuration as"
          value={as}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, as: next === "form" ? undefined : next }), replace: true, resetScroll: false })
          }
          options={VIEWS}
        />
        <CopyAs run={run} yaml={yaml} preset={preset} />
        <p className="basis-full text-muted">
          What was validated when the run was created, with every default filled in
          {run.preset && (
            <>
              {" "}
              (from the preset <Code>{run.preset}</Code>)
            </>
          )}
          .
        </p>
      </div>
      {as === "form" && <Form config={run.config} />}
      {as === "yaml" && (
        <Card>
          <pre aria-label="Configuration as YAML" className="overflow-x-auto p-4 font-mono text-xs leading-5">
            {yaml}
          </pre>
        </Card>
      )}
      {as === "changes" && <Changes run={run} preset={preset} isPending={presets.isLoading} />}
    </div>
  );
}

function CopyAs({ run, yaml, preset }: { run: Run; yaml: string; preset: unknown }) {
  const copy = async (what: string, text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      toast.success(`Copied as ${what}`);
    } catch {
      toast.error("The browser did not allow copying.");
    }
  };
  const origin = window.location.origin;
  const ways = [
    { what: "YAML", text: () => yaml },
    { what: "command line", text: () => asCommand(run, preset) },
    { what: "REST request", text: () => asRequest(run, origin) },
    { what: "Python", text: () => asPython(run, origin) },
  ];
  return (
    <DropdownMenu
      align="start"
      trigger={
        <Button>
          <Copy aria-hidden="true" /> Copy as…
        </Button>
      }
    >
      {ways.map(({ what, text }) => (
        <MenuItem key={what} onSelect={() => void copy(what, text())}>
          {what}
        </MenuItem>
      ))}
    </DropdownMenu>
  );
}

/** Differences to where the configuration comes from: preset, run that was cloned, checkpoint's run. */
function Changes({ run, preset, isPending }: { run: Run; preset: unknown; isPending: boolean }) {
  const parentId = run.parent_run_id ?? run.from_checkpoint?.run_id ?? null;
  const parent = useQuery({ ...runQuery(parentId ?? ""), enabled: parentId !== null });
  return (
    <div className="flex flex-col gap-6">
      {run.preset ? (
        <ChangeTable label={`To the preset ${run.preset}`} before={preset} after={run.config} isPending={isPending}>
          This server has no preset of that name any more.
        </ChangeTable>
      ) : (
        <p className="text-muted">It does not come from a preset.</p>
      )}
      {parentId ? (
        <ChangeTable
          label={`To the run ${parent.data?.name ?? parentId}`}
          title={
            <>
              To the run{" "}
              <Link to="/runs/$runId" params={{ runId: parentId }} search={{ tab: "config" }} className="text-accent hover:underline">
                {parent.data?.name ?? parentId}
              </Link>
            </>
          }
          before={parent.data?.config}
          after={run.config}
          isPending={parent.isLoading}
        >
          The run it comes from could not be read.
        </ChangeTable>
      ) : (
        <p className="text-muted">It does not come from another run.</p>
      )}
    </div>
  );
}

function Form({ config }: { config: Run["config"] }) {
  const parts = useMemo(() => sections(config), [config]);
  const schema = useQuery(configSchema());
  const help = useMemo(() => helpOf(schema.data), [schema.data]);
  return (
    <div className="columns-1 gap-4 md:columns-2 2xl:columns-3">
      {parts.map((section) => (
        <ConfigSection key={section.name} section={section} help={help} />
      ))}
    </div>
  );
}

function ConfigSection({ section, help }: { section: Section; help: FieldHelp }) {
  return (
    <Card className="mb-4 break-inside-avoid">
      <h2 className="border-b border-line px-4 py-2.5 font-semibold first-letter:uppercase">{section.name}</h2>
      <dl className="px-4 py-2">
        {section.rows.map(({ path, value }) => {
          const text = showValue(value);
          const long = text.includes("\n") || text.length > 60;
          return (
            <div key={path} className={long ? "py-1.5" : "flex justify-between gap-4 py-1"}>
              <dt title={help(section.name, path)} className="font-mono text-xs leading-5 break-words text-muted">
                {path}
              </dt>
              <dd className={long ? "mt-1 rounded-md bg-surface-2 p-2 font-mono text-xs break-words whitespace-pre-wrap" : "text-right break-words tabular"}>
                {text}
              </dd>
            </div>
          );
        })}
      </dl>
    </Card>
  );
}
