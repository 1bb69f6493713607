import type { Metadata } from "next";
import { GoOn } from "../../components/lesson/go-on";
import { LessonProgress } from "../../components/lesson/progress";
import { ProgressPanel } from "../../components/lesson/progress-panel";
import { SiteFrame } from "../../components/ui/site-frame";
import type { CourseModule } from "../../lib/course";
import { course } from "../course";
import styles from "./page.module.css";

export const metadata: Metadata = {
  title: "The course",
  description:
    "Every module and lesson of Patchwork, finished and planned, with how long each takes and what it needs.",
};

export default async function CourseMap() {
  const { modules, lessons } = await course();
  const planned = modules.reduce((count, module) => count + module.planned.length, 0);
  return (
    <SiteFrame here="/course/">
      <div className={styles.page}>
        <h1>The course</h1>
        <p className={styles.lede}>
          {modules.length} modules, {lessons.length + planned} lessons. A bright patch is a lesson that you can read and
          run today; a pale one is planned.
        </p>
        <p className={styles.begin}>
          <GoOn
            lessons={lessons.map(({ slug, module, address, frontMatter: { title, minutes } }) => ({
              lesson: `${module.slug}/${slug}`,
              address,
              title,
              minutes,
            }))}
          />
        </p>
        <ProgressPanel
          lessons={lessons.map(({ slug, module, exercises }) => ({
            lesson: `${module.slug}/${slug}`,
            exercises: exercises.map(({ id }) => id),
          }))}
        />
        <ol className={styles.modules}>
          {modules.map((module) => (
            <Module key={module.slug} module={module} />
          ))}
        </ol>
      </div>
    </SiteFrame>
  );
}

function Module({ module }: { module: CourseModule }) {
  const { number, slug, title, summary, colour, requires, lessons, planned } = module;
  return (
    <li id={slug} className={styles.module} style={{ "--kind": `var(--${colour})` } as React.CSSProperties}>
      <div className={styles.number} aria-hidden="true">
        {String(number).padStart(2, "0")}
      </div>
      <div>
        <h2>{title}</h2>
        <p className={styles.summary}>{summary}</p>
        {requires.length > 0 && (
          <p className={styles.needs}>
            Needs{" "}
            {requires.map((other, i) => (
              <span key={other.slug}>
                {i > 0 && ", "}
                <a href={`#${other.slug}`}>{other.title}</a>
              </span>
            ))}
          </p>
        )}
      </div>
      <ul className={styles.lessons}>
        {lessons.map((lesson) => (
          <li key={lesson.slug} className={styles.ready}>
            <a href={lesson.address}>{lesson.frontMatter.title}</a>
            <span className={styles.facts}>
              {lesson.frontMatter.minutes} minutes
              {lesson.exercises.length > 0 &&
                `, ${lesson.exercises.length} ${lesson.exercises.length === 1 ? "exercise" : "exercises"}`}
              <LessonProgress lesson={`${slug}/${lesson.slug}`} exercises={lesson.exercises.map(({ id }) => id)} />
            </span>
          </li>
        ))}
        {planned.length > 0 && (
          <li className={styles.planned}>
            <p>Planned</p>
            <ul>
              {planned.map((name) => (
                <li key={name}>{name}</li>
              ))}
            </ul>
          </li>
        )}
      </ul>
    </li>
  );
}
