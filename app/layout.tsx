import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { themeScript } from "../components/ui/theme-script";
import { fontVariables } from "./fonts";
import "./tokens.css";
import "./globals.css";
import "../components/lesson/code.css";
import "../components/figures/figures.css";
import "../components/studio/studio.css";

export const metadata: Metadata = {
  title: { default: "Patchwork: computer vision, taken apart", template: "%s · Patchwork" },
  description:
    "An open course in computer vision whose every claim runs: lessons with live cells, and the real models in your browser, open to inspection.",
  openGraph: { siteName: "Patchwork", type: "website", locale: "en" },
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fcfbf8" },
    { media: "(prefers-color-scheme: dark)", color: "#14161a" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The script below may have set data-theme before React sees the page.
    <html lang="en" className={fontVariables} suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
