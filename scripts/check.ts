/** `npm run check`: the one command to remember before a pull request: types, lint, format, boundaries, tests. */
import { spawnSync } from "node:child_process";

const STEPS: [what: string, script: string][] = [
  ["Types", "types"],
  ["Lint", "lint"],
  ["Format", "format:check"],
  ["Boundaries", "boundaries"],
  ["Tests", "test"],
];

const failed = STEPS.filter(([what, script]) => {
  console.log(`\n— ${what}`);
  // npm sets npm_execpath for its scripts: its own program, run by this Node, on every system.
  return (
    spawnSync(process.execPath, [process.env.npm_execpath!, "run", script, "--silent"], { stdio: "inherit" }).status !==
    0
  );
});

if (failed.length > 0) {
  console.error(
    `\ncheck: failed in ${failed.map(([what]) => what.toLowerCase()).join(", ")}; each says above what to do`,
  );
  process.exitCode = 1;
}
