import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { browserPath } from "./browser.ts";

const FIREFOX_CANDIDATES = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
];

const WEBKIT_CANDIDATES = ["4.1", "4.0", "6.0"].map(
  (version) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
);

/** WebKitGTK with its driver, a display, and GStreamer's plugins for H.264 and AAC. */
const WEBKIT_PACKAGES = [
  "webkit2gtk-driver",
  "xvfb",
  ...["libav", "plugins-bad", "plugins-ugly"].map((name) => `gstreamer1.0-${name}`),
];

/** Packages of players outside browsers, by the program that they bring. */
const PLAYER_PACKAGES: Record<string, readonly string[]> = {
  mpv: ["mpv"],
  cvlc: ["vlc-bin", "vlc-plugin-base"],
  "gst-launch-1.0": [
    "gstreamer1.0-tools",
    ...["plugins-base", "plugins-good", "plugins-bad", "libav"].map(
      (name) => `gstreamer1.0-${name}`,
    ),
  ],
};

/** Programs that only some tests need. All tests need Chromium and ffmpeg. */
export type OtherProgram = "firefox" | "webkit" | "players";

/**
 * Installs missing programs by apt where that needs no question (root on Debian). Elsewhere it prints what to install
 * and ends the process. Tests and the headless driver need Chromium with H.264 and, as an independent judge, native
 * ffmpeg. Some tests need other browsers and players.
 */
export function installSystemPrograms(others: readonly OtherProgram[] = []): void {
  const missing = missingPackages(others);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.error(`Installing ${missing.join(" ")} (apt-get) ...`);
    apt("update");
    apt("install", "--yes", "--no-install-recommends", ...missing);
  }
  const stillMissing = missingPackages(others);
  if (stillMissing.length === 0) return;
  console.error(
    [
      `Missing: ${stillMissing.join(" ")}.`,
      `  Debian, Ubuntu:  sudo apt-get install ${stillMissing.join(" ")}`,
      "  macOS:           brew install ffmpeg, and Google Chrome; Firefox for the tests",
      "  elsewhere:       ffmpeg and ffprobe on PATH; Chrome or Chromium, found by itself or",
      "                   named in CHROMIUM_PATH (one that plays H.264); Firefox in FIREFOX_PATH",
    ].join("\n"),
  );
  process.exit(1);
}

/** Path of the system's Firefox: FIREFOX_PATH, or a usual path; undefined where there is none. */
export function firefoxPath(): string | undefined {
  const named = process.env["FIREFOX_PATH"];
  if (named) return existsSync(named) ? named : undefined;
  return FIREFOX_CANDIDATES.find((path) => existsSync(path));
}

/** Path of WebKitGTK's MiniBrowser; undefined where it, its driver or Xvfb is missing. */
export function webkitPath(): string | undefined {
  if (!isOnPath("WebKitWebDriver") || !isOnPath("Xvfb")) return undefined;
  return WEBKIT_CANDIDATES.find((path) => existsSync(path));
}

function missingPackages(others: readonly OtherProgram[]): string[] {
  const missing: string[] = [];
  if (!browserPath()) missing.push("chromium");
  if (!runs("ffmpeg", "-version") || !runs("ffprobe", "-version")) missing.push("ffmpeg");
  if (others.includes("firefox") && !firefoxPath()) missing.push("firefox-esr");
  if (others.includes("webkit") && !webkitPath()) missing.push(...WEBKIT_PACKAGES);
  for (const [program, packages] of others.includes("players")
    ? Object.entries(PLAYER_PACKAGES)
    : []) {
    if (!isOnPath(program)) missing.push(...packages);
  }
  return missing;
}

function runs(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: "ignore" }).status === 0;
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((dir) => existsSync(join(dir, program)));
}

function apt(...argv: string[]): void {
  spawnSync("apt-get", ["-qq", ...argv], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
