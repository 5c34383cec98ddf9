declare module 'node-gyp-build' {
  /** Loads the addon of the package in `directory`: its prebuild, else its build/Release. */
  function nodeGypBuild(directory: string): unknown;
  export = nodeGypBuild;
}
