/**
 * `npm test`: everything that can fail, in one run. Builds what the tests need, runs them, and ends with the line
 * `N passed, N failed`. Arguments go to Vitest: `npm test -- --project lib`, `npm test -- softmax`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { runBin } from "./run-bin";

const REPORT = ".cache/test-report.json";

type Report = { numPassedTests: number; numFailedTests: number; numPendingTests: number; testResults: FileResult[] };
type FileResult = { name: string; status: string; message: string; assertionResults: unknown[] };

mkdirSync(".cache", { recursive: true });
rmSync(REPORT, { force: true });
const atlas = runBin("tsx", ["scripts/build-atlas.ts"]);
const passed =
  atlas === 0 ? vitest(process.argv.slice(2)) : conclude(0, 1, "the sprite atlas could not be built; see above");
process.exitCode = passed ? 0 : 1;

function vitest(args: string[]): boolean {
  const status = runBin("vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
    ...args,
  ]);
  if (!existsSync(REPORT)) return conclude(0, 1, "Vitest stopped before it could report; see above");
  const report = JSON.parse(readFileSync(REPORT, "utf8")) as Report;
  // A file that cannot be loaded holds no failed test, yet nothing in it ran: it counts as one failure.
  const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const failed = report.numFailedTests + broken.length;
  if (report.numPendingTests > 0)
    return conclude(report.numPassedTests, failed + report.numPendingTests, "a skipped test is a failed one here");
  if (status !== 0 && failed === 0)
    return conclude(report.numPassedTests, 1, "Vitest failed outside its tests; see above");
  return conclude(report.numPassedTests, failed);
}

/** Prints why, if there is something to say, and the last line. True if all went well and something ran. */
function conclude(passed: number, failed: number, why?: string): boolean {
  if (why) console.error(why);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}
