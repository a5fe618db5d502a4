// The public API from a page: session and CSRF, time limits, and errors that say what happened.
const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  constructor(status, data = {}) {
    super(data.detail || `HTTP ${status}`);
    this.status = status; // 0: no answer came
    this.data = data;
  }

  // {field: "first message"} of a 400.
  get fields() {
    if (this.status !== 400 || typeof this.data !== "object") return {};
    const pairs = Object.entries(this.data).filter(([name]) => name !== "detail");
    return Object.fromEntries(pairs.map(([name, texts]) => [name, [texts].flat(Infinity).map(String).join(" ")]));
  }

  // What happened, in words for the person in front.
  get words() {
    if (this.status === 0) return gettext("No hay conexión. Nada se perdió: vuelve a intentarlo cuando regrese.");
    if (this.status === 401) return gettext("Tu sesión terminó. Entra otra vez; lo que escribiste sigue aquí.");
    if (this.status === 403 && this.data.code) return this.data.detail; // a password is to be changed first, …
    if (this.status === 403) return gettext("La página caducó. Recárgala y vuelve a intentarlo.");
    if (this.status === 404) return gettext("Ya no existe. Puede que se haya borrado en otra ventana.");
    if (this.status === 413) return gettext("Es demasiado grande para enviarlo.");
    if (this.status === 429) return gettext("Vas muy rápido. Espera un momento y vuelve a intentarlo.");
    if (this.status >= 500) return gettext("Algo falló de nuestro lado. No se guardó nada a medias: vuelve a intentarlo.");
    return this.data.detail || [this.data.non_field_errors].flat().filter(Boolean).join(" ")
      || gettext("No se pudo hacer. Revisa los datos.");
  }
}

const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

// The parsed body of the answer, or null when it has none. Throws ApiError. `signal` calls the request off, and so does
// `timeout` in milliseconds, for what carries a file or is known to take longer.
export async function request(method, path, body, { signal, headers = {}, keepalive = false, timeout: most = TIMEOUT_MS } = {}) {
  const timeout = AbortSignal.timeout(most);
  const options = {
    method,
    keepalive,
    credentials: "same-origin",
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    headers: { Accept: "application/json", ...headers },
  };
  if (method !== "GET") options.headers["X-CSRFToken"] = csrf();
  if (body instanceof Blob || body instanceof FormData) options.body = body; // a file, whose type is in the headers; a form
  else if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response, text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new ApiError(0);
  }
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.ok ? 500 : response.status);
  }
  if (response.status === 401) document.dispatchEvent(new CustomEvent("signed-out"));
  if (!response.ok) throw new ApiError(response.status, data || {});
  return data;
}

export const get = (path, options) => request("GET", path, undefined, options);
export const post = (path, body = {}, options) => request("POST", path, body, options);
export const patch = (path, body, options) => request("PATCH", path, body, options);
export const remove = (path, options) => request("DELETE", path, undefined, options);

// "a=1&b=2" of the values that are not empty.
export function query(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return new URLSearchParams(kept).toString();
}
