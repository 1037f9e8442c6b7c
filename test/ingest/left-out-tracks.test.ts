import { join } from "node:path";
import { expect, test } from "vitest";
import { ffmpeg } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=1"];
const sound = ["-f", "lavfi", "-i", "sine=duration=1"];
const x264 = ["-c:v", "libx264", "-preset", "ultrafast"];

function mapped(inputs: number): string[] {
  return Array.from({ length: inputs }, (_, nth) => ["-map", String(nth)]).flat();
}

test.each<[string, string[], string[]]>([
  ["two.mp4", [...picture, ...picture, ...mapped(2)], ["A further track of pictures is left out."]],
  ["two.ts", [...picture, ...picture, ...mapped(2)], ["A further track of pictures is left out."]],
  [
    "three.mkv",
    [...picture, ...picture, ...picture, ...mapped(3)],
    ["2 further tracks of pictures are left out."],
  ],
  ["cover.mp4", [...picture, ...picture, ...mapped(2), "-c:v:1", "mjpeg", "-frames:v:1", "1"], []],
  [
    "choir.mkv",
    [...picture, ...sound, "-map", "0", ...Array<string[]>(18).fill(["-map", "1"]).flat()],
    ["2 further tracks of sound are left out."],
  ],
])("%s: tracks that are left out are named", async (name, argv, expected) => {
  await inFolder(async (folder) => {
    const path = join(folder, name);
    const codecs = name === "cover.mp4" ? ["-c:v:0", ...x264.slice(1)] : x264;
    await ffmpeg([...argv, ...codecs, "-c:a", "aac", path]);
    const opened = await open(path);
    opened.close();
    const told = opened.facts.notices.filter(({ code }) => code === "TRACKS_LEFT_OUT");
    expect(told.map(({ message }) => message)).toEqual(expected);
  });
});
