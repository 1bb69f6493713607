"use client";

import { useEffect, useState } from "react";
import styles from "./contents.module.css";

export type Section = { id: string; text: string };

/** The sections of a lesson. Beside the text where there is room, and says where the reader is; else it folds up above it. */
export function Contents({ title, sections }: { title: string; sections: readonly Section[] }) {
  const current = useCurrentSection(sections);
  const list = (
    <ol>
      {sections.map(({ id, text }) => (
        <li key={id} data-current={id === current ? "" : undefined}>
          <a href={`#${id}`} aria-current={id === current ? "true" : undefined}>
            {text}
          </a>
        </li>
      ))}
    </ol>
  );
  return (
    <>
      <nav className={styles.beside} aria-label="In this lesson">
        <p>{title}</p>
        {list}
      </nav>
      <details className={styles.folded}>
        <summary>In this lesson</summary>
        <nav aria-label="In this lesson">{list}</nav>
      </details>
    </>
  );
}

/** The last section whose heading has passed the upper third of the window. */
function useCurrentSection(sections: readonly Section[]): string | undefined {
  const [current, setCurrent] = useState<string>();
  useEffect(() => {
    const headings = sections.flatMap(({ id }) => document.getElementById(id) ?? []);
    let frame = 0;
    const look = () => {
      frame = 0;
      const passed = headings.filter((heading) => heading.getBoundingClientRect().top < window.innerHeight / 3);
      setCurrent(passed.at(-1)?.id);
    };
    const onScroll = () => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      window.removeEventListener("scroll", onScroll);
      cancelAnimationFrame(frame);
    };
  }, [sections]);
  return current;
}
