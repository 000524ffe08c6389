import { type ReactNode, useEffect, useRef, useState } from "react";

interface Props {
  /** Space it takes while its content is not there. */
  height: number;
  children: ReactNode;
}

/** Mounts its content only while it is in or near the viewport: a run has fifty charts. */
export function InView({ height, children }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [held, setHeld] = useState(height);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        if (entry.isIntersecting) setNear(true);
        else {
          // keep the height it had, so that scrolling back does not jump
          if (entry.boundingClientRect.height > 0) setHeld(entry.boundingClientRect.height);
          setNear(false);
        }
      },
      { rootMargin: "300px 0px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={element} style={near ? undefined : { height: held }}>
      {near && children}
    </div>
  );
}
