import type sharp from 'sharp';

/**
 * sharp, loaded at its first use: most pictures are JPEGs, which the addon decodes, and libvips takes
 * some 25 MB and 40 ms.
 *
 * @internal
 */
export function loadSharp(): typeof sharp {
  return require('sharp') as typeof sharp;
}
