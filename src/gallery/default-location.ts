import { homedir } from 'node:os';
import { join } from 'node:path';

/** Unlike a cache, a gallery must not be lost: it stands with the user's data. */
function userDataDirectory(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'mnn-face');
  }
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'mnn-face');
  }
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'mnn-face');
}

/** @internal Where the command line keeps its gallery: `MNN_FACE_GALLERY`, else a file of the user's. */
export function defaultGallery(environment: NodeJS.ProcessEnv = process.env): string {
  return (
    environment.MNN_FACE_GALLERY || join(userDataDirectory(environment), 'mnn-face-gallery.db')
  );
}
