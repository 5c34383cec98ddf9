// What a runtime has to get right: the work, its errors, many calls at a time, and to end by itself.
//   RUNTIME runtime.cjs PACKAGE SHARED
const { join } = require('node:path');

const [root, shared] = process.argv.slice(2);
const { createFaces } = require(join(root, 'dist', 'index.js'));
const image = (name) => join(shared, 'images', name);

async function main() {
  const faces = createFaces({ cache: true });
  const codeOf = (promise) => promise.then(String, ({ name, code }) => `${name} ${code}`);
  const result = {
    compare: await faces.compare(image('test4.jpg'), image('test5.jpg')),
    concurrent: (
      await Promise.all(Array.from({ length: 20 }, () => faces.detect(image('test.jpg'))))
    ).map(({ faces: found }) => found[0].score),
    cache: faces.cacheStats?.() ?? null,
    'an error of the library': await codeOf(
      faces.compare(image('crowd/12.jpg'), image('test.jpg')),
    ),
    'an error of arguments': await codeOf((async () => createFaces({ lanes: 0 }))()),
  };
  await faces.close();
  console.log(JSON.stringify(result));
}

main();
