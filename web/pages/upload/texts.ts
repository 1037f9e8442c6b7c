/** What the upload page says before the work begins. Plain words: no codecs, no formats of playlists. */

export const START = {
  title: "Share a video from this browser",
  lead: "Choose a video, press Start, and send the link. The video is prepared here, on your own device, and can be watched before it is done.",
  drop: "Drop videos here",
  dropOver: "Let go to open it",
  choose: "Choose a video",
  record: "Record",
  folder: "Choose a folder",
  formats: "Several at once are fine. You can paste a video, too.",
  formatsPhone: "From your gallery, or recorded now.",
  privacy:
    "Nothing leaves this device before you press Start. Then the finished video is uploaded. Your own file is not, except for the pieces that helpers or this site's servers work on.",
  noVideo: "No video at hand?",
  sample: "Try a sample clip",
  yours: "Your videos",
  steps: [
    ["Choose", "Any video from your camera, phone or computer, however long it is."],
    ["Start", "Your device turns it into a form that plays everywhere. That can take a while."],
    ["Watch", "Send the link. People can watch while the rest is still being made."],
  ],
} as const;

export const GIVEN_INSTEAD = {
  nothing: "There was no file in that.",
  "empty-folder": "There is no video in that folder.",
  text: "That is not a file. Choose a video file from this device.",
} as const;

export const PICKED = {
  title: "Ready to share",
  about: "About the video",
  described: "Description",
  descriptionHint: "You can also write it later.",
  file: "About this file",
  noPreview: "This browser cannot show the file as it is. The shared video will play.",
  quality: "Faster or better",
  /** Programs of others choose by these names. */
  faster: "Fastest",
  better: "Best quality",
  noSubtitles: "Add subtitles",
  stays: "Nothing has left this device yet.",
  /** Programs of others press it by this name. */
  share: "Start",
  sharing: "Starting…",
  another: "Another file",
  expert: "Expert",
  expertHint: "Quality levels, sound, checks and servers. Nobody has to look in here.",
} as const;

/** How the sound is made. */
export const AUDIO: {
  rate: string;
  /** By kbit/s of stereo. */
  rates: Readonly<Record<number, string>>;
  otherRate(rate: number): string;
  rateHint: string;
} = {
  rate: "Sound quality",
  rates: {
    96: "Speech, small (96 kbit/s)",
    128: "Usual (128 kbit/s)",
    192: "Music (192 kbit/s)",
    256: "Music, best (256 kbit/s)",
  },
  otherRate: (rate) => `${rate} kbit/s`,
  rateHint:
    "For stereo; one channel gets half of it. Sound that has the right form already and is not much larger is kept as it is.",
};

/** Where a site takes videos from some people only. */
export const KEY = {
  label: "Key of this site",
  hint: "This site takes videos from people who have its key. Ask those who run it. Your browser keeps it.",
  refused: "The site does not know this key.",
  use: "Use this key",
} as const;

/** While it is made, and after. */
export const RUNNING = {
  link: "Watch page",
  linkHint: "You can send this link already. It plays as soon as the first part is made.",
  details: "Details",
  share: "Share…",
  qr: "As a code to scan",
  qrAlt: "The link as a QR code",
  developers: "For developers",
} as const;

/** Others who lend a hand. */
export const HELPERS = {
  offer: "Make it faster: ask someone to open a link on their phone or computer.",
  outlook: (shared: string, alone: string) =>
    `With one more device like this one it would take about ${shared} instead of ${alone}.`,
  how: "Nothing has to be installed. Helpers get short pieces of the video, and you can stop them at any time.",
  stop: "Stop helpers",
  stopAsked: "Stop helpers and end the link? What they have finished stays.",
  keep: "Keep them",
  share: "Share…",
  advanced: "Advanced",
  groups:
    "Wrong parts count against everybody who came by the same link: a link of its own for each group of people keeps them apart.",
} as const;

/** Several videos at once. */
export const TRAY = {
  ready: (ready: number, all: number) =>
    ready === all ? "All are ready" : `${ready} of ${all} ready`,
  share: (count: number) => (count === 1 ? "Start the other one" : `Start the other ${count}`),
  shareAll: (count: number) => `Start all ${count}`,
  shareOne: "Start only this one",
  alike: "The others are shared with the same people, each under the name of its file.",
  add: "Add videos",
  addAnother: "Add another video",
  reopen: "Open the files again",
  clear: "Clear the list",
  withoutFile:
    "The page was loaded anew, and cannot open every file by itself. Choose or drop the same files again: they go on where they were.",
  pause: "Pause",
  resume: "Go on",
  up: "Up",
  down: "Down",
  watch: "Watch",
  retry: "Try again",
  cancel: "Cancel",
  remove: "Remove",
  fileNeeded: "Choose the file again to go on",
  notShared: "Waits for you to start it",
  asksToShare: "Waits for you to press Start",
  next: "Next",
  waits: "Waits for its turn",
  looking: "Looking at the file",
  starting: "Starting",
  playable: "ready to watch",
  isReady: "Ready",
  isCancelled: "Cancelled",
  isFailed: "It could not be made",
} as const;
