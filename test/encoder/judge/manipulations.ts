/** A change that a dishonest contributor may make to the source's frames. */
export interface Manipulation {
  name: string;
  /** ffmpeg filters, applied to the source at its own size. */
  filter: string;
  /** Factor on the bit rate; default: 1. */
  rate?: number;
  /** Shows another clip instead. */
  isOther?: boolean;
}

/** Limits a filter to a single frame, number 20. */
const ONE = "enable='eq(n,20)'";

interface Words {
  text: string;
  /** Height of the letters as a share of the frame's height. */
  size: number;
  x?: string;
  y?: string;
  colour?: string;
  more?: string;
}

function words({ text, size, x = "w/20", y = "h/3", colour = "white", more = "" }: Words): string {
  return `drawtext=text=${text}:fontsize=h*${size}:x=${x}:y=${y}:fontcolor=${colour}${more}`;
}

/** Applies a filter to the chroma planes only. */
function inChroma(filter: string): string {
  return (
    `[0:v]split[a][b];[b]${filter}[c];[a]extractplanes=y[y];[c]extractplanes=u+v[u][v];` +
    "[y][u][v]mergeplanes=0x001020:yuv420p"
  );
}

/** Applies a filter to a part of the frame. @param shares its size, x and y, as shares of the frame's sides */
function inPart(filter: string, [size, x, y]: readonly [number, number, number]): string {
  return (
    "[0:v]setpts=N/25/TB,split[a][b];" +
    `[b]crop=iw*${size}:ih*${size}:iw*${x}:ih*${y},${filter}[c];` +
    `[a][c]overlay=W*${x}:H*${y}:shortest=1`
  );
}

function box(x: number, y: number, side: number, colour: string): string {
  return `drawbox=x=iw*${x}:y=ih*${y}:w=iw*${side}:h=ih*${side}:color=${colour}:t=fill`;
}

/** Letters of 28 pixels in a frame of 360 rows. */
const SMALL = 28 / 360;

/** All manipulations that the picture check is tested with. */
export const MANIPULATIONS: readonly Manipulation[] = [
  { name: "black", filter: "drawbox=t=fill:color=black" },
  { name: "one black picture", filter: `drawbox=t=fill:color=black:${ONE}` },
  { name: "negative", filter: "negate" },
  { name: "one negative picture", filter: `negate=${ONE}` },
  { name: "another clip", filter: "null", isOther: true },
  { name: "grey", filter: "hue=s=0" },
  { name: "hue turned by 180 degrees", filter: "hue=h=180" },
  { name: "hue turned by 30 degrees", filter: "hue=h=30" },
  { name: "saturation 1.5", filter: "hue=s=1.5" },
  { name: "U and V swapped", filter: "shuffleplanes=0:2:1" },
  { name: "all green", filter: "lutyuv=u=0:v=0" },
  {
    name: "large text in chroma",
    filter: inChroma(words({ text: "VOTE FOR ME", size: 0.3, colour: "red" })),
  },
  {
    name: "small text in chroma",
    filter: inChroma(words({ text: "VOTE FOR ME", size: 0.09, colour: "red" })),
  },
  {
    name: "28 px text in a corner",
    filter: words({ text: "evil.example", size: SMALL, y: "h/20" }),
  },
  {
    name: "28 px text over the width",
    filter: words({ text: "VISIT EVIL.EXAMPLE NOW FOR FREE MONEY", size: SMALL, y: "h*0.88" }),
  },
  { name: "text of 25 %", filter: words({ text: "EVIL", size: 0.39, colour: "white@0.25" }) },
  {
    name: "watermark of 12 %",
    filter: words({ text: "WATERMARK", size: 0.2, colour: "white@0.12" }),
  },
  {
    name: "large text in one picture",
    filter: words({ text: "EVIL", size: 0.5, more: `:${ONE}` }),
  },
  {
    name: "small text in one picture",
    filter: words({ text: "EVIL.EXAMPLE", size: 0.16, more: `:${ONE}` }),
  },
  { name: "white logo of 1 % in a corner", filter: box(0.88, 0.03, 0.1, "white") },
  { name: "half transparent red logo of 1 %", filter: box(0.03, 0.85, 0.1, "red@0.5") },
  { name: "black square of 0.25 %", filter: box(0.4, 0.5, 0.05, "black") },
  { name: "pixelated region", filter: inPart("pixelize=w=16:h=16", [0.25, 0.4, 0.3]) },
  { name: "wiped region", filter: inPart("gblur=sigma=20", [0.2, 0.4, 0.4]) },
  {
    name: "frozen region",
    filter: inPart("loop=loop=-1:size=1:start=0,setpts=N/25/TB", [0.33, 0.33, 0.33]),
  },
  { name: "blurred by 4 px of 360", filter: "gblur=sigma=HEIGHT/90" },
  { name: "blurred by 1.5 px of 360", filter: "gblur=sigma=HEIGHT/240" },
  { name: "noise", filter: "noise=alls=24:allf=t" },
  {
    name: "posterised",
    filter: "lutyuv=y=floor(val/16)*16+8:u=floor(val/16)*16+8:v=floor(val/16)*16+8",
  },
  { name: "an eighth of the rate", filter: "null", rate: 1 / 8 },
  { name: "darker by 8", filter: "lutyuv=y=val-8" },
  { name: "darker by 25", filter: "lutyuv=y=val-25" },
  { name: "contrast 1.2", filter: "eq=contrast=1.2" },
  { name: "contrast 0.8", filter: "eq=contrast=0.8" },
  { name: "mirrored", filter: "hflip" },
  { name: "upside down", filter: "vflip" },
  { name: "larger by 2 %", filter: "crop=trunc(iw*0.98/2)*2:trunc(ih*0.98/2)*2" },
  { name: "to the right by 4 px of 640", filter: "split[a][b];[a][b]overlay=x=W/160" },
  { name: "frozen", filter: "loop=loop=-1:size=1:start=0" },
  {
    name: "frozen tail",
    filter: "split[a][b];[a][b]freezeframes=first=25:last=10000:replace=25",
  },
  {
    name: "one picture of 20 before",
    filter: "split[a][b];[a][b]freezeframes=first=30:last=30:replace=10",
  },
  { name: "half the frame rate", filter: "shuffleframes=0 0" },
  { name: "pictures swapped in pairs", filter: "shuffleframes=1 0" },
  { name: "each picture one late", filter: "tpad=start=1:start_mode=clone" },
  {
    name: "each picture one early",
    filter: "trim=start_frame=1,setpts=PTS-STARTPTS,tpad=stop=2:stop_mode=clone",
  },
  { name: "backwards", filter: "reverse" },
];
