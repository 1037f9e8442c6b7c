/**
 * Examples of answers, and of requests whose schemas have no example of their own, by the schema's name in the
 * document. All are about the same video, "Lesson 3".
 */

const ORIGIN = "https://tributary.example";
const ID = "0123456789abcdefghjk";
const CREATED_AT_MS = 1_795_777_200_000;
const ENDED_AT_MS = CREATED_AT_MS + 42_000;
const HOUR_MS = 3_600_000;
const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/** The handle of an upload. Like all texts that the site signs, it consists of content and signature. */
const SEALED = "eyJrZXkiOiJ1cGxvYWRzLzAifQ.c2lnbmF0dXJl";

const DETAILS = {
  title: "Lesson 3: fractions",
  description: "Halves, quarters and eighths.",
  language: "en",
  chapters: [
    { startSeconds: 0, title: "Halves" },
    { startSeconds: 6, title: "Quarters" },
  ],
};

const PICTURES = {
  poster: {
    path: `/v/${ID}/poster.jpg`,
    width: 1280,
    height: 720,
    source: "automatic",
    savedAtMs: ENDED_AT_MS,
  },
  storyboardPath: `/v/${ID}/storyboard.vtt`,
};

const VIDEO = {
  id: ID,
  name: DETAILS.title,
  ...DETAILS,
  ...PICTURES,
  downloads: true,
  original: null,
  state: "ready",
  errorCode: null,
  durationTicks: 1_080_000,
  width: 1280,
  height: 720,
  bytesStored: 5_242_880,
  createdAtMs: CREATED_AT_MS,
  endedAtMs: ENDED_AT_MS,
  visibility: "listed",
};

const CAPTIONS = {
  id: "s1a2b3c4d",
  language: "de",
  name: "Deutsch",
  isDefault: false,
  isForced: false,
  cues: 42,
  sourceTrack: null,
  createdAtMs: ENDED_AT_MS,
  notices: [],
  url: `${ORIGIN}/v/${ID}/s1a2b3c4d/captions.vtt`,
};

const SOURCE = {
  name: "lesson-3.mp4",
  sizeBytes: 7_340_032,
  fingerprint: SHA256,
  container: "mp4",
  durationTicks: 1_080_000,
  video: {
    codec: "avc1.64001f",
    width: 1280,
    height: 720,
    displayWidth: 1280,
    displayHeight: 720,
    rotation: 0,
    frames: 300,
    frameRate: 25,
    interlaced: false,
    bitDepth: 8,
    transfer: "sdr",
    frameStep: 1,
  },
  audio: [
    {
      track: 0,
      codec: "mp4a.40.2",
      channels: 2,
      sampleRate: 48_000,
      language: "en",
      title: null,
      isDefault: true,
      startTicks: 0,
      durationTicks: 1_080_000,
    },
  ],
  warnings: [],
  notices: [],
};

const RENDITIONS = {
  video: {
    id: "v720",
    kind: "video",
    width: 1280,
    height: 720,
    bitsPerSecond: 2_800_000,
    level: 31,
  },
  audio: {
    id: "a0",
    kind: "audio",
    track: 0,
    sampleRate: 48_000,
    channels: 2,
    bitsPerSecond: 128_000,
    language: "en",
    name: "English",
    isDefault: true,
  },
};

const SEGMENTS = [
  { index: 0, startTicks: 0, durations: [[150, 3_600]] },
  { index: 1, startTicks: 540_000, durations: [[150, 3_600]] },
];

const SETTINGS = {
  stageAll: false,
  servers: "when-needed",
  verify: "adaptive",
  unverified: "wait",
};

const JOB = {
  id: ID,
  state: "ready",
  name: DETAILS.title,
  title: DETAILS.title,
  error: null,
  createdAtMs: CREATED_AT_MS,
  firstPlayableAtMs: CREATED_AT_MS + 3_000,
  endedAtMs: ENDED_AT_MS,
  durationTicks: 1_080_000,
  segmentCount: 2,
  warnings: [],
  bytesStored: 5_242_880,
};

const POOL = { poolId: ID, name: "Media club", members: 12, working: 3, jobs: 1 };
const POOL_RULES = { maxMembers: 40, maxJobsEach: 20, servers: 1 };
const POOL_LINK = {
  linkId: "abcdefghjk0123456789",
  kind: "join",
  label: "Class 7b",
  expiresAtMs: CREATED_AT_MS + 365 * 24 * HOUR_MS,
};

const folder = `${ORIGIN}/v/~${SEALED}/${ID}`;

export const EXAMPLES: Readonly<Record<string, unknown>> = {
  Upload: { upload: SEALED, partSizeBytes: 8_388_608, partCount: 1 },
  PartUrls: { parts: [{ part: 1, url: "https://storage.example/part-1?X-Amz-Signature=0a1b" }] },
  CompletedUpload: { sizeBytes: 7_340_032 },
  UploadToken: { token: SEALED, expiresAtMs: CREATED_AT_MS + HOUR_MS },
  CreatePlannedJob: {
    plan: {
      source: SOURCE,
      video: [RENDITIONS.video],
      audio: [RENDITIONS.audio],
      segments: SEGMENTS,
      tasks: [
        { id: "v-0", kind: "video", renditions: ["v720"], firstSegment: 0, segmentCount: 1 },
        { id: "a0-0", kind: "audio", renditions: ["a0"], firstSegment: 0, segmentCount: 2 },
        { id: "v-1", kind: "video", renditions: ["v720"], firstSegment: 1, segmentCount: 1 },
      ],
    },
    visibility: "listed",
    details: DETAILS,
  },
  CreatedJob: {
    jobId: ID,
    ownerToken: SEALED,
    watchUrl: `${ORIGIN}/watch/${ID}`,
    masterUrl: `${ORIGIN}/v/${ID}/master.m3u8`,
  },
  JobCounts: {
    jobGroupId: ID,
    state: "running",
    error: null,
    createdAtMs: CREATED_AT_MS,
    firstPlayableAtMs: CREATED_AT_MS + 3_000,
    endedAtMs: null,
    bytesStored: 2_621_440,
    segments: { total: 4, done: 2 },
    tasks: {
      ...{ total: 3, failedAttempts: 0, waiting: 0, ready: 0, leased: 1 },
      ...{ checking: 0, backoff: 0, done: 2, failed: 0 },
    },
    holders: { total: 1, connected: 1 },
  },
  JobStatus: {
    ...JOB,
    progress: 1,
    settings: SETTINGS,
    tasksNeedingSource: 0,
    tasks: [],
    holders: [],
    details: DETAILS,
    ...PICTURES,
    source: SOURCE,
    renditions: [RENDITIONS.video, RENDITIONS.audio],
    segments: [],
  },
  Shared: {
    joinUrl: `${ORIGIN}/join/${ID}#${SEALED}`,
    expiresAtMs: CREATED_AT_MS + 24 * HOUR_MS,
    maxContributors: 50,
  },
  SocketTicket: { ticket: SEALED, expiresAtMs: CREATED_AT_MS + 60_000 },
  WebhookStatus: {
    url: "https://school.example/video-ready",
    deliveredAtMs: ENDED_AT_MS + 31_000,
    attempts: [
      { atMs: ENDED_AT_MS, status: null },
      { atMs: ENDED_AT_MS + 31_000, status: 204 },
    ],
  },
  Video: VIDEO,
  VideoPage: { videos: [VIDEO], cursor: null },
  ChangedVideo: { ...DETAILS, visibility: "listed" },
  VideoLink: {
    key: SEALED,
    expiresAtMs: CREATED_AT_MS + 24 * HOUR_MS,
    watchUrl: `${ORIGIN}/watch/${ID}?key=${SEALED}`,
    embedUrl: `${ORIGIN}/embed/${ID}?key=${SEALED}`,
    masterUrl: `${folder}/master.m3u8`,
    podcastUrl: `${folder}/podcast.m3u8`,
    dashUrl: `${folder}/manifest.mpd`,
    mp4Url: `${folder}/download.mp4`,
    posterUrl: `${folder}/poster.jpg`,
    storyboardUrl: `${folder}/storyboard.vtt`,
    chaptersUrl: `${folder}/chapters.vtt`,
    originalUrl: `${ORIGIN}/api/videos/${ID}/original?key=${SEALED}`,
  },
  Captions: CAPTIONS,
  CaptionsList: { captions: [CAPTIONS], sourceTracks: [] },
  NewCaptions: {
    language: "de",
    format: "srt",
    text: "1\n00:00:01,000 --> 00:00:03,500\nHallo!\n",
    isDefault: false,
    isForced: false,
    offsetSeconds: 0,
  },
  Pictures: PICTURES,
  Mp4Status: { state: "ready", url: `${ORIGIN}/v/${ID}/download.mp4`, sizeBytes: 4_823_449 },
  VideoCheck: {
    ok: true,
    objects: [{ path: "v720/playlist.m3u8", sizeBytes: 412, state: "ok" }],
  },
  VideoFiles: {
    folder: ID,
    durationSeconds: 12,
    tracks: [
      {
        rendition: "v720",
        kind: "video",
        name: "",
        width: 1280,
        height: 720,
        init: { path: `v720/init-${SHA256}-9b2cf535f27731c974343645a3985328.mp4`, sizeBytes: 862 },
        media: [
          {
            path: `v720/v-0_1-${SHA256}-9b2cf535f27731c974343645a3985328.m4s`,
            sizeBytes: 2_411_724,
            frames: 150,
          },
        ],
      },
    ],
    others: [{ path: "v720/playlist.m3u8", sizeBytes: 412 }],
  },
  OEmbed: {
    version: "1.0",
    type: "video",
    title: DETAILS.title,
    provider_name: "Tributary",
    provider_url: `${ORIGIN}/`,
    cache_age: 300,
    duration: 12,
    html: `<iframe src="${ORIGIN}/embed/${ID}" width="640" height="360"></iframe>`,
    width: 640,
    height: 360,
    thumbnail_url: `${ORIGIN}/v/${ID}/poster.jpg`,
    thumbnail_width: 1280,
    thumbnail_height: 720,
  },
  Overview: {
    videos: { ready: 41, planned: 1 },
    bytesStored: 21_474_836_480,
    reports: 0,
    rules: { mostSeconds: 7_200, mostSourceBytes: null, mostVideos: 500, deleteAfterDays: null },
  },
  Reports: {
    reports: [
      {
        id: 7,
        videoId: ID,
        title: DETAILS.title,
        reason: "privacy",
        text: "I am in it, and did not agree.",
        createdAtMs: ENDED_AT_MS,
      },
    ],
  },
  CatalogueBackup: {
    schemaVersion: 1,
    tables: { video_details: [{ id: ID, title: DETAILS.title, language: "en" }] },
  },
  Restored: { added: 3 },
  Site: { servers: true, createToken: false },
  CreatedPool: {
    poolId: ID,
    operatorToken: SEALED,
    operatorUrl: `${ORIGIN}/pool/${ID}/operate#${SEALED}`,
    joinUrl: `${ORIGIN}/pool/${ID}#${SEALED}`,
    askUrl: `${ORIGIN}/pool/${ID}#${SEALED}`,
  },
  Pool: POOL,
  PoolOverview: {
    ...POOL,
    createdAtMs: CREATED_AT_MS,
    rules: POOL_RULES,
    serversAtWork: 1,
    links: [{ ...POOL_LINK, members: 12, maxMembers: 30, lies: 0, isClosed: false }],
    memberList: [],
    queue: [],
    owners: [{ ownerId: "o1", linkId: POOL_LINK.linkId, jobs: 4, mediaSeconds: 1_260 }],
    history: [{ atMs: CREATED_AT_MS, members: 12, working: 3, jobs: 1 }],
  },
  PoolLink: { ...POOL_LINK, url: `${ORIGIN}/pool/${ID}#${SEALED}` },
  PoolTicket: { ticket: SEALED, expiresAtMs: CREATED_AT_MS + 60_000 },
  Problem: {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "NOT_FOUND",
    detail: "There is no such video.",
  },
};
