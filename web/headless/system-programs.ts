import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { browserPath } from "./browser.ts";

/**
 * Tests and the headless driver need Chromium with H.264 and, as an independent judge, native
 * ffmpeg. Installs what is missing by apt where that needs no question (root on Debian), else
 * says what to install and ends the process.
 */
export function installSystemPrograms(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.error(`Installing ${missing.join(" and ")} (apt-get) ...`);
    apt("update");
    apt("install", "--yes", "--no-install-recommends", ...missing);
  }
  const stillMissing = missingPackages();
  if (stillMissing.length === 0) return;
  console.error(
    [
      `Missing: ${stillMissing.join(" and ")}.`,
      "  Debian, Ubuntu:  sudo apt-get install chromium ffmpeg",
      "  macOS:           brew install ffmpeg, and Google Chrome",
      "  elsewhere:       ffmpeg and ffprobe on PATH; Chrome or Chromium, found by itself or",
      "                   named in CHROMIUM_PATH (one that plays H.264)",
    ].join("\n"),
  );
  process.exit(1);
}

function missingPackages(): string[] {
  const missing: string[] = [];
  if (!browserPath()) missing.push("chromium");
  if (!runs("ffmpeg", "-version") || !runs("ffprobe", "-version")) missing.push("ffmpeg");
  return missing;
}

function runs(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: "ignore" }).status === 0;
}

function apt(...argv: string[]): void {
  spawnSync("apt-get", ["-qq", ...argv], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
