// Tests import types (and some code) of what runs in workers. Both runtimes' globals cannot stand in
// one program, so those that only workers have are told here, as far as our code uses them.

interface FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

declare var FileReaderSync: new () => FileReaderSync;
