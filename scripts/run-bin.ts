import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Runs the command of an installed package with this Node, and returns its exit code. No shell is involved, so it is the
 * same on every system.
 */
export function runBin(name: string, args: string[], env: NodeJS.ProcessEnv = process.env): number {
  const folder = resolve("node_modules", name);
  const { bin } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const command = typeof bin === "string" ? bin : bin[name]!;
  return spawnSync(process.execPath, [resolve(folder, command), ...args], { stdio: "inherit", env }).status ?? 1;
}
