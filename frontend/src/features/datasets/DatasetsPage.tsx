import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Database, Download, Plus, Trash2, Upload } from "lucide-react";
import { useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { dataset as datasetQuery, datasets as datasetsQuery, keys } from "@/api/queries";
import type { Dataset, DatasetDetail } from "@/api/types";
import { FirstRows } from "@/components/datasets/FirstRows";
import { UploadDialog } from "@/components/datasets/UploadDialog";
import { InlineEdit } from "@/components/InlineEdit";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Label } from "@/components/ui/label";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { Table, Td, Th } from "@/components/ui/table";
import { TimeAgo } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { formatBytes, formatInteger } from "@/lib/format";
import { useTitle } from "@/lib/useTitle";

/** Columns that a phone does without: what matters of them stands below the name. */
const WIDE = "max-sm:hidden";

/** `/datasets`, and `?open=ID` with one of them shown. */
export function DatasetsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const chosen = typeof search.open === "string" ? search.open : null;
  const [uploading, setUploading] = useState(false);
  const { data, error, refetch } = useQuery(datasetsQuery());
  useTitle("Datasets");
  const show = (id: string | undefined) =>
    void navigate({ to: "/datasets", search: id ? { open: id } : {}, replace: true, resetScroll: false });
  const add = (
    <Button variant="primary" onClick={() => setUploading(true)}>
      <Upload aria-hidden="true" /> Upload a dataset
    </Button>
  );
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="text-xl font-semibold tracking-tight">Datasets</h1>
        <div className="ml-auto">{data && data.length > 0 && add}</div>
      </header>
      {error && !data && <ErrorState error={error} title="The datasets could not be loaded" onRetry={() => void refetch()} />}
      {!error && !data && <Skeleton className="h-60" />}
      {data?.length === 0 && (
        <EmptyState icon={<Database aria-hidden="true" />} title="No dataset yet" action={add}>
          Upload a JSONL file with questions and answers. Any worker fetches it by itself before a run that reads it.
        </EmptyState>
      )}
      {data && data.length > 0 && (
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,36rem)]">
          <List datasets={data} chosen={chosen} onChoose={(id) => show(id === chosen ? undefined : id)} />
          {chosen ? (
            <Detail key={chosen} id={chosen} onGone={() => show(undefined)} />
          ) : (
            <p className="text-muted max-xl:hidden">Choose a dataset to see its first rows.</p>
          )}
        </div>
      )}
      <UploadDialog open={uploading} onOpenChange={setUploading} onUploaded={(dataset) => show(dataset.id)} />
    </div>
  );
}

interface ListProps {
  datasets: readonly Dataset[];
  chosen: string | null;
  onChoose: (id: string) => void;
}

function List({ datasets, chosen, onChoose }: ListProps) {
  return (
    <Table aria-label="Datasets">
      <thead>
        <tr>
          <Th className="min-w-40">Name</Th>
          <Th className={WIDE}>Rows</Th>
          <Th className={WIDE}>Size</Th>
          <Th className={WIDE}>Columns</Th>
          <Th className={WIDE}>Runs</Th>
          <Th className={WIDE}>Uploaded</Th>
        </tr>
      </thead>
      <tbody className="[&_tr:last-child>*]:border-b-0">
        {datasets.map((each) => (
          <tr key={each.id} className={each.id === chosen ? "bg-accent-soft/50" : ""}>
            <Td className="w-full max-w-0 sm:w-auto sm:max-w-80">
              <button
                type="button"
                aria-expanded={each.id === chosen}
                title={each.name}
                className="block max-w-full truncate rounded-sm text-left font-medium hover:underline"
                onClick={() => onChoose(each.id)}
              >
                {each.name}
              </button>
              <span className="block truncate text-xs text-muted sm:hidden">
                {formatInteger(each.rows)} rows, {formatBytes(each.size)}, {each.prompt_column} → {each.answer_column}
              </span>
              <span className={cn(WIDE, "font-mono text-xs text-muted")}>{each.sha256.slice(0, 12)}</span>
            </Td>
            <Td className={cn(WIDE, "tabular")}>{formatInteger(each.rows)}</Td>
            <Td className={cn(WIDE, "whitespace-nowrap tabular")}>{formatBytes(each.size)}</Td>
            <Td className={cn(WIDE, "max-w-56 truncate")} title={`${each.prompt_column} → ${each.answer_column}`}>
              {each.prompt_column} → {each.answer_column}
            </Td>
            <Td className={cn(WIDE, "tabular")}>{each.runs}</Td>
            <Td className={cn(WIDE, "whitespace-nowrap text-muted")}>
              <TimeAgo time={each.created_at} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Detail({ id, onGone }: { id: string; onGone: () => void }) {
  const { data, error, refetch } = useQuery(datasetQuery(id));
  if (error && !data) return <ErrorState error={error} title="This dataset could not be loaded" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-80" />;
  return <Shown dataset={data} onGone={onGone} />;
}

interface Changes {
  name?: string;
  prompt_column?: string;
  answer_column?: string;
}

function Shown({ dataset, onGone }: { dataset: DatasetDetail; onGone: () => void }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const path = { dataset_id: dataset.id };
  const change = useMutation({
    mutationFn: (body: Changes) => unwrap(api.PATCH("/api/v1/datasets/{dataset_id}", { params: { path }, body })),
    onSuccess: (changed) => {
      client.setQueryData([...keys.datasets, dataset.id], changed);
      void client.invalidateQueries({ queryKey: keys.datasets, exact: true });
    },
    onError: (error) => toast.error(errorMessage(error)),
  });
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/datasets/{dataset_id}", { params: { path } })),
    onSuccess: () => {
      toast.success(`Deleted ${dataset.name}`);
      onGone();
      void client.invalidateQueries({ queryKey: keys.datasets, exact: true });
    },
    onError: (error) => toast.error(errorMessage(error)),
  });
  const options = dataset.columns.map((column) => ({
    value: column.name,
    label: column.name,
    description: `${column.kind} in ${formatInteger(column.rows)} rows`,
  }));
  return (
    <Card className="min-w-0 space-y-4 p-4" aria-label={dataset.name}>
      <InlineEdit value={dataset.name} label="Rename the dataset" onSave={(name) => change.mutate({ name })}>
        <h2 className="min-w-0 font-semibold break-words">{dataset.name}</h2>
      </InlineEdit>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        <dt className="text-muted">Holds</dt>
        <dd className="tabular">
          {formatInteger(dataset.rows)} rows, {formatBytes(dataset.size)}
        </dd>
        <dt className="text-muted">Uploaded</dt>
        <dd>
          <TimeAgo time={dataset.created_at} /> by {dataset.created_by}
        </dd>
        <dt className="text-muted">SHA-256</dt>
        <dd className="-my-1 flex min-w-0 items-center gap-1">
          <span className="min-w-0 truncate font-mono text-xs">{dataset.sha256}</span>
          <CopyButton text={dataset.sha256} label="Copy the hash" />
        </dd>
      </dl>
      <div className="grid gap-3 sm:grid-cols-2">
        <div className="min-w-0 space-y-1">
          <Label htmlFor="dataset-prompt">Prompt column</Label>
          <Select id="dataset-prompt" value={dataset.prompt_column} options={options} disabled={change.isPending} onChange={(prompt_column) => change.mutate({ prompt_column })} />
        </div>
        <div className="min-w-0 space-y-1">
          <Label htmlFor="dataset-answer">Answer column</Label>
          <Select id="dataset-answer" value={dataset.answer_column} options={options} disabled={change.isPending} onChange={(answer_column) => change.mutate({ answer_column })} />
        </div>
      </div>
      <FirstRows rows={dataset.first_rows} prompt={dataset.prompt_column} answer={dataset.answer_column} />
      <div className="flex flex-wrap gap-2">
        <Button asChild variant="primary">
          <Link to="/launch" search={{ dataset: dataset.id }}>
            <Plus aria-hidden="true" /> Train on it
          </Link>
        </Button>
        <Button asChild>
          <a href={`/api/v1/datasets/${dataset.id}/file`} download={`${dataset.name}.jsonl`}>
            <Download aria-hidden="true" /> Download
          </a>
        </Button>
        <Button className="ml-auto" onClick={() => setAsking(true)}>
          <Trash2 aria-hidden="true" /> Delete
        </Button>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${dataset.name}?`}
        description={
          dataset.runs > 0
            ? `${dataset.runs === 1 ? "A run has" : `${dataset.runs} runs have`} read it: they keep their results, and cannot be repeated without the file.`
            : "No run has read it. The file is deleted and does not come back."
        }
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button
              variant="danger"
              onClick={() => {
                setAsking(false);
                remove.mutate();
              }}
            >
              Delete
            </Button>
          </>
        }
      />
    </Card>
  );
}
