/** Work that waits until there is room for its memory. */

interface Waiting {
  bytes: number;
  start: () => void;
}

/**
 * Lets work begin, first come first served, while what is under way takes no more than `most` bytes
 * together; work that takes more by itself runs alone.
 */
export class ByteBudget {
  readonly #waiting: Waiting[] = [];
  #used = 0;
  #running = 0;

  constructor(readonly most: number) {}

  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ bytes, start });
      this.#startWhatFits();
    });
    try {
      return await work();
    } finally {
      this.#used -= bytes;
      this.#running--;
      this.#startWhatFits();
    }
  }

  #startWhatFits(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      if (this.#running > 0 && this.#used + next.bytes > this.most) return;
      this.#waiting.shift();
      this.#used += next.bytes;
      this.#running++;
      next.start();
    }
  }
}
