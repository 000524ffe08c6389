// Sets the theme before the first paint; src/theme/theme.ts changes it later.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("ahora-theme") ?? "system";
  } catch {
    // storage is off: follow the system
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
