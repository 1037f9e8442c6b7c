import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCaptions } from "../../edge/captions/read-captions.ts";
import {
  type Cue,
  readOwnWebvtt,
  writeSegment,
  writeWebvtt,
} from "../../shared/captions/webvtt.ts";
import { type CaptionFormat, MOST_CAPTION_CHARACTERS } from "../../shared/wire/captions.ts";
import { inFolder } from "../ingest/cut-and-decode.ts";
import { nativeCues } from "./native-cues.ts";

const AS_IT_IS = { offsetMs: 0, endMs: null };

function read(text: string, format: CaptionFormat) {
  return readCaptions(text, format, AS_IT_IS);
}

const SRT = `1
00:00:00,500 --> 00:00:02,000
<i>Two</i> lines,
one <b>bold</b> & plain

2
00:00:02,250 --> 00:00:03,999
{\\an8}5 < 6, and 7 > 3

3
01:00:00,000 --> 01:00:01,001
<font color="#ff0000">Rouge</font> : café 你好 😀
`;

const ASS = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Underline, Alignment
Style: Default,Arial,16,&H00FFFFFF,0,0,0,2
Style: Sign,Arial,16,&H00FFFFFF,-1,0,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:02.00,Default,,0,0,0,,Commas,stay,as they, are
Comment: 0,0:00:00.50,0:00:02.00,Default,,0,0,0,,Not shown
Dialogue: 0,0:00:02.50,0:00:04.00,Sign,,0,0,0,,A sign\\Nof two lines
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\pos(10,20)\\i1}Slanted{\\i0} and {\\c&H0000FF&}red
Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 0 10 10{\\p0}
`;

const VTT = `WEBVTT - made somewhere
X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000

STYLE
::cue { color: red }

NOTE a remark

first
00:01.000 --> 00:02.500 line:10% position:20%,line-left align:left
<v Ana>Hello &amp; good <i.loud>morning</i>

01:00:00.000 --> 01:00:02.000 line:999999999 evil:1
line: 5
<c.yellow>second</c> <00:00:01.000>line
`;

describe("each format by native ffmpeg: text and times are the same in the source and in what is kept", () => {
  test.each([
    ["srt", SRT, 3],
    ["ass", ASS, 3],
    ["vtt", VTT, 2],
  ] as const)("%s", async (format, text, count) => {
    await inFolder(async (folder) => {
      const before = join(folder, `before.${format}`);
      const after = join(folder, "after.vtt");
      // Removed for ffmpeg 5.1, which stops at a STYLE block and shows a drawing as numbers.
      const plain = text.replace(/STYLE\n.*\n\n/, "").replace(/.*p1.*\n/, "");
      await writeFile(before, plain);
      const { cues } = read(plain, format);
      await writeFile(after, writeWebvtt(cues));
      const expected = (await nativeCues(before)).filter((cue) => cue.text !== "");
      expect(expected).toHaveLength(count);
      // ffmpeg 5.1 does not decode WebVTT's character references.
      const decoded = (cue: { text: string }) => ({
        ...cue,
        text: cue.text.replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">"),
      });
      expect((await nativeCues(after)).map(decoded)).toEqual(expected.map(decoded));
    });
  });
});

test("what WebVTT has of SubRip's styling is kept, and the rest is named", () => {
  const { cues, notices } = read(SRT, "srt");
  expect(cues.map(({ text }) => text)).toEqual([
    "<i>Two</i> lines,\none <b>bold</b> &amp; plain",
    "5 &lt; 6, and 7 &gt; 3",
    "Rouge : café 你好 😀",
  ]);
  expect(cues[1]?.settings).toBe("line:0");
  expect(notices).toEqual([
    {
      code: "CAPTION_STYLES_LEFT_OUT",
      message: "Styling that is left out: fonts and colours.",
      atSeconds: null,
    },
  ]);
});

test("of ASS: emphasis, places and commas; overrides that WebVTT has not are named", () => {
  const { cues, notices } = read(ASS, "ass");
  expect(cues.map(({ text, settings }) => [text, settings])).toEqual([
    ["Commas,stay,as they, are", ""],
    ["<b>A sign\nof two lines</b>", "line:0"],
    ["<i>Slanted</i> and red", ""],
  ]);
  expect(notices.map(({ message }) => message)).toEqual([
    "Styling that is left out: drawings, fonts and colours, positions.",
  ]);
});

test("of WebVTT: speakers and bounded settings; a line of text that looks like a setting is text", () => {
  const { cues, notices } = read(VTT, "vtt");
  expect(cues).toEqual([
    {
      startMs: 1000,
      endMs: 2500,
      text: "<v Ana>Hello &amp; good <i>morning</i></v>",
      settings: "line:10% position:20%,line-left align:left",
    },
    { startMs: 3_600_000, endMs: 3_602_000, text: "line: 5\nsecond line", settings: "" },
  ]);
  expect(notices[0]?.message).toBe(
    "Styling that is left out: effects, fonts and colours, positions.",
  );
});

test("times are moved; what cannot be shown is counted, and what comes after the end", () => {
  const text = `1
00:00:01,000 --> 00:00:00,000
Backwards

2
00:00:02,000 --> 00:00:03,000


3
00:00:12,000 --> 00:00:13,000
Shown

4
00:00:30,000 --> 00:00:31,000
Late

5
nonsense --> 00:00:31,000
`;
  const { cues, notices } = readCaptions(text, "srt", { offsetMs: -10_000, endMs: 20_000 });
  expect(cues.map(({ startMs, text: shown }) => [startMs, shown])).toEqual([
    [2000, "Shown"],
    [20_000, "Late"],
  ]);
  expect(notices.map(({ code, message }) => [code, message])).toEqual([
    ["CAPTION_CUES_LEFT_OUT", "3 captions were left out: no text, or times that cannot be."],
    ["CAPTION_CUES_AFTER_END", "1 caption begins after the end of the video."],
  ]);
});

test("of a part of the video there is what is shown in it, from the part's start on", () => {
  const part = { startMs: 1500, endMs: 2500 };
  const { cues, notices } = readCaptions(SRT, "srt", { offsetMs: 0, endMs: 1000, part });
  expect(cues.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [0, 500],
    [750, 1000],
  ]);
  expect(notices.map(({ code }) => code)).not.toContain("CAPTION_CUES_LEFT_OUT");
  const later = { startMs: 900_000, endMs: 910_000 };
  expect(() => readCaptions(SRT, "srt", { ...AS_IT_IS, part: later })).toThrow(/in this part/);
});

test.each([
  ["", "srt"],
  ["Dear diary", "srt"],
  ["WEBVTT\n\n", "vtt"],
  ["[Script Info]\nTitle: none", "ass"],
  [SRT, "ass"],
  ["1\n00:00:01,000 --> 00:00:02,000\n<b></b>\n", "srt"],
] as const)("%j is no %s", (text, format) => {
  expect(() => read(text, format)).toThrow(expect.objectContaining({ code: "CAPTIONS_INVALID" }));
});

/** Random text of characters that make up markup, settings and times. */
const hostile = fc
  .array(
    fc.constantFrom(
      ..."<>/&;\\{}:.,-\n \t\r0189abivsu".split(""),
      "-->",
      "<b>",
      "</i>",
      "<script>",
      "<v ",
      "&lt;",
      "{\\an8}",
      "\n\n",
      "\u0000",
      "\u2028",
      "00:00:01.000 --> 00:00:02.000 ",
      "WEBVTT",
      "X-TIMESTAMP-MAP=MPEGTS:1,LOCAL:00:00:00.000",
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

/** No cues where the text is refused because it has nothing to show. */
function cuesOf(text: string, format: CaptionFormat): Cue[] {
  try {
    return read(text, format).cues;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "CAPTIONS_INVALID" });
    return [];
  }
}

test("whatever a stranger writes stays within its cue: no other times, tags or settings come of it", () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom("srt", "vtt", "ass"), (text, format) => {
      const file = {
        srt: `1\n00:00:01,000 --> 00:00:02,000\nx${text}`,
        vtt: `WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nx${text}`,
        ass: `[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,x${text}`,
      }[format];
      const cues = cuesOf(file, format as CaptionFormat);
      expect(readOwnWebvtt(writeWebvtt(cues))).toEqual(cues);
      for (const { text: kept } of cues) {
        expect(kept).not.toMatch(/-->|\n\n|\0|\r|\u2028/);
        expect(kept.replaceAll(/<\/?(b|i|u|ruby|rt|v)>|<v [^<>\n]*>/g, "")).not.toMatch(/[<>]/);
      }
    }),
    { numRuns: 2000 },
  );
});

test("segments hold each cue that is shown in them, with its own times", () => {
  const { cues } = read(SRT, "srt");
  const segment = writeSegment(cues, 1_000, 2_250);
  expect(segment).toBe(
    "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n" +
      "00:00:00.500 --> 00:00:02.000\n<i>Two</i> lines,\none <b>bold</b> &amp; plain\n",
  );
  expect(writeSegment(cues, 10_000, 16_000)).toBe(
    "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n",
  );
});

test("the largest files are read in time", () => {
  const cue = (n: number) => {
    const at = `00:${String(Math.floor(n / 600) % 60).padStart(2, "0")}:00,`;
    return `${n}\n${at}000 --> ${at}900\n${"<<i>{".repeat(15)}\n\n`;
  };
  const text = Array.from({ length: 45_000 }, (_, n) => cue(n)).join("");
  expect(text.length).toBeLessThan(MOST_CAPTION_CHARACTERS * 2);
  const startedAtMs = performance.now();
  expect(read(text, "srt").cues).toHaveLength(45_000);
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});
