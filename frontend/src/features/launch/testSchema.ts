/** The real configuration schema for tests, taken from the API's description. */
import { readFileSync } from "node:fs";

import { compileSchema, type JsonSchema } from "./schema";

interface Description {
  components: { schemas: Record<string, JsonSchema> };
}

const text = readFileSync("openapi.json", "utf8").replaceAll("#/components/schemas/", "#/$defs/");
const { schemas } = (JSON.parse(text) as Description).components;

export const runConfigSchema: JsonSchema = { ...schemas.RunConfig, $defs: schemas };
export const runConfigForm = compileSchema(runConfigSchema);
