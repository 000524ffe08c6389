import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import { projects } from "@/api/queries";
import { Input } from "@/components/ui/input";

interface Props {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
  value: string;
  onChange: (value: string) => void;
}

/** A project's name, with those that exist offered. */
export function ProjectInput({ value, onChange, ...aria }: Props) {
  const list = useId();
  const { data } = useQuery(projects());
  return (
    <>
      <Input {...aria} list={list} placeholder="default" autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />
      <datalist id={list}>
        {data?.map((project) => (
          <option key={project.name} value={project.name} />
        ))}
      </datalist>
    </>
  );
}
