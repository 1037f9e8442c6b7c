/**
 * The player.js protocol (github.com/embedly/player.js, SPEC.rst), by which a page that frames the player controls it
 * and gets its events. Volumes are 0..100, times are in seconds.
 */

const CONTEXT = "player.js";
const VERSION = "0.0.11";

const EVENTS = ["ready", "play", "pause", "ended", "timeupdate", "progress", "error", "seeked"];

/** Methods that the framing page can call by message; getters return the answer. */
const METHODS: Record<string, (video: HTMLVideoElement, value: unknown) => unknown> = {
  play: (video) => {
    // Browsers refuse where the person has not interacted with the page and the video is not muted.
    video.play().catch(() => undefined);
  },
  pause: (video) => video.pause(),
  getPaused: (video) => video.paused,
  mute: (video) => {
    video.muted = true;
  },
  unmute: (video) => {
    video.muted = false;
  },
  getMuted: (video) => video.muted,
  setVolume: (video, value) => {
    if (isFiniteNumber(value)) video.volume = Math.min(1, Math.max(0, value / 100));
  },
  getVolume: (video) => Math.round(video.volume * 100),
  getDuration: (video) => finite(video.duration),
  setCurrentTime: (video, value) => {
    if (isFiniteNumber(value)) video.currentTime = Math.max(0, value);
  },
  getCurrentTime: (video) => video.currentTime,
  setLoop: (video, value) => {
    video.loop = value === true;
  },
  getLoop: (video) => video.loop,
};

interface Asked {
  method: string;
  value: unknown;
  listener: string | number | null;
}

/**
 * Answers the page that frames this one, until the signal aborts.
 * @param findVideo the player's element; null while there is none
 */
export function answerPlayerJs(
  findVideo: () => HTMLVideoElement | null,
  frame: Window,
  signal: AbortSignal,
): void {
  const parent = frame.parent;
  if (parent === frame) return;
  /** Listener names that the framing page gave, by event name; null for a listener without a name. */
  const listeners = new Map<string, Set<Asked["listener"]>>();

  const send = (event: string, value: unknown, listener: Asked["listener"]) => {
    const message = { context: CONTEXT, version: VERSION, event, value };
    const text = JSON.stringify(listener === null ? message : { ...message, listener });
    // Sent to any origin: the messages hold nothing that the framing page must not know.
    parent.postMessage(text, "*");
  };
  const emit = (event: string, value?: unknown) => {
    for (const listener of listeners.get(event) ?? []) send(event, value, listener);
  };
  const ready = {
    src: frame.location.href,
    events: EVENTS,
    methods: [...Object.keys(METHODS), "addEventListener", "removeEventListener"],
  };

  const take = ({ method, value, listener }: Asked) => {
    if (method === "addEventListener" && typeof value === "string") {
      listeners.set(value, (listeners.get(value) ?? new Set()).add(listener));
      if (value === "ready") send("ready", ready, listener);
    } else if (method === "removeEventListener" && typeof value === "string") {
      listeners.get(value)?.delete(listener);
    } else if (Object.hasOwn(METHODS, method)) {
      const video = findVideo();
      const answer = video === null ? undefined : METHODS[method]?.(video, value);
      if (method.startsWith("get")) send(method, answer ?? null, listener);
    } else {
      emit("error", { code: 2, msg: `Invalid method "${method}"` });
    }
  };

  frame.addEventListener(
    "message",
    ({ source, data }) => {
      const asked = source === parent ? askedIn(data) : null;
      if (asked !== null) take(asked);
    },
    { signal },
  );
  const heard: Record<string, (video: HTMLVideoElement) => void> = {
    play: () => emit("play"),
    pause: () => emit("pause"),
    ended: () => emit("ended"),
    seeked: () => emit("seeked"),
    error: () => emit("error", { code: 1, msg: "The video does not play here." }),
    timeupdate: ({ currentTime, duration }) =>
      emit("timeupdate", { seconds: currentTime, duration: finite(duration) }),
    progress: ({ buffered, duration }) => {
      const end = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
      emit("progress", { percent: duration > 0 ? Math.min(1, end / duration) : 0 });
    },
  };
  // Media events do not bubble, so they are captured at the document, for whichever element is the player's.
  for (const [name, tell] of Object.entries(heard)) {
    const listener = ({ target }: Event) => {
      if (target instanceof HTMLVideoElement && target === findVideo()) tell(target);
    };
    frame.document.addEventListener(name, listener, { capture: true, signal });
  }
  send("ready", ready, null);
}

/** Parses a message; null where it is not a player.js message. */
function askedIn(data: unknown): Asked | null {
  let message = data;
  if (typeof data === "string") {
    try {
      message = JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (typeof message !== "object" || message === null) return null;
  const { context, method, value, listener } = message as Record<string, unknown>;
  if (context !== CONTEXT || typeof method !== "string") return null;
  const isNamed = typeof listener === "string" || typeof listener === "number";
  return { method, value, listener: isNamed ? listener : null };
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A duration for JSON: 0 for a growing stream, whose duration may be infinite. */
function finite(duration: number): number {
  return Number.isFinite(duration) ? duration : 0;
}
