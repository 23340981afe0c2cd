/**
 * What our programs use of undici. Its own index also loads fetch, WebSockets, caches and mocks: a quarter of a bundle
 * that would be read, compiled and run at every start.
 */
import api from "undici/lib/api/index.js";
import Agent from "undici/lib/dispatcher/agent.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import { getGlobalDispatcher } from "undici/lib/global.js";

Object.assign(Dispatcher.prototype, api);

export { Agent, Dispatcher, ProxyAgent };

/** As undici's, for URLs as text or URL. */
export function request(url, { dispatcher = getGlobalDispatcher(), ...options } = {}) {
  const { origin, pathname, search } = new URL(url);
  return dispatcher.request({ method: "GET", ...options, origin, path: pathname + search });
}
