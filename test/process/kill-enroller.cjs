// Starts the enroller, kills it after a while, and looks at what is left.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { join } = require('node:path');
const Database = require('better-sqlite3');
const { createFaces, openGallery } = require('../../dist/index.js');
const { faceOf } = require('./made-up-face.cjs');

/** Kills it once it has acknowledged `after` enrolments and `delay` ms more; gives the numbers. */
exports.enrolAndKill = async (file, from, after, delay) => {
  const child = spawn(process.execPath, [join(__dirname, 'enroller.cjs'), file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.split('\n').length > after) resolve();
    });
    child.once('exit', () => reject(new Error('The enroller ended by itself.')));
  });
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  await once(child, 'close');
  return text.trim().split('\n').map(Number);
};

/** Numbers that are not found as they should be, and what SQLite says of the file. */
exports.examine = async (file, acknowledged) => {
  const faces = createFaces();
  const gallery = await openGallery({ file, faces });
  const kept = new Map();
  for await (const { subject, id } of gallery.entries()) kept.set(subject, id);
  const lost = acknowledged.filter((number) => !kept.has(`subject ${number}`));
  // Enrolled again, each is found as the entry that it is: the search agrees with the file.
  const wrong = [];
  for (const number of acknowledged) {
    const { entry, added } = await gallery.enroll(`subject ${number}`, faceOf(number));
    if (added || entry !== kept.get(`subject ${number}`)) wrong.push(number);
  }
  const duplicates = await gallery.duplicates({ threshold: 1e-4 });
  await gallery.close();
  await faces.close();
  const database = new Database(file, { readonly: true });
  const integrity = database.pragma('integrity_check', { simple: true });
  database.close();
  return { entries: kept.size, lost, wrong, duplicates: duplicates.length, integrity };
};
