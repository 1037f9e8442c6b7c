/** Runs in the encoding worker, and makes it encode black frames of the right size, colour space and times. */
export function showBlack(): void {
  const encode = VideoEncoder.prototype.encode;
  VideoEncoder.prototype.encode = function (frame, options) {
    const { displayWidth: codedWidth, displayHeight: codedHeight, timestamp, duration } = frame;
    const luma = codedWidth * codedHeight;
    const data = new Uint8Array(luma * 1.5).fill(16, 0, luma).fill(128, luma);
    const colorSpace = frame.colorSpace.toJSON();
    const layout = { codedWidth, codedHeight, timestamp, duration: duration ?? 0, colorSpace };
    const black = new VideoFrame(data, { format: "I420", ...layout });
    encode.call(this, black, options);
    black.close();
  };
}
