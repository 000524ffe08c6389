const MS = 2000;
const USER_INPUT = ["wheel", "keydown", "pointerdown", "touchstart"] as const;

/** Scrolls to an element, and again while what is around it still gets its size, until the user does something. */
export function holdInView(element: Element): () => void {
  const go = () => element.scrollIntoView({ block: "start" });
  const sizes = new ResizeObserver(go);
  const end = () => {
    sizes.disconnect();
    clearTimeout(timer);
    window.removeEventListener("scroll", go);
    for (const name of USER_INPUT) window.removeEventListener(name, end);
  };
  const timer = setTimeout(end, MS);
  sizes.observe(document.body);
  window.addEventListener("scroll", go, { passive: true });
  for (const name of USER_INPUT) window.addEventListener(name, end, { passive: true });
  go();
  return end;
}
