import { launchBrowser } from "/work/main/tests/browser";
import { serveStatic } from "/work/main/scripts/static-server";
import { mkdirSync, readdirSync, existsSync } from "node:fs";
const only = process.argv[2] ?? "";
const site = "http://localhost:3300";
const server = await serveStatic("/tmp/site", 3300);
const browser = await launchBrowser();
const root = "/tmp/site/course";
const pages: string[] = [];
for (const m of readdirSync(root)) if (existsSync(`${root}/${m}`) && !m.includes(".")) { try { for (const l of readdirSync(`${root}/${m}`)) if (existsSync(`${root}/${m}/${l}/index.html`)) pages.push(`${m}/${l}`); } catch {} }
const views = [["wide", { colorScheme: "light", viewport: { width: 1280, height: 1500 } }], ["phone", { colorScheme: "dark", viewport: { width: 390, height: 1500 } }]] as const;
for (const page of pages.filter((p) => p.includes(only))) for (const [name, options] of views) {
  const folder = `/tmp/shots/${page.replaceAll("/", "--")}`; mkdirSync(folder, { recursive: true });
  const context = await browser.newContext({ ...options, });
  context.setDefaultTimeout(20000);
  const tab = await context.newPage();
  await tab.route(/\/_next\/.*\.js/, (route) => route.abort());
  await tab.goto(`${site}/course/${page}/`);
  await tab.evaluate(() => document.querySelectorAll("img[loading=lazy]").forEach((i) => i.removeAttribute("loading")));
  await tab.addStyleTag({ content: "header[class], header { position: static !important } img{content-visibility:visible}" }).catch(()=>{});
  const height = await tab.evaluate(() => document.documentElement.scrollHeight).catch(() => 20000);
  await tab.waitForTimeout(400);
  let i = 0;
  for (let y = 0; y < height; y += 1500) {
    await tab.screenshot({ path: `${folder}/${name}-${String(i++).padStart(2, "0")}.png`, fullPage: true, clip: { x: 0, y, width: options.viewport.width, height: Math.min(1500, height - y) } });
  }
  console.log(page, name, height, i);
  await context.close();
}
await browser.close(); server.close?.(); process.exit(0);
