/** The way out to the network: by the proxy that the environment names for an address, if any. */
import { getProxyForUrl } from 'proxy-from-env';
import { Agent, Dispatcher, ProxyAgent } from 'undici';

/** A host that does not answer is given up after these. */
const TIMEOUTS = { connect: { timeout: 15_000 }, headersTimeout: 30_000, bodyTimeout: 60_000 };

/**
 * Sends each request by `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`, less the hosts of `NO_PROXY`, in
 * either case; redirects are judged anew.
 */
class EnvironmentProxies extends Dispatcher {
  readonly #agents = new Map<string, Dispatcher>();

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandlers,
  ): boolean {
    return this.#agentFor(getProxyForUrl(String(options.origin))).dispatch(options, handler);
  }

  /** Ends all connections, so that nothing keeps the process alive. */
  async end(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
    this.#agents.clear();
  }

  #agentFor(proxy: string): Dispatcher {
    let agent = this.#agents.get(proxy);
    if (agent === undefined) {
      // Plain http is forwarded by address, as other clients do; many proxies tunnel https only.
      agent =
        proxy === ''
          ? new Agent(TIMEOUTS)
          : new ProxyAgent({ ...TIMEOUTS, uri: proxy, proxyTunnel: false });
      this.#agents.set(proxy, agent);
    }
    return agent;
  }
}

/** Calls `work` with a dispatcher for its requests, and ends its connections afterwards. */
export async function withProxies<T>(work: (dispatcher: Dispatcher) => Promise<T>): Promise<T> {
  const dispatcher = new EnvironmentProxies();
  try {
    return await work(dispatcher);
  } finally {
    await dispatcher.end();
  }
}
