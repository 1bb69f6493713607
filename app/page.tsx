import type { Metadata } from "next";
import { Demo, type StaticSight } from "../components/home";
import { SmallStudio } from "../components/scene-studio";
import { SiteFrame } from "../components/ui/site-frame";
import { answeringModels } from "../lib/course";
import { course, homeSight } from "./course";
import styles from "./page.module.css";

export const metadata: Metadata = { title: { absolute: "Patchwork: computer vision, taken apart" } };

export default async function Home() {
  const { lessons, modules } = await course();
  const first = lessons[0]!;
  const sight = homeSight() as StaticSight;
  const speaker = answeringModels(process.cwd())[0];
  const planned = modules.reduce((count, module) => count + module.planned.length, 0);
  return (
    <SiteFrame here="/">
      <div className={styles.page}>
        <div className={styles.opening}>
          <h1>Computer vision, taken&nbsp;apart</h1>
          <p className={styles.lede}>
            An open course whose every claim runs. This is a vision transformer with{" "}
            {sight.parameterCount.toLocaleString("en")} learned numbers, in your browser. The bright patches are those
            that it looks at.
          </p>
        </div>
        <Demo first={sight}>
          <div className={styles.start}>
            <a className={styles.go} href={first.address}>
              Start with the first lesson
            </a>
            <a href="/course/">See the whole course</a>
          </div>
        </Demo>

        {speaker && (
          <section className={styles.ask} aria-labelledby="ask">
            <h2 id="ask">Ask it in words</h2>
            <p>
              Further on, encoders like this one are joined to a language model, and the two answer questions. You will
              take that apart as well. It is small and it errs; the scene knows the truth, and tells you.
            </p>
            <SmallStudio model={{ id: speaker.id, bytes: speaker.bytes, experts: speaker.experts }} />
          </section>
        )}

        <section className={styles.what} aria-labelledby="what">
          <h2 id="what">A course to run, not only to read</h2>
          <div>
            <h3>Live cells</h3>
            <p>
              A lesson is prose, figures and cells: a few lines of JavaScript that call the real model. Change a line,
              and everything that depends on it follows.
            </p>
          </div>
          <div>
            <h3>Nothing hidden</h3>
            <p>
              Attention, tokens, positions, weights: each intermediate value is one line away. The engine is part of the
              course, a readable file for each model and each kernel.
            </p>
          </div>
          <div>
            <h3>Your machine</h3>
            <p>
              Models run on your own GPU through WebGPU, or on the CPU without it. There is no account and nothing to
              install, and your pictures stay with you.
            </p>
          </div>
        </section>

        <section className={styles.story} aria-labelledby="story">
          <h2 id="story">One story, from a pixel to an answer</h2>
          <ol>
            <li>A picture becomes numbers. Patches become tokens. Attention mixes them.</li>
            <li>Text becomes tokens too, and a decoder predicts the next one.</li>
            <li>The two are joined: by a projector, by several encoders at once, by cross-attention.</li>
            <li>It is made good, made small, and given a long context.</li>
          </ol>
          <p>
            {lessons.length === 1 ? "One lesson" : `${lessons.length} lessons`} of {lessons.length + planned}{" "}
            {lessons.length === 1 ? "is" : "are"} finished; <a href="/course/">the map</a> shows the rest.
          </p>
        </section>
      </div>
    </SiteFrame>
  );
}
