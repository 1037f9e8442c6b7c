import type { InputVideoTrack } from "mediabunny";
import type { AudioFacts } from "../../job/job.ts";
import { type Notice, notice } from "../../job/notice.ts";
import { clock, TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { AudioTrackProbe } from "./audio-facts.ts";
import type { VideoIndex, VideoIndexing } from "./source-index.ts";

/** Notices for sources whose pictures and audio do not cover each other, or cannot all be shown. */

/** Audio that goes on for no longer than this after the last frame is the padding of its codec. */
const SOUND_TAIL_TICKS = 0.1 * TICKS_PER_SECOND;

/** Adds notices for audio that is left out: it comes before the first picture, or other audio begins before its end. */
export function warnOfLostSound(
  { facts, audibleFromTicks, overlaps }: AudioTrackProbe,
  tracks: number,
  notices: Notice[],
): void {
  const which = tracks > 1 ? ` of track ${facts.track + 1}` : "";
  const [first, ...more] = overlaps;
  if (first !== undefined) {
    const seconds = (first.ticks / TICKS_PER_SECOND).toFixed(2);
    const others = more.length === 0 ? "" : ` The same happens at ${more.length} more places.`;
    notices.push(
      notice(
        "SOUND_LEFT_OUT",
        `At ${clock(first.atTicks)} ${seconds} s of the sound${which} are left out: a second recording begins before the first has ended.${others}`,
        first.atTicks / TICKS_PER_SECOND,
      ),
    );
  }
  const lostTicks = Math.min(0, audibleFromTicks);
  if (lostTicks > -SOUND_TAIL_TICKS) return;
  notices.push(
    notice(
      "SOUND_LEFT_OUT",
      `The first ${clock(-lostTicks)} of the sound${which} are left out: they come before the first picture.`,
      lostTicks / TICKS_PER_SECOND,
    ),
  );
}

export function warnOfLostFrames(indexing: VideoIndexing, notices: Notice[]): void {
  const { undecodableFrames, doubledFrames, doubledTicks } = indexing;
  if (undecodableFrames > 0) {
    notices.push(
      notice(
        "FRAMES_UNDECODABLE",
        `The first ${undecodableFrames} frames are missing: the pictures they build on are not in the file.`,
        0,
      ),
    );
  }
  if (doubledFrames > 0) {
    notices.push(
      notice(
        "FRAMES_MOVED",
        `${doubledFrames} frames have the same time as another one; they are shown right after it.`,
        doubledTicks / TICKS_PER_SECOND,
      ),
    );
  }
}

/**
 * Extends the last frame until the audio has ended.
 * @returns the end of the last frame, in ticks
 */
export function holdLastFrame(
  { frameTicks }: VideoIndex,
  audio: readonly { facts: AudioFacts }[],
  notices: Notice[],
): number {
  const last = frameTicks.length - 1;
  const endTicks = frameTicks[last] ?? 1;
  const soundEndTicks = Math.max(
    0,
    ...audio.map(({ facts }) => facts.startTicks + facts.durationTicks),
  );
  if (soundEndTicks <= endTicks + SOUND_TAIL_TICKS) return endTicks;
  frameTicks[last] = soundEndTicks;
  notices.push(
    notice(
      "LAST_FRAME_HELD",
      `The pictures end at ${clock(endTicks)}; the last one stays until the sound ends at ${clock(soundEndTicks)}.`,
      endTicks / TICKS_PER_SECOND,
    ),
  );
  return soundEndTicks;
}

/** The notice that only every n-th frame is kept. */
export function framesLeftOut(frameRate: number, frameStep: number): Notice {
  const which = frameStep === 2 ? "second" : frameStep === 3 ? "third" : `${frameStep}th`;
  const message = `The source has ${Math.round(frameRate)} frames a second; every ${which} is kept.`;
  return notice("FRAMES_LEFT_OUT", message);
}

/** Most audio tracks that are kept. */
export const MOST_SOUND_TRACKS = 16;

/** Adds notices for tracks that are left out: one video track is kept, and the first MOST_SOUND_TRACKS of audio. */
export async function warnOfLostTracks(
  kept: InputVideoTrack,
  soundTracks: number,
  notices: Notice[],
): Promise<void> {
  const others = (await kept.input.getVideoTracks()).filter(({ id }) => id !== kept.id);
  // A cover is a track of one picture in a codec that is not a video's.
  const codecs = await Promise.all(others.map((track) => track.getCodec()));
  const pictures = codecs.filter((codec) => codec !== null).length;
  const sounds = Math.max(0, soundTracks - MOST_SOUND_TRACKS);
  for (const [count, what] of [
    [pictures, "pictures"],
    [sounds, "sound"],
  ] as const) {
    if (count === 0) continue;
    const which =
      count === 1 ? `A further track of ${what} is` : `${count} further tracks of ${what} are`;
    notices.push(notice("TRACKS_LEFT_OUT", `${which} left out.`));
  }
}
