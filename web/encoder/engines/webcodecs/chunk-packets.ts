import { BufferSource, EncodedPacketSink, Input, MP4, QTFF } from "mediabunny";
import { readAvcRecord } from "../../../../shared/h264/avc-config.ts";
import { holdsIdr } from "../../../../shared/h264/nal-units.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";

export interface ChunkPackets {
  /** In decode order. */
  packets: EncodedVideoChunk[];
  config: VideoDecoderConfig;
}

/**
 * Demuxes a chunk. A VideoDecoder begins only at IDR pictures (WebCodecs AVC registration, 4): at a recovery
 * point of an open GOP it yields no frame and no error.
 * @throws TributaryError CHUNK_UNREADABLE; ENGINE_UNAVAILABLE where a VideoDecoder cannot begin at its first picture
 */
export async function readChunkPackets(chunk: Uint8Array): Promise<ChunkPackets> {
  const input = new Input({ source: new BufferSource(chunk), formats: [MP4, QTFF] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const config = await track?.getDecoderConfig();
    if (track === null || config === null || config === undefined) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "WebCodecs does not know the source's codec.");
    }
    const packets: EncodedVideoChunk[] = [];
    for await (const packet of new EncodedPacketSink(track).packets()) {
      if (packets.length === 0) requireIdr(packet.data, config);
      packets.push(packet.toEncodedVideoChunk());
    }
    return { packets, config };
  } catch (thrown) {
    if (thrown instanceof TributaryError) throw thrown;
    throw new TributaryError("CHUNK_UNREADABLE", "A piece of the source cannot be read.", {
      cause: thrown,
    });
  } finally {
    input.dispose();
  }
}

function requireIdr(first: Uint8Array, config: VideoDecoderConfig): void {
  if (!config.codec.startsWith("avc")) return;
  const description = config.description === undefined ? null : bytesOf(config.description);
  if (description !== null && holdsIdr(first, readAvcRecord(description).nalLengthBytes)) return;
  throw new TributaryError("ENGINE_UNAVAILABLE", "The source's key frames are not IDR pictures.");
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
