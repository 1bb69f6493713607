import type { Metadata } from "next";
import { engineCases, EngineTest } from "../../components/engine";
import { SiteFrame } from "../../components/ui/site-frame";
import styles from "./page.module.css";

export const metadata: Metadata = {
  title: "The engine",
  description:
    "What computes the models of Patchwork on this machine: the GPU and its limits, and a test of every kernel against its plain loops.",
};

export default function Engine() {
  return (
    <SiteFrame here="/engine/">
      <div className={styles.page}>
        <h1>The engine</h1>
        <p className={styles.lede}>
          Every model of this course is computed on your machine, by small programs for its graphics processor:{" "}
          <em>kernels</em>. Drivers differ, and some compute wrong numbers. Here you can see what yours offers, and test
          every kernel on it.
        </p>
        <EngineTest cases={engineCases()} />
        <section className={styles.more} aria-labelledby="more">
          <h2 id="more">What the test does, and what it cannot</h2>
          <p>
            A kernel is written twice: as a shader that runs in thousands of threads, and as plain loops that anybody
            can read. Without a GPU the loops do all the work, so they are not only an oracle. The same comparison, with
            more shapes and sharper bounds, runs before every change to the course, on a GPU made of software.
          </p>
          <p>
            Numbers of 32 bits round after every step, and a GPU may add in any order. So equality would be the wrong
            question. The largest difference that is allowed is counted instead, from the roundings on the way and the
            errors that the standard grants to functions such as exp. What only moves numbers has to be exact.
          </p>
          <p>
            The inputs are small: a kernel that passes may still fail on a matrix of a billion numbers, or after an hour
            of heat. And times of small inputs say how fast a GPU starts, not how fast it computes.
          </p>
        </section>
      </div>
    </SiteFrame>
  );
}
