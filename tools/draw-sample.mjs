// Draws docs/sample-a.png and docs/sample-b.png: made-up people that the detector takes for faces,
// so that the repository needs no photographs of anybody. Then docs/result.png, what `compare`
// makes of them.
//   node tools/draw-sample.mjs      (after npm run setup)
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function person({ skin, shade, hair, shirt, background, x, turn, smile }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480" viewBox="0 0 640 480">
  <defs>
    <radialGradient id="skin" cx="45%" cy="40%" r="70%">
      <stop offset="0" stop-color="${skin}"/><stop offset="1" stop-color="${shade}"/>
    </radialGradient>
    <linearGradient id="back" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="${background[0]}"/><stop offset="1" stop-color="${background[1]}"/>
    </linearGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="1.6"/></filter>
    <filter id="softer"><feGaussianBlur stdDeviation="5"/></filter>
  </defs>
  <rect width="640" height="480" fill="url(#back)"/>
  <g transform="translate(${x} 0) rotate(${turn} 320 240)" filter="url(#soft)">
    <path d="M150 480 C160 390 240 370 290 360 L350 360 C400 370 480 390 490 480 Z" fill="${shirt}"/>
    <path d="M280 300 L360 300 L366 372 Q320 400 274 372 Z" fill="${shade}"/>
    <path d="M208 205 C200 90 250 60 320 60 C390 60 440 90 432 205 L420 250 L220 250 Z" fill="${hair}"/>
    <ellipse cx="320" cy="220" rx="94" ry="124" fill="url(#skin)"/>
    <path d="M226 190 C230 120 280 96 330 104 C390 110 412 140 414 190 C396 150 370 138 320 138 C270 138 244 152 226 190 Z" fill="${hair}"/>
    <ellipse cx="262" cy="262" rx="26" ry="18" fill="#d98a7a" opacity=".35" filter="url(#softer)"/>
    <ellipse cx="378" cy="262" rx="26" ry="18" fill="#d98a7a" opacity=".35" filter="url(#softer)"/>
    <ellipse cx="281" cy="212" rx="25" ry="15" fill="${shade}" opacity=".8" filter="url(#softer)"/>
    <ellipse cx="359" cy="212" rx="25" ry="15" fill="${shade}" opacity=".8" filter="url(#softer)"/>
    <path d="M256 190 Q281 174 304 188" stroke="${hair}" stroke-width="8" fill="none" stroke-linecap="round"/>
    <path d="M336 188 Q359 174 384 190" stroke="${hair}" stroke-width="8" fill="none" stroke-linecap="round"/>
    <path d="M260 213 Q281 198 302 213 Q281 224 260 213 Z" fill="#f4efe9"/>
    <path d="M338 213 Q359 198 380 213 Q359 224 338 213 Z" fill="#f4efe9"/>
    <circle cx="282" cy="211" r="9" fill="#3a2a20"/><circle cx="360" cy="211" r="9" fill="#3a2a20"/>
    <circle cx="285" cy="208" r="2.5" fill="#fff"/><circle cx="363" cy="208" r="2.5" fill="#fff"/>
    <path d="M258 212 Q281 195 304 212 M336 212 Q359 195 382 212" stroke="#2b1d16" stroke-width="4" fill="none"/>
    <path d="M314 205 Q308 245 300 258 Q306 270 320 270 Q334 270 340 258 Q332 245 326 205 Z" fill="${shade}" opacity=".55" filter="url(#softer)"/>
    <path d="M302 262 Q310 270 320 268 Q330 270 338 262" stroke="#6d3f30" stroke-width="4" fill="none" stroke-linecap="round"/>
    <path d="M284 ${296 - smile} Q302 288 320 293 Q338 288 356 ${296 - smile} Q338 ${312 + smile} 320 ${313 + smile} Q302 ${312 + smile} 284 ${296 - smile} Z" fill="#a8463f"/>
    <path d="M284 ${296 - smile} Q320 303 356 ${296 - smile}" stroke="#6a2522" stroke-width="3.5" fill="none"/>
    <path d="M290 336 Q320 350 350 336" stroke="${shade}" stroke-width="6" fill="none" opacity=".6" filter="url(#softer)"/>
  </g></svg>`;
}

const people = {
  a: {
    skin: '#e8b998',
    shade: '#b9825f',
    hair: '#3b2416',
    shirt: '#2d5f8b',
    background: ['#9fb4c2', '#5d7686'],
    x: -40,
    turn: -3,
    smile: 4,
  },
  b: {
    skin: '#e3b18f',
    shade: '#b27b58',
    hair: '#3b2416',
    shirt: '#7a3b46',
    background: ['#c8bda6', '#7f7560'],
    x: 50,
    turn: 4,
    smile: 1,
  },
};
for (const [name, looks] of Object.entries(people)) {
  await sharp(Buffer.from(person(looks)))
    .png({ compressionLevel: 9 })
    .toFile(join(root, 'docs', `sample-${name}.png`));
}
spawnSync(
  process.execPath,
  [
    join(root, 'dist/cli/main.js'),
    'compare',
    'docs/sample-a.png',
    'docs/sample-b.png',
    '--annotate',
    'docs/result.png',
  ],
  { cwd: root, stdio: 'inherit' },
);
