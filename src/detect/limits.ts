/**
 * How many candidates each step looks at, and how large one run of a network may be. What is above
 * is left out, the worst scores first. No picture that the references were run on comes near them;
 * they bound the work and the memory that a picture's content can ask for. See docs/reliability.md.
 */

/** RFB and slim, `nms: 'hard'`: the reference looks at the best 200 only (hard_nms, candidate_size). */
export const HARD_CANDIDATES = 200;

/** RFB and slim, `nms: 'blend'`: more than the 4,420 priors of 320x240. */
export const BLEND_CANDIDATES = 8192;

/** YuNet: OpenCV's FaceDetectorYN looks at the best 5,000 (top_k). */
export const YUNET_CANDIDATES = 5000;

/** YuNet: cells above the threshold that are kept to find the best among. */
export const YUNET_CELLS = 50_000;

/** MTCNN: cells above P-Net's threshold in one scale; boxes of all scales together. */
export const MTCNN_PROPOSALS = 100_000;

/** MTCNN: boxes that R-Net and O-Net look at. */
export const MTCNN_REFINED = { 'mtcnn-rnet': 50_000, 'mtcnn-onet': 20_000 } as const;

/**
 * MTCNN: pixels of the largest level of the pyramid. Larger ones are left out, so that the least size
 * of a face rises; with the default of 20 pixels, from pictures of 178 megapixels.
 */
export const PYRAMID_PIXELS = 64_000_000;

/**
 * MTCNN: a picture whose largest level has more pixels than this is run in tiles. With the default
 * `minSize` that is a picture of 1.45 megapixels.
 */
export const PNET_PIXELS = 512 * 1024;

/** MTCNN: pixels of a tile. */
export const PNET_TILE_PIXELS = 192 * 1024;

/** MTCNN: tiles of one picture under way at a time. */
export const PNET_TILES = 2;

/** YuNet: pixels of its input in one run; a larger one is run in tiles. */
export const YUNET_PIXELS = 4_000_000;

/** YuNet: a larger picture is shrunk to this side. */
export const YUNET_SIDE = 4096;
