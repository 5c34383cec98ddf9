// import of the CommonJS package by name.
//   RUNTIME runtime-import.mjs PACKAGE
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const { createFaces } = await import(pathToFileURL(join(process.argv[2], 'dist', 'index.js')).href);
console.log(JSON.stringify(typeof createFaces));
