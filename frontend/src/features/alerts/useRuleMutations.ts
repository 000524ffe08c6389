import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { keys, type RulesPlace } from "@/api/queries";
import { toast } from "@/components/ui/toast";

import { type RuleDraft, toEdit } from "./ruleForm";

/** Writing and deleting the rules of a place. */
export function useRuleMutations(place: RulesPlace) {
  const client = useQueryClient();
  const fresh = () => {
    void client.invalidateQueries({ queryKey: ["rules"] });
    void client.invalidateQueries({ queryKey: keys.runs });
    if ("run" in place) void client.invalidateQueries({ queryKey: keys.run(place.run) });
  };
  const write = useMutation({
    mutationFn: ({ key, draft }: { key: string; draft: RuleDraft }) => {
      const body = toEdit(draft);
      return "run" in place
        ? unwrap(api.PUT("/api/v1/runs/{run_id}/rules/{key}", { params: { path: { run_id: place.run, key } }, body }))
        : unwrap(api.PUT("/api/v1/projects/{name}/rules/{key}", { params: { path: { name: place.project, key } }, body }));
    },
    onSuccess: fresh,
  });
  const remove = useMutation({
    mutationFn: (key: string) =>
      "run" in place
        ? unwrap(api.DELETE("/api/v1/runs/{run_id}/rules/{key}", { params: { path: { run_id: place.run, key } } }))
        : unwrap(api.DELETE("/api/v1/projects/{name}/rules/{key}", { params: { path: { name: place.project, key } } })),
    onSuccess: fresh,
    onError: (error) => toast.error(`Not deleted: ${errorMessage(error)}`),
  });
  return { write, remove };
}
