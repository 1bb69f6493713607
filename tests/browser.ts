/** A headless browser for tests, with WebGPU on whatever adapter there is (a software one will do) or without. */
import { chromium, type Browser } from "playwright-core";
import { findChromium } from "./chromium";

const QUIET = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Launches Chromium. `webgpu: false` starts it as a machine without WebGPU would be. */
export async function launchBrowser({ webgpu = true }: { webgpu?: boolean } = {}): Promise<Browser> {
  const { executablePath, env } = await findChromium();
  const graphics = webgpu ? ["--enable-unsafe-webgpu"] : ["--disable-features=WebGPU,WebGPUService"];
  return chromium.launch({ executablePath, args: [...QUIET, ...graphics], env: { ...definedEnv(), ...env } });
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
