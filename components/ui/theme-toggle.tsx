"use client";

import { useSyncExternalStore } from "react";
import { THEME_KEY } from "./theme-script";
import styles from "./theme-toggle.module.css";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

/** Follows the system, or is light, or dark; the choice is kept on this device. */
export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, chosenTheme, () => "system" as const);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!;
  return (
    <button
      type="button"
      className={styles.toggle}
      onClick={() => choose(next)}
      aria-label={`Theme: ${theme}. Change to ${next}.`}
      title={`Theme: ${theme}`}
    >
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        {theme === "light" ? (
          <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
            <circle cx="9" cy="9" r="3.5" />
            <path d="M9 1.5v1.7M9 14.8v1.7M1.5 9h1.7M14.8 9h1.7M3.7 3.7l1.2 1.2M13.1 13.1l1.2 1.2M3.7 14.3l1.2-1.2M13.1 4.9l1.2-1.2" />
          </g>
        ) : theme === "dark" ? (
          <path
            d="M14.9 11.3A6.4 6.4 0 0 1 6.7 3.1a6.4 6.4 0 1 0 8.2 8.2Z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinejoin="round"
          />
        ) : (
          <>
            <circle cx="9" cy="9" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.5" />
            <path d="M9 2.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor" />
          </>
        )}
      </svg>
    </button>
  );
}

const CHANGED = "patchwork:theme-changed";

function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function choose(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage is forbidden here: the choice lasts until the page is left.
  }
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  return () => window.removeEventListener(CHANGED, listener);
}
