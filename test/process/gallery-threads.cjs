// Cases of a gallery's threads, each in a process of its own: node gallery-threads.cjs CASE FOLDER
const { join } = require('node:path');
const threads = require('node:worker_threads');
const Database = require('better-sqlite3');

/** The threads that were started, to end them from outside. */
const started = [];
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    started.push(this);
  }
};

const { sqliteGalleryStore } = require('../../dist/index.js');

const [, , name, folder] = process.argv;
const file = join(folder, 'gallery.db');
const make = { model: 'm', fingerprint: 'm:1', dimension: 4 };
const vector = (seed) => {
  const values = Float32Array.from({ length: 4 }, (_, i) => Math.sin(seed * 7 + i * 3 + 1));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
};
const entry = (subject, seed) => ({
  subject,
  embedding: vector(seed),
  contentHash: `hash ${seed}`,
  source: null,
  metadata: null,
  crop: null,
});

async function open() {
  const store = sqliteGalleryStore({ file });
  await store.open(make, { keepCrops: false });
  return store;
}

async function outcome(promise) {
  return await promise.then(
    (value) => ({ value }),
    ({ code, message }) => ({ code, message }),
  );
}

const cases = {
  /** The writing thread ends before it has begun its work, the reading one while it is idle. */
  async dies() {
    const first = await open();
    await first.add([entry('Ada', 1)]);
    await first.close();
    const store = await open();
    const adding = outcome(store.add([entry('Bea', 2)]));
    const [reading, writing] = started.slice(2);
    await writing.terminate();
    const cut = await adding;
    await reading.terminate();
    const after = await store.search(vector(1), { limit: 1 });
    await store.add([entry('Bea', 2)]);
    const found = await store.search(vector(2), { limit: 1 });
    await store.close();
    return { cut, after: after[0].subject, found: found[0].subject, threads: started.length };
  },

  /** The program ends while a thread asks again and again for a lock. */
  async ends() {
    const store = await open();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    void store.add([entry('Ada', 1)]);
    // Two in turn: the first has had its answer when the second has.
    await store.stats();
    console.log('{}');
    process.exit();
  },

  /** Nobody closes it, and the program ends by itself. */
  async forgotten() {
    const store = await open();
    await store.add([entry('Ada', 1)]);
    return { entries: (await store.stats()).entries };
  },

  /** Closed with calls under way: they are done or refused, and nothing hangs. */
  async closed() {
    const store = await open();
    const calls = [store.add([entry('Ada', 1)]), store.subjects(), store.stats()].map(outcome);
    await store.close();
    const outcomes = await Promise.all(calls);
    return {
      codes: outcomes.map(({ code }) => code ?? 'done'),
      later: await outcome(store.stats()),
    };
  },

  /** Statements run in other threads: in this one, the driver refuses every one. */
  async elsewhere() {
    const refuse = () => {
      throw new Error('a statement on the event loop');
    };
    Object.assign(Database.prototype, { prepare: refuse, exec: refuse, pragma: refuse });
    const store = await open();
    await store.add([entry('Ada', 1), entry('Bea', 2)]);
    await store.distanceTo('Ada', vector(3));
    await store.find('Ada', 'hash 1');
    await store.forget('Ada');
    await store.subjects();
    await store.close();
    return { threads: started.length };
  },

  /** In a thread of a program, which has threads of its own then. */
  async within() {
    if (threads.isMainThread) {
      const thread = new Worker(__filename, { argv: [name, folder] });
      return await new Promise((resolve, reject) => {
        thread.once('message', resolve);
        thread.once('error', reject);
      });
    }
    const store = await open();
    await store.add([entry('Ada', 1)]);
    const [found] = await store.search(vector(1), { limit: 1 });
    await store.close();
    threads.parentPort.postMessage({ found: found.subject });
    return undefined;
  },

  /** Whoever was forgotten is found by no search that begins later, however many are under way. */
  async forgetting() {
    const store = await open();
    const people = Array.from({ length: 40 }, (_, i) => `p${i}`);
    await store.add(people.flatMap((person, i) => [entry(person, i), entry(person, i + 100)]));
    const wrong = [];
    const gone = new Set();
    let ended = false;
    const looking = async (seed) => {
      while (!ended) {
        const before = [...gone];
        const found = await store.search(vector(seed), { limit: 50 });
        const names = found.map(({ subject }) => subject);
        if (new Set(names).size !== names.length) wrong.push('twice');
        wrong.push(...names.filter((subject) => before.includes(subject)));
      }
    };
    const lookers = [1, 2, 3].map(looking);
    for (const [i, person] of people.entries()) {
      if (i % 3 === 0) await store.rename(person, `also ${person}`);
      if (i % 3 === 1) await store.rename(person, 'merged');
      if (i % 3 === 2) await store.forget(person);
      gone.add(person);
    }
    await store.forget('merged');
    gone.add('merged');
    const last = await store.search(vector(1), { limit: 50 });
    ended = true;
    await Promise.all(lookers);
    await store.close();
    return { wrong, left: last.length };
  },
};

cases[name]().then((result) => {
  if (result !== undefined) console.log(JSON.stringify(result));
});
