// Light, dark or as the system: an attribute on <html>, set before the first paint by `themeScript`.

export type Theme = "light" | "dark" | "system";

const KEY = "yardarm:theme";

export const themeScript = `(function(){try{var t=localStorage.getItem("${KEY}");if(t!=="light"&&t!=="dark")t=matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light";document.documentElement.dataset.theme=t}catch(e){}})()`;

export function savedTheme(): Theme {
  const theme = localStorage.getItem(KEY);
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function setTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  root.dataset.themeChanges = "";
  root.dataset.theme = dark ? "dark" : "light";
  void getComputedStyle(root).color; // the new colours are computed before transitions are allowed again
  requestAnimationFrame(() => delete root.dataset.themeChanges);
}
