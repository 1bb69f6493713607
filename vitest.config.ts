import { defineConfig } from "vitest/config";

/** The five kinds of tests of docs/architecture.md, a project each. GPU tests run one file at a time: a software adapter is slow. */
const project = (name: string, options: object = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.{ts,tsx}`], testTimeout: 60_000, hookTimeout: 120_000, ...options },
});

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 2, // of the tests of one file that may run beside each other: pages
    projects: [
      project("lib"),
      project("kernels", { fileParallelism: false }),
      project("models", { fileParallelism: false }),
      project("content"),
      project("e2e", {
        fileParallelism: false,
        testTimeout: 240_000,
        hookTimeout: 600_000,
        globalSetup: "tests/e2e/site.ts",
      }),
    ],
  },
  esbuild: { jsx: "automatic" },
});
