// What a build from source needs and this machine has not; in words for the one who installs.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** mnn-sys needs cargo of Rust 2024. */
export const LEAST_CARGO = [1, 85];

function versionOf(command) {
  const result = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout : undefined;
}

/** Whether the first version in a text is at least `least`, [major, minor]. */
export function isNewEnough(text, least) {
  const found = /(\d+)\.(\d+)/
    .exec(text ?? '')
    ?.slice(1)
    .map(Number);
  if (found === undefined) return false;
  return found[0] > least[0] || (found[0] === least[0] && found[1] >= least[1]);
}

/** The tools that are missing or too old, e.g. `cmake >= 3.18`; empty when all are there. */
export function missingRequirements() {
  const missing = [];
  if (!isNewEnough(versionOf('cmake'), [3, 18])) missing.push('cmake >= 3.18');
  if (!isNewEnough(versionOf('cargo'), LEAST_CARGO)) {
    missing.push(`cargo (Rust) >= ${LEAST_CARGO.join('.')}`);
  }
  // On Windows CMake finds Visual Studio, which is on no path.
  if (process.platform !== 'win32') {
    if (versionOf(process.env.CXX ?? 'c++') === undefined) missing.push('a C++17 compiler');
    if (versionOf('make') === undefined) missing.push('make');
    if (process.arch === 'x64' && versionOf('nasm') === undefined) missing.push('nasm');
  }
  return missing;
}

/** How to get what is missing. */
export const HOW_TO_INSTALL = {
  linux:
    'Debian, Ubuntu, Raspberry Pi OS: sudo apt-get install cmake g++ make nasm libclang-dev, and Rust from rustup (or the package cargo, where it is new enough). Fedora: sudo dnf install cmake gcc-c++ make nasm clang-devel cargo.',
  darwin: 'macOS: xcode-select --install, then brew install cmake nasm rust.',
  win32:
    'Windows: Visual Studio Build Tools with C++, CMake, NASM, LLVM (LIBCLANG_PATH names its bin folder), and Rust from rustup.',
};
