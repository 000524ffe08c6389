export function RolloutsPanel({ runId }: { runId: string }) {
  return <p>{runId}</p>;
}
