export const THEME_KEY = "patchwork:theme";

/** Runs before the first paint, so that a chosen theme does not flash. */
export const themeScript = `try{const t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;
