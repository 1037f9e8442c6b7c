/**
 * Rows of a job's coordinator exactly as commit 539cb1b wrote them: that commit's scheduler ran a job of eight
 * segments, and its store wrote each change. The helper has made the audio and the first segment, and the owner is
 * about to audit both. Of the other segments, two are leased to the helper, one is offered by a second helper, one
 * is in backoff after a failure, and three have no lease.
 *
 * At that commit, holders had no `faults` and no `guessedSpeed`, tasks had no `claims`, leases had no `pairedWith`
 * and no `engine`, and a lease's `audit` was a boolean.
 */
export const ROWS_OF_539CB1B: readonly { kind: string; id: string; json: string }[] = [
  {
    kind: "plan",
    id: "000000",
    json: '{"source":{"name":"clip.mp4","sizeBytes":1000,"fingerprint":"0000000000000000000000000000000000000000000000000000000000000000","container":"mp4","durationTicks":4320000,"video":{"codec":"avc1.64001e","width":640,"height":320,"displayWidth":640,"displayHeight":320,"rotation":0,"frames":1440,"frameRate":30,"interlaced":false,"bitDepth":8,"transfer":"sdr","frameStep":1},"audio":[],"warnings":[]},"video":[{"id":"v320","kind":"video","width":640,"height":320,"bitsPerSecond":500000,"level":30},{"id":"v160","kind":"video","width":320,"height":160,"bitsPerSecond":500000,"level":30}],"audio":[{"id":"a0","kind":"audio","track":0,"sampleRate":48000,"channels":2,"bitsPerSecond":128000,"language":"und","name":"Sound","isDefault":true}],"segments":[{"index":0,"startTicks":0,"durations":[[180,3000]]},{"index":1,"startTicks":540000,"durations":[[180,3000]]},{"index":2,"startTicks":1080000,"durations":[[180,3000]]},{"index":3,"startTicks":1620000,"durations":[[180,3000]]},{"index":4,"startTicks":2160000,"durations":[[180,3000]]},{"index":5,"startTicks":2700000,"durations":[[180,3000]]},{"index":6,"startTicks":3240000,"durations":[[180,3000]]},{"index":7,"startTicks":3780000,"durations":[[180,3000]]}],"tasks":[{"id":"a0-0","kind":"audio","renditions":["a0"],"firstSegment":0,"segmentCount":8},{"id":"v-0","kind":"video","renditions":["v320","v160"],"firstSegment":0,"segmentCount":1},{"id":"v-1","kind":"video","renditions":["v320","v160"],"firstSegment":1,"segmentCount":1},{"id":"v-2","kind":"video","renditions":["v320","v160"],"firstSegment":2,"segmentCount":1},{"id":"v-3","kind":"video","renditions":["v320","v160"],"firstSegment":3,"segmentCount":1},{"id":"v-4","kind":"video","renditions":["v320","v160"],"firstSegment":4,"segmentCount":1},{"id":"v-5","kind":"video","renditions":["v320","v160"],"firstSegment":5,"segmentCount":1},{"id":"v-6","kind":"video","renditions":["v320","v160"],"firstSegment":6,"segmentCount":1},{"id":"v-7","kind":"video","renditions":["v320","v160"],"firstSegment":7,"segmentCount":1}]}',
  },
  {
    kind: "token",
    id: "owner",
    json: '{"hash":"owner","role":"owner"}',
  },
  {
    kind: "token",
    id: "link",
    json: '{"hash":"link","role":"contributor","link":{"expiresAtMs":9000000000000000,"maxContributors":50}}',
  },
  {
    kind: "job",
    id: "job",
    json: '{"id":"0123456789abcdefghjk","state":"running","error":null,"warnings":[],"createdAtMs":1000000,"firstPlayableAtMs":null,"endedAtMs":null,"bytesStored":11800,"tasksDone":2,"settings":{"stageAll":false,"servers":"when-needed","verify":"adaptive"},"origin":"http://localhost","hasServers":false,"serverCalls":[],"serversCalled":0,"unattendedSinceMs":null,"seed":"seed","unauditedSinceMs":null,"backupDueAtMs":null,"stuckSinceMs":null,"chores":{}}',
  },
  {
    kind: "holder",
    id: "owner",
    json: '{"id":"owner","role":"owner","principal":"owner","name":"owner","device":"test","slots":2,"engines":["ffmpeg-wasm"],"hasSource":true,"want":0,"connectionId":"c-owner","silent":false,"agreed":0,"banned":false,"tasksDone":0,"mediaTicks":0,"workMs":0}',
  },
  {
    kind: "task",
    id: "a0-0",
    json: '{"id":"a0-0","state":"done","failures":0,"lastError":null,"readyAtMs":0,"granted":2,"leases":["a0-0_2"],"done":{"holderId":"helper","leaseId":"a0-0_1","engine":"ffmpeg-wasm","acceptedAtMs":1001000,"verified":"gate"},"proof":"wanted","notFor":[],"chunk":{"info":{"taskId":"a0-0","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/a0-0-61302d3000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-0",
    json: '{"id":"v-0","state":"done","failures":0,"lastError":null,"readyAtMs":0,"granted":2,"leases":["v-0_2"],"done":{"holderId":"helper","leaseId":"v-0_1","engine":"ffmpeg-wasm","acceptedAtMs":1002000,"verified":"gate"},"proof":"wanted","notFor":[],"chunk":{"info":{"taskId":"v-0","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-0-762d300000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-1",
    json: '{"id":"v-1","state":"leased","failures":0,"lastError":null,"readyAtMs":0,"granted":1,"leases":["v-1_1"],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-1","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-1-762d310000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-2",
    json: '{"id":"v-2","state":"leased","failures":0,"lastError":null,"readyAtMs":0,"granted":1,"leases":["v-2_1"],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-2","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-2-762d320000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "holder",
    id: "helper",
    json: '{"id":"helper","role":"contributor","principal":"link","name":"helper","device":"test","slots":2,"engines":["ffmpeg-wasm"],"hasSource":false,"want":0,"connectionId":"c-helper","silent":false,"agreed":0,"banned":false,"tasksDone":2,"mediaTicks":540000,"workMs":2000}',
  },
  {
    kind: "task",
    id: "v-3",
    json: '{"id":"v-3","state":"leased","failures":0,"lastError":null,"readyAtMs":0,"granted":1,"leases":["v-3_1"],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-3","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-3-762d330000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-4",
    json: '{"id":"v-4","state":"backoff","failures":1,"lastError":"WORKER_CRASHED","readyAtMs":1033000,"granted":1,"leases":[],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-4","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-4-762d340000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-5",
    json: '{"id":"v-5","state":"ready","failures":0,"lastError":null,"readyAtMs":0,"granted":0,"leases":[],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-5","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-5-762d350000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "task",
    id: "v-6",
    json: '{"id":"v-6","state":"ready","failures":0,"lastError":null,"readyAtMs":0,"granted":0,"leases":[],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-6","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-6-762d360000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "holder",
    id: "other",
    json: '{"id":"other","role":"contributor","principal":"link","name":"other","device":"test","slots":2,"engines":["ffmpeg-wasm"],"hasSource":false,"want":0,"connectionId":"c-other","silent":false,"agreed":0,"banned":false,"tasksDone":0,"mediaTicks":0,"workMs":0}',
  },
  {
    kind: "task",
    id: "v-7",
    json: '{"id":"v-7","state":"ready","failures":0,"lastError":null,"readyAtMs":0,"granted":0,"leases":[],"done":null,"proof":"clear","notFor":[],"chunk":{"info":{"taskId":"v-7","sizeBytes":1000,"baseTicks":0,"trimStartTicks":0,"trimEndTicks":540000},"key":"chunks/0123456789abcdefghjk/v-7-762d370000000000000000000000000000000000000000000000000000000000.mp4","md5":"AAAAAAAAAAAAAAAAAAAAAA==","stored":true},"staging":null}',
  },
  {
    kind: "init",
    id: "a0/ffmpeg-wasm",
    json: '{"rendition":"a0","engine":"ffmpeg-wasm","key":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sha256":"6130000000000000000000000000000000000000000000000000000000000000","sizeBytes":600,"taskId":"a0-0"}',
  },
  {
    kind: "accepted",
    id: "a0/0",
    json: '{"rendition":"a0","segment":0,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130300000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130300000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/1",
    json: '{"rendition":"a0","segment":1,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130310000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130310000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/2",
    json: '{"rendition":"a0","segment":2,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130320000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130320000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/3",
    json: '{"rendition":"a0","segment":3,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130330000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130330000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/4",
    json: '{"rendition":"a0","segment":4,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130340000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130340000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/5",
    json: '{"rendition":"a0","segment":5,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130350000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130350000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/6",
    json: '{"rendition":"a0","segment":6,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130360000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130360000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "a0/7",
    json: '{"rendition":"a0","segment":7,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/a0/6130370000000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/a0/6130000000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"6130370000000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "init",
    id: "v320/ffmpeg-wasm",
    json: '{"rendition":"v320","engine":"ffmpeg-wasm","key":"v/0123456789abcdefghjk/v320/7633323000000000000000000000000000000000000000000000000000000000.mp4","sha256":"7633323000000000000000000000000000000000000000000000000000000000","sizeBytes":600,"taskId":"v-0"}',
  },
  {
    kind: "init",
    id: "v160/ffmpeg-wasm",
    json: '{"rendition":"v160","engine":"ffmpeg-wasm","key":"v/0123456789abcdefghjk/v160/7631363000000000000000000000000000000000000000000000000000000000.mp4","sha256":"7631363000000000000000000000000000000000000000000000000000000000","sizeBytes":600,"taskId":"v-0"}',
  },
  {
    kind: "accepted",
    id: "v320/0",
    json: '{"rendition":"v320","segment":0,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/v320/7633323030000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/v320/7633323000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"7633323030000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "accepted",
    id: "v160/0",
    json: '{"rendition":"v160","segment":0,"frames":180,"durationTicks":540000,"fragments":[{"offsetBytes":0,"sizeBytes":1000,"keyFrameBytes":100,"durationTicks":540000}],"codec":"avc1.64001e","key":"v/0123456789abcdefghjk/v160/7631363030000000000000000000000000000000000000000000000000000000.m4s","initKey":"v/0123456789abcdefghjk/v160/7631363000000000000000000000000000000000000000000000000000000000.mp4","sizeBytes":1000,"sha256":"7631363030000000000000000000000000000000000000000000000000000000","provenance":{"holder":"helper","role":"contributor","engine":"ffmpeg-wasm","attempt":1,"encodeMs":2000,"verified":"gate"}}',
  },
  {
    kind: "lease",
    id: "a0-0_2",
    json: '{"id":"a0-0_2","taskId":"a0-0","holderId":"owner","audit":true,"attempt":1,"grantedAtMs":1002500,"phase":"working","outputs":null,"made":null,"checks":0,"checkDueAtMs":0,"heardAtMs":1002500}',
  },
  {
    kind: "lease",
    id: "v-0_2",
    json: '{"id":"v-0_2","taskId":"v-0","holderId":"owner","audit":true,"attempt":1,"grantedAtMs":1002500,"phase":"working","outputs":null,"made":null,"checks":0,"checkDueAtMs":0,"heardAtMs":1002500}',
  },
  {
    kind: "lease",
    id: "v-1_1",
    json: '{"id":"v-1_1","taskId":"v-1","holderId":"helper","audit":false,"attempt":1,"grantedAtMs":1003000,"phase":"working","outputs":null,"made":null,"checks":0,"checkDueAtMs":0,"heardAtMs":1003000}',
  },
  {
    kind: "lease",
    id: "v-2_1",
    json: '{"id":"v-2_1","taskId":"v-2","holderId":"helper","audit":false,"attempt":1,"grantedAtMs":1003000,"phase":"working","outputs":null,"made":null,"checks":0,"checkDueAtMs":0,"heardAtMs":1003000}',
  },
  {
    kind: "lease",
    id: "v-3_1",
    json: '{"id":"v-3_1","taskId":"v-3","holderId":"other","audit":false,"attempt":1,"grantedAtMs":1003000,"phase":"offered","outputs":[{"rendition":"v320","kind":"init","segment":3,"sizeBytes":600,"sha256":"7633323000000000000000000000000000000000000000000000000000000000","md5":"AAAAAAAAAAAAAAAAAAAAAA==","frames":0},{"rendition":"v320","kind":"media","segment":3,"sizeBytes":1000,"sha256":"7633323033000000000000000000000000000000000000000000000000000000","md5":"AAAAAAAAAAAAAAAAAAAAAA==","frames":180},{"rendition":"v160","kind":"init","segment":3,"sizeBytes":600,"sha256":"7631363000000000000000000000000000000000000000000000000000000000","md5":"AAAAAAAAAAAAAAAAAAAAAA==","frames":0},{"rendition":"v160","kind":"media","segment":3,"sizeBytes":1000,"sha256":"7631363033000000000000000000000000000000000000000000000000000000","md5":"AAAAAAAAAAAAAAAAAAAAAA==","frames":180}],"made":null,"checks":0,"checkDueAtMs":0,"heardAtMs":1003000}',
  },
];
