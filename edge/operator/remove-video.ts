import { deleteVideo } from "../catalog/delete-video.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { forgetAccess } from "../http/video-access.ts";
import { sourceJobOf } from "../source-jobs/source-job-stub.ts";

/**
 * Deletes an ended video for good: its job, its objects and its rows.
 * @returns false where its job still runs
 */
export async function removeVideo(env: Cloudflare.Env, id: string): Promise<boolean> {
  // The job comes first. As long as its coordinator has it, the video is shown and its playlists are rendered.
  if (!(await coordinatorOf(env, id).forget(id))) return false;
  await deleteVideo(env, id);
  await sourceJobOf(env, id).dropSource();
  forgetAccess(id);
  return true;
}
