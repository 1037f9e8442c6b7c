interface LaunchQueue {
  setConsumer(consumer: (launch: { files: readonly FileSystemFileHandle[] }) => void): void;
}

/** A file that the system handed to the installed page. */
export interface GivenFile {
  file: File;
  handle: FileSystemFileHandle | null;
}

/**
 * Files that another app shared into the installed page. The service worker holds them until this call.
 * @returns no files where there are none, or none any more
 */
export async function sharedFiles(): Promise<GivenFile[]> {
  if (!("serviceWorker" in navigator)) return [];
  const { active } = await navigator.serviceWorker.ready;
  if (active === null) return [];
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<File[]>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data as File[]);
  });
  active.postMessage("take-shared", [port2]);
  return (await answer).map((file) => ({ file, handle: null }));
}

/** Calls `take` whenever the system opens files with the installed page. */
export function onOpenedFiles(take: (files: GivenFile[]) => void): void {
  const { launchQueue } = globalThis as { launchQueue?: LaunchQueue };
  launchQueue?.setConsumer(async ({ files }) => {
    const opened = await Promise.all(
      files.map(async (handle) => ({ file: await handle.getFile(), handle })),
    );
    if (opened.length > 0) take(opened);
  });
}
