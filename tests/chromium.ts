/**
 * Finds a Chromium for the tests: the system's own, else the one that npm's @sparticuz/chromium carries (Linux x64),
 * unpacked once into .cache/. The same package holds SwiftShader, the software GPU that Node's tests use.
 *
 * Its variable AWS_EXECUTION_ENV makes the package unpack the shared libraries that a bare Linux lacks, too.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const CARRIES_ITS_OWN = process.platform === "linux" && process.arch === "x64";

export type Chromium = { executablePath: string; env: Record<string, string> };

/** The browser to drive, and the environment that it needs. Throws a sentence that says what to install. */
export async function findChromium(): Promise<Chromium> {
  const wanted = process.env.CHROMIUM_PATH;
  if (wanted && !existsSync(wanted))
    throw new Error(`CHROMIUM_PATH: expected a Chromium executable, got ${wanted}, which does not exist`);
  const system = wanted ?? systemCandidates().find(existsSync);
  if (system) return { executablePath: system, env: {} };
  if (CARRIES_ITS_OWN) {
    const folder = await unpackChromium();
    const libraries = [join(folder, "al2023", "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
    return {
      executablePath: join(folder, "chromium"),
      env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: writeFontsConf(folder) },
    };
  }
  throw new Error(
    `tests: expected Chromium or Chrome on ${process.platform}-${process.arch}, found none; ` +
      "install Google Chrome, or set CHROMIUM_PATH to an executable",
  );
}

/**
 * The package's own fonts.conf names only folders of AWS Lambda and /tmp. Without a single system font, Chromium draws no
 * text at all, not even in the page's own fonts. Returns the folder that holds the configuration.
 */
function writeFontsConf(folder: string): string {
  const fonts = join(folder, "fonts");
  const conf = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${fonts}</dir><cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>\n`;
  const path = join(fonts, "fonts.conf");
  if (readFileSync(path, "utf8") !== conf) writeFileSync(path, conf);
  return fonts;
}

/** The folder with SwiftShader's Vulkan driver manifest, on Linux x64. */
export async function swiftShaderManifest(): Promise<string> {
  return join(await unpackChromium(), "vk_swiftshader_icd.json");
}

function systemCandidates(): string[] {
  if (process.platform === "darwin") {
    return [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ];
  }
  if (process.platform === "win32") {
    const roots = [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA];
    return roots.flatMap((root) => (root ? [join(root, "Google", "Chrome", "Application", "chrome.exe")] : []));
  }
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
}

/** Unpacks the package into .cache/ unless an earlier run did; test processes that come at once wait for the first. */
async function unpackChromium(): Promise<string> {
  const manifest = readFileSync(resolve("node_modules/@sparticuz/chromium/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = resolve(".cache", `chromium-${version}`);
  const lock = `${folder}.lock`;
  mkdirSync(resolve(".cache"), { recursive: true });
  for (let waited = 0; !existsSync(folder); waited += 200) {
    if (!takeLock(lock) && waited < 120_000) {
      await sleep(200);
      continue;
    }
    const unfinished = `${folder}.unpacking`;
    try {
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished);
      await unpackInto(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return folder;
}

/** True if this process now holds the lock. A lock whose process is gone is taken over. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!existsSync(lock) || isAlive(Number(readFileSync(lock, "utf8")))) return false;
    rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The package unpacks into os.tmpdir() and reads its switch when it is imported: both are set for just that time. */
async function unpackInto(folder: string): Promise<void> {
  const saved = { ...process.env };
  process.env.TMPDIR = folder;
  process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs20.x";
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    await chromium.executablePath();
  } finally {
    for (const name of ["TMPDIR", "AWS_EXECUTION_ENV", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "HOME"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
  }
}
