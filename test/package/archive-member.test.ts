/** What is taken out of archives: one file's bytes, whatever else an archive tries. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../process/run.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-archive-'));
const inner = join(folder, 'inner');
const secret = join(folder, 'secret');

/** Archives that no ordinary packer writes. */
const MAKE = `
import io, sys, tarfile, zipfile
folder, secret = sys.argv[1:]
def tar(name, entries, mode='w:gz'):
    with tarfile.open(f'{folder}/{name}', mode) as archive:
        for path, data, kind in entries:
            entry = tarfile.TarInfo(path)
            if kind is None:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
            else:
                entry.type, entry.linkname = kind, data
                archive.addfile(entry)
def zipped(name, entries):
    with zipfile.ZipFile(f'{folder}/{name}', 'w', zipfile.ZIP_DEFLATED) as archive:
        for path, data, mode in entries:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
good = b'weights' * 1000
tar('good.tgz', [('../../evil', b'x', None), ('/etc/evil', b'x', None), ('a/member', good, None)])
tar('good.tar', [('a/member', good, None)], 'w')
tar('symlink.tgz', [('a/member', secret, tarfile.SYMTYPE)])
tar('hardlink.tgz', [('secret', b'x', None), ('a/member', 'secret', tarfile.LNKTYPE)])
tar('device.tgz', [('a/member', '', tarfile.CHRTYPE)])
tar('folder.tgz', [('a/member', '', tarfile.DIRTYPE)])
tar('bomb.tgz', [('a/member', bytes(50_000_000), None)])
tar('other.tgz', [('b/member', good, None)])
zipped('good.zip', [('../../evil', b'x', 0o100644), ('a/member', good, 0o100644)])
zipped('symlink.zip', [('a/member', secret.encode(), 0o120777)])
zipped('bomb.zip', [('a/member', bytes(50_000_000), 0o100644)])
zipped('other.zip', [('b/member', good, 0o100644)])
packed = bytearray(open(f'{folder}/good.zip', 'rb').read())
packed[packed.index(b'a/member') + 12] ^= 255
open(f'{folder}/damaged.zip', 'wb').write(packed)
open(f'{folder}/cut.tgz', 'wb').write(open(f'{folder}/good.tgz', 'rb').read()[:60])
`;

beforeAll(() => {
  writeFileSync(secret, 'not to be read');
  execFileSync('python3', ['-c', MAKE, folder, secret]);
  execFileSync('mkdir', [inner]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function take(archive: string, most = 7000) {
  const script = join(root, 'tools', 'convert', 'archive_member.py');
  const args = [script, join(folder, archive), 'a/member', '--out', join(inner, 'taken')];
  return spawnSync('python3', [...args, '--max-bytes', String(most)], { encoding: 'utf8' });
}

test.each(['good.tgz', 'good.tar', 'good.zip'])('%s gives the member and nothing else', (name) => {
  const { status, stderr } = take(name);
  expect(status, stderr).toBe(0);
  expect(readFileSync(join(inner, 'taken'), 'utf8')).toBe('weights'.repeat(1000));
  expect(readdirSync(inner)).toEqual(['taken']);
  expect(existsSync(join(folder, 'evil'))).toBe(false);
  rmSync(join(inner, 'taken'));
});

test.each([
  ['symlink.tgz', /no ordinary file/],
  ['hardlink.tgz', /no ordinary file/],
  ['device.tgz', /no ordinary file/],
  ['folder.tgz', /no ordinary file/],
  ['bomb.tgz', /larger than it should be/],
  ['other.tgz', /There is no a\/member/],
  ['cut.tgz', /cannot be read|There is no/],
  ['symlink.zip', /no ordinary file/],
  ['bomb.zip', /larger than it should be/],
  ['other.zip', /There is no a\/member/],
  ['damaged.zip', /cannot be read/],
  ['none.zip', /There is no file/],
])('%s: exit 2, one sentence, nothing written', (name, message) => {
  const { status, stderr } = take(name);
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(message);
  expect(readdirSync(inner)).toEqual([]);
});
