/**
 * What is kept of a source in memory: where its packets are in time, not the packets. Flat typed
 * arrays, about 20 bytes a packet, whatever the length of the source.
 */
export interface VideoIndex {
  /** Packets in decode order: presentation time as the demuxer gives it, in seconds. */
  packetSeconds: Float64Array;
  /** 1 where decoding can start. */
  packetIsKey: Uint8Array;
  /** Bytes of each packet. */
  packetBytes: Uint32Array;
  /** Visible frames in presentation order: which packet they come from. */
  framePackets: Uint32Array;
  /** Their times, in ticks from the first one. One entry more: the end of the last frame. */
  frameTicks: Float64Array;
}

export interface AudioIndex {
  /** Position of the track among the source's audio tracks. */
  track: number;
  sampleRate: number;
  /** Presentation time as the demuxer gives it, in seconds. */
  packetSeconds: Float64Array;
  /**
   * First sample of each packet on the job's timeline, in source samples; one entry more: the end.
   * Whole numbers counted up from the first packet, so that all runs share one sample grid even
   * where the container rounds times to milliseconds.
   */
  packetSamples: Float64Array;
}

export interface SourceIndex {
  video: VideoIndex;
  /** In the order of `SourceFacts.audio`. */
  audio: AudioIndex[];
}
