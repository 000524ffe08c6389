import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "./button";
import { toast } from "./toast";

interface Props {
  text: string;
  label: string;
  /** Shows the label beside the icon. */
  wide?: boolean;
}

export function CopyButton({ text, label, wide = false }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast.error("The browser did not allow copying.");
    }
  };
  return (
    <Button size={wide ? "md" : "icon"} variant={wide ? "secondary" : "ghost"} aria-label={label} onClick={copy}>
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      {wide && (copied ? "Copied" : label)}
    </Button>
  );
}
