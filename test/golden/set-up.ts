/** vitest's global set-up of what needs ../shared: without it nothing there means anything. */
import { missingShared } from '../data.js';

export default function setup(): void {
  const missing = missingShared();
  // Whoever only counts the tests needs no data.
  if (missing !== undefined && process.env.MNN_FACE_COUNT_ONLY !== '1') {
    throw new Error(
      `These tests need ${missing}, which is missing. Put the weights and pictures beside the checkout, or name their folder with MNN_FACE_SHARED.`,
    );
  }
}
