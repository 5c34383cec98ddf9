/** Writes files of torch's old format with any content, to try what reads them. */

const PROTOCOL = Buffer.from([0x80, 2]);
const STOP = Buffer.from('.');
export const REDUCE = Buffer.from('R');

export const GLOBAL = (module: string, name: string): Buffer =>
  Buffer.from(`c${module}\n${name}\n`);

export function unicode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.from([0x58, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export const tuple = (...items: Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);

/** A dictionary whose key is a tuple in a tuple in a tuple …, which overflows the stack to hash. */
export const nested = (depth: number): Buffer =>
  Buffer.concat([Buffer.from('})'), Buffer.alloc(depth, 0x85), Buffer.from('Ns')]);

/** Head, the pickle of these opcodes, and a list of no storages. */
export function legacyFile(...content: Uint8Array[]): Buffer {
  const pickle = (...opcodes: Uint8Array[]) => Buffer.concat([PROTOCOL, ...opcodes, STOP]);
  const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
  const system = [
    Buffer.from('}'),
    unicode('little_endian'),
    Buffer.from([0x88]),
    Buffer.from('s'),
  ];
  return Buffer.concat([
    pickle(magic),
    pickle(Buffer.from('4de903', 'hex')),
    pickle(...system),
    pickle(...content),
    pickle(Buffer.from(']')),
  ]);
}
