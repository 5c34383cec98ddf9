// Enrols made-up faces until it is killed, and says on stdout what was acknowledged, a number a line.
//   node test/process/enroller.cjs FILE FROM
const { writeSync } = require('node:fs');
const { createFaces, openGallery } = require('../../dist/index.js');
const { faceOf } = require('./made-up-face.cjs');

async function main(file, from) {
  const gallery = await openGallery({ file, faces: createFaces() });
  // Four under way at a time, as the command line has them.
  let next = from;
  const work = async () => {
    for (;;) {
      const number = next++;
      await gallery.enroll(`subject ${number}`, faceOf(number));
      writeSync(1, `${number}\n`);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
}

main(process.argv[2], Number(process.argv[3]));
