/** A real HTTP server of files, as a mirror, and a real forward proxy; both count what is asked. */
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface FileServer {
  url: string;
  /** What is served, by path. Changed by tests as they like. */
  files: Map<string, Buffer>;
  /** Of one answer each, in order: how many bytes it gives before it stops, and waits. */
  cuts: number[];
  /** Breaks the line of an answer that stopped, once that many bytes of the file have arrived. */
  arrived(bytes: number): void;
  /** `METHOD /path range` of each request. */
  asked: string[];
  headers: IncomingMessage['headers'][];
  /** Another answer than a file, by path: a status, or an address to go to. */
  answers: Map<string, number | string>;
  /** Statuses of the next answers, before any file is given. */
  busy: number[];
  ranges: boolean;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function startFileServer(files: Record<string, Buffer> = {}): Promise<FileServer> {
  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? '/').split('?')[0] as string;
    const { range } = incoming.headers;
    state.asked.push([incoming.method, path, range].filter((part) => part).join(' '));
    state.headers.push(incoming.headers);
    const busy = state.busy.shift();
    if (busy !== undefined) return response.writeHead(busy).end();
    const answer = state.answers.get(path);
    if (typeof answer === 'string') return response.writeHead(302, { location: answer }).end();
    const file = state.files.get(path);
    if (answer !== undefined || file === undefined) return response.writeHead(answer ?? 404).end();
    const etag = `"${file.length}-${file.subarray(0, 8).toString('hex')}"`;
    const known = incoming.headers['if-range'];
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]);
    const partial = state.ranges && from > 0 && (known === undefined || known === etag);
    if (partial && from >= file.length) return response.writeHead(416).end();
    const body = partial ? file.subarray(from) : file;
    response.writeHead(partial ? 206 : 200, {
      etag,
      'content-length': body.length,
      ...(partial ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
    });
    const cut = state.cuts.shift();
    if (cut === undefined || cut >= body.length) return response.end(body);
    stopped.push({ at: file.length - body.length + cut, response });
    return response.write(body.subarray(0, cut));
  });
  const stopped: { at: number; response: ServerResponse }[] = [];
  const port = await listen(server);
  const state: FileServer = {
    url: `http://127.0.0.1:${port}`,
    files: new Map(Object.entries(files)),
    cuts: [],
    arrived: (bytes) => {
      for (const { at, response } of stopped) if (at === bytes) response.destroy();
    },
    asked: [],
    headers: [],
    answers: new Map(),
    busy: [],
    ranges: true,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}

/** Forwards plain http by address, and tunnels what asks for it; `asked` names what it was asked for. */
export async function startProxy(): Promise<{
  url: string;
  asked: string[];
  authorizations: (string | undefined)[];
  close(): Promise<void>;
}> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    authorizations.push(incoming.headers['proxy-authorization']);
    if (!incoming.url?.startsWith('http://')) return response.writeHead(400).end();
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = request(incoming.url, { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    return incoming.pipe(onward);
  });
  server.on('connect', (incoming: IncomingMessage, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    const [host, port] = (incoming.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
