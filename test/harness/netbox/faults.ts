import type { Fault } from './netbox-server.ts';

/** A fault of the nth request (from 1) for a list. */
export function nth(path: string, number: number, fault: Fault): Fault {
  let count = 0;
  return (request, response) => {
    if (request.path !== path) return false;
    count += 1;
    return count === number ? fault(request, response) : false;
  };
}

/** A fault of every request for a list. */
export function always(path: string, fault: Fault): Fault {
  return (request, response) => (request.path === path ? fault(request, response) : false);
}

/** An answer without a body. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Fault =>
  (_, response) => {
    response.writeHead(code, headers);
    response.end();
    return true;
  };

/** A 200 with these bytes. */
export const body =
  (bytes: string | Buffer, headers: Readonly<Record<string, string>> = {}): Fault =>
  (_, response) => {
    response.writeHead(200, headers);
    response.end(bytes);
    return true;
  };
