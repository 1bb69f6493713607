/** What every page has around its own part: a way past the header, the header, the footer. */
import type { ReactNode } from "react";
import { Mark } from "./mark";
import styles from "./site-frame.module.css";
import { ThemeToggle } from "./theme-toggle";

export function SiteFrame({ here, end, children }: { here?: string; end?: ReactNode; children: ReactNode }) {
  return (
    <>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.header}>
        <a className={styles.mark} href="/" aria-current={here === "/" ? "page" : undefined}>
          <Mark />
          Patchwork
        </a>
        <nav aria-label="Site">
          <a href="/course/" aria-current={here === "/course/" ? "page" : undefined}>
            Course
          </a>
          <a href="/studio/" aria-current={here === "/studio/" ? "page" : undefined}>
            Studio
          </a>
        </nav>
        <div className={styles.end}>
          {end}
          <ThemeToggle />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer className={styles.footer}>
        <p>
          Patchwork is an open course in computer vision. Its code is under the{" "}
          <a href="https://www.apache.org/licenses/LICENSE-2.0">Apache License 2.0</a>, its lessons under{" "}
          <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.
        </p>
        <p>
          The things in its pictures are drawn by many hands: <a href="/credits/">credits</a>. Its models run on this
          device: <a href="/engine/">the engine</a>.
        </p>
      </footer>
    </>
  );
}
