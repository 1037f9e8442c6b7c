// Tests import types (and some code) of what runs in workers. One program cannot have the types of both runtimes'
// globals. So the globals that only workers have are declared here, as far as our code uses them.

interface FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

declare var FileReaderSync: new () => FileReaderSync;
