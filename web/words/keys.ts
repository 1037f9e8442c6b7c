import type admin from "./en/admin.json";
import type captions from "./en/captions.json";
import type contribute from "./en/contribute.json";
import type errors from "./en/errors.json";
import type files from "./en/files.json";
import type notices from "./en/notices.json";
import type pictures from "./en/pictures.json";
import type player from "./en/player.json";
import type pool from "./en/pool.json";
import type reference from "./en/reference.json";
import type ui from "./en/ui.json";
import type upload from "./en/upload.json";
import type videos from "./en/videos.json";
import type watch from "./en/watch.json";

/** The message files of each language, by name. The English files define the keys. */
interface Files {
  admin: typeof admin;
  captions: typeof captions;
  contribute: typeof contribute;
  errors: typeof errors;
  files: typeof files;
  notices: typeof notices;
  pictures: typeof pictures;
  player: typeof player;
  pool: typeof pool;
  reference: typeof reference;
  ui: typeof ui;
  upload: typeof upload;
  videos: typeof videos;
  watch: typeof watch;
}

export type WordFile = keyof Files;

export const WORD_FILES = Object.keys({
  admin: 0,
  captions: 0,
  contribute: 0,
  errors: 0,
  files: 0,
  notices: 0,
  pictures: 0,
  player: 0,
  pool: 0,
  reference: 0,
  ui: 0,
  upload: 0,
  videos: 0,
  watch: 0,
} satisfies Record<WordFile, 0>) as WordFile[];

/** A file and a message in it, such as "upload.start.title". */
export type Key = { [File in WordFile]: `${File}.${keyof Files[File] & string}` }[WordFile];
