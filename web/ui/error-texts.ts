import type { ErrorCode } from "../../shared/job/errors.ts";

/** What a person reads instead of a code. */
export interface ErrorText {
  /** What is wrong, in a few words. */
  title: string;
  /** What happened, in one or two sentences. */
  what: string;
  /** What can be done about it. */
  advice: string;
  /** Does doing the same once more have a chance? Then a button offers it. */
  again: boolean;
  /** A newer version of the page is needed: a button reloads it. */
  reload?: true;
}

/** One text a code: the type makes a missing one a compile error. */
export const ERROR_TEXTS: Readonly<Record<ErrorCode, ErrorText>> = {
  SOURCE_EMPTY: {
    title: "This file is empty",
    what: "The file has no content at all.",
    advice: "Check that the copy or download finished, then choose it again.",
    again: false,
  },
  SOURCE_UNREADABLE: {
    title: "This file cannot be read",
    what: "It does not look like a video in any format we know, or your browser was not allowed to read it.",
    advice: "Check that it plays on this device. If it does, export it as MP4 and choose that.",
    again: false,
  },
  SOURCE_TRUNCATED: {
    title: "The end of this video is missing",
    what: "The file stops before the video does. This happens when a copy, download or recording is cut off.",
    advice: "Copy or download it again, or choose another version of the video.",
    again: false,
  },
  SOURCE_CORRUPT: {
    title: "This video is damaged",
    what: "Parts of the file cannot be decoded, so the result would have gaps.",
    advice: "Choose another copy of the video, or repair it in a video editor first.",
    again: false,
  },
  SOURCE_NO_VIDEO: {
    title: "There is no picture in this file",
    what: "The file has sound or other data, but no video track.",
    advice: "Choose a file with a moving picture.",
    again: false,
  },
  SOURCE_UNSUPPORTED: {
    title: "This kind of video is not supported",
    what: "The file is readable, but it uses a format that cannot be decoded here.",
    advice: "Export it as MP4 with H.264 or H.265 and choose that.",
    again: false,
  },
  CAPTIONS_INVALID: {
    title: "This file has no captions that can be read",
    what: "It should be a subtitle file: .srt, .vtt or .ass, with times and text.",
    advice: "Open it in a text editor to see what it holds, or export it again as .srt.",
    again: false,
  },
  PICTURE_INVALID: {
    title: "This picture cannot be used",
    what: "It is not a picture that can be read here, or it is too large or too small.",
    advice: "Choose another picture, or save it again as a JPEG.",
    again: false,
  },
  SITE_LIMIT: {
    title: "This site does not take this video",
    what: "It is longer or larger than the site allows, or the site has as many videos as it may.",
    advice: "Choose a shorter or smaller video, or ask the people who run this site.",
    again: false,
  },
  CAPTIONS_FULL: {
    title: "There is no room for more captions",
    what: "A video can have 32 tracks of captions.",
    advice: "Delete one that is not needed, then add this one.",
    again: false,
  },
  SOURCE_TOO_LARGE: {
    title: "This video is too large",
    what: "Its picture or length is beyond what can be processed here.",
    advice: "Choose a shorter or smaller version.",
    again: false,
  },
  SOURCE_CHANGED: {
    title: "That is not the same file",
    what: "The file differs from the one this job was started with, or it was changed on disk meanwhile.",
    advice: "Choose the original, unchanged file. To use this one instead, start a new job.",
    again: false,
  },
  SOURCE_AWAY: {
    title: "The file cannot be read",
    what: "Its drive is away, or the file was moved, changed or deleted since it was picked.",
    advice:
      "Connect the drive again: the work goes on by itself. Or choose the same file where it is now.",
    again: false,
  },
  PLAN_INVALID: {
    title: "This video could not be planned",
    what: "The server did not accept how the video was to be cut.",
    advice: "Reload the page and try once more. If it stays, export the video as MP4 first.",
    again: true,
  },
  LADDER_INVALID: {
    title: "These quality levels do not work",
    what: "At least one level cannot be made from this video.",
    advice: "Change the levels, or go back to the suggested ones.",
    again: false,
  },
  CHUNK_UNREADABLE: {
    title: "Part of the video could not be read",
    what: "A piece cut from your file could not be opened for encoding.",
    advice: "Try again. If the same part fails, the file is likely damaged there.",
    again: true,
  },
  DECODE_FAILED: {
    title: "Part of the video could not be decoded",
    what: "The picture or sound of one part could not be decoded in several attempts.",
    advice: "The file is likely damaged there. Choose another copy, or try again.",
    again: true,
  },
  ENCODE_FAILED: {
    title: "Part of the video could not be encoded",
    what: "The encoder gave up on one part in several attempts.",
    advice: "Try again, perhaps with fewer or smaller quality levels.",
    again: true,
  },
  FRAME_COUNT_WRONG: {
    title: "Frames were missing",
    what: "One part came out with fewer or more frames than the original, so it was not accepted.",
    advice: "Try again. If the same part fails, the file is likely damaged there.",
    again: true,
  },
  ENGINE_UNAVAILABLE: {
    title: "This browser cannot encode video",
    what: "What the encoder needs is missing or switched off in this browser.",
    advice: "Use a current Chrome, Edge, Firefox or Safari, and allow WebAssembly.",
    again: false,
  },
  DECODER_MISSING: {
    title: "This video needs another browser, or a server",
    what: "Its picture is AV1, which only a browser's own codecs or a server can read, and this browser's cannot do it.",
    advice: "Open this page in a current Chrome, Edge or Firefox, or use a site that has servers.",
    again: false,
  },
  SCRIPT_NOT_LOADED: {
    title: "A part of this page could not be loaded",
    what: "There is no connection to the site, or a newer version of the page was published since you opened it.",
    advice: "Check the connection, then reload the page. Finished parts are kept.",
    again: true,
    reload: true,
  },
  WORKER_CRASHED: {
    title: "The encoder stopped unexpectedly",
    what: "The part of this tab that does the work was ended, most often because memory ran out.",
    advice: "Close other tabs and try again.",
    again: true,
  },
  WORKER_STALLED: {
    title: "The encoder stopped making progress",
    what: "One part took far too long without moving on.",
    advice: "Keep this tab visible and the device awake, then try again.",
    again: true,
  },
  OUT_OF_MEMORY: {
    title: "Not enough memory",
    what: "This device did not have enough free memory for the chosen quality levels.",
    advice: "Close other tabs, or remove the largest quality level, and try again.",
    again: true,
  },
  UPLOAD_FAILED: {
    title: "An upload did not get through",
    what: "A finished part could not be stored, although it was tried several times.",
    advice: "Check your connection and try again.",
    again: true,
  },
  UPLOAD_REFUSED: {
    title: "Storage refused an upload",
    what: "The permission to store a finished part had expired or was not accepted.",
    advice: "Check that the clock of this device is right, then try again.",
    again: true,
  },
  DOWNLOAD_FAILED: {
    title: "A download did not get through",
    what: "A part of the video that was needed for the work could not be fetched.",
    advice: "Check your connection and try again.",
    again: true,
  },
  STORAGE_LIMIT: {
    title: "That is more than this video may store",
    what: "What was to be uploaded is larger than the plan of the video allows.",
    advice: "Start again with the original file.",
    again: false,
  },
  OUTPUT_MISSING: {
    title: "A finished part is missing",
    what: "A part was reported as stored, but it was not found there.",
    advice: "Try again.",
    again: true,
  },
  OUTPUT_HASH_MISMATCH: {
    title: "A finished part arrived changed",
    what: "What was stored is not what was made, so it was not accepted.",
    advice: "Try again. A network that alters traffic can cause this; another one may help.",
    again: true,
  },
  OUTPUT_INVALID: {
    title: "A finished part was not accepted",
    what: "It did not pass the checks on length, frames or format.",
    advice: "Try again. If the same part fails, the file is likely damaged there.",
    again: true,
  },
  INIT_MISMATCH: {
    title: "Finished parts do not fit together",
    what: "One part was encoded with settings that differ from the others.",
    advice: "Try again. If contributors help with different browsers, try without them.",
    again: true,
  },
  OBJECT_REPLACED: {
    title: "A part of this video was replaced",
    what: "Storage holds something else than what was checked when the video was made, so it is not shown.",
    advice: "Tell the video's owner: it has to be made again.",
    again: false,
  },
  LEASE_LOST: {
    title: "Work was handed to someone else",
    what: "This tab was silent for too long, so its part of the work was given away.",
    advice: "Keep this tab open and the device awake, then try again.",
    again: true,
  },
  OFFER_INVALID: {
    title: "A result was not understood",
    what: "The server could not use what this tab reported about a finished part.",
    advice: "Reload the page to get the current version, then try again.",
    again: true,
  },
  OFFERS_EXHAUSTED: {
    title: "A result could not be delivered",
    what: "This device asked too often where to upload a finished part, and it never arrived.",
    advice: "Check the connection, then try again.",
    again: true,
  },
  TASK_FAILED: {
    title: "One part failed for good",
    what: "It was tried several times without success, so the video cannot be completed.",
    advice: "Try again, or choose another copy of the video.",
    again: true,
  },
  JOB_NOT_FOUND: {
    title: "This video is not known here",
    what: "It may never have existed, or it was removed some time after it ended.",
    advice: "Check the address, or start again with the original file.",
    again: false,
  },
  JOB_ENDED: {
    title: "This job is already over",
    what: "It was finished, cancelled or failed before.",
    advice: "Start a new one with the same file.",
    again: false,
  },
  LINK_EXPIRED: {
    title: "This link is no longer valid",
    what: "The owner of the video ended it, or its time was up.",
    advice: "Ask for a new link.",
    again: false,
  },
  LINK_FULL: {
    title: "There are enough helpers already",
    what: "As many devices as the owner allowed are at work on this video.",
    advice: "Try again in a while, when one of them has left.",
    again: true,
  },
  SENT_AWAY: {
    title: "Your part has ended",
    what: "The owner of the video ended this device's help, parts failed here again and again, or one did not match the video.",
    advice: "Nothing needs to be done. Thank you for the time you gave.",
    again: false,
  },
  POOL_NOT_FOUND: {
    title: "This pool is not there",
    what: "The link leads to no pool of helpers, or the pool has been closed.",
    advice: "Check that the link is complete, or ask the person who sent it for a new one.",
    again: false,
  },
  POOL_CONSENT_MISSING: {
    title: "This video is private",
    what: "Pieces of a private video go to a pool's computers only if you agree.",
    advice: "Agree to it beside the choice of the pool, or make the video without the pool.",
    again: false,
  },
  OWNER_GONE: {
    title: "The tab with the original file is gone",
    what: "Parts of the video are only in the tab that started it, and that tab is closed or offline.",
    advice: "Open the upload page where it was started and choose the same file to go on.",
    again: false,
  },
  PROTOCOL_OUTDATED: {
    title: "There is a newer version of this page",
    what: "This tab was opened before the site was updated, and the server no longer understands it.",
    advice: "Reload the page. What is finished stays finished.",
    again: false,
    reload: true,
  },
  PROTOCOL_UNKNOWN: {
    title: "The site is being updated",
    what: "This page is newer than the server that it reached.",
    advice: "Reload the page in a few minutes. What is finished stays finished.",
    again: true,
  },
  MESSAGE_INVALID: {
    title: "This page and the server disagree",
    what: "They do not speak the same version.",
    advice: "Reload the page to get the current version.",
    again: false,
  },
  REQUEST_INVALID: {
    title: "The request was not understood",
    what: "The server could not use what this page sent.",
    advice: "Reload the page to get the current version, then try again.",
    again: false,
  },
  WEBHOOK_REFUSED: {
    title: "The webhook's address is refused",
    what: "It is an address of a local network, which this server does not call.",
    advice: "Give one that can be reached from the internet.",
    again: false,
  },
  UNAUTHORIZED: {
    title: "A key is needed here",
    what: "This server only takes videos from people who have its key.",
    advice: "Ask the people who run it for access.",
    again: false,
  },
  FORBIDDEN: {
    title: "This is not yours to change",
    what: "Only the tab that started this video may do that.",
    advice: "Go back to the browser in which it was started.",
    again: false,
  },
  VIDEO_LINK_OVER: {
    title: "This link has ended",
    what: "Links to this video work for a while only, or until its owner withdraws them.",
    advice: "Ask the person who sent it to you for a new one.",
    again: false,
  },
  PASSPHRASE_REQUIRED: {
    title: "This video asks for a passphrase",
    what: "Its owner has given it to the people who may watch.",
    advice: "Enter it on the video's own page.",
    again: false,
  },
  PASSPHRASE_WRONG: {
    title: "That is not the passphrase",
    what: "The video does not open with it.",
    advice: "Look at capital letters and spaces, and enter it again.",
    again: true,
  },
  NOT_FOUND: {
    title: "Nothing is found at this address",
    what: "The address may be incomplete or mistyped.",
    advice: "Check it, or go to the start page.",
    again: false,
  },
  RATE_LIMITED: {
    title: "Too many videos at once",
    what: "This server limits how many jobs may be started in a short time.",
    advice: "Wait a minute, then try again.",
    again: true,
  },
  NETWORK: {
    title: "The server cannot be reached",
    what: "There was no answer. Your connection may be down, or the server is.",
    advice: "Check your connection, then try again.",
    again: true,
  },
  TIMEOUT: {
    title: "There was no answer in time",
    what: "The server took too long to answer.",
    advice: "Wait a moment, then try again.",
    again: true,
  },
  CANCELLED: {
    title: "Cancelled",
    what: "The work was stopped and nothing is running any more.",
    advice: "You can start again at any time.",
    again: true,
  },
  INTERNAL: {
    title: "Something went wrong on our side",
    what: "This was not foreseen; it is a fault in this software, not in your video.",
    advice: "Try again. If it stays, report it with the details below.",
    again: true,
  },
};
