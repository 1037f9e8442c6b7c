// Tests import types (and some code) of what runs in workers. The globals of both runtimes
// cannot be typed in one program, so those that only workers have are declared here, as far as our code uses them.

interface FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

declare var FileReaderSync: new () => FileReaderSync;
