import { useEffect, useRef, useState } from "react";

import { LiveStream, type StreamHandlers, type StreamState } from "./stream";

/** Keeps a live stream open while the component is shown. Handlers may change at each render. */
export function useStream(runs: readonly string[] | "*", handlers: Omit<StreamHandlers, "state">): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  const key = runs === "*" ? "*" : runs.join(",");
  useEffect(() => {
    if (key === "") return;
    const stream = new LiveStream(key === "*" ? "*" : key.split(","), {
      run: (data) => latest.current.run?.(data),
      metrics: (data) => latest.current.metrics?.(data),
      system: (data) => latest.current.system?.(data),
      log: (data) => latest.current.log?.(data),
      rollouts: (data) => latest.current.rollouts?.(data),
      checkpoint: (data) => latest.current.checkpoint?.(data),
      provenance: (data) => latest.current.provenance?.(data),
      job: (data) => latest.current.job?.(data),
      alert: (data) => latest.current.alert?.(data),
      ready: (gap) => latest.current.ready?.(gap),
      state: setState,
    });
    return () => stream.close();
  }, [key]);
  return state;
}
