// Short names of the generated types. What they mean is written in the backend's schemas.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Run = Schemas["Run"];
export type RunSummary = Schemas["RunSummary"];
export type RunRow = Schemas["RunRow"];
export type RunColumn = Schemas["RunColumn"];
export type TableGroup = Schemas["TableGroup"];
export type TableGroups = Schemas["TableGroups"];
export type Spread = Schemas["ColumnSpread"];
export type BulkRequest = Schemas["BulkRequest"];
export type BulkAnswer = Schemas["BulkAnswer"];
export type SavedView = Schemas["SavedView"];
export type RunStatus = Schemas["RunStatus"];
export type RunAction = RunSummary["actions"][number];
export type RunCreate = Schemas["RunCreate"];
export type RunUpdate = Schemas["RunUpdate"];
export type RunConfig = Schemas["RunConfig"];
export type Attempt = Schemas["Attempt"];
export type StatusChange = Schemas["StatusChange"];
export type Preset = Schemas["Preset"];
export type Validated = Schemas["Validated"];
export type Project = Schemas["Project"];
export type ProjectDetail = Schemas["ProjectDetail"];
export type Retention = Schemas["Retention"];
export type DiskUsage = Schemas["DiskUsage"];
export type MetricInfo = Schemas["MetricInfo"];
export type MetricRegistry = Schemas["MetricRegistry"];
export type MetricSummary = Schemas["MetricSummary"];
export type Series = Schemas["Series"];
export type SeriesQuery = Schemas["SeriesQuery"];
export type RolloutStep = Schemas["RolloutStep"];
export type RolloutGroup = Schemas["RolloutGroup"];
export type RolloutGroups = Schemas["RolloutGroups"];
export type RolloutColumn = Schemas["RolloutColumn"];
export type RolloutDistributions = Schemas["RolloutDistributions"];
export type Bin = Schemas["Bin"];
export type PromptSummary = Schemas["PromptSummary"];
export type PromptHistory = Schemas["PromptHistory"];
export type PromptAppearance = Schemas["PromptAppearance"];
export type Alert = Schemas["Alert"];
export type Rule = Schemas["Rule"];
export type RuleEdit = Schemas["RuleEdit"];
export type RuleCondition = Rule["condition"];
export type Completion = Schemas["Completion"];
export type LogLine = Schemas["LogLine"];
export type Checkpoint = Schemas["Checkpoint"];
export type JobSummary = Schemas["JobSummary"];
export type CheckpointJob = Schemas["CheckpointJob"];
export type JobCreate = Schemas["JobCreate"];
export type EvaluateResult = Schemas["EvaluateResult"];
export type ExportResult = Schemas["ExportResult"];
export type SampleResult = Schemas["SampleResult"];
export type SampledCompletion = Schemas["SampledCompletion"];
export type Comparison = Schemas["Comparison"];
export type RunComparison = Schemas["RunComparison"];
export type RunGroup = Schemas["RunGroup"];
export type Estimate = Schemas["Estimate"];
export type Versus = Schemas["Versus"];
export type MeasureInfo = Schemas["MeasureInfo"];
export type CurvesQuery = Schemas["CurvesQuery"];
export type Axis = Schemas["Axis"];
export type CellRun = Schemas["CellRun"];
export type Dataset = Schemas["Dataset"];
export type DatasetDetail = Schemas["DatasetDetail"];
export type Experiment = Schemas["Experiment"];
export type ExperimentAnswer = Schemas["ExperimentAnswer"];
export type ExperimentPreview = Schemas["ExperimentPreview"];
export type ExperimentSummary = Schemas["ExperimentSummary"];
export type HoursEstimate = Schemas["HoursEstimate"];
export type Worker = Schemas["Worker"];
export type QueueState = Schemas["QueueState"];
export type Problem = Schemas["Problem"];
export type FieldError = Schemas["FieldError"];

/** A float on the wire: NaN and infinities are strings in JSON. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

/** One step's values, as the stream sends them. */
export interface MetricPoint {
  step: number;
  elapsed: number;
  tokens: number;
  values: Record<string, WireNumber>;
}

/** What trainer, machine and device use, `elapsed` seconds after the run's first start, as the stream sends it. */
export interface SystemSample {
  elapsed: number;
  values: Record<string, WireNumber>;
}
