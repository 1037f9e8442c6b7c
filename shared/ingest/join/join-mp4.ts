import {
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  type InputTrack,
  MP4,
  Mp4OutputFormat,
  Output,
  type Source,
  type Target,
} from "mediabunny";
import { TributaryError } from "../../job/errors.ts";

/** A rendition as a fragmented MP4: its init segment, and then its media segments. */
export interface JoinedTrack {
  source: Source;
  /** Number of its packets; null: they are counted, which reads all of the source's boxes. */
  packets: number | null;
}

export interface Join {
  /** Null: the file gets audio alone. */
  video: JoinedTrack | null;
  /** Null: the file gets video alone. */
  audio: JoinedTrack | null;
  target: Target;
  signal: AbortSignal;
  /** Seconds of the result so far. */
  onProgress?: (seconds: number) => void;
}

export interface JoinedPackets {
  videoFrames: number;
  audioFrames: number;
}

/**
 * Makes one fast-start MP4 of finished segments, packet by packet. Nothing is encoded again and no file is held in
 * memory. Tabs and servers write the same bytes, except for the time of creation. `ffmpeg -c copy` is not used: it
 * writes decode durations, so the picture would end some frames before the audio.
 * @throws TributaryError OUTPUT_INVALID, and what the sources throw
 */
export async function joinMp4(join: Join): Promise<JoinedPackets> {
  const { target, signal, onProgress } = join;
  const opened: Input[] = [];
  const open = (track: JoinedTrack): Input => {
    const input = new Input({ source: track.source, formats: [MP4] });
    opened.push(input);
    return input;
  };
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "reserve" }), target });
  try {
    const counts: JoinedPackets = { videoFrames: 0, audioFrames: 0 };
    const copies: TrackCopy[] = [];
    if (join.video !== null) {
      const track = await open(join.video).getPrimaryVideoTrack();
      if (track?.codec !== "avc") throw new TributaryError("OUTPUT_INVALID", "No H.264 track.");
      const decoderConfig = (await track.getDecoderConfig()) ?? undefined;
      counts.videoFrames = join.video.packets ?? (await countPackets(track));
      const source = new EncodedVideoPacketSource("avc");
      output.addVideoTrack(source, { maximumPacketCount: counts.videoFrames });
      copies.push(new TrackCopy(track, source, { decoderConfig }));
    }
    const audio =
      join.audio === null ? null : ((await open(join.audio).getPrimaryAudioTrack()) ?? null);
    if (audio !== null) {
      const decoderConfig = (await audio.getDecoderConfig()) ?? undefined;
      counts.audioFrames = join.audio?.packets ?? (await countPackets(audio));
      const source = new EncodedAudioPacketSource("aac");
      output.addAudioTrack(source, {
        maximumPacketCount: counts.audioFrames,
        languageCode: audio.languageCode,
      });
      copies.push(new TrackCopy(audio, source, { decoderConfig }));
    }
    await output.start();
    // Interleaved, so that a player finds audio and video of the same time near each other.
    for (;;) {
      signal.throwIfAborted();
      const left = copies.filter((copy) => !copy.ended);
      const next = left.sort((a, b) => a.atSeconds - b.atSeconds)[0];
      if (next === undefined) break;
      await next.copyOne();
      onProgress?.(Math.max(0, next.atSeconds));
    }
    await output.finalize();
    return counts;
  } catch (thrown) {
    await output.cancel().catch(() => {});
    throw thrown;
  } finally {
    for (const input of opened) input.dispose();
  }
}

type Packets = EncodedVideoPacketSource | EncodedAudioPacketSource;
type Meta = { decoderConfig: VideoDecoderConfig | AudioDecoderConfig | undefined };

class TrackCopy {
  atSeconds = Number.NEGATIVE_INFINITY;
  ended = false;
  readonly #packets: AsyncGenerator<Parameters<Packets["add"]>[0]>;
  readonly #target: Packets;
  readonly #meta: Meta;
  #isFirst = true;

  constructor(track: InputTrack, target: Packets, meta: Meta) {
    this.#packets = new EncodedPacketSink(track).packets();
    this.#target = target;
    this.#meta = meta;
  }

  async copyOne(): Promise<void> {
    const { value: packet, done } = await this.#packets.next();
    if (done === true) {
      this.ended = true;
      this.#target.close();
      return;
    }
    this.atSeconds = packet.timestamp;
    // The decoder's configuration goes with the first packet.
    if (this.#isFirst) await this.#target.add(packet, this.#meta as never);
    else await this.#target.add(packet);
    this.#isFirst = false;
  }
}

async function countPackets(track: InputTrack): Promise<number> {
  let count = 0;
  for await (const _ of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    count += 1;
  }
  return count;
}
