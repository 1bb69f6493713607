/**
 * Builds the course if it must, serves `out/` on a free port, and tells the tests where. With PATCHWORK_BUILT=1 it takes
 * `out/` as it is: for whoever works on these tests alone.
 */
import type { TestProject } from "vitest/node";
import { buildIfNeeded } from "../../scripts/build";
import { serveStatic } from "../../scripts/static-server";

declare module "vitest" {
  export interface ProvidedContext {
    /** The address of the built course, without a slash at its end. */
    site: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!process.env.PATCHWORK_BUILT) await buildIfNeeded();
  const server = await serveStatic("out", 0);
  project.provide("site", server.url.replace(/\/$/, ""));
  return () => server.close();
}
