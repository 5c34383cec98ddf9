/** The thread of a gallery's file: does what `FileThread` asks, one thing after another. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { MnnFaceError } from '../../errors.js';
import { type Call, dataOfError, type OperationName, type ThreadData } from './messages.js';
import { READING } from './reading.js';
import { FileSession, type Session } from './session.js';
import { transferListOf } from './transfer-list.js';
import { WRITING } from './writing.js';

type AnyOperation = (session: Session, ...args: readonly never[]) => unknown;

const OPERATIONS = { ...READING, ...WRITING } as unknown as Record<OperationName, AnyOperation>;

function serve(port: MessagePort, data: ThreadData): void {
  const file = new FileSession(data);
  const underWay = new Set<Promise<void>>();

  async function answer({ id, name, args }: Exclude<Call, 'close'>): Promise<void> {
    try {
      const value = await file.do((session) => OPERATIONS[name](session, ...(args as never[])));
      port.postMessage({ id, value }, transferListOf(value));
    } catch (error) {
      port.postMessage({ id, error: dataOfError(error) });
    }
  }

  async function close(): Promise<void> {
    file.close();
    await Promise.all(underWay);
    port.close();
  }

  port.on('message', (call: Call) => {
    if (call === 'close') {
      void close();
      return;
    }
    const answering = answer(call).finally(() => underWay.delete(answering));
    underWay.add(answering);
  });
}

if (parentPort === null) {
  throw new MnnFaceError('ERR_INTERNAL', 'This file is run as a thread by mnn-face itself.');
}
serve(parentPort, workerData as ThreadData);
