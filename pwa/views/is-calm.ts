/** Whether things are not to move by themselves: the system asks for it, or the person did in the settings. */
export function isCalm(): boolean {
  return (
    matchMedia('(prefers-reduced-motion: reduce)').matches ||
    document.documentElement.matches("[data-looks~='calm']")
  );
}
