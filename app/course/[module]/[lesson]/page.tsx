import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { References } from "../../../../components/lesson/cite";
import { Contents } from "../../../../components/lesson/contents";
import { ExecutorPill } from "../../../../components/lesson/executor-pill";
import { ReadMark } from "../../../../components/lesson/read-mark";
import prose from "../../../../components/lesson/prose.module.css";
import { Pill } from "../../../../components/ui/pill";
import { SiteFrame } from "../../../../components/ui/site-frame";
import { renderLesson, type Lesson } from "../../../../lib/course";
import { course } from "../../../course";
import { citedSources, lessonComponents } from "./lesson-components";
import { LiveLesson } from "./live-lesson";
import styles from "./page.module.css";

type Props = { params: Promise<{ module: string; lesson: string }> };

export const dynamicParams = false;

export async function generateStaticParams() {
  const { lessons } = await course();
  return lessons.map(({ slug, module }) => ({ module: module.slug, lesson: slug }));
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { title, summary, authors } = (await lessonAt(await params)).frontMatter;
  return {
    title,
    description: summary,
    authors: authors.map((name) => ({ name })),
    openGraph: { title, description: summary, type: "article" },
  };
}

export default async function LessonPage({ params }: Props) {
  const lesson = await lessonAt(await params);
  const { lessons, references } = await course();
  const { module, slug, number, frontMatter, headings } = lesson;
  const sources = citedSources(lesson.citations.map((id) => references.get(id)!));
  const place = lessons.indexOf(lesson);
  const eyebrow = `${String(module.number).padStart(2, "0")} ${module.title}`;
  const sections = [
    ...headings.filter(({ depth }) => depth === 2).map(({ id, text }) => ({ id, text })),
    { id: "recap", text: "To keep" },
  ];
  return (
    <SiteFrame end={<ExecutorPill />}>
      {lesson.found.hasMath && <link rel="stylesheet" href="/katex/katex.min.css" precedence="math" />}
      <div className={styles.layout}>
        <div className={styles.aside}>
          <Contents title={eyebrow} sections={sections} />
        </div>
        <article className={styles.article} data-lesson={slug}>
          <header>
            <p className={styles.eyebrow}>
              <a href={`/course/#${module.slug}`}>{eyebrow}</a>, lesson {number}
            </p>
            <h1>{frontMatter.title}</h1>
            <p className={styles.lede}>{frontMatter.summary}</p>
            <div className={styles.meta}>
              <Pill>{frontMatter.minutes} minutes</Pill>
              {lesson.requires.map((other) => (
                <Pill key={other.address}>
                  needs <a href={other.address}>{other.frontMatter.title}</a>
                </Pill>
              ))}
              {lesson.downloadBytes > 0 && <Pill>downloads at most {megabytes(lesson.downloadBytes)}, once</Pill>}
            </div>
          </header>
          <LiveLesson lesson={`${module.slug}/${slug}`}>
            <div className={prose.prose}>{renderLesson(lesson, lessonComponents(lesson, sources))}</div>
          </LiveLesson>
          <References sources={sources} />
          <ReadMark lesson={`${module.slug}/${slug}`} />
          <Neighbours before={lessons[place - 1]} after={lessons[place + 1]} planned={nextPlanned(lesson)} />
        </article>
      </div>
    </SiteFrame>
  );
}

function Neighbours({ before, after, planned }: { before?: Lesson; after?: Lesson; planned?: string }) {
  return (
    <nav className={styles.neighbours} aria-label="Other lessons">
      {before ? (
        <a href={before.address}>
          <span>Before this</span>
          {before.frontMatter.title}
        </a>
      ) : (
        <a href="/course/">
          <span>Course</span>
          All modules and lessons
        </a>
      )}
      {after ? (
        <a href={after.address}>
          <span>Next</span>
          {after.frontMatter.title}
        </a>
      ) : (
        planned && (
          <p>
            <span>Next, planned</span>
            {planned}
          </p>
        )
      )}
    </nav>
  );
}

/** What comes after the last lesson of a module, once it is written. */
function nextPlanned({ module, number }: Lesson): string | undefined {
  return number === module.lessons.at(-1)?.number ? module.planned[0] : undefined;
}

async function lessonAt({ module, lesson: slug }: { module: string; lesson: string }): Promise<Lesson> {
  const { lessons } = await course();
  return lessons.find((lesson) => lesson.slug === slug && lesson.module.slug === module) ?? notFound();
}

function megabytes(bytes: number): string {
  return bytes < 950_000
    ? `${Math.ceil(bytes / 1000)} kB`
    : `${bytes < 9.5e6 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
}
